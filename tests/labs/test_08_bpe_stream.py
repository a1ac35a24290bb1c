"""Checks of lab 08: StreamDecoder, which shows text while its tokens come."""

from tests.labs.helpers_bpe import FRAGMENTS, any_bytes, gpt2_byte_order, learnt, outcome, texts
from vibejam_core.course import expect
from vibejam_core.text.bpe import BPETokenizer

SPECIALS = ("<|end|>", "<|é|>")
"""Ids 336 and 337 after the 80 merges of ``learnt()``."""


def fed(stream, tokens):
    """What comes out with each token."""
    return [stream.feed(token) for token in tokens]


def whole(stream, tokens):
    """All that comes out, up to the end of the stream."""
    shown = fed(stream, tokens)
    return "".join([*shown, stream.finish()])


def due(tokenizer, tokens, shown):
    """What had to come out with each token: what did, as long as nothing is late or early.

    Early is what may still become another character. Late is a character that was complete already. A replacement
    character may come out as soon as it is certain, or wait for the next character.
    """
    data, so_far, expected = b"", "", []
    for token, text in zip(tokens, shown, strict=True):
        data += tokenizer.decode_bytes([token])
        certain = data[: len(data) - incomplete(data)].decode("utf-8", "replace")
        right = certain.startswith(so_far + text) and len(so_far + text) >= len(certain.rstrip("\ufffd"))
        expected.append(text if right else certain[len(so_far) :])
        so_far += expected[-1]
    return expected


def incomplete(data):
    """How many bytes at the end may still become a character."""
    for n in (3, 2, 1):
        for missing in (b"\x80", b"\xbf", b"\x80" * 2, b"\xbf" * 2, b"\x80" * 3, b"\xbf" * 3):
            try:
                if len(data) >= n and len((data[-n:] + missing).decode("utf-8")) == 1:
                    return n
            except UnicodeDecodeError:
                continue
    return 0


# --- feed -------------------------------------------------------------------------------------------------------------


def test_complete_text_comes_at_once(StreamDecoder):
    """A token of whole characters comes out as soon as it is fed."""
    stream = StreamDecoder(BPETokenizer([(97, 98), (0xC3, 0xA9)]))
    found = fed(stream, [256, 10, 257, 99, 32])
    expect.equal(found, ["ab", "\n", "é", "c", " "], "what comes out with tokens ab, line break, é, c and space")


def test_half_a_character_is_kept_back(StreamDecoder):
    """A character of two, three or four bytes comes out with its last byte."""
    stream = StreamDecoder(BPETokenizer([]))
    found = fed(stream, list("é€😀a".encode()))
    expected = ["", "é", "", "", "€", "", "", "", "😀", "a"]
    expect.equal(found, expected, 'what comes out with each byte of "é€😀a"')


def test_a_token_may_end_one_character_and_begin_the_next(StreamDecoder):
    """What a token completes comes out, and what it begins is kept back."""
    stream = StreamDecoder(BPETokenizer([(97, 0xC3), (0xA9, 98), (257, 0xF0), (0x9F, 0x98), (0x80, 0xE2)]))
    found = fed(stream, [256, 258, 259, 260, 0x82, 0xAC])
    expected = ["a", "éb", "", "😀", "", "€"]
    expect.equal(found, expected, "what comes out with the tokens a c3, a9 b f0, 9f 98, 80 e2, 82 and ac")


def test_special_tokens_come_as_their_text(StreamDecoder):
    """A special token comes out as its own text."""
    stream = StreamDecoder(BPETokenizer([], SPECIALS))
    found = fed(stream, [97, 256, 98, 257])
    expect.equal(found, ["a", "<|end|>", "b", "<|é|>"], 'what comes out with the tokens a, "<|end|>", b and "<|é|>"')


def test_the_tokenizer_says_what_a_token_stands_for(StreamDecoder):
    """In GPT-2's vocabulary the ids of the bytes are in an order of their own."""
    stream = StreamDecoder(BPETokenizer([(127, 102)], byte_order=gpt2_byte_order()))
    found = fed(stream, [64, 220, 127, 102, 256, 198])
    expect.equal(found, ["a", " ", "", "é", "é", "\n"], "what comes out with ids 64, 220, 127, 102, 256 and 198")


