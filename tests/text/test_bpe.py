"""Byte-pair encoding: what it learns, and that nothing is lost."""

import functools
import json
import random
from pathlib import Path

import pytest
import tiktoken
from hypothesis import given
from hypothesis import strategies as st

from vibejam_core.text.bpe import BPETokenizer, StreamDecoder, count_pairs, merge_pair, split_text, train_bpe
from vibejam_core.text.bpe_artifact import seal
from vibejam_core.text.bpe_scale import to_tiktoken
from vibejam_core.text.gpt2 import END_OF_TEXT, gpt2_tokenizer
from vibejam_core.text.tokenizers import fingerprint, knows, prompt_ids, tokenizer_from_json

MERGES = Path(__file__).parents[3] / "shared" / "data" / "gpt2_merges.txt"
real_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
settled_text = st.text(st.characters(exclude_categories=["Cs", "Cn"]), max_size=60)
"""Without characters that Unicode has added lately, on which two libraries may disagree whether they are letters."""
small = st.text("ab ", max_size=40)


@functools.cache
def trained() -> BPETokenizer:
    text = "the cat sat on the mat, the café's 1234 cats don't. 😀😀 日本語 <|end|> thé thé\n\n  the"
    return BPETokenizer.train(text, 330, ("<|end|>", "<|end|>>"))


@functools.cache
def gpt2() -> BPETokenizer:
    if not MERGES.exists():
        pytest.skip("GPT-2's table of merges is not in ../shared/data")
    return gpt2_tokenizer(MERGES)


def test_pairs_count_as_often_as_their_word_and_overlap() -> None:
    assert count_pairs({(7, 7, 7): 2, (7, 8): 3, (9,): 5}) == {(7, 7): 4, (7, 8): 3}


def test_a_pair_is_merged_from_left_to_right() -> None:
    assert merge_pair([7, 7, 7, 8, 7, 7], (7, 7), 300) == [300, 7, 8, 300]


def test_ties_go_to_the_smallest_pair() -> None:
    """cb and ab and zx occur equally often; then the left id decides, then the right."""
    assert train_bpe("zx ab cb", 259)[0] == (32, ord("a"))
    assert train_bpe("zx\nab\ncb\naa", 258)[0] == (ord("a"), ord("a"))


def test_training_stops_early_and_refuses_less_than_the_bytes() -> None:
    assert train_bpe("ab", 1000) == [(97, 98)]
    assert train_bpe("", 1000) == []
    with pytest.raises(ValueError, match="255"):
        train_bpe("ab", 255)


def test_special_tokens_take_no_part_in_training() -> None:
    assert train_bpe("ab<|end|>ab", 400, ["<|end|>"]) == [(97, 98)]


@given(small, st.integers(256, 290))
def test_a_word_of_the_training_text_is_encoded_as_training_left_it(text: str, vocab_size: int) -> None:
    """Encoding replays the merges in the order in which they were learnt."""
    tokenizer = BPETokenizer.train(text, vocab_size)
    for piece in split_text(text):
        ids = list(piece.encode())
        for new_id, pair in enumerate(tokenizer.merges, start=256):
            ids = merge_pair(ids, pair, new_id)
        assert tokenizer.encode_piece(piece.encode()) == ids


@given(real_text)
def test_text_survives(text: str) -> None:
    assert trained().decode(trained().encode(text)) == text


@given(st.binary(max_size=60))
def test_any_bytes_survive(data: bytes) -> None:
    ids = trained().encode_bytes(data)
    assert trained().decode_bytes(ids) == data
    assert trained().decode(ids) == data.decode("utf-8", "replace")


@given(st.lists(st.integers(0, 331), max_size=40))
def test_a_stream_never_shows_half_a_character(ids: list[int]) -> None:
    tokenizer = trained()
    ids = [i % tokenizer.vocab_size for i in ids]
    stream = StreamDecoder(tokenizer)
    for _ in range(2):  # finish begins anew
        assert "".join(map(stream.feed, ids)) + stream.finish() == tokenizer.decode(ids)


@given(real_text)
def test_a_stream_of_text_has_no_replacement_characters(text: str) -> None:
    stream = StreamDecoder(trained())
    assert "".join(map(stream.feed, trained().encode(text))) == text


def test_special_tokens_come_only_where_they_are_allowed() -> None:
    t = trained()
    first, second = t.vocab_size - 2, t.vocab_size - 1
    assert max(t.encode("a<|end|>b<|end|>>")) < first
    assert t.encode("a<|end|>b<|end|>>", t.special_tokens) == [97, first, 98, second]
    assert t.encode("<|end|>>", ["<|end|>"]) == [first, ord(">")]
    assert t.decode([first, second]) == "<|end|><|end|>>"
    with pytest.raises(ValueError, match="other"):
        t.encode("a", ["<|other|>"])


def test_lone_surrogates_are_bytes_or_refused() -> None:
    assert trained().encode("a\udcff") == trained().encode_bytes(b"a\xff")
    with pytest.raises(ValueError, match="surrogates"):
        trained().encode("a\ud800")


def test_ids_out_of_range_are_named() -> None:
    for index in (-1, trained().vocab_size):
        with pytest.raises(ValueError, match=str(index)):
            trained().decode([index])


