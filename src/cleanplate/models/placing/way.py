"""The way of a window over an edit as eight numbers, which a small model can say, and back.

Times go from -1 at the edit's first frame to 1 at its last; places are parts of the frame's sides, so that the top left
corner is 0, 0 and the bottom right one 1, 1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cleanplate.models.closeup import FILLS, Aim

NUMBERS = 8
"""Where the middle starts, which way it goes, how far it bends away halfway (x and y each); log2 of the window's side,
in parts of the frame's rows, at either end."""
BOXES = 3
"""At the first time, in the middle and at the last: the boxes in which all must happen."""
Numbers = NDArray[np.float64]


def numbers_of(aim: Aim, size: tuple[int, int]) -> Numbers:
    """Of a window that is aimed evenly over an edit, in a frame of so many rows and columns."""
    rows, columns = size
    times = np.linspace(-1, 1, len(aim.sides_T))
    places_T2 = aim.middles_T2 / (columns, rows)
    start, way = places_T2[0], places_T2[-1] - places_T2[0]
    arch = 1 - times**2
    bend = (places_T2 - _straight(start, way, times)).T @ arch / np.square(arch).sum()
    sides = np.log2(aim.sides_T[[0, -1]] / rows)
    return np.concatenate([start, way, bend, sides])


def aim_of(numbers: Numbers, times_T: NDArray[np.float64], size: tuple[int, int]) -> Aim:
    """The window at some times, in a frame of so many rows and columns."""
    rows, columns = size
    start, way, bend, sides = np.split(np.asarray(numbers, np.float64), 4)
    places_T2 = _straight(start, way, times_T) + bend * (1 - times_T**2)[:, None]
    grown = sides[0] + (sides[1] - sides[0]) * (times_T + 1) / 2
    return Aim(places_T2 * (columns, rows), rows * 2.0**grown)


def held_in(aim: Aim, boxes_34: NDArray[np.float64], times_T: NDArray[np.float64], size: tuple[int, int]) -> Aim:
    """The window of a thing inside boxes (x0, y0, x1, y1 in parts of the frame's sides) at three times.

    A thing that is too large for its box becomes as small as the box is narrow.
    """
    rows, columns = size
    ends = np.linspace(-1, 1, BOXES)
    box_T4 = np.stack([np.interp(times_T, ends, edge) for edge in np.asarray(boxes_34, np.float64).T], axis=-1)
    box_T4 *= (columns, rows, columns, rows)
    low_T2, high_T2 = box_T4[:, :2], box_T4[:, 2:]
    sides_T = np.minimum(aim.sides_T, (high_T2 - low_T2).min(axis=1) / FILLS)
    half_T1 = FILLS / 2 * sides_T[:, None]
    return Aim(np.clip(aim.middles_T2, low_T2 + half_T1, high_T2 - half_T1), sides_T)


def _straight(start_2: Numbers, way_2: Numbers, times_T: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(start_2 + way_2 * ((times_T + 1) / 2)[:, None], np.float64)
