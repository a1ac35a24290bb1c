"""Checks of lab 06: from scores to text."""

import math

import torch
from torch import nn

from vibejam_core.course import expect
from vibejam_core.inference.config import SamplingConfig
from vibejam_core.models.base import BaseLM
from vibejam_core.models.config import ModelConfig
from vibejam_core.text.characters import CharTokenizer

INF = float("inf")


def normal(*shape, seed, scale=2.0):
    """Random scores of order one, no two alike."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed)) * scale


def softmax(row):
    """One row of scores as probabilities, in Python's double precision."""
    top = max(row)
    powers = [math.exp(score - top) for score in row]
    return [power / sum(powers) for power in powers]


def probabilities(scores, what):
    """(N, V) scores as probabilities, row by row; refuses what has no probabilities."""
    expect.true(isinstance(scores, torch.Tensor), f"{what}: expected a tensor, got {type(scores).__name__}")
    rows = scores.detach().double().reshape(-1, scores.shape[-1])
    expect.true(not bool(rows.isnan().any()), f"{what} hold nan")
    expect.true(bool((rows.amax(-1) < INF).all()), f"{what} hold +inf")
    expect.true(bool((rows.amax(-1) > -INF).all()), f"{what}: a row has no token left that could be drawn")
    return torch.tensor([softmax(row) for row in rows.tolist()])


def stay(scores):
    """Which tokens may still be drawn, as lists of True and False."""
    return (scores > -INF).tolist()


# --- apply_temperature ------------------------------------------------------------------------------------------------


def test_temperature_keeps_the_shape(apply_temperature):
    """The result has the shape of the scores, for one row, several, or a batch of them."""
    for shape in ((7,), (3, 7), (2, 3, 7)):
        for temperature in (0.7, 0):
            got = apply_temperature(normal(*shape, seed=1), temperature)
            expect.shape(got, shape, f"the result for scores of shape {shape} and temperature {temperature}")


def test_temperature_1_changes_nothing(apply_temperature):
    """With temperature 1 every token keeps its probability."""
    logits = normal(3, 7, seed=2)
    got = probabilities(apply_temperature(logits.clone(), 1.0), "the scores at temperature 1")
    expect.close(got, torch.tensor([softmax(row) for row in logits.double().tolist()]), "the probabilities")


def test_temperature_divides_the_scores(apply_temperature):
    """Odds of 9 to 1 become 81 to 1 at temperature 0.5, 3 to 1 at temperature 2, and 2.4 to 1 at 2.5."""
    logits = torch.tensor([0.9, 0.1]).log()
    for temperature, odds in ((2.5, 9**0.4), (0.5, 81.0), (2.0, 3.0)):
        p = probabilities(apply_temperature(logits.clone(), temperature), f"the scores at temperature {temperature}")[0]
        expect.close(p[0] / p[1], odds, f"the odds at temperature {temperature}, from 9 to 1", rtol=1e-3)


def test_temperature_works_on_each_row(apply_temperature):
    """The probabilities of every row are those of its scores divided by the temperature."""
    logits = normal(2, 3, 5, seed=3)
    for temperature in (0.3, 1.7):
        got = probabilities(apply_temperature(logits.clone(), temperature), "the scores")
        by_hand = [softmax([score / temperature for score in row]) for row in logits.double().flatten(0, 1).tolist()]
        expect.close(got, torch.tensor(by_hand), f"the probabilities at temperature {temperature}")


def test_temperature_0_leaves_the_largest(apply_temperature):
    """With temperature 0 the likeliest token of each row has probability 1."""
    logits = normal(2, 3, 5, seed=4)
    logits[0, 0] = torch.tensor([1.0, 1.02, -3.0, 1.01, 0.0])
    got = probabilities(apply_temperature(logits.clone(), 0), "the scores at temperature 0")
    best = [row.index(max(row)) for row in logits.flatten(0, 1).tolist()]
    expect.equal(got.argmax(-1).tolist(), best, "the likeliest token of each row at temperature 0")
    expect.close(got.amax(-1), torch.ones(6), "its probability", atol=1e-9)


def test_temperature_0_excludes_the_others(apply_temperature):
    """With temperature 0 all other scores are -inf, even those that are nearly as large, or all negative."""
    logits = torch.tensor([[2.0, 2.0001, 1.0], [-5.0, -9.0, -5.001]])
    for temperature in (0, 0.0):
        got = apply_temperature(logits.clone(), temperature)
        expect.equal(stay(got), [[False, True, False], [True, False, False]], "which scores are above -inf")
        expect.true(bool((got < INF).all()), "the score that stays should be finite")


