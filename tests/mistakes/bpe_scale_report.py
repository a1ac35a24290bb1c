"""Ways people get compression_report wrong."""

from vibejam_core.course.known import Mistake, edit

REFUSE = 'if not texts or "all" in texts:'
FIRST_ERROR = "raise ValueError(f'give at least one sample, and call none of them \"all\"; these are {list(texts)}')"
LOOP = "for kind, text in texts.items():"
EMPTY = "if not text:"
EMPTY_ERROR = 'raise ValueError(f"the sample {kind!r} is empty, so it has no bytes per token")'
BYTES = 'len(text.encode("utf-8"))'
TOKENS = "len(tokenizer.encode(text))"
KIND = "report[kind] = n_bytes / n_tokens"
SUM = "all_bytes, all_tokens = all_bytes + n_bytes, all_tokens + n_tokens"
ALL = "all_bytes / all_tokens"
RETURN = 'return {**report, "all": all_bytes / all_tokens}'


MISTAKES = {
    "bpe_scale.compression_report": [
        Mistake("the report is made but not returned", edit(RETURN, '{**report, "all": all_bytes / all_tokens}')),
        Mistake("only the number of all samples is returned", edit(RETURN, "return all_bytes / all_tokens")),
        Mistake("a list of numbers is returned, without names", edit(RETURN, "return [*report.values(), all_bytes / all_tokens]")),
        Mistake("a list of pairs is returned, not a dictionary", edit(RETURN, 'return [*report.items(), ("all", all_bytes / all_tokens)]')),
        Mistake("the numbers are tokens per byte", edit(KIND, "report[kind] = n_tokens / n_bytes", ALL, "all_tokens / all_bytes")),
        Mistake("the number of all samples alone is tokens per byte", edit(ALL, "all_tokens / all_bytes")),
        Mistake("the kinds' numbers alone are tokens per byte", edit(KIND, "report[kind] = n_tokens / n_bytes")),
        Mistake("the numbers are bits per token", edit(KIND, "report[kind] = 8 * n_bytes / n_tokens", ALL, "8 * all_bytes / all_tokens")),
        Mistake("the numbers are percentages of the bytes that are saved", edit(KIND, "report[kind] = 100 * (1 - n_tokens / n_bytes)", ALL, "100 * (1 - all_tokens / all_bytes)")),
        Mistake('a sample whose name has "all" in it is refused', edit(REFUSE, 'if not texts or any("all" in kind for kind in texts):')),
        Mistake("only the first 1,000 characters of a sample count", edit(LOOP, LOOP + "\n        text = text[:1000]")),
        Mistake("the numbers are rounded to two places", edit(KIND, "report[kind] = round(n_bytes / n_tokens, 2)", ALL, "round(all_bytes / all_tokens, 2)")),
        Mistake("the numbers are cut to whole ones", edit(KIND, "report[kind] = n_bytes // n_tokens", ALL, "all_bytes // all_tokens")),
        Mistake("the bytes are returned beside the numbers", edit(KIND, "report[kind] = (n_bytes, n_bytes / n_tokens)")),
        Mistake("characters are counted instead of bytes", edit(BYTES, "len(text)")),
        Mistake("bytes of UTF-16 are counted", edit(BYTES, 'len(text.encode("utf-16-le"))')),
        Mistake("bytes of UTF-8 with a mark at the beginning are counted", edit(BYTES, 'len(text.encode("utf-8-sig"))')),
        Mistake("what isn't ASCII is left out of the bytes", edit(BYTES, 'len(text.encode("ascii", "ignore"))')),
        Mistake("characters beyond Latin-1 count as one byte", edit(BYTES, 'len(text.encode("latin-1", "replace")) + sum(127 < ord(c) < 256 for c in text)')),
        Mistake("emoji count as three bytes", edit(BYTES, 'len(text.encode("utf-8")) - sum(ord(c) > 0xFFFF for c in text)')),
        Mistake("a carriage return with a line break counts as one byte", edit(BYTES, 'len(text.replace("\\r\\n", "\\n").encode("utf-8"))')),
        Mistake("white space at the ends isn't counted in the bytes", edit(BYTES, 'len(text.strip().encode("utf-8"))')),
        Mistake("white space at the ends isn't encoded", edit(TOKENS, "len(tokenizer.encode(text.strip() or text))")),
        Mistake("the text is encoded in small letters", edit(TOKENS, "len(tokenizer.encode(text.lower()))")),
        Mistake("white space alone counts as an empty sample", edit(EMPTY, "if not text.strip():")),
        Mistake("different tokens are counted, not all", edit(TOKENS, "len(set(tokenizer.encode(text)))")),
        Mistake("the words are counted instead of the tokens", edit(TOKENS, "len(text.split() or [text])")),
        Mistake("each text is encoded line by line", edit(TOKENS, "sum(len(tokenizer.encode(line)) for line in text.splitlines(keepends=True))")),
        Mistake("one token too many is counted", edit(TOKENS, "len(tokenizer.encode(text)) + 1")),
        Mistake("tokens are counted by their largest id", edit(TOKENS, "max(tokenizer.encode(text))")),
        Mistake("the tokens' own bytes are added up, so a tokenizer must have token_bytes", edit(BYTES, "sum(len(tokenizer.token_bytes[i]) for i in tokenizer.encode(text))")),
        Mistake("the bytes are those of the decoded text, so a tokenizer must decode", edit(BYTES, 'len(tokenizer.decode(tokenizer.encode(text)).encode("utf-8"))')),
        Mistake("special tokens are asked for, which not every tokenizer knows", edit(TOKENS, "len(tokenizer.encode(text, allowed_special=()))")),
        Mistake("special tokens are found in the text where the tokenizer has any", edit(TOKENS, 'len(tokenizer.encode(text, tokenizer.special_tokens) if hasattr(tokenizer, "special_tokens") else tokenizer.encode(text))')),
        Mistake("there is no number for all samples", edit(RETURN, "return report")),
        Mistake("the number for all samples is called total", edit('"all": all_bytes', '"total": all_bytes')),
        Mistake("the number for all samples comes first", edit(RETURN, 'return {"all": all_bytes / all_tokens, **report}')),
        Mistake("the kinds are sorted by name", edit(LOOP, "for kind, text in sorted(texts.items()):")),
        Mistake("the kinds are sorted by their numbers", edit(RETURN, 'return {**dict(sorted(report.items(), key=lambda item: item[1])), "all": all_bytes / all_tokens}')),
        Mistake("a kind without a name is left out", edit(EMPTY, "if not kind:\n            continue\n        " + EMPTY)),
        Mistake("names are turned into small letters", edit(KIND, "report[kind.lower()] = n_bytes / n_tokens")),
        Mistake("all is the mean of the kinds' numbers", edit(ALL, "sum(report.values()) / len(report)")),
        Mistake("all is the mean weighted by the bytes", edit(SUM, "all_bytes, all_tokens = all_bytes + n_bytes**2 / n_tokens, all_tokens + n_bytes")),
        Mistake("all is the sum of the kinds' numbers", edit(ALL, "sum(report.values())")),
        Mistake("all is the number of the last kind", edit(SUM, "all_bytes, all_tokens = n_bytes, n_tokens")),
        Mistake("all is the number of the first kind", edit(ALL, "next(iter(report.values()))")),
        Mistake("all is the middle of the kinds' numbers", edit(ALL, '__import__("statistics").median(report.values())')),
        Mistake("all is the harmonic mean of the kinds' numbers", edit(ALL, "len(report) / sum(1 / number for number in report.values())")),
        Mistake("all has the characters of all samples over their tokens", edit(SUM, "all_bytes, all_tokens = all_bytes + len(text), all_tokens + n_tokens")),
        Mistake("all counts only the tokens of the last sample", edit(SUM, "all_bytes, all_tokens = all_bytes + n_bytes, n_tokens")),
        Mistake("all is that of the samples joined to one text", edit(ALL, 'len("".join(texts.values()).encode()) / len(tokenizer.encode("".join(texts.values())))')),
        Mistake("all is that of the samples joined with line breaks", edit(ALL, 'len("\\n".join(texts.values()).encode()) / len(tokenizer.encode("\\n".join(texts.values())))')),
        Mistake("all counts equal samples once", edit(SUM, "if list(texts.values()).index(text) == list(texts).index(kind):\n            all_bytes, all_tokens = all_bytes + n_bytes, all_tokens + n_tokens")),
        Mistake("only the first thousand characters of a sample are encoded", edit(TOKENS, "len(tokenizer.encode(text[:1000]))")),
        Mistake("the samples must be a dict and nothing else that maps", edit(REFUSE, 'if type(texts) is not dict:\n        raise TypeError("give a dict")\n    ' + REFUSE)),
        Mistake("the counts run on from kind to kind", edit(KIND, "report[kind] = (all_bytes + n_bytes) / (all_tokens + n_tokens)")),
        Mistake("no samples are a ZeroDivisionError", edit(REFUSE, 'if "all" in texts:')),
        Mistake("no samples give an empty report", edit(REFUSE, 'if not texts:\n        return {}\n    if "all" in texts:')),
        Mistake("no samples give a report of 0 for all", edit(REFUSE, 'if not texts:\n        return {"all": 0.0}\n    if "all" in texts:')),
        Mistake("a single sample is refused", edit(REFUSE, 'if len(texts) < 2 or "all" in texts:')),
        Mistake("a sample called all is overwritten", edit(REFUSE, "if not texts:")),
        Mistake("any sample whose name begins with all is refused, in capitals or not", edit(REFUSE, 'if not texts or any(kind.lower() == "all" for kind in texts):')),
        Mistake("a sample called all is noticed only where it is the only one", edit(REFUSE, 'if not texts or list(texts) == ["all"]:')),
        Mistake("a sample called all is a KeyError", edit(REFUSE, 'if "all" in texts:\n        raise KeyError("all")\n    if not texts:')),
        Mistake("the error about a sample called all doesn't say so", edit(FIRST_ERROR, 'raise ValueError("a bad name, or no sample")')),
        Mistake("an empty sample is a ZeroDivisionError", edit(EMPTY, "if False:")),
        Mistake("an empty sample is left out", edit(EMPTY_ERROR, "continue")),
        Mistake("an empty sample gets 0", edit(EMPTY_ERROR, "report[kind] = 0.0\n            continue")),
        Mistake("an empty sample gets no number", edit(EMPTY_ERROR, 'report[kind] = float("nan")\n            continue')),
        Mistake("only the first sample is checked for being empty", edit(EMPTY, "if not text and not report:")),
        Mistake("only the last sample is checked for being empty", edit(EMPTY, "if not text and kind == list(texts)[-1]:")),
        Mistake("an empty sample is refused only where all are empty", edit(EMPTY, "if not any(texts.values()):")),
        Mistake("the error about an empty sample doesn't name it", edit(EMPTY_ERROR, 'raise ValueError("a sample is empty")')),
        Mistake("the samples are used up", edit(RETURN, 'if isinstance(texts, dict):\n        texts.clear()\n    return {**report, "all": all_bytes / all_tokens}')),
        Mistake("the samples get the numbers written over them", edit(RETURN, 'texts.update(report)\n    return {**report, "all": all_bytes / all_tokens}')),
        Mistake("the sums of the report before are kept", edit("report, all_bytes, all_tokens = {}, 0, 0", 'report, all_bytes, all_tokens = {}, *compression_report.__dict__.get("kept", (0, 0))', RETURN, 'compression_report.kept = all_bytes, all_tokens\n    return {**report, "all": all_bytes / all_tokens}')),
        Mistake("the tokens of a text are remembered for the next tokenizer", edit(TOKENS, 'compression_report.__dict__.setdefault("kept", {}).setdefault(text, len(tokenizer.encode(text)))')),
    ],
}
