"""What may move, taken apart by colour: a part is as small as anything that could go a way of its own."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Parts = NDArray[np.int32]
"""H x W: 0 what cannot move, and the number of its part for anything else."""

_ALIKE = 6.0
"""Up to this difference of a channel, neighbours are of one part."""
_LIGHT = 0.4
"""How much lightness counts against hue: the sides of a thing are lit unlike each other."""
_SMALL = 6
"""Pixels below which a part is a seam between others, and goes with the one that it has most of round it."""
_ROUND = np.ones((3, 3), np.uint8)


def parts_of(picture_HW3: NDArray[np.float32], things_HW: NDArray[np.bool_]) -> Parts:
    """Regions of neighbours of like colour.

    Args:
        picture_HW3: R'G'B' in 0..1.
        things_HW: where it shows what may move.
    """
    shade = cv2.cvtColor(picture_HW3, cv2.COLOR_RGB2LAB) * np.array((_LIGHT, 1, 1), np.float32)
    parts, number = np.zeros(things_HW.shape, np.int32), 0
    done = np.pad((~things_HW).astype(np.uint8), 1, constant_values=1)
    for y, x in np.argwhere(things_HW).tolist():
        if parts[y, x] == 0:
            number += 1
            left = done.copy()
            cv2.floodFill(shade, done, (x, y), 0, (_ALIKE,) * 3, (_ALIKE,) * 3, 8 | cv2.FLOODFILL_MASK_ONLY)
            parts[(done != left)[1:-1, 1:-1]] = number
    return _without_seams(parts)


def neighbours(parts: Parts) -> set[tuple[int, int]]:
    """Parts that touch, the smaller number first."""
    pairs = set[tuple[int, int]]()
    for one, other in ((parts[:, 1:], parts[:, :-1]), (parts[1:], parts[:-1])):
        meet = (one != other) & (one > 0) & (other > 0)
        low, high = np.minimum(one[meet], other[meet]), np.maximum(one[meet], other[meet])
        pairs |= set(zip(low.tolist(), high.tolist(), strict=True))
    return pairs


def _without_seams(parts: Parts) -> Parts:
    areas = np.bincount(parts.ravel())
    for part in np.argsort(areas, kind="stable"):
        if part == 0 or not 0 < areas[part] < _SMALL:
            continue
        own = parts == part
        round_it = parts[cv2.dilate(own.astype(np.uint8), _ROUND).astype(bool) & ~own]
        if (round_it := round_it[round_it > 0]).size:
            other = np.bincount(round_it).argmax()
            parts[own] = other
            areas[other] += areas[part]
    return parts