def test_it_survives_its_json_and_a_file(tmp_path: Path) -> None:
    trained().save(tmp_path / "new" / "bpe.json")
    loaded = BPETokenizer.load(tmp_path / "new" / "bpe.json")
    copy = tokenizer_from_json({"fingerprint": "x", **json.loads(json.dumps(trained().to_json()))})
    assert fingerprint(copy) == fingerprint(loaded) == fingerprint(trained())
    assert copy.encode("the cats") == loaded.encode("the cats") == trained().encode("the cats")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["bpe.json"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"kind": "char"}, "kind"),
        ({"version": 99}, "version 99"),
        ({"merges": None}, "merges"),
        ({"merges": [[97, 98]]}, "hash"),
        ({"special_tokens": ["<|other|>"]}, "hash"),
        ({"sha256": "0"}, "hash"),
    ],
)
def test_damaged_data_is_refused(change: dict, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        BPETokenizer.from_json({**trained().to_json(), **change})


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"merges": [[97, 400]]}, "400"),
        ({"merges": [[97, 98], [97, 98]]}, "twice"),
        ({"merges": [[97]]}, "merge"),
        ({"merges": ["ab"]}, "merge"),
        ({"byte_order": [0] * 256}, "byte_order"),
        ({"byte_order": ["x"] * 256}, "byte_order"),
        ({"special_tokens": ["a", "a"]}, "special"),
        ({"special_tokens": [3]}, "special"),
        ({"pattern": "("}, "pattern"),
    ],
)
def test_data_that_makes_no_sense_is_refused_whatever_its_hash(change: dict, says: str) -> None:
    data = {**trained().to_json(), **change}
    with pytest.raises(ValueError, match=says):
        BPETokenizer.from_json({**data, "sha256": seal(data)})


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "bpe.json"
    with pytest.raises(FileNotFoundError, match=r"bpe\.json"):
        BPETokenizer.load(path)
    trained().save(path)
    text = path.read_text()
    for damaged in (text[:-20], "[]", "", text.replace("version", "VERSION", 1)):
        path.write_text(damaged)
        with pytest.raises(ValueError, match=r"bpe\.json"):
            BPETokenizer.load(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match=r"bpe\.json"):
        BPETokenizer.load(path)


def test_it_knows_every_character() -> None:
    assert knows(trained(), "ж")
    assert prompt_ids(trained(), "", "skip") == ("", [10])


def test_gpt2_has_its_real_ids() -> None:
    assert gpt2().encode("Hello world") == [15496, 995]
    assert gpt2().encode(END_OF_TEXT, [END_OF_TEXT]) == [50256] == [gpt2().vocab_size - 1]


def test_a_line_that_is_no_merge_is_named(tmp_path: Path) -> None:
    path = tmp_path / "merges.txt"
    path.write_text("#version: 0.2\nh e\nhe l l\n")
    with pytest.raises(ValueError, match="line 3"):
        gpt2_tokenizer(path)
    with pytest.raises(FileNotFoundError, match="vocab"):
        gpt2_tokenizer(tmp_path / "none.txt")


def varied_strings(n: int) -> list[str]:
    """Scripts, emoji, controls, white space, runs, English, and what is left of invalid UTF-8."""
    rng = random.Random(8)
    ranges = [
        (0x20, 0x7F),
        (0, 0x20),
        (0x7F, 0x250),
        (0x370, 0x600),
        (0x900, 0xE00),
        (0x2000, 0x2C00),
        (0x3000, 0x9FFF),
    ]
    ranges += [(0xAC00, 0xD7A4), (0x1F300, 0x1FAFF), (0x10000, 0x10500), (0xE000, 0xFFFE), (0x20000, 0x20100)]
    words = [
        "the",
        " The",
        "don't",
        "I'LL",
        " 12345",
        "\n\n",
        "  ",
        "\t",
        "ſ's",
        " naïve",
        "\r\n",
        "...",
        "<|endoftext|>",
        "'",
    ]
    strings = []
    for i in range(n):
        if i % 3 == 0:
            strings.append("".join(rng.choices(words, k=rng.randint(0, 20))))
        elif i % 3 == 1:
            low, high = rng.choice(ranges)
            characters = [chr(rng.randrange(low, high)) for _ in range(rng.randint(1, 15))]
            strings.append("".join(rng.choices([*characters, " "], k=30)))
        elif i % 30 == 2:
            strings.append(chr(rng.randrange(*rng.choice(ranges))) * rng.randint(50, 2000))
        else:
            strings.append(rng.randbytes(rng.randint(1, 40)).decode("utf-8", "replace"))
    return strings


def test_gpt2s_merges_encode_as_tiktoken_does() -> None:
    tokenizer = gpt2()
    encoding = tiktoken.Encoding(
        "gpt2",
        pat_str=tokenizer.pattern,
        mergeable_ranks={data: i for i, data in enumerate(tokenizer.token_bytes[:-1])},
        special_tokens={END_OF_TEXT: 50256},
    )
    strings = varied_strings(12_000)
    assert len(set(strings)) > 10_000
    for text in strings:
        assert tokenizer.encode(text) == encoding.encode_ordinary(text), repr(text)
        allowed = encoding.encode(text, allowed_special="all")
        assert tokenizer.encode(text, [END_OF_TEXT]) == allowed, repr(text)
    rng = random.Random(9)
    for _ in range(3000):  # bytes that are no UTF-8, as one piece
        data = rng.randbytes(rng.randint(1, 40))
        assert tokenizer.encode_piece(data) == encoding._encode_single_piece(data), data
        assert tokenizer.decode(tokenizer.encode_bytes(data)) == encoding.decode(tokenizer.encode_bytes(data))


@given(small, settled_text)
def test_a_trained_vocabulary_encodes_as_tiktoken_does(text: str, other: str) -> None:
    tokenizer = BPETokenizer.train(text + other, 300, ("ab",))
    encoding = to_tiktoken(tokenizer)
    for sample in (text, other, text[::-1], other + text):
        assert encoding.encode_ordinary(sample) == tokenizer.encode(sample)
