"""Checkpoints: nothing is lost, nothing wrong is loaded."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from vibejam_core.models import checkpoint as module
from vibejam_core.models import checkpoint_folder
from vibejam_core.models.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from vibejam_core.models.checkpoint_folder import checkpoints_in, find_checkpoint, last_step, sweep
from vibejam_core.models.config import ModelConfig
from vibejam_core.models.registry import build_model
from vibejam_core.text.characters import CharTokenizer


def make(step: int, val_loss: float | None = None) -> Checkpoint:
    """A checkpoint of a small model after one optimiser step."""
    torch.manual_seed(step)
    model = build_model("gpt", ModelConfig(vocab_size=3, block_size=4, n_layer=1, n_head=2, n_embd=8))
    optimizer = model.configure_optimizers(0.1, 0.1)
    x = torch.tensor([[0, 1, 2, 0]])
    loss = model(x, x)[1]
    assert loss is not None
    loss.backward()
    optimizer.step()
    return Checkpoint(
        model=model,
        arch="gpt",
        tokenizer=CharTokenizer("abc"),
        step=step,
        metrics={"val_loss": val_loss},
        settings={"train": {"seed": 1}},
        optimizer=optimizer.state_dict(),
        randomness={"batches": torch.Generator().manual_seed(step).get_state()},
    )


def test_everything_comes_back(tmp_path: Path) -> None:
    """Weights, optimiser, randomness, tokenizer and facts, to the last bit."""
    saved = make(7, 1.5)
    save_checkpoint(tmp_path, saved)
    found = load_checkpoint(tmp_path, tokenizer=CharTokenizer("abc"), config=saved.model.config)
    for name, weight in saved.model.state_dict().items():
        assert torch.equal(found.model.state_dict()[name], weight)
    found.model.configure_optimizers(0.1, 0.1).load_state_dict(found.optimizer)  # it fits
    for index, state in saved.optimizer["state"].items():
        assert all(torch.equal(found.optimizer["state"][index][name], value) for name, value in state.items())
    assert torch.equal(found.randomness["batches"], saved.randomness["batches"])
    assert (found.step, found.metrics, found.settings) == (7, {"val_loss": 1.5}, {"train": {"seed": 1}})
    assert found.tokenizer.encode("cab") == [2, 0, 1]


def test_the_last_two_and_the_best_are_kept(tmp_path: Path) -> None:
    """And last and best find them."""
    for step, val_loss in enumerate([3.0, 1.0, 2.0, 2.5, 2.6], start=1):
        save_checkpoint(tmp_path, make(step, val_loss))
    assert [folder.name for folder in checkpoints_in(tmp_path)] == ["step_000002", "step_000004", "step_000005"]
    assert load_checkpoint(tmp_path).step == last_step(tmp_path) == 5
    assert load_checkpoint(tmp_path, which="best").step == 2
    assert load_checkpoint(tmp_path / "step_000004").step == 4


def test_without_validation_losses_the_newest_is_the_best(tmp_path: Path) -> None:
    """None is worse than any number."""
    save_checkpoint(tmp_path, make(1))
    save_checkpoint(tmp_path, make(2))
    assert find_checkpoint(tmp_path, "best").name == "step_000002"
    save_checkpoint(tmp_path, make(3, 9.0))
    save_checkpoint(tmp_path, make(4))
    assert find_checkpoint(tmp_path, "best").name == "step_000003"


@pytest.mark.parametrize("broken", ["save_file", "flush_file", "seal", "flush_folder", "remove_folder"])
@pytest.mark.parametrize("call", [1, 2])
def test_killed_in_the_middle_of_a_save(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str, call: int
) -> None:
    """Wherever the process ends, the newest complete checkpoint loads, and the next run can save."""

    class Killed(BaseException):
        """Like SIGKILL: no handler runs."""

    for step in (1, 2, 3):
        save_checkpoint(tmp_path, make(step, float(step)))
    calls = 0

    def dies(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == call:
            raise Killed
        return original(*arguments)

    place = checkpoint_folder if broken == "remove_folder" else module
    original = getattr(place, broken)
    monkeypatch.setattr(place, broken, dies)
    try:
        save_checkpoint(tmp_path, make(4, 4.0))
        save_checkpoint(tmp_path, make(5, 5.0))
    except Killed:
        pass
    else:
        pytest.fail(f"{broken} was not called {call} times")
    monkeypatch.undo()
    newest = load_checkpoint(tmp_path)
    assert newest.step == last_step(tmp_path) >= 3
    assert torch.equal(
        newest.model.state_dict()["lm_head.weight"], make(newest.step).model.state_dict()["lm_head.weight"]
    )
    assert load_checkpoint(tmp_path, which="best").step == 1
    sweep(tmp_path)
    save_checkpoint(tmp_path, make(9))
    assert all(folder.name.startswith("step_") for folder in tmp_path.iterdir())


def test_a_full_disk_leaves_earlier_checkpoints_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And no half-written folder."""
    save_checkpoint(tmp_path, make(1))

    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "save_file", full)
    with pytest.raises(OSError, match=r"step 2 .*No space left.*Earlier checkpoints are untouched"):
        save_checkpoint(tmp_path, make(2))
    assert [path.name for path in tmp_path.iterdir()] == ["step_000001"]
    assert load_checkpoint(tmp_path).step == 1


