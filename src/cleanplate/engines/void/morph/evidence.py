"""What speaks for a morph around a frame: how little a thing's shape is ever held, and how much it changes at once.

A bounce, a fall or something that passes by disturbs a few frames, and what was followed badly while it fell is
followed well where it lies. A shape that is not held is seldom quiet. So `wavers` takes of each measure what three in
four of the frames around exceed. What is swapped or fades into another colour does so once: `changes` takes what few of
the frames exceed. How much a thing turns, how many pixels it has and how evenly its size is followed tell how much is
to be expected. Where nothing of a surface could be followed, nothing is said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cleanplate.engines.void.morph.drift import Drift

SPAN = 16
"""Measured frames that are judged together; fewer where there are no more."""
_LEAST = 3
"""With so many something can be said."""
WAVERS = ("wave", "pulse", "pulse_close")
CHANGES = ("size", "colour")
EXPECTED = ("turn", "uneven", "pixels")
"""What is usual of it is expected; only the others speak for a morph."""
_QUIET, _OFTEN = 0.25, 0.7
"""Shares of the frames."""
_FLOORS = {"pulse": 0.3, "pulse_close": 0.3, "size": 0.3}
_FLOOR = 0.1
"""What is less than that of a measure, in its own unit, is taken for nothing."""
_DRAG = 0.1
"""Of a turn, what is followed as stretching instead: the flow is held back at the rim by what lies behind it."""
_FIRST = 3
"""Frames whose size is a thing's before anything happens to it."""


@dataclass(frozen=True)
class Evidence:
    """Of the frames around one frame: logarithms, NaN for what nothing is known of.

    Attributes:
        wavers: of `WAVERS` and `EXPECTED`.
        changes: of `CHANGES` at their highest, of `CHANGES` often, and of `EXPECTED`.
    """

    wavers: NDArray[np.float64]
    changes: NDArray[np.float64]


def evidence(drifts: Mapping[int, Drift]) -> dict[int, Evidence]:
    """For each frame that was measured and can be judged, of the `SPAN` measured frames around it."""
    frames = sorted(drifts)
    if len(frames) < _LEAST:
        return {}
    starts = range(max(1, len(frames) - SPAN + 1))
    found = [_of([drifts[frame] for frame in frames[start : start + SPAN]]) for start in starts]
    around = (found[int(np.clip(place - SPAN // 2, 0, len(found) - 1))] for place in range(len(frames)))
    return {frame: one for frame, one in zip(frames, around, strict=True) if one is not None}


def _of(drifts: Sequence[Drift]) -> Evidence | None:
    drifts = [_undragged(one) for one in drifts]
    wavers = [_exceeded(drifts, name, 1 - _QUIET) for name in WAVERS]
    if np.isnan(wavers).all():
        return None
    changes = [_exceeded(drifts, name, share) for share in (0.0, 1 - _OFTEN) for name in CHANGES]
    pixels = np.log([one.pixels for one in drifts])
    expected = [_exceeded(drifts, "turn", 0.5), float(np.ptp(pixels)), float(pixels[:_FIRST].mean())]
    return Evidence(np.array(wavers + expected), np.array(changes + expected))


def _undragged(one: Drift) -> Drift:
    """Stretching beyond that of the following itself; over half as many frames a thing turns half as much."""
    drag = _DRAG * (one.turn or 0.0)
    pulse, close = (
        None if value is None else max(value - share * drag, 0.0)
        for value, share in ((one.pulse, 1.0), (one.pulse_close, 0.5))
    )
    return replace(one, pulse=pulse, pulse_close=close)


def _exceeded(drifts: Sequence[Drift], name: str, share: float) -> float:
    """The logarithm of what this share of the frames on which a measure is known exceeds."""
    known = [value for one in drifts if (value := getattr(one, name)) is not None]
    if len(known) < _LEAST:
        return np.nan
    return float(np.log(np.quantile(known, 1 - share) + _FLOORS.get(name, _FLOOR)))
