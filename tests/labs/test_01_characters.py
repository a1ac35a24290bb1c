"""Checks of lab 01: from text to tokens to batches of windows."""

import torch

from vibejam_core.course import expect

# --- CharTokenizer: build, then encode, then decode. Each is tried without the ones before it. ----------------------


def test_build_sorts_the_different_characters(CharTokenizer):
    """The vocabulary is the different characters of the text, each once, sorted."""
    tokenizer = CharTokenizer.build("banana bread")
    found = getattr(tokenizer, "itos", f"{type(tokenizer).__name__} without itos (is a return missing?)")
    expect.equal(found, [" ", "a", "b", "d", "e", "n", "r"], 'itos for the text "banana bread"')


def test_build_sorts_by_code_point(CharTokenizer):
    """Sorted means by code point: capitals before small letters, accents and emoji last."""
    tokenizer = CharTokenizer.build("bé😀aBZ!3Ae\u0301")
    expected = ["!", "3", "A", "B", "Z", "a", "b", "e", "é", "\u0301", "😀"]
    expect.equal(tokenizer.itos, expected, r'itos for the text "bé😀aBZ!3Ae\u0301"')


def test_build_keeps_white_space(CharTokenizer):
    """Spaces, tabs and line breaks are characters too, wherever they stand."""
    found = CharTokenizer.build("\n\tx y\r\n z").itos
    expect.equal(found, ["\t", "\n", "\r", " ", "x", "y", "z"], r'itos for the text "\n\tx y\r\n z"')
    expect.equal(CharTokenizer.build("\r \n").itos, ["\n", "\r", " "], r'itos for the text "\r \n"')


def test_build_numbers_the_characters_from_zero(CharTokenizer):
    """The ids run from 0 to vocab_size - 1, in the order of itos."""
    tokenizer = CharTokenizer.build("cab")
    expect.equal(tokenizer.stoi, {"a": 0, "b": 1, "c": 2}, 'stoi for the text "cab"')
    expect.equal(tokenizer.vocab_size, 3, 'vocab_size for the text "cab"')


def test_build_leaves_other_tokenizers_alone(CharTokenizer):
    """Building a second tokenizer does not change the first."""
    first = CharTokenizer.build("ab")
    CharTokenizer.build("xyz")
    expect.equal(first.itos, ["a", "b"], 'itos of a tokenizer for "ab", after another was built')


def test_build_makes_its_own_class(CharTokenizer):
    """build makes a tokenizer of the class it is called on, with cls(characters)."""
    Shouting = type("Shouting", (CharTokenizer,), {})  # a class that someone derives from yours
    made = type(Shouting.build("ab")).__name__
    expect.equal(made, "Shouting", "the class of the tokenizer that Shouting.build made")


def test_build_refuses_empty_text(CharTokenizer):
    """A text without characters is a ValueError."""
    expect.raises(ValueError, lambda: CharTokenizer.build(""), what="the empty text")


def test_encode_gives_one_id_per_character(CharTokenizer):
    """Each character becomes its id, in the order of the text."""
    tokenizer = CharTokenizer(list("\n abcde"))
    expect.equal(tokenizer.encode("bad cab"), [3, 2, 5, 1, 4, 2, 3], 'the ids of "bad cab"')


def test_encode_returns_a_list_of_ints(CharTokenizer):
    """The ids come as a plain list of ints."""
    ids = CharTokenizer(list("abc")).encode("cab")
    expect.true(type(ids) is list, f"expected a list, got something of type {type(ids).__name__}")
    kinds = sorted({type(index).__name__ for index in ids})
    expect.equal(kinds, ["int"], "the type of the ids")


def test_encode_keeps_white_space_and_case(CharTokenizer):
    """Nothing is trimmed or folded before the look-up."""
    tokenizer = CharTokenizer(["\n", " ", "A", "B", "a", "b"])
    expect.equal(tokenizer.encode(" aA\nbB \n"), [1, 4, 2, 0, 5, 3, 1, 0], r'the ids of " aA\nbB \n"')


def test_encode_accepts_empty_text(CharTokenizer):
    """The empty text gives an empty list."""
    expect.equal(CharTokenizer(list("abc")).encode(""), [], "the ids of the empty text")


def test_encode_refuses_unknown_characters(CharTokenizer):
    """A character outside the vocabulary is a ValueError, wherever it stands."""
    tokenizer = CharTokenizer(list("abc"))
    for text in ("☃", "☃ba", "abcab☃", "cAb", "c b"):
        what = f'encoding "{text}" with the vocabulary "abc"'
        expect.raises(ValueError, lambda text=text: tokenizer.encode(text), what=what)


