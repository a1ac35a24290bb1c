"""Shards from a Hub on loopback that fails on purpose: in the end they are whole, or a sentence says why not."""

import errno
import hashlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import huggingface_hub.constants
import pytest

from tests.models.hub_server import COMMIT, Hub, serving
from vibejam_core.text.datasets import DATASETS, Dataset, fetch_shards, fetch_tinyshakespeare
from vibejam_core.text.downloads import LONGEST_WAIT, Patience, Stated, asked_to_wait, fetch_file

REPO = "sheep/stories"
NAME = "data/a.parquet"
Fetch = Callable[..., Path]


class Waiting:
    """Waits no time, and remembers for how long it should have, and what was said."""

    def __init__(self) -> None:
        self.waits: list[float] = []
        self.said: list[str] = []
        self.patience = Patience(sleep=self.waits.append, say=self.said.append)


@pytest.fixture
def waiting() -> Waiting:
    return Waiting()


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub with one dataset of two shards; waiting inside the library takes no time either."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(huggingface_hub.constants, "DOWNLOAD_CHUNK_SIZE", 10_000)  # what it keeps of a cut-off answer
    (tmp_path / "served" / "data").mkdir(parents=True)
    for name in ("data/a.parquet", "data/b.parquet"):
        (tmp_path / "served" / name).write_bytes(name.encode() * 20_000)
    with serving() as hub:
        hub.repos[f"datasets/{REPO}"] = tmp_path / "served"
        yield hub


@pytest.fixture
def fetched(hub: Hub, waiting: Waiting, tmp_path: Path) -> Fetch:
    """Fetches the shard."""

    def call(name: str = NAME, repo: str = REPO) -> Path:
        return fetch_file(repo, name, tmp_path / "here", endpoint=hub.endpoint, patience=waiting.patience)

    return call


def is_whole(path: Path, served: Path) -> bool:
    return path.read_bytes() == served.read_bytes()


def shards_in(folder: Path) -> list[str]:
    """What a reader of the folder would take for shards."""
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def test_a_shard_arrives_once(fetched: Fetch, hub: Hub, tmp_path: Path) -> None:
    path = fetched()
    assert path == tmp_path / "here" / "a.parquet"
    assert is_whole(path, tmp_path / "served" / NAME)
    assert fetched() == path
    assert hub.gets == [NAME]


