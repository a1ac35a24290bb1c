"""Checks of lab 14: read_tokens maps a token file, and refuses what can't be trusted."""

import torch

from tests.labs.helpers_data import NAME, names, token_bytes, token_file, writable
from tests.labs.helpers_files import fresh_folder
from vibejam_core.course import expect
from vibejam_core.text.token_header import HEADER_BYTES, MAGIC

# --- read_tokens ------------------------------------------------------------------------------------------------------

SMALL = [5, 258, 0, 32_767, 32_768, 65_535, 7]
LARGE = [5, 70_123, 0, 2**31 - 1, 2**31, 2**32 - 1, 65_536]


def test_read_gives_the_tokens(read_tokens):
    """The tokens of a file with two bytes each come as a row of uint16."""
    with fresh_folder() as folder:
        token_file(folder / NAME, SMALL)
        found = read_tokens(folder / NAME)
        expect.shape(found, (7,), "the tokens of a file of seven")
        expect.dtype(found, torch.uint16, "tokens of two bytes each")
        expect.equal(found.tolist(), SMALL, "the tokens")


def test_read_gives_tokens_of_four_bytes(read_tokens):
    """The tokens of a file with four bytes each come as a row of uint32."""
    with fresh_folder() as folder:
        token_file(folder / NAME, LARGE, "uint32")
        found = read_tokens(folder / NAME)
        expect.shape(found, (7,), "the tokens of a file of seven")
        expect.dtype(found, torch.uint32, "tokens of four bytes each")
        expect.equal(found.tolist(), LARGE, "the tokens")


def test_read_believes_the_header_about_the_type(read_tokens):
    """How long a token is stands in the header's "dtype", whatever the vocab_size there."""
    with fresh_folder() as folder:
        token_file(folder / NAME, [5, 6], "uint32", vocab_size=300)
        found = read_tokens(folder / NAME)
        expect.dtype(found, torch.uint32, "tokens of four bytes each from a vocabulary of 300")
        expect.equal(found.tolist(), [5, 6], "the tokens")


def test_read_gives_files_of_all_sizes(read_tokens):
    """One token is enough, and many come as well."""
    for n in (1, 2, 511, 4097):
        tokens = [(i * 37 + n) % 65_536 for i in range(n)]
        with fresh_folder() as folder:
            token_file(folder / NAME, tokens)
            expect.equal(read_tokens(folder / NAME).tolist(), tokens, f"the tokens of a file of {n}")


def test_read_looks_at_the_file_each_time(read_tokens):
    """What was read of one file has nothing to do with the next, of the same name or another."""
    with fresh_folder() as folder:
        token_file(folder / NAME, SMALL)
        expect.equal(read_tokens(folder / NAME).tolist(), SMALL, "the tokens of a file")
        token_file(folder / "new", [9, 8], "uint32", tokenizer="other")
        (folder / "new").replace(folder / NAME)
        found = read_tokens(folder / NAME)
        expect.equal(found.tolist(), [9, 8], "the tokens of a file that replaced another")


def test_read_maps_the_file(read_tokens):
    """The file isn't read but mapped: a token that changes in the file afterwards is changed in the tensor."""
    with fresh_folder() as folder:
        token_file(folder / NAME, SMALL)
        found = read_tokens(folder / NAME)
        with (folder / NAME).open("r+b") as stream:
            stream.seek(HEADER_BYTES + 4)
            stream.write(token_bytes([1234]))
        expect.equal(found.tolist(), [5, 258, 1234, *SMALL[3:]], "the tokens, after the third was changed in the file")


def test_read_leaves_the_checksum_alone(read_tokens):
    """The checksum isn't compared: all of the file would have to be read."""
    with fresh_folder() as folder:
        token_file(folder / NAME, SMALL, sha256="0" * 64)
        expect.equal(read_tokens(folder / NAME).tolist(), SMALL, "the tokens of a file with the checksum of another")


# --- read_tokens: what is refused -------------------------------------------------------------------------------------


def in_words(result):
    """What came instead of an error."""
    return f"{len(result)} tokens" if isinstance(result, torch.Tensor) else type(result).__name__


def outcome(act):
    """The name of the error, or what came instead of one."""
    try:
        return in_words(act())
    except Exception as error:
        return type(error).__name__


def refused(read_tokens, cases, fingerprint=None, **facts):
    """Files that were changed must be a ValueError each, with these texts in its message, and stay as they are.

    ``cases`` has what a file is, the change of its bytes, and the texts; ``facts`` are entries of its header.
    """
    found, messages, other = {}, {}, []
    for what, change, _ in cases:
        with fresh_folder() as folder:
            path = folder / NAME
            path.write_bytes(change(token_file(path, SMALL, **facts)))
            before = path.read_bytes()
            try:
                found[what] = in_words(read_tokens(path, fingerprint))
            except Exception as error:
                found[what] = type(error).__name__
                messages[what] = str(error).replace(str(folder), "").replace(",", "")
            other += [] if path.is_file() and path.read_bytes() == before else [what]
    expect.equal(found, dict.fromkeys(found, "ValueError"), f"what comes of {', '.join(found)}")
    expect.equal(other, [], "the files that were changed or deleted when they were read")
    for what, _, mentions in cases:
        absent = [text for text in mentions if text not in messages[what]]
        said = f"its message is: {messages[what]}"
        expect.true(not absent, f"the ValueError for {what} should name {' and '.join(absent)}; {said}")