@pytest.mark.parametrize(("file", "limit"), [("model.safetensors", 200), ("checkpoint.json", 100_000)])
def test_a_real_limit_stops_each_file(tmp_path: Path, file: str, limit: int) -> None:
    """The system itself refuses to write on, in the weights and in the JSON, which here is the longest of the three."""
    resource = pytest.importorskip("resource", reason="Windows has no limit on the size of files")
    save_checkpoint(tmp_path, make(1))
    second = make(2)
    second.settings["notes"] = "x" * 200_000
    sizes = {path.name: path.stat().st_size for path in (tmp_path / "step_000001").iterdir()}
    assert limit < sizes["model.safetensors"] or max(sizes.values()) < limit < 200_000, file
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        with pytest.raises(OSError, match=r"step 2 could not be written .*Earlier checkpoints are untouched"):
            save_checkpoint(tmp_path, second)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [path.name for path in tmp_path.iterdir()] == ["step_000001"]
    assert load_checkpoint(tmp_path).step == 1


def test_a_checkpoint_is_never_overwritten(tmp_path: Path) -> None:
    """The same step twice is a mistake."""
    save_checkpoint(tmp_path, make(1))
    with pytest.raises(FileExistsError, match="step_000001"):
        save_checkpoint(tmp_path, make(1))


@pytest.mark.parametrize("name", ["model.safetensors", "training.safetensors", "checkpoint.json"])
@pytest.mark.parametrize("how", ["truncated", "deleted", "changed"])
def test_a_damaged_checkpoint_is_refused_with_a_way_out(tmp_path: Path, name: str, how: str) -> None:
    """The message names it and the earlier one that is whole."""
    save_checkpoint(tmp_path, make(1))
    folder = save_checkpoint(tmp_path, make(2))
    data = (folder / name).read_bytes()
    changed = (
        data.replace(b'"tokenizer"', b'"tokeniser"') if name.endswith("json") else data[:-1] + bytes([data[-1] ^ 1])
    )
    (folder / name).write_bytes({"truncated": data[: len(data) // 2], "deleted": b"", "changed": changed}[how])
    if how == "deleted":
        (folder / name).unlink()
    with pytest.raises(ValueError, match=r"step_000002 is damaged: .*use step_000001"):
        load_checkpoint(tmp_path)
    assert load_checkpoint(find_checkpoint(tmp_path / "step_000001")).step == 1


def test_another_tokenizer_shape_or_format_is_named(tmp_path: Path) -> None:
    """Each message says which two differ."""
    folder = save_checkpoint(tmp_path, make(1))
    with pytest.raises(ValueError, match=r"another tokenizer: char, 3 tokens.*gives char, 2 tokens"):
        load_checkpoint(tmp_path, tokenizer=CharTokenizer("ab"))
    with pytest.raises(ValueError, match=r"block_size 4 \(asked for: 8\)\. "):
        load_checkpoint(tmp_path, config=ModelConfig(vocab_size=3, block_size=8, n_layer=1, n_head=2, n_embd=8))
    facts = json.loads((folder / "checkpoint.json").read_text())
    (folder / "checkpoint.json").write_text(json.dumps({**facts, "format": 99}))
    with pytest.raises(ValueError, match="format 99"):
        load_checkpoint(tmp_path)


def test_a_changed_vocabulary_is_noticed(tmp_path: Path) -> None:
    """Two characters swapped by hand would make every text wrong."""
    folder = save_checkpoint(tmp_path, make(1))
    facts = json.loads((folder / "checkpoint.json").read_text())
    facts["tokenizer"]["characters"] = ["b", "a", "c"]
    (folder / "checkpoint.json").write_text(json.dumps(facts))
    with pytest.raises(ValueError, match="its tokenizer was changed"):
        load_checkpoint(tmp_path)


def test_weights_that_fit_another_implementation_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model whose layers have other names can't take them."""
    save_checkpoint(tmp_path, make(1))
    monkeypatch.setattr(module, "build_model", lambda arch, config: build_model("bigram", config))
    with pytest.raises(ValueError, match=r"blocks\.0\.attention.*another implementation"):
        load_checkpoint(tmp_path)


def test_no_checkpoint_is_an_error_with_the_command(tmp_path: Path) -> None:
    """For an empty folder and for a missing one."""
    for run in (tmp_path, tmp_path / "none"):
        with pytest.raises(FileNotFoundError, match=r"no checkpoint in .*train_lm"):
            load_checkpoint(run)


def test_sweeping_everything_leaves_no_checkpoint(tmp_path: Path) -> None:
    """What else is in the folder stays."""
    save_checkpoint(tmp_path, make(1))
    (tmp_path / "notes.txt").write_text("mine")
    shutil.copytree(tmp_path / "step_000001", tmp_path / ".saving-step_000002-1")
    sweep(tmp_path, everything=True)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
