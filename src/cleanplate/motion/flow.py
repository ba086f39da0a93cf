"""Dense optical flow behind one protocol, and the test that tells where to believe it.

A flow of `a` towards `b` is float32 H x W x 2, (dx, dy) in pixels, such that a(x) shows the same point
as b(x + flow(x)).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.errors import UsageError
from cleanplate.motion.warp import flow_warp

Gray = NDArray[np.uint8]
"""H x W."""
FlowField = NDArray[np.float32]
"""H x W x 2, (dx, dy) in pixels."""


class Flow(Protocol):
    """A method of dense optical flow."""

    def __call__(self, a: Gray, b: Gray) -> FlowField:
        """Flow of `a` towards `b`, two pictures of one size."""
        ...


@runtime_checkable
class LearnedFlow(Flow, Protocol):
    """A method by a network, which is given H x W x 3 R'G'B' where there is colour.

    Attributes:
        digest: tells its weights from others.
    """

    digest: str


_SMALLEST_SIDE = 16
"""DIS builds a pyramid of 8-pixel patches and needs at least two of them."""


class DisFlow:
    """Dense inverse search (Kroeger et al., ECCV 2016), as OpenCV has it.

    Deterministic for a given number of OpenCV threads.
    """

    def __init__(self, preset: int = cv2.DISOPTICAL_FLOW_PRESET_MEDIUM) -> None:
        self._dis = cv2.DISOpticalFlow.create(preset)

    def __call__(self, a: Gray, b: Gray) -> FlowField:
        """Flow of `a` towards `b`; zero for pictures too small to hold a patch."""
        if a.shape != b.shape:
            raise ValueError(f"flow between pictures of {a.shape} and {b.shape}")
        if min(a.shape) < _SMALLEST_SIDE:
            return np.zeros((*a.shape, 2), np.float32)
        return np.asarray(self._dis.calc(np.ascontiguousarray(a), np.ascontiguousarray(b), None), np.float32)


_FLOWS: dict[str, Callable[[], Flow]] = {
    "dis": DisFlow,
    "dis-fast": lambda: DisFlow(cv2.DISOPTICAL_FLOW_PRESET_FAST),
}


def register_flow(name: str, make: Callable[[], Flow]) -> None:
    """Make another method known under `name`."""
    _FLOWS[name] = make


def flow_names() -> tuple[str, ...]:
    """The methods that `make_flow` knows."""
    return tuple(sorted(_FLOWS))


def make_flow(name: str = "dis") -> Flow:
    """A method by name. Raises UsageError for one that is not registered."""
    if name not in _FLOWS:
        raise UsageError(f"no optical flow named '{name}'", remedy=f"Known ones: {', '.join(flow_names())}.")
    return _FLOWS[name]()


def round_trip_error(forward: FlowField, backward: FlowField) -> NDArray[np.float32]:
    """Distance in pixels (H x W float32) between each point and where the two flows bring it back.

    Points that leave the picture get infinity.
    """
    back = flow_warp(backward, forward)
    error: NDArray[np.float32] = np.linalg.norm(forward + back, axis=2).astype(np.float32)
    error[~inside(forward)] = np.inf
    return error


def inside(flow: NDArray[Any]) -> NDArray[np.bool_]:
    """H x W bool: where x + flow(x) still lies in the picture."""
    height, width = flow.shape[:2]
    x = flow[..., 0] + np.arange(width, dtype=np.float32)
    y = flow[..., 1] + np.arange(height, dtype=np.float32)[:, None]
    return np.asarray((x >= 0) & (y >= 0) & (x <= width - 1) & (y <= height - 1))


def consistency(
    forward: FlowField, backward: FlowField, *, absolute: float = 0.5, relative: float = 0.05
) -> NDArray[np.bool_]:
    """Where the round trip closes: H x W bool over the first picture.

    The bound is `absolute` pixels plus `relative` times the length of the motion (Sundaram et al., ECCV 2010, in its
    linear form); what it refuses is occluded, out of the picture or mistaken.
    """
    length = np.linalg.norm(forward, axis=2)
    return np.asarray(round_trip_error(forward, backward) <= absolute + relative * length)
