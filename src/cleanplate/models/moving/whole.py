"""Things are kept whole: of what the model says of every pixel, each thing goes the one rigid way that fits best.

The model says of each pixel where it comes from, and neighbours do not agree to the pixel. What may move is taken apart
by colour, and parts that touch are put together again as long as one rigid motion says of them what several did. Each
thing is then drawn as the plate has it, moved; one of which the model shows too little is not drawn.
"""

from __future__ import annotations

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cleanplate.models.moving.compose import smoothed
from cleanplate.models.moving.parts import Parts, neighbours, parts_of
from cleanplate.models.moving.rigid import Motion, Points, Sums, Weights, misfit, robust, sums
from cleanplate.models.moving.scene import answer, parted, residual_of, shift_of, told_plates, told_things

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


def whole(scene: Tensor, said_T6HW: Tensor, inside_THW: Tensor) -> Tensor:
    """The answer, T x 6 x H x W, in which every thing is moved as a whole.

    Args:
        scene: 1 x 9 x T x H x W, what was told.
        said_T6HW: what the model says, as it says it.
        inside_THW: bool, the pixels for which it says anything.
    """
    shift, here, _ = parted(said_T6HW)
    shifts = shift_of(smoothed(shift)).permute(0, 2, 3, 1).double().cpu().numpy()
    shown = (((here[:, 0] + 1) / 2).clamp(0, 1) * inside_THW).float().cpu().numpy()
    pictures = told_plates(scene)[0].clamp(0, 1).permute(0, 2, 3, 1).float().cpu().numpy()
    things = told_things(scene)[:, 0].float().cpu().numpy()
    drawn = [_frame(*one) for one in zip(pictures, things, shifts[..., 0] + 1j * shifts[..., 1], shown, strict=True)]
    moved = torch.from_numpy(np.stack([shift for shift, _ in drawn])).permute(0, 3, 1, 2).to(said_T6HW)
    seen = torch.from_numpy(np.stack([seen for _, seen in drawn])).to(said_T6HW)
    return answer(moved, seen * inside_THW, residual_of(said_T6HW))


def _frame(picture: Real, things: Real, shift: Points, shown: Real) -> tuple[Real, Real]:
    """The shift, H x W x 2, and what is seen, H x W, of a frame.

    Args:
        picture: H x W x 3 in 0..1.
        things: H x W in 0..1, where it shows what may move.
        shift: H x W.
        shown: H x W in 0..1, by the model.
    """
    y, x = np.indices(shown.shape)
    grid = np.asarray(x + 1j * y)
    moved, seen = shift.copy(), np.zeros(shown.shape, np.float32)
    parts = parts_of(picture, things > _THING)
    for thing, motion in _motions(parts, grid, shift, shown):
        source = motion.back(grid)
        at_x, at_y = source.real.astype(np.float32), source.imag.astype(np.float32)
        here = cv2.remap(things * thing, at_x, at_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
        over = here > seen
        moved[over], seen = (source - grid)[over], np.maximum(seen, here)
    return np.stack([moved.real, moved.imag], axis=-1).astype(np.float32), seen


def _motions(parts: Parts, grid: Points, shift: Points, shown: Real) -> list[tuple[NDArray[np.bool_], Motion]]:
    """Where each thing is in the plate, H x W, and how it goes."""
    after = grid[shown > _HERE]
    before = after + shift[shown > _HERE]
    weights = shown[shown > _HERE].astype(np.float64)
    row, column = np.rint(before.imag).astype(int), np.rint(before.real).astype(int)
    within = (row >= 0) & (row < parts.shape[0]) & (column >= 0) & (column < parts.shape[1])
    after, before, weights = after[within], before[within], weights[within]
    of_part = parts[row[within], column[within]]
    thing_of = _things(parts, sums(before, after, weights, of_part, int(parts.max()) + 1))
    of_thing, places = thing_of[of_part], thing_of[parts]
    return [
        (places == thing, _way(before, after, weights, of_thing == thing)) for thing in np.unique(thing_of) if thing > 0
    ]


def _way(before: Points, after: Points, weights: Weights, which: NDArray[np.bool_]) -> Motion:
    return robust(before[which], after[which], weights[which])


def _things(parts: Parts, found: Sums) -> NDArray[np.int64]:
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
