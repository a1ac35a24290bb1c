"""Where the course lives on the web. The address is written once, in ``pyproject.toml`` under ``[project.urls]``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

BRANCH = "main"


@dataclass(frozen=True)
class Site:
    """The repository's address, and the addresses that follow from it."""

    repository: str
    """Such as ``https://github.com/someone/vibejam``, without a slash at its end."""

    @property
    def slug(self) -> str:
        """Owner and name: ``someone/vibejam``."""
        return "/".join(self.repository.split("/")[-2:])

    def page(self, path: str) -> str:
        """A file of the repository as a web page."""
        return f"{self.repository}/blob/{BRANCH}/{path}"

    def colab(self, path: str) -> str:
        """A notebook of the repository, opened in Google Colab."""
        return f"https://colab.research.google.com/github/{self.slug}/blob/{BRANCH}/{path}"


def load(root: Path) -> Site:
    """The site of the clone at ``root``. Raises ValueError where pyproject.toml doesn't give the address."""
    path = root / "pyproject.toml"
    urls = tomllib.loads(path.read_text(encoding="utf-8")).get("project", {}).get("urls", {})
    address = urls.get("Repository", "")
    if not address.startswith("https://github.com/") or len(address.strip("/").split("/")) != 5:
        raise ValueError(
            f"{path} should give the repository's address under [project.urls], as in "
            f'Repository = "https://github.com/someone/vibejam"; it gives {address!r}.'
        )
    return Site(address.rstrip("/"))
