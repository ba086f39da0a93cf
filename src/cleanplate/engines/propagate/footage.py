"""What the engine asks of a plate: small grays to measure motion on, full colours to copy, and every pixel's role."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.motion.warp import Box

FREE, LIVE, CAST, HOLE = 0, 1, 2, 3
"""Roles of a pixel: as in the plate; may change but is left as it is (a thing that moves by itself); shadow or
reflection of what is removed; removed. Everything but FREE lies in the permitted region."""

Roles = NDArray[np.uint8]
"""H x W."""

_SURVEY_SIDE = 960


class Footage(Protocol):
    """A plate with the roles of its pixels, on its coded grid.

    Attributes:
        peak: largest layer code (1.0 for float plates); tolerances are fractions of it.
        dtype: of the layer's colours.
    """

    height: int
    width: int
    length: int
    peak: float
    dtype: np.dtype[Any]

    def grays(self, frames: range) -> Iterator[NDArray[np.uint8]]:
        """Small luma pictures (of `survey_size`) of consecutive frames, in order."""
        ...

    def colour(self, index: int, box: Box) -> NDArray[Any]:
        """H x W x C straight layer colour of one frame; only `box` of it has to be filled in."""
        ...

    def roles(self, index: int) -> Roles:
        """The role of every pixel of one frame."""
        ...


def survey_size(height: int, width: int) -> tuple[int, int]:
    """(height, width) of the grid on which motion is measured."""
    factor = max(1.0, max(height, width) / _SURVEY_SIDE)
    return max(1, round(height / factor)), max(1, round(width / factor))


def shrink_roles(roles: Roles, size: tuple[int, int]) -> Roles:
    """Roles on a smaller grid of `size` (height, width); the strongest role in a pixel's area wins."""
    small = np.zeros(size, np.uint8)
    for role in (LIVE, CAST, HOLE):
        share = cv2.resize((roles >= role).view(np.uint8) * np.uint8(255), size[::-1], interpolation=cv2.INTER_AREA)
        small[share > 0] = role
    return small


def halo(height: int, width: int) -> int:
    """Pixels around a removed object that its blur and the codec have touched."""
    return max(2, round(max(height, width) / 480))
