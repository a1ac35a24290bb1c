"""Several processes, real ones, on the CPU with gloo: they train what one process trains, and can't drift apart.

A job takes seconds to start, so there are two of them, of 2 and of 4 ranks, which do many things; each test looks at
one. What a rank does is in ``rank.py``.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from safetensors.torch import load_file

from tests.training import rank
from tests.training.jobs import do, found
from vibejam_core.models.checkpoint import load_checkpoint
from vibejam_core.training.log import read_log
from vibejam_core.training.world import World

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What 1, 2 and 4 ranks left behind."""
    folder = tmp_path_factory.mktemp("jobs")
    rank.steps(World(), folder)
    rank.train_whole(World(), folder / "whole-1")
    do(folder, 2, "steps", "runs", "fully_sharded", "differing")
    for half in ("half-2", "half-fsdp-2"):
        for other in (1, 4):
            shutil.copytree(folder / half, folder / f"{half}-resumed-on-{other}")
    rank.train_whole(World(), folder / "adamw-1", optimizer="adamw")
    rank.train_whole(World(), folder / "half-2-resumed-on-1", resume=True)
    rank.train_whole(World(), folder / "half-fsdp-2-resumed-on-1", resume=True, optimizer="adamw")
    do(folder, 4, "steps", "resume")
    return folder


def losses(folder: Path) -> list[float]:
    """Of every step, training and validation."""
    return [value for line in read_log(folder) for name in ("train_loss", "val_loss") if (value := line[name])]


def assert_close(one: dict, other: dict, atol: float = 1e-5) -> None:
    assert one.keys() == other.keys()
    for name, value in one.items():
        assert (value - other[name]).abs().max() <= atol, name


def assert_same_model(one: Path, other: Path) -> None:
    """On average: AdamW moves a weight whose gradient is nothing but rounding as far as any other."""
    weights = load_checkpoint(other).model.state_dict()
    for name, value in load_checkpoint(one).model.state_dict().items():
        assert (value - weights[name]).abs().mean() <= 1e-5, name


@pytest.mark.parametrize("n_ranks", [2, 4])
def test_many_processes_train_what_one_trains(folder: Path, n_ranks: int) -> None:
    """Muon and AdamW, accumulation, clipping, a table that is embedding and head: after five steps, to 1e-5."""
    alone = load_file(folder / "steps-1-0.safetensors")
    ranks = [load_file(folder / f"steps-{n_ranks}-{i}.safetensors") for i in range(n_ranks)]
    for weights in ranks:
        assert_close(weights, alone)
        assert_close(weights, ranks[0], atol=0)  # among the ranks to the last bit
    for each in found(folder, "steps", n_ranks):
        assert each["losses"][-1] < each["losses"][0] - 0.2  # it did train


def test_a_run_of_two_is_a_run_of_one(folder: Path) -> None:
    """From the text to the log: the loss of every step, and of every measurement."""
    one, two = folder / "whole-1", folder / "whole-2"
    assert len(losses(one)) == 8 + 3
    assert losses(two) == pytest.approx(losses(one), abs=1e-5)
    assert_same_model(two, one)


@pytest.mark.parametrize("n_ranks", [1, 4])
def test_a_checkpoint_of_two_goes_on_with_another_number(folder: Path, n_ranks: int) -> None:
    """With the losses that a run without a break has."""
    resumed = folder / f"half-2-resumed-on-{n_ranks}"
    assert losses(resumed) == pytest.approx(losses(folder / "whole-1"), abs=1e-5)
    assert_same_model(resumed, folder / "whole-1")
    assert load_checkpoint(resumed).settings["world_size"] == n_ranks


def test_a_rank_that_differs_is_found_before_the_first_step(folder: Path) -> None:
    """Other options, another text, other weights; at the start and on resume; every rank says it."""
    one, other = found(folder, "differing", 2)
    assert one == other
    assert one.pop("nothing") == "nothing"  # and where nothing differs, nothing is said
    assert len(one) == 12
    for name, said in one.items():
        assert "differ between rank 0 and rank 1" in said, name
    assert "weights" in one["weights"]
    assert "weights" in one["checkpoint"]
    assert not (folder / "differing-2").exists()


def test_fully_sharded_gives_the_same_losses(folder: Path) -> None:
    """Each of two ranks keeps half of the model, and the checkpoint has all of it."""
    for each in found(folder, "fully_sharded", 2):
        assert each["losses"] == pytest.approx(each["expected"], abs=1e-5)
        assert each["held"] == pytest.approx(0.5, abs=0.01)
        assert "Muon needs whole matrices" in each["muon"]
    assert found(folder, "fully_sharded", 2)[0]["far"] <= 1e-5


def test_fully_sharded_in_half_precision(folder: Path) -> None:
    """Computed and sent in bfloat16; what each rank keeps is float32."""
    for each in found(folder, "fully_sharded", 2):
        alone, sharded = each["half"]
        assert sharded == pytest.approx(alone, rel=1e-2)
        assert each["kept"] == ["torch.float32"]


@pytest.mark.parametrize("n_ranks", [1, 4])
def test_what_was_fully_sharded_goes_on(folder: Path, n_ranks: int) -> None:
    """On four ranks sharded as before, on one not at all; the losses are those of one process and AdamW."""
    resumed = folder / f"half-fsdp-2-resumed-on-{n_ranks}"
    assert losses(resumed) == pytest.approx(losses(folder / "adamw-1"), abs=1e-5)
    assert load_checkpoint(resumed).settings["pretrain"]["sharding"] == ("fsdp" if n_ranks > 1 else "optimizer")
    assert losses(folder / "adamw-1") != pytest.approx(losses(folder / "whole-1"), abs=1e-2)