def test_temperature_0_leaves_one_of_equals(apply_temperature):
    """With temperature 0 one score of each row stays, also where several are the largest."""
    got = apply_temperature(torch.tensor([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0], [5.0, -1.0, 5.0]]), 0)
    counts = [sum(row) for row in stay(got)]
    expect.equal(counts, [1, 1, 1], "how many scores of each row stay where several are the largest")
    expect.equal([stay(got)[0][0], stay(got)[2][1]], [False, False], "whether a smaller score is above -inf")


def test_temperature_may_be_small(apply_temperature):
    """Small temperatures are not 0: at 0.002 a score that is 0.002 larger than another is e times as likely."""
    p = probabilities(apply_temperature(torch.tensor([0.002, 0.0]), 0.002), "the scores at temperature 0.002")[0]
    expect.close(p[0] / p[1], math.e, "the odds at temperature 0.002", rtol=1e-3)


def test_temperature_keeps_what_is_excluded(apply_temperature):
    """A token with a score of -inf keeps probability 0."""
    logits = torch.tensor([1.0, -INF, 3.0, 2.0])
    for temperature in (0, 0.5, 3.0):
        got = apply_temperature(logits.clone(), temperature)
        expect.equal(stay(got)[1], False, f"whether token 1, of score -inf, can be drawn at temperature {temperature}")


def test_temperature_gives_float32(apply_temperature):
    """Half-precision scores become float32 before anything is computed."""
    for dtype in (torch.float16, torch.bfloat16, torch.float32):
        logits = normal(3, 7, seed=5).to(dtype)
        for temperature in (0, 0.3):
            got = apply_temperature(logits.clone(), temperature)
            expect.dtype(got, torch.float32, f"the result for {dtype} scores and temperature {temperature}")
        by_hand = [softmax([score / 0.3 for score in row]) for row in logits.double().tolist()]
        expect.close(probabilities(got, "the scores"), torch.tensor(by_hand), "the probabilities at temperature 0.3")


def test_temperature_leaves_the_scores_alone(apply_temperature):
    """The scores that were handed in are not changed."""
    for temperature in (0, 0.5, 1.0):
        logits = normal(3, 7, seed=6)
        got = apply_temperature(logits, temperature)
        expect.equal(logits, normal(3, 7, seed=6), f"the scores after the call with temperature {temperature}")
        expect.true(isinstance(got, torch.Tensor), "the result should be a tensor")


def test_temperature_refuses_negative_numbers(apply_temperature):
    """A temperature below 0, or nan, is a ValueError that names it."""
    for temperature, name in ((-0.5, "-0.5"), (-1.0, "-1"), (float("nan"), "nan")):
        act = lambda temperature=temperature: apply_temperature(normal(7, seed=7), temperature)  # noqa: E731
        expect.raises(ValueError, act, [name], f"temperature {temperature}")


# --- top_k_filter -----------------------------------------------------------------------------------------------------


def test_top_k_keeps_the_shape(top_k_filter):
    """The result has the shape of the scores."""
    for shape in ((7,), (3, 7), (2, 3, 7)):
        for k in (0, 2, 7):
            expect.shape(top_k_filter(normal(*shape, seed=11), k), shape, f"the result for {shape} and k = {k}")


def test_top_k_leaves_the_k_largest(top_k_filter):
    """With k = 2 the two largest of 5 scores stay as they are, at their places, and the others become -inf."""
    got = top_k_filter(torch.tensor([0.5, 2.0, -1.0, 3.0, 1.0]), 2)
    expect.equal(got, torch.tensor([-INF, 2.0, -INF, 3.0, -INF]), "the scores, k = 2")


def test_top_k_filters_each_row(top_k_filter):
    """Every row keeps its own k largest scores, negative ones too."""
    logits = normal(2, 3, 6, seed=13) - torch.tensor([0.0, 50.0, -50.0])[:, None]
    for k in (1, 3, 5):
        rows = [[x if x in sorted(row)[-k:] else -INF for x in row] for row in logits.flatten(0, 1).tolist()]
        expect.equal(top_k_filter(logits.clone(), k), torch.tensor(rows).view(2, 3, 6), f"the scores, k = {k}")


def test_top_k_of_0_leaves_all(top_k_filter):
    """With k = 0 nothing is filtered."""
    expect.equal(top_k_filter(normal(3, 7, seed=14), 0), normal(3, 7, seed=14), "the scores, k = 0")


def test_top_k_of_the_whole_vocabulary_leaves_all(top_k_filter):
    """With k = V, or more, nothing is filtered."""
    for k in (7, 8, 1000):
        expect.equal(top_k_filter(normal(3, 7, seed=15), k), normal(3, 7, seed=15), f"the scores, V = 7, k = {k}")


