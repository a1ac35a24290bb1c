"""What the programs ask of the machine."""

import platform
import subprocess
import sys

import pytest

from vibejam_core.training.devices import choose_device


def test_a_device_that_is_not_there_is_told(monkeypatch):
    """And what to do instead."""
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(ValueError, match=r"no cuda device that PyTorch can use\. Leave --device out"):
        choose_device("cuda")


@pytest.mark.parametrize(
    ("cuda", "mps", "chosen"), [(True, False, "cuda"), (False, True, "mps"), (False, False, "cpu")]
)
def test_auto_takes_the_fastest_there_is(monkeypatch, cuda, mps, chosen):
    """CUDA before an Apple GPU before the CPU: one place decides for every program."""
    monkeypatch.setattr("torch.cuda.is_available", lambda: cuda)
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: mps)
    assert choose_device("auto").type == chosen


# 48 MB each: from 32 MB on, the C library always asks the system, whatever was freed before (mallopt(3)).
FAULTS = """
import resource, torch
from vibejam_core.training.devices import keep_freed_memory
if {keep}:
    assert keep_freed_memory()
for _ in range(5):
    torch.ones(12_000_000).add(1)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    torch.ones(12_000_000).add(1)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only for the C library of Linux")
def test_freed_memory_is_kept():
    """The same tensors again need no new pages from the system, which would fill each with zeros."""
    new_pages = {}
    for keep in (True, False):
        done = subprocess.run([sys.executable, "-c", FAULTS.format(keep=keep)], capture_output=True, text=True)
        new_pages[keep] = int(done.stdout)
    assert new_pages[True] < new_pages[False] / 4
