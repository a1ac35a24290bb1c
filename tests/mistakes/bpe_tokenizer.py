"""Ways people get BPETokenizer wrong from text to ids: encode_piece and encode."""

from vibejam_core.course.known import Mistake, edit

# Passages of encode_piece.
IDS = "ids = [self.byte_ids[byte] for byte in piece]"
WHILE = "while len(ids) > 1:"
FIRST = "first = min(pairwise(ids), key=lambda pair: self.merged_id.get(pair, self.vocab_size))"
STOP = "if first not in self.merged_id:"
MERGE = "ids = merge_pair(ids, first, self.merged_id[first])"
MERGING = """        while len(ids) > 1:
            first = min(pairwise(ids), key=lambda pair: self.merged_id.get(pair, self.vocab_size))
            if first not in self.merged_id:
                break
            ids = merge_pair(ids, first, self.merged_id[first])
        return ids
"""
# Passages of encode.
ALLOWED = "allowed = set(allowed_special)"
UNKNOWN = "for unknown in allowed - self.special_ids.keys():"
RAISE = 'raise ValueError(f"{unknown!r} is no special token of this tokenizer; it has {list(self.special_tokens)}")'
NOTHING = "ids: list[int] = []\n        for i, part in"
PARTS = "for i, part in enumerate(split_specials(text, allowed)):"
EVERY_SECOND = "if i % 2:"
SPECIAL = "ids.append(self.special_ids[part])"
PIECES = "for piece in split_text(part, self.pattern):"
PIECE = 'ids += self.piece_ids(piece.encode("utf-8", "surrogateescape"))'
BYTES = 'piece.encode("utf-8", "surrogateescape")'
ENCODING = f"""        {NOTHING} enumerate(split_specials(text, allowed)):
            {EVERY_SECOND}
                {SPECIAL}
                continue
            {PIECES}
                {PIECE}
        return ids
"""


def first(key):
    """The pair to merge is chosen in another way, by the smallest key."""
    return edit(FIRST, "known = [pair for pair in pairwise(ids) if pair in self.merged_id] or [(-1, -1)]\n"
                       f"            first = min(known, key={key})")


def merging(new):
    """The piece is merged in another way altogether."""
    return edit(MERGING, new)


def text(new):
    """The text is changed before anything else."""
    return edit(ALLOWED, f"text = {new}\n        {ALLOWED}")


def parts(new, *more):
    """The text is cut at other places."""
    return edit(PARTS, f"for i, part in enumerate({new}):", *more)


def pieces(new, *more):
    """The pieces of a part are cut in another way."""
    return edit(PIECES, f"for piece in {new}:", *more)


def utf8(new):
    """The bytes of a piece are found in another way."""
    return edit(BYTES, new)


def encoding(new):
    """Text is encoded in another way altogether."""
    return edit(ENCODING, new)


LONGEST = """        tokens = {token: index for index, token in enumerate(self.token_bytes[: 256 + len(self.merges)])}
"""

