"""How the points of a thing's surface move around a frame, and what of that no rigid thing's motion explains.

A point counts as much as the picture tells of where it goes: by the gradients there, along an edge only across it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.engines.void.morph.follow import Sighting, Step
from cleanplate.engines.void.morph.window import Affine, Window
from cleanplate.motion.flow import FlowField

Points = NDArray[np.float64]
"""N x 2: (x, y)."""
_APART = 2
"""Pixels of the window between points."""
_LEAST = 40
_TENSOR = 1.5
"""Pixels of the window over which gradients are gathered."""
_GRAIN = 6.0
"""Squared codes of 255 a pixel: gradients that are mostly noise, which tell little."""
_KEPT = 0.9
"""Share of the points that a motion has to explain: some follow what lies behind, or a highlight."""
_FLAT = 0.05
"""How strongly smooth bending is held small, beside what the points tell of it."""


@dataclass(frozen=True)
class Surface:
    """Points of a thing and where they are on the frames around.

    Attributes:
        paths: frames x N x 2, pixels of the picture; the middle one is the frame that is measured.
        tensors: N x 2 x 2: how well the picture tells where each point is, their mean trace is 1.
    """

    paths: NDArray[np.float64]
    tensors: NDArray[np.float64]

    def __len__(self) -> int:
        return int(self.paths.shape[1])


@dataclass(frozen=True)
class Tracks:
    """All points of a thing's surface on a frame.

    Attributes:
        paths: as in `Surface`; of frames to which a point is not followed they say nothing.
        reach: N: over how many frames to either side each is followed.
        tensors: as in `Surface`, of any scale.
    """

    paths: NDArray[np.float64]
    reach: NDArray[np.int64]
    tensors: NDArray[np.float64]

    def within(self, reach: int) -> Surface | None:
        """What is followed over so many frames to either side; None where that is too little."""
        known = self.reach >= reach
        if np.count_nonzero(known) < _LEAST:
            return None
        middle = len(self.paths) // 2
        tensors = self.tensors[known]
        mean = max(float(np.trace(tensors, axis1=1, axis2=2).mean()), 1e-9)
        return Surface(self.paths[middle - reach : middle + reach + 1, known], tensors / mean)


def tracks(steps: Sequence[Step]) -> Tracks:
    """Of the frame between two halves of steps in a row."""
    half = len(steps) // 2
    here = steps[half].before
    start = _points(here)
    reach = np.full(len(start), half)
    ahead, behind = [start], [start]
    for number, (step, back) in enumerate(zip(steps[half:], reversed(steps[:half]), strict=True)):
        known = _onward((step.before.window, step.after.window), step.flow, step.trusted, ahead)
        known &= _onward((back.after.window, back.before.window), back.back, back.held, behind)
        reach = np.where(known, reach, np.minimum(reach, number))
    tensors = _tensors(here)[tuple(_at(here.window, start).astype(int).T[::-1])]
    return Tracks(np.stack([*behind[:0:-1], *ahead]), reach, tensors)


def unbent(moves: Points, places: Points, tensors: NDArray[np.float64]) -> tuple[Affine, Points]:
    """The affine motion that most of the `moves` of points at `places` agree on, and what it leaves of them."""
    basis = np.column_stack([places - places.mean(axis=0), np.ones(len(places))])
    trust = np.ones(len(places))
    for _ in range(3):
        matrix = _agreed(moves, basis, tensors * trust[:, None, None], 1e-6)
        miss = np.sqrt(_squares(moves - basis @ matrix, tensors))
        trust = 1 / (1 + (miss / max(2.0 * float(np.median(miss)), 1e-9)) ** 2)
    return matrix.T, np.asarray(moves - basis @ matrix)


def waved(rest: Points, places: Points, tensors: NDArray[np.float64]) -> float:
    """Root mean square of what is smooth (of the second and third order of place) of moves that nothing affine is in.

    The follower's noise differs from point to point and averages out of it; what a decoder bends is smooth.
    """
    away = places - places.mean(axis=0)
    x, y = away.T / max(float(np.sqrt((away**2).sum(axis=1).mean())), 1e-9)
    affine = np.column_stack([np.ones_like(x), x, y])
    higher = np.column_stack([x * x, x * y, y * y, x**3, x * x * y, x * y * y, y**3])
    higher = higher - affine @ np.linalg.lstsq(affine, higher, rcond=None)[0]
    basis = np.linalg.qr(higher)[0] * np.sqrt(len(higher))
    squares = _squares(rest, tensors)
    most = squares <= np.quantile(squares, _KEPT)
    smooth = basis[most] @ _agreed(rest[most], basis[most], tensors[most], _FLAT * np.count_nonzero(most))
    return float(np.sqrt((smooth**2).sum(axis=1).mean()))


def _agreed(
    moves: Points, basis: NDArray[np.float64], tensors: NDArray[np.float64], held: float
) -> NDArray[np.float64]:
    """Columns of `basis` x 2: what of the moves it explains, by weighted least squares with weights held small."""
    count = basis.shape[1]
    xx, xy, yy = ((basis * tensors[:, a, b, None]).T @ basis for a, b in ((0, 0), (0, 1), (1, 1)))
    normal = np.block([[xx, xy], [xy, yy]]) + held * np.eye(2 * count)
    right = basis.T @ np.einsum("nab,nb->na", tensors, moves)
    return np.linalg.solve(normal, right.T.ravel()).reshape(2, count).T


def _squares(rest: Points, tensors: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.maximum(np.einsum("na,nab,nb->n", rest, tensors, rest), 0))


def _points(seen: Sighting) -> Points:
    """Of the thing's surface, in the picture's pixels."""
    rows, columns = np.nonzero(seen.solid)
    lattice = (rows % _APART == 0) & (columns % _APART == 0)
    matrix = seen.window.matrix
    return np.asarray((np.stack([columns, rows], axis=1)[lattice] - matrix[:, 2]) / seen.window.scale)


def _at(window: Window, points: Points) -> Points:
    """Pixels of the picture in those of a window, rounded to a hundredth as they came from there."""
    return np.round(points * window.scale + window.matrix[:, 2], 2)


def _onward(
    windows: tuple[Window, Window], flow: FlowField, trusted: NDArray[np.bool_], paths: list[Points]
) -> NDArray[np.bool_]:
    """Add where the last points are a frame on; which of them are followed. The flow goes from window to window."""
    here, there = windows
    at = (paths[-1] * here.scale + here.matrix[:, 2]).astype(np.float32)
    moved = cv2.remap(flow, at[None], None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[0]
    known = cv2.remap(trusted.astype(np.float32), at[None], None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)[0]
    paths.append((at.astype(np.float64) + moved - there.matrix[:, 2]) / there.scale)
    return np.asarray(known.ravel() > 0.5)


def _tensors(seen: Sighting) -> NDArray[np.float64]:
    """SIDE x SIDE x 2 x 2, of the brightness; where there is only grain, next to nothing."""
    grey = cv2.GaussianBlur(cv2.cvtColor(seen.picture, cv2.COLOR_RGB2GRAY).astype(np.float32), (0, 0), 1.0)
    x, y = (cv2.Sobel(grey, cv2.CV_32F, *axis) / 8 for axis in ((1, 0), (0, 1)))
    parts = [cv2.GaussianBlur(one, (0, 0), _TENSOR) for one in (x * x, x * y, y * y)]
    told = (parts[0] + parts[2]) / (parts[0] + parts[2] + _GRAIN)
    whole = np.stack([parts[0], parts[1], parts[1], parts[2]], axis=2) * told[..., None]
    return np.asarray(whole.reshape(*grey.shape, 2, 2), np.float64)
