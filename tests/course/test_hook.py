"""Programs that run on the learner's code: each in a process of its own, as a learner starts it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.course.kit import CHARACTERS, COUNT_WITH_COUNTER, GPT, new_workspace, python, with_solution
from vibejam_core.course.curriculum import WALKS, WHOLE_GPT, component
from vibejam_core.course.grafting import hook, walk
from vibejam_core.course.grafting.explain import SettingError
from vibejam_core.course.grafting.skeleton import MODULES
from vibejam_core.course.grafting.syntax import LearnerError
from vibejam_core.course.workspace import Workspace
from vibejam_core.models.registry import ARCHITECTURES

COUNT = "from vibejam_core.text.counting import count_characters; print(count_characters('abba'))"
TOKENIZE = "from vibejam_core.text.characters import CharTokenizer; print(CharTokenizer.build('abba').encode('ab'))"
FORWARD = """
import torch
from vibejam_core.models.config import ModelConfig
from vibejam_core.models.registry import build_model
model = build_model("gpt", ModelConfig(n_layer=1))
print(tuple(model(torch.zeros(1, 3, dtype=torch.long))[0].shape))
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return new_workspace(tmp_path)


def write(workspace: Workspace, id: str, definition: str) -> None:
    workspace.write_definition(component(id), definition)


def line_of(text: str, path: Path) -> int:
    return next(number for number, line in enumerate(path.read_text().splitlines(), 1) if text in line)


# --- mine -----------------------------------------------------------------------------------------------------------


def test_a_half_finished_gpt_runs_and_says_who_supplied_what(workspace: Workspace) -> None:
    text = with_solution(GPT, "gpt.Head", "gpt.Block").replace("class Block(", "print('my block')\n\n\nclass Block(")
    workspace.module_path("gpt").write_text(text.replace("def forward(self, x", "def forward(self, x", 1))
    done = python(FORWARD, workspace)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "my block\n(1, 3, 128)\n"
    table = [line.split()[0] for line in done.stderr.splitlines()]
    assert table[:3] == ["whose", "yours", "reference"]
    assert "  yours       gpt.Head, gpt.Block\n" in done.stderr


def test_the_learners_code_is_what_runs(workspace: Workspace) -> None:
    write(workspace, "counting.count_characters", "def count_characters(text):\n    return 'mine'\n")
    assert python(COUNT, workspace).stdout == "mine\n"
    assert python(COUNT, workspace, "core").stdout == "{'a': 2, 'b': 2}\n"
    assert python(COUNT, workspace, None).stdout == "{'a': 2, 'b': 2}\n"


def test_an_error_in_the_learners_code_is_folded_to_their_lines(workspace: Workspace) -> None:
    write(workspace, "counting.count_characters", "def count_characters(text):\n    return text.nothing\n")
    done = python(COUNT, workspace)
    assert done.returncode == 1
    path = workspace.module_path("counting")
    assert "your code stopped: AttributeError: 'str' object has no attribute 'nothing'\n" in done.stderr
    assert f"{path}:{line_of('text.nothing', path)}, in count_characters\n    return text.nothing\n" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_whole_traceback_is_there_for_the_asking(workspace: Workspace) -> None:
    write(workspace, "counting.count_characters", "def count_characters(text):\n    return text.nothing\n")
    path = workspace.module_path("counting")
    said = python(COUNT, workspace, VIBEJAM_TRACEBACK="1").stderr
    assert f'File "{path}", line {line_of("text.nothing", path)}, in count_characters' in said


def test_a_module_that_raises_while_it_is_read_says_where(workspace: Workspace) -> None:
    path = workspace.module_path("counting")
    path.write_text(path.read_text() + '\nraise RuntimeError("deliberate")\n')
    said = python(COUNT, workspace).stderr
    assert "your code stopped: RuntimeError: deliberate\n" in said
    assert f"{path}:{line_of('deliberate', path)}" in said


def test_a_file_that_is_not_python_stops_with_one_paragraph(workspace: Workspace) -> None:
    path = workspace.module_path("counting")
    path.write_text(path.read_text().replace("dict[str, int]:", "dict[str, int]", 1))
    done = python(COUNT, workspace)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "counting.py, line 6: this isn't Python yet: expected ':'" in done.stderr
    assert "  unreadable  counting.py (line 6)" in done.stderr
    assert "Traceback" in python(COUNT, workspace, VIBEJAM_TRACEBACK="1").stderr