def test_top_k_keeps_what_is_excluded(top_k_filter):
    """A token of score -inf never comes back, even where fewer than k others are left."""
    logits = torch.tensor([1.0, -INF, 3.0, -INF, -INF])
    expect.equal(top_k_filter(logits.clone(), 3), logits, "the scores, of which only two were above -inf, k = 3")


def test_top_k_leaves_the_scores_alone(top_k_filter):
    """The scores that were handed in are not changed."""
    logits = normal(3, 7, seed=16)
    got = top_k_filter(logits, 2)
    expect.equal(logits, normal(3, 7, seed=16), "the scores after the call")
    expect.true(isinstance(got, torch.Tensor), "the result should be a tensor")


def test_top_k_refuses_negative_numbers(top_k_filter):
    """A k below 0 is a ValueError that names it."""
    for k in (-1, -3):
        expect.raises(ValueError, lambda k=k: top_k_filter(normal(7, seed=17), k), [str(k)], f"k = {k}")


# --- top_p_filter -----------------------------------------------------------------------------------------------------

TENTHS = torch.tensor([0.1, 0.4, 0.2, 0.3]).log()
"""Scores whose probabilities are easy to add up, and not in order."""


def test_top_p_keeps_the_shape(top_p_filter):
    """The result has the shape of the scores."""
    for shape in ((7,), (3, 7), (2, 3, 7)):
        for p in (0.5, 1.0):
            expect.shape(top_p_filter(normal(*shape, seed=21), p), shape, f"the result for {shape} and p = {p}")


def test_top_p_by_hand(top_p_filter):
    """Of 0.1, 0.4, 0.2, 0.3 the nucleus of p = 0.45 is 0.4 and 0.3, since 0.4 alone isn't enough; 0.65 has the same."""
    a, b, c, d = TENTHS.tolist()
    for p, nucleus in (
        (0.45, [-INF, b, -INF, d]),
        (0.65, [-INF, b, -INF, d]),
        (0.75, [-INF, b, c, d]),
        (0.95, [a, b, c, d]),
    ):
        expect.equal(top_p_filter(TENTHS.clone(), p), torch.tensor(nucleus), f"the scores, p = {p}")


def test_top_p_always_keeps_the_likeliest(top_p_filter):
    """However small p is, the likeliest token stays."""
    for p in (0.35, 0.01, 1e-6):
        expect.equal(stay(top_p_filter(TENTHS.clone(), p)), [False, True, False, False], f"which tokens stay, p = {p}")


def nucleus(row, p):
    """The tokens that stay, by adding up one by one."""
    kept, total = [], 0.0
    for i in sorted(range(len(row)), key=lambda i: -row[i]):
        if total >= p:
            break
        kept.append(i)
        total += softmax(row)[i]
    return sorted(kept)


def test_top_p_filters_each_row(top_p_filter):
    """Every row has a nucleus of its own, large where the model is unsure and small where it is sure."""
    logits = normal(2, 3, 8, seed=23) * torch.tensor([0.2, 1.0, 4.0])[:, None]
    for p in (0.3, 0.77, 0.96):
        kept = [nucleus(row, p) for row in logits.double().flatten(0, 1).tolist()]
        rows = [
            [x if i in kept[n] else -INF for i, x in enumerate(row)] for n, row in enumerate(logits.view(6, 8).tolist())
        ]
        expect.equal(top_p_filter(logits.clone(), p), torch.tensor(rows).view(2, 3, 8), f"the scores, p = {p}")


def test_top_p_of_1_leaves_all(top_p_filter):
    """With p = 1 nothing is filtered, not even a token that is next to impossible."""
    logits = torch.tensor([[0.0, -40.0, 20.0], [1.0, 2.0, 3.0]])
    expect.equal(top_p_filter(logits.clone(), 1.0), logits, "the scores, p = 1")


def test_top_p_keeps_what_is_excluded(top_p_filter):
    """Tokens of score -inf stay out and count for nothing: of 0.4 and 0.3 left alone, 0.4 is already 0.57."""
    logits = TENTHS.clone()
    logits[[0, 2]] = -INF
    expect.equal(stay(top_p_filter(logits.clone(), 0.5)), [False, True, False, False], "which tokens stay, p = 0.5")
    expect.equal(stay(top_p_filter(logits.clone(), 0.9)), [False, True, False, True], "which tokens stay, p = 0.9")


