"""The grid that a model works on: the plate made smaller, upright, with square pixels. Read without torch."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cleanplate.media.probe import ClipInfo


@dataclass(frozen=True)
class WorkingSize:
    """Of the picture that a model sees.

    Attributes:
        rows, columns: of the upright picture, its aspect that of the plate as shown.
        turns: quarter turns, clockwise, from the coded to the upright picture.
    """

    rows: int
    columns: int
    turns: int = 0

    @property
    def coded(self) -> tuple[int, int]:
        """(rows, columns) before the picture is turned upright."""
        return (self.columns, self.rows) if self.turns % 2 else (self.rows, self.columns)

    def upright(self, picture: NDArray[Any]) -> NDArray[Any]:
        """A picture of the size `coded`, turned."""
        return np.ascontiguousarray(np.rot90(picture, -self.turns))

    def turned_back(self, picture: NDArray[Any]) -> NDArray[Any]:
        """The inverse of `upright`."""
        return np.ascontiguousarray(np.rot90(picture, self.turns))

    def padded(self, multiple: tuple[int, int]) -> tuple[int, int]:
        """(rows, columns) up to the next multiples."""
        return _up(self.rows, multiple[0]), _up(self.columns, multiple[1])


def working_size(info: ClipInfo, pixels: int, multiple: tuple[int, int]) -> WorkingSize:
    """The largest size that is no larger than the plate and has, padded to the multiples, at most so many pixels.

    At least one multiple is taken, whatever the limit says.
    """
    turns = info.rotation // 90
    tall, wide = float(info.height), float(info.width * info.sample_aspect)
    most = min(1.0, 1 / float(info.sample_aspect))
    if turns % 2:
        tall, wide = wide, tall
    return largest(tall, wide, pixels, multiple, most=most, turns=turns)


def largest(
    tall: float, wide: float, pixels: int, multiple: tuple[int, int], *, most: float = 1.0, turns: int = 0
) -> WorkingSize:
    """That of a picture of square pixels; see `working_size`.

    Args:
        tall, wide: of the upright picture.
        most: times that size.
    """
    steps = max(1, math.ceil(most * max(tall, wide)))
    scales = (most * step / steps for step in range(steps, 0, -1))
    sizes = (WorkingSize(max(1, round(tall * scale)), max(1, round(wide * scale)), turns) for scale in scales)
    limit = max(pixels, math.prod(multiple))
    return next((size for size in sizes if math.prod(size.padded(multiple)) <= limit), WorkingSize(1, 1, turns))


def _up(side: int, step: int) -> int:
    return -(-side // step) * step
