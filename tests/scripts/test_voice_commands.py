"""``who_wrote`` and ``extract`` as they are used."""

import math
import re
import shutil
from itertools import pairwise
from pathlib import Path

import pytest

from scripts import extract, who_wrote
from tests.scripts.test_commands import Command, command  # noqa: F401
from vibejam_core.models.checkpoint import load_checkpoint
from vibejam_core.models.config import ModelConfig
from vibejam_core.text.config import DataConfig
from vibejam_core.training.config import TrainConfig
from vibejam_core.training.run import start_run
from vibejam_core.training.trainer import train_lm

LETTERS = "pehs abcd\n" * 60


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two bigram models that know their texts as well as bigrams can: one recites, one counts."""
    folder = tmp_path_factory.mktemp("runs")
    numbers = "".join(f"{n} sheep\n" for n in range(100))
    for name, text in (("letters", LETTERS), ("sheep", numbers)):
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
        config = TrainConfig(arch="bigram", ckpt_path=folder / name, max_iters=60, learning_rate=0.3, eval_iters=2)
        data = DataConfig(text_path=folder / f"{name}.txt")
        train_lm(start_run(data, ModelConfig(block_size=16), config, say=lambda _: None))
    return folder


def rows(said: str) -> dict[str, list[str]]:
    """The table's lines, by what stands in front."""
    return {line.split()[0]: line.split() for line in said.splitlines() if line.strip()}


def test_each_text_goes_to_its_author(tmp_path: Path, runs: Path, command: Command) -> None:  # noqa: F811
    """Each document is judged by itself, and the line says by how much."""
    (tmp_path / "b.txt").write_text("sheep\nsheep", encoding="utf-8")
    (tmp_path / "a.md").write_text("pehs\n<|doc_end|>\nehs ", encoding="utf-8")
    models = ("--ckpt-paths", runs / "letters", runs / "sheep", "--text-path")
    assert command(who_wrote.main, *models, tmp_path / "a.md") == 0
    assert re.search(r"a\.md 1 +4 .* letters, by \d", command.out)
    assert "letters finds 2 of 2 texts likelier, sheep finds 0 of 2" in command.out
    assert command(who_wrote.main, *models, tmp_path) == 0
    assert "letters finds 2 of 3 texts likelier, sheep finds 1 of 3" in command.out


def test_the_numbers_are_those_of_the_table(runs: Path, command: Command) -> None:  # noqa: F811
    """A bigram model's probabilities can be read off: perplexity and bits follow by hand."""
    text = "hehe"
    assert command(who_wrote.main, "--ckpt-paths", runs / "letters", runs / "sheep", "--text", text) == 0
    cells = command.out.splitlines()[-1].removeprefix("your text").split()
    assert cells[0] == "4"
    for place, name in enumerate(("letters", "sheep")):
        checkpoint = load_checkpoint(runs / name, which="best")
        table = checkpoint.model.get_parameter("table.weight").log_softmax(dim=-1)
        ids = checkpoint.tokenizer.encode("\n" + text)
        loss = -sum(table[a, b].item() for a, b in pairwise(ids)) / len(text)
        assert float(cells[1 + place]) == pytest.approx(math.exp(loss), abs=0.006)
        assert float(cells[3 + place]) == pytest.approx(loss / math.log(2), abs=0.006)


def test_what_one_has_never_seen_is_left_out_for_all(runs: Path, command: Command) -> None:  # noqa: F811
    """The note names the characters and the model; the line counts what is left."""
    assert command(who_wrote.main, "--ckpt-paths", runs / "letters", runs / "sheep", "--text", "h5e") == 0
    assert "left out for all models, since letters has never seen them: 5" in command.err
    assert "sheep has never" not in command.err
    assert command.out.splitlines()[-1].split()[:3] == ["your", "text", "2"]


