"""Frames between two pictures, along their motion.

The flows at a time between are put together from those between the pictures as by Jiang et al. (Super SloMo, CVPR 2018,
equation 4): motion is taken to be straight, and to be about the same where it starts and where it has come to.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.motion.flow import FlowField
from cleanplate.motion.warp import flow_warp

_AROUND = 1.5
"""Pixels over which two pictures are compared (standard deviation)."""
_ALIKE = 0.01
"""Of the range of the pictures: differences below this say little."""


def flows_between(there: FlowField, back: FlowField, time: float) -> tuple[FlowField, FlowField]:
    """Flows from the picture at a time, 0 (a) to 1 (b), to a and to b.

    Args:
        there, back: flow of a towards b, and of b towards a.
    """
    to_a = -(1 - time) * time * there + time**2 * back
    to_b = (1 - time) ** 2 * there - time * (1 - time) * back
    return to_a.astype(np.float32), to_b.astype(np.float32)


def between(
    a: NDArray[np.float32], b: NDArray[np.float32], flows: tuple[FlowField, FlowField], time: float
) -> NDArray[np.float32]:
    """The picture at a time, 0 (a) to 1 (b): both brought there and blended.

    Where both agree no better there than they did in their own places (hidden in one, or a flow that is mistaken),
    they are blended as they stand; the square of either disagreement decides softly.

    Args:
        a, b: H x W x 3, in 0..1.
        flows: of a towards b, and of b towards a.
    """
    to_a, to_b = flows_between(*flows, time)
    brought = flow_warp(a, to_a), flow_warp(b, to_b)
    apart, moved_apart = _disagreement(a, b), _disagreement(*brought)
    share = apart / (apart + moved_apart)
    return _mixed(_mixed(a, b, time), _mixed(*brought, time), share[..., None])


def largest(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """H x W: the size of that of three channels which is furthest from zero; several times as fast as `max(axis=2)`."""
    size = np.abs(picture)
    return np.maximum(np.maximum(size[..., 0], size[..., 1]), size[..., 2])


def _disagreement(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    around = cv2.GaussianBlur(largest(a - b), (0, 0), _AROUND)
    return np.asarray(np.square(around + np.float32(_ALIKE)), np.float32)


def _mixed(a: NDArray[np.float32], b: NDArray[np.float32], share: Any) -> NDArray[np.float32]:
    return np.asarray(a + (b - a) * np.asarray(share, np.float32), np.float32)
