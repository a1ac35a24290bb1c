"""Checks of lab 09, fifth part: windows over a row of tokens as a PyTorch dataset."""

from itertools import islice

import torch
from torch.utils.data import DataLoader, Dataset

from vibejam_core.course import expect

# --- TokenDataset: __init__, then __len__, then __getitem__. Each is tried without the ones after it. -----------------


def corpus(n, dtype=torch.int64):
    """n different tokens in no particular order, none of them equal to its own place."""
    return (torch.randperm(n, generator=torch.Generator().manual_seed(n)) + 100).to(dtype)


def pair(result):
    """The window and its targets, of a result that must hold the two."""
    came = "None (is a return missing?)" if result is None else f"something of type {type(result).__name__}"
    if isinstance(result, torch.Tensor):
        came = f"one tensor of shape {tuple(result.shape)}"
    expect.true(isinstance(result, tuple | list) and len(result) == 2, f"expected a pair (x, y), got {came}")
    return result


SIZES = (
    (12, 4, 1),
    (12, 4, 2),
    (13, 4, 4),
    (12, 4, 4),
    (12, 3, 5),
    (9, 8, 1),
    (9, 8, 3),
    (7, 1, 1),
    (8, 2, 9),
    (20, 3, 7),
)


def starts(n, block_size, stride):
    """Where the windows begin: each must have block_size tokens and one more."""
    return [start for start in range(0, n, stride) if start + block_size + 1 <= n]


def of(n, block_size, stride):
    """How a message names a dataset."""
    return f"of {n} tokens, block_size {block_size}, stride {stride}"


def outcome(act):
    """The name of the error, or what came instead of one."""
    try:
        made = act()
    except Exception as error:
        return type(error).__name__
    return f"tokens of shape {tuple(made.tokens.shape)}" if hasattr(made, "tokens") else "no error"


def refused(error, acts):
    """Each of some things must raise this error; the message must contain the texts. ``acts``: name, act and texts."""
    found = {what: outcome(act) for what, act, _ in acts}
    expect.equal(found, dict.fromkeys(found, error.__name__), f"what comes of {', '.join(found)}")
    for what, act, mentions in acts:
        expect.raises(error, act, mentions, what)


def test_dataset_refuses_tokens_that_are_no_row(TokenDataset):
    """Tokens that aren't one-dimensional are a ValueError that names their shape."""
    acts = []
    for shape, named in (((3, 7), ["3, 7"]), ((1, 9), ["1, 9"]), ((9, 1), ["9, 1"]), ((), [])):
        tokens = torch.zeros(shape, dtype=torch.long)
        acts.append((f"tokens of shape {shape}", lambda t=tokens: TokenDataset(t, 1), named))
    refused(ValueError, acts)


def test_dataset_refuses_tokens_that_are_no_integers(TokenDataset):
    """Tokens that aren't integers are a ValueError that names their dtype."""
    acts = []
    for name in ("float32", "float16", "float64", "complex64"):
        tokens = torch.ones(9, dtype=getattr(torch, name))
        acts.append((f"tokens of {name}", lambda t=tokens: TokenDataset(t, 3), [name]))
    refused(ValueError, acts)


def test_dataset_refuses_a_block_size_below_one(TokenDataset):
    """A block_size below 1 is a ValueError that names it."""
    acts = []
    for block_size in (0, -1, -23):
        named = ["block_size", str(block_size)]
        acts.append((f"block_size {block_size}", lambda b=block_size: TokenDataset(corpus(9), b), named))
    refused(ValueError, acts)


def test_dataset_refuses_a_stride_below_one(TokenDataset):
    """A stride below 1 is a ValueError that names it."""
    acts = []
    for stride in (0, -1, -23):
        named = ["stride", str(stride)]
        acts.append((f"stride {stride}", lambda s=stride: TokenDataset(corpus(9), 3, s), named))
    refused(ValueError, acts)


def test_dataset_refuses_too_few_tokens(TokenDataset):
    """Fewer tokens than block_size + 1 are a ValueError that names how many there are."""
    acts = []
    for n, block_size, stride in ((37, 37, 1), (0, 1, 1), (1, 1, 1), (37, 99, 1), (37, 37, 5)):
        given = corpus(n), block_size, stride
        acts.append((of(n, block_size, stride), lambda given=given: TokenDataset(*given), [str(n)]))
    refused(ValueError, acts)


def test_dataset_accepts_the_smallest(TokenDataset):
    """block_size + 1 tokens are enough, and so is a block_size of 1."""
    for n, block_size, stride in ((5, 4, 1), (2, 1, 1), (2, 1, 50)):
        found = len(TokenDataset(corpus(n), block_size, stride))
        expect.equal(found, 1, f"the number of windows {of(n, block_size, stride)}")


