"""Bits per byte of token files and of documents."""

import math

import pytest
import torch

from tests.evaluation.core_files import TOKENIZER, TableLM
from vibejam_core.evaluation import token_loss
from vibejam_core.evaluation.token_loss import byte_lengths, document_losses, loss_on_tokens
from vibejam_core.evaluation.whole import loss_on_all
from vibejam_core.models.bigram import BigramLM
from vibejam_core.models.config import ModelConfig
from vibejam_core.models.registry import build_model
from vibejam_core.text.bpe import BPETokenizer
from vibejam_core.text.characters import CharTokenizer
from vibejam_core.text.corpora import DOC_END


def bigram(vocab_size: int, block_size: int = 4) -> BigramLM:
    model = BigramLM(ModelConfig(vocab_size=vocab_size, block_size=block_size))
    torch.nn.init.normal_(model.table.weight, generator=torch.Generator().manual_seed(0))
    return model


@pytest.mark.parametrize("n", [2, 5, 64, 65, 66, 150])
def test_pieces_give_the_loss_of_the_whole(n: int) -> None:
    """As uint16, too; the last piece may be a single token."""
    tokens = torch.randint(256, (n,), generator=torch.Generator().manual_seed(n))
    model, tokenizer = bigram(257), BPETokenizer([], special_tokens=(DOC_END,))
    found = loss_on_tokens(model, tokenizer, tokens.to(torch.uint16))
    assert found.loss == pytest.approx(loss_on_all(model, tokens), rel=1e-5)
    assert found.n_tokens == found.n_bytes == n - 1
    assert found.bits_per_byte == pytest.approx(found.loss / math.log(2))


def test_special_tokens_stand_for_no_bytes_but_their_loss_counts() -> None:
    tokenizer = BPETokenizer([(97, 98)], special_tokens=(DOC_END,))
    tokens = torch.tensor([97, 256, 257, 256, 98])
    found = loss_on_tokens(bigram(258), tokenizer, tokens)
    assert (found.n_tokens, found.n_bytes) == (4, 5)
    assert found.bits_per_byte == pytest.approx(found.loss * 4 / math.log(2) / 5)


def test_a_character_may_have_several_bytes() -> None:
    assert byte_lengths(CharTokenizer.build("aé学")).tolist() == [1, 2, 3]


def test_a_limit_and_progress() -> None:
    told: list[tuple[int, int]] = []
    tokens = torch.zeros(200, dtype=torch.long)
    found = loss_on_tokens(bigram(257), BPETokenizer([]), tokens, max_tokens=100, on_progress=lambda *a: told.append(a))
    assert found.n_tokens == 100
    assert told == [(64, 100), (100, 100)]


@pytest.mark.parametrize("tokens", [[], [3], [256, 256, 256]])
def test_nothing_to_guess_is_told(tokens: list[int]) -> None:
    with pytest.raises(ValueError, match=r"at least 2|no text"):
        loss_on_tokens(bigram(257), BPETokenizer([], special_tokens=(DOC_END,)), torch.tensor(tokens, dtype=torch.long))


@pytest.mark.parametrize("block_size", [1, 2, 5, 64])
def test_documents_by_hand(block_size: int) -> None:
    """After a, b has 6/15; whatever the context, each token counts once, the end too."""
    model = TableLM({"ab": 6.0}, block_size=block_size)
    texts = ["ab", "abababab", "e"]
    found = document_losses(model, [TOKENIZER.encode(text) for text in texts], end_id=0)
    likely, any_other = -math.log(6 / 15), -math.log(1 / 10)
    assert found == pytest.approx([any_other + likely + any_other, 4 * likely + 5 * any_other, 2 * any_other])
    assert model.training


def test_long_documents_have_at_least_half_a_context(monkeypatch: pytest.MonkeyPatch) -> None:
    model = build_model("gpt", ModelConfig(vocab_size=20, block_size=8, n_layer=1, n_head=2, n_embd=8))
    seen: list[tuple[list[int], int]] = []
    monkeypatch.setattr(token_loss, "scored", lambda model, rows: (seen.extend(rows), [(0.0, True)] * len(rows))[1])
    document_losses(model, [list(range(1, 20))], end_id=0)
    assert [token for row, start in seen for token in row[start:]] == [*range(1, 20), 0]
    assert all(start >= 5 for _, start in seen[1:])
    assert all(len(row) <= 9 for row, _ in seen)
