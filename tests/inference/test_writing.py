"""Text by way of the engine."""

import pytest
import torch

from vibejam_core.inference.config import SamplingConfig
from vibejam_core.inference.engine import Engine
from vibejam_core.inference.writing import stream_text, write
from vibejam_core.models.config import ModelConfig
from vibejam_core.models.modern_gpt import GPT
from vibejam_core.text.bpe import BPETokenizer
from vibejam_core.text.characters import CharTokenizer

LETTERS = CharTokenizer("\n abcdef")
BYTES = BPETokenizer.train("", 256)  # a token is a byte


class Script:
    """Stands where an engine stands: writes what it was told to, whatever the prompt."""

    def __init__(self, *continuations: list[int]) -> None:
        self.continuations = continuations
        self.model = GPT(ModelConfig(vocab_size=8, block_size=4, n_layer=1, n_head=1, n_embd=8))

    def stream(self, prompts, config, slide=False, is_over=None):  # type: ignore[no-untyped-def]
        """A token of each sample in turn."""
        self.prompts = prompts
        going = list(range(len(self.continuations)))
        for step in range(config.max_new_tokens):
            for sample in tuple(going):
                tokens = self.continuations[sample]
                if step == len(tokens):
                    going.remove(sample)
                    continue
                yield sample, tokens[step]
                if is_over(sample, tokens[: step + 1]):
                    going.remove(sample)


def said(tokenizer, *texts: str, **settings: object) -> list[tuple[int, str]]:  # type: ignore[no-untyped-def]
    """The pieces that come of texts."""
    script = Script(*(tokenizer.encode(text) for text in texts))
    config = SamplingConfig(max_new_tokens=50, num_samples=len(texts), **settings)  # type: ignore[arg-type]
    return list(stream_text(script, tokenizer, ["a"], config))  # type: ignore[arg-type]


def test_no_character_is_broken() -> None:
    """Each comes with its last byte, also where two texts are written at once."""
    assert said(BYTES, "a€é") == [(0, "a"), (0, "€"), (0, "é")]
    pieces = said(BYTES, "жжж", "漢a")
    assert pieces == [(0, "ж"), (1, "漢"), (0, "ж"), (1, "a"), (0, "ж")]


def test_half_a_character_at_the_end_is_left_out() -> None:
    """As it is when ``max_new_tokens`` cuts it."""
    script = Script(list("a€".encode())[:3])
    config = SamplingConfig(max_new_tokens=3)
    assert list(stream_text(script, BYTES, ["a"], config)) == [(0, "a")]  # type: ignore[arg-type]


def test_a_stop_text_is_never_shown() -> None:
    """Not its beginning either, unless something else came of it; and nothing comes after it."""
    assert said(LETTERS, "abcdef", stop=("cd",)) == [(0, "a"), (0, "b")]
    assert said(LETTERS, "acab", stop=("cd",)) == [(0, "a"), (0, "ca"), (0, "b")]
    assert said(LETTERS, "abc", stop=("cd",)) == [(0, "a"), (0, "b"), (0, "c")]
    assert "".join(piece for _, piece in said(LETTERS, "abababc", stop=("ababc",))) == "ab"


def test_runaway_white_space_ends_a_sample() -> None:
    """The other one goes on."""
    pieces = said(LETTERS, "a\n\n\nb", "abcdef", max_newlines=2)
    assert "".join(piece for sample, piece in pieces if sample == 0) == "a\n\n"
    assert "".join(piece for sample, piece in pieces if sample == 1) == "abcdef"


@pytest.fixture(scope="module")
def engine() -> Engine:
    """A model with weights that aren't zeros."""
    torch.manual_seed(0)
    model = GPT(ModelConfig(vocab_size=8, block_size=16, n_layer=2, n_head=2, n_embd=16))
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    return Engine(model)


def test_write_is_the_pieces_joined(engine: Engine) -> None:
    """Sample i of prompt p has the number p * num_samples + i."""
    prompts, config = ["abc", "f"], SamplingConfig(max_new_tokens=9, num_samples=2, stop=("ab",), max_newlines=0)
    texts = ["abc", "abc", "f", "f"]
    for sample, piece in stream_text(engine, LETTERS, prompts, config):
        texts[sample] += piece
    assert write(engine, LETTERS, prompts, config) == texts
    assert len(set(texts)) == 4


def test_a_sample_does_not_depend_on_those_beside_it(engine: Engine) -> None:
    """A prompt alone, with the seed of the second sample."""
    together = write(engine, LETTERS, ["abc", "f"], SamplingConfig(9, num_samples=2, seed=5))
    assert together[1] == write(engine, LETTERS, ["abc"], SamplingConfig(9, seed=6))[0]
    assert together[2] == write(engine, LETTERS, ["f"], SamplingConfig(9, seed=5))[0]


def test_a_text_may_outgrow_the_context_only_where_it_is_told_to(engine: Engine) -> None:
    """And then of a prompt that is too long its end is read."""
    config = SamplingConfig(max_new_tokens=20, max_newlines=0, max_spaces=0)
    assert len(write(engine, LETTERS, ["abc"], config, slide=True)[0]) == 3 + 20
    assert len(write(engine, LETTERS, ["abcdef" * 4], config, slide=True)[0]) == 24 + 20
    with pytest.raises(ValueError, match="20"):
        write(engine, LETTERS, ["abc"], config)


def test_unknown_characters_are_named_or_left_out(engine: Engine) -> None:
    """As generate_text does."""
    with pytest.raises(ValueError, match="x"):
        write(engine, LETTERS, ["axb"], SamplingConfig(3))
    [text] = write(engine, LETTERS, ["axb"], SamplingConfig(3, max_newlines=0, on_unknown="skip"))
    assert text.startswith("ab")
    assert len(text) == 5
