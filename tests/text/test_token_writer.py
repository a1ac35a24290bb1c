"""A token file over several sittings: the same bytes as in one, whatever stopped it."""

import errno
import os
import signal
import subprocess
import sys
import textwrap
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from vibejam_core.text.disk import DiskFull
from vibejam_core.text.token_file import read_tokens, write_tokens
from vibejam_core.text.token_writer import ResumableTokenWriter, discard

ROOT = Path(__file__).parents[2]
DOCUMENTS = [[i % 300, (i * 7) % 300, 5][: i % 4] for i in range(200)]


def writer(path: Path, **changed: object) -> ResumableTokenWriter:
    settings = {"source": "numbers", "vocab_size": 300, "fingerprint": "abc", "end_id": 299, "say": lambda _: None}
    return ResumableTokenWriter(path, **{**settings, "save_seconds": 1e9, **changed})  # type: ignore[arg-type]


def fill(made: ResumableTokenWriter, until: int = len(DOCUMENTS)) -> None:
    """Documents from where it is up to a number; a document's position is the number of the next."""
    for i in range(made.written.position or 0, until):
        made.add(DOCUMENTS[i], 2 * len(DOCUMENTS[i]), i + 1)


def stopped(path: Path, until: int) -> None:
    """A sitting that Ctrl-C ends."""
    with writer(path) as made:
        fill(made, until)
        raise KeyboardInterrupt


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """What all sittings together should come to."""
    path = tmp_path / "whole.bin"
    write_tokens(path, ((ids, 2 * len(ids)) for ids in DOCUMENTS), 300, "abc", 299)
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != "whole.bin")


def test_in_one_sitting_it_is_what_write_tokens_writes(tmp_path: Path, whole: Path) -> None:
    path = tmp_path / "train.bin"
    with writer(path) as made:
        fill(made)
        facts = made.finish()
    assert path.read_bytes() == whole.read_bytes()
    assert facts["n_documents"] == len(DOCUMENTS)
    assert names(tmp_path) == ["train.bin"]


def test_vocabularies_of_more_than_two_bytes(tmp_path: Path) -> None:
    write_tokens(tmp_path / "whole.bin", [([70_000], 3), ([1], 1)], 100_000, "abc")
    for document in ([70_000], 3, 1), ([1], 1, 2):
        with writer(tmp_path / "train.bin", vocab_size=100_000, end_id=None) as made:
            made.add(*document)
    with writer(tmp_path / "train.bin", vocab_size=100_000, end_id=None) as made:
        made.finish()
    assert (tmp_path / "train.bin").read_bytes() == (tmp_path / "whole.bin").read_bytes()


def test_over_many_sittings_the_bytes_are_the_same(tmp_path: Path, whole: Path) -> None:
    path = tmp_path / "train.bin"
    for until in (1, 2, 60, 61, 150, 150):
        with pytest.raises(KeyboardInterrupt):
            stopped(path, until)
        assert names(tmp_path) == ["train.bin.unfinished", "train.bin.unfinished.json"]
        with pytest.raises(ValueError, match="no token file"):
            read_tokens(tmp_path / "train.bin.unfinished")
    finished(path)
    assert path.read_bytes() == whole.read_bytes()


@pytest.mark.parametrize("kept", [1030, 1024, 700, 0])
def test_what_is_behind_the_last_note_is_cut_off(tmp_path: Path, whole: Path, kept: int) -> None:
    """A kill leaves tokens that no note tells of, or, with the machine's power, fewer than the note tells of."""
    path = tmp_path / "train.bin"
    with writer(path) as made:
        fill(made, 80)
    part = tmp_path / "train.bin.unfinished"
    part.write_bytes(part.read_bytes() + b"torn" if kept == 1030 else part.read_bytes()[:kept])
    with writer(path) as made:
        assert made.written.n_documents == (80 if kept == 1030 else 0)
        fill(made)
        made.finish()
    assert path.read_bytes() == whole.read_bytes()


def test_a_note_that_nobody_can_read_means_from_the_beginning(tmp_path: Path, whole: Path) -> None:
    with writer(tmp_path / "train.bin") as made:
        fill(made, 80)
    (tmp_path / "train.bin.unfinished.json").write_text('{"same": {}, "wri')
    with writer(tmp_path / "train.bin") as made:
        assert made.written.n_documents == 0
        fill(made)
        made.finish()
    assert (tmp_path / "train.bin").read_bytes() == whole.read_bytes()


