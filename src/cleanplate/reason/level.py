"""Pictures turned by any angle, each by its own, so that gravity points down in all of them; and back from there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.masks.track import Mask
from cleanplate.motion.warp import Homography, send, warp_homography

OUTSIDE = 255
"""Owner of what a turned picture shows beyond the plate's edges: nothing is known there, as behind an object."""


@dataclass(frozen=True)
class Level:
    """How pictures were turned.

    Attributes:
        matrices: T homographies that send points of each picture to the turned one.
        shape: (height, width) of the pictures.
        size: the same of the turned ones, which hold every picture whole.
    """

    matrices: tuple[Homography, ...]
    shape: tuple[int, int]
    size: tuple[int, int]

    @classmethod
    def of(cls, angles: NDArray[np.float64], shape: tuple[int, int], aspect: float = 1.0) -> Self:
        """Turned counterclockwise by `angles` degrees, about their middle, with square pixels.

        Args:
            aspect: width of a pixel over its height.
        """
        height, width = shape
        square = np.diag([max(aspect, 1.0), max(1 / aspect, 1.0)])
        corners = square @ np.array([[width, width], [height, -height]])
        turns = [_counterclockwise(float(angle)) @ square for angle in angles]
        reach = np.max([np.abs(_counterclockwise(float(angle)) @ corners).max(axis=1) for angle in angles], axis=0)
        across, down = (int(np.ceil(side - 1e-6)) for side in reach)
        middle, new = np.array([width - 1, height - 1]) / 2, np.array([across - 1, down - 1]) / 2
        matrices = [np.vstack([np.column_stack([turn, new - turn @ middle]), [0.0, 0.0, 1.0]]) for turn in turns]
        return cls(tuple(matrices), shape, (down, across))

    def picture(self, picture: NDArray[np.uint8], at: int) -> NDArray[Any]:
        """A picture turned; beyond its edges the edge goes on."""
        return warp_homography(picture, self._inverse(at), self.size)

    def owner(self, owner: NDArray[np.uint8], at: int) -> NDArray[Any]:
        """A map of owners turned, `OUTSIDE` beyond its edges."""
        flags = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
        return np.asarray(
            cv2.warpPerspective(owner, self._inverse(at), self.size[::-1], flags=flags, borderValue=OUTSIDE)
        )

    def back(self, mask: Mask, at: int) -> NDArray[np.float32]:
        """h x w: how much of each pixel a turned mask covers on the picture."""
        return np.asarray(warp_homography(mask.astype(np.float32), self.matrices[at], self.shape), np.float32)

    def point(self, y: float, x: float, at: int) -> tuple[float, float]:
        """A point of a turned picture on the picture."""
        ((x, y),) = send(self._inverse(at), np.array([[x, y]]))
        return float(y), float(x)

    def anchored(self, anchored: Sequence[Homography]) -> tuple[Homography, ...]:
        """Motions of the camera from the first picture to each, between the turned ones."""
        return tuple(self.matrices[at] @ step @ self._inverse(0) for at, step in enumerate(anchored))

    def _inverse(self, at: int) -> Homography:
        return np.asarray(np.linalg.inv(self.matrices[at]))


def _counterclockwise(degrees: float) -> NDArray[np.float64]:
    """As it looks where y points down."""
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[cosine, sine], [-sine, cosine]])
