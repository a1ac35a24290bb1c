"""What a pretraining run reads: token files to train on, one to validate on, and the tokenizer that made them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from vibejam_core.evaluation.token_loss import byte_lengths
from vibejam_core.text.bpe_artifact import read_artifact
from vibejam_core.text.prefetch import Prefetched
from vibejam_core.text.token_batches import SUFFIX, TokenBatches, open_tokens
from vibejam_core.text.token_file import read_tokens
from vibejam_core.text.tokenizers import Tokenizer, fingerprint, tokenizer_from_json

TOKENIZER = "tokenizer.json"


@dataclass(frozen=True)
class PretrainData:
    """A tokenizer, rows of tokens to train on, and one row to validate on."""

    tokenizer: Tokenizer
    train: list[Tensor]
    """Each (N,) of any integer dtype, mapped into memory."""
    val: Tensor
    """(M,) and in none of them."""

    @property
    def n_tokens(self) -> int:
        """How many there are to train on."""
        return sum(len(row) for row in self.train)

    def digest(self) -> bytes:
        """A fingerprint of all tokens' lengths and of 64 pieces of each file, spread evenly: reading all takes long."""
        found = hashlib.sha256()
        for row in [*self.train, self.val]:
            found.update(f"{len(row)} ".encode())
            for start in sorted({i * max(0, len(row) - 1024) // 63 for i in range(64)}):
                found.update(row[start : start + 1024].to(torch.int64).numpy().tobytes())
        return found.digest()

    def batches(self, rows: int, block_size: int, rank: int, world_size: int, seed: int) -> Prefetched:
        """One rank's share of every step, ``rows`` at a time, without end."""
        return Prefetched(TokenBatches(self.train, rows, block_size, rank=rank, world_size=world_size, seed=seed))


def open_data(train_path: Path, val_path: Path | None = None, tokenizer_path: Path | None = None) -> PretrainData:
    """Open what ``scripts.pre_tokenize`` wrote. Nothing is loaded but the tokenizer.

    Args:
        train_path: a token file, or a folder of them.
        val_path: a token file that is not trained on, in that folder or elsewhere; None takes the last file of the
            folder, by name, or the last tenth of the only file.
        tokenizer_path: the tokenizer's file; None takes ``tokenizer.json`` beside the tokens.

    Raises:
        FileNotFoundError: if a file isn't there.
        ValueError: if a file is damaged, not finished yet, or made with another tokenizer, or if nothing is left to
            train on.
    """
    folder = train_path if train_path.is_dir() else train_path.parent
    tokenizer = tokenizer_from_json(read_artifact(tokenizer_path or folder / TOKENIZER))
    name = fingerprint(tokenizer)
    if val_path is None:
        return PretrainData(tokenizer, *open_tokens(train_path, name))
    files = sorted(train_path.glob(f"*{SUFFIX}")) if train_path.is_dir() else [train_path]
    files = [file for file in files if file.resolve() != val_path.resolve()]
    if not files:
        raise ValueError(
            f"nothing but {val_path} is left to train on, and that is to validate on: a loss on text that was trained "
            "on says nothing. Give two different files."
        )
    return PretrainData(tokenizer, [read_tokens(file, name) for file in files], read_tokens(val_path, name))


class Exam:
    """The windows of the validation text that every measurement looks at: always the same, spread evenly over it."""

    def __init__(self, tokens: Tensor, tokenizer: Tokenizer, block_size: int, max_tokens: int) -> None:
        """Choose the windows.

        Args:
            tokens: (N,) the validation text.
            tokenizer: it says how many bytes a token stands for.
            block_size: T.
            max_tokens: look at no more than about so many.

        Raises:
            ValueError: if there are too few tokens for one window.
        """
        self.tokens, self.block_size = tokens, block_size
        n_all = (len(tokens) - 1) // block_size
        if n_all < 1:
            raise ValueError(
                f"block_size {block_size} needs at least {block_size + 1} tokens to validate on, but there are "
                f"{len(tokens)}. Give more text or a smaller --block-size."
            )
        n = min(n_all, max(1, max_tokens // block_size))
        self.starts = [i * n_all // n * block_size for i in range(n)]
        lengths = byte_lengths(tokenizer)  # (V,)
        self.n_tokens = n * block_size
        self.n_bytes = sum(int(lengths[self.window(start)[1:]].sum()) for start in self.starts)
        """How long the text of all targets is."""

    def window(self, start: int) -> Tensor:
        """(T + 1,) int64."""
        return self.tokens[start : start + self.block_size + 1].to(torch.int64)

    def pieces(self, rows: int, rank: int, world_size: int) -> list[tuple[Tensor, Tensor]]:
        """One rank's share, in batches of at most ``rows`` windows: pairs (x, y), each (B, T)."""
        mine = self.starts[rank::world_size]
        windows = [torch.stack([self.window(start) for start in mine[i : i + rows]]) for i in range(0, len(mine), rows)]
        return [(batch[:, :-1], batch[:, 1:]) for batch in windows]  # each (B, T + 1) -> (B, T)
