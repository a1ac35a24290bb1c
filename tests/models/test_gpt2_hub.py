"""GPT-2 from a Hub on loopback: fetched once, and every failure is a sentence."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import huggingface_hub.constants
import pytest
import torch

from tests.models.gpt2_checkpoints import by_hand, by_transformers
from tests.models.hub_server import Hub, serving
from vibejam_core.models.gpt2_weights import CONFIG, WEIGHTS, fetch_gpt2, load_gpt2

ROOT = Path(__file__).parents[2]
MERGES = "#version: 0.2\nh e\nĠ t\nĠt he\n"  # 3 merges: with 256 bytes and the special token, 260 tokens


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub with one repository, sheep/gpt2; waiting between attempts takes no time."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    by_hand(tmp_path / "served")
    with serving() as hub:
        hub.repos["sheep/gpt2"] = tmp_path / "served"
        yield hub


def fetch(hub: Hub, cache: Path, repo: str = "sheep/gpt2") -> Path:
    return fetch_gpt2(repo, endpoint=hub.endpoint, cache_dir=cache)


def blobs(cache: Path) -> list[Path]:
    """The files that a cache takes for whole ones."""
    return [path for path in cache.rglob("blobs/*") if path.suffix != ".incomplete"]


def test_from_the_hub_into_the_model(tmp_path: Path, hub: Hub) -> None:
    """The logits are still those of transformers."""
    idx, logits = by_transformers(tmp_path / "served")
    model = load_gpt2(fetch(hub, tmp_path / "cache"))
    torch.testing.assert_close(model(idx)[0], logits, atol=1e-4, rtol=0)


def test_fetched_once_and_then_without_a_network(tmp_path: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second time nothing is sent, and later the hub may be gone or forbidden."""
    folder = fetch(hub, tmp_path / "cache")
    assert sorted(hub.gets) == [CONFIG, WEIGHTS]
    assert fetch(hub, tmp_path / "cache") == folder
    assert len(hub.gets) == 2
    hub.status = 503
    assert fetch(hub, tmp_path / "cache") == folder
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    assert fetch(hub, tmp_path / "cache") == folder


def test_a_broken_connection_is_taken_up_again(tmp_path: Path, hub: Hub) -> None:
    """Twice it breaks off; what arrives in the end is the whole file."""
    hub.cuts[WEIGHTS] = [1000, 2000]
    folder = fetch(hub, tmp_path / "cache")
    assert hub.gets.count(WEIGHTS) == 3
    assert (folder / WEIGHTS).read_bytes() == (tmp_path / "served" / WEIGHTS).read_bytes()


def test_a_download_that_stays_cut_off_leaves_nothing(tmp_path: Path, hub: Hub) -> None:
    """Half a file never counts as one, neither now nor next time."""
    hub.cuts[WEIGHTS] = [1000] + [0] * 20
    with pytest.raises(ConnectionError, match=r"fetching model.safetensors of sheep/gpt2 from http.* failed"):
        fetch(hub, tmp_path / "cache")
    assert len(blobs(tmp_path / "cache")) == 1  # config.json
    hub.cuts.clear()
    load_gpt2(fetch(hub, tmp_path / "cache"))


def test_no_safetensors_no_pickle(tmp_path: Path, hub: Hub) -> None:
    """A repository with other formats is told why they aren't read."""
    (tmp_path / "served" / WEIGHTS).rename(tmp_path / "served" / "pytorch_model.bin")
    with pytest.raises(FileNotFoundError, match=r"has no file model.safetensors.* pickles"):
        fetch(hub, tmp_path / "cache")
    assert "pytorch_model.bin" not in hub.gets


def test_of_another_architecture_no_weights_are_fetched(tmp_path: Path, hub: Hub) -> None:
    """The settings come first."""
    by_hand(tmp_path / "served", model_type="llama")
    with pytest.raises(ValueError, match="of type 'llama'"):
        fetch(hub, tmp_path / "cache")
    assert hub.gets == [CONFIG]


def test_no_such_repository(tmp_path: Path, hub: Hub) -> None:
    """One that isn't there, and a name that can't be one."""
    with pytest.raises(FileNotFoundError, match="no repository sheep/gtp2 that everybody may read"):
        fetch(hub, tmp_path / "cache", "sheep/gtp2")
    with pytest.raises(ValueError, match="'my model/x/y' is not the name of a repository"):
        fetch(hub, tmp_path / "cache", "my model/x/y")


def test_the_hub_cant_be_reached(tmp_path: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody answers; the hub is out of order; the variable that forbids it is named."""
    with pytest.raises(ConnectionError, match=r"can't be reached .*Check your connection.* --path"):
        fetch_gpt2("sheep/gpt2", endpoint="http://127.0.0.1:9", cache_dir=tmp_path / "cache")
    hub.status = 503
    with pytest.raises(ConnectionError, match=r"can't be reached .*503"):
        fetch(hub, tmp_path / "cache")
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(ConnectionError, match=r"HF_HUB_OFFLINE .* Unset it"):
        fetch(hub, tmp_path / "cache")


def program(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """``python -m scripts.gpt2`` in a process of its own."""
    variables = {n: v for n, v in os.environ.items() if not n.startswith(("VIBEJAM_", "HF_", "TRANSFORMERS_"))}
    return subprocess.run(
        [sys.executable, "-m", "scripts.gpt2", *map(str, arguments)],
        cwd=ROOT,
        env=variables | environment,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )


def test_the_program_lets_it_write(tmp_path: Path, hub: Hub) -> None:
    """From a hub, and from a folder the same; standard output holds the text alone."""
    by_hand(tmp_path / "served", vocab_size=260)
    (tmp_path / "served" / "merges.txt").write_text(MERGES, encoding="utf-8")
    settings = ("--prompt", "Where the é", "--max-new-tokens", 12, "--seed", 3)
    environment = {"HF_ENDPOINT": hub.endpoint, "HF_HOME": str(tmp_path / "home"), "PYTHONIOENCODING": "utf-8"}
    fetched = program("--repo", "sheep/gpt2", *settings, **environment)
    assert fetched.returncode == 0, fetched.stderr
    assert fetched.stdout.startswith("Where the é")
    assert len(fetched.stdout) > len("Where the é\n")
    assert "fetching sheep/gpt2" in fetched.stderr
    assert "2 layers, 0.0 million parameters, context of 11 tokens" in fetched.stderr
    local = program("--path", tmp_path / "served", *settings, PYTHONIOENCODING="utf-8")
    assert local.stdout == fetched.stdout
    two = program("--path", tmp_path / "served", *settings, "--num-samples", 2, PYTHONIOENCODING="utf-8")
    assert two.stdout.startswith(f"--- sample 1, seed 3\n{fetched.stdout}--- sample 2, seed 4\n")


def test_the_program_says_what_is_wrong(tmp_path: Path, hub: Hub) -> None:
    """One paragraph each: no network allowed, no table of merges, one of another vocabulary."""
    offline = program("--repo", "sheep/gpt2", HF_HUB_OFFLINE="1", HF_HOME=str(tmp_path / "home"))
    assert offline.returncode == 2
    assert "error: config.json of sheep/gpt2 is not in the cache yet, and the variable HF_HUB_OFFLINE" in offline.stderr
    served = tmp_path / "served"
    assert f"error: there is no {served / 'merges.txt'}" in program("--path", served).stderr
    (served / "merges.txt").write_text(MERGES, encoding="utf-8")
    assert "makes 260 tokens, but the model" in program("--path", served).stderr
