"""Soft edges of a kept subject, freed of the colour of the background that it stood before.

At such a pixel the plate shows the subject over the old background, ``S = (1 - a) F + a B``; laying the new background
over it with alpha a leaves a part of B. The subject's own colour F is estimated, and the layer holds what makes the
composite ``a edit + (1 - a) F``, with the least alpha that keeps its colour in range (decision 015).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.edit.foreground import foreground

Real = NDArray[np.float32]
_ROOM = 45
"""Pixels around soft ones that the estimate sees."""


def freed(plate: Real, edit: Real, alpha: Real, *, bounded: bool = True) -> tuple[Real, Real]:
    """Colour and alpha of the layer with the old background taken out of soft edges.

    Args:
        plate, edit: H x W x 3, R'G'B' as the plate codes light.
        alpha: H x W, 0..1; the share of the background.
        bounded: colours outside 0..1 cannot be stored.
    """
    soft = (alpha > 0) & (alpha < 1)
    x, y, width, height = cv2.boundingRect(soft.astype(np.uint8))
    if not width:
        return edit, alpha
    part = np.s_[max(0, y - _ROOM) : y + height + _ROOM, max(0, x - _ROOM) : x + width + _ROOM]
    seen, share = plate[part], alpha[part][..., None]
    subject = foreground(np.clip(seen, 0, 1), 1 - share[..., 0])
    wanted = share * edit[part] + (1 - share) * subject
    least = np.maximum(share, _least(wanted - seen, seen)) if bounded else share
    at = soft[part]
    colour, matte = edit.copy(), alpha.copy()
    colour[part][at] = (seen + (wanted - seen) / np.maximum(least, 1e-6))[at]
    matte[part][at] = least[..., 0][at]
    return np.clip(colour, 0, 1) if bounded else colour, np.clip(matte, 0, 1)


def _least(change: Real, seen: Real) -> Real:
    """H x W x 1: the least alpha from which a colour in 0..1 makes the change."""
    room = np.where(change > 0, 1 - seen, seen)
    return np.asarray(np.clip(np.abs(change) / np.maximum(room, 1e-6), 0, 1).max(axis=2, keepdims=True), np.float32)