def test_top_p_works_with_large_scores(top_p_filter):
    """Only differences between scores matter: adding 1000 to all changes nothing."""
    for shift in (1000.0, -1000.0):
        logits = torch.tensor([1.0, 3.0, 2.0]) + shift  # probabilities 0.09, 0.67, 0.24
        expect.equal(
            stay(top_p_filter(logits, 0.8)), [False, True, True], f"which tokens stay, scores moved by {shift}"
        )


def test_top_p_leaves_the_scores_alone(top_p_filter):
    """The scores that were handed in are not changed."""
    logits = normal(3, 7, seed=24)
    got = top_p_filter(logits, 0.5)
    expect.equal(logits, normal(3, 7, seed=24), "the scores after the call")
    expect.true(isinstance(got, torch.Tensor), "the result should be a tensor")


def test_top_p_refuses_what_is_no_share(top_p_filter):
    """A p of 0 or less, above 1, or nan, is a ValueError that names it."""
    for p, name in ((-0.5, "-0.5"), (1.5, "1.5"), (0.0, "0"), (float("nan"), "nan")):
        expect.raises(ValueError, lambda p=p: top_p_filter(normal(7, seed=25), p), [name], f"p = {p}")


# --- generate_text ----------------------------------------------------------------------------------------------------

LETTERS = CharTokenizer("\n abcdef")  # 8 tokens: 0 is the line break, 1 the space, 2 the a


class Toy(BaseLM):
    """A model whose scores are a function of its input; it keeps what it was shown."""

    def __init__(self, scores, block_size=4, vocab_size=8):
        super().__init__(ModelConfig(vocab_size=vocab_size, block_size=block_size))
        self.weight = nn.Parameter(torch.ones(1))
        self.scores = scores
        self.seen = []
        self.modes = set()
        self.gradients = set()

    def forward(self, idx, targets=None):
        """(B, T) -> (B, T, V); refuses more than block_size tokens, as the GPT does."""
        if idx.shape[1] > self.config.block_size:
            raise ValueError(f"{idx.shape[1]} tokens are more than the model's block_size of {self.config.block_size}")
        self.seen.append(idx.clone())
        self.modes.add(self.training)
        self.gradients.add(torch.is_grad_enabled())
        return self.scores(idx).float() * self.weight, None


def onwards(idx):
    """The next letter of the alphabet is likeliest by far, and what stands at earlier positions is something else."""
    nexts = (idx + 1) % 8
    scores = torch.zeros(*idx.shape, 8)
    return scores.scatter(2, nexts[..., None], 9.0)


def always(probabilities):
    """The same guess at the last position of any input; other positions guess token 7."""

    def scores(idx):
        wrong = torch.full((*idx.shape, 8), -9.0)
        wrong[..., 7] = 9.0
        wrong[:, -1] = torch.tensor(probabilities).log()
        return wrong

    return scores


def mixed(idx):
    """Every token of the input has a say in the next one, and where it stands as well."""
    weights = normal(8, 8, 8, seed=31)  # (place from the end, token, next token)
    T = idx.shape[1]
    return torch.stack([sum(weights[t - j, idx[:, j]] for j in range(t + 1)) for t in range(T)], dim=1)


def greedy(n, **settings):
    """Temperature 0, at most n tokens."""
    return SamplingConfig(max_new_tokens=n, temperature=0.0, **settings)


def one(texts):
    """The only text of a list; refuses everything else."""
    expect.true(isinstance(texts, list), f"expected a list of texts, got {type(texts).__name__}")
    expect.equal(len(texts), 1, "how many texts came for num_samples = 1")
    expect.true(isinstance(texts[0], str), f"expected a text, got {type(texts[0]).__name__}")
    return texts[0]


def test_generate_returns_a_list_of_texts(generate_text):
    """The result is a list of num_samples texts, and each begins with the prompt."""
    for n in (1, 3):
        texts = generate_text(Toy(onwards), LETTERS, "ab", SamplingConfig(5, num_samples=n))
        expect.true(isinstance(texts, list), f"expected a list of texts, got {type(texts).__name__}")
        expect.equal(len(texts), n, f"how many texts came for num_samples = {n}")
        for text in texts:
            expect.true(isinstance(text, str) and text.startswith("ab"), f"{text!r} should begin with the prompt 'ab'")


def test_generate_continues_the_prompt(generate_text):
    """With temperature 0 each token is the likeliest one after those before it."""
    expect.equal(one(generate_text(Toy(onwards), LETTERS, "ab", greedy(3))), "abcde", "the text")


