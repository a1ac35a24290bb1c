"""Correct ways to export a vocabulary, to measure its tokens and what it compresses, that differ from the reference's."""

from vibejam_core.course.known import Variant, edit, whole

EXPORT = 'def to_tiktoken(tokenizer: BPETokenizer, name: str = "vibejam") -> tiktoken.Encoding:\n'
LENGTHS = "def token_byte_lengths(tokenizer: BPETokenizer) -> Tensor:\n"
REPORT = "def compression_report(tokenizer: Tokenizer, texts: Mapping[str, str]) -> dict[str, float]:\n"

VARIANTS = {
    "bpe_scale.to_tiktoken": [
        Variant("a dictionary from a zip, twins looked for afterwards", whole(EXPORT + """    n = tokenizer.vocab_size - len(tokenizer.special_tokens)
    ordinary = tokenizer.token_bytes[:n]
    ranks = dict(zip(ordinary, range(n)))
    if len(ranks) != n:
        for a in range(n):
            for b in range(a + 1, n):
                if ordinary[a] == ordinary[b]:
                    raise ValueError(f"ids {a} and {b} both stand for {ordinary[a]}")
    return tiktoken.Encoding(
        name=name, pat_str=tokenizer.pattern, mergeable_ranks=ranks, special_tokens=dict(tokenizer.special_ids)
    )
""")),
        Variant("bytes through decode_bytes, special tokens numbered again, n_vocab stated", whole(EXPORT + """    first_special = 256 + len(tokenizer.merges)
    ids = defaultdict(list)
    for i in range(first_special):
        ids[tokenizer.decode_bytes([i])].append(i)
    twins = [places for places in ids.values() if len(places) > 1]
    if twins:
        raise ValueError(f"the same bytes have ids {twins[0]}")
    special_tokens = {text: first_special + i for i, text in enumerate(tokenizer.special_tokens)}
    return tiktoken.Encoding(
        name,
        explicit_n_vocab=tokenizer.vocab_size,
        pat_str=tokenizer.pattern,
        mergeable_ranks={data: i for data, (i,) in ids.items()},
        special_tokens=special_tokens,
    )
""")),
        Variant("the bytes built up from the byte order and the merges", whole(EXPORT + """    table = [bytes([value]) for value in tokenizer.byte_order]
    ranks = {data: i for i, data in enumerate(table)}
    for left, right in tokenizer.merges:
        made = table[left] + table[right]
        if ranks.setdefault(made, len(table)) != len(table):
            raise ValueError("twins: " + str(ranks[made]) + ", " + str(len(table)))
        table.append(made)
    arguments = {"pat_str": tokenizer.pattern, "mergeable_ranks": ranks, "special_tokens": {**tokenizer.special_ids}}
    return tiktoken.Encoding(name, **arguments)
""")),
        Variant("filtered by the set of special ids, through to_json", whole(EXPORT + """    special = set(tokenizer.special_ids.values())
    seen: dict[bytes, int] = {}
    for i, data in enumerate(tokenizer.token_bytes):
        if i in special:
            continue
        before = seen.get(data)
        if before is not None:
            raise ValueError(f"{before} = {i}")
        seen[data] = i
    plain = tokenizer.to_json()
    texts = plain["special_tokens"]
    return tiktoken.Encoding(
        name, pat_str=plain["pattern"], mergeable_ranks=seen,
        special_tokens={text: tokenizer.special_ids[text] for text in sorted(texts)},
    )
""")),
        Variant("an own class of encoding, ranks in another order", whole(EXPORT + """    class Ours(tiktoken.Encoding):
        pass

    ranks = {}
    for i in reversed(range(256 + len(tokenizer.merges))):
        data = bytes(tokenizer.token_bytes[i])
        if data in ranks:
            raise ValueError(f"token {i} is token {ranks[data]}")
        ranks[data] = i
    return Ours(name, pat_str=tokenizer.pattern, mergeable_ranks=ranks, special_tokens=tokenizer.special_ids.copy())
""")),
    ],
    "bpe_scale.token_byte_lengths": [
        Variant("a tensor of zeros that is filled", whole(LENGTHS + """    lengths = torch.zeros(tokenizer.vocab_size, dtype=torch.long)
    for i in range(256 + len(tokenizer.merges)):
        lengths[i] = len(tokenizer.token_bytes[i])
    return lengths
""")),
        Variant("lengths added up merge by merge", whole(LENGTHS + """    lengths = [1] * 256
    for left, right in tokenizer.merges:
        lengths.append(lengths[left] + lengths[right])
    lengths.extend(0 for _ in tokenizer.special_tokens)
    return torch.tensor(lengths, dtype=torch.int64)
""")),
        Variant("map, and an indexed assignment of zeros", whole(LENGTHS + """    lengths = torch.LongTensor(list(map(len, tokenizer.token_bytes)))
    special = torch.tensor(sorted(tokenizer.special_ids.values()), dtype=torch.long)
    lengths[special] = 0
    return lengths
""")),
        Variant("a conditional expression over a set of special ids, NumPy", whole(LENGTHS + """    import numpy as np

    special = frozenset(tokenizer.special_ids.values())
    numbers = np.fromiter(
        (0 if i in special else len(data) for i, data in enumerate(tokenizer.token_bytes)), dtype=np.int64
    )
    return torch.from_numpy(numbers)
""")),
        Variant("two tensors put together, through decode_bytes", whole(LENGTHS + """    n = tokenizer.vocab_size - len(tokenizer.special_ids)
    ordinary = torch.tensor([len(tokenizer.decode_bytes([i])) for i in range(n)])
    return torch.cat([ordinary, ordinary.new_zeros(len(tokenizer.special_ids))])
""")),
        Variant("a mask that is multiplied", edit(
            """    for special in tokenizer.special_ids.values():
        lengths[special] = 0
    return torch.tensor(lengths)  # (V,)
""",
            """    ids = torch.arange(len(lengths))
    ordinary = ids < len(lengths) - len(tokenizer.special_ids)
    return torch.tensor(lengths) * ordinary
""",
        )),
    ],
    "bpe_scale.compression_report": [
        Variant("lists of bytes and tokens, added up at the end", whole(REPORT + """    if len(texts) == 0:
        raise ValueError("there are no samples")
    for kind in texts:
        if kind == "all":
            raise ValueError("no sample may be called all")
        if len(texts[kind]) == 0:
            raise ValueError("this sample is empty: " + kind)
    n_bytes = [len(bytes(text, "utf-8")) for text in texts.values()]
    n_tokens = [len(tokenizer.encode(text)) for text in texts.values()]
    report = {kind: b / t for kind, b, t in zip(texts, n_bytes, n_tokens)}
    report["all"] = sum(n_bytes) / sum(n_tokens)
    return report
""")),
        Variant("tensors", whole(REPORT + """    if not texts:
        raise ValueError("no samples")
    if "all" in texts:
        raise ValueError("'all' is kept for the sum")
    empty = [kind for kind, text in texts.items() if text == ""]
    if empty:
        raise ValueError(f"empty samples: {empty}")
    sizes = torch.tensor([[len(text.encode()), len(tokenizer.encode(text))] for text in texts.values()]).double()
    sizes = torch.cat([sizes, sizes.sum(dim=0, keepdim=True)])  # (kinds + 1, 2)
    return dict(zip([*texts, "all"], (sizes[:, 0] / sizes[:, 1]).tolist()))
""")),
        Variant("all as a mean that tokens weigh, checks on the way", whole(REPORT + """    report: dict[str, float] = {}
    weights: dict[str, int] = {}
    for kind, text in texts.items():
        if kind == "all" or not text:
            raise ValueError(f"{kind!r} can't be the name of a sample" if text else f"{kind!r} is empty")
        weights[kind] = len(tokenizer.encode(text))
        report[kind] = len(text.encode("utf-8")) / weights[kind]
    if not report:
        raise ValueError("nothing to report")
    report["all"] = sum(report[kind] * weights[kind] for kind in weights) / sum(weights.values())
    return report
""")),
        Variant("a nested function and fractions", whole(REPORT + """    from fractions import Fraction

    def ratio(*samples):
        return float(
            Fraction(sum(len(s.encode("utf8")) for s in samples), sum(len(tokenizer.encode(s)) for s in samples))
        )

    wrong = [kind for kind in texts if kind == "all" or not texts[kind]]
    if wrong or not texts:
        raise ValueError(f"samples that can't be measured: {wrong}")
    return {kind: ratio(text) for kind, text in texts.items()} | {"all": ratio(*texts.values())}
""")),
        Variant("a Counter of totals, UTF-8 lengths by code point", whole(REPORT + """    if not texts:
        raise ValueError("give a sample")
    if "all" in texts.keys():
        raise ValueError('"all" is taken')
    totals, report = Counter(), {}
    for kind in texts:
        text = texts[kind]
        if not len(text):
            raise ValueError(f"empty: {kind}")
        size = sum(1 + (ord(c) > 0x7F) + (ord(c) > 0x7FF) + (ord(c) > 0xFFFF) for c in text)
        tokens = sum(1 for _ in tokenizer.encode(text))
        totals.update(bytes=size, tokens=tokens)
        report[kind] = size / tokens
    return {**report, **{"all": totals["bytes"] / totals["tokens"]}}
""")),
    ],
}
