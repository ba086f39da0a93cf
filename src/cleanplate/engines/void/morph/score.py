"""One score a frame and one a thing: how far it departs from smooth motion.

A departure of 1 is as likely of a thing that keeps its shape as of one that morphs; its square is a ratio of odds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cleanplate.engines.void.morph.drift import Drift
from cleanplate.engines.void.morph.evidence import CHANGES as NAMES_OF_CHANGES
from cleanplate.engines.void.morph.evidence import WAVERS as NAMES_OF_WAVERS
from cleanplate.engines.void.morph.evidence import Evidence, evidence
from cleanplate.engines.void.morph.weights import CHANGES, THRESHOLD, WAVERS

__all__ = ["MOVED", "THRESHOLD", "MorphScore", "departures", "either", "loudest", "normal", "pooled"]
EVEN = 1.0
"""Departure of what is as likely to morph as not."""
MOVED = 0.25
"""Of its own size, how far a thing goes at least that counts as moving."""
_EXTREME = 3.0
"""Spreads from what is usual from which on a measure says no more."""
_SELDOM = 2.0
"""By how much the odds that a thing changes at once have to exceed the odds that it wavers to count as much: a bounce
or something that passes by looks like a change."""
Array = NDArray[np.float64]


@dataclass(frozen=True)
class MorphScore:
    """What became of one thing.

    Attributes:
        thing: its id in the reasoning, or a name.
        score: the highest of `curve`; `EVEN` for one that could not be judged.
        frames: those that could be judged, in order.
        curve: for each of them, how far the thing departs from smooth motion around it; above 0.
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

    @property
    def shows(self) -> str | None:
        """Which measure of `Drift` speaks loudest for a morph around the worst frame; None where none was measured."""
        return None if self.worst is None else loudest(evidence(self.drifts)[self.worst])

    def document(self) -> dict[str, Any]:
        """JSON values for the manifest."""
        judged = {"worst": self.worst, "shows": self.shows, "morphs": self.morphs, "threshold": THRESHOLD}
        return {**asdict(self), **judged}


def departures(drifts: Mapping[int, Drift]) -> dict[int, float]:
    """The curve, by frames, of a thing that was measured on those frames."""
    return {frame: float(np.exp(either(*_odds(one)) / 2)) for frame, one in evidence(drifts).items()}


def loudest(found: Evidence) -> str:
    """The measure that speaks most for whichever way of morphing is likelier."""
    wavers, changes = _odds(found)
    one, table, names = (
        (found.wavers, _WAVERS[0], NAMES_OF_WAVERS)
        if wavers >= changes - _SELDOM
        else (found.changes, _CHANGES[0], (*NAMES_OF_CHANGES, *NAMES_OF_CHANGES))
    )
    speaks = normal(one, table[:, 0], table[:, 1]) * table[:, 2]
    return names[int(np.argmax(speaks[: len(names)]))]


def normal(evidence: Array, usual: Array, spread: Array) -> Array:
    """Evidence in its usual spreads; what is not known is as usual."""
    return np.clip(np.nan_to_num((evidence - usual) / spread), -_EXTREME, _EXTREME)


def either(wavers: float, changes: float) -> float:
    """The logarithm of the odds that a thing does one or the other, by those of each."""
    return float(np.logaddexp(wavers, changes - _SELDOM))


def pooled(curve: Iterable[float]) -> float:
    """A thing's score."""
    return max(curve, default=EVEN)


def _odds(found: Evidence) -> tuple[float, float]:
    """The logarithms of the odds that a thing wavers and that it changes at once."""
    wavers, changes = (
        float(normal(one, table[:, 0], table[:, 1]) @ table[:, 2]) + bias
        for one, (table, bias) in ((found.wavers, _WAVERS), (found.changes, _CHANGES))
    )
    return wavers, changes


def _table(weights: Mapping[str, tuple[float, float, float]]) -> tuple[Array, float]:
    """Names x (usual, spread, weight), and the bias."""
    rows = dict(weights)
    _, _, bias = rows.pop("bias")
    return np.array(list(rows.values())), bias


_WAVERS, _CHANGES = _table(WAVERS), _table(CHANGES)
