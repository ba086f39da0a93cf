"""Finding an object again that was out of sight."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.masks.track import Mask
from cleanplate.select.classic_colour import Look
from cleanplate.select.geometry import Similarity, window_around

_COARSE = 4
_ALIKE = 9.0
"""Mean colour difference (L*a*b* units) under which a place looks like the anchor."""


@dataclass(frozen=True)
class Found:
    """Where the object is again."""

    mask: Mask
    motion: Similarity
    confidence: float


def find_again(look: Look, smooth: NDArray[np.float32], mask: Mask) -> Found | None:
    """The place of the frame that looks most like the anchor's object (upright, at its size), or None.

    Args:
        look: the frame to search.
        smooth: the anchor's picture, H x W x 3 L*a*b*.
        mask: the object on the anchor.
    """
    window = window_around(mask, 0)
    if window is None:
        return None
    size = (max(1, mask[window].shape[1] // _COARSE), max(1, mask[window].shape[0] // _COARSE))
    template = cv2.resize(smooth[window], size, interpolation=cv2.INTER_AREA)
    shape = cv2.resize(mask[window].astype(np.float32), size, interpolation=cv2.INTER_AREA)
    height, width = mask.shape
    scene = cv2.resize(look.smooth, (width // _COARSE, height // _COARSE), interpolation=cv2.INTER_AREA)
    if template.shape[0] > scene.shape[0] or template.shape[1] > scene.shape[1] or shape.sum() < 4:
        return None
    squares = cv2.matchTemplate(
        scene, template, cv2.TM_SQDIFF, mask=np.repeat((shape > 0.5)[..., None], 3, axis=2).astype(np.float32)
    )
    difference = float(np.sqrt(max(float(squares.min()), 0) / max(int((shape > 0.5).sum()), 1)))
    if difference > _ALIKE:
        return None
    y, x = np.unravel_index(int(squares.argmin()), squares.shape)
    shift = np.array([x * _COARSE - window[1].start, y * _COARSE - window[0].start], dtype=np.float64)
    motion = np.column_stack([np.eye(2), shift])
    moved = cv2.warpAffine(mask.astype(np.uint8), motion, (width, height), flags=cv2.INTER_NEAREST)
    return Found(moved.astype(np.bool_), motion, 1 - 0.5 * difference / _ALIKE)