def test_encode_names_every_unknown_character(CharTokenizer):
    """The ValueError names each unknown character, a line break as \\n."""
    tokenizer = CharTokenizer(list("abc"))
    expect.raises(ValueError, lambda: tokenizer.encode("a☃b"), ("☃",), "an unknown ☃")
    expect.raises(ValueError, lambda: tokenizer.encode("a☃\nbéc☃"), ("☃", "é", "\\n"), "unknown ☃, line break and é")
    expect.raises(ValueError, lambda: tokenizer.encode("☀☁☂☃☄★☆☎☏☐☑☒"), "☀☁☂☃☄★☆☎☏☐☑☒", "twelve unknown characters")


def test_encode_leaves_the_vocabulary_alone(CharTokenizer):
    """Encoding never changes the vocabulary."""
    tokenizer = CharTokenizer(list("abc"))
    for text in ("cab", "ab☃"):
        try:
            tokenizer.encode(text)
        except Exception as error:  # that it is the right one is another check's business
            del error
    expect.equal([tokenizer.itos, sorted(tokenizer.stoi)], [["a", "b", "c"]] * 2, "itos and the keys of stoi")


def test_decode_joins_the_characters(CharTokenizer):
    """Each id becomes its character; nothing stands between them."""
    tokenizer = CharTokenizer(list("\n abcde"))
    expect.equal(tokenizer.decode([3, 2, 5, 1, 4, 2, 3]), "bad cab", "the text of ids [3, 2, 5, 1, 4, 2, 3]")


def test_decode_knows_the_first_and_the_last_id(CharTokenizer):
    """Id 0 and id vocab_size - 1 are characters like the others."""
    tokenizer = CharTokenizer(list("abcd"))
    expect.equal(tokenizer.decode([0, 3, 0]), "ada", "the text of ids [0, 3, 0]")


def test_decode_keeps_white_space(CharTokenizer):
    """White space at either end survives."""
    tokenizer = CharTokenizer(["\n", " ", "a"])
    expect.equal(tokenizer.decode([1, 0, 2, 1, 1, 0]), " \na  \n", "the text of ids [1, 0, 2, 1, 1, 0]")


def test_decode_accepts_a_tensor(CharTokenizer):
    """The ids may come as a one-dimensional integer tensor."""
    tokenizer = CharTokenizer(list("abcd"))
    for dtype in (torch.int64, torch.int32, torch.uint8):
        text = tokenizer.decode(torch.tensor([2, 0, 3, 3], dtype=dtype))
        expect.equal(text, "cadd", f"the text of a tensor of dtype {dtype}")


def test_decode_accepts_no_ids(CharTokenizer):
    """No ids give the empty text."""
    expect.equal(CharTokenizer(list("abc")).decode([]), "", "the text of no ids")


def test_decode_undoes_encode(CharTokenizer):
    """Decoding what was encoded gives the text back."""
    text = "Tea, 2 cups:\n\tnaïve ☃ — e\u0301 😀\n"
    tokenizer = CharTokenizer(sorted(set(text)))
    expect.equal(tokenizer.decode(tokenizer.encode(text)), text, "the text after encode and decode")


def test_decode_refuses_negative_ids(CharTokenizer):
    """A negative id is a ValueError that names it; Python's counting from the end must not slip in."""
    tokenizer = CharTokenizer(list("abcd"))
    expect.raises(ValueError, lambda: tokenizer.decode([1, -1]), ("-1",), "id -1")


def test_decode_refuses_ids_beyond_the_vocabulary(CharTokenizer):
    """An id of vocab_size or more, or one far below 0, is a ValueError that names it."""
    tokenizer = CharTokenizer(list("abcd"))
    expect.raises(ValueError, lambda: tokenizer.decode([977, 1]), ("977",), "id 977 of a vocabulary of 4")
    expect.raises(ValueError, lambda: tokenizer.decode([0, 4]), ("4",), "id 4 of a vocabulary of 4")
    expect.raises(ValueError, lambda: tokenizer.decode(torch.tensor([1, 977])), ("977",), "a tensor with id 977")
    expect.raises(ValueError, lambda: tokenizer.decode([1, -77]), ("-77",), "id -77")


# --- split_corpus -----------------------------------------------------------------------------------------------------


