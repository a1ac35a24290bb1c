"""Ways people get count_pairs and merge_pair wrong."""

from vibejam_core.course.known import Mistake, edit, whole

# Passages of the reference that the mistakes below change.
EMPTY = "counts: Counter[Pair] = Counter()"
WORDS = "for word, n in words.items():"
PAIRS = "for pair in pairwise(word):"
COUNT = "counts[pair] += n"
RETURN = "return counts"

COUNT_PAIRS = """def count_pairs(words: Mapping[tuple[int, ...], int]) -> Counter[Pair]:
"""
MERGE_PAIR = """def merge_pair(ids: Sequence[int], pair: Pair, new_id: int) -> list[int]:
"""
START = "merged, i = [], 0"
WHILE = "while i < len(ids):"
FOUND = "if i + 1 < len(ids) and (ids[i], ids[i + 1]) == pair:"
NEW = "merged.append(new_id)"
STEP = "i += 2"
KEEP = "merged.append(ids[i])"
MERGED = "return merged"


def count(new, *more):
    """Each pair is counted in another way."""
    return edit(COUNT, new, *more)


def pairs(new, *more):
    """Other pairs are gone through."""
    return edit(PAIRS, new, *more)


def counts(new):
    """The counts are changed before they are returned."""
    return edit(RETURN, f"return {new}")


def found(new, *more):
    """A place is taken for the pair on another condition."""
    return edit(FOUND, new, *more)


