"""Whatever a learner's code does, the grader goes on, keeps its limits and says in plain words what happened."""

from __future__ import annotations

import re
import subprocess
import sys
import time

import psutil
import pytest

from tests.course.grading import COUNT, RIGHT, counting, workspace
from vibejam_core.course.grading import report
from vibejam_core.course.grading.grader import Grader

LIMIT = 1.5
OTHER = "windows.split_corpus"
"""A component of another file, which is right, and must be graded all the same."""
SPLIT = """
import torch

def split_corpus(tokens, val_fraction=0.1):
    if not 0 <= val_fraction < 1:
        raise ValueError(f"val_fraction is {val_fraction}")
    n = len(tokens) - int(len(tokens) * val_fraction)
    return tokens[:n], tokens[n:]
"""

# name: (the module's text, what the message must say)
HOSTILE: dict[str, tuple[str, str]] = {
    "endless loop": (counting("    while True:\n        pass\n"), r"more than 1.5 seconds.*line [45].*loop"),
    "endless loop on import": ("while True:\n    pass\n" + counting(RIGHT), r"more than 1.5 seconds"),
    "endless loop in C": (counting("    return sum(iter(int, 1))\n"), r"more than 1.5 seconds.*line [45]"),
    "os._exit": (counting("    import os\n    os._exit(0)\n"), r"ended the whole Python process \(exit code 0\)"),
    "os._exit on import": ("import os\nos._exit(0)\n" + counting(RIGHT), r"ended the whole Python process"),
    "sys.exit": (counting("    import sys\n    sys.exit(0)\n"), r"called sys.exit\(\)"),
    "sys.exit on import": ("raise SystemExit(0)\n" + counting(RIGHT), r"called sys.exit\(\)"),
    "kills itself": (counting("    import os\n    os.kill(os.getpid(), 9)\n"), r"signal SIGKILL"),
    "kills its watcher": (
        counting("    import os, time\n    os.kill(os.getppid(), 9)\n    time.sleep(9)\n"),
        r"grader's own process",
    ),
    "segmentation fault": (counting("    import ctypes\n    ctypes.string_at(0)\n"), r"signal SIGSEGV"),
    "allocates 20 GB": (
        counting("    import torch\n    torch.ones(20 * 2**28)\n"),
        r"more memory than the grader allows",
    ),
    "list without end": (counting("    x = []\n    while True:\n        x.append(bytes(10**7))\n"), r"memory"),
    "syntax error": ("def count_characters(text:\n    return {}\n", r"counting\.py.*isn't Python yet"),
    "raises on import": (
        "raise RuntimeError('at home')\n" + counting(RIGHT),
        r"can't be loaded.*RuntimeError: at home.*counting.py:1",
    ),
    "missing import": ("import nonexistent_module\n" + counting(RIGHT), r"can't be loaded.*nonexistent_module"),
    "wrong encoding": ("# caf\xe9\n".encode("latin-1").decode("latin-1") + counting(RIGHT), r""),  # replaced below
    "raises": (counting("    raise RuntimeError('here')\n"), r"RuntimeError: here.*counting.py:4.*raise RuntimeError"),
    "KeyboardInterrupt": (counting("    raise KeyboardInterrupt\n"), r"KeyboardInterrupt"),
    "BaseException": (counting("    raise BaseException('odd')\n"), r"BaseException: odd"),
    "endless recursion": (counting("    return count_characters(text)\n"), r"calls itself"),
    "renamed argument": ("def count_characters(words):\n    return dict.fromkeys(word, 1)\n", r"NameError.*word"),
    "no argument": ("def count_characters():\n    return {}\n", r"TypeError.*takes 0 positional arguments"),
    "replaces torch's softmax": (
        "import torch\ntorch.nn.functional.softmax = None\n" + counting(RIGHT),
        r"replaces torch.nn.functional.softmax",
    ),
    "replaces Tensor's equality": (
        "import torch\ntorch.Tensor.__eq__ = lambda *a: True\n" + counting(RIGHT),
        r"replaces torch.Tensor.__eq__",
    ),
    "replaces a builtin": ("import builtins\nbuiltins.len = lambda x: 3\n" + counting(RIGHT), r"replaces builtins.len"),
    "replaces a builtin when called": (
        counting("    import builtins\n    builtins.sum = max\n    return {}\n"),
        r"replaces builtins.sum",
    ),
    "replaces the grader's demands": (
        "from vibejam_core.course import expect\nexpect.equal = lambda *a, **k: None\n" + counting("    return {}\n"),
        r"replaces vibejam_core.course.expect.equal",
    ),
    "replaces a demand's code": (
        "from vibejam_core.course import expect\nexpect.true.__code__ = (lambda *a: None).__code__\n"
        + counting("    return 3\n"),
        r"replaces vibejam_core.course.expect.true",
    ),
    "fakes a failed check's class": (
        "from vibejam_core.course import expect\nclass Never(Exception): pass\nexpect.CheckFailed = Never\n"
        + counting("    return {}\n"),
        r"replaces vibejam_core.course.expect.CheckFailed",
    ),
    "prints a verdict": (
        'print(\'["done"]\')\nprint(\'{"records": [[["done"]]]}\')\n' + counting("    import os\n    os._exit(0)\n"),
        r"ended the whole Python process",
    ),
    "writes a verdict to every descriptor": (
        "import os\nfor fd in range(1, 64):\n    try:\n        os.write(fd, b'x [\"done\"]\\n')\n"
        "    except OSError:\n        pass\nos._exit(0)\n" + counting(RIGHT),
        r".",
    ),
    "closes every descriptor": (counting("    import os\n    os.closerange(0, 256)\n    return {}\n"), r"."),
    "empties the trace": (
        counting("    from vibejam_core.course import expect\n    expect.trace = []\n    return {}\n"),
        r"replaces vibejam_core.course.expect.trace",
    ),
}
# Right answers, with something odd about them: these pass.
ODD: dict[str, str] = {
    "10 MB of prints": counting(
        "    print('x' * 1000)\n" + "    for _ in range(1000):\n        print('y' * 999)\n" + RIGHT
    ),
    "closes standard output": counting("    import sys\n    sys.stdout.close()\n" + RIGHT),
    "reads standard input": counting("    import sys\n    sys.stdin.read()\n" + RIGHT),
    "starts a thread": counting(
        "    import threading, time\n    threading.Thread(target=time.sleep, args=(60,)).start()\n" + RIGHT
    ),
    "forks": counting("    import os, time\n    if os.fork() == 0:\n        time.sleep(60)\n" + RIGHT),
    "changes folder": counting("    import os\n    os.chdir('/')\n" + RIGHT),
    "warns a thousand times": counting(
        "    import warnings\n    for i in range(1000):\n        warnings.warn(f'w{i}')\n" + RIGHT
    ),
    "sets the seed": "import torch\ntorch.manual_seed(1337)\n" + counting(RIGHT),
    "switches gradients off": "import torch\ntorch.set_grad_enabled(False)\n" + counting(RIGHT),
}


