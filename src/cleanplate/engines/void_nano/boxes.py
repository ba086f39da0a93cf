"""Boxes of a plate that are cut between its chroma samples."""

from __future__ import annotations

from cleanplate.masks.track import MaskBox
from cleanplate.media.probe import ClipInfo


def aligned(box: MaskBox, info: ClipInfo) -> MaskBox:
    """The least such box that holds another."""
    (y0, x0, y1, x1), down, across = box, info.format.sub_y, info.format.sub_x
    bottom, right = -(-y1 >> down) << down, -(-x1 >> across) << across
    return y0 >> down << down, x0 >> across << across, min(info.height, bottom), min(info.width, right)
