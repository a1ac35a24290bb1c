"""Checks of lab 08: BPETokenizer.encode_piece, from the bytes of one piece to ids."""

from tests.labs.helpers_bpe import any_bytes, encoded, gpt2_byte_order, learnt, texts
from vibejam_core.course import expect
from vibejam_core.text.bpe import split_text

A, B, C, D = b"abcd"


def reordered(merges, order):
    """The same merges for a vocabulary with its bytes in another order."""
    return [tuple(order.index(part) if part < 256 else part for part in pair) for pair in merges]


def test_without_merges_a_piece_is_its_bytes(BPETokenizer):
    """Where nothing was learnt, each byte is its own id."""
    found = BPETokenizer([]).encode_piece("né!".encode())
    expect.equal(found, [110, 195, 169, 33], 'the ids of the piece "né!", with no merges')


def test_a_learnt_pair_is_merged_everywhere(BPETokenizer):
    """A pair that was learnt becomes its id, 256 for the first merge, wherever it stands in the piece."""
    tokenizer = BPETokenizer([(A, B)])
    expect.equal(tokenizer.encode_piece(b"ab"), [256], 'the ids of the piece "ab", with the merge ab')
    found = tokenizer.encode_piece(b"abcabbab")
    expect.equal(found, [256, C, 256, B, 256], 'the ids of the piece "abcabbab", with the merge ab')


def test_what_was_learnt_first_is_merged_first(BPETokenizer):
    """The pair that was learnt first goes first, not the one that stands first."""
    tokenizer = BPETokenizer([(B, C), (A, B)])
    expect.equal(tokenizer.encode_piece(b"abc"), [A, 256], 'the ids of the piece "abc", with merges bc and ab')
    tokenizer = BPETokenizer([(A, B), (B, C)])
    expect.equal(tokenizer.encode_piece(b"abc"), [256, C], 'the ids of the piece "abc", with merges ab and bc')
    expected = [256, C, D, 257, D, 257]
    expect.equal(tokenizer.encode_piece(b"abcdbcdbc"), expected, 'the ids of "abcdbcdbc", with merges ab and bc')


def test_pieces_are_merged_from_left_to_right(BPETokenizer):
    """Where places of a pair overlap, the left one is merged."""
    tokenizer = BPETokenizer([(A, A)])
    expect.equal(tokenizer.encode_piece(b"aaa"), [256, A], 'the ids of the piece "aaa", with the merge aa')
    expect.equal(tokenizer.encode_piece(b"baaaaac"), [B, 256, 256, A, C], 'the ids of "baaaaac", with the merge aa')


def test_merges_build_on_merges(BPETokenizer):
    """What was merged can be merged again, until nothing can."""
    tokenizer = BPETokenizer([(A, B), (C, D), (256, 257), (258, 258)])
    found = tokenizer.encode_piece(b"abcdabcdabcdab")
    expect.equal(found, [259, 258, 256], 'the ids of "abcdabcdabcdab", with merges ab, cd, ab+cd and abcd+abcd')


def test_the_order_of_learning_decides_and_not_the_length(BPETokenizer):
    """Of two merges that can be made, the earlier one is, be its token shorter or longer than the other's."""
    found = BPETokenizer([(C, D), (A, B), (B, 256)]).encode_piece(b"abcd")
    expect.equal(found, [257, 256], 'the ids of the piece "abcd", with merges cd, ab and b+cd')
    found = BPETokenizer([(C, D), (B, 256), (A, B)]).encode_piece(b"abcd")
    expect.equal(found, [A, 257], 'the ids of the piece "abcd", with merges cd, b+cd and ab')
    found = BPETokenizer([(A, B), (B, C), (257, D)]).encode_piece(b"abcd")
    expect.equal(found, [256, C, D], 'the ids of the piece "abcd", with merges ab, bc and bc+d')


def test_bytes_have_the_ids_that_byte_ids_gives(BPETokenizer):
    """The ids of the bytes are found in byte_ids: GPT-2's vocabulary has them in an order of its own."""
    order = gpt2_byte_order()
    found = BPETokenizer([], byte_order=order).encode_piece("a é\n".encode())
    expect.equal(found, [64, 220, 127, 102, 198], r'the ids of the piece "a é\n", with the bytes in GPT-2\'s order')
    merges = reordered(learnt(), order)
    found = BPETokenizer(merges, byte_order=order).encode_piece(" the été".encode())
    expected = encoded(" the été".encode(), merges, order)
    expect.equal(found, expected, 'the ids of the piece " the été", with the bytes in GPT-2\'s order')


def test_any_bytes_can_be_a_piece(BPETokenizer):
    """A piece need not be valid UTF-8."""
    piece = b"\xff\xc3\x00\x80\xc3"
    found = BPETokenizer([(0xFF, 0xC3), (0x80, 0xC3)]).encode_piece(piece)
    expect.equal(found, [256, 0, 257], "the ids of the bytes ff c3 00 80 c3, with merges ff c3 and 80 c3")


def test_the_empty_piece_has_no_ids(BPETokenizer):
    """No bytes give an empty list, a single byte a list of one."""
    tokenizer = BPETokenizer([(A, B)])
    expect.equal(tokenizer.encode_piece(b""), [], "the ids of the empty piece")
    expect.equal(tokenizer.encode_piece(b"a"), [A], 'the ids of the piece "a"')


def test_a_piece_is_never_a_special_token(BPETokenizer):
    """A piece that spells a special token is bytes like any other."""
    tokenizer = BPETokenizer([(A, B)], ["ab!", "!"])
    expect.equal(tokenizer.encode_piece(b"ab!"), [256, 33], 'the ids of "ab!", where "ab!" and "!" are special tokens')


def test_a_long_run_is_one_piece(BPETokenizer):
    """A run of hundreds of equal bytes is encoded as well, whether or not it can be merged."""
    merges = [(A, A), *((index, index) for index in range(256, 262))]
    found = BPETokenizer(merges).encode_piece(b"a" * 599)
    expected = [262, 262, 262, 262, 261, 259, 257, 256, A]
    expect.equal(found, expected, 'the ids of 599 times "a", with merges for 2, 4, 8, 16, 32, 64 and 128 of them')
    found = BPETokenizer(merges).encode_piece(b"b" * 1200)
    expect.equal(found, [B] * 1200, 'the ids of 1200 times "b", which no merge holds')


def test_encode_piece_keeps_nothing(BPETokenizer):
    """Each call gives a list of its own, and tokenizers don't know of each other."""
    tokenizer = BPETokenizer([(A, B)])
    tokenizer.encode_piece(b"abab").append(7)
    expect.equal(tokenizer.encode_piece(b"abab"), [256, 256], 'the ids of "abab", after an earlier result was changed')
    found = BPETokenizer([(B, A)]).encode_piece(b"abab")
    expect.equal(found, [A, 256, B], 'the ids of "abab" with the merge ba, after another tokenizer encoded it')


def test_pieces_of_many_kinds(BPETokenizer):
    """The same holds for many pieces, with eighty merges: words of many scripts, emoji, bytes that are no text."""
    tokenizer = BPETokenizer(learnt())
    pieces = [piece.encode() for text in texts(20, seed=4) for piece in split_text(text)]
    pieces += any_bytes(20, seed=5)
    found = {repr(piece): tokenizer.encode_piece(piece) for piece in pieces}
    expect.equal(found, {repr(piece): encoded(piece, learnt()) for piece in pieces}, "the ids of many pieces")
