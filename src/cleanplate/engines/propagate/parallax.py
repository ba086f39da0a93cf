"""The depth of what is hidden, from the frames that show it.

Around the hole, flow tells how far each point lies from the camera's homography in every source. For a scene at rest these
residuals all follow from one number a pixel, its parallax: residual_k = mean_k + parallax * direction_k (a factorisation in
the manner of Tomasi and Kanade, IJCV 1992, after the plane is taken out as by Irani and Anandan, ECCV 1996). Inside the
hole no flow exists, but the sources can be compared with each other there: the parallax is the one at which they agree (a
plane sweep, Collins, CVPR 1996). Completing the flow smoothly instead would tear wherever a depth edge crosses the hole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.motion.membrane import complete
from cleanplate.motion.warp import Homography, covers, pixel_grid, resample, send_grid

_FEWEST_POINTS = 300
_FEWEST_VIEWS = 2
_LEAST_EXPLAINED = 0.7
"""Share of the residuals' energy that one number a pixel must explain, or the scene is not at rest."""
_STEP = 0.4
_MOST_STEPS = 24
_WINDOW = 7
_WORST = 20.0
"""Gray levels: differences beyond this count as this, so that an occluder in one view does not decide."""
_PRIOR = 0.5
"""Squared gray levels for each pixel of distance from the smooth completion: decides where there is no texture."""


@dataclass(frozen=True)
class View:
    """What one source knows of the target's motion, all on the survey grid (h x w of the target).

    Attributes:
        gray, free: the source's picture, and where it may be believed.
        matrix: target to source.
        flow: residual of the matrix, to be added before it.
        known: where the flow was really measured.
    """

    gray: NDArray[np.uint8]
    free: NDArray[np.bool_]
    matrix: Homography
    flow: NDArray[np.float32]
    known: NDArray[np.bool_]


@dataclass(frozen=True)
class _Factors:
    """residual_k = mean[k] + parallax * direction[k]; both K x 2."""

    mean: NDArray[np.float32]
    direction: NDArray[np.float32]

    def residual(self, k: int, parallax: NDArray[np.float32]) -> NDArray[np.float32]:
        """Of view k, for an array of parallaxes of any shape."""
        return np.asarray(self.mean[k] + parallax[..., None] * self.direction[k], np.float32)


def sweep(target: NDArray[np.uint8], views: Sequence[View]) -> list[NDArray[np.float32]] | None:
    """Residual fields of all views with the hidden part filled by the parallax at which the views agree.

    None when there are too few views or the scene's motion is not that of a scene at rest.
    """
    if len(views) < _FEWEST_VIEWS:
        return None
    factors = _factorise(views)
    if factors is None:
        return None
    measured, known = _measured(views, factors)
    smooth = complete(measured, known)
    low, high = np.quantile(measured[known], (0.01, 0.99))
    reach = float(high - low) * float(np.linalg.norm(factors.direction, axis=1).max())
    levels = np.linspace(low, high, int(np.clip(np.ceil(reach / _STEP) + 1, 3, _MOST_STEPS)), dtype=np.float32)
    found, certain = _agreed(target, views, factors, levels, smooth, reach)
    parallax = complete(np.where(known, measured, found).astype(np.float32), known | certain)
    return [_completed(view, factors.residual(k, parallax)) for k, view in enumerate(views)]


def _factorise(views: Sequence[View]) -> _Factors | None:
    common = np.logical_and.reduce([view.known for view in views])
    if int(common.sum()) < _FEWEST_POINTS:
        return None
    table = np.concatenate([view.flow[common] for view in views], axis=1).astype(np.float64)
    mean, direction, explained = table.mean(axis=0), np.zeros(table.shape[1]), 0.0
    for _ in range(3):
        mean = table.mean(axis=0)
        centred = table - mean
        energy, vectors = np.linalg.eigh(centred.T @ centred)
        direction, explained = vectors[:, -1], float(energy[-1] / max(energy.sum(), 1e-9))
        rest = np.linalg.norm(centred - np.outer(centred @ direction, direction), axis=1)
        table = table[rest <= 3 * np.median(rest) + 1e-6]
    if explained < _LEAST_EXPLAINED:
        return None
    count = len(views)
    return _Factors(mean.reshape(count, 2).astype(np.float32), direction.reshape(count, 2).astype(np.float32))


