"""Checks of lab 14: row_groups_of."""

from vibejam_core.course import expect

# --- row_groups_of ----------------------------------------------------------------------------------------------------


def shares(row_groups_of, counts, world_size):
    """What each rank gets."""
    return [row_groups_of(counts, rank, world_size) for rank in range(world_size)]


def by_hand(counts, world_size):
    """The same, dealt out one by one."""
    hands = [[] for _ in range(world_size)]
    turn = 0
    for file, count in enumerate(counts):
        for group in range(count):
            hands[turn].append((file, group))
            turn = (turn + 1) % world_size
    return hands


def test_groups_of_one_rank(row_groups_of):
    """A single rank has all groups of all files, in order, each as (file, group)."""
    expected = [(0, 0), (0, 1), (1, 0), (1, 1), (1, 2)]
    expect.equal(row_groups_of([2, 3], 0, 1), expected, "the groups of rank 0 of 1, of files with 2 and 3")


def test_groups_are_dealt_out(row_groups_of):
    """The first group goes to rank 0, the second to rank 1, and after the last rank it is rank 0's turn again."""
    expect.equal(shares(row_groups_of, [6], 2), [[(0, 0), (0, 2), (0, 4)], [(0, 1), (0, 3), (0, 5)]],
                 "what ranks 0 and 1 get of a file with 6")  # fmt: skip
    expected = [[(0, 0), (0, 3), (0, 6)], [(0, 1), (0, 4)], [(0, 2), (0, 5)]]
    expect.equal(shares(row_groups_of, [7], 3), expected, "what ranks 0, 1 and 2 get of a file with 7")


def test_groups_are_dealt_on_from_file_to_file(row_groups_of):
    """Dealing doesn't begin anew with each file."""
    expected = [[(0, 0), (0, 2), (1, 1), (2, 0)], [(0, 1), (1, 0), (1, 2)]]
    expect.equal(shares(row_groups_of, [3, 3, 1], 2), expected, "what two ranks get of files with 3, 3 and 1")
    expected = [[(0, 0), (3, 0)], [(1, 0), (4, 0)], [(2, 0)]]
    expect.equal(shares(row_groups_of, [1] * 5, 3), expected, "what three ranks get of five files with 1 each")


def test_groups_of_an_empty_file(row_groups_of):
    """A file without groups keeps its place in the counting of files."""
    expected = [[(1, 0), (4, 0)], [(1, 1), (4, 1)]]
    expect.equal(shares(row_groups_of, [0, 2, 0, 0, 2], 2), expected, "what two ranks get of files with 0, 2, 0, 0, 2")


def test_groups_for_more_ranks_than_groups(row_groups_of):
    """Ranks that the groups don't reach have an empty list."""
    expect.equal(
        shares(row_groups_of, [1, 2], 5), [[(0, 0)], [(1, 0)], [(1, 1)], [], []], "what five ranks get of 1, 2"
    )
    for counts in ([], [0, 0]):
        expect.equal(shares(row_groups_of, counts, 2), [[], []], f"what two ranks get of {counts}")


def test_groups_leave_the_counts(row_groups_of):
    """The list of counts is the same afterwards."""
    counts = [3, 0, 2]
    shares(row_groups_of, counts, 2)
    expect.equal(counts, [3, 0, 2], "the counts afterwards")


def test_groups_of_many_ranks(row_groups_of):
    """Each group belongs to exactly one rank, in order, whatever the numbers."""
    for counts in ([5, 0, 13, 1, 8], (4, 4, 4), [1], [2, 30], range(6)):
        for world_size in (1, 2, 3, 4, 7, 16):
            what = f"what each of {world_size} ranks gets of files with {list(counts)}"
            expect.equal(shares(row_groups_of, counts, world_size), by_hand(counts, world_size), what)


def outcome(act):
    """The name of the error, or what came instead of one."""
    try:
        return f"{len(act())} groups"
    except Exception as error:
        return type(error).__name__


def test_groups_need_a_rank_that_exists(row_groups_of):
    """A rank that isn't there is a ValueError that names rank and world_size."""
    cases = ((4, 4), (23, 17), (1, 1), (-1, 4), (-17, 4), (3, 0), (0, 0), (2, -6))
    for counts in ([50, 50], []):
        found = {f"{r} of {n}": outcome(lambda r=r, n=n: row_groups_of(counts, r, n)) for r, n in cases}  # noqa: B023
        expect.equal(found, dict.fromkeys(found, "ValueError"), f"what comes of ranks that don't exist, with {counts}")
    for rank, world_size in cases:
        act = lambda: row_groups_of([50, 50], rank, world_size)  # noqa: B023, E731
        expect.raises(ValueError, act, [str(rank), str(world_size)], f"rank {rank} of {world_size}")
