"""The order of the examples follows from the seed alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleanplate.errors import UsageError
from cleanplate.train.order import Order, Portion, Purpose, drawn
from cleanplate.train.rates import factor

small = st.integers(1, 9)


@given(small, st.integers(0, 5), st.integers(0, 20), small, small)
def test_processes_share_the_very_batch_that_one_would_take(
    count: int, seed: int, step: int, part: int, ranks: int
) -> None:
    order, batch = Order(count, seed), part * ranks
    portions = [Portion(batch, rank, ranks) for rank in range(ranks)]
    shares = [place for portion in portions for place in order.share(step, portion)]
    assert shares == order.share(step, Portion(batch))
    assert [number for portion in portions for number in range(batch)[portion.within]] == list(range(batch))
    assert [place.position for place in shares] == list(range(step * batch, (step + 1) * batch))


@given(small, st.integers(0, 5), st.integers(0, 3))
def test_every_epoch_shows_every_example_once(count: int, seed: int, epoch: int) -> None:
    order = Order(count, seed)
    seen = [order.at(epoch * count + place).example for place in range(count)]
    assert sorted(seen) == list(range(count))


def test_epochs_and_seeds_differ() -> None:
    def epoch(seed: int, number: int) -> list[int]:
        return [Order(50, seed).at(number * 50 + place).example for place in range(50)]

    assert epoch(0, 0) != epoch(0, 1)
    assert epoch(0, 0) != epoch(1, 0)


def test_a_batch_that_processes_cannot_divide_is_refused() -> None:
    with pytest.raises(UsageError, match="3 processes do not divide a batch of 4"):
        Portion(4, 0, 3)


def test_streams_are_apart() -> None:
    first = {float(drawn(0, purpose, 0).random()) for purpose in Purpose}
    assert len(first) == len(Purpose)
    assert drawn(1, Purpose.CUT, 2).random() == drawn(1, Purpose.CUT, 2).random()


def test_rates_rise_and_fall() -> None:
    assert [factor(step, 100, 4, "constant") for step in range(6)] == [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]
    assert factor(4, 104, 4, "cosine") == 1.0
    assert factor(54, 104, 4, "cosine") == pytest.approx(0.5)
    assert factor(103, 104, 4, "cosine") < 0.001
    assert factor(0, 10, 0, "cosine") == 1.0