def test_generate_adds_max_new_tokens(generate_text):
    """It adds exactly max_new_tokens tokens where nothing ends the sample earlier, none with 0."""
    for n in (0, 1, 7):
        texts = generate_text(Toy(always([0.1, 0, 0.2, 0.2, 0.1, 0.1, 0.1, 0.2])), LETTERS, "ab", greedy(n))
        expect.equal(len(one(texts)), 2 + n, f"the length of the text for a prompt of 2 and max_new_tokens = {n}")


def test_generate_shows_the_model_all_of_the_context(generate_text):
    """The model sees the whole prompt and all new tokens, in order, up to block_size of them."""
    model = Toy(onwards, block_size=6)
    generate_text(model, LETTERS, "ca", greedy(4))
    wanted = [[4, 2], [4, 2, 3], [4, 2, 3, 4], [4, 2, 3, 4, 5]]
    expect.equal([seen[0].tolist() for seen in model.seen], wanted, "what the model was shown, step by step")


def test_generate_crops_the_context(generate_text):
    """Of a context longer than block_size the model sees the last block_size tokens."""
    model = Toy(onwards, block_size=3)
    text = one(generate_text(model, LETTERS, "abcab", greedy(2)))
    expect.equal([seen[0].tolist() for seen in model.seen], [[4, 2, 3], [2, 3, 4]], "what the model was shown")
    expect.equal(text, "abcabcd", "the text: the whole prompt and what is new")


def test_generate_depends_on_all_of_the_context(generate_text):
    """A text that depends on order and place of every token comes out as by hand."""
    model, ids = Toy(mixed, block_size=4), [2, 5, 3]
    text = one(generate_text(model, LETTERS, LETTERS.decode(ids), greedy(6, max_newlines=0, max_spaces=0)))
    for _ in range(6):
        ids.append(int(mixed(torch.tensor([ids[-4:]]))[0, -1].argmax()))
    expect.equal(text, LETTERS.decode(ids), "the text")


def test_generate_begins_without_a_prompt(generate_text):
    """An empty prompt stands for a line break, which isn't part of the text; or for token 0 if there is none."""
    model = Toy(onwards)
    expect.equal(one(generate_text(model, LETTERS, "", greedy(3))), " ab", "the text for an empty prompt")
    expect.equal(model.seen[0].tolist(), [[0]], "what the model was shown first, where token 0 is the line break")
    no_break = CharTokenizer("abcdefgh")
    expect.equal(one(generate_text(Toy(onwards), no_break, "", greedy(3))), "bcd", "the text, without a line break")


def test_generate_has_defaults(generate_text):
    """Without a configuration it uses SamplingConfig(): 500 tokens at temperature 0.8, one sample."""
    model = Toy(always([0, 0, 0.5, 0.5, 0, 0, 0, 0]))
    text = one(generate_text(model, LETTERS, "a"))
    expect.equal(len(text), 501, "the length of the text for a prompt of 1")
    expect.equal(sorted(set(text)), ["a", "b"], "the letters of the text, where a and b are equally likely")


EVEN = [0, 0, 0.2, 0.2, 0.2, 0.2, 0.2, 0]


def test_generate_samples_differ(generate_text):
    """Samples of one call are different texts."""
    texts = generate_text(Toy(always(EVEN)), LETTERS, "a", SamplingConfig(30, num_samples=5))
    expect.equal(len(set(texts)), 5, "how many of 5 texts of 30 tokens are different")


def test_generate_draws_by_probability(generate_text):
    """Over many samples each token comes as often as its probability says."""
    model = Toy(always([0, 0, 0.5, 0.3, 0.2, 0, 0, 0]))
    texts = generate_text(model, LETTERS, "f", SamplingConfig(1, temperature=1.0, num_samples=1500))
    for letter, p in zip("abc", (0.5, 0.3, 0.2), strict=True):
        share = sum(text == "f" + letter for text in texts) / 1500
        expect.between(
            share, p - 0.07, p + 0.07, f"the share of 1,500 samples with {letter!r}, whose probability is {p}"
        )


def shares(generate_text, probabilities, **settings):
    """Which letters 400 samples draw after f, and how often."""
    model = Toy(always(probabilities))
    texts = generate_text(model, LETTERS, "f", SamplingConfig(1, num_samples=400, **settings))
    return {letter: sum(text == "f" + letter for text in texts) / 400 for letter in "abcde"}


def test_generate_uses_the_temperature(generate_text):
    """Odds of 4 to 1 become 2 to 1 at temperature 2, and 16 to 1 at temperature 0.5."""
    for temperature, wanted in ((2.0, 2 / 3), (0.5, 16 / 17)):
        share = shares(generate_text, [0, 0, 0.8, 0.2, 0, 0, 0, 0], temperature=temperature)["a"]
        expect.between(share, wanted - 0.12, wanted + 0.055, f"the share of a at temperature {temperature}")


