"""The convex relaxation against the exact discrete minimum, by trying every labelling of small grids."""

from collections.abc import Iterator
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cleanplate.select.classic_cut import Field, edge_weights, minimum_cut


def energy(labels: Field, log_odds: Field, weights: tuple[Field, Field]) -> float:
    across, down = weights
    cut = (across[:, :-1] * np.abs(np.diff(labels, axis=1))).sum() + (down[:-1] * np.abs(np.diff(labels, axis=0))).sum()
    return float(cut - (log_odds * labels).sum())


def every_labelling(height: int, width: int) -> Iterator[Field]:
    return (np.array(bits, np.float32).reshape(height, width) for bits in product((0, 1), repeat=height * width))


@settings(max_examples=12)
@given(
    hnp.arrays(np.float32, (3, 3), elements=st.floats(-2, 2, width=16)),
    hnp.arrays(np.float32, (2, 3, 3), elements=st.floats(0, 2, width=16)),
)
def test_reaches_the_exact_minimum(log_odds: Field, both: Field) -> None:
    weights = both[0], both[1]
    exact = min(energy(labels, log_odds, weights) for labels in every_labelling(3, 3))
    relaxed = minimum_cut(log_odds, weights, iterations=1500, settled=0.0)
    assert energy((relaxed > 0.5).astype(np.float32), log_odds, weights) == pytest.approx(exact, abs=1e-2)


def test_without_coupling_every_pixel_decides_alone() -> None:
    log_odds = np.random.default_rng(3).normal(size=(20, 30)).astype(np.float32)
    free = np.zeros_like(log_odds)
    assert ((minimum_cut(log_odds, (free, free)) > 0.5) == (log_odds > 0)).all()


def test_cut_follows_the_edge_of_the_picture() -> None:
    """The odds know the place to within ten pixels only; the edge says exactly where."""
    picture = np.zeros((60, 80, 3), np.float32)
    picture[:, 37:] = 40
    log_odds = np.tile(np.linspace(-1.0, 1.2, 80, dtype=np.float32), (60, 1))
    labels = minimum_cut(log_odds, edge_weights(picture, 3.0), iterations=500) > 0.5
    assert (labels == (np.arange(80) >= 37)).all()


def test_weights_are_lowest_across_the_edge_and_stay_within_their_bounds() -> None:
    picture = np.random.default_rng(0).normal(0, 1, (40, 40, 3)).astype(np.float32)
    picture[:, 20:] += 30
    across, down = edge_weights(picture, 3.0, floor=0.1)
    assert across[:, 19].max() < across[:, :19].min()
    assert (across[:, :-1] >= 0.3 - 1e-6).all()
    assert max(across.max(), down.max()) <= 3.0
    assert not across[:, -1].any()
    assert not down[-1].any()
