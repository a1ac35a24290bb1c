"""Runs against the clock: what is timed, when the mark counts as reached, and the page that shows it."""

import importlib.util
import json
import re
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
import torch

from scripts import _speed, bench_recipes, speedrun_cpu
from scripts._speed import Point, Recipe, Text, TimedRun, side_by_side, time_to
from scripts._speed_variants import VARIANTS, Together, muon
from scripts._tutorial_gpt import TutorialGPT
from scripts.speed_ablations import VariantRun
from vibejam_core.evaluation.whole import loss_on_all
from vibejam_core.models.config import ModelConfig
from vibejam_core.training.config import TrainConfig

ROOT = Path(__file__).parents[2]
SHAPE = ModelConfig(n_layer=1, n_head=1, n_embd=8, block_size=8)


@pytest.fixture
def text() -> Text:
    """A small text of 5 kinds of characters."""
    tokens = torch.arange(400) ** 2 % 5
    return Text("squares", 5, tokens[:300], tokens[300:])


def recipe(name: str = "small", **changes: object) -> Recipe:
    """Ten steps, measured after 4, 8 and 10."""
    train = TrainConfig(arch="gram", max_iters=10, batch_size=2, learning_rate=0.01)
    return Recipe(name, SHAPE, replace(train, **changes), every=4)  # type: ignore[arg-type]


def test_the_time_to_the_mark_is_that_of_the_first_measurement_there() -> None:
    points = [Point(10, 1.0, 2.5), Point(20, 2.0, 1.91), Point(30, 3.5, 1.90), Point(40, 5.0, 1.95), Point(50, 6, 1.8)]
    assert (
        time_to(points, 1.90) == 3.5
    )  # exactly there is there; nothing is interpolated; a later relapse changes nothing
    assert time_to(points[:2], 1.90) is None
    assert time_to([], 1.90) is None


def test_measurements_come_when_they_should_and_are_of_the_whole_validation_text(text: Text) -> None:
    timed = TimedRun(recipe(), text, seed=1)
    while timed.share_done < 1:
        timed.advance()
    assert [point.step for point in timed.points] == [4, 8, 10]
    assert timed.points[-1].loss == loss_on_all(timed.model, text.val)
    late = TimedRun(replace(recipe(), first=9), text, seed=1)
    side_by_side([late])
    assert late.points == [replace(timed.points[-1], seconds=late.seconds)]  # measuring or not, the same model


def test_the_clock_stands_still_while_a_loss_is_measured(text: Text, monkeypatch: pytest.MonkeyPatch) -> None:
    def slowly(model: object, tokens: object) -> float:
        until = time.process_time() + 0.3
        while time.process_time() < until:
            pass
        return 1.0

    monkeypatch.setattr(_speed, "loss_on_all", slowly)
    timed = TimedRun(recipe(max_iters=4), text, seed=1)
    began = time.process_time()
    timed.advance()
    assert time.process_time() - began - timed.seconds > 0.25
    assert 0 < timed.points[0].seconds == timed.seconds