def test_generate_uses_top_k(generate_text):
    """With top_k = 2 only the two likeliest tokens are drawn, both of them."""
    found = shares(generate_text, [0, 0, 0.2, 0.3, 0.2, 0.1, 0.25, 0], temperature=1.0, top_k=2)
    expect.equal([letter for letter, share in found.items() if share], ["b", "e"], "which letters 400 samples draw")


def test_generate_uses_top_p(generate_text):
    """With top_p = 0.5 only the nucleus is drawn: here the two likeliest tokens."""
    found = shares(generate_text, [0, 0, 0.2, 0.35, 0.1, 0.1, 0.25, 0], temperature=1.0, top_p=0.5)
    expect.equal([letter for letter, share in found.items() if share], ["b", "e"], "which letters 400 samples draw")


def test_generate_filters_after_the_temperature(generate_text):
    """The nucleus is that of the tempered scores: at temperature 0.5, top_p = 0.6 leaves one token of 0.5, 0.3, 0.2."""
    found = shares(generate_text, [0, 0, 0.5, 0.3, 0.2, 0, 0, 0], temperature=0.5, top_p=0.6)
    expect.equal([letter for letter, share in found.items() if share], ["a"], "which letters 400 samples draw")


def test_generate_takes_top_p_of_what_top_k_left(generate_text):
    """top_k comes first: of 0.4, 0.3, 0.2, 0.1 it leaves 0.57 and 0.43; then top_p = 0.5 leaves one."""
    found = shares(generate_text, [0, 0, 0.4, 0.3, 0.2, 0.1, 0, 0], temperature=1.0, top_k=2, top_p=0.5)
    expect.equal([letter for letter, share in found.items() if share], ["a"], "which letters 400 samples draw")


def test_generate_repeats_itself_with_the_same_seed(generate_text):
    """The same seed gives the same text, whatever was drawn before, and another seed gives another."""
    texts = []
    for seed, noise in ((3, 1), (3, 2), (4, 1)):
        torch.manual_seed(noise)
        texts.append(one(generate_text(Toy(always(EVEN)), LETTERS, "a", SamplingConfig(30, seed=seed))))
    expect.equal(texts[1], texts[0], "the text with seed 3 for the second time")
    expect.true(texts[2] != texts[0], "seeds 3 and 4 gave the same 30 tokens, each one of five equally likely ones")


def test_generate_seeds_each_sample(generate_text):
    """Sample i has a generator that is seeded once, with seed + i."""
    made = []

    class Noted(torch.Generator):
        """A generator that can be asked for its seed afterwards."""

        def __init__(self, *args, **kwargs):
            super().__init__()
            made.append(self)

    usual, torch.Generator = torch.Generator, Noted
    try:
        generate_text(Toy(always(EVEN)), LETTERS, "a", SamplingConfig(4, seed=7, num_samples=3))
    finally:
        torch.Generator = usual
    seeds = sorted({generator.initial_seed() for generator in made})
    if made:  # generators that came by another way than torch.Generator can't be asked
        expect.equal(seeds, [7, 8, 9], "the seeds of the generators, for seed = 7 and three samples")


def test_generate_leaves_the_global_generator_alone(generate_text):
    """torch's global generator is not used, and not seeded anew."""
    torch.manual_seed(5)
    before = torch.get_rng_state()
    one(generate_text(Toy(always(EVEN)), LETTERS, "a", SamplingConfig(9)))
    expect.true(torch.equal(torch.get_rng_state(), before), "torch's global generator was used or seeded")


def test_generate_samples_do_not_depend_on_each_other(generate_text):
    """Sample i of several is the text that seed + i gives alone, also where others end earlier."""
    settings = {"max_new_tokens": 12, "temperature": 1.0, "stop": ("d",), "stop_tokens": (6,)}
    together = generate_text(Toy(always(EVEN)), LETTERS, "a", SamplingConfig(seed=7, num_samples=6, **settings))
    alone = [
        one(generate_text(Toy(always(EVEN)), LETTERS, "a", SamplingConfig(seed=7 + i, **settings))) for i in range(6)
    ]
    expect.equal(list(together), alone, "six texts, beside those that seeds 7 to 12 give alone")


