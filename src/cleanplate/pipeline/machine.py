"""The machine that an edit runs on, as far as plans and records need to know it."""

from __future__ import annotations

import os
import platform
import resource
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True)
class Machine:
    """What there is to work with.

    Attributes:
        threads: that computing parts may use; recorded, since sums can depend on it.
        memory_bytes: available without swapping.
        disk_bytes: free where the shot is written.
    """

    system: str
    processor: str
    threads: int
    memory_bytes: int
    disk_bytes: int

    @classmethod
    def here(cls, folder: Path) -> Machine:
        """This machine, now; `folder` is where the shot will lie."""
        allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        return cls(
            system=f"{platform.system()} {platform.release()}",
            processor=platform.machine(),
            threads=allowed,
            memory_bytes=int(psutil.virtual_memory().available),
            disk_bytes=shutil.disk_usage(folder).free,
        )


def peak_memory() -> int:
    """The most memory this process has held so far, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
