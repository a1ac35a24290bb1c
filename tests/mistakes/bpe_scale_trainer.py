"""Ways people get train_bpe_incremental wrong."""

from vibejam_core.course.known import Mistake, edit, whole

SMALL = "if vocab_size < 256:"
ERROR = 'raise ValueError(f"vocab_size must be at least 256, one id for each byte, but it is {vocab_size}")'
WORDS = "words, repeats = [list(word) for word in word_counts], list(word_counts.values())"
FIRST_COUNT = "counts[pair] += repeats[index]"
FIRST_PLACE = "places[pair].add(index)\n    heap"
HEAP = "heap = [(-n, pair) for pair, n in counts.items()]"
LOOP = "while heap and len(merges) < vocab_size - 256:"
STALE = """if -n != counts[best]:
            if counts[best] > 0:
                heapq.heappush(heap, (-counts[best], best))
            continue
"""
NEW_ID = "new_id = 256 + len(merges)"
APPEND = "merges.append(best)"
FOR = "for index in places.pop(best):"
MERGE = "new = words[index] = merge_pair(old, best, new_id)"
FALL = """for pair in pairwise(old):
                counts[pair] -= repeat
"""
RISE = """for pair in pairwise(new):
                counts[pair] += repeat
"""
BORN_PLACES = """if new_id in pair:
                    places[pair].add(index)
                    born.add(pair)
"""
BORN = """for pair in born:
            heapq.heappush(heap, (-counts[pair], pair))
"""
RETURN = "return merges"

DEF = "def train_bpe_incremental(word_counts: Mapping[bytes, int], vocab_size: int) -> list[Pair]:\n"


def recount(best, rest="", words="[(list(word), n) for word, n in word_counts.items()]"):
    """A trainer that counts everything again, with another way to choose the best pair from ``counts``."""
    return whole(
        DEF
        + f"""    if vocab_size < 256:
        raise ValueError(f"vocab_size must be at least 256, but it is {{vocab_size}}")
    words = {words}
    merges = []
    while len(merges) < vocab_size - 256:
        counts = Counter()
        for ids, n in words:
            for pair in pairwise(ids):
                counts[pair] += n
        {rest or "pass"}
        if not counts:
            break
        best = {best}
        words = [(merge_pair(ids, best, 256 + len(merges)), n) for ids, n in words]
        merges.append(best)
    return merges
"""
    )


def by_hand(body):
    """Words whose counts are changed by hand at each place of the pair, neighbour by neighbour."""
    return whole(
        DEF
        + f"""    if vocab_size < 256:
        raise ValueError(f"vocab_size must be at least 256, but it is {{vocab_size}}")
    words = [(list(word), n) for word, n in word_counts.items()]
    counts = Counter()
    for ids, n in words:
        for pair in pairwise(ids):
            counts[pair] += n
    merges = []
    while len(merges) < vocab_size - 256 and any(n > 0 for n in counts.values()):
        best = min(counts, key=lambda pair: (-counts[pair], pair))
        new_id = 256 + len(merges)
        merges.append(best)
        for ids, n in words:
            i = 0
            while i < len(ids) - 1:
                if (ids[i], ids[i + 1]) != best:
                    i += 1
                    continue
{body}
                ids[i : i + 2] = [new_id]
                i += 1
    return merges
"""
    )