def test_generate_continues_each_sample_by_itself(generate_text):
    """Each sample goes on from its own tokens."""
    model = Toy(lambda idx: always(EVEN)(idx) if idx.shape[1] == 1 else onwards(idx), block_size=2)
    texts = generate_text(model, LETTERS, "f", SamplingConfig(2, temperature=1.0, top_p=0.9, num_samples=12))
    expect.true(len({text[1] for text in texts}) > 1, "12 samples, each of five equally likely tokens, were all alike")
    for text in texts:
        follows = LETTERS.decode([(LETTERS.encode(text[1])[0] + 1) % 8])
        expect.equal(text[2:], follows, f"what follows {text[1]!r} in a sample, where only the next letter is likely")


def test_generate_stops_at_a_stop_token(generate_text):
    """A token of stop_tokens ends the sample and isn't kept."""
    model = Toy(onwards)
    expect.equal(one(generate_text(model, LETTERS, "a", greedy(9, stop_tokens=(0, 5)))), "abc", "the text, 5 being d")
    expect.equal(len(model.seen), 3, "how often the model was asked")


def test_generate_stops_at_a_stop_text(generate_text):
    """A stop text ends the sample and is cut off, also where it came in several tokens."""
    for stop, wanted in ((("d",), "abc"), (("de",), "abc"), (("x", "ef"), "abcd"), (("cd", "c"), "ab"), (("b",), "a")):
        model = Toy(onwards)
        got = one(generate_text(model, LETTERS, "a", greedy(9, stop=stop)))
        expect.equal(got, wanted, f"the text for stop = {stop}")
        expect.true(len(model.seen) <= 5, f"the model was asked {len(model.seen)} times although the sample was over")


def test_generate_looks_for_stop_texts_in_what_is_new(generate_text):
    """A stop text in the prompt, or across its end, doesn't count."""
    got = one(generate_text(Toy(onwards), LETTERS, "abc", greedy(3, stop=("b", "cd"))))
    expect.equal(got, "abcdef", "the text for stop = ('b', 'cd') and the prompt 'abc'")


def test_generate_finds_long_stop_texts(generate_text):
    """A stop text may be as long as it likes; what stands before it is kept."""
    got = one(generate_text(Toy(onwards), LETTERS, "a", greedy(30, stop=("f\n abcdef\n abc",))))
    expect.equal(got, "abcde", "the text for a stop text of 13 characters")


def test_generate_stops_running_away(generate_text):
    """After max_newlines line breaks in a row, or max_spaces spaces, the sample is over and keeps no more of them."""
    breaks, spaces = Toy(always([1.0, 0, 0, 0, 0, 0, 0, 0])), Toy(always([0, 1.0, 0, 0, 0, 0, 0, 0]))
    expect.equal(one(generate_text(breaks, LETTERS, "a", greedy(99, max_newlines=3))), "a\n\n\n", "the text, 3 allowed")
    expect.equal(one(generate_text(spaces, LETTERS, "a", greedy(99, max_spaces=5))), "a     ", "the text, 5 allowed")
    expect.true(len(breaks.seen) < 9, f"the model was asked {len(breaks.seen)} times although the sample was over")
    free = one(generate_text(spaces, LETTERS, "a", greedy(70, max_newlines=0, max_spaces=0)))
    expect.equal(len(free), 71, "the length of the text without limits")


def test_generate_drops_samples_that_are_over(generate_text):
    """A sample that is over takes no more part in the computation; the others go on."""
    model = Toy(always(EVEN))
    texts = generate_text(model, LETTERS, "f", SamplingConfig(25, temperature=1.0, num_samples=8, stop=("a", "b")))
    lengths = [len(text) - 1 for text in texts]  # tokens kept; the one that stopped a sample was drawn as well
    rows = [len(seen) for seen in model.seen]
    wanted = [sum(length >= step for length in lengths) for step in range(len(rows))]
    expect.equal(rows, wanted, "how many samples went through the model, step by step")


def test_generate_counts_tokens_not_characters(generate_text):
    """Where a token is several characters long, max_new_tokens counts tokens, and the text is what they decode to."""

    class Pairs(CharTokenizer):
        """Each token is a letter and a dot."""

        def decode(self, ids):
            """Token ids to text."""
            return "".join(f"{character}." for character in super().decode(ids))

    got = one(generate_text(Toy(onwards), Pairs("\n abcdef"), "a", greedy(3)))
    expect.equal(got, "ab.c.d.", "the text")
    got = one(generate_text(Toy(onwards), Pairs("\n abcdef"), "a", greedy(6, stop=(".d",))))
    expect.equal(got, "ab.c", "the text for stop = ('.d',), which begins in the middle of a token")