PIECE_MISTAKES = [
    # bytes
    Mistake("encode_piece returns nothing", edit(MERGING, MERGING.replace("return ids", "ids"))),
    Mistake("encode_piece returns the tokens' bytes, not their ids",
            edit(MERGING, MERGING.replace("return ids", "return [self.token_bytes[index] for index in ids]"))),
    Mistake("encode_piece returns a tuple for a single byte and nothing for none",
            edit(IDS, IDS + "\n        if len(ids) < 2:\n            return tuple(ids) or None")),
    Mistake("bytes are their own ids, whatever byte_ids says", edit(IDS, "ids = list(piece)")),
    Mistake("the bytes' order is read the wrong way round, from id to byte",
            edit(IDS, "ids = [self.byte_order[byte] for byte in piece]")),
    Mistake("the piece's characters are looked up, not its bytes",
            edit(IDS, 'ids = [ord(character) for character in piece.decode("utf-8", "replace")]')),
    Mistake("a piece that is no UTF-8 stops encode_piece", edit(IDS, 'ids = [self.byte_ids[b] for b in piece.decode().encode()]')),
    Mistake("bytes that are no UTF-8 are replaced before a piece is encoded",
            edit(IDS, 'ids = [self.byte_ids[b] for b in piece.decode("utf-8", "replace").encode()]')),
    Mistake("the empty piece stops encode_piece with an IndexError", edit(IDS, "piece[0]\n        " + IDS)),
    Mistake("the empty piece gives id 0", edit(IDS, IDS + " or [0]")),
    Mistake("bytes of value 0 are skipped", edit(IDS, IDS.replace(" in piece", " in piece if byte"))),
    Mistake("capitals are encoded as small letters", edit(IDS, IDS.replace("in piece", "in piece.lower()"))),
    Mistake("encode_piece strips the piece", edit(IDS, IDS.replace("in piece", "in piece.strip()"))),
    # which pair
    Mistake("nothing is merged", edit(STOP, "if True:")),
    Mistake("only one pair is merged", edit(MERGE, MERGE + "\n            break")),
    Mistake("merging stops when the piece has become half as long", edit(WHILE, "while len(ids) > max(1, len(piece) // 2):")),
    Mistake("two ids that are left are never merged", edit(WHILE, "while len(ids) > 2:")),
    Mistake("the pair that stands first is merged first, not the one that was learnt first",
            edit(FIRST, "first = next((pair for pair in pairwise(ids) if pair in self.merged_id), (-1, -1))")),
    Mistake("the pair that stands last is merged first, not the one that was learnt first",
            edit(FIRST, "first = next((pair for pair in list(pairwise(ids))[::-1] if pair in self.merged_id), (-1, -1))")),
    Mistake("the pair that was learnt last is merged first", first("lambda pair: -self.merged_id.get(pair, 0)")),
    Mistake("the pair that makes the longest token is merged first",
            first("lambda pair: (-len(self.token_bytes[pair[0]] + self.token_bytes[pair[1]]), "
                  "self.merged_id.get(pair, 0))")),
    Mistake("the pair that makes the shortest token is merged first",
            first("lambda pair: (len(self.token_bytes[pair[0]] + self.token_bytes[pair[1]]), "
                  "self.merged_id.get(pair, 0))")),
    Mistake("the pair that is most frequent in the piece is merged first",
            first("lambda pair: (-list(pairwise(ids)).count(pair), self.merged_id.get(pair, 0))")),
    Mistake("the pair with the smallest ids is merged first", first("lambda pair: pair")),
    Mistake("only the pair that comes first of all merges is looked for, and merging ends where it is missing",
            edit(STOP, "if first != self.merges[0]:")),
    Mistake("the longest token is taken from the left, again and again, whatever was learnt first",
            merging(LONGEST + """        ids, i = [], 0
        while i < len(piece):
            end = next(end for end in range(len(piece), i, -1) if piece[i:end] in tokens)
            ids.append(tokens[piece[i:end]])
            i = end
        return ids
""")),
    Mistake("the longest token is taken from the right, again and again",
            merging(LONGEST + """        ids, end = [], len(piece)
        while end > 0:
            i = next(i for i in range(end) if piece[i:end] in tokens)
            ids.insert(0, tokens[piece[i:end]])
            end = i
        return ids
""")),
    Mistake("the piece is cut into as few tokens as possible",
            merging(LONGEST + """        best = [[]]
        for end in range(1, len(piece) + 1):
            found = [best[i] + [tokens[piece[i:end]]] for i in range(end) if piece[i:end] in tokens]
            best.append(min(found, key=len))
        return best[-1]
""")),
    Mistake("the merges are gone through only once, from the last learnt to the first",
            merging("""        for pair in reversed(self.merges):
            ids = merge_pair(ids, pair, self.merged_id[pair])
        return ids
""")),
    Mistake("the piece is gone through only once, and each pair merged as it comes",
            merging("""        merged = []
        for index in ids:
            merged.append(index)
            while len(merged) > 1 and tuple(merged[-2:]) in self.merged_id:
                merged[-2:] = [self.merged_id[tuple(merged[-2:])]]
        return merged
""")),
    Mistake("neighbours are merged two by two in rounds, from the left",
            merging("""        before = None
        while ids != before:
            before, ids, i = ids, [], 0
            while i < len(before):
                pair = tuple(before[i : i + 2])
                ids.append(self.merged_id.get(pair, before[i]))
                i += 2 if pair in self.merged_id else 1
        return ids
""")),
    Mistake("the very first merge is overlooked, because its place in the list is 0",
            merging("""        while len(ids) > 1:
            ranks = {pair: i for i, pair in enumerate(self.merges)}
            known = [pair for pair in pairwise(ids) if ranks.get(pair)]
            if not known:
                break
            pair = min(known, key=ranks.get)
            ids = merge_pair(ids, pair, self.merged_id[pair])
        return ids
""")),
    Mistake("merges of two merges are never made", edit(FIRST, FIRST.replace("pairwise(ids)", "known"),
            WHILE, WHILE + "\n            known = [pair for pair in pairwise(ids) if min(pair) < 256] or [(-1, -1)]")),
    Mistake("the last pair of the piece is never looked at", edit(FIRST, FIRST.replace("pairwise(ids)", "pairwise(ids[:-1])"),
            WHILE, "while len(ids) > 2:")),
    # how it is merged
    Mistake("encode_piece merges from right to left", edit(MERGE, "ids = merge_pair(ids[::-1], first[::-1], self.merged_id[first])[::-1]")),
    Mistake("encode_piece gives ids that are one too low", edit(MERGE, MERGE.replace("[first])", "[first] - 1)"),
            STOP, "if first not in self.merged_id or self.merged_id[first] == 256:")),
    Mistake("encode_piece gives the merge's place in the list, not its id",
            edit(MERGING, MERGING.replace("return ids", "return [index % 256 if index > 255 else index for index in ids]"))),
    Mistake("special tokens' ids come before the merges'",
            edit(MERGING, MERGING.replace("return ids", "return [index + len(self.special_tokens) if index > 255 else index "
                                          "for index in ids]"))),
    Mistake("a piece that spells a special token becomes its id",
            edit(IDS, 'special = self.special_ids.get(piece.decode("utf-8", "replace"))\n        '
                      "if special is not None:\n            return [special]\n        " + IDS)),
    Mistake("special tokens inside a piece become their ids",
            merging(MERGING.replace("        return ids\n", """        merged = []
        for i, index in enumerate(ids):
            token = self.token_bytes[index].decode("utf-8", "replace")
            merged.append(self.special_ids.get(token, index))
        return merged
"""))),
    Mistake("encode_piece calls itself for each byte, so that long pieces are a RecursionError",
            merging("""        def again(ids):
            known = [pair for pair in pairwise(ids) if pair in self.merged_id]
            if not known:
                return ids[:1] + again(ids[1:]) if ids else ids
            pair = min(known, key=self.merged_id.get)
            return again(merge_pair(ids, pair, self.merged_id[pair]))

        return again([*ids])
""")),
    Mistake("a piece is cut after two hundred bytes", edit(IDS, IDS.replace("in piece", "in piece[:200]"))),
    Mistake("a long piece is encoded in blocks of a hundred bytes",
            edit(IDS, "if len(piece) > 100:\n            "
                      "return self.encode_piece(piece[:100]) + self.encode_piece(piece[100:])\n        " + IDS)),
    Mistake("encode_piece hands out the list that it remembers, so a change to it stays",
            edit(IDS, "if piece in self.remembered:\n            return self.remembered[piece]\n        " + IDS,
                 MERGING, MERGING.replace("return ids", "self.remembered[piece] = ids\n        return ids"))),
    Mistake("encode_piece remembers pieces for all tokenizers together",
            edit(IDS, 'known = type(self).__dict__.get("known")\n        if known is None:\n            '
                      "known = type(self).known = {}\n        if piece in known:\n            return list(known[piece])\n"
                      "        " + IDS,
                 MERGING, MERGING.replace("return ids", "known[piece] = list(ids)\n        return ids"))),
    Mistake("encode_piece forgets merges that it has used once",
            edit(MERGE, MERGE.replace("self.merged_id[first]", "self.merged_id.pop(first)"))),
    Mistake("merging stops after fifty rounds", edit(IDS, IDS + "\n        rounds = 0",
            STOP, "rounds += 1\n            " + STOP.replace(":", " or rounds > 5:"))),
]