MISTAKES = {
    "bpe.count_pairs": [
        # what is returned
        Mistake("the counts are made but not returned", edit(RETURN, "counts")),
        Mistake("the counts come as a list, the most frequent pair first", counts("counts.most_common()")),
        Mistake("only the most frequent pair is returned", counts("max(counts, key=counts.get) if counts else None")),
        Mistake("only the set of pairs is returned, without counts", counts("set(counts)")),
        Mistake("how many pairs there are altogether is returned", counts("sum(counts.values())")),
        Mistake("the keys are strings", count("counts[str(pair)] += n")),
        Mistake("each pair's key is a single number, left * 256 + right", count("counts[pair[0] * 256 + pair[1]] += n")),
        Mistake("the dictionary runs from pair to the words that hold it",
                edit(EMPTY, "counts = {}", COUNT, "counts.setdefault(pair, []).append(word)")),
        Mistake("the dictionary runs from left id to right id to count",
                edit(EMPTY, "counts = {}", COUNT, "counts.setdefault(pair[0], Counter())[pair[1]] += n")),
        Mistake("the counts are floats", count("counts[pair] += float(n)")),
        Mistake("the counts are shares of all pairs",
                counts("{pair: n / sum(counts.values()) for pair, n in counts.items()}")),
        Mistake("pairs that don't occur are there too, with count 0",
                counts("{(a, b): counts[a, b] for a in {i for w in words for i in w} "
                       "for b in {i for w in words for i in w}}")),
        Mistake("pairs that occur once only are left out", counts("{pair: n for pair, n in counts.items() if n > 1}")),
        Mistake("counting stops after the first word", edit(RETURN, "    return counts\n    return counts")),
        # how often a word occurs
        Mistake("how often a word occurs is ignored", count("counts[pair] += 1")),
        Mistake("how often the word occurs is added at the pair's first place only",
                count("counts[pair] += n if counts[pair] == 0 else 1")),
        Mistake("the latest word's count replaces the earlier ones", count("counts[pair] = n")),
        Mistake("the counts are one too high, because a new pair begins at 1",
                edit(EMPTY, "counts = {}", COUNT, "counts[pair] = counts.get(pair, 1) + n")),
        Mistake("how often a word occurs is multiplied by its length", count("counts[pair] += n * len(word)")),
        Mistake("only the highest count of a single word is kept", count("counts[pair] = max(counts[pair], n)")),
        # which pairs
        Mistake("a pair counts once per word, however many places it has", pairs("for pair in set(pairwise(word)):")),
        Mistake("how many words hold a pair is counted, not how often",
                pairs("for pair in set(pairwise(word)):", COUNT, "counts[pair] += 1")),
        Mistake("overlapping places of a pair count once",
                edit(PAIRS, "last = -2\n        for i, pair in enumerate(pairwise(word)):",
                     COUNT, "if not (last == i - 1 and pair == before):\n                "
                     "counts[pair] += n\n                last, before = i, pair")),
        Mistake("pairs of two equal ids are skipped", count("if pair[0] != pair[1]:\n                counts[pair] += n")),
        Mistake("a pair turned round counts as the same pair", count("counts[tuple(sorted(pair))] += n")),
        Mistake("left and right are swapped in the keys", count("counts[pair[1], pair[0]] += n")),
        Mistake("the last pair of each word is left out", pairs("for pair in list(pairwise(word))[:-1]:")),
        Mistake("the first pair of each word is left out", pairs("for pair in list(pairwise(word))[1:]:")),
        Mistake("only every other place is looked at", pairs("for pair in zip(word[::2], word[1::2]):")),
        Mistake("every two ids of a word are a pair, neighbours or not",
                pairs("for pair in ((a, b) for i, a in enumerate(word) for b in word[i + 1 :]):")),
        Mistake("ids two places apart are paired", pairs("for pair in zip(word, word[2:]):")),
        Mistake("the last id and the first are a pair too", pairs("for pair in zip(word, word[1:] + word[:1]):")),
        Mistake("the last id of each word is paired with None", pairs("for pair in zip(word, (*word[1:], None)):")),
        Mistake("three neighbours are counted, not two", pairs("for pair in zip(word, word[1:], word[2:]):")),
        Mistake("single ids are counted, not pairs", pairs("for pair in word:")),
        Mistake("pairs reach from one word into the next",
                edit(EMPTY, "counts, last = Counter(), None",
                     PAIRS, "if last is not None and word:\n            counts[last, word[0]] += n\n"
                     "        last = word[-1] if word else last\n        for pair in pairwise(word):")),
        Mistake("pairs that hold id 0 are skipped", count("if all(pair):\n                counts[pair] += n")),
        Mistake("ids are taken for bytes, so that larger ones can't be counted", pairs("for pair in pairwise(bytes(word)):")),
        Mistake("the counts have room for 16 bits only, and begin again",
                count("counts[pair] = (counts[pair] + n) % 2**16")),
        Mistake("a word of one id stops it with an IndexError",
                edit(PAIRS, "counts[word[0], word[1]] += n\n        for pair in pairwise(word[1:]):")),
        Mistake("a word of one id counts as a pair with itself",
                edit(PAIRS, "for pair in pairwise(word if len(word) > 1 else word * 2):")),
        Mistake("no words at all stop it with a ValueError, because it takes the longest of them",
                edit(EMPTY, EMPTY + "\n    longest = max(map(len, words))")),
        # what else it does
        Mistake("the words are used up while they are counted",
                edit(WORDS, "while words:\n        word, n = words.popitem()")),
        Mistake("words of a single id are removed from the dictionary that was handed in",
                edit(RETURN, "for word in [word for word in words if len(word) < 2]:\n        "
                     "del words[word]\n    return counts")),
        Mistake("the counts of earlier calls are still there",
                whole(COUNT_PAIRS.replace("int]) ->", "int], counts=Counter()) ->")
                      + "    for word, n in words.items():\n        for pair in pairwise(word):\n"
                      + "            counts[pair] += n\n    return dict(counts)\n")),
        Mistake("what was counted for the same words before is given again, though they occur in other numbers",
                edit(EMPTY, 'known = count_pairs.__dict__.setdefault("known", {})\n    '
                     "if frozenset(words) in known:\n        return known[frozenset(words)]\n    "
                     "counts = known[frozenset(words)] = Counter()")),
        Mistake("only the first hundred words are counted",
                edit(WORDS, "for word, n in list(words.items())[:100]:")),
        Mistake("only words of different ids count their neighbours, because places are found with index",
                whole(COUNT_PAIRS + "    counts = Counter()\n    for word, n in words.items():\n"
                      + "        for left in word[:-1]:\n"
                      + "            counts[left, word[word.index(left) + 1]] += n\n    return counts\n")),
    ],
    "bpe.merge_pair": [
        # what is returned
        Mistake("the merged list is not returned", edit(MERGED, "merged")),
        Mistake("a tuple is returned", edit(MERGED, "return tuple(merged)")),
        Mistake("the result is of the kind that came in, a list or a tuple", edit(MERGED, "return type(ids)(merged)")),
        Mistake("a generator is returned", edit(MERGED, "return (index for index in merged)")),
        Mistake("how often the pair was merged is returned too", edit(MERGED, "return merged, merged.count(new_id)")),
        Mistake("the list that came in is returned where there is nothing to merge",
                edit(MERGED, "return merged if new_id in merged else ids")),
        Mistake("a list of fewer than two ids is returned as it came in",
                edit(START, "if len(ids) < 2:\n        return ids\n    " + START)),
        # where the pair is found
        Mistake("only the first occurrence is merged", found(FOUND.replace("if i", "if new_id not in merged and i"))),
        Mistake("only the last occurrence is merged",
                whole(MERGE_PAIR + "    for i in range(len(ids) - 2, -1, -1):\n"
                      + "        if (ids[i], ids[i + 1]) == pair:\n"
                      + "            return [*ids[:i], new_id, *ids[i + 2 :]]\n    return list(ids)\n")),
        Mistake("merging runs from right to left",
                edit(START, "ids, pair = ids[::-1], pair[::-1]\n    " + START, MERGED, "return merged[::-1]")),
        Mistake("the pair is merged turned round, too", found(FOUND.replace("== pair", "in (pair, pair[::-1])"))),
        Mistake("the pair is looked for turned round", found(FOUND.replace("== pair", "== pair[::-1]"))),
        Mistake("the left id alone is enough", found("if i + 1 < len(ids) and ids[i] == pair[0]:")),
        Mistake("the right id alone is enough", found("if i + 1 < len(ids) and ids[i + 1] == pair[1]:")),
        Mistake("either of the two is enough",
                found("if i + 1 < len(ids) and (ids[i] == pair[0] or ids[i + 1] == pair[1]):")),
        Mistake("each single id of the pair is replaced", found("if ids[i] in pair:", STEP, "i += 1")),
        Mistake("the new id is a float", edit(NEW, "merged.append(float(new_id))")),
        Mistake("a pair at the end is overlooked", found(FOUND.replace("i + 1 <", "i + 2 <"))),
        Mistake("a pair at the start is overlooked", found(FOUND.replace("if i", "if i > 0 and i"))),
        Mistake("ids beyond the small ones are compared with `is`, so equal ones are overlooked",
                found("if i + 1 < len(ids) and ids[i] is pair[0] and ids[i + 1] is pair[1]:")),
        Mistake("a pair that holds id 0 is overlooked", found(FOUND.replace("if i", "if all(pair) and i"))),
        Mistake("a list is compared with a tuple, so that nothing is ever found",
                found("if [ids[i], *ids[i + 1 : i + 2]] == pair:")),
        Mistake("slices are compared with the pair, so that lists are never merged", found("if ids[i : i + 2] == pair:")),
        Mistake("slices are compared with the pair as a list, so that tuples are never merged",
                found("if ids[i : i + 2] == list(pair):")),
        Mistake("the pair is found with something between its ids",
                found("if ids[i] == pair[0] and pair[1] in ids[i + 1 : i + 3]:",
                      STEP, "i += 2 if ids[i + 1] == pair[1] else 3")),
        Mistake("digits are compared, so that the pair is found inside longer numbers",
                whole(MERGE_PAIR + '    text = " ".join(map(str, ids)).replace(f"{pair[0]} {pair[1]}", str(new_id))\n'
                      + "    return [int(number) for number in text.split()]\n")),
        Mistake("the text of the numbers is replaced, which overlooks every second pair of a row",
                whole(MERGE_PAIR + '    text = " " + " ".join(map(str, ids)) + " "\n'
                      + '    text = text.replace(f" {pair[0]} {pair[1]} ", f" {new_id} ")\n'
                      + "    return [int(number) for number in text.split()]\n")),
        Mistake("ids are taken for bytes, so that larger ones can't be merged",
                whole(MERGE_PAIR + "    parts = bytes(ids).split(bytes(pair))\n    merged = list(parts[0])\n"
                      + "    for part in parts[1:]:\n        merged += [new_id, *part]\n    return merged\n")),
        Mistake("the last id is looked beyond, which is an IndexError", found("if (ids[i], ids[i + 1]) == pair:")),
        # what stands there afterwards
        Mistake("overlapping occurrences are all replaced", edit(STEP, "i += 1")),
        Mistake("one occurrence too many is replaced where three equal ids stand in a row",
                edit(STEP, "i += 1 if ids[i] == ids[i + 1] else 2")),
        Mistake("what follows the pair is skipped", edit(STEP, "i += 3")),
        Mistake("an id that is not merged takes its neighbour along unseen",
                edit(KEEP, "merged.extend(ids[i : i + 2])\n            i += 1")),
        Mistake("the new id is one too high", edit(NEW, "merged.append(new_id + 1)")),
        Mistake("the new id is added and the pair stays", edit(NEW, "merged.extend([new_id, *pair])")),
        Mistake("the left id of the pair stays in front of the new id", edit(NEW, "merged += [pair[0], new_id]")),
        Mistake("the pair is removed and nothing takes its place", edit(NEW, "pass")),
        Mistake("the pair stands in the list as a tuple", edit(NEW, "merged.append(pair)")),
        Mistake("the new id stands there twice, so that the length stays", edit(NEW, "merged += [new_id, new_id]")),
        Mistake("everything but the new ids is dropped", edit(KEEP, "pass")),
        Mistake("the last id is dropped", edit(WHILE, "while i < len(ids) - 1:")),
        Mistake("everything behind the first occurrence is dropped", edit(STEP, "break")),
        Mistake("the new ids all go to the end",
                edit(MERGED, "return sorted(merged, key=new_id.__eq__)")),
        # what else it does
        Mistake("the list that came in is changed in place",
                whole(MERGE_PAIR + "    ids, i = ids if isinstance(ids, list) else list(ids), 0\n"
                      + "    while i < len(ids) - 1:\n        if (ids[i], ids[i + 1]) == pair:\n"
                      + "            ids[i : i + 2] = [new_id]\n        i += 1\n    return list(ids)\n")),
        Mistake("the list that came in is used up",
                whole(MERGE_PAIR + "    rest, merged = ids if isinstance(ids, list) else list(ids), []\n"
                      + "    while rest:\n        if tuple(rest[:2]) == pair:\n            merged.append(new_id)\n"
                      + "            del rest[:2]\n        else:\n            merged.append(rest.pop(0))\n"
                      + "    return merged\n")),
        Mistake("the ids of earlier calls are still there",
                whole(MERGE_PAIR.replace("new_id: int)", "new_id: int, merged=[])")
                      + "    i = 0\n    while i < len(ids):\n        if tuple(ids[i : i + 2]) == pair:\n"
                      + "            merged.append(new_id)\n            i += 2\n        else:\n"
                      + "            merged.append(ids[i])\n            i += 1\n    return list(merged)\n")),
        Mistake("what was merged before in the same ids is given again, though the pair is another",
                edit(START, 'known = merge_pair.__dict__.setdefault("known", {})\n    '
                     "if (tuple(ids), new_id) in known:\n        return list(known[tuple(ids), new_id])\n    "
                     + START, MERGED, "known[tuple(ids), new_id] = list(merged)\n    return merged")),
        Mistake("the list that is handed out is remembered, so a change to it stays",
                edit(START, 'known = merge_pair.__dict__.setdefault("known", {})\n    '
                     "key = (tuple(ids), tuple(pair), new_id)\n    if key in known:\n        return known[key]\n    "
                     + START, MERGED, "if ids:\n        known[key] = merged\n    return merged")),
        Mistake("an empty list stops it with an IndexError, because it begins with the first id",
                whole(MERGE_PAIR + "    merged = [ids[0]]\n    for index in ids[1:]:\n"
                      + "        if (merged[-1], index) == pair:\n            merged[-1] = new_id\n"
                      + "        else:\n            merged.append(index)\n    return merged\n")),
        Mistake("no more than four occurrences are merged",
                found(FOUND.replace("if i", "if merged.count(new_id) < 4 and i"))),
        Mistake("places are collected before anything is merged, overlapping ones included",
                whole(MERGE_PAIR + "    merged = list(ids)\n"
                      + "    places = [i for i in range(len(ids) - 1) if (ids[i], ids[i + 1]) == pair]\n"
                      + "    for place in reversed(places):\n        merged[place : place + 2] = [new_id]\n"
                      + "    return merged\n")),
        Mistake("elements are removed from the list that is being gone through, so places shift",
                whole(MERGE_PAIR + "    merged = list(ids)\n    for i in range(len(ids) - 1):\n"
                      + "        if (ids[i], ids[i + 1]) == pair and i + 1 < len(merged):\n"
                      + "            merged[i : i + 2] = [new_id]\n    return merged\n")),
    ],
}
