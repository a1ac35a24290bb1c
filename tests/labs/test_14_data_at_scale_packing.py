"""Checks of lab 14: Packer's add and row. Each part is tried without the ones after it."""

import re

from tests.labs.helpers_documents import document, lengths, packer_with, row_by_hand, rows_of
from vibejam_core.course import expect


def by_hand(row_length, *sizes):
    """All rows of documents of these lengths."""
    waiting = [document(number, size)[:row_length] for number, size in enumerate(sizes, 1)]
    rows = []
    while sum(map(len, waiting)) >= row_length:
        rows.append(row_by_hand(waiting, row_length))
    return rows


def numbers_in(act):
    """The numbers in the message of a ValueError."""
    try:
        act()
    except ValueError as error:
        return re.findall(r"\d+", str(error))
    return []


# --- add --------------------------------------------------------------------------------------------------------------


def test_add_lets_documents_wait(Packer):
    """Each document waits, until there are enough for a row."""
    packer = packer_with(Packer, 10, 3, 2)
    expect.equal([len(packer), packer.ready], [2, False], "how many wait after two were added, and are they a row")
    packer.add(document(3, 5))
    expect.equal([len(packer), packer.ready], [3, True], "how many wait after one of 5 more tokens, and are they a row")
    expected = [1000, 1001, 1002, 2000, 2001, 3000, 3001, 3002, 3003, 3004]
    expect.equal(sorted(packer.row()), expected, "the tokens of the row of all three, sorted")


def test_add_keeps_the_beginning_of_a_long_document(Packer):
    """Of a document longer than a row its first row_length tokens wait, and the rest is dropped."""
    packer = packer_with(Packer, 4, 9)
    expect.equal([len(packer), packer.row()], [1, [1000, 1001, 1002, 1003]], "how many wait, and the row")
    expect.equal([len(packer), packer.ready], [0, False], "how many wait after that row, and are they a row")


def test_add_keeps_a_document_as_long_as_a_row(Packer):
    """A document of exactly row_length tokens, or one fewer, waits whole."""
    expect.equal(rows_of(packer_with(Packer, 5, 5)), [document(1, 5)], "the rows of 5 of a document of 5 tokens")
    rows = [sorted(row) for row in rows_of(packer_with(Packer, 5, 4, 1))]
    expect.equal(rows, [[*document(1, 4), 2000]], "the rows of 5 of documents of 4 and 1 tokens, sorted")


def test_add_leaves_out_an_empty_document(Packer):
    """An empty document doesn't wait."""
    packer = Packer(3)
    for empty in ([], ()):
        packer.add(empty)
        expect.equal(len(packer), 0, f"how many wait after {empty} was added")
    packer.add([0])
    expect.equal(len(packer), 1, "how many wait after [0] was added")


def test_add_keeps_documents_that_are_alike(Packer):
    """Documents of the same tokens all wait."""
    packer = Packer(4)
    for _ in range(5):
        packer.add([7, 0])
    expect.equal([len(packer), rows_of(packer), len(packer)], [5, [[7, 0, 7, 0]] * 2, 1], "five equal documents")


def test_add_copies(Packer):
    """What happens to the list afterwards doesn't change what waits; the list stays as it is, and may be a tuple."""
    packer, other, mine, long = Packer(5), Packer(5), [1, 2, 3], [4, 5, 6, 7, 8, 9]
    packer.add(mine)
    packer.add((10, 11))
    other.add(long)
    expect.equal([mine, long], [[1, 2, 3], [4, 5, 6, 7, 8, 9]], "the lists that were added")
    mine[0] = 99
    mine.append(98)
    long.clear()
    expect.equal(sorted(packer.row()), [1, 2, 3, 10, 11], "the tokens of the row, after the list was changed")
    expect.equal(other.row(), [4, 5, 6, 7, 8], "the row of a document that was longer, after the list was emptied")
    expect.equal(mine, [99, 2, 3, 98], "a list that was added and changed, after the row")


# --- row --------------------------------------------------------------------------------------------------------------


def test_row_has_exactly_its_length(Packer):
    """Each row has row_length tokens, a row of one token too, and nothing that isn't a document's is in it."""
    for row_length in (1, 2, 3, 5, 8, 13):
        packer = packer_with(Packer, row_length, *lengths(40, 9, seed=row_length))
        rows = rows_of(packer)
        expect.equal({len(row) for row in rows}, {row_length}, f"the lengths of rows of {row_length}")
        strange = [token for row in rows for token in row if not 1000 <= token < 41_000 or token % 1000 > 8]
        expect.equal(strange, [], "the tokens in rows that are in no document")


def test_row_is_a_list_of_its_own(Packer):
    """A row that is changed changes no other row, and the next row doesn't change it."""
    packer = packer_with(Packer, 4, 4, 4, 4, 4)
    first = packer.row()
    expect.true(isinstance(first, list), f"a row is no list, but a {type(first).__name__}")
    kept = list(first)
    second = packer.row()
    expect.equal(first, kept, "the first row, after the second was made")
    kept = list(second)
    first[:] = [0] * 9
    expect.equal(second, kept, "the second row, after the first was changed")
    strange = [token for row in rows_of(packer) for token in row if token < 1000]
    expect.equal(strange, [], "the tokens in further rows that are in no document")


