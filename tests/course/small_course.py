"""A course in miniature: one lab, one picture, one page, so that building can be tried without the real one."""

from pathlib import Path

SOURCE = """---
lab: 0
---
# Warm-up

Words with a [term](../glossary.md#token), [a lab](01_characters.md#ids) and [the web](https://example.org/a.md).
Code such as `[x](y.md)` stays.

![A square](../figures/square.svg)

*A square.*

## A demo

```{code-cell}
from vibejam_core.text.counting import count_characters

print(count_characters("abba"))
```

```{exercise} counting.count_characters
```

:::{hint} counting.count_characters
One.
:::
:::{hint} counting.count_characters
Two, with a [term](../glossary.md).
:::
:::{hint} counting.count_characters
Three.
:::

After the hints.

:::{question} Is `a < b` *always* true?
No.

![A square](../figures/square.svg)
:::

:::{warning}
Careful.

Twice.
:::
"""

PYPROJECT = '[project]\nname = "small"\n[project.urls]\nRepository = "https://github.com/someone/small"\n'
SQUARE = '<svg xmlns="http://www.w3.org/2000/svg"><rect width="9" height="9"/></svg>'


def make(root: Path) -> Path:
    """Write the small course into a folder."""
    files = {
        "pyproject.toml": PYPROJECT,
        "book/labs/00_warm_up.md": SOURCE,
        "book/glossary.md": "# Glossary\n\n## Token\n",
        "book/figures/square.svg": SQUARE,
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root