def test_a_broken_file_that_the_program_does_not_use_does_not_stop_it(workspace: Workspace) -> None:
    workspace.module_path("gpt").write_text("def f(:\n")
    done = python(COUNT, workspace)
    assert done.stdout == "{'a': 2, 'b': 2}\n"
    assert "  unreadable  gpt.py (line 1)" in done.stderr


def test_a_deleted_file_is_supplied_by_the_reference(workspace: Workspace) -> None:
    workspace.module_path("counting").unlink()
    assert python(COUNT, workspace).stdout == "{'a': 2, 'b': 2}\n"


def test_child_processes_run_the_same_code_and_say_nothing(workspace: Workspace) -> None:
    write(workspace, "counting.count_characters", "def count_characters(text):\n    return 'mine'\n")
    child = f"import os, subprocess, sys; os.chdir('/'); subprocess.run([sys.executable, '-c', {COUNT!r}])"
    done = python(f"{COUNT}\n{child}", workspace, PYTHONPATH=":".join(filter(None, sys.path)))
    assert done.stdout == "mine\nmine\n"
    assert done.stderr.count("whose code runs") == 1


def test_a_spawned_worker_runs_the_same_code(workspace: Workspace, tmp_path: Path) -> None:
    write(workspace, "counting.count_characters", "def count_characters(text):\n    return 'mine'\n")
    program = tmp_path / "program.py"
    program.write_text(
        "import multiprocessing as mp\nfrom vibejam_core.text.counting import count_characters\n"
        "if __name__ == '__main__':\n    with mp.get_context('spawn').Pool(1) as pool:\n"
        "        print(pool.map(count_characters, ['a']))\n"
    )
    done = python(f"import runpy; runpy.run_path({str(program)!r}, run_name='__main__')", workspace)
    assert "['mine']" in done.stdout, done.stderr
    assert done.stderr.count("whose code runs") == 1


def test_every_other_rank_of_torchrun_is_silent(workspace: Workspace) -> None:
    assert python(COUNT, workspace, RANK="1").stderr == ""
    assert "whose code runs" in python(COUNT, workspace, RANK="0").stderr


def test_a_class_whose_half_cannot_run_is_said_to_be_half_done(workspace: Workspace) -> None:
    text = workspace.module_path("gpt").read_text()
    start = text.index("        raise NotImplementedError", text.index("class Head"))
    written = text[:start] + "        super().__init__()\n" + text[text.index("\n    def forward", start) :]
    workspace.module_path("gpt").write_text(written)
    finder = hook.Finder("mine", workspace, None, announce=False)
    assert "  half done   gpt.Head (the reference's runs until yours is whole)\n" in hook.summary(finder)


# --- strict ---------------------------------------------------------------------------------------------------------


def test_strict_stops_at_the_first_unwritten_part_and_names_the_way(workspace: Workspace) -> None:
    done = python(TOKENIZE, workspace, "strict")
    assert done.returncode == 1
    assert done.stdout == ""
    told = " ".join(done.stderr.split())
    path = workspace.module_path("characters")
    line = line_of("raise NotImplementedError(", path)
    assert "characters.CharTokenizer.build isn't written yet: make a tokenizer" in told
    assert f"Write it at {path}:{line}; lab 01, Characters, explains it" in told
    assert "Traceback" not in told
    assert "Traceback" in python(TOKENIZE, workspace, "strict", VIBEJAM_TRACEBACK="1").stderr


def test_strict_borrows_nothing(workspace: Workspace) -> None:
    write(workspace, "counting.count_characters", COUNT_WITH_COUNTER)
    assert python(COUNT, workspace, "strict").stdout == "{'a': 2, 'b': 2}\n"
    workspace.module_path("counting").write_text("")
    assert "ImportError" in python(COUNT, workspace, "strict").stderr
    workspace.module_path("counting").unlink()
    assert "counting.py isn't there" in python(COUNT, workspace, "strict").stderr


TRAIN = f"import sys; sys.argv = ['train_lm.py', '--arch', 'gpt']\n{FORWARD}"


def test_a_strict_run_of_an_architecture_borrows_all_but_its_own_components(workspace: Workspace) -> None:
    write(workspace, "characters.CharTokenizer", with_solution(CHARACTERS, "characters.CharTokenizer"))
    done = python(f"{TRAIN}\n{TOKENIZE}", workspace, "strict")
    assert done.stderr.startswith(f"whose code runs (VIBEJAM_IMPL=strict, {workspace.package}): nothing of gpt is")
    assert "  yours       characters.CharTokenizer\n" in done.stderr
    assert "  to write    gpt.Head, gpt.MultiHeadAttention, gpt.FeedForward, gpt.Block, gpt.GPTModel\n" in done.stderr
    assert "  reference   counting.count_characters, windows.*," in done.stderr
    assert "gpt.GPTModel.__init__ isn't written yet" in done.stderr


