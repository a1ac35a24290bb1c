"""Skeletons: the reference with the learner's parts cut out."""

from __future__ import annotations

import ast
import importlib.util
import sys
from pathlib import Path

import pytest

from tests.course.kit import new_workspace
from vibejam_core.course.curriculum import COMPONENTS, Component, component, lab_of
from vibejam_core.course.grafting import skeleton, syntax
from vibejam_core.course.grafting.skeleton import MODULES

each_component = pytest.mark.parametrize("item", COMPONENTS, ids=lambda item: item.id)
each_module = pytest.mark.parametrize("module", MODULES)


def parts_in(text: str, item: Component) -> list[syntax.Function]:
    node = syntax.definition(ast.parse(text).body, item.symbol)
    assert node is not None
    found = [skeleton.part_node(node, item, part) for part in item.parts]
    return [function for function in found if function is not None]


@each_component
def test_every_part_is_a_stub_with_its_docstring_that_names_the_lab(item: Component) -> None:
    functions = parts_in(skeleton.skeleton_definition(item), item)
    assert len(functions) == len(item.parts)
    for function, part in zip(functions, item.parts, strict=True):
        assert syntax.is_stub(function)
        assert syntax.has_docstring(function)
        message = ast.literal_eval(function.body[-1].exc.args[0])  # type: ignore[attr-defined]
        assert message.endswith(f": {part.todo} (lab {lab_of(item).number:02d})")
        assert message.startswith(item.id)


@each_component
def test_signatures_decorators_and_docstrings_are_the_references(item: Component) -> None:
    ours, theirs = skeleton.reference_definition(item), skeleton.skeleton_definition(item)
    for mine, cut in zip(parts_in(ours, item), parts_in(theirs, item), strict=True):
        assert ast.get_docstring(mine, clean=False) == ast.get_docstring(cut, clean=False)
        assert ast.dump(mine.args) == ast.dump(cut.args)
        assert [ast.dump(node) for node in mine.decorator_list] == [ast.dump(node) for node in cut.decorator_list]


@each_module
def test_outside_the_parts_every_line_of_the_reference_stays(module: str) -> None:
    source = skeleton.reference(module)
    cut = {line for item in skeleton.components_of(module) for line in body_lines(source, item)}
    kept = [line for number, line in enumerate(source.lines, 1) if number not in cut]
    there = iter(skeleton.skeleton_module(module).splitlines(keepends=True))
    assert [line for line in kept if line not in there] == []  # each is sought after the one before


def body_lines(source: syntax.Source, item: Component) -> set[int]:
    node = syntax.definition(source.tree.body, item.symbol)
    assert node is not None
    functions = [function for part in item.parts if (function := skeleton.part_node(node, item, part))]
    return {line for f in functions for line in range((f.body[0].end_lineno or 0) + 1, (f.end_lineno or 0) + 1)}


@each_module
def test_no_statement_of_a_solution_is_left(module: str) -> None:
    left = {
        ast.unparse(node)
        for node in ast.walk(ast.parse(skeleton.skeleton_module(module)))
        if isinstance(node, ast.stmt)
    }
    for item in skeleton.components_of(module):
        for function in parts_in(skeleton.reference_definition(item), item):
            assert not {ast.unparse(node) for node in function.body[1:]} & left


def test_given_code_stays_whole() -> None:
    text = skeleton.skeleton_module("vibejam_core.text.characters")
    assert "self.stoi = {character: index" in text
    assert 'return {"kind": self.kind, "characters": self.itos}' in text
    assert "nn.init.normal_(module.weight, std=0.02)" in skeleton.skeleton_module("vibejam_core.models.gpt")


@each_module
def test_a_skeleton_imports_plainly_and_fits_the_page(
    module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = new_workspace(tmp_path)
    file = module.rpartition(".")[2]
    spec = importlib.util.spec_from_file_location(f"skeleton_of_{file}", workspace.module_path(file))
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, loaded)  # where dataclasses look
    spec.loader.exec_module(loaded)
    for item in skeleton.components_of(module):
        assert callable(getattr(loaded, item.symbol))
    assert max(map(len, skeleton.skeleton_module(module).splitlines())) <= skeleton.WIDTH


def test_a_stub_raises_only_when_it_is_called(tmp_path: Path) -> None:
    namespace: dict[str, object] = {"__name__": "mine"}
    exec(skeleton.skeleton_module("vibejam_core.text.counting"), namespace)
    with pytest.raises(NotImplementedError, match=r"counting\.count_characters: .*\(lab 00\)"):
        namespace["count_characters"]("abba")  # type: ignore[operator]


def test_building_again_changes_nothing(tmp_path: Path) -> None:
    assert "gpt.py" in skeleton.build_package(tmp_path / "mygpt")
    assert skeleton.build_package(tmp_path / "mygpt", check=True) == []
    assert skeleton.build_package(tmp_path / "mygpt") == []


def test_check_names_what_is_out_of_step_and_writes_nothing(tmp_path: Path) -> None:
    skeleton.build_package(tmp_path / "mygpt")
    (tmp_path / "mygpt" / "gpt.py").unlink()
    assert skeleton.build_package(tmp_path / "mygpt", check=True) == ["gpt.py"]
    assert not (tmp_path / "mygpt" / "gpt.py").exists()
    assert skeleton.build_package(tmp_path / "mygpt") == ["gpt.py"]


def test_building_never_overwrites_work(tmp_path: Path) -> None:
    skeleton.build_package(tmp_path / "mygpt")
    path = tmp_path / "mygpt" / "gpt.py"
    path.write_text(path.read_text() + "\n# an idea\n")
    (tmp_path / "mygpt" / "loss.py").unlink()
    with pytest.raises(ValueError, match=r"gpt\.py.*nothing was written"):
        skeleton.build_package(tmp_path / "mygpt")
    assert path.read_text().endswith("# an idea\n")
    assert not (tmp_path / "mygpt" / "loss.py").exists()


def test_a_component_that_the_reference_lacks_is_our_bug_and_said() -> None:
    lacking = Component("vibejam_core.models.gpt", "Tail", component("gpt.Head").parts)
    with pytest.raises(ValueError, match=r"lists gpt\.Tail"):
        skeleton.reference_definition(lacking)
