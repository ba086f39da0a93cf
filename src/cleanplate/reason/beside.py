"""What stands still and touches the object: told from the scene around it by colour, on one picture at a time.

A backdrop shows what moves; what never moves is part of it. But things of their own differ from what lies left and
right of them at the same height, be it floor, wall or sky, and what bears on the object or is held by it touches it.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.masks.brush import dilate, erode
from cleanplate.masks.track import Mask, mask_box
from cleanplate.reason.blobs import parts
from cleanplate.reason.footage import Footage, Picture
from cleanplate.reason.growing import grown

_BAND = 6
"""Rows that share one model of what lies around."""
_TALL = 5
"""Rows above and below a band from which its model is made, too."""
_ASIDE = 2.5
"""How far to either side the surroundings reach, in widths of the window."""
_WINDOW = 0.9
"""Sizes of the object around it in which things are looked for."""
_LEVELS = 16
"""Levels of each channel that are told apart."""
_RARE = 0.012
"""Share of the surroundings' samples of about a colour under which it is foreign there."""
_GAP = 2.5
"""Pixels that may lie between two things that touch: the object's soft edge."""
_SMALLEST, _LARGEST = 0.02, 8.0
"""Areas of things beside, as shares of the object's."""
_LEAST = 30
"""Pixels."""


@dataclass(frozen=True)
class Beside:
    """One thing that touches the object on a picture.

    Attributes:
        mask: h x w.
        above, below: shares of the border that they have in common at which the thing lies above, and below the object.
    """

    mask: Mask
    above: float
    below: float


def things_beside(footage: Footage, owner: int, at: int) -> list[Beside]:
    """Foreign things that touch an object on one picture, each as a whole."""
    picture, there, taken = footage.rgb[at], footage.owner[at] == owner, footage.object(at)
    box = mask_box(there)
    if box is None:
        return []
    size = float(np.sqrt(there.sum()))
    strange = foreign(picture, taken, box, size)
    strange = dilate(erode(strange, 1.0), 1.0) & ~taken
    found = []
    for part in parts(strange, max(_LEAST, round(_SMALLEST * there.sum()))):
        if part.sum() > _LARGEST * there.sum():
            continue
        touch = dilate(there, _GAP) & part
        if touch.sum() >= max(3.0, 0.04 * size):
            found.append(Beside(grown(picture, part, taken, _LARGEST * float(there.sum())), *_sides(touch, there)))
    return found


def foreign(picture: Picture, taken: Mask, box: tuple[int, int, int, int], size: float) -> Mask:
    """h x w: around a box, pixels of colours that hardly occur at their height, left or right of the window."""
    reach = round(_WINDOW * size)
    y0, x0, y1, x1 = (max(box[0] - 2 * reach, 0), max(box[1] - reach, 0), box[2] + reach // 2, box[3] + reach)
    y1, x1 = min(y1, picture.shape[0]), min(x1, picture.shape[1])
    aside = round(_ASIDE * (x1 - x0) / 2)
    codes = _codes(cv2.GaussianBlur(picture, (0, 0), 0.7))
    strange = np.zeros(taken.shape, np.bool_)
    for top in range(y0, y1, _BAND):
        rows = slice(max(top - _TALL, 0), min(top + _BAND + _TALL, y1))
        shares = [
            _share(codes[rows, where][~taken[rows, where]])
            for where in (slice(max(x0 - aside, 0), x0), slice(x1, x1 + aside))
            if (~taken[rows, where]).sum() >= _LEAST
        ]
        if shares:
            band = np.s_[top : min(top + _BAND, y1), x0:x1]
            strange[band] = np.min(shares, axis=0)[codes[band]] < _RARE
    return strange & ~taken


def _codes(picture: Picture) -> NDArray[np.int64]:
    """h x w: which of `_LEVELS` cubed colours each pixel is nearest to."""
    step = 256 // _LEVELS
    levels = picture.astype(np.int64) // step
    return np.asarray((levels[..., 0] * _LEVELS + levels[..., 1]) * _LEVELS + levels[..., 2])


def _share(samples: NDArray[np.int64]) -> NDArray[np.float64]:
    """For each colour the share of samples that are of it or of one next to it."""
    count = np.bincount(samples.ravel(), minlength=_LEVELS**3).astype(np.float64).reshape((_LEVELS,) * 3)
    for axis in range(3):
        padded = np.pad(count, [(1, 1) if n == axis else (0, 0) for n in range(3)])
        count = np.sum([np.take(padded, range(k, k + _LEVELS), axis=axis) for k in range(3)], axis=0)
    return count.ravel() / samples.size


def _sides(touch: Mask, there: Mask) -> tuple[float, float]:
    """Shares of the touching pixels that have the object right below them, and right above them."""
    reach = int(np.ceil(_GAP)) + 1
    ys, xs = np.nonzero(touch)
    height = there.shape[0]
    under = np.zeros(len(ys), np.bool_)
    over = np.zeros(len(ys), np.bool_)
    for step in range(1, reach + 1):
        under |= there[np.minimum(ys + step, height - 1), xs]
        over |= there[np.maximum(ys - step, 0), xs]
    return float((under & ~over).mean()), float((over & ~under).mean())
