"""The three vocabularies of the page "Tokens as you type": ``python book/figures/vocabularies.py`` learns them anew.

It writes ``book/_static/vocabularies.js``, which the page's script reads, and ``book/figures/tokens/example.html``,
which stands on the page until the script runs. The merges are learnt from TinyWorld, the Python language reference and
the standard library's own source, so another version of Python gives somewhat other ones.
"""

from __future__ import annotations

import html
import json
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from vibejam_core.text.bpe import PATTERN, BPETokenizer  # noqa: E402
from vibejam_core.text.bpe_scale import train_tokenizer  # noqa: E402
from vibejam_core.text.corpora import pydocs  # noqa: E402
from vibejam_core.text.samples import LANGUAGES  # noqa: E402
from vibejam_core.text.tinyworld import KINDS, documents  # noqa: E402

SIZES = (256, 1024, 8192)
SCRIPT = ROOT / "book" / "_static" / "vocabularies.js"
EXAMPLE = ROOT / "book" / "figures" / "tokens" / "example.html"
TEXT = "The ducks didn't return 1,234 times to the harbour. Łódź, 你好 🦆\ndef duck(x):\n    return x + 1"
BYTES_OF_CODE = 3_000_000


def texts() -> Iterator[str]:
    """What the merges are learnt from."""
    yield from (document.text for document in documents(KINDS, "train", 0, 3_000_000))
    yield from pydocs(plain_quotes=False).documents
    yield from LANGUAGES.values()
    n = 0
    for path in sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py")):
        yield (text := path.read_text(encoding="utf-8", errors="replace"))
        n += len(text)
        if n > BYTES_OF_CODE:
            break


def visible(token: bytes) -> str:
    """A token as the page shows it: a dot for a space, an arrow for a line break, numbers for broken characters."""
    try:
        text = token.decode("utf-8")
    except UnicodeDecodeError:
        return "".join(f"\\x{byte:02x}" for byte in token)
    return "".join({" ": "·", "\n": "↵", "\t": "→"}.get(c, c if c.isprintable() else f"\\x{ord(c):02x}") for c in text)


def example(merges: list[tuple[int, int]]) -> str:
    """The text's tokens under all vocabularies, as the script would show them."""
    rows = []
    for size in SIZES:
        tokenizer = BPETokenizer(merges[: size - 256])
        ids = tokenizer.encode(TEXT)
        chips = "".join(f'<span class="token">{html.escape(visible(tokenizer.token_bytes[i]))}</span>' for i in ids)
        rows.append(
            f"<p><strong>{size:,} tokens</strong>: the text becomes {len(ids)}</p>\n<p class='tokens'>{chips}</p>"
        )
    return '<div id="tokens-live">\n' + "\n".join(rows) + "\n</div>\n"


def main() -> None:
    """Learn, and write both files."""
    merges = train_tokenizer(texts(), SIZES[-1], trainer="python").merges
    data = {"pattern": PATTERN, "sizes": SIZES, "text": TEXT, "merges": [id for pair in merges for id in pair]}
    SCRIPT.write_text(
        "// Made by: python book/figures/vocabularies.py\n"
        f"window.vocabularies = {json.dumps(data, separators=(',', ':'))};\n",
        encoding="utf-8",
    )
    EXAMPLE.write_text(example(merges), encoding="utf-8")
    print(f"{len(merges):,} merges, {SCRIPT.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
