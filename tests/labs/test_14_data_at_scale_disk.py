"""Checks of lab 14: write_tokens puts a file on the disk whole or not at all, in little memory."""

import tracemalloc
import weakref

import numpy as np

from tests.labs.helpers_data import NAME, Watch, header_in, names, token_file, tokens_in
from tests.labs.helpers_files import fresh_folder
from vibejam_core.course import expect

# --- write_tokens: the way to the name --------------------------------------------------------------------------------


def looking(watch, documents, at_each=lambda: None):
    """The documents, with a look at the disk before each and behind the last."""
    for document in documents:
        watch.look()
        at_each()
        yield document
    watch.look()
    at_each()


def test_write_works_under_another_name(write_tokens):
    """Until all is done the file has the name of path with .part after it, and nothing has the name path."""
    with fresh_folder() as folder, Watch(folder / NAME).on() as watch:
        found = []
        documents = looking(watch, [([1], 1), ([2], 1)], lambda: found.append(names(folder)))
        write_tokens(folder / NAME, documents, 300, "abc")
        expect.equal(found[1:], [[f"{NAME}.part"]] * 2, "what is in the folder after the first document and the second")
        expect.equal(names(folder), [NAME], "what is in the folder at the end")


def test_write_leaves_other_files_alone(write_tokens):
    """Files of other names in the folder stay as they are, and none is added."""
    with fresh_folder() as folder:
        for name in ("some", "some.part", "some.tmp", "other.tokens", "tokens.part"):
            (folder / name).write_text(name)
        write_tokens(folder / NAME, [([1], 1)], 300, "abc")
        found = {name: (folder / name).read_text() for name in names(folder) if name != NAME}
    expected = {name: name for name in ("other.tokens", "some", "some.part", "some.tmp", "tokens.part")}
    expect.equal(found, expected, "the other files in the folder")


def test_write_shows_the_file_only_when_it_is_whole(write_tokens):
    """At every moment there is either no file of that name or the whole new one."""
    with fresh_folder() as folder, Watch(folder / NAME).on() as watch:
        write_tokens(folder / NAME, looking(watch, [([1], 1), ([2, 3], 1)]), 300, "abc")
    expect.equal(watch.seen, ["nothing", "the new file"], "what had the file's name, one after another")


def test_write_replaces_an_old_file_in_one_step(write_tokens):
    """A file that was there stays until the new one has its name: at no moment is there none, or half of one."""
    with fresh_folder() as folder:
        token_file(folder / NAME, [7, 8, 9])
        with Watch(folder / NAME).on() as watch:
            write_tokens(folder / NAME, looking(watch, [([1], 1), ([2, 3], 1)]), 300, "abc")
        expect.equal(watch.seen, ["the old file", "the new file"], "what had the file's name, one after another")
        found = tokens_in((folder / NAME).read_bytes(), "uint16")
    expect.equal(found, [1, 2, 3], "the tokens of the new file")


def test_write_renames_the_file(write_tokens):
    """The file with the name path is the one that was called .part: it is renamed, not copied."""
    with fresh_folder() as folder, Watch(folder / NAME).on() as watch:
        write_tokens(folder / NAME, looking(watch, [([1], 1), ([2, 3], 1)]), 300, "abc")
        expect.true(len(watch.inodes) > 0, "there never was a file with .part behind its name")
        same = (folder / NAME).stat().st_ino in watch.inodes
    expect.true(same, "the file with the name path is another one than the .part: a copy isn't made in one step")


def test_write_sends_the_bytes_to_the_disk_first(write_tokens):
    """When the file gets its name, os.fsync has sent all of it to the disk: the tokens and the header."""
    with fresh_folder() as folder, Watch(folder / NAME).on() as watch:
        write_tokens(folder / NAME, looking(watch, [([1], 1), ([2, 3], 1)]), 300, "abc")
        data = (folder / NAME).read_bytes()
    expect.true(len(watch.sent) > 0, "os.fsync wasn't called for the .part")
    last = watch.sent[-1]
    what = "the length of the .part and whether it is what got the name, at the last os.fsync"
    expect.equal([len(last), last == data], [len(data), True], what)


def test_write_overwrites_what_a_killed_program_left(write_tokens):
    """A .part that is there already is overwritten, whatever it holds."""
    for left in (b"", b"\xff" * 5000):
        with fresh_folder() as folder:
            (folder / f"{NAME}.part").write_bytes(left)
            write_tokens(folder / NAME, [([1, 2], 1)], 300, "abc")
            data = (folder / NAME).read_bytes()
            expect.equal(names(folder), [NAME], "what is in the folder")
        expect.equal(tokens_in(data, "uint16"), [1, 2], f"the tokens, where a .part of {len(left)} bytes was left")
        expect.equal(header_in(data).get("n_tokens"), 2, f"n_tokens, where a .part of {len(left)} bytes was left")


# --- write_tokens: what goes wrong ------------------------------------------------------------------------------------


class Stop(Exception):
    """What a document's making raises."""


def breaking(error):
    """Two documents and an error; the second is so large that some of it is on the disk."""
    yield [1, 2], 1
    yield [3] * 50_000, 1
    raise error


