"""Shapes in the plane: distances, windows, contours, components and similarity transforms."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.masks.track import Mask, mask_box

Field = NDArray[np.float32]
"""H x W float32."""
Similarity = NDArray[np.float64]
"""2 x 3: rotation times scale, and shift; sends points (x, y, 1)."""
Window = tuple[slice, slice]
"""Rows and columns."""

STILL: Similarity = np.eye(3)[:2]


def distance_to(mask: Mask) -> Field:
    """Distance in pixels of each pixel to the mask; 0 inside. Very far everywhere when the mask is empty."""
    if not mask.any():
        return np.full(mask.shape, float(sum(mask.shape)), dtype=np.float32)
    outside = np.asarray(~mask, dtype=np.uint8)
    return np.asarray(cv2.distanceTransform(outside, cv2.DIST_L2, 5), dtype=np.float32)


def signed_distance(mask: Mask) -> Field:
    """Distance in pixels to the boundary, positive inside."""
    return distance_to(~mask) - distance_to(mask)


def window_around(mask: Mask, margin: float) -> Window | None:
    """The rows and columns of the mask's box, wider by `margin` pixels on each side; None when it is empty."""
    box = mask_box(mask)
    if box is None:
        return None
    pad = int(np.ceil(margin))
    height, width = mask.shape
    y0, x0, y1, x1 = box
    return slice(max(0, y0 - pad), min(height, y1 + pad)), slice(max(0, x0 - pad), min(width, x1 + pad))


def parts_touching(mask: Mask, seeds: Mask) -> Mask:
    """Those connected parts of the mask that hold a seed."""
    count, labels = cv2.connectedComponents(mask.astype(np.uint8))
    kept = np.zeros(count, dtype=np.bool_)
    kept[np.unique(labels[mask & seeds])] = True
    kept[0] = False
    return np.asarray(kept[labels])


def inner_contour(mask: Mask) -> Mask:
    """The mask's pixels that have a neighbour outside it; the frame's border does not count as outside."""
    core = cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=1)
    return np.asarray(mask & (core == 0))


def fit_similarity(source: NDArray[np.float64], target: NDArray[np.float64], weight: NDArray[np.float64]) -> Similarity:
    """The similarity that sends N x 2 `source` nearest to `target` (Umeyama, 1991), reweighted against outliers."""
    fitted = _weighted_similarity(source, target, weight)
    for _ in range(5):
        error = np.square(source @ fitted[:, :2].T + fitted[:, 2] - target).sum(axis=1)
        fitted = _weighted_similarity(source, target, weight / (1 + error))
    return fitted


def _weighted_similarity(
    source: NDArray[np.float64], target: NDArray[np.float64], weight: NDArray[np.float64]
) -> Similarity:
    share = (weight / weight.sum())[:, None]
    middle_s, middle_t = (share * source).sum(axis=0), (share * target).sum(axis=0)
    a, b = source - middle_s, target - middle_t
    spread = float((share * np.square(a)).sum()) + 1e-9
    cosine = float((share * a * b).sum()) / spread
    sine = float((share[:, 0] * (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0])).sum()) / spread
    turn = np.array([[cosine, -sine], [sine, cosine]])
    return np.column_stack([turn, middle_t - turn @ middle_s])


def after(second: Similarity, first: Similarity) -> Similarity:
    """The similarity that does `first` and then `second`."""
    return np.column_stack([second[:, :2] @ first[:, :2], second[:, :2] @ first[:, 2] + second[:, 2]])


def shifted(similarity: Similarity, window: Window) -> Similarity:
    """A similarity that was measured inside a window, in the coordinates of the frame."""
    origin = np.array([window[1].start, window[0].start], dtype=np.float64)
    return np.column_stack([similarity[:, :2], similarity[:, 2] + origin - similarity[:, :2] @ origin])


def scale_of(similarity: Similarity) -> float:
    """How much it enlarges."""
    return float(np.hypot(similarity[0, 0], similarity[1, 0]))


def overlap(a: Mask, b: Mask) -> float:
    """Intersection over union; 1 for two empty masks."""
    union = int((a | b).sum())
    return float((a & b).sum()) / union if union else 1.0