def test_in_a_walk_what_is_written_runs_and_what_is_not_stops_it(workspace: Workspace) -> None:
    text = with_solution(GPT, "gpt.Head", "gpt.MultiHeadAttention", "gpt.FeedForward", "gpt.GPTModel")
    workspace.module_path("gpt").write_text(text)
    done = python(TRAIN, workspace, "strict")
    assert "  to write    gpt.Block\n" in done.stderr
    assert "gpt.Block.__init__ isn't written yet" in done.stderr
    workspace.module_path("gpt").write_text(with_solution(GPT, *WHOLE_GPT))
    assert python(TRAIN, workspace, "strict").stdout == "(1, 3, 128)\n"


def test_a_walk_needs_the_files_of_its_own_components(workspace: Workspace) -> None:
    workspace.module_path("windows").unlink()
    assert "gpt.GPTModel.__init__ isn't written yet" in python(TRAIN, workspace, "strict").stderr
    workspace.module_path("gpt").unlink()
    assert "gpt.py isn't there" in python(TRAIN, workspace, "strict").stderr


def test_a_definition_that_a_walk_needs_is_not_replaced_where_it_is_gone(workspace: Workspace) -> None:
    workspace.module_path("gpt").write_text("")
    assert "ran to its end without defining Block" in python(TRAIN, workspace, "strict").stderr


def test_a_child_process_walks_the_same_way(workspace: Workspace) -> None:
    child = f"import subprocess; subprocess.run([sys.executable, '-c', {FORWARD!r}])"
    done = python(
        f"import sys; sys.argv = ['x', '--arch', 'bigram']\nimport vibejam_core\n{child}", workspace, "strict"
    )
    assert "nothing of gpt" not in done.stderr
    assert done.stdout == "(1, 3, 128)\n"


@pytest.mark.parametrize(
    ("line", "chosen"),
    [
        ("scripts/train_lm.py", "gpt"),
        ("scripts/train_lm.py --max-iters 1 --arch modern_gpt", "modern_gpt"),
        ("scripts/train_lm.py --arch=bigram --max-iters 1", "bigram"),
        ("scripts/train_lm.py --arch", ""),
        ("scripts/train_lm.py --resume", "everything"),
        ("scripts/train_lm.py --resume --arch gpt", "gpt"),
        ("scripts/sample_lm.py --prompt gpt", "everything"),
        ("-c", "everything"),
        ("", "everything"),
    ],
)
def test_the_command_line_says_how_far_strict_goes(line: str, chosen: str) -> None:
    assert walk.walk(line.split(), {}) == chosen
    assert walk.walk(line.split(), {"VIBEJAM_WALK": "bigram"}) == "bigram"


def test_an_architecture_without_components_borrows_everything() -> None:
    assert walk.never_borrowed("gram") == ()
    assert walk.never_borrowed("everything") is None
    assert set(walk.never_borrowed("gpt") or ()) == set(WHOLE_GPT)


def test_every_walk_is_of_an_architecture_and_of_components_that_there_are() -> None:
    assert set(WALKS) <= set(ARCHITECTURES)
    for ids in WALKS.values():
        assert [component(id).id for id in ids] == list(ids)


def test_an_unknown_walk_is_one_paragraph(workspace: Workspace) -> None:
    done = python("import vibejam_core", workspace, "strict", VIBEJAM_WALK="gtp")
    assert done.returncode == 1
    assert "VIBEJAM_WALK is 'gtp'" in done.stderr
    assert "bigram, gpt, modern_gpt" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_not_implemented_error_from_elsewhere_keeps_its_traceback(workspace: Workspace) -> None:
    assert "Traceback" in python(f"{COUNT}\nraise NotImplementedError('not yours')", workspace).stderr


def test_the_programs_leave_the_telling_to_the_course(workspace: Workspace, tmp_path: Path) -> None:
    train = f"""
import runpy, sys
sys.argv = ["train_lm", "--ckpt-path", {str(tmp_path / "run")!r}]
runpy.run_module("scripts.train_lm", run_name="__main__")
"""
    done = python(train, workspace, "strict")
    assert done.returncode == 1
    assert "isn't written yet" in done.stderr
    assert "Traceback" not in done.stderr
    workspace.module_path("gpt").write_text("def f(:\n")
    done = python(train, workspace, "mine")
    assert done.returncode == 1
    assert done.stderr.endswith("this isn't Python yet: invalid syntax\n    def f(:\n          ^\n")


