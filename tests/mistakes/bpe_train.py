"""Ways people get train_bpe wrong."""

from vibejam_core.course.known import Mistake, edit, whole

# Passages of the reference that the mistakes below change.
REFUSE = "if vocab_size < 256:"
RAISE = 'raise ValueError(f"vocab_size must be at least 256, one id for each byte, but it is {vocab_size}")'
ORDINARY = "ordinary = split_specials(text, special_tokens)[::2]"
WORDS = 'words = Counter(tuple(piece.encode("utf-8")) for part in ordinary for piece in split_text(part, pattern))'
BYTES = 'tuple(piece.encode("utf-8"))'
PIECES = "for piece in split_text(part, pattern))"
FOR = "for new_id in range(256, vocab_size):"
COUNTS = "counts = count_pairs(words)"
NONE = "if not counts:"
BEST = "best = min(counts, key=lambda pair: (-counts[pair], pair))"
APPEND = "merges.append(best)"
FRESH = "merged: Counter[tuple[int, ...]] = Counter()"
APPLY = "for word, n in words.items():"
MERGE = "merged[tuple(merge_pair(word, best, new_id))] += n"
WORDS_NEXT = "words = merged"
RETURN = "return merges"

TRAIN = """def train_bpe(text: str, vocab_size: int, special_tokens: Sequence[str] = (), pattern: str = PATTERN) -> list[Pair]:
"""


def best(new, *more):
    """The pair to merge is chosen in another way."""
    return edit(BEST, new, *more)


def by(key):
    """The pair with the smallest key is merged."""
    return edit(BEST, f"best = min(counts, key=lambda pair: {key})")


def ordinary(new, *more):
    """The ordinary text is found in another way."""
    return edit(ORDINARY, f"ordinary = {new}", *more)


def text(new):
    """The text is changed before anything else."""
    return edit(ORDINARY, ORDINARY.replace("text,", f"{new},"))


def pieces(new, *more):
    """The pieces of a part are cut in another way."""
    return edit(PIECES, f"for piece in {new})", *more)


