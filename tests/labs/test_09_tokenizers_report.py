"""Checks of lab 09, fourth part: how well a vocabulary compresses each kind of text."""

from types import MappingProxyType

from tests.labs.helpers_tokenizers import Chopper, readable, vocabulary
from vibejam_core.course import expect
from vibejam_core.text.characters import CharTokenizer

# --- compression_report -----------------------------------------------------------------------------------------------


def reported(compression_report, tokenizer, texts):
    """The report, which must be a dictionary; its keys are written out."""
    return readable(compression_report(tokenizer, texts), "the report")


def test_report_is_bytes_per_token(compression_report):
    """A kind's number is the bytes of its sample by its tokens, not the other way round."""
    for size, expected in ((3, 3.0), (1, 1.0), (5, 4.0), (20, 12.0)):
        found = reported(compression_report, Chopper(size), {"run": "abcdefghijkl"})
        expect.close(found.get("'run'"), expected, f"bytes per token of 12 letters in tokens of {size}")


def test_report_counts_bytes_not_characters(compression_report):
    """The bytes are those of the text in UTF-8, of which a character may have up to four."""
    found = reported(compression_report, Chopper(2), {"é": "éüß!", "中": "中文", "😀": "😀a", "control": "\0\n\r\n"})
    numbers = [found.get(f"'{kind}'") for kind in ("é", "中", "😀", "control")]
    expect.equal(numbers, [3.5, 6.0, 5.0, 2.0], "bytes per token of éüß!, 中文, 😀a and control characters")


def test_report_numbers_are_exact(compression_report):
    """Nothing is rounded."""
    found = reported(compression_report, Chopper(7), {"a": "x" * 5002})
    expect.close(found.get("'a'"), 5002 / 715, "bytes per token of 5,002 letters in tokens of 7", atol=0.0, rtol=5e-7)


def test_report_is_of_every_kind(compression_report):
    """Each kind has its number, under its own name, and "all" comes last."""
    texts = {"prose": "a tale", "code": "x = 1", "": "nameless", "All": "capital", "total": "x = 1"}
    found = list(compression_report(Chopper(2), MappingProxyType(texts)))
    expect.equal(found, ["prose", "code", "", "All", "total", "all"], "the names in the report, in their order")
    found = list(compression_report(Chopper(2), {"small": "a tale", "overall": "x = 1"}))
    expect.equal(found, ["small", "overall", "all"], 'the names in the report of "small" and "overall"')


def test_report_encodes_each_sample_on_its_own(compression_report):
    """No token reaches from one sample into the next."""
    found = reported(compression_report, Chopper(10), {"a": "abc", "b": "def", "c": "ghi"})
    expect.close(found.get("'all'"), 3.0, 'bytes per token of "abc", "def" and "ghi" together, a token each')


def test_report_of_all_weighs_by_size(compression_report):
    """\"all\" is the sum of the bytes by the sum of the tokens, not the mean of the others."""
    found = reported(compression_report, Chopper(4), {"long": "abcdefgh" * 20, "short": "a", "é": "éé"})
    expect.close(found.get("'all'"), 165 / 42, "bytes per token of a long sample and two short ones together")
    found = reported(compression_report, Chopper(4), {"one": "abcdefgh", "two": "abcdefgh", "three": "a"})
    expect.close(found.get("'all'"), 17 / 5, "bytes per token of two equal samples and a short one together")
    found = reported(compression_report, Chopper(4), {"é": "éé", "short": "a", "long": "abcdefgh" * 20})
    expect.close(found.get("'all'"), 165 / 42, "bytes per token of two short samples and a long one together")


def test_report_takes_any_tokenizer(compression_report):
    """Characters, bytes or merges: only encode is asked for."""
    letters = CharTokenizer("aé ")
    found = reported(compression_report, letters, {"é": "éé", "a": "a é"})
    expect.close(list(found.values()), [2.0, 4 / 3, 8 / 5], "bytes per character of éé, a é and both")
    merges = vocabulary(["<|end|>"], n_merges=60)
    text = "the café, then <|end|>"
    found = reported(compression_report, merges, {"text": text})
    expect.close(found.get("'text'"), len(text.encode()) / len(merges.encode(text)), f"bytes per token of {text!r}")


def test_report_keeps_white_space(compression_report):
    """A sample counts as it is, white space at its ends and all; white space alone is text, too."""
    found = reported(compression_report, Chopper(3), {"indented": "  \tx\n", "blank": " \n ", "\n": "\r\n\r\n"})
    expect.close(list(found.values()), [2.5, 3.0, 2.0, 2.4], "bytes per token of samples with much white space")
    tokenizer = Chopper(3)
    compression_report(tokenizer, {"CRLF": " A\r\n"})
    expect.equal(sorted(set(tokenizer.seen)), [" A\r\n"], "the text that is encoded")


def test_report_refuses_no_samples(compression_report):
    """No sample at all is a ValueError."""
    expect.raises(ValueError, lambda: compression_report(Chopper(2), {}), what="no samples")


def outcome(act):
    """The name of the error, or what came instead of one."""
    try:
        return repr(act())
    except Exception as error:
        return type(error).__name__


def test_report_refuses_an_empty_sample(compression_report):
    """An empty sample is a ValueError that names it, wherever it stands."""
    cases = (
        {"code": "x", "hollow": ""},
        {"hollow": "", "code": "x"},
        {"code": "x", "hollow": "", "z": "y"},
        {"hollow": ""},
    )
    found = [outcome(lambda texts=texts: compression_report(Chopper(2), texts)) for texts in cases]
    expect.equal(found, ["ValueError"] * 4, f"what comes of {', '.join(map(str, cases))}")
    for texts in cases:
        expect.raises(ValueError, lambda t=texts: compression_report(Chopper(2), t), ["hollow"], f"the samples {texts}")


def test_report_refuses_a_sample_called_all(compression_report):
    """A sample called "all" is a ValueError that says so."""
    for texts in ({"all": "x"}, {"code": "x", "all": "y"}, {"all": "x", "code": "y"}):
        expect.raises(ValueError, lambda t=texts: compression_report(Chopper(2), t), ["all"], f"the samples {texts}")


def test_report_leaves_the_samples_alone(compression_report):
    """The samples that were handed in are not changed, and nothing is kept for the next report."""
    texts = {"a": "xyz", "b": "é"}
    for size, both in ((2, 5 / 3), (1, 5 / 4)):
        found = reported(compression_report, Chopper(size), texts)
        expect.close(found.get("'all'"), both, f"bytes per token of all, in tokens of {size}")
    expect.equal(texts, {"a": "xyz", "b": "é"}, "the samples after the reports")
