"""Ways people get count_words wrong."""

from vibejam_core.course.known import Mistake, edit

WORDS = "words: Counter[bytes] = Counter()"
TEXTS = "for text in texts:"
PARTS = "for part in split_specials(text, special_tokens)[::2]:"
UPDATE = 'words.update(piece.encode("utf-8") for piece in split_text(part, pattern))'
PIECES = "split_text(part, pattern)"
BYTES = 'piece.encode("utf-8") for'
RETURN = "return words"


MISTAKES = {
    "bpe_scale.count_words": [
        Mistake("the words are counted but not returned", edit(RETURN, "words")),
        Mistake("the words are text, not bytes", edit(BYTES, "piece for")),
        Mistake("the words are tuples of ids, not bytes", edit(BYTES, 'tuple(piece.encode("utf-8")) for')),
        Mistake("the words are encoded in UTF-16", edit(BYTES, 'piece.encode("utf-16-le") for')),
        Mistake(
            "what isn't ASCII is left out of the words",
            edit(BYTES, 'piece.encode("ascii", "ignore") for'),
        ),
        Mistake(
            "the text is normalised, so that accents melt into their letters",
            edit(TEXTS, TEXTS + '\n        text = __import__("unicodedata").normalize("NFC", text)'),
        ),
        Mistake(
            "a carriage return before a line break is dropped",
            edit(TEXTS, TEXTS + '\n        text = text.replace("\\r\\n", "\\n")'),
        ),
        Mistake("long words are left out", edit(PIECES, PIECES + " if len(piece) <= 32")),
        Mistake("the line break after a special token is dropped", edit("[::2]", '[::2][:1] + [after.removeprefix("\\n") for after in split_specials(text, special_tokens)[2::2]]')),
        Mistake("only the hundred most frequent words are returned", edit(RETURN, "return Counter(dict(words.most_common(100)))")),
        Mistake("a text that came before isn't counted again", edit(TEXTS, TEXTS.replace("texts:", "dict.fromkeys(texts):"))),
        Mistake("it stops at an empty text", edit(TEXTS, TEXTS + "\n        if not text:\n            break")),
        Mistake("sixteen texts are held at a time", edit(TEXTS, "from itertools import islice\n\n    stream = iter(texts)\n    for text in (text for batch in iter(lambda: list(islice(stream, 16)), []) for text in batch):")),
        Mistake("the text is folded to small letters", edit(PIECES, "split_text(part.lower(), pattern)")),
        Mistake("the ends of each text are trimmed", edit(TEXTS, TEXTS + "\n        text = text.strip()")),
        Mistake("the space before a word is dropped", edit(BYTES, 'piece.strip(" ").encode("utf-8") for')),
        Mistake(
            "white space isn't counted",
            edit(PIECES, PIECES + " if piece.strip()"),
        ),
        Mistake(
            "the text is cut at white space instead of by the pattern",
            edit(PIECES, "part.split()"),
        ),
        Mistake("the bytes are counted, not the words", edit(
                'piece.encode("utf-8") for piece in split_text(part, pattern)',
                'bytes([byte]) for byte in part.encode("utf-8")',
            )),
        Mistake(
            "each word counts once per text, however often it occurs there",
            edit(
                UPDATE,
                'words.update({piece.encode("utf-8") for piece in split_text(part, pattern)})',
            ),
        ),
        Mistake("a list of words is returned, not their counts", edit(RETURN, "return list(words)")),
        Mistake("each count is one too large", edit(RETURN, "return Counter({word: n + 1 for word, n in words.items()})")),
        Mistake("shares are returned instead of counts", edit(RETURN, "return {word: n / words.total() for word, n in words.items()}")),
        Mistake(
            "the counts of each text replace those of the texts before it",
            edit(
                UPDATE,
                'words = Counter({**words, **Counter(piece.encode("utf-8") for piece in split_text(part, pattern))})',
            ),
        ),
        Mistake("only the last text is counted", edit(TEXTS, TEXTS + "\n        words.clear()")),
        Mistake("only the first text is counted", edit(RETURN, RETURN, UPDATE, UPDATE + "\n        return words")),
        Mistake(
            "all texts are joined to one, so words reach from one into the next",
            edit(TEXTS, 'for text in ["".join(texts)]:'),
        ),
        Mistake(
            "all texts are joined with line breaks, which are counted",
            edit(TEXTS, 'for text in ["\\n".join(texts)]:'),
        ),
        Mistake(
            "the texts are made into a list first",
            edit(TEXTS, "for text in list(texts):"),
        ),
        Mistake(
            "all pieces are gathered in a list before they are counted",
            edit(
                WORDS,
                "gathered = []",
                "words.update(",
                "gathered.extend(",
                RETURN,
                "return Counter(gathered)",
            ),
        ),
        Mistake(
            "the texts are gone through twice, first to see how many there are",
            edit(WORDS, WORDS + "\n    n_texts = sum(1 for _ in texts)"),
        ),
        Mistake("the texts are taken by their numbers, as only a list allows", edit(TEXTS, "for i in range(len(texts)):\n        text = texts[i]")),
        Mistake("the texts that were handed in are used up", edit(TEXTS, "used_up = iter(lambda: texts.pop(0) if texts else None, None)\n    for text in used_up if isinstance(texts, list) else texts:")),
        Mistake("the special tokens are ignored", edit("split_specials(text, special_tokens)[::2]", "[text]")),
        Mistake("the special tokens are counted as words", edit(
            PARTS,
            "for i, part in enumerate(split_specials(text, special_tokens)):\n"
            "            if i % 2:\n                words[part.encode()] += 1\n                continue",
        )),
        Mistake("the special tokens are cut to pieces and counted", edit("[::2]", "")),
        Mistake("the special tokens are counted and the ordinary text is not", edit("[::2]", "[1::2]")),
        Mistake("only the text before the first special token is counted", edit("[::2]", "[:1]")),
        Mistake("the text after the last special token is left out", edit("[::2]", "[::2][:-1] or [text]")),
        Mistake(
            "special tokens are taken out, and what stood around them is joined",
            edit(PARTS, 'for part in ["".join(split_specials(text, special_tokens)[::2])]:'),
        ),
        Mistake(
            "special tokens are replaced by spaces, which are counted",
            edit(PARTS, 'for part in [" ".join(split_specials(text, special_tokens)[::2])]:'),
        ),
        Mistake(
            "only the first special token is cut out",
            edit("split_specials(text, special_tokens)", "split_specials(text, special_tokens[:1])"),
        ),
        Mistake(
            "the special tokens are looked for in the order given, so a shorter one hides a longer one",
            edit(PARTS, """import regex

        parts = regex.split("|".join(map(regex.escape, special_tokens)), text) if special_tokens else [text]
        for part in parts:"""),
        ),
        Mistake(
            "special tokens are read as regular expressions",
            edit(PARTS, """import regex

        longest_first = sorted(special_tokens, key=len, reverse=True)
        parts = regex.split("|".join(longest_first), text) if special_tokens else [text]
        for part in parts:"""),
        ),
        Mistake(
            "special tokens are looked for among the pieces, where they have been cut already",
            edit(PARTS, "for part in [text]:", PIECES, PIECES + " if piece not in special_tokens"),
        ),
        Mistake(
            "special tokens are found in whatever case they are written",
            edit(PARTS, """import regex

        longest_first = sorted(special_tokens, key=len, reverse=True)
        parts = regex.split("(?i)" + "|".join(map(regex.escape, longest_first)), text) if special_tokens else [text]
        for part in parts:"""),
        ),
        Mistake("everything in angle brackets is taken for a special token", edit(PARTS, """import regex

        parts = [p for whole in split_specials(text, special_tokens)[::2] for p in regex.split(r"<\\|\\w+\\|>", whole)]
        for part in parts:""")),
        Mistake("the given pattern is ignored", edit(PIECES, "split_text(part)")),
        Mistake(
            "the pieces come from findall, which gives the groups of a pattern that has some",
            edit(TEXTS, "import regex\n\n    " + TEXTS, UPDATE, 'words.update("".join(piece).encode("utf-8") for piece in regex.findall(pattern, part))'),
        ),
        Mistake(
            "the given pattern cuts whole texts, and special tokens are taken out of the pieces",
            edit(
                PARTS,
                "for part in [text]:",
                PIECES,
                "[p for whole in split_text(part, pattern) for p in split_specials(whole, special_tokens)[::2] if p]",
            ),
        ),
        Mistake(
            "parts without a word between two special tokens end the text",
            edit(PARTS, PARTS + "\n            if not part:\n                break"),
        ),
        Mistake("a text without words is refused", edit(TEXTS, TEXTS + '\n        if not text:\n            raise ValueError("empty text")')),
        Mistake("no texts at all are refused", edit(RETURN, 'if not words:\n        raise ValueError("no words")\n    return words')),
        Mistake(
            "the counts of the call before are added",
            edit(WORDS, 'words: Counter[bytes] = count_words.__dict__.setdefault("words", Counter())'),
        ),
        Mistake(
            "the special tokens of the call before are kept",
            edit(WORDS, 'special_tokens = count_words.__dict__.setdefault("specials", set()) | set(special_tokens)\n    count_words.specials = special_tokens\n    ' + WORDS),
        ),
        Mistake(
            "the special tokens that were handed in are sorted in place",
            edit(WORDS, "if isinstance(special_tokens, list):\n        special_tokens.sort(key=len, reverse=True)\n    " + WORDS),
        ),
        Mistake("empty parts beside special tokens are counted as words", edit(UPDATE, UPDATE + '\n            if not part and text:\n                words[b""] += 1')),
        Mistake(
            "the parts of all texts are kept in a list before they are cut",
            edit(PARTS, "for part in [part for text in texts for part in split_specials(text, special_tokens)[::2]]:", TEXTS, "if True:"),
        ),
        Mistake(
            "a counter for each text is kept, and all are added at the end",
            edit(TEXTS, "counters = []\n    " + TEXTS + "\n        counters.append(Counter())", UPDATE, UPDATE.replace("words", "counters[-1]"), RETURN, "return sum(counters, words)"),
        ),
        Mistake("words that occur once are left out", edit(RETURN, "return Counter({word: n for word, n in words.items() if n > 1})")),
    ]
}
