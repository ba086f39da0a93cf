"""Points followed through time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

_WINDOW = (21, 21)
_LEVELS = 4
_STOP = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 30, 0.005)


@dataclass(frozen=True)
class PointTracks:
    """N points over T pictures.

    Attributes:
        positions: T x N x 2 float32, (x, y); where a point is lost, its last known place.
        visible: T x N bool.
    """

    positions: NDArray[np.float32]
    visible: NDArray[np.bool_]


def follow(
    a: NDArray[np.uint8], b: NDArray[np.uint8], points: NDArray[Any], *, round_trip: float = 0.5
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Follow points (N x 2) of picture `a` into `b`: pyramidal Lucas-Kanade, there and back.

    Returns:
        their places in `b` (N x 2 float32), and which came back to within `round_trip` pixels of their start.
    """
    start = np.asarray(points, np.float32).reshape(-1, 1, 2)
    if not len(start):
        return np.zeros((0, 2), np.float32), np.zeros(0, np.bool_)
    there, found, _ = cv2.calcOpticalFlowPyrLK(a, b, start, None, winSize=_WINDOW, maxLevel=_LEVELS, criteria=_STOP)
    back, returned, _ = cv2.calcOpticalFlowPyrLK(b, a, there, None, winSize=_WINDOW, maxLevel=_LEVELS, criteria=_STOP)
    good = (found.ravel() > 0) & (returned.ravel() > 0)
    good &= np.linalg.norm(back - start, axis=2).ravel() <= round_trip
    return np.asarray(there, np.float32).reshape(-1, 2), good


def track_points(pictures: Iterable[NDArray[np.uint8]], points: NDArray[Any]) -> PointTracks:
    """Follow points of the first picture (N x 2) through all the others; a lost point stays lost."""
    positions = [np.asarray(points, np.float32).reshape(-1, 2)]
    visible = [np.ones(len(positions[0]), np.bool_)]
    before: NDArray[np.uint8] | None = None
    for picture in pictures:
        if before is not None:
            place, alive = positions[-1].copy(), np.flatnonzero(visible[-1])
            found, good = follow(before, picture, place[alive])
            place[alive[good]] = found[good]
            seen = np.zeros(len(place), np.bool_)
            seen[alive[good]] = True
            positions.append(place)
            visible.append(seen)
        before = picture
    return PointTracks(np.stack(positions), np.stack(visible))