MISTAKES = {
    "bpe.train_bpe": [
        # what is returned
        Mistake("the merges are learnt but not returned", edit(RETURN, "merges")),
        Mistake("the new ids are returned with the pairs", edit(APPEND, "merges.append((best, new_id))")),
        Mistake("a dictionary from pair to new id is returned",
                edit(RETURN, "return {pair: index for index, pair in enumerate(merges, start=256)}")),
        Mistake("the counts are returned with the pairs", edit(APPEND, "merges.append((*best, counts[best]))")),
        Mistake("the vocabulary's bytes are returned, not the pairs",
                edit(RETURN, "tokens = [bytes([byte]) for byte in range(256)]\n    for left, right in merges:\n        "
                     "tokens.append(tokens[left] + tokens[right])\n    return tokens[256:]")),
        Mistake("the merges are a tuple, not a list", edit(RETURN, "return tuple(merges)")),
        Mistake("each merge is a list, not a tuple", edit(APPEND, "merges.append(list(best))")),
        Mistake("the ids in the merges are floats", edit(APPEND, "merges.append((float(best[0]), float(best[1])))")),
        Mistake("the merges come in sorted order, not in the order of learning", edit(RETURN, "return sorted(merges)")),
        Mistake("the last merge comes first", edit(RETURN, "return merges[::-1]")),
        Mistake("only the last merge is returned", edit(RETURN, "return merges[-1:]")),
        Mistake("the merged words are returned", edit(RETURN, "return list(words)")),
        Mistake("the words are returned with the merges", edit(RETURN, "return merges, words")),
        # how many merges
        Mistake("one merge too few is learnt", edit(FOR, "for new_id in range(256, vocab_size - 1):")),
        Mistake("one merge too many is learnt", edit(FOR, "for new_id in range(256, vocab_size + 1):")),
        Mistake("vocab_size is taken for the number of merges", edit(FOR, "for new_id in range(256, 256 + vocab_size):")),
        Mistake("special tokens are counted in vocab_size",
                edit(FOR, "for new_id in range(256, vocab_size - len(special_tokens)):")),
        Mistake("special tokens raise vocab_size", edit(FOR, "for new_id in range(256, vocab_size + len(special_tokens)):")),
        Mistake("training stops at pairs that occur once only",
                edit(NONE, "if not counts or max(counts.values()) < 2:")),
        Mistake("training stops at pairs that occur twice only",
                edit(NONE, "if not counts or max(counts.values()) < 3:")),
        Mistake("training stops when only one pair is left", edit(NONE, "if len(counts) < 2:")),
        Mistake("training stops when a word has become a single token",
                edit(NONE, "if not counts or any(len(word) == 1 for word in words):")),
        Mistake("training stops as soon as the most frequent pair is tied with another",
                edit(NONE, "if not counts or list(counts.values()).count(max(counts.values())) > 1:")),
        Mistake("text that runs out of pairs stops it with a ValueError", edit(NONE, "if False:")),
        Mistake("text that runs out of pairs gives None", edit(NONE + "\n            break", NONE + "\n            return None")),
        Mistake("empty text is refused", edit(REFUSE, 'if not text:\n        raise ValueError("the text is empty")\n    ' + REFUSE)),
        Mistake("merging goes on with None where no pair is left",
                edit(NONE + "\n            break", NONE + "\n            merges.append(None)\n            continue")),
        # vocab_size
        Mistake("a vocab_size below 256 is accepted", edit(REFUSE, "if False:")),
        Mistake("a vocab_size of 256 is refused", edit(REFUSE, "if vocab_size <= 256:")),
        Mistake("a vocab_size that leaves no room for special tokens is refused",
                edit(REFUSE, "if vocab_size < 256 + len(special_tokens):")),
        Mistake("a negative vocab_size only is refused", edit(REFUSE, "if vocab_size < 0:")),
        Mistake("a vocab_size of 255 is accepted", edit(REFUSE, "if vocab_size < 255:")),
        Mistake("the error for a small vocab_size does not name it", edit(RAISE, 'raise ValueError("vocab_size is too small")')),
        Mistake("a small vocab_size is an AssertionError", edit(RAISE, "assert False, vocab_size")),
        Mistake("empty text is answered before vocab_size is looked at",
                edit(REFUSE, "if not text:\n        return []\n    " + REFUSE)),
        # which pair
        Mistake("the rarest pair is merged", by("(counts[pair], pair)")),
        Mistake("the smallest pair is merged, however often it occurs", by("pair")),
        Mistake("ties go to the largest pair", by("(-counts[pair], -pair[0], -pair[1])")),
        Mistake("ties go to the pair that was seen first", best("best = max(counts, key=counts.get)")),
        Mistake("ties go to the pair that was seen last",
                best("best = max(reversed(list(counts)), key=counts.get)")),
        Mistake("ties with one left id go to the largest right id", by("(-counts[pair], pair[0], -pair[1])")),
        Mistake("ties go to the largest left id, then to the smallest right id", by("(-counts[pair], -pair[0], pair[1])")),
        Mistake("ties go to the smallest right id, then to the smallest left id", by("(-counts[pair], pair[::-1])")),
        Mistake("ties go to the smallest left id, then to the pair that was seen first", by("(-counts[pair], pair[0])")),
        Mistake("ties go to the smallest right id, then to the pair that was seen first", by("(-counts[pair], pair[1])")),
        Mistake("ties go to the smallest sum of ids", by("(-counts[pair], sum(pair), pair)")),
        Mistake("ties go to what comes first in the alphabet, by the bytes that a pair stands for",
                edit(FOR, "tokens = [bytes([byte]) for byte in range(256)]\n    " + FOR,
                     BEST, BEST.replace(", pair))", ", [tokens[index] for index in pair]))"),
                     APPEND, APPEND + "\n        tokens.append(tokens[best[0]] + tokens[best[1]])")),
        Mistake("ties go to the joined bytes that come first in the alphabet",
                edit(FOR, "tokens = [bytes([byte]) for byte in range(256)]\n    " + FOR,
                     BEST, BEST.replace(", pair))", ", tokens[pair[0]] + tokens[pair[1]]))"),
                     APPEND, APPEND + "\n        tokens.append(tokens[best[0]] + tokens[best[1]])")),
        Mistake("ties go to the longest token",
                edit(FOR, "tokens = [bytes([byte]) for byte in range(256)]\n    " + FOR,
                     BEST, BEST.replace(", pair))", ", -len(tokens[pair[0]] + tokens[pair[1]]), pair))"),
                     APPEND, APPEND + "\n        tokens.append(tokens[best[0]] + tokens[best[1]])")),
        Mistake("ids are compared as text in a tie", by("(-counts[pair], [str(index) for index in pair])")),
        Mistake("the pair that saves the most bytes is merged, counts times length",
                edit(FOR, "tokens = [bytes([byte]) for byte in range(256)]\n    " + FOR,
                     BEST, BEST.replace("-counts[pair]", "-counts[pair] * len(tokens[pair[0]] + tokens[pair[1]])"),
                     APPEND, APPEND + "\n        tokens.append(tokens[best[0]] + tokens[best[1]])")),
        Mistake("the pair is chosen by its count over the product of its ids' counts, as in WordPiece",
                best("single = Counter()\n        for word, n in words.items():\n"
                     "            for index in word:\n                single[index] += n\n"
                     "        best = min(counts, key=lambda pair: "
                     "(-counts[pair] / (single[pair[0]] * single[pair[1]]), pair))")),
        # how words count
        Mistake("each different word counts once, however often it occurs", edit(COUNTS, "counts = count_pairs(dict.fromkeys(words, 1))")),
        Mistake("after the first merge each different word counts once",
                edit(MERGE, "merged[tuple(merge_pair(word, best, new_id))] = 1")),
        Mistake("a pair counts once per word, however many places it has",
                edit(COUNTS, "counts = Counter()\n        for word, n in words.items():\n"
                     "            counts.update(dict.fromkeys(pairwise(word), n))")),
        Mistake("overlapping places count once",
                edit(COUNTS, "counts = Counter()\n        for word, n in words.items():\n"
                     "            i = 0\n            while i + 1 < len(word):\n"
                     "                counts[word[i : i + 2]] += n\n"
                     "                i += 2 if word[i : i + 2] == word[i + 1 : i + 3] else 1")),
        Mistake("pairs are counted once, and the most frequent ones merged one after another",
                edit(COUNTS, "", FOR, COUNTS + "\n    " + FOR, APPEND, APPEND + "\n        del counts[best]")),
        Mistake("the words are not merged, so that the same pair wins every time", edit(WORDS_NEXT, "pass")),
        Mistake("only the first occurrence in a word is merged",
                edit(MERGE, "place = next((i for i in range(len(word) - 1) if word[i : i + 2] == best), None)\n            "
                     "merged[word if place is None else (*word[:place], new_id, *word[place + 2 :])] += n")),
        Mistake("merging runs from right to left",
                edit(MERGE, "merged[tuple(merge_pair(word[::-1], best[::-1], new_id)[::-1])] += n")),
        Mistake("words that become a single token are merged with what follows, because the words are joined again",
                edit(WORDS, 'words = Counter([tuple(b for part in ordinary for piece in split_text(part, pattern) '
                     'for b in piece.encode("utf-8"))])')),
        # new ids
        Mistake("the first new id is 257", edit(FOR, "for new_id in range(257, vocab_size + 1):")),
        Mistake("the first new id is 255", edit(FOR, "for new_id in range(255, vocab_size - 1):")),
        Mistake("new ids follow the special tokens'",
                edit(FOR, FOR + "\n        new_id += len(special_tokens)")),
        Mistake("new ids follow the largest byte of the text",
                edit(FOR, "largest = max((max(word) for word in words), default=255)\n    " + FOR,
                     MERGE, MERGE.replace("new_id", "new_id - 255 + largest"))),
        Mistake("new ids count down from vocab_size", edit(MERGE, MERGE.replace("new_id", "vocab_size + 255 - new_id"))),
        Mistake("new ids are only given where the pair was new to the words, so one id serves two pairs",
                edit(MERGE, MERGE.replace("new_id", "256 + len(merges) // 2"))),
        # bytes
        Mistake("words are of characters, not bytes", edit(BYTES, "tuple(map(ord, piece))")),
        Mistake("words are of Latin-1's bytes", edit(BYTES, 'tuple(piece.encode("latin-1", "replace"))')),
        Mistake("words are of UTF-16's bytes", edit(BYTES, 'tuple(piece.encode("utf-16-le"))')),
        Mistake("words are of ASCII only, other characters are left out", edit(BYTES, 'tuple(piece.encode("ascii", "ignore"))')),
        Mistake("a space stands for the end of each word",
                edit(BYTES, 'tuple((piece.strip() + " ").encode("utf-8"))')),
        # the text
        Mistake("the text is stripped", text("text.strip()")),
        Mistake("capitals become small letters", text("text.lower()")),
        Mistake("letters and their accents are put together",
                edit(ORDINARY, 'import unicodedata\n\n    text = unicodedata.normalize("NFC", text)\n    ' + ORDINARY)),
        Mistake("all line breaks become \\n", text('text.replace("\\r\\n", "\\n")')),
        Mistake("runs of white space become a single space",
                edit(ORDINARY, 'text = regex.sub(r"\\s+", " ", text)\n    ' + ORDINARY)),
        Mistake("control characters are left out",
                edit(ORDINARY, 'text = regex.sub(r"[\\x00-\\x08]", "", text)\n    ' + ORDINARY)),
        Mistake("a byte order mark is left out", text('text.lstrip("\\ufeff")')),
        # pieces
        Mistake("the whole text is one piece", pieces("[part]")),
        Mistake("the text is cut at white space, which is left out", pieces("part.split()")),
        Mistake("each piece is stripped", pieces("map(str.strip, split_text(part, pattern))")),
        Mistake("the pattern is ignored", pieces("split_text(part)")),
        Mistake("the text is cut with GPT-2's pattern", pieces("split_text(part, GPT2_PATTERN)")),
        Mistake("pieces of white space are left out",
                pieces("split_text(part, pattern) if not piece.isspace()")),
        Mistake("words are taken apart by the pattern, and numbers are left out",
                pieces("split_text(part, pattern) if not piece.isnumeric()")),
        Mistake("the last piece is left out", pieces("split_text(part, pattern)[:-1]")),
        # special tokens
        Mistake("special tokens are merged during training", ordinary("[text]")),
        Mistake("special tokens count as words too", ordinary("split_specials(text, special_tokens)")),
        Mistake("special tokens are the only text that is learnt from",
                edit(ORDINARY, "ordinary = split_specials(text, special_tokens)[1::2] if special_tokens else [text]")),
        Mistake("special tokens are removed, and what stood beside them is joined",
                ordinary('["".join(split_specials(text, special_tokens)[::2])]')),
        Mistake("the special tokens that were handed in are sorted by length in place",
                edit(ORDINARY, "special_tokens = special_tokens or []\n    if isinstance(special_tokens, list):\n        special_tokens.sort(key=len)\n    " + ORDINARY)),
        Mistake("special tokens become a space", ordinary('[" ".join(split_specials(text, special_tokens)[::2])]')),
        Mistake("special tokens become a line break", ordinary('["\\n".join(split_specials(text, special_tokens)[::2])]')),
        Mistake("pieces that are special tokens are left out, but the text isn't cut at them",
                edit(ORDINARY, "ordinary = [text]", PIECES, PIECES[:-1] + " if piece not in special_tokens)")),
        Mistake("only the first special token is cut out", ordinary("split_specials(text, special_tokens[:1])[::2]")),
        Mistake("special tokens are cut out in their order, not the longest first",
                edit(ORDINARY, "ordinary = [text]\n    for special in special_tokens:\n        "
                     "ordinary = [part for whole in ordinary for part in whole.split(special)]")),
        Mistake("special tokens are cut out as regular expressions, without an escape",
                ordinary('regex.split("|".join(special_tokens), text) if special_tokens else [text]')),
        Mistake("special tokens are cut out in capitals and in small letters",
                ordinary('regex.split("|".join(map(regex.escape, sorted(special_tokens, key=len, reverse=True))), text, '
                         "flags=regex.I) if special_tokens else [text]")),
        Mistake("only the text before the first special token is learnt from",
                ordinary("split_specials(text, special_tokens)[:1]")),
        Mistake("only the text before the second special token is learnt from",
                ordinary("split_specials(text, special_tokens)[:3:2]")),
        Mistake("the parts between special tokens are stripped",
                ordinary("[part.strip() for part in split_specials(text, special_tokens)[::2]]")),
        Mistake("special tokens are pieces of their own that are left out, but white space before them goes along",
                edit(ORDINARY, "ordinary = [text]\n    longest = sorted(special_tokens, key=len, reverse=True)\n    "
                     'pattern = "|".join([*map(regex.escape, longest), pattern])',
                     PIECES, PIECES[:-1] + " if piece not in special_tokens)")),
        Mistake("special tokens are removed from the pieces, after the text was cut into them",
                edit(ORDINARY, "ordinary = [text]", PIECES,
                     "for whole in split_text(part, pattern) for piece in split_specials(whole, special_tokens)[::2])")),
        # what else it does
        Mistake("the merges of earlier calls are still there",
                edit("merges: list[Pair] = []", 'merges = train_bpe.__dict__.setdefault("merges", [])')),
        Mistake("the words of earlier calls still count",
                edit(FOR, 'known = train_bpe.__dict__.setdefault("words", Counter())\n    known.update(words)\n    '
                     "words = known\n    " + FOR)),
        Mistake("the special tokens that were handed in are sorted in place",
                edit(ORDINARY, "if isinstance(special_tokens, list):\n        special_tokens.sort(key=len, reverse=True)\n    "
                     + ORDINARY)),
        Mistake("what was learnt from the same text before is returned again, whatever the special tokens are",
                edit(REFUSE, 'known = train_bpe.__dict__.setdefault("known", {})\n    '
                     "if (text, vocab_size, pattern) in known:\n        return list(known[text, vocab_size, pattern])\n    "
                     + REFUSE, RETURN, "known[text, vocab_size, pattern] = merges\n    return list(merges)")),
        Mistake("training stops after sixty-four merges", edit(NONE, "if not counts or len(merges) == 64:")),
        Mistake("only the first thousand characters are learnt from", text("text[:1000]")),
        Mistake("only words of up to twenty bytes are learnt from", edit(FOR,
                "words = {word: n for word, n in words.items() if len(word) <= 20}\n    " + FOR)),
    ],
}
