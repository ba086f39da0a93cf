"""Between two pictures: where each of their points is at a time between, and how far that is to be believed.

The flows at a time between are put together from those between the pictures as by Jiang et al. (Super SloMo, CVPR 2018,
equation 4): motion is taken to be straight, and to be about the same where it starts and where it has come to.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.motion.flow import FlowField, round_trip_error
from cleanplate.motion.warp import flow_warp

_ABSOLUTE, _RELATIVE = 0.5, 0.05
"""Pixels, and parts of the way, by which a round trip that is believed by half may fail."""
_SOFT = 1.5


def flows_between(there: FlowField, back: FlowField, time: float) -> tuple[FlowField, FlowField]:
    """Flows from the picture at a time, 0 (a) to 1 (b), to a and to b.

    Args:
        there, back: flow of a towards b, and of b towards a.
    """
    to_a = -(1 - time) * time * there + time**2 * back
    to_b = (1 - time) ** 2 * there - time * (1 - time) * back
    return to_a.astype(np.float32), to_b.astype(np.float32)


def belief(there: FlowField, back: FlowField) -> NDArray[np.float32]:
    """H x W, 1 where a flow's round trip closes, falling to 0 where it does not: hidden, out of the picture, mistaken.

    The bound grows with the way (Sundaram et al., ECCV 2010); here it is a soft one.
    """
    bound = _ABSOLUTE + _RELATIVE * np.linalg.norm(there, axis=2)
    closes = np.exp(-np.log(2) * np.square(np.minimum(round_trip_error(there, back), 1e3) / bound))
    return np.asarray(cv2.GaussianBlur(closes.astype(np.float32), (0, 0), _SOFT), np.float32)


class Between:
    """Frames between two pictures: both warped along the motion and blended; plainly blended where flows disagree.

    Args:
        a, b: H x W x C float32.
        there, back: flow of a towards b, and of b towards a.
    """

    def __init__(self, a: NDArray[np.float32], b: NDArray[np.float32], there: FlowField, back: FlowField) -> None:
        self._a, self._b, self._there, self._back = a, b, there, back
        self._beliefs = belief(there, back), belief(back, there)

    def at(self, time: float) -> NDArray[np.float32]:
        """The frame at a time, 0 (a) to 1 (b)."""
        to_a, to_b = flows_between(self._there, self._back, time)
        blend = _mixed(self._a, self._b, time)
        warped = _mixed(flow_warp(self._a, to_a), flow_warp(self._b, to_b), time)
        sure = np.minimum(flow_warp(self._beliefs[0], to_a), flow_warp(self._beliefs[1], to_b))
        return _mixed(blend, warped, sure[..., None])


def _mixed(a: NDArray[Any], b: NDArray[Any], share: Any) -> NDArray[np.float32]:
    return np.asarray(a + (b - a) * np.asarray(share, np.float32), np.float32)
