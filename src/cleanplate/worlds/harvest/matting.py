"""Soft mattes of real things: closed-form matting (Levin, Lischinski, Weiss, TPAMI 2008) by PyMatting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.edit.foreground import foreground
from cleanplate.errors import missing_extra
from cleanplate.masks.track import mask_box

UNKNOWN = 0.5
_ROOM = 24
"""Pixels of surroundings that the matting gets to see."""
_NOTHING = 3 / 255
"""Alpha below which there is none: the solver's own noise."""


def trimap(mask: NDArray[np.bool_], inner: int, outer: int) -> NDArray[np.float64]:
    """1 well inside the mask, 0 well outside, `UNKNOWN` in a band along its edge.

    Args:
        inner, outer: pixels of the band inside and outside the edge.
    """
    inside = cv2.erode(mask.astype(np.uint8), _disc(inner), borderValue=1) > 0
    near = cv2.dilate(mask.astype(np.uint8), _disc(outer)) > 0
    return np.where(inside, 1.0, np.where(near, UNKNOWN, 0.0))


@dataclass(frozen=True)
class Thing:
    """A thing by itself.

    Attributes:
        alpha: H x W float32, 0..1.
        colour: H x W x 3 uint8: its own straight colour, free of what is behind it; black where alpha is 0.
        unsure: H x W bool: where the matte was not told but found.
    """

    alpha: NDArray[np.float32]
    colour: NDArray[np.uint8]
    unsure: NDArray[np.bool_]


def matted(picture: NDArray[np.uint8], mask: NDArray[np.bool_], inner: int, outer: int) -> Thing:
    """What a hard mask marks, with soft edges; the mask itself where it is too small to have any.

    Args:
        inner, outer: pixels inside and outside the mask's edge between which the thing's own edge lies.
    Raises:
        ResourceError: PyMatting is not installed.
    """
    matting = require_pymatting()
    alpha, unsure = np.zeros(mask.shape, np.float32), np.zeros(mask.shape, np.bool_)
    colour = np.zeros_like(picture)
    box = mask_box(mask)
    if box is None:
        return Thing(alpha, colour, unsure)
    room = _ROOM + outer
    part = np.s_[max(0, box[0] - room) : box[2] + room, max(0, box[1] - room) : box[3] + room]
    known, shown = trimap(mask[part], inner, outer), picture[part].astype(np.float64) / 255
    if not (known == 1).any() or not (known == 0).any():
        alpha[mask] = 1
        return Thing(alpha, np.where(mask[..., None], picture, 0).astype(np.uint8), unsure)
    found = np.clip(matting.estimate_alpha_cf(shown, known), 0, 1)
    found[found < _NOTHING] = 0
    alpha[part], unsure[part] = found, known == UNKNOWN
    own = np.rint(foreground(shown.astype(np.float32), found.astype(np.float32)) * 255)
    colour[part] = np.where(found[..., None] > 0, np.where(found[..., None] == 1, picture[part], own), 0)
    return Thing(alpha, colour, unsure)


def require_pymatting() -> Any:
    """The module. Raises ResourceError where it is not installed."""
    try:
        import pymatting
    except ImportError as error:
        raise missing_extra("pymatting", "harvest") from error
    return pymatting


def _disc(radius: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)), np.uint8)
