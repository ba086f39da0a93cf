"""The depth of what is hidden, from the frames that show it.

Around the hole, flow tells how far each point lies from the camera's homography in every source. A scene at rest falls
into a few surfaces, on each of which these residuals are nearly affine (layers in the manner of Wang and Adelson, IEEE
TIP 1994, here fitted to all sources at once). Inside the hole no flow exists, but the sources can be compared with each
other there: a pixel belongs to the surface on which they agree (a plane sweep, Collins, CVPR 1996). Completing the flow
smoothly instead, which stays in play as one more answer, would tear wherever the edge of a near thing crosses the hole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.engines.propagate.occlusion import blocked, confirmed, give_way, in_front, locally, true_answers
from cleanplate.motion.membrane import complete
from cleanplate.motion.warp import Homography, covers, pixel_grid, resample, send_grid

_FEWEST_POINTS = 300
_FEWEST_VIEWS = 2
_POINTS = 1500
_TRIALS = 150
_FITS = 0.5
"""Survey pixels from an affine motion, root mean square over views, within which a point lies on a surface."""
_SURFACES = 4
_LEAST_SHARE = 0.03
"""Of the points around the hole that a surface must hold."""
_SIDE = 5
_WORST = 25.0
"""Gray levels: differences beyond this count as this, so that an occluder in one view does not decide."""
_TOGETHER = 60.0
"""Squared gray levels that a pixel pays for differing from all its neighbours."""
_FINE_SIDE = 3
"""Beside depth edges, where larger neighbourhoods would look over them."""
_SMOOTH_EXTRA = 4.0
"""Squared gray levels by which a surface is preferred to the smooth completion."""
_ROUNDS = 12
_CLAIM = 11


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
class Depth:
    """What a view sees of the target: h x w x 2 residuals, and h x w bool where a nearer surface stands before it."""

    residual: NDArray[np.float32]
    blocked: NDArray[np.bool_]


def sweep(target: NDArray[np.uint8], views: Sequence[View], seed: int = 0) -> list[Depth]:
    """The depth of all views, with every hidden pixel on the surface on which the views agree.

    Nothing when there are too few views, or when what surrounds the hole is no set of surfaces.
    """
    if len(views) < _FEWEST_VIEWS:
        return []
    common = np.logical_and.reduce([view.known for view in views])
    if int(common.sum()) < _FEWEST_POINTS:
        return []
    surfaces = _surfaces(common, np.concatenate([view.flow for view in views], axis=2), seed)
    if not surfaces:
        return []
    smooth = np.concatenate([complete(view.flow, view.known) for view in views], axis=2)
    answers = [smooth, *(_motion(surface, target.shape) for surface in surfaces)]
    fine, costs, some = (np.stack(c) for c in zip(*(_disagreement(target, views, a) for a in answers), strict=True))
    costs[0] += _SMOOTH_EXTRA
    claims = _claims(common, smooth, answers)
    labels = _labels(costs, claims)
    order = in_front(true_answers(some, claims), labels)
    labels = give_way(labels, order, true_answers(fine, claims), claims)
    chosen = np.take_along_axis(np.stack(answers), labels[None, ..., None], axis=0)[0]
    return [
        Depth(
            np.where(view.known[..., None], view.flow, chosen[..., 2 * k : 2 * k + 2]).astype(np.float32),
            blocked(labels, order, [answer[..., 2 * k : 2 * k + 2] for answer in answers]),
        )
        for k, view in enumerate(views)
    ]


def _surfaces(known: NDArray[np.bool_], flows: NDArray[np.float32], seed: int) -> list[NDArray[np.float64]]:
    """Affine motions (3 x 2K each) that between them explain the flows (h x w x 2K), largest first; RANSAC."""
    rng = np.random.default_rng(seed)
    ys, xs = np.nonzero(known)
    picked = rng.permutation(len(ys))[:_POINTS]
    places = np.column_stack([xs[picked], ys[picked], np.ones(len(picked))]).astype(np.float64)
    motions = flows[ys[picked], xs[picked]].astype(np.float64)
    least = int(_LEAST_SHARE * len(picked))
    found: list[NDArray[np.float64]] = []
    while len(found) < _SURFACES and len(places) > max(least, 30):
        model = _best_affine(places, motions, rng)
        for _ in range(3):
            near = _distance(places, motions, model) < _FITS
            if near.sum() < max(least, 10):
                return found
            model = np.asarray(np.linalg.lstsq(places[near], motions[near], rcond=None)[0], np.float64)
        found.append(model)
        left = _distance(places, motions, model) >= 2 * _FITS
        places, motions = places[left], motions[left]
    return found


def _best_affine(
    places: NDArray[np.float64], motions: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.float64]:
    """The affine motion of three points that most others follow."""
    best, most = np.zeros((3, motions.shape[1])), -1
    for _ in range(_TRIALS):
        # Three points near each other are likely to lie on one surface.
        first = places[rng.integers(len(places))]
        near = np.argsort(np.abs(places - first).sum(axis=1))[: max(40, len(places) // 8)]
        three = rng.choice(near, 3, replace=False)
        if abs(np.linalg.det(places[three])) < 50:
            continue
        model = np.linalg.solve(places[three], motions[three])
        support = int((_distance(places, motions, model) < _FITS).sum())
        if support > most:
            best, most = model, support
    return best


def _distance(
    places: NDArray[np.float64], motions: NDArray[np.float64], model: NDArray[np.float64]
) -> NDArray[np.float64]:
    return np.asarray(np.sqrt(2 * np.mean((places @ model - motions) ** 2, axis=1)))


def _motion(model: NDArray[np.float64], size: tuple[int, ...]) -> NDArray[np.float32]:
    """An affine motion at every pixel: h x w x 2K."""
    place = pixel_grid((0, 0, size[0], size[1]))
    return np.asarray(place @ model[:2] + model[2], np.float32)


def _disagreement(
    target: NDArray[np.uint8], views: Sequence[View], answer: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Variance of the views' grays (h x w), were `answer` true, over small and larger neighbourhoods.

    NaN where fewer than two views have a say.
    """
    height, width = target.shape
    place = pixel_grid((0, 0, height, width))
    looks, says = [], []
    for k, view in enumerate(views):
        gain, offset = _tone(target, view, place)
        there = send_grid(view.matrix, place + answer[..., 2 * k : 2 * k + 2])
        free = resample(view.free.astype(np.uint8), there, kernel=cv2.INTER_NEAREST)
        says.append((free * covers(there, *view.gray.shape)).astype(np.float32))
        looks.append(gain * resample(view.gray, there, kernel=cv2.INTER_LINEAR).astype(np.float32) + offset)
    say, look = np.stack(says), np.stack(looks)
    count = say.sum(axis=0)
    mean = (look * say).sum(axis=0) / np.maximum(count, 1)
    square = (np.minimum(np.abs(look - mean), _WORST) ** 2 * say).sum(axis=0) / np.maximum(count - 1, 1)
    both = (count >= _FEWEST_VIEWS).astype(np.float32)
    return locally(square, both, _FINE_SIDE), locally(square, both, _SIDE), confirmed(look, say, _SIDE, _WORST)


