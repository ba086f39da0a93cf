"""Alpha at the plate's own resolution, its edges on the plate's (fast guided filter: He and Sun, arXiv 1505.00996)."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Real = NDArray[np.float32]
_RADIUS, _SOFTNESS = 2, 0.03


def guided_upsampling(alpha: Real, small_guide: Real, guide: Real) -> Real:
    """Alpha as a locally affine function of luma, found on the small grid and applied on the large one.

    Args:
        alpha: h x w, 0..1.
        small_guide: h x w, luma in 0..1.
        guide: H x W, the same picture.
    Returns:
        H x W, 0..1. Where the small alpha is all 0 or all 1 around a pixel, so is the large one.
    """
    mean_guide, mean_alpha = _mean(small_guide), _mean(alpha)
    spread = _mean(small_guide * small_guide) - mean_guide * mean_guide
    shared = _mean(small_guide * alpha) - mean_guide * mean_alpha
    slope = shared / (spread + np.float32(_SOFTNESS**2))
    offset = mean_alpha - slope * mean_guide
    size = guide.shape[::-1]
    large = [cv2.resize(_mean(part), size, interpolation=cv2.INTER_LINEAR) for part in (slope, offset)]
    return np.asarray(np.clip(large[0] * guide + large[1], 0, 1), np.float32)


def _mean(image: NDArray[np.floating]) -> Real:
    side = 2 * _RADIUS + 1
    return np.asarray(cv2.blur(image, (side, side), borderType=cv2.BORDER_REPLICATE), np.float32)
