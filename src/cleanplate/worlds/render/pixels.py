"""From the samples of a picture to its pixels."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.worlds.protocols import View
from cleanplate.worlds.render.atlas import encoded


def view_of(
    light: NDArray[np.float32], body: NDArray[np.int16], depth: NDArray[np.float32], bodies: int, side: int
) -> View:
    """The view of light (x 3), bodies (-1 for none) and depths on side x side samples a pixel.

    A pixel's instance is what most of its samples meet, of equals the nearer; its depth is that instance's in the
    pixel's middle (in perspective a plane's reciprocal depth is even over the picture).
    """
    height, width = body.shape[0] // side, body.shape[1] // side
    bodies_S, depth_S = _planes(body, side), _planes(depth, side)
    same = (bodies_S[:, None] == bodies_S[None]).sum(axis=0)
    best = np.argmax(same - np.minimum(depth_S, 1e6) * 1e-7, axis=0)[None]
    instance = np.take_along_axis(bodies_S, best, axis=0)[0]
    of_instance = bodies_S == instance
    reciprocal = np.where(of_instance, 1 / depth_S, 0).sum(axis=0) / of_instance.sum(axis=0)
    with np.errstate(divide="ignore"):
        nearness = np.asarray(1 / reciprocal, np.float32)
    pixel = np.arange(height * width, dtype=np.int64).reshape(height, width)
    counts = np.bincount(
        (pixel + (bodies_S.astype(np.int64) + 1) * (height * width)).ravel(), minlength=(bodies + 1) * height * width
    )
    coverage = counts.reshape(bodies + 1, height, width)[1:].astype(np.float32) / np.float32(side * side)
    rgb = encoded(np.asarray(cv2.resize(light, (width, height), interpolation=cv2.INTER_AREA), np.float32))
    return View(rgb, instance, coverage, nearness)


def _planes(values: NDArray[Any], side: int) -> NDArray[Any]:
    """Of H x W the side * side pictures of every side-th row and column."""
    return np.stack([values[row::side, column::side] for row in range(side) for column in range(side)])
