"""The engine as a whole: what it writes with a cache is what is written without one, and nothing is computed twice."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from vibejam_core.inference.config import SamplingConfig
from vibejam_core.inference.engine import Engine, draw
from vibejam_core.inference.kv_cache import KVCache, forward_cached
from vibejam_core.models.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from vibejam_core.models.config import ModelConfig
from vibejam_core.models.modern_gpt import GPT
from vibejam_core.models.registry import build_model
from vibejam_core.text.characters import CharTokenizer

PLAIN = ModelConfig(vocab_size=50, block_size=16, n_layer=3, n_head=4, n_embd=32, n_kv_head=2, vocab_multiple=16)
OPTIONS = {"window_pattern": "SSL", "value_embeddings": True, "residual_scalars": True}
ALL = replace(PLAIN, **OPTIONS)  # type: ignore[arg-type]
PROMPTS = [[3, 14, 15], [9], [26, 5, 35, 8, 9]]


def awake(config: ModelConfig, seed: int = 3) -> GPT:
    """A model all of whose weights matter: in a new one every block adds nothing, and a wrong cache can't be seen."""
    model = GPT(config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            generator = torch.Generator().manual_seed(seed + sum(name.encode()))
            size = 1.0 if name.endswith("wte.weight") or "lambdas" in name else 2 * config.n_embd**-0.5
            parameter.copy_(size * torch.randn(parameter.shape, generator=generator))
    return model


def random_tokens(*shape: int, seed: int = 1) -> Tensor:
    """Token ids."""
    return torch.randint(50, shape, generator=torch.Generator().manual_seed(seed))


@torch.no_grad()
def full(model: GPT, tokens: Sequence[int]) -> Tensor:
    """(T, V): every position's scores, without a cache."""
    return model(torch.tensor([list(tokens)]))[0][0]


def written(model: GPT, prompt: Sequence[int], config: SamplingConfig, seed: int) -> list[int]:
    """What one sample should write: a full forward for each token."""
    seen, new, block = list(prompt), [], model.config.block_size
    generator = torch.Generator().manual_seed(seed)
    for _ in range(config.max_new_tokens):
        if len(seen) > block:
            seen = seen[-(block // 2) :]
        [token] = draw(full(model, seen)[-1:], [generator], config)
        if token in config.stop_tokens:
            break
        seen.append(token)
        new.append(token)
    return new


def by_sample(pairs: Iterator[tuple[int, int]], samples: int) -> list[list[int]]:
    """Each sample's tokens."""
    texts: list[list[int]] = [[] for _ in range(samples)]
    for sample, token in pairs:
        texts[sample].append(token)
    return texts


@contextmanager
def counted(model: GPT) -> Iterator[list[list[int]]]:
    """Note [rows, tokens] of every pass meanwhile."""
    shapes: list[list[int]] = []
    hook = model.transformer["wte"].register_forward_pre_hook(lambda _, args: shapes.append(list(args[0].shape)))
    yield shapes
    hook.remove()


# --- Cached decoding is the full forward ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"n_kv_head": 4},
        {"n_kv_head": 1},
        {"window_pattern": "S"},
        {"window_pattern": "SSL"},
        {"value_embeddings": True},
        {"residual_scalars": True},
        {"softcap": 0.0},
        {"vocab_multiple": 1},
        {"rope_base": 100.0},
        OPTIONS,
    ],
    ids=str,
)
@pytest.mark.parametrize("cuts", [[16], [1] * 16, [5, 1, 1, 6, 3]], ids=str)
def test_cached_decoding_equals_the_full_forward_at_every_position(options: dict[str, object], cuts: list[int]) -> None:
    """For grouped queries, windows and every other option, however the text is cut."""
    model, idx = awake(replace(PLAIN, **options)), random_tokens(2, 16)  # type: ignore[arg-type]
    cache = KVCache(model.config, 2, capacity=1)
    got = torch.cat([forward_cached(model, piece, cache) for piece in idx.split(cuts, dim=1)], dim=1)
    wanted = torch.stack([full(model, row) for row in idx.tolist()])
    assert got.shape == (2, 16, 50)
    torch.testing.assert_close(got, wanted, atol=1e-4, rtol=0)


@pytest.mark.parametrize("block_size", [64, 128, 512])
def test_contexts_of_64_to_512_are_decoded_to_their_last_token(block_size: int) -> None:
    """Rows of unequal lengths, one token at a time, until the longest is full."""
    model = awake(replace(ALL, block_size=block_size))
    idx, start = random_tokens(2, block_size), block_size // 2
    cache = KVCache(model.config, 2)
    counts = [start, start - 7]
    got = [forward_cached(model, idx[:, :start], cache, counts, last_only=True)]
    rows = torch.arange(2)
    for t in range(start):
        piece = idx[rows, torch.tensor(counts) + t][:, None]
        got.append(forward_cached(model, piece, cache, last_only=True))
    assert cache.lengths == [block_size, block_size - 7]
    for row, count in enumerate(counts):
        wanted = full(model, idx[row, : count + start].tolist())[count - 1 :]
        torch.testing.assert_close(torch.stack([step[row] for step in got]), wanted, atol=1e-4, rtol=0)


@pytest.mark.parametrize(("dtype", "off"), [("bfloat16", 0.3), ("float16", 0.05)])
def test_half_precision_comes_close_to_the_full_forward(dtype: str, off: float) -> None:
    """The same sums in another order; logits of order 10 are rounded to steps of 0.06 in bfloat16."""
    model, idx = awake(replace(ALL, compute_dtype=dtype)), random_tokens(2, 16)  # type: ignore[arg-type]
    cache = KVCache(model.config, 2)
    got = torch.cat([forward_cached(model, piece, cache) for piece in idx.split([9, 1, 1, 5], dim=1)], dim=1)
    assert cache.keys[0].dtype == getattr(torch, dtype)
    assert got.dtype == torch.float32
    torch.testing.assert_close(got, torch.stack([full(model, row) for row in idx.tolist()]), atol=off, rtol=0)


def test_a_text_that_is_too_long_leaves_the_cache_as_it_was() -> None:
    """And the message says how long it would be."""
    model = awake(ALL)
    cache = KVCache(ALL, 2)
    forward_cached(model, random_tokens(2, 15), cache, [15, 4])
    with pytest.raises(ValueError, match=r"17 tokens.*block_size is 16"):
        forward_cached(model, random_tokens(2, 2), cache)
    assert cache.lengths == [15, 4]
    forward_cached(model, random_tokens(2, 9), cache, [1, 9])  # padding may stand beyond the context
    assert cache.lengths == [16, 13]


# --- What the engine writes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("slide", [False, True])
@pytest.mark.parametrize("config", [PLAIN, ALL], ids=["plain", "all options"])
def test_the_engine_writes_what_is_written_without_a_cache(config: ModelConfig, slide: bool) -> None:
    """Unequal prompts, three samples each, some stopped early; sliding, each text by itself."""
    model = awake(config)
    settings = SamplingConfig(
        40 if slide else 11, temperature=1.0, top_k=20, seed=7, num_samples=3, stop_tokens=(1, 2, 3)
    )
    got = by_sample(Engine(model).stream(PROMPTS, settings, slide=slide), 9)
    assert got == [written(model, prompt, settings, 7 + i) for prompt in PROMPTS for i in range(3)]
    assert len({len(text) for text in got}) > 1


def test_samples_from_one_prefill_equal_those_of_separate_prefills() -> None:
    """And seeds don't depend on the batch: sample i alone, with seed + i, is the same."""
    model = awake(ALL)
    engine, settings = Engine(model), SamplingConfig(10, temperature=1.2, seed=5, num_samples=4)
    with counted(model) as shapes:
        together = by_sample(engine.stream(PROMPTS, settings), 12)
    assert shapes[:2] == [[3, 5], [12, 1]]
    for p, prompt in enumerate(PROMPTS):
        for i in range(4):
            alone = engine.stream([prompt], replace(settings, num_samples=1, seed=5 + i))
            assert by_sample(alone, 1) == [together[4 * p + i]]
    assert len({tuple(text) for text in together}) == 12


def test_finished_rows_cost_nothing() -> None:
    """Each pass has as many rows as there are samples that go on, and there is none after the last token."""
    model = awake(ALL)
    settings = SamplingConfig(11, temperature=1.0, num_samples=6, stop_tokens=tuple(range(8)))
    with counted(model) as shapes:
        texts = by_sample(Engine(model).stream(PROMPTS, settings), 18)
    going = [sum(len(text) > step for text in texts) for step in range(10)]
    assert shapes == [[3, 5], *([n, 1] for n in going if n)]
    assert going[0] > going[3]


def test_a_text_slides_only_when_it_is_full_itself() -> None:
    """It is the same beside a longer one as alone; and one that isn't too long is the same with slide and without."""
    engine, settings = Engine(awake(ALL)), SamplingConfig(14, temperature=1.0, seed=3)
    together = by_sample(engine.stream([[9], list(range(16))], settings, slide=True), 2)
    assert together[:1] == by_sample(engine.stream([[9]], settings, slide=True), 1)
    assert together[:1] == by_sample(engine.stream([[9]], settings), 1)
    assert by_sample(engine.stream([[9]], replace(settings, max_new_tokens=200), slide=True), 1)[0][:14] == together[0]


def test_the_padded_vocabulary_is_never_drawn() -> None:
    """Even if its scores would be the largest."""
    model = awake(PLAIN)
    with torch.no_grad():
        model.lm_head.weight[50:] = 100 * model.lm_head.weight[:14].abs()
    settings = SamplingConfig(12, temperature=5.0, num_samples=20)
    assert max(token for _, token in Engine(model).stream([[1, 2]], settings)) < 50


def test_a_consumer_may_stop_in_the_middle() -> None:
    """Nothing was computed ahead of it, and nothing of it stays behind."""
    model = awake(ALL)
    engine, settings = Engine(model), SamplingConfig(10, temperature=1.0, num_samples=2)
    wanted = list(engine.stream(PROMPTS, settings))
    with counted(model) as shapes:
        stream = engine.stream(PROMPTS, settings)
        assert [next(stream) for _ in range(6)] == wanted[:6]
        assert shapes == [[3, 5]]
        assert next(stream) == wanted[6]
        assert shapes == [[3, 5], [6, 1]]
        stream.close()
    assert shapes == [[3, 5], [6, 1]]
    assert list(engine.stream(PROMPTS, settings)) == wanted


@pytest.mark.parametrize(
    ("prompts", "n", "slide", "says"),
    [
        ([], 1, False, "no prompt"),
        ([[1], []], 1, False, "prompt 1 is empty"),
        ([[1, 50]], 1, False, "prompt 0 holds the token 50, but the model knows only 0 to 49"),
        ([[-1]], 1, True, "holds the token -1"),
        ([[1], [2] * 17], 1, True, "prompt 1 has 17 tokens, but the model's block_size is 16"),
        ([[1] * 10], 7, False, "10 tokens and max_new_tokens is 7.*Ask for at most 6"),
    ],
)
def test_what_cannot_be_written_is_refused(prompts: list[list[int]], n: int, slide: bool, says: str) -> None:
    """Before anything is computed, in a sentence that says which prompt it is."""
    model = awake(PLAIN)
    with counted(model) as shapes, pytest.raises(ValueError, match=says):
        list(Engine(model).stream(prompts, SamplingConfig(n), slide=slide))
    assert shapes == []


def test_other_architectures_are_sent_elsewhere() -> None:
    """Their layers keep no keys and values."""
    with pytest.raises(ValueError, match=r"modern_gpt.*generate_text"):
        Engine(build_model("gpt", ModelConfig(vocab_size=7, block_size=8, n_layer=1, n_head=2, n_embd=8)))


def test_broken_weights_are_told() -> None:
    """A nan among the scores is no token."""
    model = awake(PLAIN)
    with torch.no_grad():
        model.lm_head.weight[0, 0] = torch.nan
    with pytest.raises(ValueError, match="nan"):
        list(Engine(model).stream([[1]], SamplingConfig(1)))


def test_draw_follows_the_probabilities() -> None:
    """A thousand draws come as often as they should, by generators that are asked once each."""
    logits = torch.tensor([0.5, 0.0, 0.3, 0.2]).log().expand(1000, 4)
    generators = [torch.Generator().manual_seed(seed) for seed in range(1000)]
    drawn = torch.tensor(draw(logits, generators, SamplingConfig(temperature=1.0)))
    shares = torch.bincount(drawn, minlength=4) / 1000
    torch.testing.assert_close(shares, torch.tensor([0.5, 0.0, 0.3, 0.2]), atol=0.05, rtol=0)
    assert draw(logits[:2], generators[:2], SamplingConfig(temperature=0.0)) == [0, 0]
    kept = draw(logits, generators, SamplingConfig(temperature=1.0, top_k=2))
    assert set(kept) == {0, 2}


def test_a_model_that_an_engine_uses_is_still_itself(tmp_path: Path) -> None:
    """Its weights lie differently in memory; it scores the same, and is saved and loaded as ever."""
    model, idx = awake(ALL), random_tokens(1, 16)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with torch.no_grad():
        logits = model(idx)[0]
    Engine(model)
    assert model.training
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name])
    torch.testing.assert_close(model(idx)[0], logits, atol=1e-5, rtol=1e-5)
    tokenizer = CharTokenizer("".join(map(chr, range(65, 115))))
    save_checkpoint(tmp_path / "run", Checkpoint(model, "modern_gpt", tokenizer, step=1, metrics={"val_loss": 1.0}))
    loaded = load_checkpoint(tmp_path / "run").model
    assert all(torch.equal(value, before[name]) for name, value in loaded.state_dict().items())
