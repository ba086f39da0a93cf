"""What moves on one frame, thing by thing, out of what a model says of every pixel."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.models.moving.parts import Parts, neighbours, parts_of
from cleanplate.models.moving.rigid import Motion, Points, Sums, misfit, robust, sums

Real = NDArray[np.float32]
_HERE = 0.3
"""Of visibility: from here on a pixel says where it comes from."""
_THING = 0.5
_ENOUGH = 0.3
"""Of a part's pixels: the model says of so many that they are to be seen; else nothing of it is."""
_FEWEST = 2.0
"""Pixels that any part is to be seen with."""
_APART = 2.5
"""Pixels by which the smaller of two things would be off on one way with the other, for the two to go their own."""


@dataclass(frozen=True)
class Thing:
    """Attributes: how much of each pixel of the plate shows it, H x W in 0..1; and how it goes."""

    place: Real
    motion: Motion

    @property
    def middle(self) -> complex:
        """Of where the plate has it."""
        y, x = np.nonzero(self.place)
        return complex(x.mean(), y.mean())

    def drawn(self) -> Real:
        """How much of each pixel shows it where it has gone; H x W in 0..1."""
        source = self.motion.back(grid_of(self.place.shape))
        at = source.real.astype(np.float32), source.imag.astype(np.float32)
        return np.asarray(cv2.remap(self.place, *at, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT), np.float32)


def things_of(picture: Real, movable: Real, shift: Points, shown: Real) -> list[Thing]:
    """Those of a frame that are to be seen.

    Args:
        picture: of the plate, H x W x 3 in 0..1.
        movable: H x W in 0..1, where it shows what may move.
        shift: H x W, to where the plate shows a pixel.
        shown: H x W in 0..1, how much of what has moved is to be seen.
    """
    parts = parts_of(picture, movable > _THING)
    grid, says = grid_of(parts.shape), shown > _HERE
    after, before, weights = grid[says], grid[says] + shift[says], shown[says].astype(np.float64)
    row, column = np.rint(before.imag).astype(int), np.rint(before.real).astype(int)
    within = (row >= 0) & (row < parts.shape[0]) & (column >= 0) & (column < parts.shape[1])
    after, before, weights = after[within], before[within], weights[within]
    of_part = parts[row[within], column[within]]
    thing_of = _joined(parts, sums(before, after, weights, of_part, int(parts.max()) + 1))
    found = []
    for number in np.unique(thing_of[thing_of > 0]):
        own = thing_of[of_part] == number
        place = np.where(thing_of[parts] == number, movable, 0).astype(np.float32)
        found.append(Thing(place, robust(before[own], after[own], weights[own])))
    return found


def grid_of(size: tuple[int, ...]) -> Points:
    """Every pixel's own place, H x W."""
    y, x = np.indices(size)
    return np.asarray(x + 1j * y)


def _joined(parts: Parts, found: Sums) -> NDArray[np.int64]:
    """By part, the number of the thing that it belongs to; 0 for one that is not to be seen."""
    areas, weights = np.bincount(parts.ravel(), minlength=len(found)), found[:, 0].real
    seen = weights >= np.maximum(_FEWEST, _ENOUGH * areas)
    seen[0] = False
    thing_of = np.where(seen, np.arange(len(found)), 0)
    of, left = found.copy(), {part: misfit(found[part]) for part in np.flatnonzero(seen).tolist()}
    worse = {(a, b): _worse(of, left, a, b) for a, b in neighbours(parts) if seen[a] and seen[b]}
    while worse:
        a, b = min(worse, key=lambda pair: (worse[pair], pair))
        if worse[a, b] > _APART**2:
            break
        of[a] += of[b]
        left[a] = misfit(of[a])
        thing_of[thing_of == b] = a
        beside = {one for pair in worse if a in pair or b in pair for one in pair} - {a, b}
        worse = {pair: value for pair, value in worse.items() if a not in pair and b not in pair}
        worse |= {(min(a, one), max(a, one)): _worse(of, left, min(a, one), max(a, one)) for one in beside}
    return thing_of


def _worse(of: Sums, left: dict[int, float], a: int, b: int) -> float:
    """By how much one motion for both fits worse than two, squared pixels for each of the smaller one's."""
    return float((misfit(of[a] + of[b]) - left[a] - left[b]) / min(of[a][0].real, of[b][0].real))
