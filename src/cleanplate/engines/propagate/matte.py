"""Where the layer shows: over the whole hole, a little beyond it, and never outside the permitted region."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Alpha = NDArray[np.float32]
"""h x w, 0..1."""


def hole_alpha(hole: NDArray[np.bool_], permitted: NDArray[np.bool_], grow: int) -> Alpha:
    """One in the hole, falling to zero over `grow` pixels beyond it, where the permitted region goes on that far.

    The hole itself is not feathered: its rim is where the object's own edge would show through.
    """
    if not hole.any():
        return np.zeros(hole.shape, np.float32)
    outward = cv2.distanceTransform((~hole).astype(np.uint8), cv2.DIST_L2, 5)
    beyond = np.clip(2 - 2 * outward / (grow + 1), 0, 1) * inner_ramp(permitted, 0.5 * grow)
    return np.where(hole, 1, beyond).astype(np.float32)


def inner_ramp(permitted: NDArray[np.bool_], feather: float) -> Alpha:
    """Rises from zero outside the region to one, `feather` pixels inside it."""
    rim = int(feather) + 2
    padded = cv2.copyMakeBorder(permitted.astype(np.uint8), rim, rim, rim, rim, cv2.BORDER_REPLICATE)
    inward = cv2.distanceTransform(padded, cv2.DIST_L2, 5)[rim:-rim, rim:-rim]
    return np.asarray(np.clip(inward / feather, 0, 1), np.float32)


def cast_alpha(
    plate: NDArray[np.float32], fill: NDArray[np.float32], seen: Alpha, cast: NDArray[np.bool_], noise: float
) -> Alpha:
    """Where a shadow or reflection really changes the plate, softly: the fill differs by more than grain.

    Args:
        noise: spread of the grain in layer codes.
    """
    gap = np.abs(cv2.GaussianBlur(fill - plate, (0, 0), 3.0)).reshape(plate.shape).max(axis=2)
    differs = cv2.GaussianBlur(np.clip(gap / max(noise, 1e-6) - 1, 0, 1).astype(np.float32), (0, 0), 4.0)
    return np.asarray(np.clip(2 * differs, 0, 1) * seen * inner_ramp(cast, 4.0), np.float32)
