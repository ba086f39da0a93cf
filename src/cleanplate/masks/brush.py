"""Brush operations on boolean masks, by Euclidean distance, as pure functions.

Growing and shrinking measure distances between pixel centres exactly (OpenCV's precise distance transform), so they are
the same in every direction, whatever the radius.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.masks.selection import Box, Stroke
from cleanplate.masks.track import Mask, mask_box


def dilate(mask: Mask, radius: float) -> Mask:
    """Every pixel within `radius` pixels of the mask."""
    box = mask_box(mask)
    if box is None or radius <= 0:
        return mask.copy()
    reach = math.ceil(radius)
    y0, x0 = max(box[0] - reach, 0), max(box[1] - reach, 0)
    part = np.s_[y0 : box[2] + reach, x0 : box[3] + reach]
    grown = np.zeros_like(mask)
    away = cv2.distanceTransform((~mask[part]).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    grown[part] = away <= radius + 1e-4
    return grown


def erode(mask: Mask, radius: float) -> Mask:
    """Every pixel of the mask farther than `radius` pixels from its outside; the frame's edge is not an outside."""
    return ~dilate(~mask, radius)


def close(mask: Mask, radius: float) -> Mask:
    """Fill gaps narrower than twice the radius."""
    reach = math.ceil(radius) + 1
    padded = np.pad(mask, reach)
    return erode(dilate(padded, radius), radius)[reach:-reach, reach:-reach]


def without_specks(mask: Mask, smallest: int) -> Mask:
    """The mask less its 8-connected parts of fewer than `smallest` pixels."""
    count, parts, stats, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8), connectivity=8)
    keep = stats[:, cv2.CC_STAT_AREA] >= smallest
    keep[0] = False
    return keep[parts] if count > 1 else mask.copy()


def stroke_mask(stroke: Stroke, height: int, width: int) -> Mask:
    """Pixels whose centre lies within the stroke's radius of its polyline."""
    points = np.asarray(stroke.points, dtype=np.float64)
    canvas = np.zeros((height, width), dtype=np.bool_)
    reach = math.ceil(stroke.radius) + 1
    x0, y0 = np.floor(points.min(axis=0)).astype(int) - reach
    x1, y1 = np.ceil(points.max(axis=0)).astype(int) + reach + 1
    x0, y0, x1, y1 = max(x0, 0), max(y0, 0), min(x1, width), min(y1, height)
    if x0 >= x1 or y0 >= y1:
        return canvas
    ys, xs = np.mgrid[y0:y1, x0:x1]
    near = np.full(ys.shape, np.inf)
    for start, end in zip(points, [*points[1:], points[-1]], strict=True):
        np.minimum(near, _squared_distance(xs, ys, start, end), out=near)
    canvas[y0:y1, x0:x1] = near <= stroke.radius**2
    return canvas


def paint(mask: Mask, stroke: Stroke) -> Mask:
    """The mask with a stroke added (positive) or rubbed out (negative)."""
    drawn = stroke_mask(stroke, *mask.shape)
    return mask | drawn if stroke.positive else mask & ~drawn


def box_mask(box: Box, height: int, width: int) -> Mask:
    """Pixels whose centre lies in the box."""
    mask = np.zeros((height, width), dtype=np.bool_)
    y0, y1, x0, x1 = (max(math.ceil(edge - 0.5), 0) for edge in (box.y0, box.y1, box.x0, box.x1))
    mask[y0:y1, x0:x1] = True
    return mask


def _squared_distance(
    xs: NDArray[np.int64], ys: NDArray[np.int64], start: NDArray[np.float64], end: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Squared distance of pixel centres from a segment, in pixels; pixel (0, 0) has its centre at (0.5, 0.5)."""
    along = end - start
    dx, dy = xs + 0.5 - start[0], ys + 0.5 - start[1]
    length = float(along @ along)
    t = np.clip((dx * along[0] + dy * along[1]) / length, 0, 1) if length else 0.0
    return np.asarray((dx - t * along[0]) ** 2 + (dy - t * along[1]) ** 2)