# --- settings -------------------------------------------------------------------------------------------------------


def test_an_unknown_setting_is_one_paragraph(workspace: Workspace) -> None:
    done = python("import vibejam_core", workspace, "yours")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "VIBEJAM_IMPL is 'yours'" in done.stderr
    assert "mine" in done.stderr


def test_a_workspace_that_is_not_there_is_one_paragraph(workspace: Workspace) -> None:
    done = python("import vibejam_core", Workspace(workspace.root / "nowhere"))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "VIBEJAM_WORKSPACE" in done.stderr


def test_without_the_setting_the_course_is_not_even_imported(workspace: Workspace) -> None:
    done = python(
        "import sys, vibejam_core.models.gpt; print([m for m in sys.modules if 'course' in m])", workspace, None
    )
    assert done.stdout == "[]\n"


# --- in a running process, as in a notebook -------------------------------------------------------------------------


@pytest.fixture
def here(workspace: Workspace):
    yield workspace
    hook.install("core", workspace)


def test_installing_replaces_what_is_loaded_and_core_puts_it_back(here: Workspace) -> None:
    import vibejam_core.text.counting as counting

    write(here, "counting.count_characters", "def count_characters(text):\n    return 'mine'\n")
    hook.install("mine", here)
    assert counting.count_characters("abba") == "mine"
    assert counting.__file__ == str(here.module_path("counting"))
    hook.install("core", here)
    assert counting.count_characters("abba") == {"a": 2, "b": 2}
    assert not any(isinstance(finder, hook.Finder) for finder in sys.meta_path)


def test_core_puts_back_the_very_definitions_that_there_were(here: Workspace) -> None:
    """However often the learner's took their place: a class that somebody kept is that of new models again."""
    from vibejam_core.models import gpt, registry

    kept = gpt.GPTModel
    hook.install("mine", here)
    hook.install("mine", here)
    here.module_path("gpt").write_text(with_solution(GPT, "gpt.GPTModel"))
    hook.reload("gpt")
    assert gpt.GPTModel is not kept
    hook.install("core", here)
    assert gpt.GPTModel is registry.GPTModel is registry.ARCHITECTURES["gpt"] is kept  # type: ignore[attr-defined]


def test_reloading_reaches_everyone_who_imported_the_old_definition(here: Workspace) -> None:
    from vibejam_core.evaluation import measures
    from vibejam_core.models import gpt, registry
    from vibejam_core.text import windows

    hook.install("mine", here)
    old = registry.ARCHITECTURES["gpt"]
    here.module_path("gpt").write_text(with_solution(GPT, "gpt.GPTModel"))
    hook.reload("gpt")
    assert gpt.GPTModel is not old
    assert registry.GPTModel is registry.ARCHITECTURES["gpt"] is gpt.GPTModel  # type: ignore[attr-defined]
    hook.reload("windows")
    assert measures.get_batch is windows.get_batch  # type: ignore[attr-defined]


def test_a_failed_reload_leaves_the_old_code_running(here: Workspace) -> None:
    import vibejam_core.text.counting as counting

    hook.install("mine", here)
    here.module_path("counting").write_text("def count_characters(text:\n")
    with pytest.raises(LearnerError):
        hook.reload("counting")
    here.module_path("counting").write_text("def count_characters(text): return 1\n1 / 0\n")
    with pytest.raises(ZeroDivisionError):
        hook.reload("counting")
    assert counting.count_characters("abba") == {"a": 2, "b": 2}


def test_only_what_is_under_test_is_taken(here: Workspace) -> None:
    import vibejam_core.text.counting as counting

    write(here, "counting.count_characters", "def count_characters(text):\n    return 'mine'\n")
    hook.install("mine", here, under_test=set())
    assert counting.count_characters("a") == {"a": 1}


def test_an_unknown_implementation_is_refused(here: Workspace) -> None:
    with pytest.raises(SettingError, match="mine"):
        hook.install("theirs", here)


def test_an_unknown_module_is_refused(here: Workspace) -> None:
    hook.install("mine", here)
    with pytest.raises(ValueError, match="gpt"):
        hook.reload("nothing")


def test_every_component_module_is_served(here: Workspace) -> None:
    finder = hook.Finder("mine", here, None, announce=False)
    for module in MODULES:
        spec = finder.find_spec(module)
        assert spec is not None
        assert spec.origin == str(here.module_path(module.rpartition(".")[2]))
    assert finder.find_spec("vibejam_core.models.base") is None
