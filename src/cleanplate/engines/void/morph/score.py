"""One score a frame and one a thing: percent of its size by which a thing departs from smooth motion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass
from typing import Any

import numpy as np

from cleanplate.engines.void.morph.drift import REACH, Drift

WEIGHTS = Drift(surface=0.3, outline=1.0, size=0.3, colour=0.3, torn=0.0, stir=0.4)
"""What counts as one percent of a thing's size; `stir` is the share by which what turns or grows is allowed more.
Chosen by hand among ten sets, with figures of all families in sight: not yet the fit of `bench/morph.py`."""
THRESHOLD = 3.6
"""Percent of a thing's size above which pass 1 is taken to have morphed it: 5 % of 28 unmorphed things exceeded it on
`worlds` at 224 x 128, of the families that `bench/morph.py` fits on. At that size it finds pumping and most swaps, and
only every tenth slow warp of 10 %."""
TOP = 2 * REACH
"""A thing's score is the mean of so many highest frames: on that many even a sudden change shows, and a bounce less."""
MOVED = 0.25
"""Of its own size, how far a thing goes at least that counts as moving."""


@dataclass(frozen=True)
class MorphScore:
    """What became of one thing.

    Attributes:
        thing: its id in the reasoning, or a name.
        score: mean of the `TOP` highest of `curve`, in percent of the thing's size; 0 for one that was not measured.
        frames: those that were measured, in order; without those around which the thing reaches the picture's edge.
        curve: for each of them, by how many percent of its size the thing departs from smooth motion.
        drifts: what the curve is made of.
        moved: how far it went from its start at most, in its own sizes.
        lost: the frame from which it was not found any more, or None.
    """

    thing: str
    score: float
    frames: tuple[int, ...]
    curve: tuple[float, ...]
    drifts: tuple[Drift, ...]
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


def departure(one: Drift, weights: Drift = WEIGHTS) -> float:
    """Percent of a thing's size: the root of the sum of the weighted measures' squares, less for what turns fast."""
    *values, stir = astuple(one)
    *counts, share = astuple(weights)
    return float(np.linalg.norm(np.multiply(values, counts)) / (1 + share * stir))


def score_of(drifts: Sequence[Drift], weights: Drift = WEIGHTS) -> float:
    """A thing's score: the mean departure of its highest frames; 0 without any."""
    highest = sorted(departure(one, weights) for one in drifts)[-TOP:]
    return float(np.mean(highest)) if highest else 0.0
