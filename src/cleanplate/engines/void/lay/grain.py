"""The plate's grain, for what was drawn without any: measured between neighbouring frames, where hardly anything is."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.engines.propagate.grain import Grain, make_grain, measure_grain
from cleanplate.engines.void.lay.plate import Plate
from cleanplate.masks.track import MaskBox
from cleanplate.media.frame import Frame

Real = NDArray[np.float32]
_SIDE = 256
_ALIGNED = 16
"""A multiple of every chroma subsampling."""
_LEAST = 0.5
"""Share of a tile that stays."""


def flattest(plate: Plate, small: Real, stays: NDArray[np.bool_]) -> MaskBox | None:
    """The tile of the plate with the least in it, among those of which at least half stays; None for no such.

    Args:
        small: the plate on the model's grid.
        stays: as large.
    """
    y0, x0, y1, x1 = plate.scale.box
    height, width = (min(_SIDE, side) // _ALIGNED * _ALIGNED for side in (y1 - y0, x1 - x0))
    if not height or not width:
        return None
    rows, columns = (max(1, round(side / plate.scale.factor)) for side in (height, width))
    slope = np.abs(cv2.Laplacian(small.mean(axis=2), cv2.CV_32F)) + 10 * ~stays
    busy = cv2.boxFilter(slope.astype(np.float32), -1, (columns, rows), anchor=(0, 0))
    kept = cv2.boxFilter(stays.astype(np.float32), -1, (columns, rows), anchor=(0, 0)) >= _LEAST
    whole = np.s_[: stays.shape[0] - rows + 1, : stays.shape[1] - columns + 1]
    if not kept[whole].any():
        return None
    at = np.unravel_index(np.argmin(np.where(kept, busy, np.inf)[whole]), kept[whole].shape)
    top = _aligned(y0 + int(at[0]) * plate.scale.factor, y0, y1 - height)
    left = _aligned(x0 + int(at[1]) * plate.scale.factor, x0, x1 - width)
    return top, left, top + height, left + width


def between(plate: Plate, a: Frame, b: Frame, box: MaskBox) -> Grain | None:
    """What two neighbouring frames differ by on a box, none of whose motion is known: the flatter half says it."""
    codes = plate.codes_at(a, box), plate.codes_at(b, box)
    alone, everywhere = np.ones(codes[0].shape[:2], np.float32), np.ones(codes[0].shape[:2], np.bool_)
    return measure_grain(*codes, alone, everywhere)


def usual(measured: Sequence[Grain]) -> Grain | None:
    """The median of several."""
    return Grain(np.median([one.sigma for one in measured], axis=0).astype(np.float32)) if measured else None


def grain_over(grain: Grain, size: tuple[int, int], seed: Sequence[int]) -> Real:
    """H x W x C in layer codes; the same for the same seed. Large areas repeat a tile, which no eye finds in noise."""
    rows, columns = (min(_SIDE, side) for side in size)
    tile = make_grain(grain, rows, columns, np.random.default_rng(list(seed)))
    return np.tile(tile, (-(-size[0] // rows), -(-size[1] // columns), 1))[: size[0], : size[1]]


def _aligned(place: float, least: int, most: int) -> int:
    lowest = -(-least // _ALIGNED) * _ALIGNED
    return max(lowest if lowest <= most else least, min(int(place), most) // _ALIGNED * _ALIGNED)
