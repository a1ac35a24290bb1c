"""The datasets that are downloaded: where they lie, in which shards, and which one is for validation only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vibejam_core.text.downloads import Patience, Stated, Wanted, fetch, fetch_file


@dataclass(frozen=True)
class Dataset:
    """A dataset in Parquet files, its shards, each with a column ``text``."""

    repo: str
    train: tuple[str, ...]
    """The shards to train on, in order."""
    val: str
    """The shard to validate on. It is the same however many one trains on, so losses can be compared and it is never
    trained on."""

    def shards(self, n: int) -> list[str]:
        """The first ``n`` shards to train on and then, the last one, the shard to validate on."""
        if not 1 <= n <= len(self.train):
            raise ValueError(f"{self.repo} has 1 to {len(self.train)} shards to train on, so give no {n}")
        return [*self.train[:n], self.val]


DATASETS = {
    "fineweb-edu": Dataset(
        "karpathy/fineweb-edu-100b-shuffle",
        tuple(f"shard_{i:05d}.parquet" for i in range(1822)),
        "shard_01822.parquet",
    ),
    "tinystories": Dataset(
        "roneneldan/TinyStories",
        (
            "data/train-00000-of-00004-2d5a1467fff1081b.parquet",
            "data/train-00001-of-00004-5852b56a2bd28fd9.parquet",
            "data/train-00002-of-00004-a26307300439e943.parquet",
            "data/train-00003-of-00004-d243063613e5a057.parquet",
        ),
        "data/validation-00000-of-00001-869c898b519ad725.parquet",
    ),
}
"""FineWeb-Edu (Penedo et al. 2024, ODC-By), shuffled, 100 billion tokens in shards of about 250 million characters; and
TinyStories (Eldan and Li 2023, CDLA-Sharing)."""

TINYSHAKESPEARE = Stated(
    "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",
    1_115_394,
    "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
)


def fetch_shards(
    dataset: Dataset, n: int, folder: Path, *, endpoint: str | None = None, patience: Patience | None = None
) -> list[Path]:
    """``n`` shards to train on and, last, the one to validate on, all on this disk; see :func:`downloads.fetch_file`.

    Raises:
        ValueError: if the dataset has not so many shards, and what ``fetch_file`` raises.
    """
    names = dataset.shards(n)
    patience = patience or Patience()
    paths = []
    for i, name in enumerate(names, start=1):
        if not (folder / Path(name).name).exists():
            patience.say(f"shard {i} of {len(names)}: {name} of {dataset.repo}")
        paths.append(fetch_file(dataset.repo, name, folder, endpoint=endpoint, patience=patience))
    return paths


def fetch_tinyshakespeare(folder: Path, *, stated: Stated = TINYSHAKESPEARE, patience: Patience | None = None) -> Path:
    """The text known as tinyshakespeare, a megabyte of plays, on this disk. Errors are those of ``fetch_file``."""
    wanted = Wanted("char-rnn", "tinyshakespeare/input.txt", stated.url.partition("/karpathy")[0], folder / "input.txt")
    return fetch(wanted, lambda: stated, patience or Patience())
