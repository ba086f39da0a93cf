"""Where networks run on this machine."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from cleanplate.pipeline.fitting import Place
from cleanplate.pipeline.machine import Machine


def place(gigabytes: float | None = None) -> Place:
    """This machine as it is now; without torch it has no accelerator.

    Args:
        gigabytes: of an accelerator with so much free memory, in place of what there is.
    """
    machine = Machine.here(Path.cwd())
    if gigabytes is not None:
        return Place("cuda", round(gigabytes * 1e9), machine.memory_bytes, machine.threads)
    free = _free()
    if free is None:
        return Place("cpu", machine.memory_bytes, machine.memory_bytes, machine.threads)
    return Place("cuda", free, machine.memory_bytes, machine.threads)


def _free() -> int | None:
    """Bytes of an accelerator, or None without one."""
    if find_spec("torch") is None:
        return None
    import torch

    return int(torch.cuda.mem_get_info()[0]) if torch.cuda.is_available() else None
