"""A disk without room, told in a sentence."""

from __future__ import annotations

import errno
import os
from pathlib import Path

FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
"""What the system says where a disk, a file or a share of the disk has no room left."""


class DiskFull(OSError):
    """There is no room left; the message says for what, and what to do."""


def is_full(error: BaseException) -> bool:
    """Whether an error means that there is no room left."""
    return isinstance(error, DiskFull) or (isinstance(error, OSError) and error.errno in FULL)


def disk_full(error: OSError, path: Path, what_now: str) -> DiskFull:
    """The error for people.

    Args:
        error: one for which :func:`is_full` holds.
        path: what was being written.
        what_now: a sentence: what became of it, and what to do.
    """
    return DiskFull(f"no room left on the disk for {path} ({os.strerror(error.errno or errno.ENOSPC)}). {what_now}")
