"""Weights of the morph check's evidence: logistic regression on the frames that speak loudest, by families.

A thing is judged by the mean of its `TOP` highest frames; so each round of the fit (Newton's method, weights held
small) takes every thing at the frames that are highest by the last round's weights. What speaks for a morph weighs
nothing less than nothing. How strongly weights are held small is chosen by leaving out one family at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cleanplate.engines.void.morph.evidence import EXPECTED, NAMES
from cleanplate.engines.void.morph.score import TOP

Array = NDArray[np.float64]
HOLDS = (0.3, 1.0, 3.0)
_ROUNDS = 6
_NEWTON = 6
_SPEAKS = np.array([name not in EXPECTED for name in NAMES])


@dataclass(frozen=True)
class Example:
    """One thing: frames x names of evidence (none, where it cannot be judged), family, kind and weight."""

    evidence: Array
    family: str
    kind: str
    morphed: bool
    weight: float = 1.0


@dataclass(frozen=True)
class Fit:
    """Evidence less `usual`, over `spread`, times `weights`, plus `bias`: the logarithm of a morph's odds."""

    usual: Array
    spread: Array
    weights: Array
    bias: float

    def odds(self, example: Example) -> float:
        """Of a thing; even for one that cannot be judged."""
        if not len(example.evidence):
            return 0.0
        return float(np.mean(top(self.normal(example.evidence) @ self.weights))) + self.bias

    def normal(self, evidence: Array) -> Array:
        """Evidence in its usual spreads; what is not known is as usual."""
        return np.nan_to_num((evidence - self.usual) / self.spread)


def top(values: Array) -> Array:
    """The highest."""
    return np.sort(values)[-TOP:]


def fitted(examples: Sequence[Example], hold: float) -> Fit:
    """To examples of both kinds; those that cannot be judged are left out."""
    examples = [one for one in examples if len(one.evidence)]
    every = np.concatenate([one.evidence for one in examples])
    usual, spread = np.nanmean(every, axis=0), np.maximum(np.nanstd(every, axis=0), 1e-3)
    fit = Fit(usual, spread, np.zeros(every.shape[1]), 0.0)
    tables = [fit.normal(one.evidence) for one in examples]
    truth = np.array([one.morphed for one in examples], np.float64)
    counts = np.array([one.weight for one in examples])
    counts = np.where(truth == 1, counts / counts[truth == 1].sum(), counts / counts[truth == 0].sum())
    counts *= len(examples) / 2
    rows = np.array([table.mean(axis=0) for table in tables])
    whole = np.zeros(rows.shape[1] + 1)
    for _ in range(_ROUNDS):
        whole = 0.5 * whole + 0.5 * _one_sided(rows, truth, counts, hold)
        rows = np.array([table[np.argsort(table @ whole[:-1])[-TOP:]].mean(axis=0) for table in tables])
    whole = _one_sided(rows, truth, counts, hold)
    return Fit(usual, spread, whole[:-1], float(whole[-1]))


def _one_sided(rows: Array, truth: Array, counts: Array, hold: float) -> Array:
    """Weights and, last, the bias; evidence that would count against a morph is left out, the worst first."""
    free = np.ones(rows.shape[1], np.bool_)
    while True:
        whole = np.zeros(rows.shape[1] + 1)
        whole[np.append(free, True)] = _logistic(rows[:, free], truth, counts, hold)
        wrong = np.where(_SPEAKS, whole[:-1], 0.0)
        if wrong.min() >= 0:
            return whole
        free[int(np.argmin(wrong))] = False


def _logistic(rows: Array, truth: Array, counts: Array, hold: float) -> Array:
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
