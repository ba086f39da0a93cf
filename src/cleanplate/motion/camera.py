"""The camera's motion between two pictures as a homography, robust to what moves by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.motion.flow import Gray
from cleanplate.motion.tracks import follow
from cleanplate.motion.warp import IDENTITY, Homography, send, warp_homography

_FEATURES = 900
_CELLS = 12
"""Features are spread over this many cells along each side, so that one textured corner does not decide alone."""
_ENOUGH_FOR_HOMOGRAPHY = 24
_ENOUGH_FOR_AFFINE = 8
_INLIER_PIXELS = 1.0
_TIGHT = 0.3
"""Pixels: how near a point must come for a model to have explained it."""
_NEARLY = 0.85
"""Share of the best model's points with which a simpler one is preferred."""


@dataclass(frozen=True)
class CameraMotion:
    """What the camera did from one picture to another.

    Attributes:
        matrix: sends points of the first picture to the second.
        support: share of the followed points that agree, 0..1; 0 when there was nothing to follow.
        error: median distance of those points from the model, in pixels.
    """

    matrix: Homography
    support: float
    error: float

    @property
    def inverse(self) -> Homography:
        return np.asarray(np.linalg.inv(self.matrix))


def features(gray: Gray, mask: NDArray[np.bool_] | None = None, count: int = _FEATURES) -> NDArray[np.float32]:
    """Corners worth following (N x 2 float32), the best of each cell of a grid; `mask` is True where to look."""
    height, width = gray.shape
    distance = max(3.0, (height * width / count) ** 0.5 / 3)
    allowed = None if mask is None else mask.astype(np.uint8)
    corners = cv2.goodFeaturesToTrack(gray, 4 * count, 0.002, distance, mask=allowed, blockSize=5)
    if corners is None:
        return np.zeros((0, 2), np.float32)
    points = np.asarray(corners, np.float32).reshape(-1, 2)
    cell = (points[:, 1] * _CELLS // height).astype(int) * _CELLS + (points[:, 0] * _CELLS // width).astype(int)
    # goodFeaturesToTrack lists the strongest first, so a point's place among its cell's points is its rank there.
    order = np.argsort(cell, kind="stable")
    starts = np.searchsorted(cell[order], cell[order])
    rank = np.empty(len(points), int)
    rank[order] = np.arange(len(points)) - starts
    return points[np.argsort(rank, kind="stable")[:count]]


def fit_motion(a: NDArray[Any], b: NDArray[Any], *, reach: float = _INLIER_PIXELS) -> CameraMotion:
    """The motion that most point pairs (N x 2 each) agree on.

    Still camera, similarity and homography compete; the simplest wins that explains nearly as many points as the best.
    So a still camera stays still when half the points ride on something that moves, and few points bend no homography.
    """
    if len(a) < _ENOUGH_FOR_AFFINE:
        shift = IDENTITY.copy()
        if len(a):
            shift[:2, 2] = np.median(b - a, axis=0)
        return CameraMotion(shift, 0.0, float("inf") if len(a) == 0 else float(np.median(np.abs(b - a - shift[:2, 2]))))
    models = [IDENTITY]
    part, _ = cv2.estimateAffinePartial2D(a, b, method=cv2.RANSAC, ransacReprojThreshold=reach)
    if part is not None:
        models.append(np.vstack([part, [0.0, 0.0, 1.0]]))
    if len(a) >= _ENOUGH_FOR_HOMOGRAPHY:
        found, _ = cv2.findHomography(a, b, cv2.USAC_MAGSAC, reach, maxIters=2000, confidence=0.9999)
        if found is not None:
            models.append(_polished(np.asarray(found, np.float64), a, b, reach))
    explained = [int((_distances(model, a, b) <= _TIGHT).sum()) for model in models]
    matrix = next(m for m, count in zip(models, explained, strict=True) if count >= _NEARLY * max(explained))
    distance = _distances(matrix, a, b)
    agree = distance <= reach
    return CameraMotion(matrix, float(agree.mean()), float(np.median(distance[agree])) if agree.any() else float("inf"))


def _distances(matrix: Homography, a: NDArray[Any], b: NDArray[Any]) -> NDArray[np.float64]:
    return np.asarray(np.linalg.norm(send(matrix, a) - b, axis=1))


def _polished(matrix: Homography, a: NDArray[Any], b: NDArray[Any], reach: float) -> Homography:
    """Least squares over the inliers, tightened to three times their own spread: sub-pixel noise averages out."""
    for _ in range(3):
        distance = _distances(matrix, a, b)
        near = distance[distance <= reach]
        if len(near) < _ENOUGH_FOR_HOMOGRAPHY:
            return matrix
        keep = distance <= min(reach, max(0.1, 3 * float(np.median(near))))
        found, _ = cv2.findHomography(a[keep], b[keep], 0)
        if found is None:
            return matrix
        matrix = np.asarray(found, np.float64)
    return matrix


def estimate_homography(
    a: Gray,
    b: Gray,
    *,
    usable_a: NDArray[np.bool_] | None = None,
    usable_b: NDArray[np.bool_] | None = None,
    guess: Homography | None = None,
) -> CameraMotion:
    """The camera's motion from picture `a` to picture `b`.

    Corners of `a` are followed into `b` and back (Lucas-Kanade); the homography that most agree on (MAGSAC) is polished
    by least squares. With a guess, `b` is first brought onto `a`, so that only the rest has to be found: far apart
    frames work when a chain of near ones supplies the guess.

    Args:
        usable_a, usable_b: H x W bool, False on what is removed or known to move by itself.
        guess: sends points of `a` to `b`.
    """
    start = IDENTITY if guess is None else guess
    moved = b if guess is None else warp_homography(b, start, a.shape, kernel=cv2.INTER_CUBIC)
    looking = usable_a
    if usable_b is not None:
        seen = warp_homography(usable_b.astype(np.uint8), start, a.shape, kernel=cv2.INTER_NEAREST).astype(bool)
        looking = seen if looking is None else looking & seen
    points = features(a, looking)
    found, good = follow(a, moved, points)
    rest = fit_motion(points[good], found[good])
    matrix = start @ rest.matrix
    return CameraMotion(matrix / matrix[2, 2], rest.support, rest.error)


def chain(steps: Sequence[Homography]) -> list[Homography]:
    """From the motions n -> n+1, the motions 0 -> n (one longer than `steps`)."""
    total = [IDENTITY]
    for step in steps:
        matrix = step @ total[-1]
        total.append(matrix / matrix[2, 2])
    return total


def roll_of(matrix: Homography, height: float, width: float) -> float:
    """How far the matrix turns the middle of the picture, in degrees clockwise: the rotation nearest to its slope."""
    x, y = (width - 1) / 2, (height - 1) / 2
    depth = matrix[2, 0] * x + matrix[2, 1] * y + matrix[2, 2]
    there = (matrix @ (x, y, 1.0))[:2] / depth
    slope = (matrix[:2, :2] - np.outer(there, matrix[2, :2])) / depth
    return float(np.degrees(np.arctan2(slope[1, 0] - slope[0, 1], slope[0, 0] + slope[1, 1])))


def largest_shift(matrix: Homography, height: int, width: int) -> float:
    """How far the matrix moves the corner of the picture that it moves most, in pixels."""
    corners = np.array([(0, 0), (width - 1, 0), (0, height - 1), (width - 1, height - 1)], np.float64)
    return float(np.linalg.norm(send(matrix, corners) - corners, axis=1).max())
