"""How far a set of pictures is from another one: a kernel distance (KID, Bińkowski et al. 2018), with its interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Features = NDArray[np.float64]
"""N x D, one row a picture."""


@dataclass(frozen=True)
class Interval:
    """A figure, and between what 95 % of resamplings lie."""

    value: float
    low: float
    high: float


def kernel_distance(made: Features, truth: Features) -> float:
    """Unbiased squared distance of means under the kernel (x.y / D + 1)^3: about 0 for two samples of one set.

    Raises:
        ValueError: fewer than two pictures in one of them.
    """
    if min(len(made), len(truth)) < 2:
        raise ValueError("a distance of sets needs two pictures of each")
    within = [
        (_kernel(one, one).sum() - np.diag(_kernel(one, one)).sum()) / (len(one) * (len(one) - 1))
        for one in (made, truth)
    ]
    return float(sum(within) - 2 * _kernel(made, truth).mean())


def kernel_interval(made: Features, truth: Features, *, seed: int = 0, rounds: int = 100) -> Interval:
    """The same, and its spread over random halves of both; rows drawn twice, as by bootstrap, would bias it."""
    rng = np.random.default_rng(seed)
    halves = [
        kernel_distance(*(one[rng.permutation(len(one))[: max(2, len(one) // 2)]] for one in (made, truth)))
        for _ in range(rounds)
    ]
    value = kernel_distance(made, truth)
    reach = 1.96 * float(np.std(halves))  # a half drawn without replacement varies as the whole does
    return Interval(value, value - reach, value + reach)


def mean_interval(
    values: NDArray[np.floating], weights: NDArray[np.floating] | None = None, *, seed: int = 0, rounds: int = 1000
) -> Interval:
    """Mean over clips, and by bootstrap over them (Efron 1979).

    Args:
        values: N, or S x N for S results of the same N clips, whose seeds are drawn anew, too. NaN are left out.
        weights: N, of the clips; all weigh the same without.
    """
    table = np.atleast_2d(np.asarray(values, np.float64))
    seeds, clips = table.shape
    weighing = np.ones(clips) if weights is None else np.asarray(weights, np.float64)
    rng = np.random.default_rng(seed)
    means = []
    for _ in range(rounds):
        rows, columns = rng.integers(seeds, size=seeds), rng.integers(clips, size=clips)
        means.append(_mean(table[np.ix_(rows, columns)], weighing[columns]))
    if np.isnan(value := _mean(table, weighing)):
        return Interval(value, value, value)
    low, high = np.nanpercentile(means, (2.5, 97.5))
    return Interval(value, float(low), float(high))


def _mean(table: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    """Of what is known in it, S x N by N; NaN where nothing is, or nothing weighs."""
    weighing = np.where(np.isnan(table), 0.0, weights)
    whole = float(weighing.sum())
    return float((np.nan_to_num(table) * weighing).sum()) / whole if whole else float("nan")


def _kernel(a: Features, b: Features) -> Features:
    return np.asarray((a @ b.T / a.shape[1] + 1) ** 3)
