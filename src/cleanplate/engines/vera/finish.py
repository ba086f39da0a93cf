"""What is drawn much smaller than the plate, made to sit in it: outlines as sharp as the plate's, and its grain."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.edit.layer_format import layer_format
from cleanplate.engines.propagate.grain import Grain, measure_grain
from cleanplate.media.clip import Clip
from cleanplate.media.colour import codes_to_rgb, resolve, rgb_to_codes, to_444

Real = NDArray[np.float32]
COARSE = 3.0
"""From so many times smaller than the plate on, a drawing is finished."""
_CONTRAST = 3.0
_STEP = 0.1
"""Differences of alpha below this, within a pixel of the drawing, are no outline."""
_SIDE = 256
_LEVELS = ((0.1, 0.25, 0.8, 0.93), (0.0, 0.25, 0.8, 1.0))
"""Alpha of a small model, and what it is taken for: nearly nothing is nothing, nearly whole is whole."""


def levelled(alpha: Real) -> Real:
    """Alpha without the haze that a small model leaves where it means nothing, and the holes where it means all."""
    return np.interp(alpha, *_LEVELS).astype(np.float32)


def sharpened(alpha: Real, factor: float) -> Real:
    """An enlarged alpha whose outlines are steeper, between the same levels: a shadow's stays a shadow's.

    Each value moves towards the nearer of the least and the most around it (Kramer and Bruckner's transformation,
    Pattern Recognition 7, 1975), not all the way.

    Args:
        factor: how many times it has been enlarged.
    """
    side = 2 * max(1, round(0.75 * factor)) + 1
    around = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    least, most = cv2.erode(alpha, around), cv2.dilate(alpha, around)
    height = np.maximum(most - least, 1e-6)
    steep = np.clip(((alpha - least) / height - 0.5) * _CONTRAST + 0.5, 0, 1)
    return np.where(height > _STEP, least + height * steep, alpha).astype(np.float32)


def grain_of(clip: Clip) -> Grain | None:
    """The plate's, from what two neighbouring frames in the middle differ by where the plate is flattest; layer codes.

    None for a plate of one frame, of light without codes, or too small to measure on.
    """
    if len(clip) < 2 or clip.info.format.is_float:
        return None
    first = (len(clip) - 2) // 2
    one, other = (_codes(clip, index) for index in (first, first + 1))
    rows, columns = (min(_SIDE, side) for side in one.shape[:2])
    busy = cv2.boxFilter(np.abs(cv2.Laplacian(one[..., 0], cv2.CV_32F)), -1, (columns, rows), anchor=(0, 0))
    busy = busy[: one.shape[0] - rows + 1, : one.shape[1] - columns + 1]
    top, left = np.unravel_index(int(busy.argmin()), busy.shape)
    tile = np.s_[top : top + rows, left : left + columns]
    return measure_grain(one[tile], other[tile], np.ones((rows, columns), np.float32), np.ones((rows, columns), bool))


def _codes(clip: Clip, index: int) -> NDArray[Any]:
    info = clip.info
    fmt, tags = info.format, resolve(info.colour, info.format, info.height)
    planes = clip.frame(index).planes[: fmt.components - fmt.has_alpha]
    rgb = codes_to_rgb(to_444(planes, fmt, tags.siting), fmt, tags)
    return np.asarray(rgb_to_codes(np.ascontiguousarray(rgb), layer_format(fmt), tags), np.float32)
