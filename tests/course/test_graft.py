"""The graft: whose definition is used, and that each runs as if it stood in its own file."""

from __future__ import annotations

import inspect
import linecache
import sys
import traceback
from pathlib import Path

import pytest
import torch

from tests.course.kit import CHARACTERS, GPT, grafted, origins, with_solution
from vibejam_core.course.grafting.graft import graft
from vibejam_core.course.grafting.skeleton import reference, skeleton_module
from vibejam_core.course.grafting.syntax import LearnerError
from vibejam_core.models.config import ModelConfig

TOKENIZER = "characters.CharTokenizer"
HEAD = "gpt.Head"

MY_HEAD = """
class MyHead(nn.Module):
    def __init__(self, n_embd, head_size, block_size, dropout=0.0):
        super().__init__()
        self.value = nn.Linear(n_embd, head_size, bias=False)

    def forward(self, x):
        return self.value(x)
"""


def replaced(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1, (old, text.count(old))
    return text.replace(old, new)


def encode_stub() -> str:
    text = skeleton_module(CHARACTERS)
    start = text.index('        raise NotImplementedError(\n            "characters.CharTokenizer.encode')
    return text[start : text.index("    def decode")].rstrip() + "\n"


def with_encode(code: str) -> str:
    return replaced(skeleton_module(CHARACTERS), encode_stub(), f"        {code}\n")


def without_head() -> str:
    text = skeleton_module(GPT)
    return text[: text.index("class Head")] + text[text.index("class MultiHeadAttention") :]


def runs(module: object) -> bool:
    model = module.GPTModel(ModelConfig(vocab_size=5, block_size=4, n_layer=1, n_head=2, n_embd=8))  # type: ignore[attr-defined]
    logits, _ = model(torch.zeros(1, 3, dtype=torch.long))
    return bool(logits.shape == (1, 3, 5))


# --- whose definition is used ---------------------------------------------------------------------------------------


def test_a_skeleton_runs_on_the_reference_and_says_so() -> None:
    made = grafted(GPT, skeleton_module(GPT))
    assert origins(made, HEAD) == {"__init__": "stub", "forward": "stub"}
    assert runs(made.load())


def test_without_a_learners_module_everything_is_missing() -> None:
    made = graft(CHARACTERS, None, under_test=None)
    assert set(origins(made, TOKENIZER).values()) == {"missing"}
    assert made.load().CharTokenizer.build("ab").encode("ba") == [1, 0]


def test_a_written_method_is_the_learners_and_the_rest_the_references() -> None:
    made = grafted(CHARACTERS, with_encode("return [7]"))
    assert origins(made, TOKENIZER) == {"build": "stub", "encode": "yours", "decode": "stub"}
    tokenizer = made.load().CharTokenizer.build("ab")
    assert tokenizer.encode("anything") == [7]
    assert tokenizer.decode([1, 0]) == "ba"


def test_a_deliberate_raise_is_the_learners_and_is_raised() -> None:
    module = grafted(CHARACTERS, with_encode("raise RuntimeError('on purpose')")).load()
    with pytest.raises(RuntimeError, match="on purpose"):
        module.CharTokenizer.build("ab").encode("a")


def test_a_component_not_under_test_is_wholly_the_references() -> None:
    text = with_encode("return [7]").replace("self.itos = list(characters)", "self.itos = []")
    made = grafted(CHARACTERS, text, under_test=set())
    assert set(origins(made, TOKENIZER).values()) == {"reference"}
    assert made.load().CharTokenizer.build("ab").encode("ba") == [1, 0]


def test_one_broken_component_does_not_reach_another() -> None:
    text = with_solution(GPT, HEAD, "gpt.Block").replace("scores = q @", "scores = nonsense @")
    assert runs(grafted(GPT, text, under_test={"gpt.Block"}).load())
    with pytest.raises(NameError, match="nonsense"):
        runs(grafted(GPT, text, under_test={HEAD}).load())


@pytest.mark.parametrize(
    "definition",
    [
        MY_HEAD + "\nHead = MyHead\n",
        MY_HEAD + "\nHead: type[nn.Module] = MyHead\n",
        MY_HEAD + "\nHead, Other = MyHead, 1\n",
        MY_HEAD + "\nif True:\n    Head = MyHead\n",
        MY_HEAD.replace("MyHead", "Head"),
        MY_HEAD.replace("MyHead", "Head").replace("class", "@lambda cls: cls\nclass"),
    ],
)
def test_a_head_counts_as_the_learners_however_it_is_defined(definition: str) -> None:
    for text in (without_head() + definition, skeleton_module(GPT) + definition):
        made = grafted(GPT, text, under_test={HEAD})
        assert origins(made, HEAD) == {"__init__": "yours", "forward": "yours"}
        assert not hasattr(made.load().Head(4, 2, 3), "query")
        assert hasattr(grafted(GPT, text, under_test=set()).load().Head(4, 2, 3), "query")


@pytest.mark.parametrize(
    "where", ["from mylib_a import Head", "from .mylib_a import Head", "from mygpt.mylib_a import Head"]
)
def test_a_component_may_be_imported_from_a_module_of_the_learners(tmp_path: Path, where: str) -> None:
    package = tmp_path / "mygpt"
    package.mkdir()
    (package / "mylib_a.py").write_text("from torch import nn\n" + MY_HEAD.replace("MyHead", "Head"))
    sys.path.append(str(package))
    made = graft(GPT, package / "gpt.py", source=without_head() + where + "\n", under_test={HEAD})
    assert origins(made, HEAD) == {"__init__": "yours", "forward": "yours"}
    assert not hasattr(made.load().Head(4, 2, 3), "query")
    sys.path.remove(str(package))
    sys.modules.pop("mylib_a", None)


@pytest.mark.parametrize("where", [GPT, "mygpt.gpt", ".gpt"])
def test_importing_the_reference_does_not_make_it_yours(where: str, tmp_path: Path) -> None:
    text = without_head() + f"from {where} import Head\n"
    made = graft(GPT, tmp_path / "mygpt" / "gpt.py", source=text, under_test=None)
    assert set(origins(made, HEAD).values()) == {"reference"}
    assert runs(made.load())


@pytest.mark.parametrize("text", ["class Head(Head):\n    pass\n", "Head = Head\n"])
def test_the_reference_is_out_of_reach_for_what_the_learner_defines(text: str) -> None:
    made = grafted(GPT, without_head() + text.replace("pass", "forward = __init__ = None"), under_test={HEAD})
    with pytest.raises(NameError, match="Head"):
        made.load()


def test_a_method_from_a_helper_base_class_is_the_learners() -> None:
    base = "class Gather(nn.Module):\n    def forward(self, x):\n        return 42\n\n"
    text = replaced(skeleton_module(GPT), "class Head(nn.Module):", base + "class Head(Gather):")
    cut = text.index("    def forward", text.index("class Head(Gather)"))
    text = text[:cut] + text[text.index("class MultiHeadAttention") :]
    made = grafted(GPT, text, under_test={HEAD})
    assert origins(made, HEAD) == {"__init__": "stub", "forward": "yours"}
    assert made.load().Head(4, 2, 3)(None) == 42


def test_base_classes_that_go_in_a_circle_are_the_learners_error() -> None:
    text = without_head() + "class A(B): pass\nclass B(A): pass\nclass Head(A): pass\n"
    assert origins(grafted(GPT, text), HEAD) == {"__init__": "missing", "forward": "missing"}


def test_a_deleted_method_is_missing_and_comes_from_the_reference() -> None:
    text = with_encode("return [7]")
    text = text[: text.index("    def decode")] + text[text.index("    def to_json") :]
    made = grafted(CHARACTERS, text)
    assert origins(made, TOKENIZER) == {"build": "stub", "encode": "yours", "decode": "missing"}
    assert made.load().CharTokenizer.build("ab").decode([0]) == "a"


def test_a_given_method_that_was_deleted_comes_back_and_an_edited_one_stays() -> None:
    text = with_encode("return [7]")
    text = text[: text.index("    def to_json")] + text[text.index("    @classmethod\n    def from_json") :]
    tokenizer = grafted(CHARACTERS, text.replace('"char"', '"mine"')).load().CharTokenizer.build("ab")
    assert tokenizer.to_json() == {"kind": "mine", "characters": ["a", "b"]}


def test_an_attribute_in_the_place_of_a_given_property_stays() -> None:
    text = with_encode("return [7]")
    text = text[: text.index("    @property")] + text[text.index("    @classmethod\n    def build") :]
    text = replaced(text, "self.itos = list(characters)", "self.itos = list(characters)\n        self.vocab_size = 99")
    assert grafted(CHARACTERS, text).load().CharTokenizer.build("ab").vocab_size == 99


def test_methods_set_on_the_class_afterwards_are_the_learners() -> None:
    text = with_encode("return [7]") + "\nCharTokenizer.decode = lambda self, ids: 'set later'\n"
    made = grafted(CHARACTERS, text)
    assert origins(made, TOKENIZER)["decode"] == "yours"
    assert made.load().CharTokenizer.build("ab").decode([0]) == "set later"
    assert grafted(CHARACTERS, text, under_test=set()).load().CharTokenizer.build("ab").decode([0]) == "a"


def test_helpers_and_moved_definitions_and_renamed_arguments_are_fine() -> None:
    text = with_solution(GPT, "gpt.FeedForward", "gpt.Block")
    cut = text.index("class FeedForward"), text.index("class Block"), text.index("def init_weights")
    text = text[: cut[0]] + text[cut[1] : cut[2]] + text[cut[0] : cut[1]] + text[cut[2] :]
    text = text.replace("def __init__(self, n_embd: int, dropout: float = 0.0)", "def __init__(self, width, drop=0.0)")
    text = text.replace(
        "def init_weights", "SCALE = 3\n\n\ndef my_helper(x):\n    return x * SCALE\n\n\ndef init_weights"
    )
    module = grafted(GPT, text, under_test={"gpt.Block"}).load()
    assert module.my_helper(2) == 6
    assert runs(module)


def test_names_that_the_learner_deleted_come_from_the_reference() -> None:
    text = with_solution(GPT, "gpt.GPTModel")
    for line in (
        "import torch.nn.functional as F\n",
        "from torch import Tensor, nn\n",
        "from __future__ import annotations\n",
    ):
        text = replaced(text, line, "")
    text = text[: text.index("def init_weights")] + text[text.index("class GPTModel") :]
    assert runs(grafted(GPT, text).load())


def test_imports_for_type_checkers_only_do_not_hide_the_references() -> None:
    text = replaced(
        skeleton_module(GPT),
        "from torch import Tensor, nn\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from torch import Tensor, nn\n",
    )
    assert runs(grafted(GPT, text).load())


def test_a_half_written_class_works_without_the_future_import() -> None:
    text = replaced(with_encode("return [7]"), "from __future__ import annotations\n", "")
    assert grafted(CHARACTERS, text).load().CharTokenizer.build("ab").encode("a") == [7]


@pytest.mark.parametrize("data", ["crlf", "bom", "tabs", "no docstring", "latin-1"])
def test_files_that_look_unusual_are_grafted_all_the_same(tmp_path: Path, data: str) -> None:
    text = with_encode("return [7]")
    encoded = {
        "crlf": text.replace("\n", "\r\n").encode(),
        "bom": b"\xef\xbb\xbf" + text.encode(),
        "tabs": text.replace("    ", "\t").encode(),
        "no docstring": replaced(text, '"""A tokenizer whose tokens are single characters."""\n', "").encode(),
        "latin-1": f"# coding: latin-1\n# caf\xe9\n{text}".encode("latin-1"),
    }[data]
    path = tmp_path / "characters.py"
    path.write_bytes(encoded)
    module = graft(CHARACTERS, path, under_test={TOKENIZER}).load()
    assert module.CharTokenizer.build("ab").encode("a") == [7]
    assert module.CharTokenizer.build("ab").decode([0]) == "a"
    assert module.__doc__ == "A tokenizer whose tokens are single characters."


def test_the_last_definition_decides() -> None:
    solved, stub = with_solution(GPT, HEAD), skeleton_module(GPT)
    twice = stub[: stub.index("class MultiHeadAttention")] + solved[solved.index("class Head") :]
    assert set(origins(grafted(GPT, twice), HEAD).values()) == {"yours"}
    assert runs(grafted(GPT, twice).load())


def test_a_program_gets_the_whole_reference_class_where_half_of_one_cannot_run() -> None:
    text = with_solution(GPT, HEAD)
    stub = skeleton_module(GPT)
    forward = slice(text.index("        T = x.shape[1]"), text.index("class MultiHeadAttention"))
    text = text[: forward.start] + "        raise NotImplementedError\n\n\n" + text[forward.stop :]
    assert origins(grafted(GPT, text, runnable=True), HEAD) == {"__init__": "yours", "forward": "stub"}
    text = "\n".join(line for line in text.split("\n") if "register_buffer" not in line and "self.causal:" not in line)
    assert origins(grafted(GPT, text), HEAD) == {"__init__": "yours", "forward": "stub"}
    made = grafted(GPT, text, runnable=True)
    assert origins(made, HEAD) == {"__init__": "reference", "forward": "reference"}
    assert runs(made.load())
    assert stub != text


def test_loading_leaves_the_reference_in_its_place() -> None:
    import vibejam_core.text.characters as real

    made = grafted(CHARACTERS, with_encode("return [7]")).load()
    assert made.__name__ == CHARACTERS
    assert sys.modules[CHARACTERS] is real
    assert made is not real


def test_a_dataclass_helper_works_in_a_module_that_is_not_in_sys_modules() -> None:
    text = with_encode("return [7]") + "\nimport dataclasses\n@dataclasses.dataclass\nclass Pair:\n    a: int\n"
    assert grafted(CHARACTERS, text).load().Pair(3).a == 3


# --- tracebacks -----------------------------------------------------------------------------------------------------


def frames(error: BaseException) -> list[tuple[str, str]]:
    return [(Path(frame.filename).name, frame.line or "") for frame in traceback.extract_tb(error.__traceback__)]


def test_a_traceback_shows_the_learners_line_and_the_references_line(tmp_path: Path) -> None:
    path = tmp_path / "mine" / "characters.py"
    path.parent.mkdir()
    path.write_text(with_encode("return [1 // len(text)]\n"))
    module = graft(CHARACTERS, path, under_test={TOKENIZER}).load()
    with pytest.raises(ZeroDivisionError) as mine:
        module.CharTokenizer.build("ab").encode("")
    last = traceback.extract_tb(mine.value.__traceback__)[-1]
    assert (last.filename, last.line) == (str(path), "return [1 // len(text)]")
    assert path.read_text().splitlines()[(last.lineno or 0) - 1].strip() == last.line
    with pytest.raises(ValueError, match="outside the vocabulary") as theirs:
        module.CharTokenizer.build("ab").decode([5])
    last = traceback.extract_tb(theirs.value.__traceback__)[-1]
    assert last.filename == str(reference(CHARACTERS).path)
    assert reference(CHARACTERS).lines[(last.lineno or 0) - 1].strip() == last.line
    assert (last.line or "").startswith("raise ValueError(")


def test_source_can_be_inspected_on_both_sides() -> None:
    module = grafted(CHARACTERS, with_encode("return [7]")).load()
    assert inspect.getsource(module.CharTokenizer.encode).endswith("return [7]\n")
    assert "\n".join(inspect.getsource(module.CharTokenizer.decode).splitlines()[-4:]).endswith(
        'return "".join(characters)'
    )
    assert inspect.getsource(module.CharTokenizer.build).startswith("    @classmethod")


def test_a_nested_function_of_the_reference_keeps_its_place() -> None:
    text = replaced(
        with_solution(GPT, "gpt.MultiHeadAttention"),
        "self.proj = nn.Linear(n_embd, n_embd)",
        "self.proj = nn.Identity()",
    )
    text = text.replace("        joined = torch.cat", "        raise NotImplementedError\n        joined = torch.cat")
    start = text.index("        joined = torch.cat")
    text = text[:start] + text[text.index("\n\n\nclass FeedForward") :]
    module = grafted(GPT, text, under_test={"gpt.MultiHeadAttention"}).load()
    attention = module.MultiHeadAttention(4, 2, 3)
    with pytest.raises(RuntimeError) as caught:
        attention(torch.zeros(1, 2, 5))
    assert (
        "gpt.py",
        "joined = torch.cat([head(x) for head in self.heads], dim=-1)  # H times (B, T, D) -> (B, T, C)",
    ) in frames(caught.value)


def test_a_traceback_shows_the_text_that_ran_though_there_is_no_file() -> None:
    module = grafted(CHARACTERS, with_encode("return undefined_name")).load()
    with pytest.raises(NameError) as caught:
        module.CharTokenizer.build("ab").encode("a")
    assert frames(caught.value)[-1] == ("<characters.py>", "return undefined_name")
    linecache.checkcache()
    assert linecache.getline("<characters.py>", 1).startswith("# Yours to write")


def test_an_error_at_module_level_points_at_the_learners_line() -> None:
    made = grafted(CHARACTERS, skeleton_module(CHARACTERS) + "\n1 / 0\n")
    with pytest.raises(ZeroDivisionError) as caught:
        made.load()
    assert frames(caught.value)[-1] == ("<characters.py>", "1 / 0")


# --- what can't be used ---------------------------------------------------------------------------------------------


def test_a_file_that_cannot_be_used_is_a_plain_sentence(tmp_path: Path) -> None:
    with pytest.raises(LearnerError, match="isn't there"):
        graft(GPT, tmp_path / "gpt.py", under_test=None)
    with pytest.raises(LearnerError, match="line 1"):
        grafted(GPT, "def f(:\n")


def test_a_module_that_ends_without_its_component_is_said() -> None:
    made = grafted(GPT, without_head() + "if len('x') > 1:\n    Head = int\n")
    with pytest.raises(LearnerError, match="without defining Head"):
        made.load()


def test_a_module_without_components_is_refused() -> None:
    with pytest.raises(ValueError, match="holds no components"):
        grafted("vibejam_core.models.base", "")
