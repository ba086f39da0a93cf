"""One score a frame and one a thing: how far it departs from rigid and from smooth motion.

A departure of 1 is as likely of a thing that keeps its shape as of one that morphs; its square is a ratio of odds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cleanplate.engines.void.morph.drift import Drift
from cleanplate.engines.void.morph.evidence import NAMES, evidence
from cleanplate.engines.void.morph.weights import BIAS, TABLE, THRESHOLD

__all__ = ["MOVED", "THRESHOLD", "TOP", "MorphScore", "departures", "pooled"]
TOP = 6
"""A thing's score is that of so many highest frames: a sudden change shows on that many."""
EVEN = 1.0
"""Departure of what is as likely to morph as not."""
MOVED = 0.25
"""Of its own size, how far a thing goes at least that counts as moving."""


@dataclass(frozen=True)
class MorphScore:
    """What became of one thing.

    Attributes:
        thing: its id in the reasoning, or a name.
        score: geometric mean of the `TOP` highest of `curve`; `EVEN` for one that could not be judged.
        frames: those that could be judged, in order.
        curve: for each of them, how far the thing departs from rigid or smooth motion; above 0.
        drifts: what was measured, by frames, but for those around which the thing reaches the picture's edge.
        moved: how far it went from its start at most, in its own sizes.
        lost: the frame from which it was not found any more, or None.
    """

    thing: str
    score: float
    frames: tuple[int, ...]
    curve: tuple[float, ...]
    drifts: Mapping[int, Drift]
    moved: float
    lost: int | None

    @property
    def morphs(self) -> bool:
        """Whether it moves and does not keep its shape."""
        return self.moved >= MOVED and self.score > THRESHOLD

    @property
    def worst(self) -> int | None:
        """The frame with the highest departure; None where none was measured."""
        return self.frames[int(np.argmax(self.curve))] if self.frames else None

    def document(self) -> dict[str, Any]:
        """JSON values for the manifest."""
        return {**asdict(self), "worst": self.worst, "morphs": self.morphs, "threshold": THRESHOLD}


def departures(drifts: Mapping[int, Drift]) -> dict[int, float]:
    """The curve, by frames, of a thing that was measured on those frames."""
    frames, found = evidence(drifts)
    usual, spread, weights = np.array([TABLE[name] for name in NAMES]).T
    normal: NDArray[np.float64] = np.nan_to_num((found - usual) / spread)
    return {frame: float(value) for frame, value in zip(frames, np.exp(normal @ weights + BIAS), strict=True)}


def pooled(curve: Iterable[float]) -> float:
    """A thing's score."""
    highest = sorted(curve)[-TOP:]
    return float(np.exp(np.mean(np.log(highest)))) if highest else EVEN