def test_what_is_there_needs_no_network(fetched: Fetch, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched()
    hub.status = 503
    fetched()
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    fetched()


def test_a_file_put_there_by_hand_is_taken(fetched: Fetch, hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "a.parquet").write_bytes(b"mine")
    assert fetched().read_bytes() == b"mine"
    assert hub.gets == []


def test_cut_off_in_the_middle_it_goes_on(fetched: Fetch, hub: Hub, tmp_path: Path) -> None:
    hub.cuts[NAME] = [100_000, 0, 50_000]
    assert is_whole(fetched(), tmp_path / "served" / NAME)
    assert len(hub.gets) == 4


def test_the_next_start_takes_up_what_has_arrived(fetched: Fetch, hub: Hub, tmp_path: Path) -> None:
    """Given up after many failures, nothing looks whole; later only the rest is sent."""
    hub.cuts[NAME] = [100_000] + [0] * 100
    with pytest.raises(ConnectionError, match=r"fetching data/a.parquet of sheep/stories from http.* failed"):
        fetched()
    assert shards_in(tmp_path / "here") == []
    (part,) = (tmp_path / "here").glob(".*.part")
    assert part.stat().st_size == 100_000
    hub.cuts.clear()
    hub.begins.clear()
    assert is_whole(fetched(), tmp_path / "served" / NAME)
    assert hub.begins == [100_000]
    assert not part.exists()


def test_a_shard_that_changed_meanwhile_is_not_mixed(fetched: Fetch, hub: Hub, tmp_path: Path) -> None:
    """Half of the old one and half of the new one would have the right length."""
    hub.cuts[NAME] = [100_000] + [0] * 100
    with pytest.raises(ConnectionError):
        fetched()
    hub.cuts.clear()
    served = tmp_path / "served" / NAME
    served.write_bytes(served.read_bytes()[::-1])
    assert is_whole(fetched(), served)
    assert not list((tmp_path / "here").glob(".*.part"))


def test_a_slow_server_is_waited_for(fetched: Fetch, hub: Hub, tmp_path: Path) -> None:
    hub.slow[NAME] = (30_000, 0.02)
    assert is_whole(fetched(), tmp_path / "served" / NAME)
    assert len(hub.gets) == 1


def test_a_server_that_falls_silent_is_asked_again(
    fetched: Fetch, hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what is missing is asked for, so each silence costs one time limit."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_DOWNLOAD_TIMEOUT", 0.05)
    hub.slow[NAME] = (100_000, 0.2)
    assert is_whole(fetched(), tmp_path / "served" / NAME)
    assert len(hub.gets) > 1


def test_a_damaged_shard_is_fetched_again(fetched: Fetch, hub: Hub, waiting: Waiting, tmp_path: Path) -> None:
    hub.damaged[NAME] = 1
    assert is_whole(fetched(), tmp_path / "served" / NAME)
    assert hub.gets == [NAME, NAME]
    assert any("has arrived damaged" in line for line in waiting.said)


def test_a_shard_that_stays_damaged_is_refused(fetched: Fetch, hub: Hub, tmp_path: Path) -> None:
    """Both checksums are named and nothing is kept."""
    hub.damaged[NAME] = 99
    stated = hashlib.sha256((tmp_path / "served" / NAME).read_bytes()).hexdigest()[:16]
    with pytest.raises(ValueError, match=rf"arrives damaged, twice now: .* states {stated}"):
        fetched()
    assert hub.gets == [NAME, NAME]
    assert shards_in(tmp_path / "here") == []
    assert not list((tmp_path / "here").glob(".*.part"))


def test_a_shard_damaged_on_this_disk_is_fetched_again(
    fetched: Fetch, hub: Hub, waiting: Waiting, tmp_path: Path
) -> None:
    path = fetched()
    path.write_bytes(bytes(path.stat().st_size))
    assert is_whole(fetched(), tmp_path / "served" / NAME)
    assert any("has been damaged on this disk" in line for line in waiting.said)


def test_a_shard_that_was_only_touched_is_kept(fetched: Fetch, hub: Hub) -> None:
    path = fetched()
    os.utime(path, (1, 1))
    hub.status = 503
    assert fetched() == path


def test_a_missing_shard_is_named(fetched: Fetch, waiting: Waiting) -> None:
    """At once: waiting wouldn't help."""
    with pytest.raises(FileNotFoundError, match=r"sheep/stories on http.* has no file data/z.parquet"):
        fetched("data/z.parquet")
    with pytest.raises(FileNotFoundError, match="no repository sheep/tories that everybody may read"):
        fetched(repo="sheep/tories")
    with pytest.raises(ValueError, match="'my data/x/y' is not the name of a repository"):
        fetched(repo="my data/x/y")
    assert waiting.waits == []


def test_too_many_requests_are_waited_for_as_long_as_asked(fetched: Fetch, hub: Hub, waiting: Waiting) -> None:
    """429: the header Retry-After counts where it is longer than our own wait."""
    hub.refusals = [(429, {"Retry_After": "37"}), (429, {"Retry_After": "0"}), (429, {})]
    fetched()
    assert waiting.waits == [37, 2, 4]
    assert any("the next try is in 37 s" in line for line in waiting.said)


def test_too_many_requests_in_the_middle_of_a_file(
    fetched: Fetch, hub: Hub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """There the library waits itself, as long as it is asked to; what has arrived is kept."""
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    hub.cuts[NAME] = [100_000]
    hub.refused_gets = [(429, {"Retry_After": "21"})]
    assert is_whole(fetched(), tmp_path / "served" / NAME)
    assert any(seconds >= 21 for seconds in slept)
    assert hub.begins == [0, 100_000]


def test_several_ranks_that_want_a_shard_fetch_it_once(fetched: Fetch, hub: Hub) -> None:
    """The others wait until the first one has it."""
    hub.slow[NAME] = (20_000, 0.01)
    with ThreadPoolExecutor(3) as ranks:
        paths = {rank.result() for rank in [ranks.submit(fetched) for _ in range(3)]}
    assert len(paths) == 1
    assert hub.gets == [NAME]


def test_retry_after_may_be_a_date() -> None:
    class Answer:
        headers = {"Retry-After": "Wed, 21 Oct 2099 07:28:00 GMT"}  # noqa: RUF012

    error = OSError("busy")
    assert asked_to_wait(error) == 0
    error.response = Answer()
    assert asked_to_wait(error) == LONGEST_WAIT
    Answer.headers["Retry-After"] = "soon"
    assert asked_to_wait(error) == 0


def test_waits_grow_until_it_is_given_up(fetched: Fetch, hub: Hub, waiting: Waiting) -> None:
    hub.status = 503
    with pytest.raises(ConnectionError, match=r"503.* try again"):
        fetched()
    assert waiting.waits == [1, 2, 4, 8, 16]


def test_as_long_as_bytes_arrive_it_is_not_given_up(fetched: Fetch, hub: Hub, waiting: Waiting, tmp_path: Path) -> None:
    """Eight times the library gives up, each time a little later."""
    hub.cuts[NAME] = ([20_000] + [0] * 5) * 8
    assert is_whole(fetched(), tmp_path / "served" / NAME)
    assert len(waiting.waits) == 8
    assert set(waiting.waits) == {1}


def test_refused_for_good_it_is_not_tried_again(fetched: Fetch, hub: Hub, waiting: Waiting) -> None:
    hub.refusals = [(403, {})]
    with pytest.raises(ConnectionError, match="403"):
        fetched()
    assert waiting.waits == []


def test_nobody_answers(hub: Hub, waiting: Waiting, tmp_path: Path) -> None:
    with pytest.raises(ConnectionError, match=r"fetching data/a.parquet of .* failed.* Check your connection"):
        fetch_file(REPO, NAME, tmp_path / "here", endpoint="http://127.0.0.1:9", patience=waiting.patience)
    assert len(waiting.waits) == 5


def test_offline_by_wish(fetched: Fetch, waiting: Waiting, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The variable that forbids it is named, and what can be done without a network."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(ConnectionError, match=r"HF_HUB_OFFLINE .* Unset it, or put the file there yourself"):
        fetched()
    assert waiting.waits == []


def test_a_full_disk_is_said(fetched: Fetch, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def no_room(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", no_room)
        with pytest.raises(OSError, match=r"no room left on the disk for .*a.parquet .* goes on where it stopped"):
            fetched()
    assert shards_in(tmp_path / "here") == []
    assert is_whole(fetched(), tmp_path / "served" / NAME)


def test_the_commit_that_was_asked_about_is_the_one_that_is_sent(fetched: Fetch, hub: Hub, tmp_path: Path) -> None:
    """A push in between can't change what is sent."""
    fetched()
    assert COMMIT in hub.paths[-1]
    assert "/resolve/main/" in hub.paths[0]


def test_the_last_shard_is_for_validation_however_many_are_chosen(hub: Hub, waiting: Waiting, tmp_path: Path) -> None:
    dataset = Dataset(REPO, ("data/a.parquet", "data/c.parquet"), "data/b.parquet")
    (tmp_path / "served" / "data/c.parquet").write_bytes(b"c")
    for n, names in ((1, ["a", "b"]), (2, ["a", "c", "b"])):
        paths = fetch_shards(dataset, n, tmp_path / "here", endpoint=hub.endpoint, patience=waiting.patience)
        assert [path.stem for path in paths] == names
    assert len(hub.gets) == 3
    with pytest.raises(ValueError, match="1 to 2 shards to train on"):
        dataset.shards(3)


def test_no_dataset_trains_on_its_validation_shard() -> None:
    for dataset in DATASETS.values():
        shards = dataset.shards(len(dataset.train))
        assert shards[-1] == dataset.val
        assert len(set(shards)) == len(shards)


def test_tinyshakespeare_is_checked_too(hub: Hub, waiting: Waiting, tmp_path: Path) -> None:
    """It lies on no Hub, so its checksum is written down here."""
    url = f"{hub.endpoint}/datasets/{REPO}/resolve/main/{NAME}"
    data = (tmp_path / "served" / NAME).read_bytes()
    stated = Stated(url, len(data), hashlib.sha256(data).hexdigest())
    assert fetch_tinyshakespeare(tmp_path / "x", stated=stated, patience=waiting.patience).read_bytes() == data
    wrong = Stated(url, len(data), "0" * 64)
    with pytest.raises(ValueError, match="arrives damaged"):
        fetch_tinyshakespeare(tmp_path / "y", stated=wrong, patience=waiting.patience)
