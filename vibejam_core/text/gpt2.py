"""GPT-2's own tokenizer, from its published table of merges."""

from __future__ import annotations

from pathlib import Path

from vibejam_core.text.bpe import GPT2_PATTERN, BPETokenizer

END_OF_TEXT = "<|endoftext|>"

PRINTABLE = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
"""The bytes that GPT-2's files write as the character with that number; the others follow, as those from 256 on."""
BYTE_ORDER = PRINTABLE + [byte for byte in range(256) if byte not in PRINTABLE]
"""The byte values in the order of GPT-2's ids."""


def gpt2_tokenizer(merges_path: Path) -> BPETokenizer:
    """GPT-2's tokenizer, with its real ids.

    Args:
        merges_path: OpenAI's ``vocab.bpe``, which others call ``merges.txt``: one merge on a line, two tokens with a
            space between them, each byte of a token written as one printable character. A first line that begins with
            ``#version`` is skipped.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if a line is no merge; the message names file and line.
    """
    path = Path(merges_path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}. It should be GPT-2's table of merges (vocab.bpe).")
    ids = {chr(byte): i for i, byte in enumerate(PRINTABLE)}
    ids |= {chr(256 + i): len(PRINTABLE) + i for i in range(256 - len(PRINTABLE))}
    merges = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if number == 1 and line.startswith("#version"):
            continue
        parts = line.split(" ")
        if len(parts) != 2 or not ids.keys() >= set(parts):
            raise ValueError(f"{path}, line {number}: {line!r} is no merge of two tokens that exist by then")
        merges.append((ids[parts[0]], ids[parts[1]]))
        ids["".join(parts)] = 255 + len(merges)
    return BPETokenizer(merges, (END_OF_TEXT,), GPT2_PATTERN, BYTE_ORDER)
