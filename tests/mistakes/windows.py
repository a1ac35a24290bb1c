"""Ways people get split_corpus and get_batch wrong."""

from vibejam_core.course.known import Mistake, edit

N_TRAIN = "n_train = len(tokens) - int(len(tokens) * val_fraction)"
CUT = "return tokens[:n_train], tokens[n_train:]"
FRACTION = "if not 0 <= val_fraction < 1:"
SPLIT_ERROR = 'raise ValueError(f"val_fraction must'

N_STARTS = "n_starts = len(tokens) - block_size\n"
STARTS = "starts = torch.randint(n_starts, (batch_size,), generator=generator)  # (B,)"
X = "x = torch.stack([tokens[start : start + block_size] for start in starts])  # (B, T)"
Y = "y = torch.stack([tokens[start + 1 : start + block_size + 1] for start in starts])  # (B, T), one token later"
RETURN = "return x.long().to(device), y.long().to(device)"
BATCH_ERROR = "if n_starts < 1:"


def starts(new):
    """The starts are drawn in another way."""
    return edit(STARTS, new)


def y(new):
    """The targets are made in another way."""
    return edit(Y, new)


MISTAKES = {
    "windows.split_corpus": [
        Mistake("the parts are cut but not returned", edit(CUT, "tokens[:n_train], tokens[n_train:]")),
        Mistake("only the training part is returned", edit(CUT, "return tokens[:n_train]")),
        Mistake(
            "the two parts are returned in the wrong order", edit(CUT, "return tokens[n_train:], tokens[:n_train]")
        ),
        Mistake(
            "the parts are lists, not tensors", edit(CUT, "return tokens[:n_train].tolist(), tokens[n_train:].tolist()")
        ),
        Mistake("the parts are floats", edit(CUT, "return tokens[:n_train].float(), tokens[n_train:].float()")),
        Mistake(
            "the parts are turned into int64, whatever the corpus is",
            edit(CUT, "return tokens[:n_train].long(), tokens[n_train:].long()"),
        ),
        Mistake("only the training part keeps its dtype", edit("tokens[n_train:]", "tokens[n_train:].int()")),
        Mistake(
            "val_fraction is taken for the share to train on",
            edit(N_TRAIN, "n_train = int(len(tokens) * val_fraction)"),
        ),
        Mistake(
            "the validation part is the beginning of the corpus",
            edit(CUT, "n_val = len(tokens) - n_train\n    return tokens[n_val:], tokens[:n_val]"),
        ),
        Mistake("the token at the cut is lost", edit("tokens[n_train:]", "tokens[n_train + 1 :]")),
        Mistake("the last training token is lost", edit("tokens[:n_train]", "tokens[: n_train - 1]")),
        Mistake("the last token is lost", edit("tokens[n_train:]", "tokens[n_train:-1]")),
        Mistake(
            "the first validation token is in the training part too", edit("tokens[:n_train]", "tokens[: n_train + 1]")
        ),
        Mistake(
            "the last training token is in the validation part too", edit("tokens[n_train:]", "tokens[n_train - 1 :]")
        ),
        Mistake("the training part is the whole corpus, validation part included", edit("tokens[:n_train]", "tokens")),
        Mistake("both parts are the whole corpus", edit(CUT, "return tokens, tokens")),
        Mistake(
            "the tokens are shuffled before the cut",
            edit(CUT, "tokens = tokens[torch.randperm(len(tokens))]\n    " + CUT),
        ),
        Mistake("the tokens are sorted before the cut", edit(CUT, "tokens = tokens.sort().values\n    " + CUT)),
        Mistake("the corpus itself is reversed in place", edit(CUT, "tokens.copy_(tokens.flip(0))\n    " + CUT)),
        Mistake(
            "the parts are copied, and the corpus is emptied",
            edit(
                CUT, "parts = tokens[:n_train].clone(), tokens[n_train:].clone()\n    tokens.zero_()\n    return parts"
            ),
        ),
        Mistake(
            "every so many tokens one is held back, so the validation part is not one stretch",
            edit(CUT, "held = torch.arange(len(tokens)) % 4 == 3\n    return tokens[~held], tokens[held]"),
        ),
        Mistake(
            "the validation part is turned round",
            edit("tokens[n_train:]", "tokens[n_train:].flip(0)"),
        ),
        Mistake("val_fraction is ignored and a tenth always held back", edit("* val_fraction)", "* 0.1)")),
        Mistake("val_fraction is ignored and a fifth always held back", edit("* val_fraction)", "* 0.2)")),
        Mistake("val_fraction is ignored and a quarter always held back", edit("* val_fraction)", "* 0.25)")),
        Mistake("val_fraction is ignored and half always held back", edit("* val_fraction)", "* 0.5)")),
        Mistake("val_fraction is read as a percentage", edit("* val_fraction)", "* val_fraction / 100)")),
        Mistake("the default fraction is a fifth", edit("val_fraction: float = 0.1", "val_fraction: float = 0.2")),
        Mistake(
            "one token too many is held back",
            edit("int(len(tokens) * val_fraction)", "int(len(tokens) * val_fraction) - 1"),
        ),
        Mistake(
            "one token too few is held back",
            edit("int(len(tokens) * val_fraction)", "int(len(tokens) * val_fraction) + 1"),
        ),
        Mistake(
            "the corpus is cut to a multiple of four first",
            edit(N_TRAIN, "tokens = tokens[: len(tokens) // 4 * 4]\n    " + N_TRAIN),
        ),
        Mistake("the training part is shuffled", edit(CUT, CUT.replace("[:n_train]", "[torch.randperm(n_train)]"))),
        Mistake(
            "at least one token is always held back",
            edit("int(len(tokens) * val_fraction)", "max(1, int(len(tokens) * val_fraction))"),
        ),
        Mistake(
            "the cut is counted from the end, so that a fraction of 0 leaves nothing to train on",
            edit(CUT, "n_val = len(tokens) - n_train\n    return tokens[:-n_val], tokens[-n_val:]"),
        ),
        Mistake("a fraction of 0 is refused", edit(FRACTION, "if not 0 < val_fraction < 1:")),
        Mistake("a fraction above one half is refused", edit(FRACTION, "if not 0 <= val_fraction <= 0.5:")),
        Mistake("the fraction is not checked", edit(FRACTION, "if False:")),
        Mistake("a negative fraction is accepted", edit(FRACTION, "if not val_fraction < 1:")),
        Mistake("a fraction of 1 is accepted", edit(FRACTION, "if not 0 <= val_fraction <= 1:")),
        Mistake("a fraction above 1 is accepted", edit(FRACTION, "if val_fraction < 0 or val_fraction == 1:")),
        Mistake("a fraction of 1 or more is accepted", edit(FRACTION, "if val_fraction < 0:")),
        Mistake("a bad fraction is an AssertionError", edit(SPLIT_ERROR, 'raise AssertionError(f"val_fraction must')),
        Mistake(
            "a bad fraction gives None instead of an error",
            edit(FRACTION, "if not 0 <= val_fraction < 1:\n        return None\n    if False:"),
        ),
        Mistake(
            "a bad fraction is moved into range",
            edit(FRACTION, "val_fraction = min(max(val_fraction, 0), 1)\n    if False:"),
        ),
    ],
    "windows.get_batch": [
        # shapes
        Mistake("the batch is made but not returned", edit(RETURN, "x.long().to(device), y.long().to(device)")),
        Mistake("only x is returned", edit(RETURN, "return x.long().to(device)")),
        Mistake("y is returned before x", edit(RETURN, "return y.long().to(device), x.long().to(device)")),
        Mistake(
            "x and y are turned on their side, (T, B)",
            edit(RETURN, "return x.T.long().to(device), y.T.long().to(device)"),
        ),
        Mistake(
            "block_size and batch_size are swapped",
            edit(N_STARTS, "block_size, batch_size = batch_size, block_size\n    " + N_STARTS),
        ),
        Mistake(
            "the windows are one token too long",
            edit(
                X,
                X.replace("start + block_size]", "start + block_size + 1]"),
                "y = torch.stack([tokens[start + 1 : start + block_size + 1]",
                "y = torch.stack([tokens[start : start + block_size + 1]",
            ),
        ),
        Mistake(
            "the windows are one token too short",
            edit(
                X,
                X.replace("start + block_size]", "start + block_size - 1]"),
                "start + block_size + 1]",
                "start + block_size]",
            ),
        ),
        Mistake("y is only the one token after each window", y("y = tokens[starts + block_size]")),
        Mistake(
            "y is one token short: the window's own tokens without the first",
            y(Y.replace("start + block_size + 1", "start + block_size")),
        ),
        Mistake(
            "the batch is a flat row of tokens",
            edit(RETURN, "return x.flatten().long().to(device), y.flatten().long().to(device)"),
        ),
        Mistake(
            "the batch is only one window, without the batch axis",
            edit(RETURN, "return x[0].long().to(device), y[0].long().to(device)"),
        ),
        Mistake("a block_size of 1 is refused", edit(BATCH_ERROR, "if n_starts < 1 or block_size < 2:")),
        Mistake(
            "axes of length 1 are squeezed away",
            edit(RETURN, "return x.squeeze().long().to(device), y.squeeze().long().to(device)"),
        ),
        # what stands in a row
        Mistake("y is the same as x", y("y = x.clone()")),
        Mistake("y is x plus one: the next id, not the next token", y("y = x + 1")),
        Mistake(
            "y is two tokens later than x",
            y("y = torch.stack([tokens.roll(-2)[start : start + block_size] for start in starts])"),
        ),
        Mistake(
            "y is a token earlier than x",
            y("y = torch.stack([tokens.roll(1)[start : start + block_size] for start in starts])"),
        ),
        Mistake(
            "y starts where x ends: the next window, not the next token",
            y("y = torch.stack([tokens.roll(-block_size)[start : start + block_size] for start in starts])"),
        ),
        Mistake("y is x rolled by one, so its last token is x's first", y("y = x.roll(-1, dims=1)")),
        Mistake(
            "y is the token after the window, repeated", y("y = tokens[starts + block_size][:, None].expand_as(x)")
        ),
        Mistake(
            "y is drawn from other starts than x",
            edit(Y, "starts = torch.randint(n_starts, (batch_size,), generator=generator)\n    " + Y),
        ),
        Mistake(
            "y's rows are in another order than x's",
            edit(RETURN, "return x.long().to(device), y.roll(1, dims=0).long().to(device)"),
        ),
        Mistake(
            "the windows hold places in the corpus, not tokens",
            edit(STARTS, "tokens = torch.arange(len(tokens))\n    " + STARTS),
        ),
        Mistake(
            "each token is drawn on its own, so rows are no stretches of the corpus",
            edit(
                X,
                "places = torch.randint(n_starts, (batch_size, block_size), generator=generator)\n"
                "    x = tokens[places]",
                Y,
                "y = tokens[places + 1]",
            ),
        ),
        Mistake(
            "the tokens are shuffled first",
            edit(STARTS, "tokens = tokens[torch.randperm(len(tokens), generator=generator)]\n    " + STARTS),
        ),
        Mistake(
            "each row is sorted",
            edit(RETURN, "return x.sort().values.long().to(device), y.sort().values.long().to(device)"),
        ),
        Mistake(
            "every second token is skipped",
            edit(N_STARTS, "tokens = torch.cat([tokens[::2], tokens[1::2]])\n    " + N_STARTS),
        ),
        Mistake(
            "the windows run backwards", edit(RETURN, "return y.flip(1).long().to(device), x.flip(1).long().to(device)")
        ),
        # which starts
        Mistake(
            "every row has the same start",
            starts("starts = torch.randint(n_starts, (1,), generator=generator).expand(batch_size)"),
        ),
        Mistake("every row starts at 0", starts("starts = torch.zeros(batch_size, dtype=torch.int64)")),
        Mistake(
            "the rows are the first windows of the corpus, in order",
            starts("starts = torch.arange(batch_size) % n_starts"),
        ),
        Mistake(
            "the rows start one after another from one random start",
            starts(
                "starts = (torch.randint(n_starts, (1,), generator=generator) + torch.arange(batch_size)) % n_starts"
            ),
        ),
        Mistake(
            "the rows are cut one behind the other from one random start",
            starts(
                "starts = (torch.randint(n_starts, (1,), generator=generator) + block_size * "
                "torch.arange(batch_size)) % n_starts"
            ),
        ),
        Mistake(
            "windows start at multiples of block_size only",
            starts(
                "starts = torch.randint((n_starts - 1) // block_size + 1, (batch_size,), generator=generator) * "
                "block_size"
            ),
        ),
        Mistake(
            "the last start is never drawn",
            starts("starts = torch.randint(max(n_starts - 1, 1), (batch_size,), generator=generator)"),
        ),
        Mistake(
            "a corpus of one window fails, because the last start is left out",
            starts("starts = torch.randint(n_starts - 1, (batch_size,), generator=generator)"),
        ),
        Mistake(
            "the first start is never drawn",
            starts("starts = torch.randint(min(1, n_starts - 1), n_starts, (batch_size,), generator=generator)"),
        ),
        Mistake(
            "the starts run one too far, where the target of the last token is missing",
            starts("starts = torch.randint(n_starts + 1, (batch_size,), generator=generator)"),
        ),
        Mistake(
            "the windows wrap around the end of the corpus",
            edit(
                STARTS,
                "starts = torch.randint(len(tokens), (batch_size,), generator=generator)\n"
                "    tokens = torch.cat([tokens, tokens])",
            ),
        ),
        Mistake(
            "a start that is too late is moved back, so the last one comes too often",
            starts("starts = torch.randint(n_starts + 1, (batch_size,), generator=generator).clamp(max=n_starts - 1)"),
        ),
        Mistake(
            "random numbers are rounded to the nearest start, so the first and the last come half as often",
            starts("starts = (torch.rand(batch_size, generator=generator) * (n_starts - 1)).round().long()"),
        ),
        Mistake(
            "the starts are normally distributed around the middle",
            starts(
                "starts = (torch.randn(batch_size, generator=generator) * n_starts / 4 + n_starts / "
                "2).long().clamp(0, n_starts - 1)"
            ),
        ),
        Mistake(
            "early starts are more likely",
            starts("starts = (torch.rand(batch_size, generator=generator) ** 2 * n_starts).long()"),
        ),
        Mistake(
            "the rows are sorted by their starts",
            starts("starts = torch.randint(n_starts, (batch_size,), generator=generator).sort().values"),
        ),
        Mistake(
            "no start is drawn twice in a batch",
            starts(
                "starts = torch.randperm(n_starts, generator=generator).repeat(-(-batch_size // n_starts))[:batch_size]"
            ),
        ),
        Mistake(
            "a batch can't have more rows than there are windows",
            starts("starts = torch.randperm(n_starts, generator=generator)[:batch_size]"),
        ),
        Mistake(
            "a window that runs over the end is filled up with zeros",
            edit(
                STARTS,
                "starts = torch.randint(len(tokens), (batch_size,), generator=generator)\n"
                "    tokens = torch.cat([tokens, tokens.new_zeros(block_size)])",
            ),
        ),
        Mistake(
            "the rows come in pairs with the same start",
            starts(
                "starts = torch.randint(n_starts, (batch_size // 2 + 1,), generator=generator)\n"
                "    starts = starts.repeat_interleave(2)[:batch_size]"
            ),
        ),
        Mistake(
            "only the beginning of a long corpus is drawn from",
            starts("starts = torch.randint(min(n_starts, 1000), (batch_size,), generator=generator)"),
        ),
        # dtype and device
        Mistake("x and y keep the dtype of the corpus", edit(RETURN, "return x.to(device), y.to(device)")),
        Mistake("only x is made int64", edit(RETURN, "return x.long().to(device), y.to(device)")),
        Mistake("only y is made int64", edit(RETURN, "return x.to(device), y.long().to(device)")),
        Mistake("x and y are int32", edit(RETURN, "return x.int().to(device), y.int().to(device)")),
        Mistake("x and y are floats", edit(RETURN, "return x.float().to(device), y.float().to(device)")),
        Mistake("x is made float for the model", edit(RETURN, "return x.float().to(device), y.long().to(device)")),
        Mistake("the device is ignored", edit(RETURN, "return x.long(), y.long()")),
        Mistake("only x goes to the device", edit(RETURN, "return x.long().to(device), y.long()")),
        Mistake("only y goes to the device", edit(RETURN, "return x.long(), y.long().to(device)")),
        # randomness
        Mistake("the generator is ignored", edit("(batch_size,), generator=generator)", "(batch_size,))")),
        Mistake(
            "the starts come from Python's or NumPy's random numbers, not from torch's",
            starts("import random\n\n    starts = [random.randrange(n_starts) for _ in range(batch_size)]"),
        ),
        Mistake(
            "a fixed seed is set inside", edit(STARTS, "generator = torch.Generator().manual_seed(1337)\n    " + STARTS)
        ),
        Mistake(
            "torch.manual_seed is called inside with a fixed seed",
            edit(STARTS, "torch.manual_seed(1337)\n    generator = None\n    " + STARTS),
        ),
        Mistake(
            "the generator is set back to its seed for every batch",
            edit(
                STARTS,
                "if generator is not None:\n        generator.manual_seed(generator.initial_seed())\n    " + STARTS,
            ),
        ),
        Mistake(
            "a copy of the generator is used, so the generator never moves on",
            edit(
                STARTS,
                "if generator is not None:\n"
                "        state = generator.get_state()\n"
                "        generator = torch.Generator()\n"
                "        generator.set_state(state)\n"
                "    " + STARTS,
            ),
        ),
        Mistake(
            "without a generator the same seed is taken every time",
            edit(STARTS, "if generator is None:\n        generator = torch.Generator().manual_seed(0)\n    " + STARTS),
        ),
        Mistake(
            "without a generator a new one is seeded by chance",
            edit(
                STARTS,
                "if generator is None:\n        generator = torch.Generator()\n        generator.seed()\n    " + STARTS,
            ),
        ),
        Mistake("without a generator the call fails", edit(STARTS, "generator.initial_seed()\n    " + STARTS)),
        Mistake(
            "the global generator is seeded from the one given",
            edit(
                STARTS,
                "if generator is not None:\n"
                "        torch.manual_seed(int(torch.randint(2**31, (), generator=generator)))\n"
                "        generator = None\n"
                "    " + STARTS,
            ),
        ),
        # the corpus and the errors
        Mistake(
            "the corpus itself is changed: its beginning is moved to its end",
            edit(RETURN, "tokens.copy_(tokens.roll(-1))\n    " + RETURN),
        ),
        Mistake("a corpus that is too short is not refused", edit(BATCH_ERROR, "if False:")),
        Mistake("a corpus of exactly block_size tokens is not refused", edit(BATCH_ERROR, "if n_starts < 0:")),
        Mistake("a corpus of block_size + 1 tokens is refused", edit(BATCH_ERROR, "if n_starts < 2:")),
        Mistake("a short corpus is an AssertionError", edit("raise ValueError(", "raise AssertionError(")),
        Mistake("a short corpus is an IndexError", edit("raise ValueError(", "raise IndexError(")),
        Mistake(
            "a short corpus gives None instead of an error",
            edit(BATCH_ERROR, "if n_starts < 1:\n        return None\n    if False:"),
        ),
        Mistake(
            "a short corpus is repeated until it is long enough",
            edit(
                N_STARTS,
                "while len(tokens) <= block_size:\n        tokens = torch.cat([tokens, tokens])\n    " + N_STARTS,
            ),
        ),
        Mistake(
            "a short corpus gives shorter windows",
            edit(N_STARTS, "block_size = min(block_size, len(tokens) - 1)\n    " + N_STARTS),
        ),
        Mistake(
            "the error doesn't say how many tokens the corpus has",
            edit("this corpus has {len(tokens)}. ", "this corpus is too short. "),
        ),
        Mistake(
            "the error doesn't say how many tokens are needed",
            edit("needs at least {block_size + 1} tokens", "needs more tokens"),
        ),
        Mistake(
            "the error names neither how many tokens there are nor how many are needed",
            edit(
                "block_size {block_size} needs at least {block_size + 1} tokens; this corpus has {len(tokens)}. ",
                "too short. ",
            ),
        ),
    ],
}