MISTAKES = {
    "bpe_scale.train_bpe_incremental": [
        # --- what comes back
        Mistake("the merges are found but not returned", edit(RETURN, "merges")),
        Mistake(
            "a dictionary from pairs to new ids is returned",
            edit(RETURN, "return {pair: 256 + i for i, pair in enumerate(merges)}"),
        ),
        Mistake("an iterator is returned, not a list", edit(RETURN, "return iter(merges)")),
        Mistake(
            "the new ids are returned instead of the pairs",
            edit(RETURN, "return list(range(256, 256 + len(merges)))"),
        ),
        Mistake(
            "the merges are returned as bytes, not as ids",
            edit(RETURN, """parts = [bytes([i]) for i in range(256)]
    for left, right in merges:
        parts.append(parts[left] + parts[right])
    return [(parts[left], parts[right]) for left, right in merges]"""),
        ),
        Mistake("each merge comes with its count", edit(APPEND, "merges.append((best, -n))")),
        Mistake("the merges come last first", edit(RETURN, "return merges[::-1]")),
        Mistake("the merges are sorted by their ids", edit(RETURN, "return sorted(merges)")),
        Mistake("each pair comes with its right id first", edit(RETURN, "return [(right, left) for left, right in merges]")),
        # --- sizes
        Mistake("vocab_size is taken for the number of merges", edit(LOOP, "while heap and len(merges) < vocab_size:")),
        Mistake("there is one merge too few", edit(LOOP, "while heap and len(merges) < vocab_size - 257:")),
        Mistake("there is one merge too many", edit(LOOP, "while heap and len(merges) <= vocab_size - 256:")),
        Mistake("new ids begin at 257", edit(NEW_ID, "new_id = 257 + len(merges)")),
        Mistake("new ids begin at 255, which is a byte", edit(NEW_ID, "new_id = 255 + len(merges)")),
        Mistake("every merge makes id 256", edit(NEW_ID, "new_id = 256")),
        Mistake(
            "new ids count down from vocab_size",
            edit(NEW_ID, "new_id = vocab_size - 1 - len(merges)"),
        ),
        Mistake("a vocab_size below 256 gives no merges and no error", edit(SMALL, "if False:")),
        Mistake("a vocab_size of 256 is refused", edit(SMALL, "if vocab_size <= 256:")),
        Mistake("the error doesn't name the vocab_size", edit(ERROR, 'raise ValueError("vocab_size must be at least 256")')),
        Mistake("a vocab_size that is too small is an AssertionError", edit(ERROR, ERROR.replace("ValueError", "AssertionError"))),
        Mistake("only a negative vocab_size is refused", edit(SMALL, "if vocab_size < 0:")),
        Mistake("only a vocab_size below 255 is refused", edit(SMALL, "if vocab_size < 255:")),
        # --- the first count
        Mistake("a word counts once, however often it occurs", edit(WORDS, WORDS.replace("list(word_counts.values())", "[1] * len(word_counts)"))),
        Mistake("a word counts once at first, and as often as it occurs later", edit(FIRST_COUNT, "counts[pair] += 1")),
        Mistake("a pair counts once in a word, at first", edit("for pair in pairwise(word):", "for pair in set(pairwise(word)):")),
        Mistake("a word's count takes the place of the other words' counts", edit(FIRST_COUNT, "counts[pair] = repeats[index]")),
        Mistake("words are cut into pairs at even places only, without overlap", edit("for pair in pairwise(word):", "for pair in zip(word[::2], word[1::2]):")),
        Mistake("a pair of a byte with itself isn't counted", edit("for pair in pairwise(word):", "for pair in pairwise(word):\n            if pair[0] == pair[1]:\n                continue")),
        Mistake("overlapping pairs of a run count once", edit(
            "for pair in pairwise(word):",
            "for i, pair in enumerate(pairwise(word)):\n            if i and word[i - 1 : i + 2] == [word[i]] * 3:\n                continue",
        )),
        Mistake("the words are read as text, letter by letter", edit(WORDS, 'words = [[ord(letter) for letter in word.decode("utf-8", "replace")] for word in word_counts]\n    repeats = list(word_counts.values())')),
        Mistake("bytes above 0x7f become negative", edit(WORDS, WORDS.replace("list(word) for", "[byte - 256 * (byte > 127) for byte in word] for"))),
        Mistake("the words are written one after the other, so pairs reach across", recount(
            "min(counts, key=lambda pair: (-counts[pair], pair))",
            words='[([byte for word, n in word_counts.items() for _ in range(n) for byte in word], 1)]',
        )),
        Mistake("words of one byte are left as they are, and so are those of two", edit(WORDS, WORDS + "\n    words = [word if len(word) > 2 else word[:1] for word in words]")),
        Mistake("rare words are left out", edit(WORDS, "words = [list(word) for word, n in word_counts.items() if n > 1]\n    repeats = [n for n in word_counts.values() if n > 1]")),
        Mistake("words are cut off after 32 bytes", edit(WORDS, WORDS.replace("list(word) for", "list(word[:32]) for"))),
        Mistake("words are cut off after 100 bytes", edit(WORDS, WORDS.replace("list(word) for", "list(word[:100]) for"))),
        Mistake("words of more than 256 bytes are left out", edit(WORDS, WORDS.replace("list(word) for", "list(word) * (len(word) <= 256) for"))),
        Mistake("byte 0 is taken for nothing", edit(WORDS, WORDS.replace("list(word) for", "[byte for byte in word if byte] for"))),
        Mistake("tokens of more than 16 bytes aren't made", edit(NEW_ID, NEW_ID + "\n        size = lambda i: 1 if i < 256 else sum(map(size, merges[i - 256]))\n        if size(best[0]) + size(best[1]) > 16:\n            counts[best] = 0\n            continue")),
        Mistake("the heap is cut down to its best entries", edit("heapq.heapify(heap)", "heap = heapq.nsmallest(64, heap)")),
        Mistake("capitals are read as small letters", edit(WORDS, WORDS.replace("list(word) for", "list(word.lower()) for"))),
        Mistake("each word is read backwards", edit(WORDS, WORDS.replace("list(word) for", "list(reversed(word)) for"))),
        # --- the choice
        Mistake("the rarest pair is merged", edit(HEAP, HEAP.replace("(-n,", "(n,"), "if -n != counts", "if n != counts", "heappush(heap, (-counts[best]", "heappush(heap, (counts[best]", BORN, BORN.replace("-counts", "counts"))),
        Mistake("the smallest pair is merged, however rare", edit(HEAP, HEAP.replace("-n, pair", "0, pair"), "if -n != counts[best]:", "if counts[best] < 1:", BORN, BORN.replace("-counts[pair]", "0"))),
        Mistake("ties go to the largest pair", recount("max(counts, key=lambda pair: (counts[pair], pair))")),
        Mistake("ties go to the smallest left id, then to the largest right id", recount("min(counts, key=lambda pair: (-counts[pair], pair[0], -pair[1]))")),
        Mistake("ties go to the largest left id, then to the smallest right id", recount("min(counts, key=lambda pair: (-counts[pair], -pair[0], pair[1]))")),
        Mistake("ties go to the smallest right id first", recount("min(counts, key=lambda pair: (-counts[pair], pair[::-1]))")),
        Mistake("ties go to the pair that was met first", recount("max(counts, key=counts.get)")),
        Mistake("ties go to the pair that was met last", recount("max(reversed(counts), key=counts.get)")),
        Mistake("ties go to the pair with the smallest bytes, as text would be sorted", recount(
            "min(counts, key=lambda pair: (-counts[pair], spell(pair[0]), spell(pair[1])))",
            "spell = lambda i: bytes([i]) if i < 256 else spell(merges[i - 256][0]) + spell(merges[i - 256][1])",
        )),
        Mistake("ids are compared as text, so that 100 comes before 99", recount("min(counts, key=lambda pair: (-counts[pair], str(pair[0]), str(pair[1])))")),
        Mistake("ties go to the smallest sum of ids", recount("min(counts, key=lambda pair: (-counts[pair], sum(pair), pair))")),
        Mistake("ties go to the pair that makes the shortest token", recount(
            "min(counts, key=lambda pair: (-counts[pair], size(pair[0]) + size(pair[1]), pair))",
            "size = lambda i: 1 if i < 256 else size(merges[i - 256][0]) + size(merges[i - 256][1])",
        )),
        Mistake("ties go to the newest pair", recount("min(counts, key=lambda pair: (-counts[pair], -max(pair), pair))")),
        Mistake("pairs are chosen by their count times their length in bytes", recount(
            "min(counts, key=lambda pair: (-counts[pair] * (size(pair[0]) + size(pair[1])), pair))",
            "size = lambda i: 1 if i < 256 else size(merges[i - 256][0]) + size(merges[i - 256][1])",
        )),
        Mistake("pairs are chosen by the number of words that hold them", recount(
            "min(counts, key=lambda pair: (-counts[pair], pair))",
            "counts = Counter(pair for ids, n in words for pair in set(pairwise(ids)))",
        )),
        # --- the heap
        Mistake("the top of the heap is merged though its count is out of date", edit(STALE, "if not counts[best]:\n            continue\n")),
        Mistake("a pair whose count on the heap is out of date is dropped for good", edit("if counts[best] > 0:", "if False:")),
        Mistake("pairs that are left nowhere are put back and merged", edit(STALE, STALE.replace("            if counts[best] > 0:\n    ", ""))),
        Mistake("a pair that is out of date is put back with its old count less one", edit("heapq.heappush(heap, (-counts[best], best))", "heapq.heappush(heap, (n + 1, best))", "if -n != counts[best]:", "if -n > counts[best] + 1 and -n > 1:")),
        Mistake("the heap is a list that is sorted once, and new pairs go to its end", edit("heapq.heapify(heap)", "heap.sort()", "heapq.heappop(heap)", "heap.pop(0)", "heapq.heappush(heap, (-counts[best], best))", "heap.append((-counts[best], best))", BORN, BORN.replace("heapq.heappush(heap, (-counts[pair], pair))", "heap.append((-counts[pair], pair))"))),
        Mistake("the heap isn't made a heap at first", edit("heapq.heapify(heap)", "pass")),
        Mistake("new pairs never reach the heap", edit(BORN, "born.clear()\n")),
        Mistake("new pairs reach the heap with the count of the first word only", edit("born.add(pair)", "if pair not in born:\n                        heapq.heappush(heap, (-counts[pair], pair))\n                    born.add(pair)", BORN, "born.clear()\n")),
        Mistake("only new pairs with the new id on the left reach the heap", edit(BORN, "for pair in born:\n            if pair[0] == new_id:\n                heapq.heappush(heap, (-counts[pair], pair))\n")),
        Mistake("an out-of-date pair is merged at once where no other has a higher count, even if a smaller one has the same", edit("if counts[best] > 0:", "if counts[best] > 0 and heap and -heap[0][0] > counts[best]:", "            continue\n        new_id", "                continue\n            elif counts[best] < 1:\n                continue\n        new_id")),
        Mistake("only the hundred most frequent words are looked at", edit(WORDS, WORDS + "\n    words = sorted(words, key=lambda word: -word_counts[bytes(word)])[:100]\n    repeats = sorted(repeats, reverse=True)[:100]")),
        Mistake("pairs that occur once never reach the heap", edit(HEAP, HEAP.replace("counts.items()", "counts.items() if n > 1"), BORN, "for pair in born:\n            if counts[pair] > 1:\n                heapq.heappush(heap, (-counts[pair], pair))\n")),
        Mistake("it stops at the first pair that is out of date", edit("            continue\n", "            break\n")),
        # --- the change
        Mistake("counts never change after the first time", edit(FALL, "pass\n", RISE, "for pair in pairwise(new):\n                counts[pair] += repeat if new_id in pair else 0\n", "if -n != counts[best]:", "if best in merges:\n            continue\n        if -n != counts[best]:")),
        Mistake("old pairs fall by one, not by how often the word occurs", edit("counts[pair] -= repeat", "counts[pair] -= 1", "counts[pair] += repeat\n", "counts[pair] += repeat if new_id in pair else 1\n")),
        Mistake("new pairs rise by one, not by how often the word occurs", edit("counts[pair] += repeat\n", "counts[pair] += repeat if new_id not in pair else 1\n")),
        Mistake("a new pair counts once in a word", edit(RISE, "for i, pair in enumerate(pairwise(new)):\n                if new_id not in pair or pair not in list(pairwise(new))[:i]:\n                    counts[pair] += repeat\n")),
        Mistake("where a pair is merged, the pair with the neighbour before keeps its count", by_hand("""                right = ids[i + 2 : i + 3]
                counts[best] -= n
                if i:
                    counts[ids[i - 1], new_id] += n
                for other in right:
                    counts[best[1], other] -= n
                    counts[new_id, other] += n""")),
        Mistake("where a pair is merged, the pair with the neighbour behind keeps its count", by_hand("""                right = ids[i + 2 : i + 3]
                counts[best] -= n
                if i:
                    counts[ids[i - 1], best[0]] -= n
                    counts[ids[i - 1], new_id] += n
                for other in right:
                    counts[new_id, other] += n""")),
        Mistake("where a pair is merged, the pairs with both neighbours keep their counts", by_hand("""                right = ids[i + 2 : i + 3]
                counts[best] -= n
                if i:
                    counts[ids[i - 1], new_id] += n
                for other in right:
                    counts[new_id, other] += n""")),
        Mistake("the new pair with the neighbour before isn't counted", by_hand("""                right = ids[i + 2 : i + 3]
                counts[best] -= n
                if i:
                    counts[ids[i - 1], best[0]] -= n
                for other in right:
                    counts[best[1], other] -= n
                    counts[new_id, other] += n""")),
        Mistake("the new pair with the neighbour behind isn't counted", by_hand("""                right = ids[i + 2 : i + 3]
                counts[best] -= n
                if i:
                    counts[ids[i - 1], best[0]] -= n
                    counts[ids[i - 1], new_id] += n
                for other in right:
                    counts[best[1], other] -= n""")),
        Mistake("the merged pair is struck off whole, and its neighbours' overlap in a run is counted down again", by_hand("""                right = ids[i + 2 : i + 3]
                counts.pop(best, None)
                if i:
                    counts[ids[i - 1], best[0]] -= n
                    counts[ids[i - 1], new_id] += n
                for other in right:
                    counts[best[1], other] -= n
                    counts[new_id, other] += n
                    if best[1] == other:
                        counts[best[1], other] -= n""")),
        Mistake("the words that hold new pairs aren't noted", edit("places[pair].add(index)\n                    born", "born", "places.pop(best)", "places.pop(best, ())")),
        Mistake("only one word is noted for each new pair", edit("places[pair].add(index)\n                    born", "places[pair] = {index}\n                    born")),
        Mistake("only one word is noted for each pair", edit("places[pair].add(index)\n    heap", "places[pair] = {index}\n    heap", )),
        Mistake("words are noted for new pairs with the new id on the left only", edit("if new_id in pair:\n                    places[pair].add(index)\n", "if new_id in pair:\n                    places[pair] |= {index} if pair[0] == new_id else set()\n")),
        Mistake("a pair is merged once in a word", edit(MERGE, "at = next((i for i, pair in enumerate(pairwise(old)) if pair == best), len(old))\n            new = words[index] = old[:at] + [new_id] * (at < len(old)) + old[at + 2 :]")),
        Mistake("a pair is merged from right to left", edit(MERGE, "new = words[index] = merge_pair(old[::-1], best[::-1], new_id)[::-1]")),
        Mistake("what has just been merged is merged again in a run", edit(MERGE, """new = []
            for token in old:
                if new and (new[-1] if new[-1] != new_id else best[1], token) == best:
                    new[-1] = new_id
                else:
                    new.append(token)
            words[index] = new""")),
        Mistake("the changed word isn't kept", edit("new = words[index] = merge", "new = merge")),
        Mistake("the pair's two ids may stand in either order", edit(MERGE, "new = words[index] = merge_pair(merge_pair(old, best, new_id), best[::-1], new_id)")),
        # --- the end, and what stays
        Mistake("it fails when no pair is left", edit(LOOP, "while len(merges) < vocab_size - 256:")),
        Mistake("it stops as soon as the best pair occurs only once", edit(NEW_ID, "if n == -1:\n            break\n        " + NEW_ID)),
        Mistake("no words at all are refused", edit(WORDS, 'if not word_counts:\n        raise ValueError("no words")\n    ' + WORDS)),
        Mistake("where nothing is left, the last merge is repeated", edit(RETURN, "return merges + merges[-1:] * max(0, vocab_size - 256 - len(merges))")),
        Mistake("merging goes on while any byte is left over", edit(LOOP, "while heap and len(merges) < vocab_size - 256 and any(token < 256 for word in words for token in word):")),
        Mistake("the words that were handed in are used up", edit(WORDS, WORDS + "\n    word_counts.clear()")),
        Mistake("the counts that were handed in are counted down", edit("old, repeat = words[index], repeats[index]", "old, repeat = words[index], repeats[index]\n            word_counts[bytes(token % 256 for token in old)] = 0")),
        Mistake("the merges of the call before are kept", edit("merges: list[Pair] = []", 'merges: list[Pair] = train_bpe_incremental.__dict__.setdefault("merges", [])')),
        Mistake("the counts of the call before are added", edit("counts: Counter[Pair] = Counter()", 'counts: Counter[Pair] = train_bpe_incremental.__dict__.setdefault("counts", Counter())')),
    ]
}
