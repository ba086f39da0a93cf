"""Boxes of a plate: between its chroma samples, and in one another."""

from __future__ import annotations

import numpy as np

from cleanplate.masks.track import MaskBox
from cleanplate.media.probe import ClipInfo


def aligned(box: MaskBox, info: ClipInfo) -> MaskBox:
    """The least such box that holds another."""
    (y0, x0, y1, x1), down, across = box, info.format.sub_y, info.format.sub_x
    bottom, right = -(-y1 >> down) << down, -(-x1 >> across) << across
    return y0 >> down << down, x0 >> across << across, min(info.height, bottom), min(info.width, right)


def within(box: MaskBox, outer: MaskBox) -> MaskBox | None:
    """What two boxes share."""
    y0, x0, y1, x1 = max(box[0], outer[0]), max(box[1], outer[1]), min(box[2], outer[2]), min(box[3], outer[3])
    return (y0, x0, y1, x1) if y0 < y1 and x0 < x1 else None


def cut(box: MaskBox, outer: MaskBox) -> tuple[slice, slice]:
    """A box in an array that begins where an outer one does."""
    return np.s_[box[0] - outer[0] : box[2] - outer[0], box[1] - outer[1] : box[3] - outer[1]]
