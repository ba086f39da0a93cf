"""What laying takes, before any work: time, memory, disk. Read without torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cleanplate.engines.propagate.cleaner import Settings
from cleanplate.engines.propagate.estimate import Work

_SECONDS_A_PIXEL = 1.6e-7
"""Of the plate, on one thread; see `bench/void_stages.py`."""
_BYTES_A_PIXEL = 200
"""Of the plate, for what is held of a few frames."""
_COMPARED_BYTES = 2
"""Of the model's grid, a pixel and beat: what has changed, and the field of the gap, which is coarse."""


@dataclass(frozen=True)
class Job:
    """One span.

    Attributes:
        height, width: of the plate.
        area: of it that is framed, pixels.
        frames: of the plate that are laid.
        changing: parts of the framed area in the boxes round what may change, by beat.
        grid: pixels of the model's.
        background: still background is fetched from the plate's other frames.
    """

    height: int
    width: int
    area: int
    frames: int
    changing: Sequence[float]
    grid: int
    background: bool

    @property
    def seconds(self) -> float:
        """On one thread."""
        return self.frames * self.area * _SECONDS_A_PIXEL + (self._fetched.seconds if self.background else 0)

    @property
    def memory_bytes(self) -> int:
        """At the peak, beside the program."""
        return self.area * _BYTES_A_PIXEL + (self._fetched.memory_bytes if self.background else 0)

    @property
    def disk_bytes(self) -> int:
        """Until the layer is whole."""
        compared = len(self.changing) * self.grid * _COMPARED_BYTES
        return compared + (self._fetched.disk_bytes if self.background else 0)

    @property
    def _fetched(self) -> Work:
        """As `propagate` counts it; no frame is made up, so that there is no clean plate."""
        settings, beats = Settings(), max(1, len(self.changing))
        hole = round(self.area * sum(self.changing) / beats)
        return Work(
            height=self.height,
            width=self.width,
            boxes=[hole] * self.frames,
            surveyed=self.frames + 2 * settings.reach,
            windows=0,
            sources=settings.sources,
        )