def corpus(n, dtype=torch.int64):
    """n different tokens in no particular order, none of them equal to its own place."""
    return (torch.randperm(n, generator=torch.Generator().manual_seed(n)) + 100).to(dtype)


def pair(result, names):
    """The two halves of a result that must have two."""
    came = "None (is a return missing?)" if result is None else f"something of type {type(result).__name__}"
    expect.true(isinstance(result, tuple | list) and len(result) == 2, f"expected a pair {names}, got {came}")
    return result


def test_split_cuts_into_two_tensors(split_corpus):
    """The result is a pair of one-dimensional tensors of tokens, of the dtype that the corpus has."""
    train, val = pair(split_corpus(corpus(40), 0.25), "(train, val)")
    expect.shape(train, (30,), "train, for 40 tokens and val_fraction 0.25")
    expect.shape(val, (10,), "val, for 40 tokens and val_fraction 0.25")
    for dtype in (torch.int64, torch.int32, torch.uint8):
        found = [str(part.dtype) for part in split_corpus(corpus(40, dtype), 0.25)]
        expect.equal(found, [str(dtype)] * 2, f"the dtypes of train and val, for {dtype} tokens")


def test_split_validates_on_the_end(split_corpus):
    """The validation part is the end of the corpus."""
    tokens = corpus(16)
    _, val = split_corpus(tokens.clone(), 0.25)
    expect.equal(val, tokens[12:], "val, for 16 tokens and val_fraction 0.25")


def test_split_keeps_every_token_in_order(split_corpus):
    """train and then val are the whole corpus, in its order: nothing lost, doubled or shuffled."""
    tokens = corpus(16)
    expect.equal(torch.cat(split_corpus(tokens.clone(), 0.25)), tokens, "train and val put together")


def test_split_follows_the_fraction(split_corpus):
    """val has val_fraction of the tokens, whatever the fraction."""
    sizes = [len(split_corpus(corpus(64), fraction)[1]) for fraction in (0.125, 0.5, 0.75, 0.984375)]
    expect.equal(sizes, [8, 32, 48, 63], "the sizes of val, for 64 tokens and fractions 1/8, 1/2, 3/4, 63/64")


def test_split_holds_back_a_tenth_by_default(split_corpus):
    """Without a val_fraction a tenth is held back."""
    _, val = split_corpus(corpus(1000))
    expect.between(len(val), 99, 101, "the size of val, for 1000 tokens")


def test_split_rounds_to_a_neighbour(split_corpus):
    """Where val_fraction * N is no whole number, val has one of the two whole numbers next to it."""
    tokens = corpus(37)
    train, val = split_corpus(tokens.clone(), 0.25)
    expect.between(len(val), 9, 10, "the size of val, for 37 tokens and val_fraction 0.25, so 9.25")
    expect.equal(torch.cat([train, val]), tokens, "train and val put together, for 37 tokens and val_fraction 0.25")


def test_split_can_keep_all_for_training(split_corpus):
    """With a val_fraction of 0 all tokens are for training, and val is empty."""
    train, val = split_corpus(corpus(20), 0.0)
    expect.equal([len(train), len(val)], [20, 0], "the sizes of train and val, for 20 tokens and val_fraction 0")


def test_split_leaves_the_corpus_as_it_was(split_corpus):
    """The tokens that were handed in are not changed."""
    tokens = corpus(40)
    split_corpus(tokens, 0.25)
    expect.equal(tokens, corpus(40), "the corpus after the split")


def test_split_refuses_a_negative_fraction(split_corpus):
    """A negative val_fraction is a ValueError."""
    for fraction in (-0.25, -3.0):
        expect.raises(ValueError, lambda f=fraction: split_corpus(corpus(40), f), what=f"val_fraction {fraction}")


def test_split_refuses_a_fraction_of_one(split_corpus):
    """A val_fraction of 1 is a ValueError: nothing would be left to train on."""
    expect.raises(ValueError, lambda: split_corpus(corpus(40), 1.0), what="val_fraction 1.0")


def test_split_refuses_a_fraction_above_one(split_corpus):
    """A val_fraction above 1 is a ValueError."""
    for fraction in (1.25, 25.0):
        expect.raises(ValueError, lambda f=fraction: split_corpus(corpus(40), f), what=f"val_fraction {fraction}")


# --- get_batch --------------------------------------------------------------------------------------------------------


def seeded(seed):
    """A generator of its own for each probe."""
    return torch.Generator().manual_seed(seed)


