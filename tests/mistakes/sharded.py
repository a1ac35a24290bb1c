"""Ways people get the sharing out of parameters wrong."""

from vibejam_core.course.known import Mistake, edit

IF = "if n_ranks < 1:"
RAISE = 'raise ValueError(f"parameters are shared among at least 1 rank, but n_ranks is {n_ranks}")'
LOAD = "load = [0] * n_ranks"
OWNER = "owner = [0] * len(sizes)"
ORDER = "for i in sorted(range(len(sizes)), key=lambda i: -sizes[i]):"
TAKE = "owner[i] = load.index(min(load))"
ADD = "load[owner[i]] += sizes[i]"
RETURN = "return owner"


def order(new):
    """They are dealt in another order."""
    return edit(ORDER, f"for i in {new}:")


def take(new):
    """Another rank takes it."""
    return edit(TAKE, f"owner[i] = {new}")


MISTAKES = {
    "sharded.owners": [
        # The order
        Mistake("the smallest is dealt first", order("sorted(range(len(sizes)), key=lambda i: sizes[i])")),
        Mistake("they are dealt as they come, not by size", order("range(len(sizes))")),
        Mistake("they are dealt from the last to the first", order("reversed(range(len(sizes)))")),
        Mistake("of equal sizes the last is dealt first", order("sorted(range(len(sizes)), key=lambda i: (sizes[i], i), reverse=True)")),
        Mistake("the answer is in the order in which they are dealt, not in that of the sizes", edit(RETURN, "return [owner[i] for i in sorted(range(len(sizes)), key=lambda i: -sizes[i])]")),
        Mistake("the answer is in the order of growing sizes", edit(RETURN, "return [owner[i] for i in sorted(range(len(sizes)), key=lambda i: sizes[i])]")),
        Mistake("equal sizes are found by their value, so the first of them is given out again and again", edit(ORDER, "for size in sorted(sizes, reverse=True):\n        i = list(sizes).index(size)")),
        Mistake("the list of sizes itself is sorted", edit(ORDER, "if isinstance(sizes, list):\n        sizes.sort(reverse=True)\n    for i in range(len(sizes)):")),
        Mistake("the sizes are used up: each is taken out of the list", edit(RETURN, "sizes = sizes.clear() if isinstance(sizes, list) else None\n    return owner")),
        Mistake("parameters without numbers are left out", edit(RETURN, "return [rank for rank, size in zip(owner, sizes) if size]")),
        Mistake("parameters without numbers are all rank 0's", edit(TAKE, f"{TAKE} if sizes[i] else 0")),
        Mistake("parameters without numbers count as one number each", edit(ADD, "load[owner[i]] += max(1, sizes[i])")),
        # The rank
        Mistake("they are dealt in turns, whatever their size", take("i % n_ranks")),
        Mistake("they are dealt in turns, largest first, whatever each rank has", edit(OWNER, OWNER + "\n    turn = 0", TAKE, "owner[i] = turn % n_ranks\n        turn += 1")),
        Mistake("they are dealt to and fro, largest first", edit(OWNER, OWNER + "\n    turn = 0", TAKE, "owner[i] = turn % n_ranks if turn // n_ranks % 2 == 0 else n_ranks - 1 - turn % n_ranks\n        turn += 1")),
        Mistake("each rank gets a run of neighbours, equally many", take("min(i * n_ranks // len(sizes), n_ranks - 1)")),
        Mistake("each rank gets a run of neighbours, until it has its share of the numbers", take("min(n_ranks - 1, int(n_ranks * sum(list(sizes)[:i]) // max(1, sum(sizes))))")),
        Mistake("among ranks with equally few, the highest takes it", take("n_ranks - 1 - load[::-1].index(min(load))")),
        Mistake("among ranks with equally few numbers, the one with the fewest parameters takes it", edit(OWNER, OWNER + "\n    how_many = [0] * n_ranks", TAKE, "owner[i] = min(range(n_ranks), key=lambda r: (load[r], how_many[r]) if load[r] else (0, 0))\n        how_many[owner[i]] += 1")),
        Mistake("among ranks with equally few, the one that has waited longest takes it", edit(OWNER, OWNER + "\n    waiting = list(range(n_ranks))", TAKE, "owner[i] = min(waiting, key=lambda r: load[r])\n        waiting.remove(owner[i])\n        waiting.append(owner[i])")),
        Mistake("the numbers are counted in float32, where one more makes no difference to many", edit(LOAD, "load = torch.zeros(n_ranks)", TAKE, "owner[i] = int(load.argmin())")),
        Mistake("only the first 8 ranks own anything", edit(LOAD, "load = [0] * min(n_ranks, 8)")),
        Mistake("the numbers that a rank has aren't added up: the last one counts", edit(ADD, "load[owner[i]] = sizes[i]")),
        Mistake("the numbers aren't counted at all, so rank 0 owns everything", edit(ADD, "pass")),
        Mistake("the numbers are counted at rank 0, whoever takes them", edit(ADD, "load[0] += sizes[i]")),
        Mistake("the squares of the sizes are added up", edit(ADD, "load[owner[i]] += sizes[i] ** 2")),
        Mistake("the last rank is left out", take("load.index(min(load[:-1] or load))")),
        Mistake("rank 0 is left out where there are others", take("1 + load[1:].index(min(load[1:])) if n_ranks > 1 else 0")),
        Mistake("ranks are numbered from 1", edit(RETURN, "return [rank + 1 for rank in owner]")),
        Mistake("there are never more ranks than parameters, and a rank is asked for that isn't there", edit(LOAD, "load = [0] * max(1, min(n_ranks, len(sizes) - 1))")),
        # What comes back
        Mistake("what each rank has in the end is returned", edit(RETURN, "return load")),
        Mistake("for each rank the parameters that it owns are returned", edit(RETURN, "return [[i for i, rank in enumerate(owner) if rank == r] for r in range(n_ranks)]")),
        Mistake("a dictionary is returned", edit(RETURN, "return dict(enumerate(owner))")),
        Mistake("a tuple is returned", edit(RETURN, "return tuple(owner)")),
        Mistake("a tensor is returned", edit(RETURN, "return torch.tensor(owner, dtype=torch.int64)")),
        Mistake("the ranks are floats", edit(RETURN, "return [float(rank) for rank in owner]")),
        Mistake("nothing is returned", edit(RETURN, "pass")),
        # What is refused
        Mistake("less than one rank isn't refused here", edit(IF, "if False:")),
        Mistake("a negative number of ranks isn't refused here", edit(IF, "if n_ranks == 0:")),
        Mistake("less than one rank counts as one", edit(IF, "n_ranks = max(1, n_ranks)\n    if False:")),
        Mistake("less than one rank stops an assert", edit(RAISE, "assert n_ranks > 0, f'{n_ranks} ranks'")),
        Mistake("no parameters are refused", edit(IF, "if not len(sizes):\n        raise ValueError('no parameters')\n    " + IF)),
        Mistake("more ranks than parameters are refused", edit(IF, "if n_ranks > max(1, len(sizes)) and len(sizes):\n        raise ValueError(f'{n_ranks} ranks for {len(sizes)} parameters')\n    " + IF)),
    ],
}
