"""Where networks run, and what is free there."""

from __future__ import annotations

import torch

from cleanplate.pipeline.machine import Machine


def device_name() -> str:
    """Where models run."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def device_memory(machine: Machine) -> int:
    """Bytes that are free there."""
    return int(torch.cuda.mem_get_info()[0]) if device_name() == "cuda" else machine.memory_bytes
