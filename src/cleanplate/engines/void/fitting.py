"""Which way to run fits into the memory that there is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from cleanplate.engines.learned.device import device_memory
from cleanplate.engines.learned.told import written
from cleanplate.engines.void import cost
from cleanplate.engines.void.outline import Outline
from cleanplate.models.footprint import spare
from cleanplate.models.running.settings import Running
from cleanplate.models.void.footprint import ways
from cleanplate.pipeline.machine import Machine

ROOM = "Close other programs, or use a machine with more."
_SMALLER = "Take smaller pictures (--set pixels=NUMBER), or a machine with more."


@dataclass(frozen=True)
class Lack:
    """Too little memory.

    Attributes:
        why: in words.
        remedy: the gentlest way that would fit, if any does.
    """

    why: str
    remedy: str


def fitted(outline: Outline, device: str, machine: Machine) -> Outline | Lack:
    """As asked where that fits. With a limit of memory, the gentlest way to run that keeps to it.

    The limit alone decides which, not what is free at the moment: a run that goes on goes on in the same way.
    """
    limit, free = outline.settings.max_vram, device_memory(machine)
    where = "of the accelerator" if device == "cuda" else "to draw"
    if limit is None:
        needed = cost.memory(outline, device, outline.settings.running)
        if needed <= spare(free):
            return outline
        return Lack(lacking(needed, free, where), _remedy(outline, device, spare(free)))
    way = next(_ways(outline, device, round(limit * 1e9)), None)
    if way is None:
        least = min(
            cost.memory(outline, device, one) for one in ways(outline.settings.running, waiting=device != "cpu")
        )
        return Lack(f"it takes {least / 1e9:.1f} GB {where} at least, and --max-vram says {limit:g}", _SMALLER)
    if (needed := cost.memory(outline, device, way)) > spare(free):
        return Lack(lacking(needed, free, where), ROOM)
    return replace(outline, settings=outline.settings.model_copy(update={"running": way}))


def lacking(needed: int, free: int, where: str) -> str:
    """In words."""
    return f"it needs about {needed / 1e9:.1f} GB of memory {where}, and {max(0, spare(free)) / 1e9:.1f} GB can be had"


def _remedy(outline: Outline, device: str, room: int) -> str:
    way = next(_ways(outline, device, room), None)
    return _SMALLER if way is None else f"{written(way, outline.settings.running)} would fit."


def _ways(outline: Outline, device: str, room: int) -> Iterator[Running]:
    """Those that fit, the gentlest first."""
    choices = ways(outline.settings.running, waiting=device != "cpu")
    return (way for way in choices if cost.memory(outline, device, way) <= room)