def places(tokens, batch):
    """Where in the corpus each token of a batch stands, or -1 for a token that the corpus doesn't hold."""
    where = {token: place for place, token in enumerate(tokens.tolist())}
    return torch.tensor([where.get(token, -1) for token in batch.flatten().tolist()]).reshape(batch.shape)


def test_batch_shapes(get_batch):
    """x and y are (batch_size, block_size)."""
    x, y = pair(get_batch(corpus(50), 3, 5, seeded(1)), "(x, y)")  # batch_size != block_size: swapped axes show
    expect.shape(x, (5, 3), "x, for block_size 3 and batch_size 5")
    expect.shape(y, (5, 3), "y, for block_size 3 and batch_size 5")


def test_batch_of_more_rows_than_windows(get_batch):
    """A batch may hold more rows than the corpus has windows."""
    x, y = get_batch(corpus(6), 4, 9, seeded(8))
    expect.shape(x, (9, 4), "x, for 6 tokens, block_size 4 and batch_size 9")
    expect.shape(y, (9, 4), "y, for 6 tokens, block_size 4 and batch_size 9")


def test_batch_rows_are_unbroken(get_batch):
    """A row of x is a stretch of the corpus: each token is the next one of the corpus."""
    tokens = corpus(60)
    x, _ = get_batch(tokens.clone(), 6, 40, seeded(3))
    steps = places(tokens, x).diff(dim=1)
    expect.equal(steps, torch.ones(40, 5).long(), "the steps through the corpus from one token of x to the next")


def test_batch_targets_are_the_next_tokens(get_batch):
    """y[b, i] is the token that follows x[b, i] in the corpus."""
    tokens = corpus(60)
    x, y = get_batch(tokens.clone(), 6, 40, seeded(4))
    ahead = places(tokens, y) - places(tokens, x)
    expect.equal(ahead, torch.ones(40, 6).long(), "how many places each token of y is ahead of x")


def test_batch_of_the_only_window(get_batch):
    """A corpus of block_size + 1 tokens has one window: x all but the last token, y all but the first."""
    tokens = corpus(5)
    x, y = get_batch(tokens.clone(), 4, 1, seeded(2))
    expect.equal(x, tokens[None, :4], "x, for a corpus of block_size + 1 tokens and batch_size 1")
    expect.equal(y, tokens[None, 1:], "y, for a corpus of block_size + 1 tokens and batch_size 1")


def test_batch_of_windows_of_one_token(get_batch):
    """A window may be one token long."""
    tokens = corpus(2)
    x, y = get_batch(tokens.clone(), 1, 3, seeded(9))
    expect.equal(x, tokens[:1].expand(3, 1), "x, for block_size 1 and batch_size 3")
    expect.equal(y, tokens[1:].expand(3, 1), "y, for block_size 1 and batch_size 3")


def test_batch_dtype(get_batch):
    """x and y are int64, also for a corpus of smaller integers."""
    for dtype in (torch.int64, torch.int32, torch.int16, torch.uint8):
        x, y = get_batch(corpus(50, dtype), 3, 5, seeded(10))
        found = [str(x.dtype), str(y.dtype)]
        expect.equal(found, ["torch.int64"] * 2, f"the dtypes of x and y, from a corpus of dtype {dtype}")


def test_batch_goes_to_the_device(get_batch):
    """x and y are on the device that was asked for."""
    # "meta" is a device that every machine has: its tensors have a shape and no numbers.
    x, y = get_batch(corpus(50), 3, 5, seeded(20), device="meta")
    expect.equal([x.device.type, y.device.type], ["meta", "meta"], 'the devices of x and y, asked for "meta"')


def test_batch_repeats_with_the_seed(get_batch):
    """Two generators with the same seed give the same batch."""
    (x, y), (x2, y2) = (get_batch(corpus(900), 8, 16, seeded(12)) for _ in range(2))
    expect.true(torch.equal(x, x2) and torch.equal(y, y2), "two generators with seed 12 gave two different batches")


def test_batch_changes_with_the_seed(get_batch):
    """Another seed gives another batch."""
    x, x2 = (get_batch(corpus(900), 8, 16, seeded(seed))[0] for seed in (13, 14))
    expect.true(not torch.equal(x, x2), "generators with seeds 13 and 14 gave the same batch")


