"""Checks of lab 07, second part: how surprised a model is by a text, and what it has by heart."""

import math
import statistics

import torch
from torch import nn

from vibejam_core.course import expect
from vibejam_core.models.base import BaseLM
from vibejam_core.models.config import ModelConfig
from vibejam_core.text.characters import CharTokenizer

# --- token_losses -----------------------------------------------------------------------------------------------------

LETTERS = CharTokenizer("ab\ncdef")  # the line break is token 2
TEXT = "deaf bead".replace(" ", "\n") + "\nface\nabba\ncafe"  # 24 tokens
SCORES = torch.randn(64, 7, 7, generator=torch.Generator().manual_seed(1)).double()


def scores_after(context):
    """Seven scores, to which each token adds its own for how far back it stands, and the number of tokens some more."""
    return [
        sum(SCORES[back, token, v].item() for back, token in enumerate(reversed(context))) + 0.1 * v * len(context)
        for v in range(7)
    ]


class Reader(BaseLM):
    """A model whose scores are known, which notes how it is called."""

    def __init__(self, block_size=5, scale=1.0, dtype=torch.float32, device="cpu"):
        super().__init__(ModelConfig(vocab_size=7, block_size=block_size))
        self.weight = nn.Parameter(torch.ones((), device=device))
        self.dropout = nn.Dropout(0.5)
        self.scale, self.dtype, self.calls = scale, dtype, []

    def forward(self, idx, targets=None):
        self.calls.append(
            {
                "shape": list(idx.shape),
                "training": [self.training, self.dropout.training],
                "gradients": torch.is_grad_enabled(),
                "device": idx.device.type,
            }
        )
        B, T = idx.shape
        if idx.device.type == "meta":
            return torch.zeros(B, T, 7), None
        counts = 0.1 * torch.arange(7) * torch.arange(1, T + 1)[:, None]  # (T, V)
        logits = counts.double().expand(B, T, 7).clone()
        for back in range(T):
            logits[:, back:] += SCORES[back][idx[:, : T - back]]
        logits = (self.scale * logits).to(self.dtype) * self.weight
        loss = None if targets is None else nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
        return logits, loss


def surprises(text, block_size=5, start=(2,), scale=1.0, encode=LETTERS.encode):
    """The losses, one context at a time in Python's double precision."""
    ids = [*start, *encode(text)]
    found = []
    for i in range(len(start), len(ids)):
        row = [scale * score for score in scores_after(ids[max(0, i - block_size) : i])]
        top = max(row)
        found.append(top + math.log(sum(math.exp(score - top) for score in row)) - row[ids[i]])
    return torch.tensor(found)


def test_token_losses_are_one_number_per_token(token_losses):
    """The result has one float32 loss for each token of the text, and for nothing else."""
    losses = token_losses(Reader(), LETTERS, TEXT)
    expect.shape(losses, (24,), "the losses of a text of 24 tokens")
    expect.dtype(losses, torch.float32, "the losses")


def test_token_losses_of_a_model_that_knows_nothing(token_losses):
    """Where all 7 tokens are equally likely each loss is ln 7."""
    losses = token_losses(Reader(scale=0.0), LETTERS, TEXT)
    expect.close(losses, torch.full((24,), math.log(7)), "the losses of a model whose scores are all 0")


def test_token_losses_within_one_window(token_losses):
    """Each token is predicted from all those before it, as long as these fit into a window."""
    losses = token_losses(Reader(block_size=40), LETTERS, "\nbead\nface\n")
    expect.close(losses, surprises("\nbead\nface\n", 40), "the losses of 11 tokens, block_size 40")


def test_token_losses_of_the_first_token(token_losses):
    """The first token is predicted from what prompt_ids gives for an empty prompt: a line break."""
    for letter in "a\n":
        losses = token_losses(Reader(), LETTERS, letter)
        expect.close(losses, surprises(letter), f"the losses of the text {letter!r}")


def test_token_losses_without_line_breaks(token_losses):
    """Where the vocabulary has no line break, prompt_ids gives token 0."""
    losses = token_losses(Reader(), CharTokenizer("abcdefg"), "geb")
    expect.close(losses, surprises("geb", start=[0], encode=CharTokenizer("abcdefg").encode), 'the losses of "geb"')


