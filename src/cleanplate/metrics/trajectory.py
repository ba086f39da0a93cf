"""Counterfactual trajectory error: whether things go where they would have gone.

For every changed thing and frame, a result is searched for what the truth shows of the thing. How far off it is found
is compared with how far off the plate has it: 0 is the truth, 1 is doing nothing. See decision 036.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from cleanplate.metrics.likeness import FOUND, SCALES, TOLD, Look, Mask, Real, apart

Point = tuple[float, float]
"""(y, x) in pixels."""

STAYED = 0.02
"""Of the diagonal: where the plate has a thing nearer than this to where it belongs, nothing is learned from it."""
SMALLEST = 12
"""Pixels of a thing below which it cannot be told from others."""
MARGIN = 0.5
"""Of its size, the root of its area: how far about the place where it is found a thing may reach."""
CLEAR = 0.1
"""Of the thing's mean squared difference to the bare ground: a pixel that differs so much is taken for the thing."""


@dataclass(frozen=True)
class Sight:
    """One thing on one frame.

    Attributes:
        away: pixels between where the plate and the truth have it.
        off: pixels between where the result and the truth have it; `away` where it is lost, as for doing nothing.
        likeness: of what was found to the truth, at most 1; 0 where nothing was.
    """

    away: float
    off: float
    likeness: float

    @property
    def lost(self) -> bool:
        """Nothing there is like it."""
        return self.likeness < FOUND


def error(sights: Sequence[Sight]) -> float:
    """E: the sum of `off` over that of `away`; NaN where there is nothing to tell."""
    away = sum(sight.away for sight in sights)
    return sum(sight.off for sight in sights) / away if away else math.nan


def lost(sights: Sequence[Sight]) -> float:
    """Part of the sights in which the thing is lost; NaN where there are none."""
    return sum(sight.lost for sight in sights) / len(sights) if sights else math.nan


@dataclass(frozen=True)
class Shown:
    """What one frame shows, H x W x 3 in 0..1, and of one thing, H x W.

    Attributes:
        ground: the truth without any changed thing.
        original, altered: where the thing is visible in plate and truth.
    """

    plate: Real
    truth: Real
    ground: Real
    original: Mask
    altered: Mask

    def without(self) -> tuple[Real, Real, Real]:
        """What a frame may look like without this thing: others where they belong, as they were, and gone."""
        gone = [np.where(mask[..., None], self.ground, picture) for mask, picture in self._pairs()]
        return gone[0], gone[1], self.ground

    def _pairs(self) -> tuple[tuple[Mask, Real], tuple[Mask, Real]]:
        return (self.altered, self.truth), (self.original, self.plate)


class Wanted:
    """A thing on a frame, ready to be looked for in any number of results."""

    def __init__(self, shown: Shown) -> None:
        self.away = math.dist(centroid(shown.original), centroid(shown.altered))
        self._others = shown.without()
        looks = (Look.of(shown.truth, shown.altered, self._others, scale) for scale in SCALES)
        self._looks = [look for look in looks if look is not None]
        self._contrast = apart(self._others[2], shown.truth, shown.altered)
        self._home = self._centre(shown.truth, shown.altered)

    def sight(self, result: Real) -> Sight:
        """Where a result, H x W x 3 in 0..1, has it."""
        odd = [np.square(result - other).mean(axis=-1) for other in self._others]
        best, likeness, where = 0.0, 0.0, None
        for look in self._looks:
            gain, like, there = look.best(result, odd)
            if gain > best:
                best, likeness, where = gain, like, there
        if where is None:
            return Sight(self.away, self.away, likeness)
        return Sight(self.away, math.dist(self._centre(result, where), self._home), likeness)

    def _centre(self, picture: Real, where: Mask) -> Point:
        """Of what is there and would not be without the thing, as far as it hangs together with a mask."""
        side = 2 * round(MARGIN * math.sqrt(where.sum())) + 1
        near = cv2.dilate(where.astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
        odd = np.min([np.square(picture - other).mean(axis=-1) for other in self._others], axis=0)
        _, pieces = cv2.connectedComponents(near * (odd > CLEAR * self._contrast).astype(np.uint8))
        seen = np.isin(pieces, np.setdiff1d(pieces[where], [0]))
        return centroid(seen if seen.any() else where)


def wanted(shown: Shown) -> Wanted | None:
    """None where it tells nothing: hardly visible, hardly displaced, or not to be told from what else is there."""
    if min(shown.original.sum(), shown.altered.sum()) < SMALLEST:
        return None
    height, width = shown.altered.shape
    if math.dist(centroid(shown.original), centroid(shown.altered)) < STAYED * math.hypot(height, width):
        return None
    stands_out = min(apart(other, shown.truth, shown.altered) for other in shown.without())
    return Wanted(shown) if stands_out >= TOLD**2 else None


def sights(result: Real, asked: Sequence[tuple[int, Wanted]]) -> Iterator[Sight]:
    """Of things on frames, in T x H x W x 3."""
    for frame, thing in asked:
        yield thing.sight(result[frame])


def centroid(mask: Mask) -> Point:
    """Of a mask that is not empty."""
    ys, xs = np.nonzero(mask)
    return float(ys.mean()), float(xs.mean())
