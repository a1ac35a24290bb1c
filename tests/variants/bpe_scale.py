"""Correct ways to count words that differ from the reference's."""

from vibejam_core.course.known import Variant, edit, whole

HEAD = """def count_words(texts: Iterable[str], special_tokens: Sequence[str] = (), pattern: str = PATTERN) -> Counter[bytes]:
"""

VARIANTS = {
    "bpe_scale.count_words": [
        Variant("a plain dictionary and four loops", whole(HEAD + """    counts = {}
    for text in texts:
        for number, part in enumerate(split_specials(text, special_tokens)):
            if number % 2 == 1:
                continue
            for piece in split_text(part, pattern):
                data = piece.encode()
                if data not in counts:
                    counts[data] = 0
                counts[data] += 1
    return counts
""")),
        Variant("one counter fed by nested generators", whole(HEAD + """    ordinary = (part for text in texts for part in split_specials(text, special_tokens)[0::2])
    return Counter(bytes(piece, "utf-8") for part in ordinary for piece in split_text(part, pattern))
""")),
        Variant("text counted first, turned into bytes at the end", whole(HEAD + """    from itertools import chain

    pieces = Counter(
        chain.from_iterable(
            chain.from_iterable(split_text(part, pattern) for part in split_specials(text, special_tokens)[::2])
            for text in texts
        )
    )
    return Counter({piece.encode("utf-8"): n for piece, n in pieces.items()})
""")),
        Variant("a regular expression of its own, special tokens cut out by hand", whole(HEAD + """    import regex

    compiled = regex.compile(pattern)
    specials = sorted(special_tokens, key=len, reverse=True)
    words = defaultdict(int)
    for text in texts:
        begin = place = 0
        while place <= len(text):
            special = next((s for s in specials if text.startswith(s, place)), None)
            if special is None and place < len(text):
                place += 1
                continue
            for match in compiled.finditer(text[begin:place]):
                words[match.group().encode("utf-8")] += 1
            place += len(special or " ")
            begin = place
    return dict(words)
""")),
        Variant("a queue, text by text, and counters that are added", whole(HEAD + """    total = Counter()
    stream = iter(texts)
    while True:
        try:
            text = next(stream)
        except StopIteration:
            return total
        mine = Counter()
        for part in split_specials(text, tuple(special_tokens))[::2]:
            mine += Counter(map(str.encode, split_text(part, pattern)))
        total = total + mine
""")),
        Variant("a recursive helper that takes one special token after the other", whole(HEAD + """    def ordinary(text, specials):
        if not specials:
            yield text
            return
        first, *rest = specials
        for part in text.split(first):
            yield from ordinary(part, rest)

    words: Counter[bytes] = Counter()
    longest_first = sorted(special_tokens, key=lambda special: -len(special))
    for text in texts:
        for part in ordinary(text, longest_first):
            for piece in split_text(part, pattern):
                words.update([piece.encode("utf-8")])
    return words
""")),
        Variant("collections in a default dictionary of counters", edit(
            "words: Counter[bytes] = Counter()", "words = defaultdict(int)",
            'words.update(piece.encode("utf-8") for piece in split_text(part, pattern))',
            'for piece, n in Counter(split_text(part, pattern)).items():\n                words[piece.encode("utf-8")] += n',
        )),
    ],
}
