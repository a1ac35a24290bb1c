"""Correct ways to write count_pairs, merge_pair and train_bpe that differ from the reference's."""

from vibejam_core.course.known import Variant, whole

COUNT = """def count_pairs(words: Mapping[tuple[int, ...], int]) -> Counter[Pair]:
"""
MERGE = """def merge_pair(ids: Sequence[int], pair: Pair, new_id: int) -> list[int]:
"""
TRAIN = """def train_bpe(text: str, vocab_size: int, special_tokens: Sequence[str] = (), pattern: str = PATTERN) -> list[Pair]:
"""

VARIANTS = {
    "bpe.count_pairs": [
        Variant(
            "zip, and a plain dictionary with get",
            whole(
                COUNT
                + """    counts = {}
    for word in words:
        for pair in zip(word, word[1:]):
            counts[pair] = counts.get(pair, 0) + words[word]
    return counts
"""
            ),
        ),
        Variant(
            "places by their numbers, and a defaultdict",
            whole(
                COUNT
                + """    from collections import defaultdict

    counts = defaultdict(int)
    for word, n in words.items():
        for i in range(len(word) - 1):
            counts[word[i], word[i + 1]] += n
    return counts
"""
            ),
        ),
        Variant(
            "a Counter of each word, multiplied and added up",
            whole(
                COUNT
                + """    total = Counter()
    for word, n in words.items():
        total += Counter({pair: n * places for pair, places in Counter(pairwise(word)).items()})
    return total
"""
            ),
        ),
        Variant(
            "numpy's unique rows with weights",
            whole(
                COUNT
                + """    import numpy as np

    rows = [(left, right, n) for word, n in words.items() for left, right in zip(word[:-1], word[1:])]
    if not rows:
        return {}
    table = np.array(rows)
    pairs, which = np.unique(table[:, :2], axis=0, return_inverse=True)
    sums = np.zeros(len(pairs), dtype=np.int64)
    np.add.at(sums, which.reshape(-1), table[:, 2])
    return {(int(left), int(right)): int(n) for (left, right), n in zip(pairs, sums)}
"""
            ),
        ),
        Variant(
            "every occurrence written out, sorted and grouped",
            whole(
                COUNT
                + """    from itertools import groupby

    places = [pair for word, n in words.items() for _ in range(n) for pair in pairwise(word)]
    return {pair: len(list(group)) for pair, group in groupby(sorted(places))}
"""
            ),
        ),
        Variant(
            "from the right end, the word getting shorter, with setdefault",
            whole(
                COUNT
                + """    counts: dict[Pair, int] = {}
    for word, n in sorted(words.items(), reverse=True):
        rest = list(word)
        while len(rest) >= 2:
            right = rest.pop()
            counts.setdefault((rest[-1], right), 0)
            counts[rest[-1], right] += n
    return Counter(counts)
"""
            ),
        ),
    ],
    "bpe.merge_pair": [
        Variant(
            "a copy that is changed in place",
            whole(
                MERGE
                + """    out = list(ids)
    left, right = pair
    i = 0
    while i < len(out) - 1:
        if out[i] == left and out[i + 1] == right:
            out[i] = new_id
            del out[i + 1]
        i += 1
    return out
"""
            ),
        ),
        Variant(
            "a stack: the id on top and the next one",
            whole(
                MERGE
                + """    stack = []
    for index in ids:
        if stack and (stack[-1], index) == tuple(pair):
            stack[-1] = new_id
        else:
            stack.append(index)
    return stack
"""
            ),
        ),
        Variant(
            "a deque that is emptied from the left",
            whole(
                MERGE
                + """    from collections import deque

    rest, out = deque(ids), []
    while rest:
        index = rest.popleft()
        if index == pair[0] and rest and rest[0] == pair[1]:
            rest.popleft()
            index = new_id
        out.append(index)
    return out
"""
            ),
        ),
        Variant(
            "list.index with a start, and slices in between",
            whole(
                MERGE
                + """    ids, out, begin, look = list(ids), [], 0, 0
    while True:
        try:
            place = ids.index(pair[0], look)
        except ValueError:
            break
        look = place + 1
        if ids[place + 1 : place + 2] == [pair[1]]:
            out += ids[begin:place] + [new_id]
            begin = look = place + 2
    return out + ids[begin:]
"""
            ),
        ),
        Variant(
            "characters of a string, replaced with str.replace",
            whole(
                MERGE
                + """    text = "".join(chr(index) for index in ids)
    return [ord(character) for character in text.replace(chr(pair[0]) + chr(pair[1]), chr(new_id))]
"""
            ),
        ),
        Variant(
            "an iterator with a flag that skips",
            whole(
                MERGE
                + """    def walk():
        skip = False
        for index, following in zip(ids, [*ids[1:], None]):
            if skip:
                skip = False
            elif (index, following) == pair:
                skip = True
                yield new_id
            else:
                yield index

    return list(walk())
"""
            ),
        ),
        Variant(
            "numpy: all places, then the overlapping ones dropped",
            whole(
                MERGE
                + """    import numpy as np

    array = np.array(list(ids), dtype=np.int64)
    if len(array) < 2:
        return list(ids)
    taken = -2
    keep = np.ones(len(array), dtype=bool)
    for place in np.flatnonzero((array[:-1] == pair[0]) & (array[1:] == pair[1])):
        if place > taken + 1:
            taken = place
            array[place] = new_id
            keep[place + 1] = False
    return array[keep].tolist()
"""
            ),
        ),
        Variant(
            "recursion, half and half of what stands around the first place",
            whole(
                MERGE
                + """    ids = list(ids)
    for i, found in enumerate(zip(ids, ids[1:])):
        if found == (pair[0], pair[1]):
            return ids[:i] + [new_id] + merge_pair(ids[i + 2 :], pair, new_id)
    return ids[:]
"""
            ),
        ),
    ],
    "bpe.train_bpe": [
        Variant(
            "every piece by itself, sorted pairs, a while loop",
            whole(
                TRAIN
                + """    if vocab_size < 256:
        raise ValueError(f"{vocab_size} ids are too few: there are 256 bytes")
    words = []
    for i, part in enumerate(split_specials(text, special_tokens)):
        if i % 2 == 0:
            for piece in split_text(part, pattern):
                words.append(list(piece.encode()))
    merges = []
    while len(merges) + 256 < vocab_size:
        counts = {}
        for word in words:
            for i in range(1, len(word)):
                counts[word[i - 1], word[i]] = counts.get((word[i - 1], word[i]), 0) + 1
        if len(counts) == 0:
            return merges
        ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0][0], item[0][1]))
        pair = ranked[0][0]
        words = [merge_pair(word, pair, 256 + len(merges)) for word in words]
        merges.append(pair)
    return merges
"""
            ),
        ),
        Variant(
            "pairs counted on, with the words in which each occurs",
            whole(
                TRAIN
                + """    from collections import defaultdict

    if vocab_size < 256:
        raise ValueError(f"vocab_size is {vocab_size}, but must not be below 256")
    found = Counter()
    for part in split_specials(text, special_tokens)[::2]:
        found.update(split_text(part, pattern))
    words = [list(piece.encode("utf-8")) for piece in found]
    often = list(found.values())
    counts, where = defaultdict(int), defaultdict(set)
    for i, word in enumerate(words):
        for pair in pairwise(word):
            counts[pair] += often[i]
            where[pair].add(i)
    merges = []
    for new_id in range(256, vocab_size):
        top = max(counts.values(), default=0)
        if top == 0:
            break
        pair = min(pair for pair, n in counts.items() if n == top)
        merges.append(pair)
        for i in sorted(where.pop(pair)):
            for old in pairwise(words[i]):
                counts[old] -= often[i]
            words[i] = merge_pair(words[i], pair, new_id)
            for new in pairwise(words[i]):
                counts[new] += often[i]
                where[new].add(i)
    return merges
"""
            ),
        ),
        Variant(
            "a lazy heap",
            whole(
                TRAIN
                + """    import heapq

    if not vocab_size >= 256:
        raise ValueError("vocab_size = " + str(vocab_size))
    words = Counter(bytes(piece, "utf-8") for part in split_specials(text, special_tokens)[0::2]
                    for piece in split_text(part, pattern=pattern))
    words = {i: (list(word), n) for i, (word, n) in enumerate(words.items())}
    counts, where = Counter(), {}
    for i, (word, n) in words.items():
        for pair in zip(word, word[1:]):
            counts[pair] += n
            where.setdefault(pair, set()).add(i)
    heap = [(-n, pair) for pair, n in counts.items()]
    heapq.heapify(heap)
    merges = []
    while heap and len(merges) < vocab_size - 256:
        n, pair = heapq.heappop(heap)
        if -n != counts[pair]:
            if counts[pair] > 0:
                heapq.heappush(heap, (-counts[pair], pair))
            continue
        merges.append(pair)
        changed = set()
        for i in where[pair]:
            word, often = words[i]
            after = merge_pair(word, pair, 255 + len(merges))
            for old in zip(word, word[1:]):
                counts[old] -= often
            for new in zip(after, after[1:]):
                counts[new] += often
                where.setdefault(new, set()).add(i)
                changed.add(new)
            words[i] = (after, often)
        for new in changed:
            heapq.heappush(heap, (-counts[new], new))
    return merges
"""
            ),
        ),
        Variant(
            "one long list, with None between the pieces, as numpy arrays",
            whole(
                TRAIN
                + """    import numpy as np

    if vocab_size - 256 < 0:
        raise ValueError(f"vocab_size: expected 256 or more, got {vocab_size}")
    flat = []
    for place, part in enumerate(split_specials(text, special_tokens)):
        for piece in split_text(part, pattern) if place % 2 == 0 else []:
            flat += [*piece.encode("utf-8"), -1]
    ids, merges = np.array(flat, dtype=np.int64), []
    for new_id in range(256, vocab_size):
        left, right = ids[:-1], ids[1:]
        inside = (left >= 0) & (right >= 0)
        if not inside.any():
            break
        pairs, counts = np.unique(np.stack([left[inside], right[inside]], axis=1), axis=0, return_counts=True)
        pair = tuple(pairs[counts.argmax()].tolist())
        merges.append(pair)
        ids = np.array(merge_pair(ids.tolist(), pair, new_id))
    return merges
"""
            ),
        ),
        Variant(
            "recursion: one merge, then the rest",
            whole(
                TRAIN
                + """    if vocab_size < 256:
        raise ValueError(f"expected at least 256, got {vocab_size}")

    def learn(words, left):
        counts = count_pairs(words) if left else {}
        if not counts:
            return []
        best = sorted(counts, key=lambda pair: (counts[pair], -pair[0], -pair[1]))[-1]
        merged = {tuple(merge_pair(word, best, vocab_size - left)): n for word, n in words.items()}
        return [best, *learn(merged, left - 1)]

    words = {}
    for part in split_specials(text, list(special_tokens))[::2]:
        for piece in split_text(part, pattern):
            word = tuple(piece.encode("utf-8"))
            words[word] = words.get(word, 0) + 1
    return learn(words, vocab_size - 256)
"""
            ),
        ),
        Variant(
            "linked lists: where each pair stands, and its neighbours before and behind",
            whole(
                TRAIN
                + """    if vocab_size < 256:
        raise ValueError(f"not enough for 256 bytes: {vocab_size}")
    ids, before, behind = [], [], []
    for part in split_specials(text, special_tokens)[::2]:
        for piece in split_text(part, pattern):
            data = piece.encode("utf-8")
            for i, byte in enumerate(data):
                here = len(ids)
                ids.append(byte)
                before.append(here - 1 if i else None)
                behind.append(here + 1 if i + 1 < len(data) else None)
    merges, new_id = [], 256
    while new_id < vocab_size:
        places = {}
        for i, index in enumerate(ids):
            if index is not None and behind[i] is not None:
                places.setdefault((index, ids[behind[i]]), []).append(i)
        if not places:
            break
        pair = max(places, key=lambda p: (len(places[p]), -p[0], -p[1]))
        for i in places[pair]:
            if ids[i] != pair[0] or behind[i] is None or ids[behind[i]] != pair[1]:
                continue
            gone = behind[i]
            ids[i], ids[gone] = new_id, None
            behind[i] = behind[gone]
            if behind[i] is not None:
                before[behind[i]] = i
        merges.append(pair)
        new_id += 1
    return merges
"""
            ),
        ),
    ],
}
