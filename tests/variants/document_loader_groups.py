"""Correct ways to write row_groups_of that differ from the reference's."""

from vibejam_core.course.known import Variant, whole

HEAD = '''def row_groups_of(counts, rank, world_size):
    if rank < 0 or rank >= world_size:
        raise ValueError(f"rank {rank}, world_size {world_size}")
'''

VARIANTS = {
    "document_loader.row_groups_of": [
        Variant("a counter that goes on from file to file", whole(HEAD + '''    mine, dealt = [], 0
    for file in range(len(counts)):
        for group in range(counts[file]):
            if dealt % world_size == rank:
                mine.append((file, group))
            dealt += 1
    return mine
''')),
        Variant("each file's first group of this rank from what the files before it left", whole(HEAD + '''    mine = []
    before = 0
    for file, count in enumerate(counts):
        first = (rank - before) % world_size
        mine += [(file, group) for group in range(first, count, world_size)]
        before += count
    return mine
''')),
        Variant("running sums and bisect", whole(HEAD + '''    from bisect import bisect_right
    from itertools import accumulate

    ends = list(accumulate(counts))
    total = ends[-1] if ends else 0
    mine = []
    for i in range(rank, total, world_size):
        file = bisect_right(ends, i)
        mine.append((file, i - (ends[file - 1] if file else 0)))
    return mine
''')),
        Variant("islice over a chain, a tuple of lists", whole(HEAD + '''    from itertools import chain, islice

    every = chain.from_iterable(([file, group] for group in range(count)) for file, count in enumerate(counts))
    return list(islice(every, rank, None, world_size))
''')),
        Variant("torch, row and column numbers of a mask", whole(HEAD + '''    counts = torch.tensor(list(counts), dtype=torch.long)
    if counts.numel() == 0:
        return []
    mask = torch.arange(int(counts.max())) < counts[:, None]  # (files, groups)
    return [tuple(pair) for pair in mask.nonzero()[rank::world_size].tolist()]
''')),
    ]
}
