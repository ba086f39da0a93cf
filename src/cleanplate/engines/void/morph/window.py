"""A square look at one thing, as large for a distant thing as for a near one.

So what is measured is a share of the thing's size, and costs the same at any resolution.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Affine = NDArray[np.float64]
"""2 x 3: sends points (x, y, 1) to points (x, y)."""
Rgb = NDArray[np.uint8]
"""H x W x 3."""
Soft = NDArray[np.float32]
"""H x W, 0..1: how much of a pixel is the thing."""

SIDE = 112
"""Pixels along a window's sides."""
SPAN = 64.0
"""Pixels of the window that the longer side of the thing's box takes."""
MIDDLE = (SIDE - 1) / 2
_BLUR_BELOW = 0.7
"""A picture that is shown smaller than this is smoothed first, so that its texture does not alias."""


@dataclass(frozen=True)
class Window:
    """Where it looks.

    Attributes:
        x, y: the middle, in pixels of the picture.
        scale: pixels of the window for each of the picture.
    """

    x: float
    y: float
    scale: float

    @property
    def matrix(self) -> Affine:
        """Sends the picture's points to the window's."""
        return np.array([[self.scale, 0, MIDDLE - self.scale * self.x], [0, self.scale, MIDDLE - self.scale * self.y]])

    def moved(self, dx: float, dy: float) -> Window:
        """The same window so many of the picture's pixels further."""
        return Window(self.x + dx, self.y + dy, self.scale)

    def look(self, picture: NDArray[Any]) -> NDArray[Any]:
        """What it shows of a picture (H x W or H x W x C); beyond the picture's edges the edge goes on."""
        return shown(picture, self.matrix, (SIDE, SIDE), self.scale)

    def onto(self, other: Window) -> Affine:
        """Sends this window's points to another's."""
        ratio = other.scale / self.scale
        shift = other.scale * np.array([self.x - other.x, self.y - other.y]) + MIDDLE * (1 - ratio)
        return np.array([[ratio, 0, shift[0]], [0, ratio, shift[1]]])

    def laid_out(self, mask: Soft, height: int, width: int) -> NDArray[np.bool_]:
        """A mask of the window on the picture's grid: height x width bool."""
        back = cv2.invertAffineTransform(self.matrix)
        return np.asarray(cv2.warpAffine(mask, back, (width, height)) > 0.5)


def window_on(mask: NDArray[np.bool_]) -> Window:
    """The window on what a mask (H x W bool, not empty) holds."""
    rows, columns = np.nonzero(mask)
    span = max(np.ptp(rows), np.ptp(columns)) + 1
    return Window(float(columns.mean()), float(rows.mean()), SPAN / float(span))


def shown(picture: NDArray[Any], matrix: Affine, size: tuple[int, int], scale: float) -> NDArray[Any]:
    """A picture through `matrix` (sends its points to the shown ones), on width x height pixels of `size`."""
    smooth = cv2.GaussianBlur(picture, (0, 0), 0.5 / scale) if scale < _BLUR_BELOW else picture
    return np.asarray(cv2.warpAffine(smooth, matrix, size, borderMode=cv2.BORDER_REPLICATE))
