"""Correct ways to train quickly that differ from the reference's, with and without a heap."""

from vibejam_core.course.known import Variant, edit, whole

DEF = "def train_bpe_incremental(word_counts: Mapping[bytes, int], vocab_size: int) -> list[Pair]:\n"
GUARD = """    if vocab_size < 256:
        raise ValueError(f"{vocab_size} ids are too few: there are 256 bytes")
"""

VARIANTS = {
    "bpe_scale.train_bpe_incremental": [
        Variant("no heap: the best of all counts, and an index from pairs to words", whole(DEF + GUARD + """    words = [(list(word), n) for word, n in word_counts.items()]
    counts, where = {}, {}
    for i, (ids, n) in enumerate(words):
        for pair in zip(ids, ids[1:]):
            counts[pair] = counts.get(pair, 0) + n
            where.setdefault(pair, set()).add(i)
    merges = []
    for new_id in range(256, vocab_size):
        if not counts:
            return merges
        best = max(counts, key=lambda pair: (counts[pair], -pair[0], -pair[1]))
        for i in list(where[best]):
            ids, n = words[i]
            for pair in zip(ids, ids[1:]):
                counts[pair] -= n
                where[pair].discard(i)
                if not counts[pair]:
                    del counts[pair], where[pair]
            ids = merge_pair(ids, best, new_id)
            for pair in zip(ids, ids[1:]):
                counts[pair] = counts.get(pair, 0) + n
                where.setdefault(pair, set()).add(i)
            words[i] = (ids, n)
        merges.append(best)
    return merges
""")),
        Variant("linked lists: counts changed at each place, neighbour by neighbour", whole(DEF + GUARD + """    token, before, after, weight = [], [], [], []
    for word, n in word_counts.items():
        first = len(token)
        for i, byte in enumerate(word):
            place = first + i
            token.append(byte)
            before.append(place - 1 if i else -1)
            after.append(place + 1 if i + 1 < len(word) else -1)
            weight.append(n)
    counts, places = Counter(), defaultdict(set)
    for place, following in enumerate(after):
        if following >= 0:
            pair = token[place], token[following]
            counts[pair] += weight[place]
            places[pair].add(place)

    def change(left, right, sign):
        if left < 0 or right < 0:
            return
        pair = token[left], token[right]
        counts[pair] += sign * weight[left]
        if sign > 0:
            places[pair].add(left)
            touched.add(pair)
        else:
            places[pair].discard(left)

    heap = [(-n, pair) for pair, n in counts.items()]
    heapq.heapify(heap)
    merges = []
    while heap and len(merges) < vocab_size - 256:
        n, best = heapq.heappop(heap)
        if counts[best] != -n:
            if counts[best] > 0:
                heapq.heappush(heap, (-counts[best], best))
            continue
        new_id, touched = 256 + len(merges), set()
        merges.append(best)
        for left in sorted(places[best]):
            right = after[left]
            if right < 0 or (token[left], token[right]) != best:
                continue
            change(before[left], left, -1)
            change(left, right, -1)
            change(right, after[right], -1)
            token[left], token[right] = new_id, -1
            after[left] = after[right]
            if after[right] >= 0:
                before[after[right]] = left
            after[right] = before[right] = -1
            change(before[left], left, +1)
            change(left, after[left], +1)
        for pair in touched:
            if counts[pair] > 0:
                heapq.heappush(heap, (-counts[pair], pair))
    return merges
""")),
        Variant("an eager heap: every change is pushed, out-of-date entries are thrown away", edit(
            """if -n != counts[best]:
            if counts[best] > 0:
                heapq.heappush(heap, (-counts[best], best))
            continue
""", """if n == 0 or -n != counts[best]:
            continue
""",
            
            "for pair in pairwise(old):\n", "for pair in pairwise(old):\n                born.add(pair)\n",
        )),
        Variant("buckets: the pairs of each count together, the count falling from the top", whole(DEF + GUARD + """    sequences = {word: tuple(word) for word in word_counts}
    counts, holders = Counter(), defaultdict(dict)
    for word, ids in sequences.items():
        for pair in pairwise(ids):
            counts[pair] += word_counts[word]
            holders[pair][word] = None
    buckets = defaultdict(set)
    for pair, n in counts.items():
        buckets[n].add(pair)
    merges = []
    while len(merges) < vocab_size - 256:
        buckets = defaultdict(set, {n: pairs for n, pairs in buckets.items() if n and pairs})
        if not buckets:
            break
        best = min(buckets[max(buckets)])
        merges.append(best)
        change = Counter()
        for word in list(holders[best]):
            ids = sequences[word]
            new = tuple(merge_pair(ids, best, 255 + len(merges)))
            sequences[word] = new
            for pair in pairwise(ids):
                change[pair] -= word_counts[word]
            for pair in pairwise(new):
                change[pair] += word_counts[word]
                holders[pair][word] = None
        for pair, difference in change.items():
            buckets[counts[pair]].discard(pair)
            counts[pair] += difference
            buckets[counts[pair]].add(pair)
    return merges
""")),
        Variant("NumPy: one long row with gaps between words, pairs as single numbers", whole(DEF + GUARD + """    import numpy as np

    row, weight = [], []
    for word, n in word_counts.items():
        row += [*word, -1]
        weight += [n] * len(word) + [0]
    row, weight = np.array(row, dtype=np.int64), np.array(weight, dtype=np.int64)
    merges, base = [], vocab_size + 1
    while len(merges) < vocab_size - 256:
        inside = (row[:-1] >= 0) & (row[1:] >= 0)
        if not inside.any():
            break
        codes, which = np.unique((row[:-1] * base + row[1:])[inside], return_inverse=True)
        totals = np.bincount(which.ravel(), weights=weight[:-1][inside])
        left, right = divmod(int(codes[int(totals.argmax())]), base)
        merges.append((left, right))
        places = np.flatnonzero((row[:-1] == left) & (row[1:] == right))
        if left == right:
            kept, last = [], -2
            for place in places.tolist():
                if place > last + 1:
                    kept.append(place)
                    last = place
            places = np.array(kept, dtype=np.int64)
        row[places] = 255 + len(merges)
        row, weight = np.delete(row, places + 1), np.delete(weight, places + 1)
    return merges
""")),
        Variant("a class of words, heap entries without tuples of tuples, lists of places that may repeat", whole(DEF + GUARD + """    class Word:
        def __init__(self, data, n):
            self.ids, self.n = list(data), n

        def pairs(self):
            return list(zip(self.ids[:-1], self.ids[1:], strict=True))

    words = [Word(*item) for item in sorted(word_counts.items())]
    counts = defaultdict(int)
    words_of = defaultdict(list)
    for word in words:
        for pair in word.pairs():
            counts[pair] += word.n
            words_of[pair].append(word)
    heap = []
    for (left, right), n in counts.items():
        heapq.heappush(heap, (-n, left, right))
    result: list[Pair] = []
    while len(result) + 256 < vocab_size:
        while heap and counts[heap[0][1:]] != -heap[0][0]:
            _, left, right = heapq.heappop(heap)
            if counts[left, right] > 0:
                heapq.heappush(heap, (-counts[left, right], left, right))
        if not heap:
            break
        _, left, right = heapq.heappop(heap)
        new_id = 256 + len(result)
        result.append((left, right))
        fresh = []
        for word in words_of.pop((left, right)):
            for pair in word.pairs():
                counts[pair] -= word.n
            i = 0
            while i + 1 < len(word.ids):
                if word.ids[i] == left and word.ids[i + 1] == right:
                    word.ids[i : i + 2] = [new_id]
                i += 1
            for pair in word.pairs():
                counts[pair] += word.n
                if new_id in pair:
                    words_of[pair].append(word)
                    fresh.append(pair)
        for pair in set(fresh):
            heapq.heappush(heap, (-counts[pair], *pair))
    return result
""")),
        Variant("words as text of one sign per id, merged by str.replace", whole(DEF + GUARD + """    sign = lambda i: chr(i if i < 0xD000 else i + 0x1000)
    number = lambda s: ord(s) if ord(s) < 0xD000 else ord(s) - 0x1000
    words = Counter({"".join(map(sign, word)): n for word, n in word_counts.items()})
    merges = []
    while len(merges) + 256 < vocab_size:
        counts = Counter()
        for word, n in words.items():
            for two in map("".join, zip(word, word[1:])):
                counts[two] += n
        if not counts:
            break
        highest = max(counts.values())
        two = min(pair for pair, n in counts.items() if n == highest)
        merges.append(tuple(map(number, two)))
        new = sign(255 + len(merges))
        words = Counter({word.replace(two, new): n for word, n in words.items()})
    return merges
""")),
        Variant("a heap of lists that are changed in place, rebuilt after each merge", whole(DEF + GUARD + """    words = {i: list(word) for i, word in enumerate(word_counts)}
    repeats = dict(enumerate(word_counts.values()))
    counts: dict[Pair, int] = {}
    index: dict[Pair, set[int]] = {}

    def add(i, sign):
        for pair in pairwise(words[i]):
            counts[pair] = counts.get(pair, 0) + sign * repeats[i]
            if sign == 1:
                index.setdefault(pair, set()).add(i)

    for i in words:
        add(i, 1)
    merges = []
    for new_id in range(256, vocab_size):
        entries = [[-n, *pair] for pair, n in counts.items() if n > 0]
        if not entries:
            break
        heapq.heapify(entries)
        best = tuple(entries[0][1:])
        merges.append(best)
        for i in tuple(index.pop(best)):
            add(i, -1)
            words[i] = merge_pair(words[i], best, new_id)
            add(i, 1)
    return merges
""")),
    ],
}