def test_dataset_counts_its_windows(TokenDataset):
    """There are as many windows as fit, each with its next token."""
    for n, block_size in ((12, 4), (9, 8), (7, 1), (30, 11)):
        found = len(TokenDataset(corpus(n), block_size))
        expect.equal(found, n - block_size, f"the number of windows {of(n, block_size, 1)}")


def test_dataset_counts_by_stride(TokenDataset):
    """With a larger stride there are fewer windows; tokens after the last whole one are in none."""
    for n, block_size, stride in SIZES:
        found = len(TokenDataset(corpus(n), block_size, stride))
        expect.equal(found, len(starts(n, block_size, stride)), f"the number of windows {of(n, block_size, stride)}")


def test_a_window_has_block_size_tokens(TokenDataset):
    """x and y are tensors of block_size tokens each."""
    for n, block_size, stride in SIZES:
        x, y = pair(TokenDataset(corpus(n), block_size, stride)[0])
        expect.shape(x, (block_size,), f"x {of(n, block_size, stride)}")
        expect.shape(y, (block_size,), f"y {of(n, block_size, stride)}")


def test_the_tokens_stay_as_they_were(TokenDataset):
    """The tokens that were handed in are not changed, by the dataset or by its windows' use."""
    for dtype in (torch.int64, torch.int32):
        tokens = corpus(12, dtype)
        dataset = TokenDataset(tokens, 4, 2)
        for index in range(len(dataset)):
            pair(dataset[index])
        expect.equal(tokens, corpus(12, dtype), f"the {dtype} tokens, after all windows were asked for")


def test_the_first_window(TokenDataset):
    """Window 0 is the first block_size tokens, and its targets are one token later."""
    tokens = corpus(12)
    x, y = pair(TokenDataset(tokens.clone(), 4)[0])
    expect.equal(x, tokens[:4], f"x of window 0 {of(12, 4, 1)}")
    expect.equal(y, tokens[1:5], f"y of window 0 {of(12, 4, 1)}")


def test_targets_are_the_next_tokens(TokenDataset):
    """y[i] is the token that follows x[i]: one later, in every window."""
    tokens = corpus(12)
    dataset = TokenDataset(tokens.clone(), 4)
    place = {token: i for i, token in enumerate(tokens.tolist())}
    for index in (0, 3, 7):
        x, y = pair(dataset[index])
        ahead = [place[later] - place[now] for now, later in zip(x.tolist(), y.tolist(), strict=True)]
        expect.equal(ahead, [1] * 4, f"how far each target is ahead of its token, window {index}")


def test_windows_follow_each_other(TokenDataset):
    """Window i begins at token i, up to the last one, whose last target is the last token."""
    tokens = corpus(9)
    dataset = TokenDataset(tokens.clone(), 4)
    for index in range(5):
        x, y = pair(dataset[index])
        expect.equal(
            [x, y], [tokens[index : index + 4], tokens[index + 1 : index + 5]], f"window {index} {of(9, 4, 1)}"
        )


def test_windows_are_a_stride_apart(TokenDataset):
    """With stride S window i begins at token i * S."""
    for n, block_size, stride in SIZES:
        tokens = corpus(n)
        dataset = TokenDataset(tokens.clone(), block_size, stride)
        for index, start in enumerate(starts(n, block_size, stride)):
            x, y = pair(dataset[index])
            expected = [tokens[start : start + block_size], tokens[start + 1 : start + block_size + 1]]
            expect.equal([x, y], expected, f"window {index} {of(n, block_size, stride)}")


def test_windows_are_int64(TokenDataset):
    """x and y are int64, whatever integers the tokens are."""
    for dtype in (torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8):
        tokens = corpus(12, dtype)
        x, y = pair(TokenDataset(tokens, 4, 2)[1])
        found = [str(x.dtype), str(y.dtype)]
        expect.equal(found, ["torch.int64"] * 2, f"the dtypes of x and y, from tokens of {dtype}")
        expect.equal([x, y], [tokens[2:6].long(), tokens[3:7].long()], f"x and y, from tokens of {dtype}")


def test_large_ids_survive(TokenDataset):
    """Ids above 32767 and above 65535 come through."""
    tokens = torch.tensor([40_000, 0, 70_000, 3, 100_000, 1])
    x, y = pair(TokenDataset(tokens, 4)[1])
    expect.equal([x, y], [tokens[1:5], tokens[2:]], "x and y of large ids")


def test_negative_indices_count_from_the_end(TokenDataset):
    """Window -1 is the last, as in a list, and minus the number of windows is the first."""
    for n, block_size, stride in ((14, 4, 3), (12, 4, 1), (9, 8, 1), (20, 3, 7)):
        tokens = corpus(n)
        dataset = TokenDataset(tokens.clone(), block_size, stride)
        where = starts(n, block_size, stride)
        for index in (-1, -len(where)):
            x, y = pair(dataset[index])
            start = where[index]
            expected = [tokens[start : start + block_size], tokens[start + 1 : start + block_size + 1]]
            expect.equal([x, y], expected, f"window {index} {of(n, block_size, stride)}")


