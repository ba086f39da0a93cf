"""What a removal costs: time, memory, disk. Read without torch."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from cleanplate.engines.learned.reading import PROGRAM
from cleanplate.engines.propagate.cleaner import Settings as Fill
from cleanplate.engines.propagate.estimate import Work
from cleanplate.models.catalogue.system import System
from cleanplate.models.footprint import footprint, parameters, tokens_of
from cleanplate.models.running.settings import Running
from cleanplate.models.running.speed import Speed
from cleanplate.models.sampling.settings import Sampling

_LAID = 1.7e-7
"""Seconds for a pixel of the plate on each frame, to be told, sampled and put together."""
_LOADED = 3.0
"""Seconds until the network's libraries are there."""
_STORED = 7
"""Bytes on disk for a pixel of a clean plate."""


def filling(height: int, width: int, areas: Sequence[int], surveyed: int, windows: int) -> Work:
    """The clean plate; `areas` are pixels to fill on each frame."""
    return Work(height, width, areas, surveyed, windows, Fill().sources)


def seconds(fill: Work, system: System, calls: int, rate: Speed, threads: int) -> float:
    """Of all of it, the whole of a longest window asked about and looked at.

    Args:
        calls: of the model.
    """
    asked = calls * (2 * parameters(system.transformer) * _tokens(system)) / rate.linear / threads
    laid = (len(fill.boxes) + system.limits.frames) * fill.height * fill.width * _LAID
    return fill.seconds + laid + _LOADED + asked


def memory(fill: Work, system: System, sampling: Sampling) -> int:
    """Bytes at the peak; the network and the clean plate come one after another."""
    side = round((system.limits.pixels / 2) ** 0.5)
    grid = tokens_of(system, 1, side, 2 * side)
    longest = (system.limits.frames // system.transformer.patch[0], *grid[1:])
    asked = footprint(system, longest, Running(), sampling.model_copy(update={"economy": None}))
    return max(fill.memory_bytes, PROGRAM + asked.peak)


def disk(fill: Work) -> int:
    """Bytes."""
    return fill.disk_bytes + sum(fill.boxes) * _STORED


def _tokens(system: System) -> int:
    """Of the longest window."""
    return system.limits.frames * system.limits.pixels // prod((*system.multiple, system.transformer.patch[0]))
