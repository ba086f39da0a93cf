"""Leaving out blocks: never where it is forbidden, exactly what the polynomial says where not, and counted."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from cleanplate.models.sampling.question import Question
from cleanplate.models.sampling.sampler import Moment, sample
from cleanplate.models.sampling.settings import Sampling
from cleanplate.models.sparse.caching import Caching
from cleanplate.models.sparse.economy import Economy
from cleanplate.models.sparse.region import Region
from cleanplate.models.sparse.residuals import Residuals, polynomial, rows
from cleanplate.models.tokens.memory import Memory, Share
from drawn_models import BRANCHES, TINY, Inputs, vera

MODEL = vera()
SHAPE = (1, 4, 3, 8, 8)
ALWAYS = float("inf")


def gauss(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


NOISE = {name: gauss(*SHAPE, seed=place) for place, name in enumerate(BRANCHES)}
TEXT, NEGATIVE = gauss(1, 5, TINY["text_dim"], seed=7), gauss(1, 5, TINY["text_dim"], seed=8)
CONDITIONS = {"source": gauss(*SHAPE, seed=9)}
ASKED = Question(TEXT, NEGATIVE, CONDITIONS)
PLAIN = Sampling(steps=12, guidance=3, shift=3)


def draw(question: Question = ASKED, **changes: Any) -> tuple[dict[str, Tensor], Moment]:
    """The latents, and what was told last."""
    moments: list[Moment] = []
    made = sample(MODEL, NOISE, question, PLAIN.model_copy(update=changes), watch=moments.append)
    return made, moments[-1]


def farthest(one: dict[str, Tensor], other: dict[str, Tensor]) -> float:
    return max(float((one[name] - other[name]).abs().max()) for name in one)


def regional(economy: Economy) -> Question:
    tokens = torch.zeros(3, 4, 4, dtype=torch.bool)
    tokens[:, 1:3, 1:3] = True
    return Question(TEXT, NEGATIVE, CONDITIONS, region=Region.of(tokens, economy))


@pytest.mark.parametrize("batched", [False, True])
@pytest.mark.parametrize("economy", [None, Economy(ring=0, refresh=3, freeze=0.7)])
def test_a_threshold_of_zero_is_the_plain_path_to_the_bit(economy: Economy | None, batched: bool) -> None:
    question = regional(economy or Economy())
    plain, told = draw(question, economy=economy, batched=batched)
    cached, counted = draw(question, economy=economy, batched=batched, cache=Caching(threshold=0))
    assert all(torch.equal(cached[name], plain[name]) for name in BRANCHES)
    assert counted.skipped == told.skipped == 0
    assert counted.calls == told.calls == (12 if batched else 24)


@pytest.mark.parametrize("threshold", [ALWAYS, None])
@pytest.mark.parametrize("skips", [1, 3])
def test_most_in_a_row_and_warmup_are_kept(threshold: float | None, skips: int) -> None:
    _, told = draw(cache=Caching(threshold=threshold, warmup=4, skips=skips), guidance=1.0)
    left_out, row = 0, 0
    for step in range(12):
        row = row + 1 if step >= 4 and row < skips else 0
        left_out += row > 0
    assert (told.calls, told.skipped) == (12, left_out)


def test_a_higher_threshold_saves_more_and_costs_more() -> None:
    plain, _ = draw()
    made = [draw(cache=Caching(threshold=threshold, order=0)) for threshold in (0.0, 0.2, ALWAYS)]
    saved = [told.skipped for _, told in made]
    assert saved[0] < saved[1] < saved[2]
    assert 0 < farthest(made[1][0], plain) < farthest(made[2][0], plain)


@pytest.mark.parametrize("economy", [None, Economy(ring=0, refresh=3), Economy(ring=0, refresh=2, freeze=0.5)])
@pytest.mark.parametrize("threshold", [ALWAYS, None])
@pytest.mark.parametrize("guided", [1.0, 0.5])
def test_questions_asked_together_are_questions_asked_apart(
    economy: Economy | None, threshold: float | None, guided: float
) -> None:
    question, cache = regional(economy or Economy()), Caching(threshold=threshold, warmup=2, skips=2)
    apart, told = draw(question, economy=economy, cache=cache, guided=guided)
    together, both = draw(question, economy=economy, cache=cache, guided=guided, batched=True)
    assert farthest(together, apart) < 1e-4
    assert 0 < both.skipped < told.skipped < told.calls


class Listening:
    """Counts how often a block runs."""

    def __init__(self, block: torch.nn.Module) -> None:
        self.ran = 0
        self._handle = block.register_forward_pre_hook(self._count)

    def _count(self, *_: Any) -> None:
        self.ran += 1

    def close(self) -> None:
        self._handle.remove()


@pytest.mark.parametrize(("threshold", "first"), [(ALWAYS, 12), (None, 6)])
def test_blocks_that_are_left_out_do_not_run(threshold: float | None, first: int) -> None:
    heard = [Listening(block) for block in MODEL.blocks]
    try:
        draw(cache=Caching(threshold=threshold, warmup=2, skips=1), guidance=1.0, steps=10 + 2)
    finally:
        for listening in heard:
            listening.close()
    full = 12 - 5
    assert [listening.ran for listening in heard] == [12 if first == 12 else full, full, full]


def call(inputs: Inputs, time: float, residuals: Residuals | None, **more: Any) -> dict[str, Tensor]:
    with torch.inference_mode():
        answered: dict[str, Tensor] = MODEL(
            inputs.videos, torch.full((1,), time), inputs.text, inputs.conditions, residuals=residuals, **more
        )
    return answered


@pytest.mark.parametrize("threshold", [ALWAYS, None])
@pytest.mark.parametrize("order", [0, 1, 2])
def test_the_same_call_again_is_answered_as_before(threshold: float | None, order: int) -> None:
    inputs = Inputs((2, 3, 4))
    residuals = Residuals(Caching(threshold=threshold, order=order, warmup=1))
    fresh = call(inputs, 500, residuals)
    again = call(inputs, 500, residuals)
    assert residuals.skipped == 1
    assert farthest(again, fresh) < 1e-5


def test_a_call_that_must_remember_is_never_left_out() -> None:
    one = torch.zeros(2, 4, 4, dtype=torch.bool)
    one[0, 0, 0] = True
    region = Region.of(one, Economy(ring=0, ring_frames=0))
    residuals, memory = Residuals(Caching(threshold=None, warmup=1, skips=9)), Memory()
    storing = {name: Share(region.edited, {"here": slice(0, 1)}) for name in BRANCHES}
    looking = {name: Share(region.edited) for name in BRANCHES}
    skipped = []
    for time, shares in ((900, looking), (800, looking), (700, storing), (600, looking)):
        call(Inputs((2, 4, 4)), time, residuals, shares=shares, memory=memory)
        skipped.append(residuals.skipped)
    assert skipped == [0, 1, 1, 2]


def test_tokens_that_were_not_there_before_are_computed() -> None:
    residuals, inputs = Residuals(Caching(threshold=None, warmup=1, skips=9)), Inputs((2, 4, 4))
    few, more = (dict.fromkeys(BRANCHES, Share(torch.tensor(asked))) for asked in ([3, 1], [1, 5]))
    for shares in (few, more):
        call(inputs, 500, residuals, shares=shares)
    assert residuals.skipped == 0
    narrowed = call(inputs, 500, residuals, shares=dict.fromkeys(BRANCHES, Share(torch.tensor([5]))))
    assert residuals.skipped == 1
    expected = call(inputs, 500, None, shares=more)
    token = (slice(None), slice(None), 0, slice(2, 4), slice(2, 4))
    for name in BRANCHES:
        torch.testing.assert_close(narrowed[name][token], expected[name][token], rtol=0, atol=1e-5)


@given(
    st.lists(st.integers(0, 20), min_size=1, max_size=4, unique=True),
    st.lists(st.floats(-2, 2), min_size=4, max_size=4),
    st.integers(-5, 25),
)
def test_polynomials_are_carried_on_exactly(times: list[int], coefficients: list[float], at: int) -> None:
    def value(time: float) -> float:
        return sum(coefficients[power] * (time / 20) ** power for power in range(len(times)))

    factors = polynomial([float(time) for time in times], float(at))
    carried = sum(factor * value(time) for factor, time in zip(factors, times, strict=True))
    assert carried == pytest.approx(value(at), abs=1e-6 * max(1, *map(abs, factors)))
    assert sum(factors) == pytest.approx(1, abs=1e-6 * max(1, *map(abs, factors)))


@given(st.permutations(range(9)), st.sets(st.integers(0, 8), min_size=1))
def test_rows_are_found_in_any_order(had: list[int], wanted: set[int]) -> None:
    have, want = torch.tensor(had[:6]), torch.tensor(sorted(wanted))
    found = rows(have, want)
    if set(had[:6]) >= wanted:
        assert found is not None
        assert torch.equal(have[found], want)
    else:
        assert found is None
