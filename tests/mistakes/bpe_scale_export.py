"""Ways people get to_tiktoken and token_byte_lengths wrong."""

from vibejam_core.course.known import Mistake, edit

LOOP = "for index in range(256 + len(tokenizer.merges)):"
DATA = "data = tokenizer.token_bytes[index]"
TWICE = "if data in ranks:"
ERROR = """raise ValueError(
                f"tokens {ranks[data]} and {index} are both {data!r}, and tiktoken tells them by their bytes"
            )"""
RANK = "ranks[data] = index"
RETURN = "return tiktoken.Encoding("
NAME = "name, pat_str"
PATTERN = "pat_str=tokenizer.pattern"
RANKS = "mergeable_ranks=ranks"
SPECIALS = "special_tokens=tokenizer.special_ids"
EMPTY = "ranks: dict[bytes, int] = {}"


def specials(new):
    """The special tokens are handed over in another way."""
    return edit(SPECIALS, f"special_tokens={new}")


LENGTHS = "lengths = [len(data) for data in tokenizer.token_bytes]"
EACH = "for special in tokenizer.special_ids.values():"
ZERO = "lengths[special] = 0"
TENSOR = "return torch.tensor(lengths)  # (V,)"


def each(new):
    """The length of token ``data``, with id ``i``, is found in another way."""
    return edit(LENGTHS, f"lengths = [{new} for i, data in enumerate(tokenizer.token_bytes)]")


