"""Reading Python that somebody else wrote: decode it, parse it, find what it defines and what it left as a stub.

Everything here works on text and syntax trees; nothing is executed. A *definition* is a top-level ``def`` or ``class``.
"""

from __future__ import annotations

import ast
import io
import os
import re
import tokenize
import warnings
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


class LearnerError(ValueError):
    """A learner's file can't be used as it stands; the message is a plain sentence that names the place."""

    def __init__(self, message: str, path: Path, line: int | None = None) -> None:
        super().__init__(message)
        self.path = path
        self.line = line

    def __reduce__(self) -> tuple[type[LearnerError], tuple[str, Path, int | None]]:
        return type(self), (str(self), self.path, self.line)  # a worker process may have to send it home


@dataclass(frozen=True)
class Source:
    """A parsed Python file, with all that is needed to write it back byte for byte."""

    path: Path
    text: str
    """What the file says, its line ends as they are, without a byte order mark."""
    tree: ast.Module
    encoding: str = "utf-8"

    @cached_property
    def lines(self) -> list[str]:
        """The lines with their ends; ``lines[n - 1]`` is the syntax tree's line n."""
        return split_lines(self.text)

    @property
    def newline(self) -> str:
        """The line end that the file uses."""
        match = re.search(r"\r\n|\n|\r", self.text)
        return match.group() if match else "\n"

    def segment(self, first: int, last: int) -> str:
        """The text of lines first to last, both included and counted from 1."""
        return "".join(self.lines[first - 1 : last])


def split_lines(text: str) -> list[str]:
    """Split where Python's parser does (``str.splitlines`` also splits at form feeds and the like)."""
    return re.findall(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+", text)


def shown(path: Path) -> str:
    """A path as a person would type it from here."""
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except (ValueError, OSError):
        return str(path)


def read(path: Path) -> Source:
    """Read and parse a file.

    Raises:
        LearnerError: if it isn't there, isn't text in its encoding (UTF-8 unless it says otherwise), or isn't Python.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise LearnerError(
            f"{shown(path)} isn't there. Put its skeleton back with: vibejam reset {path.stem}", path
        ) from None
    except OSError as error:
        raise LearnerError(f"{shown(path)} can't be read: {error.strerror}.", path) from None
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise _undecodable(path, data, error.start, error.encoding) from None
    except SyntaxError as error:  # an encoding that Python doesn't know, or a first line that isn't UTF-8
        try:
            data.decode("utf-8")
        except UnicodeDecodeError as undecodable:
            raise _undecodable(path, data, undecodable.start, "utf-8") from None
        raise LearnerError(f"{shown(path)}, line 1: {error.msg}.", path, 1) from None
    return Source(path, text, parse(text, path), encoding)


def _undecodable(path: Path, data: bytes, offset: int, encoding: str) -> LearnerError:
    line = len(split_lines(data[:offset].decode("latin-1") + "x"))
    return LearnerError(
        f"{shown(path)}, line {line}: byte {offset} (0x{data[offset]:02x}) is not {encoding.upper()} text. "
        "Save the file as UTF-8 in your editor.",
        path,
        line,
    )


def parse(text: str, path: Path) -> ast.Module:
    """The syntax tree of a text, which is also checked for what only the compiler notices (a stray ``return``).

    Raises:
        LearnerError: with the line, the text of the line and a caret, if it isn't Python.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text, str(path))
            compile(tree, str(path), "exec", dont_inherit=True)
    except SyntaxError as error:
        raise LearnerError(_describe(error, path), path, error.lineno) from None
    except (ValueError, RecursionError, MemoryError) as error:  # a null byte; thousands of nested brackets
        reason = str(error) or "it is nested too deeply"
        raise LearnerError(f"{shown(path)} isn't Python that can be read: {reason}.", path) from None
    return tree


def _describe(error: SyntaxError, path: Path) -> str:
    where = f", line {error.lineno}" if error.lineno else ""
    message = f"{shown(path)}{where}: this isn't Python yet: {error.msg}"
    if error.text is None or error.offset is None:
        return message
    line = error.text.rstrip("\r\n")
    before = line[: max(error.offset - 1, 0)]
    pad = re.sub(r"[^\t]", " ", before)  # tabs stay tabs, so that the caret stands under its character
    cut = len(line) - len(line.lstrip())
    width = (error.end_offset or 0) - error.offset if error.end_lineno == error.lineno else 1
    return f"{message}\n    {line[cut:]}\n    {pad[cut:]}{'^' * max(width, 1)}"


def span(node: ast.stmt) -> tuple[int, int]:
    """The first and last line of a statement, its decorators included."""
    first = min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", []))])
    return first, node.end_lineno or node.lineno


def has_docstring(node: ast.Module | Definition) -> bool:
    """Whether the first statement is a docstring."""
    first = node.body[0] if node.body else None
    return isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)


def is_stub(node: ast.stmt) -> bool:
    """Whether nothing was written yet: a function whose body, after its docstring, only raises NotImplementedError."""
    if not isinstance(node, Function):
        return False
    body = node.body[1:] if has_docstring(node) else node.body
    if len(body) != 1 or not isinstance(body[0], ast.Raise):
        return False
    raised = body[0].exc
    name = raised.func if isinstance(raised, ast.Call) else raised
    return isinstance(name, ast.Name) and name.id == "NotImplementedError"


def find(body: list[ast.stmt], symbol: str) -> ast.stmt | None:
    """The statement that decides what a name stands for: the last one that binds it."""
    return next((statement for statement in reversed(body) if symbol in bound(statement)), None)


def definition(body: list[ast.stmt], symbol: str) -> Definition | None:
    """The last ``def`` or ``class`` of that name."""
    named = (node for node in reversed(body) if isinstance(node, Definition) and node.name == symbol)
    return next(named, None)


def bound(statement: ast.stmt) -> set[str]:
    """The names that a statement binds where it stands. What is imported only ``if TYPE_CHECKING`` isn't bound."""
    collector = _Bindings()
    collector.visit(statement)
    return collector.names


class _Bindings(ast.NodeVisitor):
    def __init__(self) -> None:
        self.names: set[str] = set()

    def _definition(self, node: Definition) -> None:
        self.names.add(node.name)

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = _definition

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        self.names.update(alias.asname or alias.name.partition(".")[0] for alias in node.names if alias.name != "*")

    visit_Import = visit_ImportFrom = _import

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Store):
            self.names.add(node.id)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.generic_visit(node)

    def visit_If(self, node: ast.If) -> None:
        if ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            for statement in node.orelse:
                self.visit(statement)
        else:
            self.generic_visit(node)

    def _own_scope(self, node: ast.AST) -> None:
        pass

    visit_Lambda = visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _own_scope


def patched(statement: ast.stmt, symbol: str) -> set[str]:
    """The attributes that a statement such as ``Head.forward = attend`` sets on a name."""
    if not isinstance(statement, ast.Assign):
        return set()
    return {
        target.attr
        for target in statement.targets
        if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == symbol
    }


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file so that whoever looks sees the old one whole or the new one whole, also after a power cut."""
    path = path.resolve()  # through a link, so that the link stays one
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            temporary.chmod(path.stat().st_mode & 0o7777)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
