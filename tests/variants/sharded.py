"""Correct ways to share parameters out that differ from the reference's."""

from vibejam_core.course.known import Variant, whole

OWNERS = "def owners(sizes, n_ranks):\n"

VARIANTS = {
    "sharded.owners": [
        Variant("a heap of loads and ranks", whole(OWNERS + '''
    import heapq

    if n_ranks <= 0:
        raise ValueError("n_ranks must be at least 1, not %d" % n_ranks)
    heap = [(0, rank) for rank in range(n_ranks)]
    heapq.heapify(heap)
    result = [None] * len(sizes)
    for size, i in sorted([(-size, i) for i, size in enumerate(sizes)]):
        load, rank = heapq.heappop(heap)
        result[i] = rank
        heapq.heappush(heap, (load - size, rank))
    return result
''')),
        Variant("sorted in reverse, which is stable too; the rank by min with a key", whole(OWNERS + '''
    if n_ranks < 1:
        raise ValueError(f"{n_ranks=}")
    loads = {rank: 0 for rank in range(n_ranks)}
    found = {}
    for i, size in sorted(enumerate(sizes), key=lambda pair: pair[1], reverse=True):
        rank = min(loads, key=loads.get)
        loads[rank] += size
        found[i] = rank
    return [found[i] for i in range(len(sizes))]
''')),
        Variant("the largest that is left is looked for each time", whole(OWNERS + '''
    if not n_ranks >= 1:
        raise ValueError("cannot share among " + str(n_ranks))
    left = dict(enumerate(sizes))
    mine = [[] for _ in range(n_ranks)]
    while left:
        i = max(left, key=lambda j: left[j])
        poorest = min(range(n_ranks), key=lambda r: (sum(sizes[j] for j in mine[r]), r))
        mine[poorest].append(i)
        del left[i]
    return [next(r for r in range(n_ranks) if i in mine[r]) for i in range(len(sizes))]
''')),
        Variant("tensors all the way, a list at the end", whole(OWNERS + '''
    if n_ranks < 1:
        raise ValueError(f"need a rank at least, got {n_ranks}")
    amounts = torch.tensor(list(sizes), dtype=torch.int64)
    loads = torch.zeros(n_ranks, dtype=torch.int64)
    answer = torch.zeros(len(amounts), dtype=torch.int64)
    for i in torch.sort(amounts, descending=True, stable=True).indices.tolist():
        rank = int((loads == loads.min()).nonzero()[0])
        answer[i] = rank
        loads[rank] += amounts[i]
    return answer.tolist()
''')),
    ],
}
