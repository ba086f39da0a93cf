"""Depth and flow as 16-bit codes, so that they are stored like pictures. Flow: as KITTI's development kit does."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

MILLIMETRES = 1000
NOTHING = 65535
"""The depth code of what is further than 65 m, or not there."""
_FLOW_UNIT, _FLOW_ZERO = 64, 1 << 15


def depth_codes(depth: NDArray[np.float32]) -> NDArray[np.uint16]:
    """H x W metres to millimetres, rounded; `NOTHING` from 65.535 m on and for what is not finite."""
    known = np.where(np.isfinite(depth), depth, np.inf)
    codes: NDArray[np.uint16] = np.clip(np.rint(known * np.float64(MILLIMETRES)), 0, NOTHING).astype(np.uint16)
    return codes


def depth_of(codes: NDArray[Any]) -> NDArray[np.float32]:
    """Metres again; infinity for `NOTHING`."""
    metres: NDArray[np.float32] = np.where(codes == NOTHING, np.inf, codes / MILLIMETRES).astype(np.float32)
    return metres


def flow_codes(flow: NDArray[np.float32]) -> NDArray[np.uint16]:
    """H x W x 2 (dx, dy) pixels to H x W x 3: 64 codes a pixel around 32768, clipped at 512; then 1 where known."""
    known = np.isfinite(flow[..., 0]) & np.isfinite(flow[..., 1])
    moved = np.where(known[..., None], flow, 0).astype(np.float64)
    codes = np.clip(np.rint(moved * _FLOW_UNIT) + _FLOW_ZERO, 0, 65535)
    return np.dstack([codes, known]).astype(np.uint16)


def flow_of(codes: NDArray[Any]) -> NDArray[np.float32]:
    """H x W x 2 pixels again; NaN where unknown."""
    flow = ((codes[..., :2].astype(np.float32) - _FLOW_ZERO) / _FLOW_UNIT).astype(np.float32)
    flow[codes[..., 2] == 0] = np.nan
    return flow
