"""What a removal takes of memory, and settings that take less. Read without torch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

from cleanplate.engines.vera.settings import written
from cleanplate.engines.void.outline import Outline
from cleanplate.engines.void.settings import Settings
from cleanplate.models.footprint import Grid
from cleanplate.models.void.config import STRIDE, VoidConfig
from cleanplate.models.void.footprint import Calls, footprint, held, ways

_PROGRAM = 400_000_000
_PICTURES = 100
"""Bytes in the computer's memory for each pixel of a piece of eight frames on its way to the codec and from it."""
_PIECE = 8
_SHORTER = ((45, 1), (45, 2), (21, 4))
"""Frames of a window, and what the pixels of the working size are divided by."""


@dataclass(frozen=True)
class Taken:
    """Bytes.

    Attributes:
        device: where the networks compute.
        computer: besides, where that is an accelerator; with it where it is not.
    """

    device: int
    computer: int


def memory(outline: Outline, device: str) -> Taken:
    """At the peak of drawing all of an outline."""
    windows = [(window.stop - window.start, *take.shape[2:]) for take in outline.takes for window in take.windows]
    found = [of_window(outline.config, outline.settings, window, device) for window in windows]
    return Taken(max(one.device for one in found), max(one.computer for one in found))


def of_window(config: VoidConfig, settings: Settings, window: Grid, device: str) -> Taken:
    """At the peak of drawing windows of so many frames, rows and columns of latents. Texts are read before."""
    running = settings.running
    drawn = footprint(config, Calls(window), running)
    pixels = prod(side * step for side, step in zip(window[1:], STRIDE[1:], strict=True))
    computer = _PROGRAM + _PIECE * pixels * _PICTURES + held(window, running)
    if device == "cpu":
        return Taken(drawn.peak + computer, drawn.peak + computer)
    waiting = footprint(config, Calls(window), running.model_copy(update={"offload": False})).weights
    return Taken(drawn.peak, computer + (waiting if running.offload else 0))


def smaller(settings: Settings, device: str) -> Iterator[tuple[str, Settings]]:
    """Settings that take less memory, the gentlest first, with how a user writes them."""
    running = settings.running
    *gentler, least = ways(running, waiting=device != "cpu")
    for way in (*gentler, least):
        if way != running:
            yield written(way, running), settings.model_copy(update={"running": way})
    for window, part in _SHORTER:
        changes = {"window": min(window, settings.window), "pixels": settings.pixels // part}
        texts = [f"--set {name}={value}" for name, value in changes.items() if value != getattr(settings, name)]
        if texts:
            yield " ".join([written(least, running), *texts]), settings.model_copy(update={"running": least} | changes)