def _claims(
    known: NDArray[np.bool_], smooth: NDArray[np.float32], answers: Sequence[NDArray[np.float32]]
) -> NDArray[np.int64]:
    """Which surface each pixel with measured flow lies on; -1 where that is open."""
    gaps = np.stack([np.sqrt(2 * np.mean((answer - smooth) ** 2, axis=2)) for answer in answers[1:]])
    best = np.argmin(gaps, axis=0)
    return np.where(known, np.where(gaps.min(axis=0) < 2 * _FITS, best + 1, 0), -1)


def _labels(costs: NDArray[np.float32], claims: NDArray[np.int64]) -> NDArray[np.int64]:
    """Cheapest answers that also go with their neighbours' (iterated, neighbourhoods by box filter)."""
    open_cost = np.nanmax(costs, axis=0, keepdims=True, initial=0)
    data = np.where(np.isnan(costs), np.where(np.isfinite(open_cost), open_cost, 0), costs)
    labels = np.where(claims >= 0, claims, np.argmin(data, axis=0))
    for _ in range(_ROUNDS):
        near = np.stack([cv2.blur((labels == n).astype(np.float32), (_CLAIM, _CLAIM)) for n in range(len(costs))])
        labels = np.where(claims >= 0, claims, np.argmin(data + _TOGETHER * (1 - near), axis=0))
    return np.asarray(labels, np.int64)


def _tone(target: NDArray[np.uint8], view: View, place: NDArray[np.float32]) -> tuple[float, float]:
    """Gain and offset that bring the view's grays to the target's, from where the flow is known."""
    there = resample(view.gray, send_grid(view.matrix, place + view.flow), kernel=cv2.INTER_LINEAR)[view.known]
    here = target[view.known].astype(np.float64)
    gain = float(np.median(here) / max(float(np.median(there)), 1.0))
    return gain, float(np.median(here - gain * there))
