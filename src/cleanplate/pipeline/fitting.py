"""What an engine would take on a machine, before there is anything to edit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Footage:
    """A clip, as far as costs go; all of the picture may change.

    Attributes:
        rows, columns: of the picture as shown.
        frames: that are drawn, at the rate of the engine.
    """

    rows: int
    columns: int
    frames: int


@dataclass(frozen=True)
class Place:
    """Where networks would run.

    Attributes:
        device: `cpu` or `cuda`.
        device_bytes: free there.
        memory_bytes: free in the computer's memory.
        threads: of its processor.
    """

    device: str
    device_bytes: int
    memory_bytes: int
    threads: int


@dataclass(frozen=True)
class Fit:
    """One way of running an engine.

    Attributes:
        setting: as a user writes it; empty for the engine's own.
        device_bytes: that it takes where networks run.
        memory_bytes: of the computer's memory; with the others where that is the same.
        seconds: for all frames.
        fits: the place has so much.
        measured: the seconds rest on a measurement of this machine; otherwise they are a guess.
    """

    setting: str
    device_bytes: int
    memory_bytes: int
    seconds: float
    fits: bool
    measured: bool = False


Fitting = Callable[[str, Footage, Place], list[Fit]]
"""(engine, footage, place) -> ways of running it, the gentlest first; asks for no torch."""


def first(fits: list[Fit]) -> Fit | None:
    """The gentlest that fits."""
    return next((fit for fit in fits if fit.fits), None)
