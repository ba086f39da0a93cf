"""Where on a frame something is that looks like a known thing, and how like it that is.

A thing is there as far as it explains what nothing else does: what the frame shows, less what it might show without the
thing. Decision 036 says why that is measured, and no correlation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Real = NDArray[np.float32]
Mask = NDArray[np.bool_]

FOUND = 0.5
"""Likeness below which a thing is lost."""
REACH = 0.25
"""Of the frame's sides, to each side, how far is searched."""
SCALES = (0.8, 0.9, 1.0, 1.12, 1.25)
RIM = (1, 3)
"""Pixels about a thing, from and to, in which there must be nothing of it."""
TOLD = 0.02
"""Root of the mean squared difference (0..1) to the frame without the thing: below it nobody could see it there."""


@dataclass(frozen=True)
class Look:
    """A thing at one size.

    Attributes:
        pattern: h x w x 3, 0 outside of `shape`.
        shape: h x w, 0 or 1.
        corner: (y, x) of the window that is searched; `size` is its (height, width).
        unexplained: by place of the pattern in the window, its squared difference to the frame without it; nowhere more
            than where it belongs, or else whatever hides something gaudy would be like it.
    """

    pattern: Real
    shape: Real
    corner: tuple[int, int]
    size: tuple[int, int]
    unexplained: Real

    @classmethod
    def of(cls, truth: Real, where: Mask, others: Sequence[Real], scale: float) -> Look | None:
        """What the truth shows at a mask; `others` are frames without it, H x W x 3 each.

        None where the window has no room for it, or nothing is left of it.
        """
        ys, xs = np.nonzero(where)
        box = np.s_[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1]
        mask = where[box].astype(np.float32)
        size = max(2, round(mask.shape[1] * scale)), max(2, round(mask.shape[0] * scale))
        shape = np.asarray(cv2.resize(mask, size, interpolation=_way(scale)) > 0.5, np.float32)
        corner, window = _around(truth.shape[:2], (int(ys.min()), int(xs.min())), size)
        if not shape.any() or window[0] < size[1] or window[1] < size[0]:
            return None
        pattern = cv2.resize(truth[box], size, interpolation=_way(scale)) * shape[..., None]
        bare = cls(np.asarray(pattern, np.float32), shape, corner, window, np.zeros(0, np.float32))
        belongs = min(apart(other, truth, where) for other in others) * float(shape.sum())
        unexplained = np.minimum(np.min([bare._differences(other) for other in others], axis=0), belongs)
        return cls(bare.pattern, shape, corner, window, np.asarray(unexplained, np.float32))

    def best(self, result: Real, odd: Sequence[Real]) -> tuple[float, float, Mask | None]:
        """How much of a result it explains at most, its likeness and its mask there; None where it is not found.

        Args:
            odd: H x W each, squared differences of the result to frames without the thing.
        """
        differences = self._differences(result)
        beside = self._over(np.min(odd, axis=0), self.rim)
        least = TOLD**2 * float(self.shape.sum())
        likeness = 1 - (differences + beside) / np.maximum(self.unexplained, least)
        gain = np.min([self._over(one, self.shape) for one in odd], axis=0) - differences - beside
        gain = np.where(likeness >= FOUND, gain, 0)
        top, left = np.unravel_index(int(gain.argmax()), gain.shape)
        if gain[top, left] < least:
            return 0.0, 0.0, None
        mask = np.zeros(result.shape[:2], np.bool_)
        y, x = self.corner[0] + int(top), self.corner[1] + int(left)
        mask[y : y + self.shape.shape[0], x : x + self.shape.shape[1]] = self.shape > 0
        return float(gain[top, left]), float(likeness[top, left]), mask

    @property
    def rim(self) -> Real:
        """About the shape."""
        inside, outside = (_grown(self.shape, pixels) for pixels in RIM)
        return outside - inside

    def _over(self, odd: Real, mask: Real) -> Real:
        """Its sum over a mask of the pattern's size or more, by the pattern's place; beyond the frame it is 0."""
        (y, x), (height, width) = self.corner, self.size
        wide = (mask.shape[0] - self.shape.shape[0]) // 2
        padded = cv2.copyMakeBorder(odd, wide, wide, wide, wide, cv2.BORDER_CONSTANT, value=0)
        window = np.ascontiguousarray(padded[y : y + height + 2 * wide, x : x + width + 2 * wide], np.float32)
        return np.asarray(cv2.matchTemplate(window, mask, cv2.TM_CCORR), np.float32)

    def _differences(self, picture: Real) -> Real:
        """Squared, summed over the shape and the mean of the channels, by place in the window."""
        (y, x), (height, width) = self.corner, self.size
        window = np.ascontiguousarray(picture[y : y + height, x : x + width])
        energy = cv2.matchTemplate(np.square(window).sum(axis=-1), self.shape, cv2.TM_CCORR)
        shared = cv2.matchTemplate(window, self.pattern, cv2.TM_CCORR)
        return np.asarray((energy - 2 * shared + np.square(self.pattern).sum()) / 3, np.float32)


def _way(scale: float) -> int:
    return cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR


def _around(frame: tuple[int, ...], corner: tuple[int, int], size: tuple[int, int]) -> tuple[tuple[int, int], ...]:
    """Top left corner and (height, width) of the part of a frame in which a pattern of (width, height) may lie."""
    reach_y, reach_x = (round(side * REACH) for side in frame)
    top, left = max(0, corner[0] - reach_y), max(0, corner[1] - reach_x)
    bottom, right = min(frame[0], corner[0] + size[1] + reach_y), min(frame[1], corner[1] + size[0] + reach_x)
    return (top, left), (bottom - top, right - left)


def _grown(shape: Real, pixels: int) -> Real:
    """On a canvas that is wider by `RIM` to each side."""
    wide = RIM[1]
    padded = cv2.copyMakeBorder(shape, wide, wide, wide, wide, cv2.BORDER_CONSTANT, value=0)
    return np.asarray(cv2.dilate(padded, np.ones((2 * pixels + 1, 2 * pixels + 1), np.uint8)), np.float32)


def apart(a: Real, b: Real, where: Mask) -> float:
    """Mean squared difference."""
    return float(np.square(a[where] - b[where]).mean())
