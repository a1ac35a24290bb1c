"""A corpus as a stream: encoded and packed while training, each process its own share of the documents."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from vibejam_core.text.bpe import BPETokenizer
from vibejam_core.text.bpe_scale import to_tiktoken
from vibejam_core.text.corpora import DOC_END
from vibejam_core.text.document_loader import DocumentLoader
from vibejam_core.text.prefetch import Prefetched
from vibejam_core.text.text_source import utf8
from vibejam_core.text.training_texts import TrainingTexts, training_texts
from vibejam_core.training.pretrain_config import PretrainConfig
from vibejam_core.training.pretrain_corpus import choice_of

CHARACTERS = 3
"""About so many make a token. A document that is longer than a row would lose what doesn't fit into it."""
VAL_BYTES = 4_000_000
"""No more of the validation text than about so much is encoded, and kept in memory."""


class Encoder:
    """Makes tokens of a document, with the one that ends it, where the tokenizer has such a token."""

    def __init__(self, tokenizer: BPETokenizer) -> None:
        self.encoding = to_tiktoken(tokenizer)
        end_id = tokenizer.special_ids.get(DOC_END)
        self.end = [] if end_id is None else [end_id]

    def __call__(self, text: str) -> Sequence[int]:
        """The ids."""
        return [*self.encoding.encode_ordinary(text), *self.end]


@dataclass(frozen=True)
class StreamedData:
    """What a run reads when it streams; see ``base_run.Data``."""

    texts: TrainingTexts
    tokenizer: BPETokenizer
    encode: Encoder
    val: Tensor
    """(M,) int64."""
    val_bytes: int
    """How many bytes of text these were made of."""

    @property
    def n_tokens(self) -> int:
        """About how many there are to train on, if they are as long as those to validate on."""
        return round(self.texts.train_bytes * len(self.val) / self.val_bytes)

    def digest(self) -> bytes:
        """A fingerprint of what makes the documents what they are, and of those to validate on."""
        facts = json.dumps(self.texts.identity, sort_keys=True).encode()
        return hashlib.sha256(facts + self.val.numpy().tobytes()).digest()

    def batches(self, rows: int, block_size: int, rank: int, world_size: int, seed: int) -> Prefetched:
        """One rank's share of every step, without end."""
        assert self.texts.share is not None  # training_texts sees to that
        source = self.texts.share(rank, world_size, seed, CHARACTERS * block_size)
        return Prefetched(DocumentLoader(source, self.encode, rows, block_size))


def stream_data(config: PretrainConfig) -> StreamedData:
    """Open a corpus as a stream. Ranks that want the same download fetch it once: the others wait for its lock.

    Raises:
        FileNotFoundError: if there is no tokenizer at its path.
        ValueError: if the corpus can't be had, or holds nothing to validate on.
    """
    assert config.tokenizer_path is not None  # the configuration has seen to that
    tokenizer = BPETokenizer.load(config.tokenizer_path)
    texts = training_texts(choice_of(config))
    if texts.val is None:
        raise ValueError(f"nothing of the corpus {texts.name} is held out to validate on. Give more text.")
    encode = Encoder(tokenizer)
    ids: list[int] = []
    n_bytes = 0
    for text, _ in texts.val.documents():
        ids += encode(text)
        n_bytes += len(utf8(text))
        if n_bytes >= VAL_BYTES:
            break
    if not ids:
        raise ValueError(f"the part of {texts.name} to validate on holds no text. Give more text.")
    return StreamedData(texts, tokenizer, encode, torch.tensor(ids), n_bytes)