@pytest.fixture(scope="module")
def grader(tmp_path_factory):
    """One grader for all of these: what one component did to it, the next one must not feel."""
    made = workspace(tmp_path_factory.mktemp("hostile"), windows=SPLIT)
    with Grader(made, seconds=LIMIT, gibibytes=1.0) as grader:
        yield grader


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_code_is_red_in_plain_words_and_in_time(grader, name):
    """Each gets its sentence within its limit, and another component is graded as if nothing had happened."""
    source, said = HOSTILE[name]
    data = "# café\n".encode("latin-1") + counting(RIGHT).encode() if name == "wrong encoding" else source.encode()
    said = "0xe9.*UTF-8" if name == "wrong encoding" else said
    grader.workspace.module_path("counting").write_bytes(data)
    grader.check(OTHER)  # the worker is warm, so only the code itself takes time
    began = time.monotonic()
    verdict = grader.check(COUNT)
    assert time.monotonic() - began < LIMIT + 6
    assert verdict.state in ("failed", "broken")
    text = report.text(verdict)
    assert re.search(said, text, re.DOTALL), text
    assert "Traceback" not in text
    assert len(text.splitlines()) <= 25
    assert grader.check(OTHER).state == "passed"


@pytest.mark.parametrize("name", ODD)
def test_odd_but_right_code_passes(grader, name):
    """Noise, threads and children are no reason to be refused."""
    grader.workspace.module_path("counting").write_text(ODD[name])
    verdict = grader.check(COUNT)
    assert verdict.passed, report.text(verdict)


def test_an_error_after_much_noise_shows_the_last_lines(grader):
    """Of megabytes of prints only the end is kept and shown."""
    body = "    for i in range(40_000):\n        print('line', i, 'x' * 40)\n    raise ValueError('enough')\n"
    grader.workspace.module_path("counting").write_text(counting(body))
    verdict = grader.check(COUNT)
    assert len(verdict.printed) < 100_000
    assert "line 39999" in report.text(verdict)
    assert len(report.text(verdict).splitlines()) < 45


def test_what_the_code_started_ends_with_its_trial(grader):
    """A subprocess that hides in a session of its own does not outlive the check that started it."""
    body = "    import subprocess\n    subprocess.Popen(['sleep', '4321'], start_new_session=True)\n" + RIGHT
    grader.workspace.module_path("counting").write_text(counting(body))
    grader.check(COUNT)
    assert not [p for p in psutil.process_iter(["cmdline"]) if p.info["cmdline"] == ["sleep", "4321"]]


def test_a_deleted_component_is_not_graded_as_the_reference(grader):
    """Without the definition there is nothing to grade, and the way back is named."""
    grader.workspace.module_path("counting").write_text("x = 1\n")
    verdict = grader.check(COUNT)
    assert verdict.state == "unfinished"
    assert "vibejam reset counting.count_characters" in (verdict.note or "")


def test_a_deleted_file_is_red(grader):
    """A module that isn't there is an error, not a pass."""
    grader.workspace.module_path("counting").unlink()
    assert grader.check(COUNT).state == "broken"


def test_the_grader_needs_no_torch_of_its_own():
    """The process that asks for verdicts never imports torch, so nothing can hurt it there and it starts fast."""
    code = "import sys; from vibejam_core.course.grading import grader, report; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