def _measured(views: Sequence[View], factors: _Factors) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Parallax by least squares where flow was measured in views that move enough together to tell it."""
    above = np.zeros(views[0].known.shape, np.float32)
    below = np.zeros_like(above)
    for k, view in enumerate(views):
        above += view.known * ((view.flow - factors.mean[k]) @ factors.direction[k])
        below += view.known * float(factors.direction[k] @ factors.direction[k])
    known = below > 0.2
    return np.where(known, above / np.maximum(below, 1e-6), 0).astype(np.float32), known


def _agreed(
    target: NDArray[np.uint8],
    views: Sequence[View],
    factors: _Factors,
    levels: NDArray[np.float32],
    smooth: NDArray[np.float32],
    reach: float,
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """For every pixel the level at which the views differ least, and where at least two views had a say."""
    height, width = target.shape
    place = pixel_grid((0, 0, height, width))
    tones = [_tone(target, view, place) for view in views]
    span = max(float(levels[-1] - levels[0]), 1e-6)
    costs = np.full((len(levels), height, width), np.inf, np.float32)
    for n, level in enumerate(levels):
        total, squares, count = (np.zeros((height, width), np.float32) for _ in range(3))
        looks = []
        for k, view in enumerate(views):
            there = send_grid(view.matrix, place + factors.residual(k, np.asarray(level)))
            seen = resample(view.free.astype(np.uint8), there, kernel=cv2.INTER_NEAREST) * covers(
                there, *view.gray.shape
            )
            gain, offset = tones[k]
            look = gain * resample(view.gray, there, kernel=cv2.INTER_LINEAR).astype(np.float32) + offset
            looks.append((look, seen))
            total += look * seen
            count += seen
        mean = total / np.maximum(count, 1)
        for look, seen in looks:
            squares += np.minimum(np.abs(look - mean), _WORST) ** 2 * seen
        both = (count >= _FEWEST_VIEWS).astype(np.float32)
        mass = cv2.boxFilter(both, -1, (_WINDOW, _WINDOW))
        cost = cv2.boxFilter(both * squares / np.maximum(count, 1), -1, (_WINDOW, _WINDOW)) / np.maximum(mass, 1e-6)
        cost += _PRIOR * np.abs(level - smooth) / span * reach
        costs[n] = np.where(mass > 0.3, cost, np.inf)
    found = _between(levels, costs)
    certain = np.isfinite(costs).any(axis=0)
    return np.asarray(cv2.medianBlur(np.where(certain, found, smooth).astype(np.float32), 5), np.float32), certain


def _between(levels: NDArray[np.float32], costs: NDArray[np.float32]) -> NDArray[np.float32]:
    """The cheapest level of each pixel, refined by the parabola through it and its two neighbours."""
    best = np.argmin(costs, axis=0)
    inner = np.clip(best, 1, len(levels) - 2)[None]
    low, middle, high = (np.take_along_axis(costs, inner + step, axis=0)[0] for step in (-1, 0, 1))
    with np.errstate(invalid="ignore"):
        bend = low - 2 * middle + high
        shift = np.clip(0.5 * (low - high) / np.maximum(bend, 1e-6), -0.5, 0.5)
    refined = levels[best] + np.where((best == inner[0]) & np.isfinite(shift), shift, 0) * (levels[1] - levels[0])
    return refined.astype(np.float32)


def _tone(target: NDArray[np.uint8], view: View, place: NDArray[np.float32]) -> tuple[float, float]:
    """Gain and offset that bring the view's grays to the target's, from where the flow is known."""
    there = resample(view.gray, send_grid(view.matrix, place + view.flow), kernel=cv2.INTER_LINEAR)[view.known]
    here = target[view.known].astype(np.float64)
    gain = float(np.median(here) / max(float(np.median(there)), 1.0))
    return gain, float(np.median(here - gain * there))


def _completed(view: View, model: NDArray[np.float32]) -> NDArray[np.float32]:
    """The model, plus what the measured flow says beyond it, carried on smoothly."""
    rest = complete((view.flow - model).astype(np.float32), view.known)
    return np.asarray(cv2.GaussianBlur(model + rest, (0, 0), 0.7), np.float32)
