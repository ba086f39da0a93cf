"""What a reasoner gets wrong, as a distribution that training can draw from (`cleanplate.train.slips`)."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from reasoning_clips import Truth
from reasoning_scores import Drawn, things_of

from cleanplate.masks.labels import affected
from cleanplate.train.slips import FAR, LARGEST, Errors, cells_of_clip, distance, ever_of

_QUANTILES = 11
_DIGITS = 4


class Gathered:
    """Counts of the errors, clip by clip."""

    def __init__(self) -> None:
        self._missed: list[float] = []
        self._extra: list[float] = []
        self._late: list[float] = []
        self._at = np.zeros((3, FAR + 1))
        self._kinds = {"object": np.zeros(2), "light": np.zeros(2)}
        self._patches = np.zeros(LARGEST)
        self._seeds: list[int] = []
        self._size = (0, 0)

    def add(self, truth: Truth, drawn: Drawn) -> None:
        """Count one clip; one in which nothing is affected says nothing."""
        true, found = cells_of_clip(truth.affected), cells_of_clip(affected(drawn.cells))
        ever = ever_of(true)
        self._seeds.append(truth.wanted.seed)
        self._size = truth.labels.shape[1], truth.labels.shape[2]
        if not ever.any():
            return
        missed, extra = ever & ~ever_of(true & found), ever_of(found) & ~ever
        away = distance(ever_of(cells_of_clip(truth.remove)))
        for row, cells in enumerate((ever, missed, extra)):
            self._at[row] += np.bincount(away[cells], minlength=FAR + 1)
        things = ever_of(cells_of_clip(things_of(truth)))
        for kind, cells in (("object", ever & things), ("light", ever & ~things)):
            self._kinds[kind] += [(cells & missed).sum(), cells.sum()]
        self._missed.append(float(missed.sum() / ever.sum()))
        self._extra.append(float(extra.sum() / ever.sum()))
        self._patches += _sizes(extra)
        if (ever & ~missed).any():
            late = (true & found).argmax(axis=0) - true.argmax(axis=0)
            self._late.append(float(late[ever & ~missed].mean()))

    def errors(self, reasoner: str, command: str) -> Errors:
        """The distribution."""
        ever, missed, extra = self._at
        return Errors(
            reasoner=reasoner,
            clips=len(self._seeds),
            height=self._size[0],
            width=self._size[1],
            seeds=(min(self._seeds), max(self._seeds)),
            command=command,
            missed=_quantiles(self._missed),
            missed_at=_rounded(missed / np.maximum(ever, 1)),
            missed_kinds={kind: round(float(a / max(b, 1)), _DIGITS) for kind, (a, b) in self._kinds.items()},
            extra=_quantiles(self._extra),
            extra_at=_rounded(extra / max(extra.sum(), 1)),
            patches=_rounded(self._patches / max(self._patches.sum(), 1)),
            late=_quantiles(self._late),
        )


def _sizes(cells: NDArray[np.bool_]) -> NDArray[np.float64]:
    """How many patches there are of 1, 2 ... `LARGEST` cells and more."""
    count, _, stats, _ = cv2.connectedComponentsWithStats(cells.astype(np.uint8), connectivity=8)
    sizes = np.minimum(stats[1:count, cv2.CC_STAT_AREA], LARGEST)
    return np.bincount(sizes, minlength=LARGEST + 1)[1:].astype(np.float64)


def _quantiles(values: list[float]) -> tuple[float, ...]:
    return _rounded(np.quantile(values or [0.0], np.linspace(0, 1, _QUANTILES)))


def _rounded(values: NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(round(float(value), _DIGITS) for value in values)
