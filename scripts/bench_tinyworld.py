"""How fast TinyWorld is written and read: ``python -m scripts.bench_tinyworld`` prints a table per kind.

Times are of the processor, on one core. It fails where stories are written more slowly than 1 MB/s.
"""

from __future__ import annotations

import sys
import time

from vibejam_core.text.tinyworld import KINDS, document, violations

LIMIT = 1.0
"""Megabytes of stories per second that must be reached."""


def written(kind: str, n: int = 2000) -> float:
    """Megabytes per second of writing."""
    document(kind, "train", 0, 0)  # tables that are made once
    began = time.process_time()
    size = sum(document(kind, "train", 0, index).n_bytes for index in range(n))
    return size / (time.process_time() - began) / 1e6


def read(kind: str, n: int = 100) -> float:
    """Milliseconds that the checker takes for a document."""
    texts = [document(kind, "train", 0, index).text for index in range(n + 1)]
    violations(texts.pop())
    began = time.process_time()
    for text in texts:
        violations(text)
    return 1000 * (time.process_time() - began) / n


def main() -> int:
    """Print the table; 1 when stories are too slow."""
    print(f"{'kind':12}{'written, MB/s':>15}{'checked, ms each':>18}")
    speeds = {kind: written(kind) for kind in KINDS}
    for kind, speed in speeds.items():
        print(f"{kind:12}{speed:15.1f}{read(kind):18.2f}")
    return int(speeds["story"] < LIMIT)


if __name__ == "__main__":
    sys.exit(main())