ENCODE_MISTAKES = [
    # ordinary text
    Mistake("encode returns nothing", encoding(ENCODING.replace("return ids", "ids"))),
    Mistake("encode returns a list for each piece", edit(PIECE, PIECE.replace("+= ", "+= [") + "]")),
    Mistake("encode returns a tuple", encoding(ENCODING.replace("return ids", "return tuple(ids)"))),
    Mistake("encode returns a tensor",
            encoding(ENCODING.replace("return ids", "import torch\n\n        return torch.tensor(ids)"))),
    Mistake("encode makes the ids floats", encoding(ENCODING.replace("return ids", "return [float(i) for i in ids]"))),
    Mistake("encode returns the tokens' bytes", encoding(ENCODING.replace("return ids", "return [self.token_bytes[i] for i in ids]"))),
    Mistake("the whole text is encoded as one piece", pieces("[part]")),
    Mistake("the text is cut at white space, which is left out", pieces("part.split()")),
    Mistake("the text is cut into characters", pieces("part")),
    Mistake("the tokenizer's pattern is ignored", pieces("split_text(part)")),
    Mistake("text is cut with GPT-2's pattern", pieces("split_text(part, GPT2_PATTERN)")),
    Mistake("the ids of all pieces are merged once more",
            encoding(ENCODING.replace("return ids", """while len(ids) > 1:
            first = min(pairwise(ids), key=lambda pair: self.merged_id.get(pair, self.vocab_size))
            if first not in self.merged_id:
                break
            ids = merge_pair(ids, first, self.merged_id[first])
        return ids"""))),
    Mistake("each different piece is encoded once only", pieces("dict.fromkeys(split_text(part, self.pattern))")),
    Mistake("only the first piece is encoded", pieces("split_text(part, self.pattern)[:1]")),
    Mistake("the last piece is left out", pieces("split_text(part, self.pattern)[:-1]")),
    Mistake("pieces are put in front of each other, last piece first",
            edit(PIECE, 'ids = self.piece_ids(piece.encode("utf-8", "surrogateescape")) + ids')),
    Mistake("each piece is stripped", utf8('piece.strip().encode("utf-8", "surrogateescape")')),
    Mistake("a space is put in front of the text", text('" " + text if text else text')),
    Mistake("the bytes are not merged", edit(PIECE, 'ids += [self.byte_ids[b] for b in piece.encode("utf-8", "surrogateescape")]')),
    # characters
    Mistake("characters are encoded by their code point, where it is a byte", utf8('piece.encode("latin-1", "replace")')),
    Mistake("characters beyond ASCII become question marks", utf8('piece.encode("ascii", "replace")')),
    Mistake("characters beyond ASCII are left out", utf8('piece.encode("ascii", "ignore")')),
    Mistake("text is encoded as UTF-16", utf8('piece.encode("utf-16-le", "surrogatepass")')),
    Mistake("each piece begins with a byte order mark", utf8('piece.encode("utf-8-sig", "surrogateescape")')),
    Mistake("lone surrogates are an error", utf8('piece.encode("utf-8")')),
    Mistake("lone surrogates are encoded as three bytes each", utf8('piece.encode("utf-8", "surrogatepass")')),
    Mistake("lone surrogates become question marks", utf8('piece.encode("utf-8", "replace")')),
    Mistake("lone surrogates are left out", utf8('piece.encode("utf-8", "ignore")')),
    Mistake("lone surrogates are written out with a backslash", utf8('piece.encode("utf-8", "backslashreplace")')),
    Mistake("lone surrogates become replacement characters",
            text('regex.sub("[\\ud800-\\udfff]", "\\ufffd", text)')),
    Mistake("lone surrogates that stand for bytes are right, all others are left out",
            text('"".join(c for c in text if not 0xD800 <= ord(c) < 0xDC80 and not 0xDCFF < ord(c) < 0xE000)')),
    Mistake("lone surrogates that stand for bytes are right, all others are encoded as three bytes",
            utf8('b"".join(c.encode("utf-8", "surrogateescape" if 0xDC80 <= ord(c) < 0xDD00 else "surrogatepass") for c in piece)')),
    Mistake("two surrogates that make a pair in UTF-16 are joined into a character",
            text('text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass") '
                 'if any(map("\\ud800".__le__, text)) else text')),
    Mistake("bytes of lone surrogates are joined into characters before the text is cut into pieces",
            text('text.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")')),
    # the text as it is
    Mistake("encode strips the text", text("text.strip()")),
    Mistake("encode turns capitals into small letters", text("text.lower()")),
    Mistake("encode puts letters and their accents together", text('__import__("unicodedata").normalize("NFC", text)')),
    Mistake("encode turns ligatures and wide spaces into plain characters",
            text('"".join(__import__("unicodedata").normalize("NFKC", c) if c in "ﬁ\\u00a0" else c for c in text)')),
    Mistake("encode turns all line breaks into \\n", text('text.replace("\\r\\n", "\\n").replace("\\r", "\\n")')),
    Mistake("encode drops a byte order mark at the start", text('text.removeprefix("\\ufeff")')),
    Mistake("encode drops control characters", text('"".join(c for c in text if c >= " " or c in "\\n\\t\\r")')),
    Mistake("encode drops replacement characters", text('text.replace("\\ufffd", "")')),
    Mistake("encode ends at a zero character", text('text.partition("\\0")[0]')),
    Mistake("the empty text is refused by encode",
            edit(ALLOWED, 'if not text:\n            raise ValueError("the text is empty")\n        ' + ALLOWED)),
    Mistake("the empty text gives None", edit(ALLOWED, "if not text:\n            return None\n        " + ALLOWED)),
    Mistake("a special token is put in front of every text",
            edit(NOTHING, NOTHING.replace("= []", "= list(self.special_ids.values())[:1]"))),
    # what special tokens there are
    Mistake("special tokens are always found, allowed or not", parts("split_specials(text, self.special_tokens)")),
    Mistake("all special tokens are found as soon as one is allowed",
            parts("split_specials(text, self.special_tokens if allowed else ())")),
    Mistake("special tokens are never found", parts("[text]")),
    Mistake("special tokens that aren't allowed are left out of the text",
            text('"".join(split_specials(text, self.special_tokens)[::2]) if not allowed_special else text')),
    Mistake("special tokens that aren't allowed are refused",
            edit(ALLOWED, ALLOWED + '\n        if any(special in text for special in set(self.special_tokens) - allowed):\n'
                 '            raise ValueError("a special token that is not allowed")')),
    Mistake("only the first of the allowed special tokens is found", parts("split_specials(text, list(allowed_special)[:1])")),
    Mistake("special tokens are cut out in their order, not the longest first",
            parts('regex.split("(" + "|".join(map(regex.escape, [s for s in self.special_tokens if s in allowed])) + ")", text) '
                  "if allowed else [text]")),
    Mistake("special tokens are cut out in the order of allowed_special, not the longest first",
            parts('regex.split("(" + "|".join(map(regex.escape, allowed_special)) + ")", text) if allowed else [text]')),
    Mistake("the longest special token is found first, and then left alone because it isn't allowed",
            parts("split_specials(text, self.special_tokens) if allowed else [text]",
                  EVERY_SECOND, "if i % 2 and part in allowed:")),
    Mistake("special tokens are searched as regular expressions, without an escape",
            parts('regex.split("(" + "|".join(sorted(allowed, key=len, reverse=True)) + ")", text) if allowed else [text]')),
    Mistake("special tokens are found only where they are a piece of their own",
            encoding("""        ids: list[int] = []
        for piece in split_text(text, self.pattern):
            if piece in allowed:
                ids.append(self.special_ids[piece])
            else:
                ids += self.piece_ids(piece.encode("utf-8", "surrogateescape"))
        return ids
""")),
    Mistake("special tokens are put in front of the pattern, so that white space before them goes along",
            encoding("""        ids: list[int] = []
        longest = sorted(allowed, key=len, reverse=True)
        for piece in split_text(text, "|".join([*map(regex.escape, longest), self.pattern])):
            if piece in allowed:
                ids.append(self.special_ids[piece])
            else:
                ids += self.piece_ids(piece.encode("utf-8", "surrogateescape"))
        return ids
""")),
    Mistake("special tokens are taken for what stands between <| and |>",
            parts('regex.split(r"(<\\|\\w+\\|>)", text) if allowed else [text]', EVERY_SECOND, "if i % 2 and part in allowed:")),
    Mistake("special tokens are found only between spaces",
            encoding("""        ids: list[int] = []
        for part in regex.split(r"( )", text) if allowed else [text]:
            if part in allowed:
                ids.append(self.special_ids[part])
                continue
            for piece in split_text(part, self.pattern):
                ids += self.piece_ids(piece.encode("utf-8", "surrogateescape"))
        return ids
""")),
    Mistake("only the first special token in the text is found",
            parts('(lambda parts: parts[:2] + ["".join(parts[2:])] if len(parts) > 2 else parts)(split_specials(text, allowed))')),
    Mistake("a special token is found only at the end of the text",
            parts('(lambda parts: ["".join(parts[:-2]), *parts[-2:]] if parts[-1] == "" else ["".join(parts)])'
                  "(split_specials(text, allowed))")),
    Mistake("special tokens that touch each other count once",
            edit(SPECIAL, "if ids[-1:] != [self.special_ids[part]]:\n                    " + SPECIAL)),
    # what becomes of them
    Mistake("allowed special tokens are skipped", edit(SPECIAL, "pass")),
    Mistake("allowed special tokens are encoded like ordinary text", edit(EVERY_SECOND, "if False:")),
    Mistake("ordinary text is skipped where a special token is allowed", edit(PIECES, PIECES.replace("split_text(part,", 'split_text("" if allowed else part,'))),
    Mistake("special tokens' ids count from 0", edit(SPECIAL, "ids.append(self.special_tokens.index(part))")),
    Mistake("special tokens' ids count from 256", edit(SPECIAL, "ids.append(256 + self.special_tokens.index(part))")),
    Mistake("special tokens' ids count from 1 behind the merges", edit(SPECIAL, "ids.append(self.special_ids[part] + 1)")),
    Mistake("every special token gets the first one's id", edit(SPECIAL, "ids.append(256 + len(self.merges))")),
    Mistake("special tokens' ids are found by their bytes, where a merge may come first",
            edit(SPECIAL, "ids.append(self.token_bytes.index(part.encode()))")),
    Mistake("where nothing is allowed, what was allowed the last time is",
            edit(ALLOWED, ALLOWED + ' or self.__dict__.get("last", set())\n        self.last = allowed')),
    Mistake("special tokens' ids follow the order of allowed_special",
            edit(SPECIAL, "ids.append(256 + len(self.merges) + list(allowed_special).index(part))")),
    Mistake("the parts between special tokens are stripped by encode", pieces("split_text(part.strip() if allowed else part, self.pattern)")),
    Mistake("special tokens are found in capitals and in small letters",
            parts('regex.split("(" + "|".join(map(regex.escape, sorted(allowed, key=len, reverse=True))) + ")", text, flags=regex.I) '
                  "if allowed else [text]",
                  SPECIAL, "ids.append(next(i for s, i in self.special_ids.items() if s.lower() == part.lower()))")),
    Mistake("the line break behind a special token is dropped",
            pieces('split_text(part.removeprefix("\\n") if i else part, self.pattern)')),
    Mistake("the line break in front of a special token is dropped",
            pieces('split_text(part.removesuffix("\\n") if allowed else part, self.pattern)')),
    Mistake("unknown special tokens are dropped from a set, where they are refused in a list",
            edit(ALLOWED, ALLOWED + "\n        if isinstance(allowed_special, set):\n            allowed &= self.special_ids.keys()")),
    Mistake("a piece is cut after 512 characters", utf8('piece[:512].encode("utf-8", "surrogateescape")')),
    Mistake("a text is cut after 1024 ids", encoding(ENCODING.replace("return ids", "return ids[:1024]"))),
    Mistake("the space behind a special token is dropped",
            pieces('split_text(part.removeprefix(" ") if i else part, self.pattern)')),
    Mistake("encode ends at the first special token", edit(SPECIAL, SPECIAL + "\n                break",
            "                continue\n", "")),
    # who may be allowed
    Mistake("unknown special tokens are accepted and never found",
            edit(UNKNOWN, "for unknown in ():", PARTS, PARTS.replace("allowed", "allowed & self.special_ids.keys()"))),
    Mistake("unknown special tokens stop encode with a KeyError, if the text holds one", edit(UNKNOWN, "for unknown in ():")),
    Mistake("unknown special tokens are refused only if the text holds one",
            edit(UNKNOWN, "for unknown in {s for s in allowed - self.special_ids.keys() if s in text}:")),
    Mistake("special tokens are refused only if none of the allowed ones is known",
            edit(UNKNOWN, "for unknown in allowed if not allowed & self.special_ids.keys() else ():")),
    Mistake("the error for an unknown special token is a KeyError", edit(RAISE, RAISE.replace("ValueError", "KeyError"))),
    Mistake("the error for an unknown special token doesn't name it", edit(RAISE, 'raise ValueError("no such special token")')),
    Mistake("the error names an allowed special token, which may be a known one",
            edit(RAISE, RAISE.replace("{unknown!r}", "{sorted(allowed)[0]!r}"))),
    Mistake("words that are tokens pass for special tokens",
            edit(UNKNOWN, "for unknown in [s for s in allowed if s.encode() not in self.token_bytes]:",
                 SPECIAL, "ids.append(self.token_bytes.index(part.encode()))")),
    Mistake("allowed special tokens must come as a set, because they are copied as one",
            edit(ALLOWED, "allowed = set.copy(allowed_special or set())")),
    Mistake("allowed special tokens must come as a list, because they are sorted in place",
            edit(ALLOWED, "if allowed_special:\n            allowed_special.sort(key=len)\n        " + ALLOWED)),
    Mistake("the set of allowed special tokens is used up",
            edit(PARTS, "found = split_specials(text, allowed)\n        if isinstance(allowed_special, set):\n"
                 "            allowed_special.clear()\n        for i, part in enumerate(found):")),
    Mistake("a special token that was allowed once stays allowed",
            edit(ALLOWED, 'allowed = self.__dict__.setdefault("allowed", set())\n        allowed |= set(allowed_special)')),
    # what stays
    Mistake("the ids of earlier texts are still in the list",
            edit(NOTHING, NOTHING.replace("[]", 'self.__dict__.setdefault("ids", [])'))),
    Mistake("the first piece's list is the one that the tokenizer remembers, and the others are added to it",
            encoding("""        ids = None
        for i, part in enumerate(split_specials(text, allowed)):
            for piece in [part] if i % 2 else split_text(part, self.pattern):
                found = [self.special_ids[part]] if i % 2 else self.piece_ids(piece.encode("utf-8", "surrogateescape"))
                if ids is None:
                    ids = found
                else:
                    ids += found
        return ids or []
""")),
    Mistake("a text of one piece is the very list that the tokenizer remembers",
            encoding(ENCODING.replace("        ids: list[int] = []\n", """        if not allowed and len(split_text(text, self.pattern)) == 1:
            return self.piece_ids(text.encode("utf-8", "surrogateescape"))
        ids: list[int] = []
"""))),
    Mistake("a text is encoded in blocks of sixty characters", pieces(
        "[piece for k in range(0, len(part), 60) for piece in split_text(part[k : k + 60], self.pattern)]")),
]

MISTAKES = {"bpe.BPETokenizer": PIECE_MISTAKES + ENCODE_MISTAKES}