def test_row_takes_the_longest_first(Packer):
    """The longest document that fits comes first, then the longest that fits into what is left."""
    packer = packer_with(Packer, 10, 2, 6, 3, 4)
    expected = [2000, 2001, 2002, 2003, 2004, 2005, 4000, 4001, 4002, 4003]
    expect.equal(packer.row(), expected, "a row of 10, where 2, 6, 3 and 4 tokens wait")
    expect.equal(len(packer), 2, "how many wait afterwards")


def test_row_looks_for_what_fits(Packer):
    """A document that is too long for the room that is left waits on, and a shorter one is taken."""
    packer = packer_with(Packer, 10, 7, 5, 1, 2, 6)
    expected = [1000, 1001, 1002, 1003, 1004, 1005, 1006, 4000, 4001, 3000]
    expect.equal(packer.row(), expected, "a row of 10, where 7, 5, 1, 2 and 6 tokens wait")
    expect.equal(len(packer), 2, "how many wait afterwards")


def test_row_cuts_the_shortest_where_none_fits(Packer):
    """Where none fits whole, the shortest of all is cut to the room that is left."""
    packer = packer_with(Packer, 10, 8, 5, 4, 6)
    expected = [1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 3000, 3001]
    expect.equal(packer.row(), expected, "a row of 10, where 8, 5, 4 and 6 tokens wait")


def test_row_prefers_the_first_among_equals(Packer):
    """Among equally long documents the one that was added first is taken, whole or cut."""
    packer = packer_with(Packer, 7, 3, 2, 3, 2, 3)
    expected = [1000, 1001, 1002, 3000, 3001, 3002, 2000]
    expect.equal(packer.row(), expected, "a row of 7, where 3, 2, 3, 2 and 3 tokens wait")
    packer.add(document(6, 2))
    packer.add(document(7, 3))
    expect.equal(packer.row(), [5000, 5001, 5002, 7000, 7001, 7002, 4000], "the next, after 2 and 3 tokens were added")


def test_row_drops_the_rest_of_what_it_cut(Packer):
    """What is cut off waits no more: every row begins with a document's first token."""
    sizes = (4, 4, 3, 3, 4, 3, 4, 4, 3)
    expect.equal(rows_of(packer_with(Packer, 5, *sizes)), by_hand(5, *sizes), "all rows of 5 from documents of 3 and 4")
    packer = packer_with(Packer, 5, 4, 4, 4, 4)
    found = [packer.row(), len(packer), packer.row(), len(packer), packer.ready]
    expected = [[1000, 1001, 1002, 1003, 2000], 2, [3000, 3001, 3002, 3003, 4000], 0, False]
    expect.equal(found, expected, "two rows of 5 from four documents of 4, how many wait behind each, and is there one")


def test_row_needs_enough_tokens(Packer):
    """Fewer tokens than a row are a ValueError that names both numbers, and nothing changes."""
    packer = packer_with(Packer, 37, 9, 14)
    expect.raises(ValueError, packer.row, what="a row of 37 where 23 tokens wait")
    numbers = numbers_in(packer.row)
    what = "the ValueError for a row of 37 where 23 tokens wait should name both"
    expect.true({"37", "23"} <= {*numbers}, f"{what}; its numbers are: {', '.join(numbers) or 'none'}")
    expect.equal(len(packer), 2, "how many wait after that")
    packer.add(document(3, 14))
    expected = [*document(2, 14), *document(3, 14), *document(1, 9)]
    expect.equal(packer.row(), expected, "the row, after 14 more tokens were added")
    expect.raises(ValueError, packer.row, ["37", "0"], "a row of 37 where nothing waits")


def test_row_counts_only_tokens_that_wait(Packer):
    """What was dropped doesn't count: neither the end of a long document nor the rest of one that was cut."""
    for sizes in ((90,), (30, 29)):
        packer = packer_with(Packer, 37, *sizes)
        packer.row()
        packer.add(document(3, 23))
        what = f"a row of 37 where 23 tokens wait, after a row of documents of {' and '.join(map(str, sizes))} tokens"
        expect.raises(ValueError, packer.row, ["37", "23"], what)
        expect.equal(len(packer), 1, "how many wait after that")


def test_packers_are_apart(Packer):
    """Two packers have documents of their own."""
    one, other = packer_with(Packer, 4, 2), packer_with(Packer, 6, 5, 5)
    expect.equal([len(one), len(other)], [1, 2], "how many documents wait in two packers")
    one.add([7, 8])
    expect.equal(one.row(), [1000, 1001, 7, 8], "a row of the first")
    expect.equal(other.row(), [*document(1, 5), 2000], "a row of the second")


def test_rows_of_many_documents(Packer):
    """Adding and packing in turn, each row is what the two rules say."""
    for row_length, longest, seed in ((16, 12, 1), (9, 30, 2), (33, 7, 3)):
        packer, waiting = Packer(row_length), []
        for number, size in enumerate(lengths(120, longest, seed)):
            packer.add(document(number, size))
            waiting.append(document(number, size)[:row_length])
            if sum(map(len, waiting)) > 4 * row_length:
                what = f"a row of {row_length} after {number + 1} documents of up to {longest} tokens"
                expect.equal(packer.row(), row_by_hand(waiting, row_length), what)
                expect.equal(len(packer), len(waiting), "how many wait then")