def test_token_losses_beyond_one_window(token_losses):
    """In a longer text each token is predicted from the block_size tokens right before it, no fewer and no more."""
    for n, block_size in ((24, 5), (24, 2), (24, 1), (4, 5), (5, 5), (6, 5)):
        losses = token_losses(Reader(block_size), LETTERS, TEXT[:n])
        expect.close(losses, surprises(TEXT[:n], block_size), f"the losses of {n} tokens, block_size {block_size}")


class Pairs:
    """A tokenizer whose tokens may be two letters, and which writes a line break as two tokens."""

    tokens = ("a", "b", "ab", "ba", "[", "c", "]")
    kind, vocab_size = "pairs", 7

    def encode(self, text):
        ids = []
        while text:
            token = "[" if text[0] == "\n" else text[:2] if text[:2] in self.tokens else text[:1]
            if token not in self.tokens:
                raise ValueError(f"not in the vocabulary: {token!r}")
            ids += [4, 6] if token == "[" else [self.tokens.index(token)]
            text = text[len(token) :]
        return ids

    def decode(self, ids):
        return "".join(self.tokens[index] for index in ids).replace("[]", "\n")

    def to_json(self):
        return {"kind": self.kind}


def test_token_losses_of_another_tokenizer(token_losses):
    """A token may be more than a character, and an empty prompt may be more than one token."""
    for block_size in (1, 2, 5):
        losses = token_losses(Reader(block_size), Pairs(), "abacab\nba")
        expected = surprises("abacab\nba", block_size, start=(4, 6), encode=Pairs().encode)
        expect.close(losses, expected, f"the losses of 7 tokens after a start of 2, block_size {block_size}")


def test_token_losses_read_one_window_at_a_time(token_losses):
    """The model never sees more than block_size tokens in a row."""
    for block_size in (5, 1):
        model = Reader(block_size)
        token_losses(model, LETTERS, TEXT)
        longest = max((call["shape"][1] for call in model.calls), default=0)
        expect.between(longest, 1, block_size, f"the longest row that the model sees, block_size {block_size}")


def test_token_losses_fill_batches(token_losses):
    """The model sees batch_size windows at a time: no more, and no fewer where there are so many of one length."""
    largest = {}
    for batch_size, text in ((1, TEXT), (7, TEXT * 13), (100, TEXT * 13)):
        model = Reader()
        token_losses(model, LETTERS, text, batch_size)
        largest[batch_size] = max((call["shape"][0] for call in model.calls), default=0)
    expect.equal(largest, {1: 1, 7: 7, 100: 100}, "the most windows that the model sees at a time, for the batch size")


def test_token_losses_do_not_depend_on_the_batch_size(token_losses):
    """Whatever the batch size, also where the last batch is smaller, the losses come in the order of the text."""
    for batch_size in (1, 2, 7, 19, 20, 1000):
        losses = token_losses(Reader(), LETTERS, TEXT, batch_size=batch_size)
        expect.close(losses, surprises(TEXT), f"the losses with batch_size {batch_size}")


def test_token_losses_of_a_sure_model(token_losses):
    """Scores far apart give large losses, not infinite ones, and losses near 0, not below."""
    losses = token_losses(Reader(scale=300.0), LETTERS, TEXT)
    expect.close(losses, surprises(TEXT, scale=300.0), "the losses where scores are hundreds apart", atol=1e-3)


def test_token_losses_in_half_precision(token_losses):
    """Scores of half precision are turned into float32 before the losses are computed."""
    for dtype in (torch.bfloat16, torch.float16):
        losses = token_losses(Reader(scale=0.0, dtype=dtype), LETTERS, TEXT)
        expect.dtype(losses, torch.float32, f"the losses, for logits of dtype {dtype}")
        expect.close(losses, torch.full((24,), math.log(7)), f"the losses of equal scores, for logits of dtype {dtype}")
    expect.dtype(token_losses(Reader(dtype=torch.float64), LETTERS, TEXT), torch.float32, "losses of float64 logits")