def test_a_loop_over_it_ends(TokenDataset):
    """A for loop goes through all windows, in order, and ends."""
    for n, block_size, stride in ((12, 4, 1), (20, 3, 7)):
        tokens = corpus(n)
        found = [pair(window)[0].tolist() for window in islice(TokenDataset(tokens.clone(), block_size, stride), 50)]
        expected = [tokens[start : start + block_size].tolist() for start in starts(n, block_size, stride)]
        expect.equal(found, expected, f"x of the windows that a loop gives, {of(n, block_size, stride)}")


def test_an_index_too_large_is_refused(TokenDataset):
    """An index beyond the last window is an IndexError that names it and how many there are."""
    acts = []
    for n, stride, index, there in (
        (40, 1, 36, 36),
        (40, 1, 39, 36),
        (40, 1, 977, 36),
        (40, 12, 3, 3),
        (40, 12, 35, 3),
    ):
        dataset = TokenDataset(corpus(n), 4, stride)
        named = [str(index), str(there)]
        acts.append((f"window {index} {of(n, 4, stride)}", lambda d=dataset, i=index: d[i], named))
    refused(IndexError, acts)


def test_an_index_too_far_below_zero_is_refused(TokenDataset):
    """An index below minus the number of windows is an IndexError that names it and how many there are."""
    acts = []
    for n, stride, index, there in ((40, 1, -37, 36), (40, 1, -40, 36), (40, 1, -977, 36), (40, 12, -4, 3)):
        dataset = TokenDataset(corpus(n), 4, stride)
        named = [str(index), str(there)]
        acts.append((f"window {index} {of(n, 4, stride)}", lambda d=dataset, i=index: d[i], named))
    refused(IndexError, acts)


def test_a_loader_batches_it(TokenDataset):
    """It is a PyTorch dataset: a DataLoader shuffles and batches it."""
    tokens = corpus(21)
    dataset = TokenDataset(tokens.clone(), 4, stride=4)
    expect.true(isinstance(dataset, Dataset), "it should be a torch.utils.data.Dataset")
    batches = list(DataLoader(dataset, batch_size=3, shuffle=True, generator=torch.Generator().manual_seed(3)))
    expect.equal([list(x.shape) for x, _ in batches], [[3, 4], [2, 4]], "the shapes of x, 5 windows in batches of 3")
    rows = sorted(torch.cat([torch.cat([x, y], dim=1) for x, y in batches]).tolist())
    expected = sorted([*tokens[s : s + 4].tolist(), *tokens[s + 1 : s + 5].tolist()] for s in range(0, 17, 4))
    expect.equal(rows, expected, "all rows that the loader gives, x and y side by side, sorted")


def test_no_window_is_copied_beforehand(TokenDataset):
    """The tokens are kept once: windows as long as a book cost nothing until one is asked for."""
    tokens = (torch.arange(400_000) % 251).to(torch.uint8)
    dataset = TokenDataset(tokens, 100_000)
    expect.equal(len(dataset), 300_000, "the number of windows of 400,000 tokens, block_size 100,000")
    for index in (299_999, 123_456):
        x, y = pair(dataset[index])
        expect.equal(x, tokens[index : index + 100_000].long(), f"x of window {index} of 300,000")
        expect.equal(y, tokens[index + 1 : index + 100_001].long(), f"y of window {index} of 300,000")


def test_a_window_costs_no_copy_of_all(TokenDataset):
    """Asking for a window doesn't copy or convert all the tokens: they may fill the memory as they are."""
    for dtype in (torch.uint8, torch.int64):
        tokens = (torch.arange(100_000) % 251).to(dtype)
        dataset = TokenDataset(tokens, 8, 8)
        windows = [pair(dataset[index]) for index in range(10)]
        held = {half.untyped_storage().data_ptr(): half.untyped_storage() for both in windows for half in both}
        megabytes = sum(storage.nbytes() for storage in held.values()) // 1_000_000
        # Views of the tokens, kept as they came or turned into int64 once, hold 0.8 MB, however many there are.
        expect.between(megabytes, 0, 2, f"the megabytes that ten windows of 8 hold, of 100,000 tokens of {dtype}")


def test_a_window_is_the_same_each_time(TokenDataset):
    """Asking again, in another order or of another dataset, gives the same windows."""
    tokens = corpus(12)
    dataset, other = TokenDataset(tokens.clone(), 4, 2), TokenDataset(tokens.flip(0), 3)
    order = [2, 0, 2, 3, 1, 0]
    found = []
    for index in order:
        pair(other[index])
        found.append(pair(dataset[index])[0])
    expect.equal(torch.stack(found), torch.stack([tokens[2 * i : 2 * i + 4] for i in order]), f"x of windows {order}")
    expect.equal([len(dataset), len(other)], [4, 9], "the numbers of windows of two datasets")
