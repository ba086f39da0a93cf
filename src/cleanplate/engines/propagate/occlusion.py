"""Which of two surfaces is nearer, and what it hides from whom.

Where the nearer one is seen, the farther one goes on behind it: other frames show it there, and agree. So what fits a
pixel is not yet what the pixel shows; and a frame in which the nearer surface stands before a point says nothing of it.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.motion.warp import pixel_grid, resample

_AGREES = 3.0
"""An answer counts as true up to so many times what it costs where it is known to be true."""
_ROUNDING = 0.5
"""Squared gray levels by which even views without grain differ."""
_EVIDENCE = 20
"""Pixels that must speak for one surface being nearer than another, and half as many again as speak against it."""
_MAJORITY = 1.5
_STRIP = 12
"""Pixels by which a nearer surface may be too small."""
_SMEARED = 2
"""Pixels over which a lens smears a depth edge; they move with the nearer surface."""
_RIM = 0.1
_NEIGHBOURS = np.ones((3, 3), np.uint8)

Pair = tuple[int, int]
"""Numbers of a nearer and a farther surface."""


def in_front(fits: NDArray[np.bool_], labels: NDArray[np.int64]) -> list[Pair]:
    """(nearer, farther) pairs of surfaces: where the nearer one is seen, the farther one often agrees too."""
    surfaces = range(1, len(fits))
    both = {(a, b): int(((labels == a) & fits[a] & fits[b]).sum()) for a in surfaces for b in surfaces if a != b}
    return [(a, b) for a, b in both if both[a, b] >= _EVIDENCE and both[a, b] > _MAJORITY * both[b, a]]


def give_way(
    labels: NDArray[np.int64], order: Sequence[Pair], fits: NDArray[np.bool_], claims: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Let nearer surfaces take what fits them as well as the surface behind, and the rim that a lens smears.

    What lies behind a depth edge is seen by other frames and agrees there too; in the target the nearer one hides it.
    Neighbourhoods that reach over the edge speak against the nearer one, hence small ones here.
    """
    for front, behind in order:
        for step in range(_STRIP + _SMEARED):
            beside = cv2.dilate((labels == front).astype(np.uint8), _NEIGHBOURS) > 0
            taken = beside & (labels == behind) & (claims < 0)
            labels = np.where(taken & fits[front] if step < _STRIP else taken, front, labels)
    return labels


def blocked(
    labels: NDArray[np.int64], order: Sequence[Pair], motions: Sequence[NDArray[np.float32]]
) -> NDArray[np.bool_]:
    """Where a view that moves the surfaces so has the nearer one before what the target shows of the farther one."""
    height, width = labels.shape
    place = pixel_grid((0, 0, height, width))
    hidden = np.zeros((height, width), np.bool_)
    for front, behind in order:
        # Surfaces move so evenly that the nearer one's motion here serves for where it comes from.
        before = resample(
            (labels == front).astype(np.float32), place + motions[behind] - motions[front], kernel=cv2.INTER_LINEAR
        )
        near = cv2.dilate(before, _NEIGHBOURS)
        hidden |= (labels == behind) & (near > _RIM)
    return hidden


def true_answers(costs: NDArray[np.float32], claims: NDArray[np.int64]) -> NDArray[np.bool_]:
    """n x h x w: where each answer costs little more than where it is known (by `claims`) to be the true one."""
    known = [costs[n][(claims == n) & np.isfinite(costs[n])] for n in range(len(costs))]
    limits = np.array([max(_ROUNDING, _AGREES * float(np.median(cost))) if len(cost) else 0.0 for cost in known])
    return np.asarray(costs < limits[:, None, None])


def confirmed(looks: NDArray[np.float32], says: NDArray[np.float32], side: int, worst: float) -> NDArray[np.float32]:
    """How far the best confirmed view lies from the two that confirm it best (h x w); NaN where there are no three.

    Args:
        looks, says: K x h x w: the views' grays, and 1 where they have a say.
        side: of the neighbourhood over which squares are taken together.
        worst: difference at which larger ones are cut off.
    """
    count = len(looks)
    gaps = np.full((count, count, *looks.shape[1:]), np.inf, np.float32)
    for i in range(count):
        for j in range(i):
            square = np.minimum(np.abs(looks[i] - looks[j]), worst) ** 2 / 2
            gap = locally(square, says[i] * says[j], side)
            gaps[i, j] = gaps[j, i] = np.where(np.isnan(gap), np.inf, gap)
    best = np.sort(gaps, axis=1)[:, :2].mean(axis=1).min(axis=0)
    return np.where(np.isfinite(best), best, np.nan).astype(np.float32)


def locally(values: NDArray[np.float32], valid: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    """Means over neighbourhoods, of what is valid; NaN where little is."""
    mass = cv2.blur(valid, (side, side))
    mean = cv2.blur(valid * values, (side, side)) / np.maximum(mass, 1e-6)
    return np.where(mass > 0.3, mean, np.nan).astype(np.float32)