def test_who_wrote_says_what_is_wrong(tmp_path: Path, runs: Path, command: Command) -> None:  # noqa: F811
    """Each wrong use has a sentence of its own."""
    one, two = runs / "letters", runs / "sheep"
    assert "at least two" in command.error(who_wrote.main, "--ckpt-paths", one, "--text", "a")
    assert "--text-path FILE or" in command.error(who_wrote.main, "--ckpt-paths", one, two)
    assert "same model twice" in command.error(who_wrote.main, "--ckpt-paths", one, one, "--text", "a")
    assert command(who_wrote.main, "--ckpt-paths", one, two, "--text", "XYZ") == 2
    assert "nothing is left of your text" in command.err
    assert "error: there is no text to judge" in command.err
    missing = tmp_path / "nothing.txt"
    assert str(missing) in command.error(who_wrote.main, "--ckpt-paths", one, two, "--text-path", missing)
    assert "no checkpoint" in command.error(who_wrote.main, "--ckpt-paths", one, tmp_path, "--text", "a")


def test_two_runs_of_one_name_are_told_apart(tmp_path: Path, runs: Path, command: Command) -> None:  # noqa: F811
    """By their whole paths."""
    other = tmp_path / "letters"
    shutil.copytree(runs / "sheep", other)
    assert command(who_wrote.main, "--ckpt-paths", runs / "letters", other, "--text", "sheep") == 0
    assert f"{other}, by" in command.out
    assert f"{runs / 'letters'}" in command.out


def test_a_text_known_by_heart_comes_back(runs: Path, command: Command) -> None:  # noqa: F811
    """The part trained on and the part held back are asked for separately, and both are counted."""
    arguments = ("--ckpt-path", runs / "letters", "--source", runs / "letters.txt", "--passages", 3)
    assert command(extract.main, *arguments, "--prefix-length", 5, "--length", 20) == 0
    assert "what it was trained on: 3 passages of 5 + 20 characters" in command.out
    assert "what it has never seen, for comparison: 3 passages" in command.out
    assert command.out.count("3 of 3 came back whole, on average the first 20.0 of 20 characters") == 2


def test_where_it_leaves_the_text_a_bar_stands(tmp_path: Path, runs: Path, command: Command) -> None:  # noqa: F811
    """Another text than the run's is told as that; exact and copied count different things."""
    other = tmp_path / "other.txt"
    other.write_text("abcdXXpehs", encoding="utf-8")
    arguments = ("--ckpt-path", runs / "letters", "--source", other, "--passages", 1)
    assert command(extract.main, *arguments, "--prefix-length", 2, "--length", 8) == 0
    assert "not the text that the model was trained on" in command.out
    assert "2 exact,   4 copied  cd|\\npehs" in command.out


def test_one_may_ask_for_one_beginning(runs: Path, command: Command) -> None:  # noqa: F811
    """The places where it stands are counted, and none is no error."""
    arguments = ("--ckpt-path", runs / "letters", "--source", runs / "letters.txt", "--length", 6, "--prompt")
    assert command(extract.main, *arguments, "abc") == 0
    assert "where the prompt stands: 60" in command.out
    assert "6 exact,   6 copied  d\\npehs|" in command.out
    assert command(extract.main, *arguments, "cb") == 0
    assert "where the prompt stands: 0" in command.out
    assert "0 exact,   6 copied  |cd\\npeh" in command.out


def test_extract_says_what_is_wrong(tmp_path: Path, runs: Path, command: Command) -> None:  # noqa: F811
    """A number below 1; a text that isn't there; a part shorter than a passage is told, not an error."""
    arguments = ("--ckpt-path", runs / "letters", "--source")
    assert "passages must be at least 1" in command.error(extract.main, *arguments, tmp_path, "--passages", 0)
    assert "nothing.txt" in command.error(extract.main, *arguments, tmp_path / "nothing.txt")
    assert command(extract.main, *arguments, runs / "letters.txt", "--length", 500, "--passages", 1) == 0
    assert "for comparison: its 60 characters are fewer than the 550 of one passage" in command.out