MISTAKES = {
    "bpe_scale.to_tiktoken": [
        Mistake("the encoding is made but not returned", edit(RETURN, "tiktoken.Encoding(")),
        Mistake("the dictionary of ranks is returned, not an encoding", edit(RETURN, "return ranks\n    tiktoken.Encoding(")),
        Mistake("the tokenizer itself is returned", edit(RETURN, "return tokenizer\n    tiktoken.Encoding(")),
        Mistake("the encoding's name is always \"vibejam\"", edit(NAME, '"vibejam", pat_str')),
        Mistake("the name has no default", edit(', name: str = "vibejam"', ", name: str")),
        Mistake("an encoding that isn't named is called bpe", edit('"vibejam"', '"bpe"')),
        Mistake("the encoding is named after the tokenizer's kind", edit(NAME, "tokenizer.kind, pat_str")),
        Mistake("the pattern of the course is used, whatever the tokenizer's is", edit(PATTERN, "pat_str=PATTERN")),
        Mistake(
            "the pattern of GPT-2 is used, whatever the tokenizer's is",
            edit(EMPTY, "from vibejam_core.text.bpe import GPT2_PATTERN\n\n    " + EMPTY, PATTERN, "pat_str=GPT2_PATTERN"),
        ),
        Mistake("no pattern cuts the text", edit(PATTERN, 'pat_str=r"[\\s\\S]+"')),
        Mistake("the pattern is escaped, so it only matches itself", edit(PATTERN, 'pat_str=__import__("re").escape(tokenizer.pattern)')),
        Mistake(
            "bytes get their values as ids, whatever order the tokenizer has",
            edit(DATA, "data = tokenizer.token_bytes[index] if index > 255 else bytes([index])"),
        ),
        Mistake(
            "the order of bytes is applied the wrong way round",
            edit(DATA, "data = tokenizer.token_bytes[index] if index > 255 else bytes([tokenizer.byte_ids[index]])"),
        ),
        Mistake("the merges are left out", edit(LOOP, "for index in range(256):")),
        Mistake("the last merge is left out", edit(LOOP, "for index in range(255 + len(tokenizer.merges)):")),
        Mistake("the bytes are left out", edit(LOOP, "for index in range(256, 256 + len(tokenizer.merges)):")),
        Mistake("byte 0 is left out", edit(LOOP, "for index in range(1, 256 + len(tokenizer.merges)):")),
        Mistake("merges get ids from 257 on", edit(RANK, "ranks[data] = index + (index > 255)")),
        Mistake("ids begin at 1", edit(RANK, "ranks[data] = index + 1")),
        Mistake("merges are numbered from 0, as the bytes are", edit(RANK, "ranks[data] = index % 256")),
        Mistake(
            "ids and bytes are swapped in the ranks",
            edit(RANKS, "mergeable_ranks={index: data for data, index in ranks.items()}"),
        ),
        Mistake(
            "the longest tokens get the lowest ranks",
            edit(RANKS, "mergeable_ranks={data: i for i, data in enumerate(sorted(ranks, key=lambda data: (len(data) > 1, -len(data))))}"),
        ),
        Mistake(
            "tokens are ranked by their length",
            edit(RANKS, "mergeable_ranks={data: i for i, data in enumerate(sorted(ranks, key=len))}"),
        ),
        Mistake(
            "tokens are ranked by their bytes",
            edit(RANKS, "mergeable_ranks={data: i for i, data in enumerate(sorted(ranks))}"),
        ),
        Mistake(
            "the last merge gets the lowest rank",
            edit(RANKS, "mergeable_ranks={data: i if i < 256 else 255 + len(ranks) - i + 256 for data, i in ranks.items()}"),
        ),
        Mistake(
            "tokens are ranked by their decoded text, so those that are no valid UTF-8 fall together",
            edit(DATA, "data = tokenizer.decode([index]).encode()", TWICE, "if False:"),
        ),
        Mistake(
            "tokens that are no valid UTF-8 are refused, since their decoded text is the same",
            edit(DATA, "data = tokenizer.decode([index]).encode()"),
        ),
        Mistake(
            "merges that are no valid UTF-8 are left out",
            edit(TWICE, 'if index > 255 and "\\ufffd" in data.decode("utf-8", "replace"):\n            continue\n        ' + TWICE),
        ),
        Mistake(
            "tokens are refused that have the same letters up to white space",
            edit(TWICE, "if data.strip() in ranks and index > 255 and data != data.strip():\n            raise ValueError(f\"{data!r} is there twice\")\n        " + TWICE),
        ),
        Mistake("the special tokens are left out", specials("{}")),
        Mistake("the special tokens are ranked among the ordinary ones", edit(LOOP, "for index in range(tokenizer.vocab_size):", SPECIALS, "special_tokens={}")),
        Mistake(
            "the special tokens are ranked among the ordinary ones, too",
            edit(LOOP, "for index in range(tokenizer.vocab_size):", TWICE, "if data in ranks and index < 256 + len(tokenizer.merges):"),
        ),
        Mistake("special tokens and ordinary ones may not spell the same", edit(LOOP, "for index in range(tokenizer.vocab_size):", RANKS, "mergeable_ranks=dict(list(ranks.items())[: 256 + len(tokenizer.merges)])")),
        Mistake("the special tokens' ids are one too large", specials("{text: i + 1 for text, i in tokenizer.special_ids.items()}")),
        Mistake("the special tokens' ids are one too small", specials("{text: i - 1 for text, i in tokenizer.special_ids.items()}")),
        Mistake("the special tokens' ids begin at 0", specials("{text: i for i, text in enumerate(tokenizer.special_tokens)}")),
        Mistake("the special tokens' ids begin at 256, before the merges", specials("{text: 256 + i for i, text in enumerate(tokenizer.special_tokens)}")),
        Mistake("the special tokens' ids are in reverse order", specials("dict(zip(tokenizer.special_tokens[::-1], tokenizer.special_ids.values()))")),
        Mistake("the special tokens are sorted before they get their ids", specials("dict(zip(sorted(tokenizer.special_tokens), tokenizer.special_ids.values()))")),
        Mistake("only the first special token is handed over", specials("dict(list(tokenizer.special_ids.items())[:1])")),
        Mistake("the special tokens are handed over in small letters", specials("{text.lower(): i for text, i in tokenizer.special_ids.items()}")),
        Mistake("the special tokens are trimmed", specials("{text.strip(): i for text, i in tokenizer.special_ids.items()}")),
        Mistake("the pattern takes capitals for small letters", edit(PATTERN, 'pat_str="(?i)" + tokenizer.pattern')),
        Mistake("long tokens are left out", edit(TWICE, "if len(data) > 16:\n            continue\n        " + TWICE)),
        Mistake("ids and texts of the special tokens are swapped", specials("{i: text for text, i in tokenizer.special_ids.items()}")),
        Mistake("the special tokens are handed over as bytes", specials("{text.encode(): i for text, i in tokenizer.special_ids.items()}")),
        Mistake("special tokens are handed over only if they stand in angle brackets", specials('{text: i for text, i in tokenizer.special_ids.items() if text.startswith("<")}')),
        Mistake("a special token replaces the ordinary token that spells the same", edit(RETURN, "for special in tokenizer.special_tokens:\n        ranks.pop(special.encode(), None)\n    " + RETURN)),
        Mistake("special tokens that spell an ordinary token are left out", specials("{text: i for text, i in tokenizer.special_ids.items() if text.encode() not in ranks}")),
        Mistake("n_vocab is claimed to be that of the ordinary tokens", edit(RANKS, RANKS + ", explicit_n_vocab=len(ranks)")),
        Mistake("of two tokens with the same bytes the last one counts, and nothing is said", edit(TWICE, "if False:")),
        Mistake(
            "of two tokens with the same bytes the first one counts, and nothing is said",
            edit(ERROR, "continue"),
        ),
        Mistake("the error names the bytes and neither id", edit(ERROR, 'raise ValueError(f"two tokens are both {data!r}")')),
        Mistake("the error names only the second id", edit(ERROR, 'raise ValueError(f"token {index} is there already: {data!r}")')),
        Mistake("the error names only the first id", edit(ERROR, 'raise ValueError(f"token {ranks[data]} is there again: {data!r}")')),
        Mistake("two tokens with the same bytes are a KeyError", edit(ERROR, ERROR.replace("ValueError", "KeyError"))),
        Mistake("two tokens with the same bytes are an AssertionError", edit(ERROR, ERROR.replace("ValueError", "AssertionError"))),
        Mistake("the same bytes are noticed only in neighbouring tokens", edit(TWICE, "if index and data == tokenizer.token_bytes[index - 1]:", RANK, "ranks.setdefault(data, index)")),
        Mistake("the tokenizer loses its special tokens", edit(RETURN, "encoding = tiktoken.Encoding(", SPECIALS + "\n    )", "special_tokens=dict(tokenizer.special_ids)\n    )\n    tokenizer.special_ids.clear()\n    return encoding")),
        Mistake("the tokenizer's list of tokens loses its special ones", edit(RETURN, "del tokenizer.token_bytes[256 + len(tokenizer.merges) :]\n    " + RETURN)),
        Mistake("the encoding is kept by its name, and the next tokenizer of that name gets it, too", edit(RETURN, 'kept = to_tiktoken.__dict__.setdefault("kept", {})\n    if name in kept and len(ranks) > 257 and len(kept[name]._mergeable_ranks) > 257:\n        return kept[name]\n    kept[name] = tiktoken.Encoding(', SPECIALS + "\n    )", SPECIALS + "\n    )\n    return kept[name]")),
    ],
    "bpe_scale.token_byte_lengths": [
        Mistake("the lengths are found but not returned", edit(TENSOR, "torch.tensor(lengths)")),
        Mistake("a list is returned, not a tensor", edit(TENSOR, "return lengths")),
        Mistake("the sum of the lengths is returned", edit(TENSOR, "return torch.tensor(lengths).sum()")),
        Mistake("the lengths are int32", edit(TENSOR, "return torch.tensor(lengths, dtype=torch.int32)")),
        Mistake("the lengths are floats", edit(TENSOR, "return torch.tensor(lengths, dtype=torch.float32)")),
        Mistake("the lengths are a row of a matrix", edit(TENSOR, "return torch.tensor([lengths])")),
        Mistake("the lengths are a column of a matrix", edit(TENSOR, "return torch.tensor(lengths)[:, None]")),
        Mistake("the lengths are bits, not bytes", edit(TENSOR, "return 8 * torch.tensor(lengths)")),
        Mistake("the lengths go through 8 bits, so that 256 becomes 0", edit(TENSOR, "return torch.tensor([n % 256 for n in lengths])")),
        Mistake("the lengths are sorted", edit(TENSOR, "return torch.tensor(sorted(lengths))")),
        Mistake("special tokens count with the bytes of their text", edit(ZERO, "pass")),
        Mistake("special tokens have length 1", edit(ZERO, "lengths[special] = 1")),
        Mistake("special tokens have length -1", edit(ZERO, "lengths[special] = -1")),
        Mistake("special tokens are left out", edit(TENSOR, "return torch.tensor(lengths[: 256 + len(tokenizer.merges)])")),
        Mistake("merges are left out", edit(TENSOR, "return torch.tensor(lengths[:256] + lengths[256 + len(tokenizer.merges) :])")),
        Mistake("the 256 bytes are left out", edit(TENSOR, "return torch.tensor(lengths[256:])")),
        Mistake("only the first special token has length 0", edit(EACH, "for special in list(tokenizer.special_ids.values())[:1]:")),
        Mistake("only the last special token has length 0", edit(EACH, "for special in list(tokenizer.special_ids.values())[-1:]:")),
        Mistake("the first ids are taken for the special tokens", edit(EACH, "for special in range(len(tokenizer.special_ids)):")),
        Mistake("the tokens right after the bytes are taken for the special tokens", edit(EACH, "for special in range(256, 256 + len(tokenizer.special_ids)):")),
        Mistake("the last token is taken for special, even where none is", edit(EACH, "for special in [*tokenizer.special_ids.values(), -1]:")),
        Mistake("what looks like a special token has length 0, and only that", edit(EACH, 'for special in [i for i, data in enumerate(tokenizer.token_bytes) if data[:1] == b"<" and data[-1:] == b">" and len(data) > 1]:')),
        Mistake("ordinary tokens that spell a special one have length 0, too", edit(EACH, "for special in [i for i, data in enumerate(tokenizer.token_bytes) if data.decode(\"utf-8\", \"replace\") in tokenizer.special_ids]:")),
        Mistake("the first token that spells a special one has length 0, not the special token", edit(EACH, "for special in [tokenizer.token_bytes.index(text.encode()) for text in tokenizer.special_ids]:")),
        Mistake("characters are counted, not bytes", each('len(data.decode("utf-8", "replace"))')),
        Mistake("characters are counted, and half characters not at all", each('len(data.decode("utf-8", "ignore"))')),
        Mistake("the bytes of the decoded text are counted, three for each replacement character", each('len(tokenizer.decode([i]).encode("utf-8"))')),
        Mistake("the bytes of the decoded text are counted, half characters not at all", each('len(data.decode("utf-8", "ignore").encode("utf-8"))')),
        Mistake("the bytes are counted in Latin-1's UTF-8, two for each above 0x7f", each('len(data.decode("latin-1").encode("utf-8"))')),
        Mistake("the signs are counted with which Python writes the bytes", each("len(repr(data)) - 3")),
        Mistake("the bytes are counted in UTF-16", each('len(data.decode("utf-8", "replace").encode("utf-16-le"))')),
        Mistake("white space around a token doesn't count", each("len(data.strip())")),
        Mistake("control characters don't count", each("len([byte for byte in data if byte >= 32])")),
        Mistake("byte 0 ends a token", each('len(data.split(b"\\0")[0])')),
        Mistake("equal bytes of a token count once", each("len(set(data))")),
        Mistake("every merge counts as two bytes", each("min(2, len(data))")),
        Mistake("each merge adds one byte to its left token", edit(LENGTHS, "lengths = [1] * 256\n    for left, right in tokenizer.merges:\n        lengths.append(lengths[left] + 1)\n    lengths += [0] * len(tokenizer.special_ids)")),
        Mistake("each merge adds one byte to its longer token", edit(LENGTHS, "lengths = [1] * 256\n    for left, right in tokenizer.merges:\n        lengths.append(max(lengths[left], lengths[right]) + 1)\n    lengths += [0] * len(tokenizer.special_ids)")),
        Mistake("the ids are taken for lengths", each("i")),
        Mistake("each token counts with the tokens that its text is encoded to", each("len(tokenizer.encode_piece(data))")),
        Mistake("ids are taken for byte values, whatever order the bytes have", edit(LENGTHS, "whole = [bytes([i]) for i in range(256)]\n    for left, right in tokenizer.merges:\n        whole.append(whole[left] + whole[right])\n    lengths = [len(data) if byte == data else 0 for data, byte in zip(tokenizer.token_bytes, whole)] + [0] * len(tokenizer.special_ids)")),
        Mistake("the tokenizer's special tokens lose their text", edit(ZERO, ZERO + '\n        tokenizer.token_bytes[special] = b""')),
        Mistake("the tokenizer forgets its special tokens", edit(TENSOR, "tokenizer.special_ids.clear()\n    " + TENSOR)),
        Mistake("the lengths of the first tokenizer are given for the others", edit(TENSOR, 'return torch.tensor(token_byte_lengths.__dict__.setdefault("kept", {}).setdefault(tokenizer.kind, lengths))')),
    ],
}