def undone(write_tokens, error, documents, what, full=False):
    """The error must come out, with nothing left of the new file and the old one as it was."""
    for old in (False, True):
        with fresh_folder() as folder:
            before = token_file(folder / NAME, [7, 8, 9]) if old else None
            with Watch(folder / NAME, full).on() as watch:
                expect.raises(error, lambda: write_tokens(folder / NAME, documents(), 300, "abc"), what=what)
            expect.equal(names(folder), [NAME] if old else [], f"what is in the folder after {what}")
            same = not old or (folder / NAME).read_bytes() == before
            expect.true(same, f"the file that was there is another one after {what}")
            expect.equal(watch.seen, ["the old file" if old else "nothing"], "what had the file's name meanwhile")


def test_write_is_undone_by_a_wrong_token(write_tokens):
    """After a token that is refused, path is as it was, and there is no .part."""
    undone(write_tokens, ValueError, lambda: [([1], 1), ([2, 300], 1)], "a token that isn't in the vocabulary")


def test_write_is_undone_where_there_is_nothing(write_tokens):
    """Where there isn't a single token, path is as it was, and there is no .part."""
    undone(write_tokens, ValueError, lambda: [([], 1)], "documents without a token")


def test_write_is_undone_by_an_error_of_the_documents(write_tokens):
    """An error while a document is made goes on as it is; path is as it was, and there is no .part."""
    undone(write_tokens, Stop, lambda: breaking(Stop()), "an error in the third document")
    undone(write_tokens, OSError, lambda: breaking(OSError("no network")), "an OSError in the third document")


def test_write_is_undone_by_ctrl_c(write_tokens):
    """Ctrl-C while a document is made is a KeyboardInterrupt: it goes on, and leaves no more than an error does."""
    undone(write_tokens, KeyboardInterrupt, lambda: breaking(KeyboardInterrupt()), "Ctrl-C in the third document")


def test_write_is_undone_by_a_full_disk(write_tokens):
    """Where the bytes can't be sent to the disk the OSError goes on; path is as it was, and there is no .part."""
    undone(write_tokens, OSError, lambda: [([1], 1)], "a disk that is full at the os.fsync", full=True)


def test_write_is_undone_where_the_name_is_taken(write_tokens):
    """Where the file can't get its name, since a folder has it, the OSError goes on, and there is no .part."""
    with fresh_folder() as folder:
        (folder / NAME).mkdir()
        (folder / NAME / "inside").write_text("stays")
        expect.raises(
            OSError, lambda: write_tokens(folder / NAME, [([1], 1)], 300, "abc"), what="a folder of that name"
        )
        found = [names(folder), names(folder / NAME)]
    expect.equal(found, [[NAME], ["inside"]], "what is in the folder, and in the folder that has the name")


def test_write_needs_the_folder(write_tokens):
    """Where path's folder doesn't exist it is an OSError, and no folder is made."""
    with fresh_folder() as folder:
        act = lambda: write_tokens(folder / "none" / NAME, [([1], 1)], 300, "abc")  # noqa: E731
        expect.raises(OSError, act, what="a folder that doesn't exist")
        expect.equal(names(folder), [], "what is in the folder above")


# --- write_tokens: memory ---------------------------------------------------------------------------------------------


class Ids(list):
    """A list that tells when it is gone."""

    __hash__ = object.__hash__

    def __mul__(self, times):
        return Ids(list.__mul__(self, times))


def test_write_keeps_no_document(write_tokens):
    """The documents are taken one by one, and each is let go: they needn't fit into memory together."""
    alive = weakref.WeakSet()
    most = [0]

    def documents():
        for i in range(40):
            ids = Ids([i]) * 20_000
            alive.add(ids)
            most[0] = max(most[0], len(alive))
            yield ids, 1
            del ids

    with fresh_folder() as folder:
        write_tokens(folder / NAME, documents(), 100_000, "abc")
    expect.between(most[0], 1, 20, "how many of 40 documents of 80 KB were in memory at once, at most")


LARGE = 100
"""Documents of 10,000 tokens, 40,000 bytes each: 4 MB in all."""


def large():
    """Documents that are much together."""
    for i in range(LARGE):
        yield np.full(10_000, i, np.uint32), 1


def test_write_puts_tokens_on_the_disk_as_they_come(write_tokens):
    """When most of 4 MB have come, they are in the .part, but for 1 MiB that may wait in memory."""
    with fresh_folder() as folder:
        part = folder / f"{NAME}.part"
        sizes = []

        def documents():
            for document in large():
                sizes.append(part.stat().st_size if part.is_file() else 0)
                yield document

        write_tokens(folder / NAME, documents(), 100_000, "abc")
        n_bytes = (folder / NAME).stat().st_size
    expect.equal(n_bytes, 4_001_024, "the size of the file with 100 documents of 10,000 tokens")
    behind = max(1024 + 40_000 * i - size for i, size in enumerate(sizes))
    expect.true(behind <= 1_200_000, "more than 1 MiB of the documents that had come were not in the .part yet")


def test_write_needs_little_memory(write_tokens):
    """Writing 4 MB of tokens takes less than 3 MB of memory: neither the tokens nor their bytes are kept."""
    before = [0]

    def documents():
        yield from large()
        before[0] = tracemalloc.get_traced_memory()[1]

    with fresh_folder() as folder:
        tracemalloc.start()
        try:
            write_tokens(folder / NAME, documents(), 100_000, "abc")
            most = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    expect.true(before[0] < 3_000_000, "more than 3 MB of memory are in use when 4 MB of documents have come")
    expect.true(most < 3_000_000, "after the last document, more than 3 MB of memory are used for a file of 4 MB")
