"""Frames between two keys: both warped along the motion of the result, and blended."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cleanplate.engines.vera.sheet import Sheet, blended
from cleanplate.motion.between import flows_between
from cleanplate.motion.flow import Flow, FlowField, make_flow
from cleanplate.motion.warp import flow_warp

_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)


class Between:
    """Between two keys.

    Args:
        a, b: their sheets.
        plates: their pictures of the plate, H x W x 3 float32 in 0..1.
    """

    def __init__(
        self, a: Sheet, b: Sheet, plates: tuple[NDArray[np.float32], NDArray[np.float32]], flow: Flow | None = None
    ) -> None:
        flow = flow or make_flow()
        grays = [_gray(sheet, plate) for sheet, plate in zip((a, b), plates, strict=True)]
        self._a, self._b = a, b
        self._there, self._back = flow(grays[0], grays[1]), flow(grays[1], grays[0])

    def at(self, time: float) -> Sheet:
        """The frame at 0 (a) to 1 (b)."""
        to_a, to_b = flows_between(self._there, self._back, time)
        return blended(_warped(self._a, to_a), _warped(self._b, to_b), time)


def _gray(sheet: Sheet, plate: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The result, as the flow sees it."""
    alpha = sheet.alpha[..., None]
    result = alpha * sheet.colour + (1 - alpha) * plate
    return np.asarray(np.rint(np.clip(result @ _LUMA, 0, 1) * 255), np.uint8)


def _warped(sheet: Sheet, flow: FlowField) -> Sheet:
    return Sheet(flow_warp(sheet.colour, flow), np.clip(flow_warp(sheet.alpha, flow), 0, 1))
