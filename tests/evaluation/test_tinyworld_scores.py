"""How well a model knows TinyWorld: against the floor, and by what it writes."""

import pytest
import torch

from vibejam_core.evaluation.tinyworld_scores import SEED, checked, per_hundred_words, score_splits, write_texts
from vibejam_core.models.config import ModelConfig
from vibejam_core.models.registry import build_model
from vibejam_core.text.bpe import BPETokenizer
from vibejam_core.text.corpora import DOC_END
from vibejam_core.text.tinyworld import SPLITS, documents

TOKENIZER = BPETokenizer([(97, 98)], special_tokens=(DOC_END,))
END = TOKENIZER.special_ids[DOC_END]


def model(arch: str = "modern_gpt") -> torch.nn.Module:
    torch.manual_seed(0)
    return build_model(arch, ModelConfig(TOKENIZER.vocab_size, block_size=32, n_layer=1, n_head=2, n_embd=16))


def test_an_untrained_model_is_far_above_each_floor() -> None:
    """About log2(V) bits for each of the bytes, whose world needs an eighth of a bit."""
    scores = score_splits(model(), TOKENIZER, END, n_bytes=1500)  # type: ignore[arg-type]
    assert [each.split for each in scores] == list(SPLITS)
    for each in scores:
        assert each.n_bytes >= 1500
        assert 7.5 < each.bits_per_byte < 8.6
        assert 0.05 < each.floor < 0.3


def test_the_floor_knows_that_the_kind_must_be_guessed() -> None:
    """Of stories alone there is nothing to guess; of a mixture, at least a bit for each."""
    [alone] = score_splits(model(), TOKENIZER, END, n_bytes=3000, kinds=("story",), splits=("val",))  # type: ignore[arg-type]
    found = list(documents(("story",), "val", SEED, 3000))
    assert alone.floor == pytest.approx(sum(each.bits for each in found) / sum(each.n_bytes for each in found))


@pytest.mark.parametrize("arch", ["modern_gpt", "gpt"])
def test_texts_are_written_and_checked(arch: str) -> None:
    """With a cache and without; each is cut off at the context's end, or ends by itself."""
    written = write_texts(model(arch), TOKENIZER, END, n=3)  # type: ignore[arg-type]
    assert len(written) == 3
    assert all(each.violations for each in written)
    assert len({each.text for each in written}) == 3


def test_a_cut_off_end_is_no_fault() -> None:
    story = next(documents(("story",))).text
    assert not checked(story, True).violations
    assert not checked(story[: len(story) // 2], False).violations
    assert checked(story[: len(story) // 2], True).violations
    assert checked(story, True).is_story
    assert not checked("Problem: one and one", False).is_story
    assert per_hundred_words([checked(story, True)]) == 0
    assert per_hundred_words([checked("x y", False)]) > 0