def test_runs_take_turns(text: Text, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that is furthest behind, as a share of its own steps, goes next."""
    order = []
    advance = TimedRun.advance
    monkeypatch.setattr(TimedRun, "advance", lambda run: (order.append(run.recipe.name), advance(run)))
    side_by_side([TimedRun(recipe("long", max_iters=16), text, 1), TimedRun(recipe("short", max_iters=8), text, 1)])
    assert order == ["long", "short", "long", "long", "short", "long"]


def test_the_mark_belongs_to_one_text(text: Text) -> None:
    assert not text.has_the_mark
    assert replace(text, name="tinyshakespeare.txt", vocab_size=65, train=torch.zeros(1_115_394)).has_the_mark is False
    whole = replace(text, name="tinyshakespeare.txt", vocab_size=65, train=torch.zeros(1_115_294))
    assert whole.has_the_mark
    timed = TimedRun(recipe(max_iters=4), text, seed=1)
    timed.points = [Point(4, 1.0, 0.1)]
    assert timed.record()["seconds_to_mark"] is None  # below 1.90, but of another text


def test_the_recipes_are_what_the_page_says() -> None:
    tutorial, shape = _speed.TUTORIAL.train, _speed.TUTORIAL.shape
    assert (shape.n_layer, shape.n_head, shape.n_embd, shape.block_size, shape.dropout) == (4, 4, 128, 64, 0.0)
    assert (tutorial.max_iters, tutorial.batch_size, tutorial.learning_rate) == (2000, 12, 1e-3)
    assert (tutorial.schedule, tutorial.min_learning_rate, tutorial.warmup * 2000) == ("cosine", 1e-4, 100)
    assert (_speed.CLASSIC.shape, _speed.CLASSIC.train) == (ModelConfig(), TrainConfig())
    assert all(each.shape.block_size == 64 for each in (_speed.CLASSIC, _speed.SPRINT, _speed.WHOLE))


def test_the_tutorial_gpt_sees_no_later_token() -> None:
    torch.manual_seed(0)
    model = TutorialGPT(ModelConfig(vocab_size=5, n_layer=2, n_head=2, n_embd=8, block_size=8))
    idx = torch.randint(5, (2, 8))
    changed = idx.clone()
    changed[:, 4:] = (changed[:, 4:] + 1) % 5
    assert torch.allclose(model(idx)[0][:, :4], model(changed)[0][:, :4], atol=1e-6)
    assert not torch.allclose(model(idx)[0][:, 4:], model(changed)[0][:, 4:], atol=1e-3)


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_every_variant_trains(text: Text, variant: object) -> None:
    timed = VariantRun(variant, text, seed=1)  # type: ignore[arg-type]
    before = [parameter.clone() for parameter in timed.model.parameters()]
    timed.text = replace(text, train=text.train.repeat(2))
    for _ in range(4):  # behind a matrix that starts at zero gradients come later
        timed.next_step()
    moved = [not torch.equal(old, new) for old, new in zip(before, timed.model.parameters(), strict=True)]
    assert all(moved)


def test_muon_gets_the_blocks_and_adamw_the_rest() -> None:
    model = VARIANTS[0].model(replace(SHAPE, vocab_size=5))
    optimizer = muon(model, 0.01, 0.0)
    assert isinstance(optimizer, Together)
    sizes = [sum(len(group["params"]) for group in part.param_groups) for part in optimizer.parts]
    assert sizes == [len(list(model.blocks.parameters())), len(list(model.parameters())) - sizes[0]]  # type: ignore[operator]


def call(main: Callable[[], None], monkeypatch: pytest.MonkeyPatch, *arguments: object) -> None:
    """As from a command line."""
    monkeypatch.setattr(sys, "argv", ["program", *map(str, arguments)])
    main()


def test_the_speedrun_says_how_it_went_and_keeps_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source, kept = tmp_path / "sheep.txt", tmp_path / "kept.json"
    source.write_text("".join(f"{n} sheep\n" for n in range(300)), encoding="utf-8")
    arguments = ("--text-path", source, "--seeds", 2, "--max-iters", 4, "--n-embd", 8, "--out-path", kept)
    for _ in range(2):
        call(speedrun_cpu.main, monkeypatch, *arguments, "--change", "sheep")
    said = capsys.readouterr().out
    assert "The mark of 1.90 belongs to tinyshakespeare" in said
    assert len(re.findall(r"seed [12]: loss [\d.]+ after 4 steps", said)) == 4
    entries = json.loads(kept.read_text(encoding="utf-8"))
    assert [entry["change"] for entry in entries] == ["sheep", "sheep"]
    assert str(tmp_path) not in kept.read_text(encoding="utf-8")
    assert entries[0]["command"].endswith("--text-path sheep.txt --budget sprint --n-embd 8 --max-iters 4")
    first, second = (entry["runs"] for entry in entries)
    assert [run["loss"] for run in first] == [run["loss"] for run in second]  # a seed repeats itself
    assert first[0]["loss"] != first[1]["loss"]


def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="give it with --text-path"):
        call(bench_recipes.main, monkeypatch)
    with pytest.raises(ValueError, match="needs --change"):
        call(speedrun_cpu.main, monkeypatch, "--out-path", "x.json")


def speed_page() -> ModuleType:
    """The module that fills the page."""
    sys.path.insert(0, str(ROOT / "book" / "figures"))
    try:
        spec = importlib.util.spec_from_file_location("speedrun", ROOT / "book" / "figures" / "speedrun.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.path.pop(0)
    return module


def test_the_page_and_its_chart_show_what_was_recorded() -> None:
    """``python book/figures/speedrun.py`` would change nothing."""
    module = speed_page()
    page = module.PAGE.read_text(encoding="utf-8")
    assert module.filled(page) == page
    assert (module.HERE / "speedrun.svg").read_text(encoding="utf-8") == module.speedrun().svg()


def test_what_the_project_promises_is_in_the_records() -> None:
    """Half the recipe's time for the classic GPT, a twenty-fifth for each sprint, 1.65 in the whole budget."""
    module = speed_page()
    base = module.baseline()
    (classic,), (whole,), (tutorial,) = (module.named(name) for name in ("classic", "whole", "tutorial"))
    sprints = module.named("sprint")
    assert classic["seconds_to_mark"] <= base / 2
    assert len(sprints) >= 3
    assert all(sprint["seconds_to_mark"] <= base / 25 for sprint in sprints)
    assert whole["loss"] <= 1.65
    assert whole["seconds"] <= tutorial["seconds"]
    assert whole["loss"] < min(each["loss"] for each in module.kept("speed_recipes")["counts"])


def test_the_records_are_of_the_recipes_as_they_are_now() -> None:
    """Whoever changes a recipe measures again."""
    module = speed_page()
    by_name = {each.name: each for each in (_speed.TUTORIAL, _speed.CLASSIC, _speed.SPRINT, _speed.WHOLE)}
    for record in module.kept("speed_recipes")["runs"]:
        now = by_name[record["recipe"]]
        model = TimedRun(now, Text("x", 65, torch.zeros(1), torch.zeros(1)), 1).model
        assert record["steps"] == now.train.max_iters
        assert record["parameters"] == sum(parameter.numel() for parameter in model.parameters())
    assert [each["variant"] for each in module.kept("speed_ablations")["variants"]] == [v.name for v in VARIANTS]
