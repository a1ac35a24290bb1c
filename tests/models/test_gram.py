"""The n-gram model: what its tables see, that it learns, and that it is a model like any other."""

from pathlib import Path

import pytest
import torch

from vibejam_core.inference.sampling import generate_text
from vibejam_core.models.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from vibejam_core.models.config import ModelConfig
from vibejam_core.models.gram import GramLM, gram_rows, prime_below
from vibejam_core.models.registry import build_model
from vibejam_core.text.characters import CharTokenizer

CONFIG = ModelConfig(vocab_size=7, block_size=12, n_layer=2, n_head=2, n_embd=8)


def awake(config: ModelConfig = CONFIG) -> GramLM:
    """A model whose zero weights are drawn too, so that every path has something to say."""
    torch.manual_seed(0)
    model = GramLM(config)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    return model


def tokens(*shape: int) -> torch.Tensor:
    return torch.randint(CONFIG.vocab_size, shape, generator=torch.Generator().manual_seed(1))


def test_a_row_is_that_of_the_tokens_just_before() -> None:
    """Worked out by hand: 3 tokens in base 8, the current one with the highest place; 7 stands before the window."""
    rows = gram_rows(torch.tensor([[2, 5, 1]]), order=3, vocab_size=7, n_rows=10_007)
    assert rows.tolist() == [[2 * 64 + 7 * 8 + 7, 5 * 64 + 2 * 8 + 7, 1 * 64 + 5 * 8 + 2]]


def test_every_ngram_has_a_row_of_its_own_where_there_is_room() -> None:
    pairs = torch.cartesian_prod(torch.arange(7), torch.arange(7))
    assert len(gram_rows(pairs, 2, vocab_size=7, n_rows=67)[:, 1].unique()) == 49


def test_rows_stay_in_the_table_and_do_not_overflow() -> None:
    rows = gram_rows(torch.full((1, 6), 199_999), order=6, vocab_size=200_000, n_rows=4093)
    assert 0 <= int(rows.min()) <= int(rows.max()) < 4093


def test_a_later_token_changes_no_earlier_logit() -> None:
    model, idx = awake(), tokens(2, 12)
    before = model(idx)[0]
    for t in range(1, 12):
        changed = idx.clone()
        changed[:, t:] = (changed[:, t:] + 1) % 7
        assert torch.allclose(model(changed)[0][:, :t], before[:, :t], atol=1e-5)


@pytest.mark.parametrize(("n_layer", "reach"), [(1, 4), (2, 12)])
def test_how_far_back_it_sees(n_layer: int, reach: int) -> None:
    """One block: the four tokens of the longest n-gram. From the second block on, attention sees the whole window."""
    model = awake(ModelConfig(vocab_size=7, block_size=12, n_layer=n_layer, n_head=2, n_embd=8))
    idx = tokens(1, 12)
    seen = []
    for t in range(12):
        changed = idx.clone()
        changed[:, t] = (changed[:, t] + 1) % 7
        seen.append(not torch.allclose(model(changed)[0][:, -1], model(idx)[0][:, -1], atol=1e-5))
    assert seen == [t >= 12 - reach for t in range(12)]


def test_shapes_loss_and_the_longest_context() -> None:
    model = GramLM(CONFIG)
    logits, loss = model(tokens(3, 5), tokens(3, 5))
    assert logits.shape == (3, 5, 7)
    assert loss is not None
    assert loss.item() == pytest.approx(torch.log(torch.tensor(7.0)).item())  # untrained: all equally likely
    assert model(tokens(1, 1))[1] is None
    with pytest.raises(ValueError, match=r"13 tokens.*block_size is 12"):
        model(tokens(1, 13))


def test_gradients_reach_every_parameter() -> None:
    model = awake()
    model(tokens(4, 12), tokens(4, 12))[1].backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())


def test_it_learns_what_only_attention_can_see() -> None:
    """The last token repeats the first one, eight places back; in between stands the same text."""
    torch.manual_seed(0)
    model = build_model("gram", CONFIG)
    optimizer = model.configure_optimizers(0.02, 0.0)
    for _ in range(150):
        first = torch.randint(1, 7, (16, 1))
        x = torch.cat([first, torch.zeros(16, 7, dtype=torch.long)], dim=1)
        logits, _ = model(x)
        loss = torch.nn.functional.cross_entropy(logits[:, -1], first[:, 0])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.2 < torch.log(torch.tensor(6.0))


def test_a_checkpoint_brings_it_back_and_it_can_be_sampled_from(tmp_path: Path) -> None:
    tokenizer = CharTokenizer("abcdefg")
    model = awake()
    optimizer = model.configure_optimizers(0.01, 0.1)
    model(tokens(2, 12), tokens(2, 12))[1].backward()
    optimizer.step()
    randomness = {"batches": torch.Generator().get_state()}
    saved = Checkpoint(model, "gram", tokenizer, 1, {"val_loss": 1.0}, {}, optimizer.state_dict(), randomness)
    save_checkpoint(tmp_path, saved)
    found = load_checkpoint(tmp_path, tokenizer=tokenizer, config=CONFIG)
    assert isinstance(found.model, GramLM)
    assert torch.equal(found.model(tokens(1, 12))[0], model(tokens(1, 12))[0])
    found.model.configure_optimizers(0.01, 0.1).load_state_dict(found.optimizer)  # it fits
    (text,) = generate_text(found.model, tokenizer, "abc")
    assert text.startswith("abc")
    assert len(set(text[3:])) > 1


def test_the_tables_have_a_prime_number_of_rows() -> None:
    assert [prime_below(n) for n in (2, 9, 64, 4096)] == [2, 7, 61, 4093]
    assert GramLM(CONFIG).n_rows == 1021  # below 128 * 8
