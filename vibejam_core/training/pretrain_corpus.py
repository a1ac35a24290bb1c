"""A corpus made ready for pretraining: its tokenizer, if there is none yet, and its token files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vibejam_core.text.bpe import BPETokenizer
from vibejam_core.text.bpe_scale import train_tokenizer
from vibejam_core.text.corpora import DOC_END
from vibejam_core.text.pretokenized import FOLDER, TOKENIZER, TRAIN, pre_tokenize
from vibejam_core.text.training_texts import CorpusChoice, TrainingTexts, training_texts
from vibejam_core.training.material import Say
from vibejam_core.training.pretrain_config import PretrainConfig
from vibejam_core.training.world import World

DATA = "data"
"""The folder of the token files, inside the run's."""
TOKENIZER_TEXT = 10_000_000
"""So many bytes of text are enough to learn a vocabulary from."""


def ready_corpus(config: PretrainConfig, world: World, say: Say) -> Path:
    """The folder with a corpus's token files; they are made first if they aren't there.

    Stopped on the way, it goes on where it was when it is called again.

    Args:
        config: which corpus and tokenizer; ``filled``.
        world: with several processes everything has to be there already.
        say: is told what goes on.

    Raises:
        ValueError: if the corpus can't be had, or there are several processes and it isn't there yet.
    """
    folder = config.ckpt_path / DATA
    if (folder / TRAIN).exists() and not (folder / FOLDER).exists():
        return folder
    if world.size > 1:
        raise ValueError(
            f"{folder} has no token files yet, and {world.size} processes would all make them at once. Make them "
            "first, with python -m scripts.pre_tokenize, and give --train-path and --tokenizer-path."
        )
    texts = training_texts(choice_of(config))
    folder.mkdir(parents=True, exist_ok=True)
    saved = config.tokenizer_path or folder / TOKENIZER
    if config.tokenizer_path is None and not saved.exists():
        assert config.vocab_size is not None  # the preset has it
        say(f"tokenizer learning {config.vocab_size:,} tokens from {texts.name} ...")
        train_tokenizer(beginning(texts), config.vocab_size, (DOC_END,)).save(saved)
    say(f"tokens    encoding about {texts.train_bytes:,} bytes of {texts.name} ...")
    pre_tokenize(texts, BPETokenizer.load(saved), folder, say=say)
    return folder


def choice_of(config: PretrainConfig) -> CorpusChoice:
    """The corpus that a run is to be trained on."""
    chosen: dict[str, Any] = {"corpus": config.corpus, "text_path": config.text_path, "shards": config.shards}
    return CorpusChoice(**chosen, megabytes=config.megabytes or CorpusChoice.megabytes)


def beginning(texts: TrainingTexts) -> Iterator[str]:
    """The first documents to train on, as many as a tokenizer needs."""
    n_bytes = 0
    for text, _ in texts.train.documents():
        yield text
        n_bytes += len(text)
        if n_bytes >= TOKENIZER_TEXT:
            return
