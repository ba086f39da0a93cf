"""Visibility at the plate's resolution: its edges are those of the thing in the plate, not those of a coarse grid.

The guided filter (He, Sun and Tang, ECCV 2010): what is seen follows a guide that tells the moved thing from what lies
behind it in the plate, as far as the two agree around a pixel.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Real = NDArray[np.float32]
_EPSILON = 0.01
"""Variance of the guide below which it decides nothing."""
_SURE = 0.06
"""Of the range: from this difference to the clean plate on, a pixel surely shows a thing."""
_STEEP = 1.6
"""How much harder the edge gets where no guide says where it is."""


def thing_key(plate: Real, clean: Real, peak: float, gone: NDArray[np.bool_]) -> Real:
    """h x w, 0..1: where the plate shows something else than the clean plate, and nothing that is removed.

    Args:
        plate, clean: h x w x C layer codes up to a peak.
        gone: h x w, what is removed.
    """
    apart = np.abs(plate - clean).max(axis=2) / np.float32(peak * _SURE)
    return np.where(gone, 0, np.clip(apart, 0, 1)).astype(np.float32)


def guided(seen: Real, guide: Real, reach: int) -> Real:
    """What is seen (h x w, 0..1), its edges moved to those of the guide (h x w, 0..1) within reach, in pixels."""
    mean_g, mean_s = _around(guide, reach), _around(seen, reach)
    spread = _around(guide * guide, reach) - mean_g * mean_g
    common = _around(guide * seen, reach) - mean_g * mean_s
    slope = np.asarray(common / (spread + np.float32(_EPSILON)), np.float32)
    base = np.asarray(mean_s - slope * mean_g, np.float32)
    drawn = _around(slope, reach) * guide + _around(base, reach)
    return np.asarray(np.clip((drawn - 0.5) * _STEEP + 0.5, 0, 1), np.float32)


def _around(plane: Real, reach: int) -> Real:
    side = 2 * reach + 1
    return np.asarray(cv2.blur(plane, (side, side), borderType=cv2.BORDER_REFLECT), np.float32)