def test_a_broken_character_is_replaced(StreamDecoder):
    r"""Where a character is broken off, "\ufffd" stands for what came of it, and the next one comes out whole."""
    tokenizer = BPETokenizer([], SPECIALS)
    for broken, follows in (
        (b"\xc3", "ab"),
        (b"\xe2\x82", "é"),
        (b"\xf0\x9f\x98", "b"),
        (b"\xe2", "xyz"),
        (b"\xf0", "xé"),
    ):
        tokens = list(broken + follows.encode())
        found = fed(StreamDecoder(tokenizer), tokens)
        expect.equal(
            found, due(tokenizer, tokens, found), f'what comes out with {broken!r} and the bytes of "{follows}"'
        )
    found = whole(StreamDecoder(tokenizer), [0xE2, 0x82, 256])
    expect.equal(found, "\ufffd<|end|>", 'all that comes out with the bytes e2 82 and the special token "<|end|>"')


def test_bytes_that_begin_no_character_are_replaced(StreamDecoder):
    r"""A byte that can't begin a character becomes "\ufffd", by the time that the next character is out."""
    tokenizer = BPETokenizer([])
    for lonely in (0x80, 0xBF, 0xFF, 0xC0, 0xF5, 0xF8):
        tokens = [97, lonely, 98, 99]
        found = fed(StreamDecoder(tokenizer), tokens)
        expect.equal(found, due(tokenizer, tokens, found), f"what comes out with the bytes {bytes(tokens)!r}")


def test_each_character_comes_as_soon_as_it_is_complete(StreamDecoder):
    """On texts of many scripts, each token brings all that is complete, and no more."""
    for tokenizer in (BPETokenizer(learnt(), SPECIALS), BPETokenizer([])):
        for text in ["👩\u200d👧 e\u0301 \ufeff", *texts(25, seed=11)]:
            tokens = tokenizer.encode(text)
            found = fed(StreamDecoder(tokenizer), tokens)
            expect.equal(found, due(tokenizer, tokens, found), f"what comes out with each token of {text!r}")


def test_what_may_become_a_character_is_not_replaced_too_early(StreamDecoder):
    """The same holds among bytes that are no text."""
    tokenizer = BPETokenizer(learnt(), SPECIALS)
    for data in any_bytes(30, seed=12):
        tokens = tokenizer.encode_bytes(data)
        found = fed(StreamDecoder(tokenizer), tokens)
        expect.equal(found, due(tokenizer, tokens, found), f"what comes out with each token of {data!r}")


def test_feed_leaves_nothing_out(StreamDecoder):
    """White space, control characters and accents come out as they are."""
    for text in ("  a \n\n", "\r\na\r", "\ufeffa\ufeff", "e\u0301é", "\x00\x07a\x7f\x00", "\u2028\u00a0", "a\ufffdb"):
        stream = StreamDecoder(BPETokenizer([]))
        expect.equal("".join(fed(stream, list(text.encode()))), text, f"what comes out with the bytes of {text!r}")
    stream = StreamDecoder(BPETokenizer([(101, 0xCC), (256, 0x81)]))
    expect.equal(fed(stream, [257, 97]), ["e\u0301", "a"], r'what comes out with a token that is "e\u0301", and then a')


def test_a_long_stream_comes_out_whole(StreamDecoder):
    """A stream may have many hundred tokens."""
    text = "a" + "é€😀" * 70
    found = "".join(fed(StreamDecoder(BPETokenizer([])), list(text.encode())))
    expect.equal(found, text, "what comes out with 631 bytes")


