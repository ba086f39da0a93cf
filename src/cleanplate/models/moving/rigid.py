"""Rigid motions of the plane, fitted to points that are known before and after.

Points are complex numbers, x + iy, in pixels. A motion is fitted by least squares in closed form (Umeyama, PAMI 1991,
without scale), from sums over its points alone; so what several sets of points have in common is found by adding sums.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.complex128]
Weights = NDArray[np.float64]
Sums = NDArray[np.complex128]
"""... x 5: of weights, places before, places after, squares of both, and of after times the conjugates of before."""

_ROUNDS = 4
_OFF = 2.0
"""Pixels off by which a point counts half."""
_LEAST = 1e-9


@dataclass(frozen=True)
class Motion:
    """Turns about `before` by `turn` (of absolute value 1), and brings it to `after`."""

    turn: complex
    before: complex
    after: complex

    def forth(self, points: Points) -> Points:
        """Where points come to."""
        return self.turn * (points - self.before) + self.after

    def back(self, points: Points) -> Points:
        """Where points come from."""
        return np.asarray(np.conj(self.turn) * (points - self.after) + self.before)


def sums(before: Points, after: Points, weights: Weights, sets: NDArray[np.int64], count: int) -> Sums:
    """count x 5, of each set of points.

    Args:
        before, after, weights, sets: of each point; `sets` is 0..count-1.
    """
    squares = np.square(np.abs(before)) + np.square(np.abs(after))
    terms = (np.ones_like(before), before, after, squares.astype(complex), np.conj(before) * after)
    found = [
        np.bincount(sets, weights * term.real, count) + 1j * np.bincount(sets, weights * term.imag, count)
        for term in terms
    ]
    return np.stack(found, axis=-1)


def misfit(of: Sums) -> float:
    """The weighted sum of squared distances that the best motion leaves; of sums of one set, 5."""
    weight, before, after, squares, _ = of
    total = max(weight.real, _LEAST)
    spread = squares.real - (abs(before) ** 2 + abs(after) ** 2) / total
    return max(0.0, float(spread - 2 * abs(_common(of))))


def motion(of: Sums) -> Motion:
    """The best motion of one set of points that do not all weigh nothing."""
    weight, before, after, *_ = of
    common = _common(of)
    turn = common / abs(common) if abs(common) > _LEAST else 1.0
    return Motion(complex(turn), complex(before / weight.real), complex(after / weight.real))


def robust(before: Points, after: Points, weights: Weights) -> Motion:
    """The best motion of most of the points: those that are far off count less and less (Cauchy's weights)."""
    one_set, trust = np.zeros(len(before), np.int64), weights
    for _ in range(_ROUNDS):
        found = motion(sums(before, after, trust, one_set, 1)[0])
        trust = weights / (1 + np.square(np.abs(found.forth(before) - after) / _OFF))
    return found


def _common(of: Sums) -> complex:
    """The products about the means: what it is turned by, and how much of it hangs together."""
    weight, before, after, _, products = of
    return complex(products - np.conj(before) * after / max(weight.real, _LEAST))
