"""From a corpus to a folder of token files, in little memory, over as many sittings as it takes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tqdm import tqdm

from vibejam_core.text.bpe import BPETokenizer
from vibejam_core.text.bpe_artifact import write_artifact
from vibejam_core.text.bpe_scale import to_tiktoken
from vibejam_core.text.corpora import DOC_END
from vibejam_core.text.document_loader import DocumentSource
from vibejam_core.text.text_source import utf8
from vibejam_core.text.token_batches import SUFFIX
from vibejam_core.text.token_file import read_tokens
from vibejam_core.text.token_header import read_header
from vibejam_core.text.token_writer import SAVE_SECONDS, UNFINISHED, ResumableTokenWriter, Say, discard, shortened
from vibejam_core.text.tokenizers import fingerprint
from vibejam_core.text.training_texts import TrainingTexts

TRAIN, VAL = f"train{SUFFIX}", f"val{SUFFIX}"
"""The token files of a folder; the last one by name is for validation."""
CORPUS, TOKENIZER = "corpus.json", "tokenizer.json"
"""What the tokens were made of, and with which tokenizer."""
FOLDER = f"folder{UNFINISHED}"
"""Is there as long as not all of a folder's files are, so that nobody trains on what is for validation."""
BATCH = 1 << 18
"""So many characters are encoded at a time."""

Encode = Callable[[str], list[int]]
Document = tuple[str, Any]
"""A text, and the position behind it."""


def pre_tokenize(
    texts: TrainingTexts,
    tokenizer: BPETokenizer,
    folder: Path,
    *,
    threads: int = 1,
    save_seconds: float = SAVE_SECONDS,
    say: Say = print,
) -> dict[str, dict[str, Any]]:
    """Write ``train.bin`` and ``val.bin``, and beside them the tokenizer and what the text was.

    A file that is finished is left alone. One that was begun goes on where it was, and ends up byte for byte the same
    as if it had never been interrupted. Every document ends with ``<|doc_end|>``, if the tokenizer has it.

    Args:
        texts: the corpus.
        tokenizer: of the text.
        folder: where to; it is made where it isn't there.
        threads: how many threads encode.
        save_seconds: how long it is between two notes of how far it is.
        say: is told what goes on.

    Returns:
        By file name, the facts of each header.

    Raises:
        ValueError: if the folder holds tokens of another text or another tokenizer, and both are named; if there is no
            text to train on.
        OSError: if the disk is full, which a sentence says, or can't be written to.
    """
    name = fingerprint(tokenizer)
    folder.mkdir(parents=True, exist_ok=True)
    claim(folder, {"tokenizer": name, "corpus": texts.identity})
    (folder / FOLDER).touch()
    tokenizer.save(folder / TOKENIZER)
    end_id = tokenizer.special_ids.get(DOC_END)
    if end_id is None:
        say(f"note      the tokenizer has no {DOC_END}, so nothing stands between two documents")
    facts = {}
    for file, source, n_bytes in ((VAL, texts.val, texts.val_bytes), (TRAIN, texts.train, texts.train_bytes)):
        path = folder / file
        if path.exists():
            read_tokens(path, name)  # whole, and of this tokenizer
            facts[file] = read_header(path)
            say(told(file, facts[file]) + ", there already")
            continue
        if source is None:
            say("note      nothing is held out, so there will be no validation")
            continue
        writer = ResumableTokenWriter(
            path, [file, texts.identity], tokenizer.vocab_size, name, end_id, save_seconds=save_seconds, say=say
        )
        with writer, ThreadPoolExecutor(threads) as pool:
            write(writer, source, in_threads(to_tiktoken(tokenizer).encode_ordinary, pool, threads), n_bytes)
            if file == VAL and writer.written.n_tokens == 0:
                say("note      the part to validate on holds no text, so there will be no validation")
            else:
                facts[file] = writer.finish()
                say(told(file, facts[file]))
        if file not in facts:
            discard(path)
    (folder / FOLDER).unlink()
    return facts


def in_threads(encode: Encode, pool: ThreadPoolExecutor, threads: int) -> Callable[[list[str]], list[list[int]]]:
    """Encodes a list of texts, a stretch of it in each thread: handing over every text alone would cost more."""

    def encode_all(texts: list[str]) -> list[list[int]]:
        size = -(-len(texts) // threads)
        stretches = [texts[i : i + size] for i in range(0, len(texts), size)]
        done = pool.map(lambda stretch: [encode(text) for text in stretch], stretches)
        return [ids for stretch in done for ids in stretch]

    return encode_all


def write(
    writer: ResumableTokenWriter,
    source: DocumentSource,
    encode: Callable[[list[str]], list[list[int]]],
    n_bytes: int,
) -> None:
    """The rest of a source's documents into a writer, with a bar of about ``n_bytes`` of text."""
    written = writer.written
    with tqdm(
        total=n_bytes,
        initial=written.n_bytes,
        unit="B",
        unit_scale=True,
        desc=writer.path.name,
        disable=None,
        leave=False,
    ) as bar:
        for batch in batches(source.documents(written.position)):
            tokens = encode([text for text, _ in batch])
            for (text, position), ids in zip(batch, tokens, strict=True):
                writer.add(ids, len(utf8(text)), position)
            bar.update(writer.written.n_bytes - bar.n)


def batches(documents: Iterable[Document]) -> Iterator[list[Document]]:
    """Documents in handfuls of about ``BATCH`` characters."""
    batch: list[Document] = []
    size = 0
    for text, position in documents:
        batch.append((text, position))
        size += len(text) + 1
        if size >= BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def claim(folder: Path, facts: dict[str, Any]) -> None:
    """Write down what a folder's tokens are made of, or make sure that it is what stands there.

    Raises:
        ValueError: if it is something else; the message names both.
    """
    path = folder / CORPUS
    try:
        begun = json.loads(path.read_text(encoding="utf-8"))
        begun = {"tokenizer": begun["tokenizer"], "corpus": begun["corpus"]}
    except FileNotFoundError:
        if any((folder / file).exists() for file in (TRAIN, VAL)):
            raise ValueError(
                f"{folder} holds token files, but no {CORPUS} that says what they are made of. Give another --out-dir, "
                "or begin anew with --overwrite."
            ) from None
        write_artifact(path, facts)
        return
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is damaged. Give another folder, or begin anew with --overwrite.") from error
    for what, ours in facts.items():
        if begun[what] != ours:
            raise ValueError(
                f"{folder} holds tokens of another {what}: {shortened(begun[what])}, not {shortened(ours)}. Give the "
                "same again, another --out-dir, or begin anew with --overwrite."
            )


def empty(folder: Path) -> None:
    """Delete what :func:`pre_tokenize` wrote into a folder, finished or begun."""
    for file in (TRAIN, VAL):
        discard(folder / file)
    for file in (CORPUS, TOKENIZER, FOLDER):
        (folder / file).unlink(missing_ok=True)


def told(file: str, facts: dict[str, Any]) -> str:
    """One line about a token file."""
    per_token = facts["n_bytes"] / facts["n_tokens"]
    return (
        f"{file:<9} {facts['n_tokens']:,} tokens of {facts['n_documents']:,} documents, {facts['n_bytes']:,} bytes "
        f"({per_token:.2f} bytes per token)"
    )
