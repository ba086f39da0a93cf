"""What speaks for a morph around a frame: the measures of several frames together.

A bounce, a fall or a passing thing disturbs a few frames; a shape that is not held is seldom quiet. So each measure
enters by its median over the frames around. How fast a thing turns and moves, how much of it can be followed and how
many pixels it has enter too: they tell how much is to be expected. Frames on which it turns so fast, or so much is
torn, that whatever is measured says more of the following than of the thing are not judged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, fields

import numpy as np
from numpy.typing import NDArray

from cleanplate.engines.void.morph.drift import Drift

AROUND = 4
"""Frames to either side."""
NAMES: tuple[str, ...] = tuple(field.name for field in fields(Drift))
EXPECTED = ("torn", "stir", "speed", "pixels")
"""Those of `NAMES` that say how much of the others is to be expected; only the others speak for a morph."""
_TORN, _STIR = 25.0, 4.0
"""Percent from which on a frame is not judged."""
_LEAST = 3
"""Judged frames around a frame, itself among them, with which something can be said of it."""
_FLOORS = {"light": 0.2, "colour": 0.2, "torn": 1.0, "stir": 0.5, "speed": 1.0}
_FLOOR = 0.1
"""What is less than that of a measure, in its own unit, is taken for nothing."""


def evidence(drifts: Mapping[int, Drift]) -> tuple[tuple[int, ...], NDArray[np.float64]]:
    """The frames that can be judged, of those that were measured, and what is around each of them.

    Returns:
        The frames, and frames x `NAMES`: logarithms of the measures; NaN for what nothing is known of.
    """
    judged = {frame: one for frame, one in drifts.items() if one.torn < _TORN and one.stir < _STIR}
    frames = np.array(list(judged), int)
    near = np.abs(frames[:, None] - frames) <= AROUND
    told = near.sum(axis=1) >= _LEAST
    if not told.any():
        return (), np.zeros((0, len(NAMES)))
    table = np.array([astuple(one) for one in judged.values()], np.float64)
    logs = np.log(table + np.array([_FLOORS.get(name, _FLOOR) for name in NAMES]))
    return tuple(frames[told].tolist()), np.array([_medians(logs[row]) for row in near[told]])


def _medians(logs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of each column, over what is known of it."""
    columns = (column[~np.isnan(column)] for column in logs.T)
    return np.array([np.median(column) if len(column) else np.nan for column in columns])
