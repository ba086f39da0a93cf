"""Maps made steady over time."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cleanplate.engines.void.lay.look import steadied

MAPS = arrays(np.float32, (3, 4), elements=st.floats(0, 1, width=32))


@given(MAPS, st.lists(MAPS, max_size=4))
def test_never_below_its_own_and_in_range(own: np.ndarray, around: list[np.ndarray]) -> None:
    steady = steadied(own, around)
    assert (steady >= own).all()
    assert steady.max() <= 1
    lone = steadied(own, [own] * len(around))
    np.testing.assert_allclose(lone, own, atol=1e-6)


def test_what_was_not_looked_at_says_nothing() -> None:
    unknown = np.full((2, 2), np.nan, np.float32)
    own = np.array([[0.2, np.nan], [0.0, 1.0]], np.float32)
    np.testing.assert_allclose(steadied(own, [unknown, unknown]), np.array([[0.2, 1.0], [0.0, 1.0]]), atol=1e-6)


def test_a_change_fades_over_its_neighbours() -> None:
    nothing, change = np.zeros((1, 1), np.float32), np.ones((1, 1), np.float32)
    fading = float(steadied(nothing, [change, nothing, nothing, nothing])[0, 0])
    assert 0 < fading < 0.3
