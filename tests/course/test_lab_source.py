"""Reading a lab's source, and refusing what would go wrong in a notebook."""

from pathlib import Path

import pytest

from vibejam_core.course.authoring import lab_source
from vibejam_core.course.authoring.lab_source import LabSourceError

GOOD = """---
lab: 0
---
# Warm-up

Some words.

```{code-cell}
:tags: [hide-input, demo]
print(1)
```

```{exercise} counting.count_characters
```

:::{hint} counting.count_characters
First.
:::

:::{hint} counting.count_characters
Second.
:::

:::{hint} counting.count_characters
Third, with code:

```python
counts = {}
```
:::

+++

:::{question} Why?
Because.
:::
"""


def parse(text: str) -> lab_source.LabSource:
    return lab_source.parse(text, Path("00_warm_up.md"))


def test_a_source_becomes_blocks_in_their_order():
    """Each fence is a block of its own, with the line on which it begins."""
    source = parse(GOOD)
    kinds = [(block.kind, block.line) for block in source.blocks]
    assert kinds == [("text", 4), ("code-cell", 8), ("exercise", 13), ("hint", 16), ("hint", 20), ("hint", 24),
                     ("break", 32), ("question", 34)]  # fmt: skip


def test_a_code_cell_keeps_its_tags_and_its_code():
    """The tags' line is no part of the code."""
    block = parse(GOOD).blocks[1]
    assert (block.tags, block.text) == (["hide-input", "demo"], "print(1)")


def test_hints_are_kept_in_order():
    """`vibejam hint` shows them one after another."""
    hints = parse(GOOD).hints["counting.count_characters"]
    assert [hint.split()[0].strip(".,") for hint in hints] == ["First", "Second", "Third"]
    assert "```python\ncounts = {}\n```" in hints[2]


def changed(old: str, new: str) -> str:
    assert GOOD.count(old) >= 1
    return GOOD.replace(old, new, 1)


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        pytest.param(changed("lab: 0", "lab: 77"), 2, "no lab 77", id="unknown lab"),
        pytest.param(changed("lab: 0", "lab: 1"), 2, "01_characters.md", id="another lab's number"),
        pytest.param(changed("lab: 0", "title: x"), 2, "'lab: NUMBER'", id="something else in the front matter"),
        pytest.param(GOOD.replace("---\n", ""), 1, "begins with", id="no front matter"),
        pytest.param(changed("{exercise} counting.count_characters", "{exercise} counting.nothing"), 13, "no component",
                     id="unknown component"),
        pytest.param(changed("{exercise} counting.count_characters", "{exercise} gpt.Head"), 13, "belongs to lab 03",
                     id="component of another lab"),
        pytest.param(changed("{exercise} counting.count_characters", "{exercise}"), 13, "followed by",
                     id="no component"),
        pytest.param(changed("```{exercise} counting.count_characters\n```", ""), 15, "before its exercise",
                     id="no exercise"),
        pytest.param(GOOD.split("```{exercise}")[0], 8, "no exercise for counting.count_characters", id="none at all"),
        pytest.param(GOOD + "\n```{exercise} counting.count_characters\n```\n", 38, "already has its exercise",
                     id="exercise twice"),
        pytest.param(changed(":::{hint} counting.count_characters\nFirst.\n:::\n", ""), 13, "has 2 hints",
                     id="two hints"),
        pytest.param(changed("Second.", ""), 20, "empty", id="empty hint"),
        pytest.param(GOOD.rstrip().removesuffix(":::"), 34, "never closed", id="unclosed fence"),
        pytest.param(changed("{question} Why?", "{sidebar} Why?"), 34, "{sidebar} is not known", id="unknown fence"),
        pytest.param(changed("Some words.", "Some {term}`words`."), 6, "{term}", id="role"),
        pytest.param(changed("Some words.", "(here)=\nSome words."), 6, "target", id="target"),
        pytest.param(changed("Because.", "```{code-cell}\n1\n```"), 35, "can't stand inside", id="cell in an answer"),
        pytest.param(changed("count_characters\n```", "count_characters\nx\n```"), 14, "empty body", id="a body"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_file_and_line(text: str, line: int, told: str):
    """An author reads where to look and what to change."""
    with pytest.raises(LabSourceError) as error:
        parse(text)
    assert str(error.value).startswith(f"00_warm_up.md:{line}: ")
    assert told in str(error.value)


KILL = """
```{kill} counting.count_characters
def test_a(count_characters):
    assert count_characters("a") == {"a": 1}
```
"""


def test_a_kill_cell_holds_tests_of_a_component():
    """It may stand in any lab."""
    block = parse(GOOD + KILL).blocks[-1]
    assert (block.kind, block.argument) == ("kill", "counting.count_characters")
    assert block.text.startswith("def test_a(")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("{kill} counting.count_characters", "{kill} counting.nothing", "no component"),
        ("{kill} counting.count_characters", "{kill}", "followed by"),
        ("(count_characters):", "(f):", "must take one parameter, count_characters"),
        ("def test_a", "def a", "there is no test here"),
        ('{"a": 1}', "(", "isn't Python"),
    ],
)
def test_a_kill_cell_that_cannot_run_is_refused(old: str, new: str, told: str):
    """With the line of its directive."""
    with pytest.raises(LabSourceError) as error:
        parse(GOOD + KILL.replace(old, new))
    assert str(error.value).startswith("00_warm_up.md:38: ")
    assert told in str(error.value)


def test_code_is_left_alone():
    """What looks like a fence, a role or a break inside a code block is code."""
    source = parse(changed("Some words.", "```text\n+++\n(here)=\n{term}`x`\n:::{nothing}\n```"))
    assert source.blocks[0].kind == "text"
    assert "+++" in source.blocks[0].text