def test_token_losses_in_evaluation_mode(token_losses):
    """The model and its layers are in evaluation mode whenever they are called, so that nothing is dropped out."""
    for before in (False, True):
        model = Reader().train(before)
        token_losses(model, LETTERS, TEXT, batch_size=4)
        modes = [mode for call in (model.calls[0], model.calls[-1]) for mode in call["training"]]
        what = "whether model and dropout are in training mode as it reads the first and the last batch"
        expect.equal(modes, [False] * 4, f"{what}, {before} before")


def test_token_losses_restore_the_mode(token_losses):
    """Afterwards the model is in the mode that it was in before."""
    for training in (True, False):
        model = Reader().train(training)
        token_losses(model, LETTERS, TEXT)
        found = [model.training, model.dropout.training]
        expect.equal(found, [training] * 2, f"the modes of the model and its dropout afterwards, {training} before")


def test_token_losses_compute_no_gradients(token_losses):
    """No gradients are computed meanwhile, and they can be computed again afterwards."""
    model = Reader()
    losses = token_losses(model, LETTERS, TEXT)
    found = [model.calls[0]["gradients"], losses.requires_grad, torch.is_grad_enabled()]
    what = "whether gradients are on as the model reads, needed by the losses, and on afterwards"
    expect.equal(found, [False, False, True], what)


def test_token_losses_follow_the_model_to_its_device(token_losses):
    """The windows are on the device of the model's parameters."""
    model = Reader(device="meta")  # a device that every machine has: its tensors have a shape and no numbers
    try:
        token_losses(model, LETTERS, "dead")
    except Exception as error:  # numbers can't come of this
        del error
    expect.equal([call["device"] for call in model.calls[:1]], ["meta"], "the device of the model's first token ids")


def test_token_losses_refuse_an_empty_text(token_losses):
    """A text without characters is a ValueError."""
    expect.raises(ValueError, lambda: token_losses(Reader(), LETTERS, ""), what="the empty text")


def test_token_losses_name_unknown_characters(token_losses):
    """Characters outside the vocabulary are a ValueError that names them."""
    expect.raises(ValueError, lambda: token_losses(Reader(), LETTERS, "bad ☃"), ("☃", "' '"), 'the text "bad ☃"')


def test_token_losses_leave_the_mode_alone_where_they_refuse(token_losses):
    """Where a text is refused the model stays in the mode that it is in."""
    for text in ("", "x"):
        model = Reader().train()
        try:
            token_losses(model, LETTERS, text)
        except Exception as error:  # that it is the right one is another check's business
            del error
        expect.equal(model.training, True, f"whether a model in training mode still is, after the text {text!r}")


# --- text_perplexity --------------------------------------------------------------------------------------------------


def test_text_perplexity_of_equal_chances(text_perplexity):
    """A model that finds all 7 tokens equally likely hesitates between 7, whatever the text; the result is a float."""
    for text in ("a", TEXT):
        found = text_perplexity(Reader(scale=0.0), LETTERS, text)
        came = "None (is a return missing?)" if found is None else f"something of type {type(found).__name__}"
        expect.true(isinstance(found, float), f"expected a float, got {came}")
        expect.close(found, 7.0, f"the perplexity of a text of {len(text)} tokens, all 7 equally likely")


def test_text_perplexity_is_that_of_the_mean_loss(text_perplexity):
    """It is e to the power of the mean of the losses of all tokens."""
    for text in ("f", "fad", TEXT, "\nfad\n"):
        expected = math.exp(statistics.fmean(surprises(text).tolist()))
        expect.close(text_perplexity(Reader(), LETTERS, text), expected, f"the perplexity of {len(text)} tokens")


def test_text_perplexity_of_a_good_guess(text_perplexity):
    """A model that is nearly sure of each token, and right, hesitates between little more than 1."""
    ids = [2]
    for _ in range(12):  # the likeliest token each time
        scores = scores_after(ids[-5:])
        ids.append(scores.index(max(scores)))
    text = LETTERS.decode(ids[1:])
    expected = math.exp(statistics.fmean(surprises(text, scale=3.0).tolist()))
    expect.close(
        text_perplexity(Reader(scale=3.0), LETTERS, text), expected, "the perplexity of a text that was foreseen"
    )