def test_batch_moves_the_generator_on(get_batch):
    """A generator goes on from where it is: each batch from it is another one."""
    fresh, used = seeded(15), seeded(15)
    torch.rand(10, generator=used)
    first, second, late = (get_batch(corpus(900), 8, 16, generator)[0] for generator in (fresh, fresh, used))
    expect.true(not torch.equal(first, late), "a generator that had been used gave the same batch as a fresh one")
    expect.true(not torch.equal(first, second), "one generator gave the same batch twice in a row")


def test_batch_uses_the_global_generator_by_default(get_batch):
    """Without a generator the randomness is torch's own: torch.manual_seed repeats it, the next batch differs."""
    draws = []
    for _ in range(2):
        torch.manual_seed(16)
        draws.append([get_batch(corpus(900), 8, 16)[0] for _ in range(2)])
    expect.true(torch.equal(draws[0][0], draws[1][0]), "after the same torch.manual_seed two batches differ")
    expect.true(not torch.equal(draws[0][0], draws[0][1]), "two batches in a row, without a generator, are the same")


def test_batch_leaves_the_global_generator_alone(get_batch):
    """With a generator given, torch's global one is neither used nor seeded."""
    torch.manual_seed(17)
    before = torch.random.get_rng_state()
    get_batch(corpus(900), 8, 16, seeded(18))
    expect.true(torch.equal(torch.random.get_rng_state(), before), "torch's global generator was used or seeded")


def test_batch_reaches_every_start(get_batch):
    """Every window that fits is drawn sooner or later, the first and the last one included."""
    tokens, generator = corpus(9), seeded(5)  # block_size 4: starts 0 to 4
    batches = [get_batch(tokens.clone(), 4, 4, generator)[0] for _ in range(100)]
    starts = sorted({start for x in batches for start in places(tokens, x)[:, 0].tolist()})
    expect.equal(starts, [0, 1, 2, 3, 4], "the starts seen in 100 batches of 4 windows, for 9 tokens and block_size 4")


def test_batch_rows_draw_their_own_starts(get_batch):
    """Each row draws its own start, whatever the other rows drew."""
    tokens, generator = corpus(5), seeded(7)  # block_size 2: starts 0, 1, 2, so 27 ways for three rows
    seen = set()
    for _ in range(600):
        x, _ = get_batch(tokens.clone(), 2, 3, generator)
        seen.add(tuple(places(tokens, x)[:, 0].tolist()))
    everything = [(a, b, c) for a in range(3) for b in range(3) for c in range(3)]
    expect.equal(sorted(seen), everything, "the starts of three rows, as seen together in 600 batches")


def test_batch_starts_are_equally_likely(get_batch):
    """Every start is drawn about equally often."""
    tokens = corpus(12)  # block_size 2: starts 0 to 9
    x, _ = get_batch(tokens.clone(), 2, 5000, seeded(6))
    counts = torch.bincount(places(tokens, x)[:, 0], minlength=10).tolist()  # 500 each, give or take 21
    found = [round(count / 250) / 2 for count in counts]
    expect.equal(found, [1.0] * 10, "how often each of 10 starts is drawn, as a multiple of its fair share (to a half)")


def test_batch_reaches_all_of_a_long_corpus(get_batch):
    """In a long corpus windows come from everywhere."""
    tokens = corpus(5000)
    x, _ = get_batch(tokens.clone(), 4, 400, seeded(24))
    tenths = sorted(set((places(tokens, x)[:, 0] // 500).tolist()))
    expect.equal(tenths, list(range(10)), "the tenths of 5000 tokens from which 400 windows came")


def test_batch_leaves_the_corpus_as_it_was(get_batch):
    """The tokens that were handed in are not changed."""
    tokens = corpus(50)
    get_batch(tokens, 3, 5, seeded(19))
    expect.equal(tokens, corpus(50), "the corpus after a batch was drawn")


def test_batch_refuses_a_short_corpus(get_batch):
    """A corpus with no whole window and next token is a ValueError."""
    expect.raises(ValueError, lambda: get_batch(corpus(7), 7, 2, seeded(21)), what="7 tokens for block_size 7")
    expect.raises(ValueError, lambda: get_batch(corpus(3), 64, 2, seeded(22)), what="3 tokens for block_size 64")


def test_batch_names_the_sizes_of_a_short_corpus(get_batch):
    """The ValueError names how many tokens there are and how many are needed."""
    short = "40 tokens for block_size 64"
    expect.raises(ValueError, lambda: get_batch(corpus(40), 64, 2, seeded(23)), ("40", "65"), short)
