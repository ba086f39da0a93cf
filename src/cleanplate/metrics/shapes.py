"""What of a layer is a thing, and what it looks like: pieces with place, colours and outline."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.worlds.layered.sprites import COLOURS

Picture = NDArray[np.uint8]
"""H x W x 3, R'G'B'."""
Alpha = NDArray[np.float32]
"""H x W, 0..1."""

SIDE = 14
"""Rows and columns that an outline is brought to."""
_SOLID = 0.6
_SHADOW = 30
"""Codes below which thin black is a shadow."""
_LEAST = 12
_PART = 0.08
"""Of the largest piece: what is smaller is none."""
_LIGHTNESS = 0.3
"""How much lightness counts beside hue: shading changes it."""


@dataclass(frozen=True)
class Piece:
    """A thing as a layer shows it on one frame.

    Attributes:
        x, y: of its middle, in shares of the frame.
        colours: by name of `COLOURS`, share of its pixels that are nearest to it.
        outline: SIDE^2 + 2, its alpha on a square, how broad it is for its height, how full its box is.
    """

    x: float
    y: float
    colours: dict[str, float]
    outline: NDArray[np.float32]


def pieces(edit: Picture, alpha: Alpha) -> list[Piece]:
    """Of one frame of a layer, the largest first; shadows are none."""
    shadow = (edit.max(axis=-1) < _SHADOW) & (alpha < 0.95)
    solid = ((alpha > _SOLID) & ~shadow).astype(np.uint8)
    count, numbers, facts, _ = cv2.connectedComponentsWithStats(solid, connectivity=4)
    areas = facts[:, cv2.CC_STAT_AREA]
    order = sorted(range(1, count), key=lambda n: -int(areas[n]))
    kept = [n for n in order if areas[n] >= max(_LEAST, _PART * areas[order[0]])]
    return [_piece(edit, np.where(shadow, 0, alpha), numbers == n, facts[n]) for n in kept]


def _piece(edit: Picture, alpha: Alpha, mask: NDArray[np.bool_], facts: NDArray[np.int32]) -> Piece:
    ys, xs = np.nonzero(mask)
    rows, columns = mask.shape
    return Piece(
        (float(xs.mean()) + 0.5) / columns,
        (float(ys.mean()) + 0.5) / rows,
        _colours(edit[mask]),
        _outline(alpha, mask, facts),
    )


def _outline(alpha: Alpha, mask: NDArray[np.bool_], facts: NDArray[np.int32]) -> NDArray[np.float32]:
    left, top, width, height, area = (int(fact) for fact in facts)
    near = cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8))
    part = (alpha * near)[top : top + height, left : left + width]
    side = max(height, width)
    above, before = (side - height) // 2, (side - width) // 2
    square = cv2.copyMakeBorder(
        part, above, side - height - above, before, side - width - before, cv2.BORDER_CONSTANT, value=0
    )
    way = cv2.INTER_AREA if side > SIDE else cv2.INTER_LINEAR
    small = cv2.resize(square, (SIDE, SIDE), interpolation=way)
    return np.concatenate([small.ravel(), [np.log(width / height), area / (width * height)]]).astype(np.float32)


def _colours(codes: Picture) -> dict[str, float]:
    """Of N x 3 pixels."""
    near = np.linalg.norm(_hues(codes)[:, None] - _hues(_NAMED)[None], axis=-1).argmin(axis=1)
    shares = np.bincount(near, minlength=len(COLOURS)) / len(codes)
    return dict(zip(COLOURS, shares.tolist(), strict=True))


def _hues(codes: Picture) -> NDArray[np.float32]:
    lab = cv2.cvtColor(codes[None].astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[0]
    return np.asarray(lab * np.array([_LIGHTNESS, 1, 1], np.float32), np.float32)


_NAMED = np.asarray(np.rint(255 * np.array(list(COLOURS.values()))), np.uint8)