def test_text_perplexity_of_a_bad_guess(text_perplexity):
    """It may be very large, and is infinite, not an error, where no float can hold it."""
    mean = statistics.fmean(surprises(TEXT, scale=60.0).tolist())
    found = text_perplexity(Reader(scale=60.0), LETTERS, TEXT)
    expect.close(math.log(found), mean, "the logarithm of the perplexity, for a mean loss of 207.6")
    found = text_perplexity(Reader(scale=600.0), LETTERS, TEXT)
    expect.equal(found, math.inf, "the perplexity, for a mean loss of 2076")


def test_text_perplexity_refuses_what_token_losses_refuses(text_perplexity):
    """An empty text and unknown characters are a ValueError."""
    expect.raises(ValueError, lambda: text_perplexity(Reader(), LETTERS, ""), what="the empty text")
    expect.raises(ValueError, lambda: text_perplexity(Reader(), LETTERS, "a☃"), ("☃",), 'the text "a☃"')


# --- longest_copy -----------------------------------------------------------------------------------------------------


def copies(longest_copy, *cases):
    """Each case is a text, a source and the passage that both share."""
    for text, source, expected in cases:
        expect.equal(longest_copy(text, source), expected, f"the longest copy, for text {text!r} and source {source!r}")


def test_copy_is_the_longest(longest_copy):
    """Of all passages that stand in both, the longest is the result, wherever it stands."""
    copies(longest_copy, ("the cat sat", "a cat sits", " cat s"), ("xxabcdyyabc", "abc zabcd", "abcd"))
    copies(longest_copy, ("abcdef", "abXcdeYf", "cde"))


def test_copy_may_be_all_of_the_text(longest_copy):
    """A text that stands in the source is its own longest copy."""
    copies(longest_copy, ("bcd", "abcde", "bcd"), ("a", "banana", "a"), ("a\nb", "da\nbad", "a\nb"))


def test_copy_may_be_all_of_the_source(longest_copy):
    """A source that stands in the text is the longest copy, at either end of it, too."""
    copies(longest_copy, ("abcde", "bcd", "bcd"), ("abcde", "abc", "abc"), ("abcde", "de", "de"), ("ab", "ab", "ab"))


def test_copy_may_be_nothing(longest_copy):
    """Where text and source share no character, or one of them is empty, the result is an empty string."""
    copies(longest_copy, ("abc", "xyz", ""), ("", "xyz", ""), ("abc", "", ""), ("", "", ""))


def test_copy_is_the_first_of_the_longest(longest_copy):
    """Of several that are equally long, the first one in the text is the result, whatever their order in the source."""
    copies(
        longest_copy,
        ("..ab,,cd!!ef", "cd ef ab", "ab"),
        ("ab cd", "xcdxabx", "ab"),
        ("zyx", "xyz", "z"),
        ("ab.cd.ab", "ab-cd", "ab"),
    )


def test_copy_may_overlap_another(longest_copy):
    """A copy may begin inside a shorter one, and may overlap itself."""
    copies(
        longest_copy,
        ("abcde", "ab bcde", "bcde"),
        ("xabcd", "xab abcd", "abcd"),
        ("aaaa", "baaab", "aaa"),
        ("aaab", "aab", "aab"),
        ("xabababy", "zababz", "abab"),
        ("aab aabaab", "aabaac", "aabaa"),
    )


def test_copy_compares_every_character(longest_copy):
    """Capitals, spaces, line breaks, punctuation and accents all count; a copy need not be made of whole words."""
    copies(
        longest_copy,
        ("The End", "the end", "he "),
        ("one\n  two", "one two", " two"),
        ("  x  ", "ab  x  cd", "  x  "),
        ("a.c* [b]", "abc xa.c* [b", "a.c* [b"),
        ("naïve 😀☃", "naive 😀☃", "ve 😀☃"),
    )


def test_copy_of_a_long_source(longest_copy):
    """In a long source, too, the longest passage is found, at its very end, though its characters occur everywhere."""
    source = "all the cats and all the dogs " * 60 + "chased the goat"
    text = "at night the dogs chased the goats and all"
    expect.equal(longest_copy(text, source), " the dogs chased the goat", "the longest copy, for a source of 1815")
