"""Correct ways to write split_corpus and get_batch that differ from the reference's."""

from vibejam_core.course.known import Variant, whole

SPLIT = "def split_corpus(tokens: Tensor, val_fraction: float = 0.1) -> tuple[Tensor, Tensor]:\n"

BATCH = """def get_batch(
    tokens: Tensor,
    block_size: int,
    batch_size: int,
    generator: torch.Generator | None = None,
    device: str | torch.device = "cpu",
) -> tuple[Tensor, Tensor]:
    N, T, B = len(tokens), block_size, batch_size
    if N < T + 1:
        raise ValueError(f"{T + 1} tokens are needed, but there are {N}")
"""


def split(body):
    """A complete split_corpus with this body."""
    return whole(SPLIT + body)


def batch(body):
    """A complete get_batch that refuses short corpora and goes on with this body."""
    return whole(BATCH + body)


VARIANTS = {
    "windows.split_corpus": [
        Variant(
            "the training share counted, rounded down",
            split("""    if val_fraction < 0 or val_fraction >= 1:
        raise ValueError("val_fraction is not in [0, 1)")
    cut = int((1 - val_fraction) * tokens.shape[0])
    return tokens[:cut], tokens[cut:]
"""),
        ),
        Variant(
            "torch.split, rounded to the nearest",
            split("""    if not (0.0 <= val_fraction < 1.0):
        raise ValueError(val_fraction)
    n_val = round(val_fraction * tokens.numel())
    train, val = torch.split(tokens, [tokens.numel() - n_val, n_val])
    return train, val
"""),
        ),
        Variant(
            "tensor_split, rounded up, copies",
            split("""    import math

    if val_fraction < 0:
        raise ValueError("negative")
    if val_fraction >= 1:
        raise ValueError("too large")
    train, val = torch.tensor_split(tokens, [len(tokens) - math.ceil(len(tokens) * val_fraction)])
    return train.clone(), val.clone()
"""),
        ),
        Variant(
            "narrow",
            split("""    if val_fraction != min(max(val_fraction, 0), 0.9999999):
        raise ValueError("out of range")
    n = tokens.size(0)
    n_val = int(n * val_fraction)
    return tokens.narrow(0, 0, n - n_val), tokens.narrow(0, n - n_val, n_val)
"""),
        ),
        Variant(
            "a comparison of places with the cut",
            split("""    if val_fraction < 0 or 1 <= val_fraction:
        raise ValueError(f"{val_fraction=}")
    is_train = torch.arange(len(tokens)) < len(tokens) - int(val_fraction * len(tokens))
    return tokens[is_train], tokens[~is_train]
"""),
        ),
    ],
    "windows.get_batch": [
        Variant(
            "index arithmetic: starts in a column, offsets in a row",
            batch("""    starts = torch.randint(0, N - T, (B, 1), generator=generator)
    index = starts + torch.arange(T)
    return tokens[index].to(device, torch.int64), tokens[index + 1].to(device, torch.int64)
"""),
        ),
        Variant(
            "unfold into all windows of T + 1, then choose rows",
            batch("""    windows = tokens.unfold(0, T + 1, 1)
    rows = windows[torch.randint(len(windows), (B,), generator=generator)].long().to(device)
    return rows[:, :-1], rows[:, 1:]
"""),
        ),
        Variant(
            "a uniform number times the number of starts, rounded down",
            batch("""    starts = (torch.rand(B, generator=generator, dtype=torch.float64) * (N - T)).floor().long()
    rows = tokens[starts[:, None] + torch.arange(T + 1)[None, :]]
    x, y = rows[:, :T].contiguous(), rows[:, 1:].contiguous()
    return x.to(device=device, dtype=torch.long), y.to(device=device, dtype=torch.long)
"""),
        ),
        Variant(
            "NumPy indexing, one randint per row",
            batch("""    import numpy as np

    array = tokens.numpy().astype(np.int64)
    starts = [torch.randint(N - T, (1,), generator=generator).item() for _ in range(B)]
    x = np.stack([array[s : s + T] for s in starts])
    y = np.stack([array[s + 1 : s + 1 + T] for s in starts])
    return torch.from_numpy(x).to(device), torch.from_numpy(y).to(device)
"""),
        ),
        Variant(
            "Python loops over a list of ints",
            batch("""    ids = tokens.tolist()
    x, y = [], []
    for _ in range(B):
        s = int(torch.randint(low=0, high=N - T, size=(), generator=generator))
        x.append([ids[s + i] for i in range(T)])
        y.append([ids[s + i + 1] for i in range(T)])
    return torch.tensor(x, dtype=torch.long, device=device), torch.tensor(y, dtype=torch.long, device=device)
"""),
        ),
        Variant(
            "filled row by row, starts random_ in place",
            batch("""    starts = torch.empty(B, dtype=torch.int64).random_(0, N - T, generator=generator)
    x = torch.empty((B, T), dtype=torch.int64, device=device)
    y = torch.empty((B, T), dtype=torch.int64, device=device)
    for b, s in enumerate(starts.tolist()):
        x[b], y[b] = tokens[s : s + T], tokens[s + 1 : s + T + 1]
    return x, y
"""),
        ),
        Variant(
            "multinomial over all starts, gather, the corpus moved to the device first",
            batch("""    tokens = tokens.to(torch.int64).to(device)
    starts = torch.multinomial(torch.ones(N - T), B, replacement=True, generator=generator)
    windows = torch.stack([tokens[i : N - T + i] for i in range(T + 1)], dim=1)
    rows = windows.gather(0, starts.to(device)[:, None].expand(B, T + 1))
    return rows[:, :T], rows[:, 1:]
"""),
        ),
        Variant(
            "as_strided views of the long corpus",
            batch("""    long = tokens.contiguous().long()
    starts = torch.randint(high=N - T, size=[B], generator=generator, dtype=torch.int32)
    x = torch.as_strided(long, (N - T, T), (1, 1), long.storage_offset())[starts.long()]
    y = torch.as_strided(long, (N - T, T), (1, 1), long.storage_offset() + 1)[starts.long()]
    return x.to(device), y.to(device)
"""),
        ),
        Variant(
            "one row at a time, joined with cat",
            batch("""    rows = []
    while len(rows) < B:
        start = torch.randint(N - T, [1], generator=generator)
        rows.append(torch.take(tokens, start + torch.arange(T + 1)).unsqueeze(0))
    rows = torch.cat(rows).type(torch.LongTensor)
    return rows.narrow(1, 0, T).clone().to(device), rows.narrow(1, 1, T).clone().to(device)
"""),
        ),
        Variant(
            "NumPy's sliding windows",
            batch("""    import numpy as np

    windows = np.lib.stride_tricks.sliding_window_view(np.asarray(tokens), T + 1)
    chosen = windows[torch.randint(len(windows), (B,), generator=generator).numpy()]
    rows = torch.from_numpy(chosen.astype(np.int64)).to(device)
    return rows[:, :-1].contiguous(), rows[:, 1:].contiguous()
"""),
        ),
        Variant(
            "slices of the corpus on its device, starts from Python's random seeded by torch",
            batch("""    import random

    chance = random.Random(torch.randint(2**62, (), generator=generator).item())
    tokens = tokens.to(device).long()
    starts = [chance.randrange(N - T) for _ in range(B)]
    return torch.stack([tokens[s : s + T] for s in starts]), torch.stack([tokens[s + 1 :][:T] for s in starts])
"""),
        ),
    ],
}