def test_feed_refuses_ids_out_of_range(StreamDecoder):
    """A token that is negative, or not below vocab_size, is a ValueError that names it."""
    tokenizer = BPETokenizer(learnt(), SPECIALS)
    tokens = (-1, 338, 5000, -338)
    found = {str(token): outcome(lambda t=token: StreamDecoder(tokenizer).feed(t)) for token in tokens}
    expect.equal(found, dict.fromkeys(found, "a ValueError"), "what comes of tokens outside a vocabulary of 338")
    for token in tokens:
        stream = StreamDecoder(tokenizer)
        stream.feed(97)
        expect.raises(ValueError, lambda s=stream, t=token: s.feed(t), (str(token),), f"token {token} of 338")


# --- finish -----------------------------------------------------------------------------------------------------------


def test_finish_has_nothing_left_of_complete_text(StreamDecoder):
    """After whole characters, or before any token, there is nothing kept back."""
    stream = StreamDecoder(BPETokenizer([]))
    expect.equal(stream.finish(), "", "finish, before any token")
    fed(stream, list("a😀".encode()))
    expect.equal(stream.finish(), "", 'finish, after all bytes of "a😀"')


def test_finish_shows_what_was_kept_back(StreamDecoder):
    r"""A character that stays incomplete ends as "\ufffd"."""
    for data in (b"a\xc3", b"\xe2\x82", b"\xf0", b"\xf0\x9f\x98", b"\xc3\xa9\xe0\xa4"):
        stream = StreamDecoder(BPETokenizer([]))
        fed(stream, list(data))
        expect.equal(stream.finish(), "\ufffd", f"finish, after the bytes {data!r}")


def test_the_whole_stream_is_what_decode_gives(StreamDecoder):
    """All that comes out, joined, is what tokenizer.decode makes of the tokens: as many replacement characters too."""
    tokenizer = BPETokenizer(learnt(), SPECIALS)
    cut_off = [fragment[:end] for fragment in FRAGMENTS for end in range(1, len(fragment) + 1)]
    for data in [*cut_off, *(b"a" + fragment + b"\xe2\x82" for fragment in FRAGMENTS), *any_bytes(60, seed=13)]:
        tokens = tokenizer.encode_bytes(data)
        found = whole(StreamDecoder(tokenizer), tokens)
        expect.equal(found, tokenizer.decode(tokens), f"all that comes out with the tokens of {data!r}")


def test_every_first_byte_is_understood(StreamDecoder):
    """Whatever the first byte and the second: the stream's text is what tokenizer.decode gives."""
    tokenizer = BPETokenizer([])
    for first in range(0x7F, 0x100):
        tokens = [first, 0xA0, 0x80, 0x80, 0x61, first, 0x8F, 0xBF, 0xBF, 0xBF, first, 0x8F, 0x61, first]
        found = whole(StreamDecoder(tokenizer), tokens)
        expect.equal(found, tokenizer.decode(tokens), f"all that comes out with the bytes {bytes(tokens)!r}")


def test_after_finish_a_new_stream_begins(StreamDecoder):
    """Nothing of an ended stream is left: neither text nor half a character."""
    stream = StreamDecoder(BPETokenizer([]))
    for data in (b"ab\xe2\x82", b"\xac\xc3\xa9", b"\xf0\x9f", b"c"):
        found = whole(stream, list(data))
        expect.equal(found, data.decode("utf-8", "replace"), f"all of a new stream, with the bytes {data!r}")
    fed(stream, [0xC3])
    stream.finish()
    expect.equal(stream.finish(), "", "a second finish, right after the first")


def test_streams_do_not_know_of_each_other(StreamDecoder):
    """Two streams of one tokenizer can run side by side."""
    tokenizer = BPETokenizer([])
    one, other = StreamDecoder(tokenizer), StreamDecoder(tokenizer)
    shown = [one.feed(0xC3), other.feed(0xE2), other.feed(0x82), one.feed(0xA9), other.feed(0xAC), one.feed(97)]
    expect.equal(shown, ["", "", "", "é", "€", "a"], 'what comes out of two streams, with bytes of "éa" and of "€"')
    third = StreamDecoder(tokenizer)
    fed(third, [0xE2])
    expect.equal(StreamDecoder(tokenizer).finish(), "", "finish of a new stream, while another keeps half a character")
