# Yours to write, in lab 14 (Data at scale).
# Replace each `raise NotImplementedError` with your code, then run: vibejam check token_file.write_tokens
"""A corpus as tokens in a file: written as a stream, whole or not at all, and read without loading it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vibejam_core.text.token_header import DTYPES, HEADER_BYTES, VERSION, damaged, pack_header, read_header


def write_tokens(
    path: Path,
    documents: Iterable[tuple[Sequence[int], int]],
    vocab_size: int,
    fingerprint: str,
    end_id: int | None = None,
) -> dict[str, Any]:
    """Write a token file, whole or not at all, in little memory.

    A token file is a header of ``HEADER_BYTES`` (1,024) bytes and then the tokens of
    all documents in order, each document's followed by ``end_id`` where one is given.
    A token is two bytes long ("uint16") if ``vocab_size`` is at most 65,536, else four
    ("uint32"), little-endian: ``DTYPES`` has NumPy's names for both.

    The header is ``pack_header(facts)``, and ``facts`` is a dictionary of

    - ``"version"``: ``VERSION``;
    - ``"dtype"``: "uint16" or "uint32";
    - ``"n_tokens"``: how many tokens are in the file, end tokens among them;
    - ``"n_documents"``: how many documents there were, empty ones among them;
    - ``"n_bytes"``: the sum of their lengths in bytes;
    - ``"vocab_size"``: the argument, and ``"tokenizer"``: the argument ``fingerprint``;
    - ``"sha256"``: of all tokens' bytes, without the header, in hexadecimal.

    Most of this is known only at the end. So the file is begun with room for a header,
    which is filled in when the documents are over. They may be more than fits into
    memory: they are taken and written one by one, and none is kept. Of what came, up to
    1 MiB may wait to be written.

    Until all is done, the file has the name of ``path`` with ``.part`` after it. When
    it is complete, its bytes are sent to the disk (``os.fsync``), and then it gets the
    name ``path`` in one step. A file that was there is replaced in that moment. Whatever goes wrong before,
    an error or Ctrl-C while a document is made included, the ``.part`` is deleted,
    ``path`` is as it was, and the error goes on. A ``.part`` that a killed program
    left behind is overwritten.

    Args:
        path: where; its folder exists.
        documents: pairs ``(ids, n_bytes)``: a document's token ids, as a list, a tuple
            or a one-dimensional NumPy array of any integer type, perhaps empty, and how
            many bytes its text has. The ids stay as they are.
        vocab_size: every token must be at least 0 and below it, ``end_id`` too.
        fingerprint: of the tokenizer.
        end_id: the token that ends every document, an empty one too; None for none.

    Returns:
        ``facts``, as they stand in the header.

    Raises:
        ValueError: if a token isn't below ``vocab_size`` or is negative; the message
            names the token, ``vocab_size`` and, unless the token is ``end_id``, the
            document's number, from 0. If there isn't a single token.
        OSError: if it can't be written.
    """
    raise NotImplementedError(
        "token_file.write_tokens: room for a header, tokens document by document, header, "
        "rename (lab 14)"
    )


def read_tokens(path: Path, fingerprint: str | None = None) -> Tensor:
    """The tokens of a token file, without reading it.

    The file is mapped into memory: the system reads the places that are looked at, when
    they are, and many processes share them. So the checksum isn't compared, for which
    all would have to be read. :func:`write_tokens` says what is in the file;
    ``read_header(path)`` reads the header, checks it and returns its facts.

    Args:
        path: a file that :func:`write_tokens` wrote.
        fingerprint: of the tokenizer that the tokens must come from, if that matters.

    Returns:
        (n_tokens,) of dtype ``torch.uint16`` or ``torch.uint32``, as the header says.
        It can be written to, like any tensor, but the file never changes through it
        (such a map is called "copy on write").

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it is no token file, its header is damaged or its format newer
            than this program, as ``read_header`` finds. If it is shorter or longer than
            its header says; the message names its size and the expected one, in bytes.
            If the tokenizer is another one; the message names both fingerprints.
    """
    raise NotImplementedError(
        "token_file.read_tokens: check header, tokenizer and size, then map the tokens "
        "into memory (lab 14)"
    )