def test_read_accepts_the_tokenizer(read_tokens):
    """With the file's own fingerprint, or with none, the tokens come."""
    with fresh_folder() as folder:
        token_file(folder / NAME, SMALL, tokenizer="abcdef0123")
        for fingerprint in ("abcdef0123", None):
            found = read_tokens(folder / NAME, fingerprint)
            expect.equal(found.tolist(), SMALL, f"the tokens, with the fingerprint {fingerprint}")


def test_read_refuses_another_tokenizer(read_tokens):
    """Tokens of another tokenizer are a ValueError that names both fingerprints."""
    others = ("9876543210", "9876", "abcdef01234", "abcdef012", "cdef", "ABCDEF0123")
    with fresh_folder() as folder:
        token_file(folder / NAME, SMALL, tokenizer="abcdef0123")
        found = {other: outcome(lambda other=other: read_tokens(folder / NAME, other)) for other in others}
        expect.equal(found, dict.fromkeys(others, "ValueError"), "what comes of other fingerprints than abcdef0123")
        for other in others:
            what = f"tokens of the tokenizer abcdef0123 where {other} is asked for"
            expect.raises(
                ValueError, lambda other=other: read_tokens(folder / NAME, other), ["abcdef0123", other], what
            )


def test_read_refuses_a_file_that_is_too_short(read_tokens):
    """A file shorter than its header says is a ValueError that names its size and the expected one."""
    cases = [
        (f"a file of seven tokens that lost {lost}", lambda data, lost=lost: data[:-lost], [str(1038 - lost), "1038"])
        for lost in (2, 5, 1, 13, 14)
    ]
    four = lambda data: data.replace(b'"uint16"', b'"uint32"')  # noqa: E731
    refused(read_tokens, [*cases, ("one of two-byte tokens whose header says four", four, ["1038", "1052"])])


def test_read_refuses_a_file_that_is_too_long(read_tokens):
    """A file longer than its header says is a ValueError that names its size and the expected one."""
    cases = [
        (
            f"a file of seven tokens with {more} more",
            lambda data, more=more: data + bytes(more),
            [str(1038 + more), "1038"],
        )
        for more in (2, 1, 4096)
    ]
    refused(read_tokens, cases)


def test_read_needs_a_file(read_tokens):
    """Where there is no file it is a FileNotFoundError, and none is made."""
    with fresh_folder() as folder:
        found = [outcome(lambda: read_tokens(folder / NAME)), names(folder)]
    expect.equal(found, ["FileNotFoundError", []], "what comes of a missing file, and what is in the folder then")


def test_read_refuses_what_is_no_token_file(read_tokens):
    """A file that doesn't begin as a token file does is a ValueError."""
    cases = [
        ("a text", lambda data: b"Once upon a time. " * 100, []),
        ("a token file without the first letter", lambda data: data[1:] + b"\0", []),
        ("a token file whose first word is another", lambda data: b"VIBETOKZ" + data[8:], []),
        ("an empty file", lambda data: b"", []),
    ]
    refused(read_tokens, cases)


def test_read_refuses_a_damaged_header(read_tokens):
    """A header that is cut off, can't be read or lacks an entry is a ValueError."""
    half = lambda data: data.replace(b'"uint16"', b'"float16"').replace(b"}  ", b"} ", 1)  # noqa: E731
    cases = [
        ("a file that ends in its header", lambda data: data[:500], []),
        ("a header with a byte changed", lambda data: data.replace(b"{", b"[", 1), []),
        ("a header of zeros", lambda data: MAGIC + bytes(1016) + data[1024:], []),
        ("a header without a checksum", lambda data: data.replace(b'"sha256"', b'"sha257"'), ["sha256"]),
        ("a header with the dtype float16", half, ["float16"]),
    ]
    refused(read_tokens, cases)


def test_read_refuses_a_newer_format(read_tokens):
    """A file of a newer version is a ValueError that names both versions."""
    refused(read_tokens, [("a file of version 37", lambda data: data, ["37", "1"])], version=37)


# --- read_tokens: the memory ------------------------------------------------------------------------------------------


def test_read_keeps_the_file_as_it_is(read_tokens):
    """The tensor can be written to; the file stays as it is, and so does what is read of it again."""
    with fresh_folder() as folder:
        before = token_file(folder / NAME, SMALL)
        found = read_tokens(folder / NAME)
        expect.true(writable(found.data_ptr()), "the tensor's memory can't be written to: the program would be killed")
        found[1] = 9
        expect.equal(found.tolist(), [5, 9, *SMALL[2:]], "the tokens, after the second was changed in the tensor")
        expect.true((folder / NAME).read_bytes() == before, "the file has changed after a token of the tensor was")
        expect.equal(read_tokens(folder / NAME).tolist(), SMALL, "the tokens, read again")
