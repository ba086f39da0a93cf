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
_RIGID = 3
"""Dimensions in which the paths of a rigid thing's points lie once their middle is taken off (Tomasi and Kanade,
1992), seen from afar: a rotation and the depth of each point make no more of them, however jerky it moves."""


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


def surface(steps: Sequence[Step]) -> Surface | None:
    """Of the frame between two halves of steps in a row; None where too few points can be followed through them all."""
    half = len(steps) // 2
    here = steps[half].before
    start = _points(here)
    known = np.ones(len(start), np.bool_)
    ahead, behind = [start], [start]
    for step in steps[half:]:
        known &= _onward((step.before.window, step.after.window), step.flow, step.trusted, ahead)
    for step in reversed(steps[:half]):
        known &= _onward((step.after.window, step.before.window), step.back, step.held, behind)
    if np.count_nonzero(known) < _LEAST:
        return None
    tensors = _tensors(here)[tuple(_at(here.window, start[known]).astype(int).T[::-1])]
    paths = np.stack([*behind[:0:-1], *ahead])[:, known]
    return Surface(paths, tensors / max(float(np.trace(tensors, axis1=1, axis2=2).mean()), 1e-9))


def unbent(moves: Points, places: Points, tensors: NDArray[np.float64]) -> tuple[Affine, Points]:
    """The affine motion that most of the `moves` of points at `places` agree on, and what it leaves of them."""
    basis = np.column_stack([places - places.mean(axis=0), np.ones(len(places))])
    trust = np.ones(len(places))
    matrix = np.zeros((3, 2))
    for _ in range(3):
        weighted = tensors * trust[:, None, None]
        normal = np.einsum("ni,nab,nj->iajb", basis, weighted, basis).reshape(6, 6)
        right = np.einsum("ni,nab,nb->ia", basis, weighted, moves).reshape(6)
        matrix = np.linalg.lstsq(normal + 1e-6 * np.eye(6), right, rcond=None)[0].reshape(3, 2)
        miss = np.sqrt(_squares(moves - basis @ matrix, tensors))
        trust = 1 / (1 + (miss / max(2.0 * float(np.median(miss)), 1e-9)) ** 2)
    return matrix.T, np.asarray(moves - basis @ matrix)


def spread(rest: Points, tensors: NDArray[np.float64]) -> float:
    """Root mean square of what is left of moves, over the `_KEPT` share of points that it is least at."""
    squares = _squares(rest, tensors)
    most = squares <= np.quantile(squares, _KEPT)
    told = np.trace(tensors[most], axis1=1, axis2=2).sum()
    return float(np.sqrt(2 * squares[most].sum() / max(float(told), 1e-9)))


def unrigid(seen: Surface) -> float:
    """How far the points' paths (pixels, root mean square) are from those of any rigid thing seen from afar."""
    weight = np.sqrt(np.trace(seen.tensors, axis1=1, axis2=2) + 1e-3)
    rows = seen.paths.transpose(0, 2, 1).reshape(-1, len(seen))
    keep = np.ones(len(seen), np.bool_)
    squares = np.zeros(len(seen))
    for _ in range(3):
        middle = np.average(rows[:, keep], axis=1, weights=weight[keep] ** 2)[:, None]
        axes = np.linalg.svd((rows - middle)[:, keep] * weight[keep], full_matrices=False)[0][:, :_RIGID]
        rest = (rows - middle) - axes @ (axes.T @ (rows - middle))
        squares = (rest**2).sum(axis=0)
        keep = squares <= np.quantile(squares, _KEPT)
    mean = np.average(squares[keep], weights=weight[keep] ** 2)
    return float(np.sqrt(mean / len(seen.paths)))


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