def test_generate_tells_tokens_as_they_come(generate_text):
    """on_token hears of every new token once, before the next one is drawn, but not of one that ends its sample."""
    model, told = Toy(onwards), []
    one(
        generate_text(
            model, LETTERS, "a", greedy(9, stop=("e",)), lambda i, token: told.append((i, token, len(model.seen)))
        )
    )
    expect.equal(told, [(0, 3, 1), (0, 4, 2), (0, 5, 3)], "(sample, token, questions to the model so far) of each call")
    told.clear()
    one(generate_text(Toy(onwards), LETTERS, "a", greedy(9, stop_tokens=(5,)), lambda i, token: told.append(token)))
    expect.equal(told, [3, 4], "the tokens that on_token heard of, where 5 is a stop token")


def test_generate_tells_whose_token_it_is(generate_text):
    """on_token's first argument is the sample's number, also after other samples have ended."""
    told = {i: [] for i in range(5)}
    config = SamplingConfig(8, temperature=1.0, num_samples=5, stop_tokens=(3, 4))
    texts = generate_text(Toy(always(EVEN)), LETTERS, "f", config, lambda i, token: told[i].append(token))
    expect.equal(["f" + LETTERS.decode(told[i]) for i in range(5)], list(texts), "the tokens told for each sample")


def test_generate_tells_the_last_token(generate_text):
    """on_token hears of the last of max_new_tokens like of any other, and every token is an int."""
    told = []
    one(generate_text(Toy(onwards), LETTERS, "a", greedy(3), lambda i, token: told.append(token)))
    expect.equal([int(token) for token in told], [3, 4, 5], "the tokens that on_token heard of, max_new_tokens = 3")
    expect.true(
        all(isinstance(token, int) for token in told),
        f"on_token should be called with an int, but it got a {type(told[0]).__name__}",
    )


def test_generate_names_unknown_characters(generate_text):
    """Characters that the tokenizer doesn't know are a ValueError that names them."""
    expect.raises(ValueError, lambda: generate_text(Toy(onwards), LETTERS, "axb?", greedy(2)), ["x", "?"], "'axb?'")


def test_generate_can_skip_unknown_characters(generate_text):
    """With on_unknown = "skip" they are left out, of the text as well."""
    for prompt, wanted in (("axb?", "abcd"), ("x?", " a")):
        got = one(generate_text(Toy(onwards), LETTERS, prompt, greedy(2, on_unknown="skip")))
        expect.equal(got, wanted, f"the text for the prompt {prompt!r}")


def test_generate_refuses_nan(generate_text):
    """Scores that are nan are a ValueError that says so, at temperature 0 too."""
    model = Toy(lambda idx: torch.full((*idx.shape, 8), float("nan")))
    for temperature in (1.0, 0.0):
        config = SamplingConfig(3, temperature=temperature)
        expect.raises(
            ValueError, lambda config=config: generate_text(model, LETTERS, "a", config), ["nan"], "nan scores"
        )


def test_generate_refuses_a_single_nan(generate_text):
    """One nan among the scores, of whichever sample, at whichever step, is a ValueError as well."""

    def broken(sample, length):
        """A model that gives one nan, for one sample, as soon as there are so many tokens."""

        def scores(idx):
            result = onwards(idx)
            if idx.shape[1] == length:
                result[sample, -1, 6] = float("nan")
            return result

        return Toy(scores)

    for sample, length, what in (
        (0, 1, "one nan at the first step"),
        (1, 1, "one nan at the first step, in the second of three samples"),
        (0, 3, "one nan at the third step"),
    ):
        for temperature in (1.0, 0.0):
            config = SamplingConfig(9, temperature=temperature, num_samples=3)
            act = lambda s=sample, n=length, c=config: generate_text(broken(s, n), LETTERS, "a", c)  # noqa: E731
            expect.raises(ValueError, act, ["nan"], what)


def test_generate_switches_dropout_off(generate_text):
    """The model is in evaluation mode meanwhile, and afterwards in the mode it was in."""
    for training in (True, False):
        model = Toy(onwards).train(training)
        one(generate_text(model, LETTERS, "a", greedy(3)))
        expect.equal(model.modes, {False}, "whether the model was in training mode when it was asked")
        expect.equal(model.training, training, "whether the model is in training mode afterwards")
        one(generate_text(model, LETTERS, "a", greedy(9, stop=("d",))))
        expect.equal(model.training, training, "whether it is in training mode after a sample that stopped early")


def test_generate_needs_no_gradients(generate_text):
    """No gradients are computed meanwhile; afterwards they are again."""
    model = Toy(onwards)
    one(generate_text(model, LETTERS, "a", greedy(3)))
    expect.equal(model.gradients, {False}, "whether gradients were computed when the model was asked")
    expect.true(torch.is_grad_enabled(), "gradients are still switched off after the call")