def test_killed_in_the_middle_it_goes_on(tmp_path: Path, whole: Path) -> None:
    """A process kills itself between two documents; three times."""
    program = textwrap.dedent(
        """
        import os, signal, sys
        from pathlib import Path
        from tests.text.test_token_writer import fill, writer
        made = writer(Path(sys.argv[1]), save_seconds=0)
        fill(made, (made.written.position or 0) + 50)
        made.stream.write(b"and more")
        os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    for sitting in range(1, 3):
        done = subprocess.run([sys.executable, "-c", program, tmp_path / "train.bin"], cwd=ROOT, timeout=60)
        assert done.returncode == -signal.SIGKILL
        assert not (tmp_path / "train.bin").exists()
        with writer(tmp_path / "train.bin") as made:
            assert made.written.n_documents == 50 * sitting
    finished(tmp_path / "train.bin")
    assert (tmp_path / "train.bin").read_bytes() == whole.read_bytes()


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"fingerprint": "xyz"}, "begun with another tokenizer: abc, not xyz"),
        ({"source": "letters"}, 'begun with another source: "numbers", not "letters"'),
        ({"end_id": None}, "another end_id: 299, not null"),
        ({"vocab_size": 400}, "another vocab_size: 300, not 400"),
    ],
)
def test_what_was_begun_is_not_mixed_with_something_else(tmp_path: Path, changed: dict[str, object], says: str) -> None:
    with writer(tmp_path / "train.bin") as made:
        fill(made, 10)
    before = (tmp_path / "train.bin.unfinished").read_bytes()
    with pytest.raises(ValueError, match=says):
        writer(tmp_path / "train.bin", **changed)
    assert (tmp_path / "train.bin.unfinished").read_bytes() == before
    discard(tmp_path / "train.bin")
    with writer(tmp_path / "train.bin", **changed) as made:
        assert made.written.n_documents == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such locks")
def test_two_programs_dont_write_one_file(tmp_path: Path) -> None:
    with writer(tmp_path / "train.bin") as made:
        fill(made, 3)
        with pytest.raises(OSError, match="another program is writing"):
            writer(tmp_path / "train.bin")
        fill(made)
        made.finish()


@pytest.mark.parametrize("token", [300, -1])
def test_a_token_outside_the_vocabulary_is_refused(tmp_path: Path, token: int) -> None:
    with writer(tmp_path / "train.bin") as made:
        fill(made, 7)
        with pytest.raises(ValueError, match=rf"document 7 has the token {token}, .*vocab_size of 300"):
            made.add([token], 1, 8)
        fill(made)


def test_no_token_at_all_is_no_token_file(tmp_path: Path) -> None:
    with writer(tmp_path / "train.bin", end_id=None) as made:
        made.add([], 0, 1)
        with pytest.raises(ValueError, match="no token to write"):
            made.finish()
    assert not (tmp_path / "train.bin").exists()


@pytest.mark.parametrize("documents", [0, 50])
def test_a_full_disk_is_said_and_nothing_looks_whole(
    tmp_path: Path, whole: Path, monkeypatch: pytest.MonkeyPatch, documents: int
) -> None:
    """While the tokens come, or at the end; with more room it goes on."""
    path = tmp_path / "train.bin"
    with writer(path) as made:
        fill(made, documents)
    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", no_room)
        with pytest.raises(DiskFull, match=r"no room left on the disk for .*train.bin .* goes on where it stopped"):
            finished(path)
    assert not path.exists()
    finished(path)
    assert path.read_bytes() == whole.read_bytes()


def finished(path: Path) -> None:
    """The last sitting."""
    with writer(path) as made:
        fill(made)
        made.finish()


def test_tokens_are_on_the_disk_before_the_note_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a machine that loses its power could find a note of tokens that never arrived."""
    flushed: list[int] = []
    fsync = os.fsync
    monkeypatch.setattr("os.fsync", lambda descriptor: (flushed.append(os.fstat(descriptor).st_ino), fsync(descriptor)))
    with writer(tmp_path / "train.bin") as made:
        fill(made, 80)
        flushed.clear()
        made.save()
        part = (tmp_path / "train.bin.unfinished").stat()
        assert part.st_size == 1024 + 2 * made.written.n_tokens
        assert flushed[0] == part.st_ino
        assert len(flushed) == 2


def no_room(_: int) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_a_file_that_may_not_grow_is_a_full_disk(tmp_path: Path) -> None:
    """The system itself refuses, in the middle of the tokens."""
    program = textwrap.dedent(
        """
        import resource, sys
        from pathlib import Path
        from tests.text.test_token_writer import writer
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
        with writer(Path(sys.argv[1]), save_seconds=0.01) as made:
            for i in range(10_000):
                made.add(range(299), 299, i + 1)
        """
    )
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "train.bin"], cwd=ROOT, timeout=60, capture_output=True, text=True
    )
    assert "no room left on the disk" in done.stderr
    assert not (tmp_path / "train.bin").exists()
    with writer(tmp_path / "train.bin") as made:
        fill(made)  # goes on


def test_memory_stays_small(tmp_path: Path) -> None:
    """Eight million tokens, 16 MB in the file, and never a tenth of it in memory."""

    def documents() -> Iterator[list[int]]:
        for i in range(800):
            yield [i % 299] * 10_000

    with writer(tmp_path / "train.bin") as made:
        tracemalloc.start()
        try:
            for i, ids in enumerate(documents()):
                made.add(ids, len(ids), i + 1)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        made.finish()
    assert peak < 1_600_000
