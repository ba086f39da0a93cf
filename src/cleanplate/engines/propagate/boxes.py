"""The few boxes of a frame that hold everything to be filled, each with surroundings to measure on."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.masks.track import mask_box
from cleanplate.motion.warp import Box

_SMALLEST = 4
"""Pixels: smaller specks of a mask make no box of their own."""
_MARGIN_SHARE = 0.12
_MARGIN_RANGE = (16, 128)


def grown(box: Box, margin: int, height: int, width: int) -> Box:
    """The box with `margin` pixels on each side, as far as the frame goes."""
    y0, x0, y1, x1 = box
    return max(0, y0 - margin), max(0, x0 - margin), min(height, y1 + margin), min(width, x1 + margin)


def boxes_of(wanted: NDArray[np.bool_]) -> list[Box]:
    """Boxes around the connected parts of a mask, with margins; those that overlap are joined. Top to bottom."""
    height, width = wanted.shape
    inner, boxes = mask_box(wanted), list[Box]()
    if inner is None:
        return boxes
    top, left, bottom, right = inner
    part = wanted[top:bottom, left:right].astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(part, connectivity=8)
    for x, y, w, h, area in stats[1:].tolist():
        if area >= _SMALLEST:
            low, high = _MARGIN_RANGE
            margin = int(np.clip(_MARGIN_SHARE * max(w, h), low, high))
            boxes.append(grown((top + y, left + x, top + y + h, left + x + w), margin, height, width))
    return sorted(_joined(boxes))


def _joined(boxes: list[Box]) -> list[Box]:
    done: list[Box] = []
    for box in boxes:
        current = box
        while touching := [other for other in done if _overlap(current, other)]:
            done = [other for other in done if other not in touching]
            parts = [current, *touching]
            current = (
                min(p[0] for p in parts),
                min(p[1] for p in parts),
                max(p[2] for p in parts),
                max(p[3] for p in parts),
            )
        done.append(current)
    return done


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
