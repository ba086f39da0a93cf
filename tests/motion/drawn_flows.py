"""Flows with known motion, for the tests of warped noise."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

FlowField = NDArray[np.float32]


def shift(height: int, width: int, dx: float, dy: float) -> FlowField:
    """All cells move alike."""
    return np.broadcast_to(np.array([dx, dy], np.float32), (height, width, 2)).copy()


def zoom(height: int, width: int, factor: float) -> FlowField:
    """Growing by `factor` from the middle."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    return np.stack([(x - (width - 1) / 2) * (factor - 1), (y - (height - 1) / 2) * (factor - 1)], axis=2)


def turbulence(height: int, width: int, strength: float, seed: int = 0) -> FlowField:
    """Smooth random motion, `strength` cells in root mean square along each axis."""
    coarse = np.random.default_rng(seed).standard_normal((6, 8, 2), np.float32)
    flow = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(flow * (strength / flow.std()), np.float32)


def slab(height: int, width: int, box: tuple[int, int, int, int], dx: float) -> FlowField:
    """A box (y0, x0, y1, x1) slides over a still ground."""
    flow = np.zeros((height, width, 2), np.float32)
    flow[box[0] : box[2], box[1] : box[3], 0] = dx
    return flow
