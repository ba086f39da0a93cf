"""Soft mattes of real things: closed-form matting (Levin, Lischinski, Weiss, TPAMI 2008) by PyMatting."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.errors import missing_extra
from cleanplate.masks.track import mask_box

UNKNOWN = 0.5
_ROOM = 24
"""Pixels of surroundings that the matting gets to see."""


def trimap(mask: NDArray[np.bool_], inner: int, outer: int) -> NDArray[np.float64]:
    """1 well inside the mask, 0 well outside, `UNKNOWN` in a band along its edge.

    Args:
        inner, outer: pixels of the band inside and outside the edge.
    """
    inside = cv2.erode(mask.astype(np.uint8), _disc(inner), borderValue=1) > 0
    near = cv2.dilate(mask.astype(np.uint8), _disc(outer)) > 0
    return np.where(inside, 1.0, np.where(near, UNKNOWN, 0.0))


def soft_matte(picture: NDArray[np.uint8], mask: NDArray[np.bool_], band: int) -> NDArray[np.float32]:
    """H x W float32 alpha 0..1 of what a hard mask marks; the mask itself where it is too small to have an edge.

    Raises:
        ResourceError: PyMatting is not installed.
    """
    matting = _pymatting()
    box = mask_box(mask)
    if box is None:
        return np.zeros(mask.shape, np.float32)
    top, left = max(0, box[0] - _ROOM), max(0, box[1] - _ROOM)
    part = np.s_[top : box[2] + _ROOM, left : box[3] + _ROOM]
    known = trimap(mask[part], band, band)
    alpha = np.zeros(mask.shape, np.float32)
    if not (known == 1).any() or not (known == 0).any():
        alpha[mask] = 1
        return alpha
    alpha[part] = matting.estimate_alpha_cf(picture[part].astype(np.float64) / 255, known)
    return alpha


def _disc(radius: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)), np.uint8)


def _pymatting() -> Any:
    try:
        import pymatting
    except ImportError as error:
        raise missing_extra("pymatting", "harvest") from error
    return pymatting
