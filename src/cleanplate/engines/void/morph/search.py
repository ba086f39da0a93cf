"""Where a thing has gone: the shift at which it looks most like itself, near where it was heading or where it was."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.engines.void.morph.window import MIDDLE, SPAN, Rgb, Soft, Window, shown

_REACH = 0.6
"""Of the thing's span: how far around its expected place it is sought."""
_FARTHER = 1.4
"""Times the way it went before: how far ahead it is sought, since what falls gets faster."""
_UNEXPECTED = 25.0
"""Codes of 255 by which a place one span from the expected one must look better."""
_STOPPED = 0.15
"""Spans by which a thing that stops short is farther from what is expected."""


def found(picture: Rgb, before: Rgb, mask: Soft, window: Window, speed: NDArray[np.float64]) -> NDArray[np.float64]:
    """The shift (dx, dy) of a thing from one picture to the next, in the picture's pixels.

    Args:
        picture: the next one.
        before, mask: the thing as `window` showed it in the one before.
        speed: its shift before that.
    """
    half = window.scale / 2
    (x0, y0, x1, y1), look, solid = _template(before, mask)
    ahead = speed * half
    low = np.floor(np.minimum(0, _FARTHER * ahead) - _REACH * SPAN / 2).astype(int)
    high = np.ceil(np.maximum(0, _FARTHER * ahead) + _REACH * SPAN / 2).astype(int)
    width, height = (int(v) for v in high - low + (x1 - x0, y1 - y0))
    left, top = (
        window.x + (2 * (x0 + low[0]) + 0.5 - MIDDLE) / window.scale,
        window.y + (2 * (y0 + low[1]) + 0.5 - MIDDLE) / window.scale,
    )
    field = shown(picture, np.array([[half, 0, -half * left], [0, half, -half * top]]), (width, height), half)
    weights = np.repeat(solid[..., None], 3, axis=2)
    squares = cv2.matchTemplate(field.astype(np.float32), look, cv2.TM_SQDIFF, mask=weights)
    error = np.sqrt(np.maximum(squares / max(float(weights.sum()), 1.0), 0))
    rows, columns = error.shape
    shift = np.stack(np.meshgrid(np.arange(columns) + low[0], np.arange(rows) + low[1]), axis=2)
    strange = np.minimum(np.linalg.norm(shift - ahead, axis=2), np.linalg.norm(shift, axis=2) + _STOPPED * SPAN / 2)
    row, column = np.unravel_index(int(np.argmin(error + _UNEXPECTED * strange / (SPAN / 2))), error.shape)
    return np.asarray(shift[row, column] / half, np.float64)


def _template(before: Rgb, mask: Soft) -> tuple[tuple[int, int, int, int], NDArray[np.float32], Soft]:
    """The thing at half the window's size: its box (x0, y0, x1, y1), how it looks there, where it is (0 or 1)."""
    size = (mask.shape[1] // 2, mask.shape[0] // 2)
    solid = (cv2.resize(mask, size, interpolation=cv2.INTER_AREA) > 0.5).astype(np.float32)
    x, y, width, height = cv2.boundingRect(solid.astype(np.uint8))
    box = np.s_[y : y + height, x : x + width]
    look = cv2.resize(before, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    return (x, y, x + width, y + height), look[box], solid[box]
