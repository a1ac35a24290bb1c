"""Checks of lab 08: BPETokenizer from ids back to bytes and to text, decode_bytes and then decode."""

import torch

from tests.labs.helpers_bpe import FRAGMENTS, any_bytes, gpt2_byte_order, learnt, outcome, texts, token_bytes
from vibejam_core.course import expect

SPECIALS = ("<|end|>", "<|é|>")
"""Ids 336 and 337 after the 80 merges of ``learnt()``."""

# --- decode_bytes -----------------------------------------------------------------------------------------------------


def test_decode_bytes_joins_the_tokens(BPETokenizer):
    """The bytes of all tokens follow each other, and nothing stands between them."""
    tokenizer = BPETokenizer([(97, 98), (256, 99)])
    found = tokenizer.decode_bytes([257, 100, 256, 257, 10])
    expect.true(isinstance(found, bytes), f"expected bytes, got something of type {type(found).__name__}")
    expect.equal(
        list(found), list(b"abcdababc\n"), "the bytes of ids [257, 100, 256, 257, 10], with merges ab and ab+c"
    )


def test_decode_bytes_knows_every_id(BPETokenizer):
    """The id of every byte and every merge stands for its bytes; they need not be valid UTF-8."""
    tokenizer = BPETokenizer(learnt(), SPECIALS)
    for index, wanted in enumerate(token_bytes(learnt())):
        expect.equal(list(tokenizer.decode_bytes([index])), list(wanted), f"the bytes of id {index}")


def test_decode_bytes_follows_the_byte_order(BPETokenizer):
    """In GPT-2's vocabulary the ids of the bytes are in an order of their own."""
    tokenizer = BPETokenizer([(64, 220)], byte_order=gpt2_byte_order())
    found = tokenizer.decode_bytes([256, 127, 102, 198, 0])
    expect.equal(list(found), list("a é\n!".encode()), "the bytes of ids [256, 127, 102, 198, 0], in GPT-2's order")


def test_decode_bytes_gives_special_tokens_their_text(BPETokenizer):
    """A special token stands for its own text in UTF-8."""
    tokenizer = BPETokenizer([(97, 98)], SPECIALS)
    found = tokenizer.decode_bytes([256, 257, 258, 257])
    expected = list("ab<|end|><|é|><|end|>".encode())
    expect.equal(list(found), expected, 'the bytes of ids [256, 257, 258, 257]: ab, "<|end|>", "<|é|>", "<|end|>"')


def test_decode_bytes_accepts_a_tensor(BPETokenizer):
    """The ids may come as a one-dimensional integer tensor."""
    tokenizer = BPETokenizer(learnt(), SPECIALS)
    expected = list(b"hat<|end|>\xff")
    for dtype in (torch.int64, torch.int32, torch.int16):
        found = tokenizer.decode_bytes(torch.tensor([104, 259, 336, 255], dtype=dtype))
        expect.equal(list(found), expected, f"the bytes of a tensor of dtype {dtype}")
    found = tokenizer.decode_bytes(torch.tensor([104, 255], dtype=torch.uint8))
    expect.equal(list(found), list(b"h\xff"), "the bytes of a tensor of dtype torch.uint8")


def test_decode_bytes_accepts_no_ids(BPETokenizer):
    """No ids give no bytes."""
    expect.equal(list(BPETokenizer(learnt()).decode_bytes([])), [], "the bytes of no ids")
    none = torch.tensor([], dtype=torch.int64)
    expect.equal(list(BPETokenizer(learnt()).decode_bytes(none)), [], "the bytes of an empty tensor")


def test_decode_bytes_refuses_negative_ids(BPETokenizer):
    """A negative id is a ValueError that names it; Python's counting from the end must not slip in."""
    tokenizer = BPETokenizer(learnt(), SPECIALS)
    lists = ([-5000, 104], [-1], [104, -9, 259], [104, -338])
    found = {str(ids): outcome(lambda ids=ids: tokenizer.decode_bytes([*ids])) for ids in lists}
    expect.equal(found, dict.fromkeys(found, "a ValueError"), "what comes of negative ids")
    for ids in (*lists, torch.tensor([104, -7])):
        bad = next(int(index) for index in ids if index < 0)
        expect.raises(ValueError, lambda ids=ids: tokenizer.decode_bytes(ids), (str(bad),), f"the ids {list(ids)}")


def test_decode_bytes_refuses_ids_beyond_the_vocabulary(BPETokenizer):
    """An id of vocab_size or more is a ValueError that names it, wherever it stands."""
    tokenizer = BPETokenizer(learnt(), SPECIALS)
    lists = ([5000, 104], [339], [338], [104, 5000, 259], [104, 338])
    found = {str(ids): outcome(lambda ids=ids: tokenizer.decode_bytes([*ids])) for ids in lists}
    expect.equal(found, dict.fromkeys(found, "a ValueError"), "what comes of ids beyond a vocabulary of 338")
    for ids in (*lists, torch.tensor([104, 700])):
        bad = next(int(index) for index in ids if index > 337)
        what = f"the ids {list(ids)}, of a vocabulary of 338,"
        expect.raises(ValueError, lambda ids=ids: tokenizer.decode_bytes(ids), (str(bad),), what)


