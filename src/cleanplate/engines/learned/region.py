"""Which part of a window is computed, and which is looked at, told by boxes round what may change. Without torch."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from cleanplate.models.footprint import Grid, Region
from cleanplate.models.sparse.economy import COARSEST, Economy

Box = tuple[float, float]
"""Rows and columns of tokens that may change on one frame."""


def region_of(boxes: Sequence[Box], grid: Grid, economy: Economy) -> Region:
    """What of a window is computed and what is context, by the boxes round what may change on its frames."""
    edited = [_within(box, grid, economy.ring) for box in boxes]
    context = [_context(box, grid, economy) for box in boxes]
    return Region(sum(edited) / len(boxes), sum(context) / len(boxes))


def _within(box: Box, grid: Grid, reach: float) -> float:
    """Part of a frame's tokens in a box that is grown so far on every side."""
    sides = (min(side + 2 * reach, most) / most if side else 0.0 for side, most in zip(box, grid[1:], strict=True))
    return prod(sides)


def _context(box: Box, grid: Grid, economy: Economy) -> float:
    """Part of a frame's tokens that are looked at round a box; see `models.sparse.region.surroundings`."""
    before = _within(box, grid, economy.ring)
    if economy.near is None:
        return 1 - before
    kept, step = 0.0, 1
    while step <= COARSEST:
        after = 1.0 if step == COARSEST else _within(box, grid, economy.ring + economy.near * step)
        kept, before, step = kept + (after - before) / step**2, after, 2 * step
    return kept
