"""What a half-covered pixel's thing looks like by itself: the colours under a matte.

By blurred fusion (Forte and Pitie, "Approximate Fast Foreground Colour Estimation", ICIP 2021): the mean colours on
both sides of the matte's edge, first from far, then from nearer and nearer, each corrected by what the pixel shows.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Real = NDArray[np.float32]
_SIDES = (91, 31, 7)
"""Of the squares that colours are taken from, in pixels, one pass each."""
_LEAST = 1e-5


def foreground(picture: Real, alpha: Real) -> Real:
    """The thing's own colours, H x W x 3 in 0..1; the picture's where alpha is 1, a guess from around where it is 0.

    Args:
        picture: H x W x 3 in 0..1.
        alpha: H x W in 0..1, how much of a pixel the thing covers.
    """
    share = alpha[..., None]
    ground = before = picture
    for side in _SIDES:
        before, ground = _fused(picture, before, ground, share, side)
    return np.where(share == 1, picture, before)


def _fused(picture: Real, before: Real, ground: Real, share: Real, side: int) -> tuple[Real, Real]:
    """Thing and ground from their means around, the thing's moved to what explains the pixel."""
    thing, behind = _mean(before, share, side), _mean(ground, 1 - share, side)
    unexplained = picture - share * thing - (1 - share) * behind
    return np.clip(thing + share * unexplained, 0, 1), behind


def _mean(colours: Real, weight: Real, side: int) -> Real:
    """Over a square around every pixel; black where nothing there has weight."""
    total = cv2.blur(weight * colours, (side, side))
    around = cv2.blur(np.ascontiguousarray(weight[..., 0]), (side, side))[..., None]
    return np.asarray(total / (around + _LEAST), np.float32)
