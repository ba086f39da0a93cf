"""What a clean plate will take: time, memory and disk, before any work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_SECONDS_A_FRAME = 0.25
_SECONDS_A_MEGAPIXEL = 0.05
_SECONDS_A_HOLE_MEGAPIXEL = 1.5
_SECONDS_SURVEY = 0.12
_SECONDS_A_PLATE = 12.0
"""Measured on two cores of 2025 with 1080p and 4K clips of H.264."""
_SURVEY_BYTES = 2 * 960 * 540
_BYTES_A_SAMPLE = 2
_WORK_BYTES = 60
"""Bytes a pixel of the largest box, for everything held in floats while one frame is put together."""
_TEXTURE_BYTES = 700
"""The same while a clean plate is made, whose context is some five times as large as the hole."""
_BASE_BYTES = 400_000_000


@dataclass(frozen=True)
class Work:
    """What there is to do.

    Attributes:
        boxes: pixels inside the boxes to fill, for every frame that is filled.
        surveyed: frames to look at.
        windows: runs of frames.
    """

    height: int
    width: int
    boxes: Sequence[int]
    surveyed: int
    windows: int
    sources: int

    @property
    def _pixels(self) -> int:
        return self.height * self.width

    @property
    def seconds(self) -> float:
        megapixels = self._pixels / 1e6
        frames = len(self.boxes) * (_SECONDS_A_FRAME + _SECONDS_A_MEGAPIXEL * megapixels)
        fill = sum(self.boxes) / 1e6 * _SECONDS_A_HOLE_MEGAPIXEL
        return frames + fill + self.surveyed * _SECONDS_SURVEY + self.windows * _SECONDS_A_PLATE

    @property
    def memory_bytes(self) -> int:
        held = (2 * self.sources + 4) * self._pixels * (3 * _BYTES_A_SAMPLE + 1)
        largest = min(max(self.boxes, default=0), self._pixels // 5)
        return held + max(self.boxes, default=0) * _WORK_BYTES + largest * _TEXTURE_BYTES + _BASE_BYTES

    @property
    def disk_bytes(self) -> int:
        layer = sum(self.boxes) * 5
        plates = self.windows * self._pixels * 3 * _BYTES_A_SAMPLE
        return layer + plates + self.surveyed * _SURVEY_BYTES
