"""What a program runs on: for tables and report cards."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def machine() -> str:
    """Processor, cores and memory, and the GPU where there is one, in a few words."""
    import psutil
    import torch

    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
        names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
        name = names[0] if names else name
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    parts = [name, f"{cores} core{'' if cores == 1 else 's'}", f"{psutil.virtual_memory().total / 2**30:.0f} GiB"]
    if torch.cuda.is_available():
        found = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
        parts.append(f"{len(found)} x {found[0]}")
    return ", ".join(parts)


def versions() -> dict[str, str]:
    """The versions that a number may depend on, by name."""
    import numpy
    import torch

    return {
        "Python": platform.python_version(),
        "torch": str(torch.__version__),
        "numpy": str(numpy.__version__),
        "system": f"{platform.system()} {platform.release()}",
    }
