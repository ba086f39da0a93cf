"""Weights of the morph check's evidence: two logistic regressions, of what wavers and of what changes at once.

Each is fitted (Newton's method, weights held small) to things that morph in its way against things that do not; what
speaks for a morph weighs nothing less than nothing. A thing is judged by both (`score.either`). How strongly weights
are held small is chosen by leaving out one family at a time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cleanplate.engines.void.morph.drift import Drift
from cleanplate.engines.void.morph.evidence import CHANGES, EXPECTED, WAVERS, Evidence, evidence
from cleanplate.engines.void.morph.score import either, normal

Array = NDArray[np.float64]
HOLDS = (1.0, 3.0, 10.0)
_NEWTON = 12
ALONG = {"warp 5 %": 0.5, "warp 10 %": 1.0, "warp 20 %": 1.0, "pump": 1.0}
"""Kinds that go on all along the clip, and what each counts: less than a tenth need not be found."""
AT_ONCE = {"swap": 1.0, "blend": 1.0, "colour": 1.0, "brief warp 10 %": 1.0}
_NAMES = (
    (*WAVERS, *EXPECTED),
    (*(f"{name}, {how}" for how in ("highest", "often") for name in CHANGES), *EXPECTED),
)


@dataclass(frozen=True)
class Example:
    """One thing: what was measured around each frame (nothing, where it cannot be judged), family and kind."""

    found: tuple[Evidence, ...]
    family: str
    kind: str
    morphed: bool


def example(drifts: Mapping[int, Drift], family: str, kind: str, morphed: bool) -> Example:
    """Of a thing that was measured on those frames."""
    return Example(tuple(evidence(drifts).values()), family, kind, morphed)


@dataclass(frozen=True)
class Logistic:
    """Evidence less `usual`, over `spread`, times `weights`, plus `bias`: the logarithm of a morph's odds."""

    usual: Array
    spread: Array
    weights: Array
    bias: float

    def odds(self, evidence: Array) -> float:
        """Of a thing."""
        return float(normal(evidence, self.usual, self.spread) @ self.weights) + self.bias


@dataclass(frozen=True)
class Fit:
    """Of what wavers and of what changes."""

    wavers: Logistic
    changes: Logistic

    def odds(self, one: Example) -> float:
        """The logarithm of the odds that a thing morphs, at its worst; even for one that cannot be judged."""
        each = (either(self.wavers.odds(at.wavers), self.changes.odds(at.changes)) for at in one.found)
        return max(each, default=0.0)

    def tables(self) -> tuple[dict[str, tuple[float, float, float]], ...]:
        """By name: what is usual, its spread and its weight; last, the bias."""
        return tuple(
            dict(zip(names, zip(one.usual, one.spread, one.weights, strict=True), strict=True))
            | {"bias": (0.0, 1.0, one.bias)}
            for names, one in zip(_NAMES, (self.wavers, self.changes), strict=True)
        )


def fitted(examples: Sequence[Example], hold: float) -> Fit:
    """To examples of both kinds; those that cannot be judged are left out.

    Clips are as long as what is judged together, so that the frame in the middle speaks for all.
    """
    judged = [one for one in examples if one.found]
    middles = [one.found[len(one.found) // 2] for one in judged]
    wavers = _logistic(judged, np.array([one.wavers for one in middles]), ALONG, len(WAVERS), hold)
    changes = _logistic(judged, np.array([one.changes for one in middles]), AT_ONCE, 2 * len(CHANGES), hold)
    return Fit(wavers, changes)


def _logistic(
    examples: Sequence[Example], table: Array, kinds: Mapping[str, float], speaking: int, hold: float
) -> Logistic:
    """Of those kinds against truth, which counts as much; of the columns the first ones speak for a morph or not."""
    counts = np.array([kinds.get(one.kind, 0.0) if one.morphed else 1.0 for one in examples])
    morphed = np.array([one.morphed for one in examples], np.float64)[counts > 0]
    table, counts = table[counts > 0], counts[counts > 0]
    for side in (0, 1):
        counts[morphed == side] *= len(counts) / 2 / max(counts[morphed == side].sum(), 1e-9)
    usual, spread = np.nanmean(table, axis=0), np.maximum(np.nanstd(table, axis=0), 1e-3)
    whole = _one_sided(normal(table, usual, spread), morphed, counts, speaking, hold)
    return Logistic(usual, spread, whole[:-1], float(whole[-1]))


def _one_sided(rows: Array, truth: Array, counts: Array, speaking: int, hold: float) -> Array:
    """Weights and, last, the bias; evidence that would count against a morph is left out, the worst first."""
    free = np.ones(rows.shape[1], np.bool_)
    while True:
        whole = np.zeros(rows.shape[1] + 1)
        whole[np.append(free, True)] = _newton(rows[:, free], truth, counts, hold)
        if whole[:speaking].min() >= 0:
            return whole
        free[int(np.argmin(whole[:speaking]))] = False


def _newton(rows: Array, truth: Array, counts: Array, hold: float) -> Array:
    """Weights and, last, the bias."""
    table = np.column_stack([rows, np.ones(len(rows))])
    held = np.diag([hold] * rows.shape[1] + [1e-6])
    whole = np.zeros(table.shape[1])
    for _ in range(_NEWTON):
        odds = 1 / (1 + np.exp(-np.clip(table @ whole, -30, 30)))
        slope = table.T @ (counts * (odds - truth)) + held @ whole
        curve = (table.T * (counts * odds * (1 - odds) + 1e-6)) @ table + held
        whole = whole - np.linalg.solve(curve, slope)
    return whole


def left_out(examples: Sequence[Example], hold: float) -> Array:
    """Odds of each example by weights that were fitted without its family."""
    odds = np.zeros(len(examples))
    for family in sorted({one.family for one in examples}):
        fit = fitted([one for one in examples if one.family != family], hold)
        for number, one in enumerate(examples):
            if one.family == family:
                odds[number] = fit.odds(one)
    return odds


def auc(low: Array, high: Array) -> float:
    """How often one of `high` exceeds one of `low`, ties counting half."""
    above = np.subtract.outer(high, low)
    return float(((above > 0) + 0.5 * (above == 0)).mean())


def recall(low: Array, high: Array, alarms: float = 0.05) -> float:
    """Share of `high` above what the share `alarms` of `low` exceeds."""
    return float((high > np.quantile(low, 1 - alarms)).mean())