def test_decode_bytes_leaves_the_ids_as_they_were(BPETokenizer):
    """The ids that were handed in are not changed, and nothing is left over for the next call."""
    tokenizer, ids = BPETokenizer(learnt()), [104, 259, 10]
    tokenizer.decode_bytes(ids)
    expect.equal(ids, [104, 259, 10], "the ids after decode_bytes")
    expect.equal(list(tokenizer.decode_bytes([104])), [104], "the bytes of a second call, with ids [104]")


def test_any_bytes_survive(BPETokenizer):
    """Encoding any bytes and decoding the ids gives the bytes back."""
    tokenizer = BPETokenizer(learnt(), SPECIALS)
    for data in [*FRAGMENTS, *any_bytes(20, seed=8)]:
        ids = tokenizer.encode_bytes(data)
        expect.equal(list(tokenizer.decode_bytes(ids)), list(data), f"{data!r}, encoded and decoded")


# --- decode -----------------------------------------------------------------------------------------------------------


def test_decode_gives_the_text(BPETokenizer):
    """The joined bytes are read as UTF-8."""
    found = BPETokenizer([(97, 98), (0xC3, 0xA9)]).decode([256, 257, 33, 256, 99])
    expect.equal(found, "abé!abc", "the text of ids [256, 257, 33, 256, 99], with merges ab and c3 a9")


def test_characters_may_be_spread_over_tokens(BPETokenizer):
    """A character may begin in one token and end in another, so the tokens' bytes are joined first."""
    tokenizer = BPETokenizer([(97, 0xC3), (0xA9, 98), (0xF0, 0x9F), (0x98, 0x80)])
    found = tokenizer.decode([256, 257, 258, 259, 0xF0, 0x9F, 259, 256, 0xA9])
    expect.equal(found, "aéb😀😀aé", "the text of tokens that begin and end in the middle of characters")


def test_what_is_no_utf8_is_replaced(BPETokenizer):
    r"""Bytes that are no UTF-8 become "\ufffd", as many as bytes.decode makes of them."""
    tokenizer = BPETokenizer([])
    for fragment in FRAGMENTS:
        data = b"a" + fragment + b"z"
        expect.equal(tokenizer.decode(list(data)), data.decode("utf-8", "replace"), f"the text of the bytes {data!r}")
        data = b"a" + fragment
        expect.equal(tokenizer.decode(list(data)), data.decode("utf-8", "replace"), f"the text of the bytes {data!r}")
    for data in any_bytes(30, seed=10):
        expect.equal(tokenizer.decode(list(data)), data.decode("utf-8", "replace"), f"the text of the bytes {data!r}")


def test_decode_leaves_nothing_out(BPETokenizer):
    """White space, control characters, accents and special tokens come out as they are."""
    tokenizer = BPETokenizer([], SPECIALS)
    for text in ("  a \n\n", "\r\na\r", "\ufeffa\ufeff", "e\u0301é", "\x00\x07a\x7f\x00", "\u2028\u00a0"):
        expect.equal(tokenizer.decode(list(text.encode())), text, f"the text of the bytes of {text!r}")
    expect.equal(
        tokenizer.decode([97, 256, 257]), "a<|end|><|é|>", "the text of ids [97, 256, 257], two of them special"
    )


def test_decode_accepts_tensors_and_no_ids(BPETokenizer):
    """The ids may come as a tensor, and there may be none."""
    tokenizer = BPETokenizer(learnt())
    expect.equal(tokenizer.decode(torch.tensor([104, 259, 0xC3, 0xA9])), "haté", "the text of a tensor of ids")
    expect.equal(tokenizer.decode([]), "", "the text of no ids")


def test_decode_refuses_ids_out_of_range(BPETokenizer):
    """An id that is negative, or not below vocab_size, is a ValueError that names it."""
    tokenizer = BPETokenizer(learnt(), SPECIALS)
    for ids, bad in (([338, 104], "338"), ([104, -1], "-1"), ([104, 5000], "5000"), ([-5000], "-5000")):
        expect.raises(ValueError, lambda ids=ids: tokenizer.decode(ids), (bad,), f"the ids {ids}")


def test_text_survives(BPETokenizer):
    """Decoding what was encoded gives the text back."""
    tokenizer = BPETokenizer(learnt(), SPECIALS)
    for text in [*texts(40, seed=9), "a" + "é€😀" * 300]:
        expect.equal(tokenizer.decode(tokenizer.encode(text)), text, f"{text!r}, encoded and decoded")
