"""Shifts beyond what is seen: those of what is seen go on, smoothly."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.motion.membrane import complete

Real = NDArray[np.float32]
TOLD = 0.5
"""Of visibility: from here on a pixel's own shift counts; elsewhere that of its surroundings goes on."""
_SMOOTH = 0.7
"""Pixels of the model's grid over which shifts are averaged (standard deviation)."""


def spread(shift: Real, seen: Real) -> Real:
    """Shifts (rows x columns x 2) of what is seen (rows x columns), going on smoothly beyond it."""
    weight = np.where(seen >= TOLD, seen, 0).astype(np.float32)
    total = cv2.GaussianBlur(weight, (0, 0), _SMOOTH)
    mean = cv2.GaussianBlur(shift * weight[..., None], (0, 0), _SMOOTH) / np.maximum(total, 1e-6)[..., None]
    return complete(mean.astype(np.float32), weight > 0)
