"""What a window is said to cost, against the tokens that region compute picks."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cleanplate.engines.learned.region import region_of
from cleanplate.engines.vera.cost import Load, Way, memory, seconds
from cleanplate.models.catalogue.table import MODELS
from cleanplate.models.footprint import Region as Parts
from cleanplate.models.running.settings import Running
from cleanplate.models.sampling.settings import Sampling
from cleanplate.models.sparse.economy import Economy
from cleanplate.models.sparse.region import Region

GRID = (5, 24, 40)
SYSTEM = MODELS["vera-1.3b"].system
WAY = Way(Sampling(economy=Economy()), Running(), "cpu", threads=2)


@given(
    rows=st.integers(1, 10),
    columns=st.integers(1, 12),
    ring=st.integers(0, 2),
    near=st.sampled_from([None, 1, 2, 3]),
)
def test_a_box_costs_as_many_tokens_as_it_has(rows: int, columns: int, ring: int, near: int | None) -> None:
    economy = Economy(ring=ring, ring_frames=0, near=near)
    said = region_of([(rows, columns)] * GRID[0], GRID, economy)
    tokens = torch.zeros(GRID, dtype=torch.bool)
    first = ((GRID[1] - rows) // 2, (GRID[2] - columns) // 2)
    tokens[:, first[0] : first[0] + rows, first[1] : first[1] + columns] = True
    region = Region.of(tokens, economy)
    assert said.edited == pytest.approx(len(region.edited) / tokens.numel())
    assert said.context == pytest.approx(len(region.context) / tokens.numel(), rel=0.001 if near is None else 0.35)


def test_frames_without_a_region_cost_nothing_but_context() -> None:
    said = region_of([(4, 4), (0, 0)], GRID, Economy(ring=0))
    assert said.edited == pytest.approx(8 / 960)
    assert said.context == pytest.approx(1 - 8 / 960)


def test_a_larger_region_takes_longer_and_more() -> None:
    loads = [Load(GRID, Parts(part, 1 - part), 10_000) for part in (0.1, 0.3, 1.0)]
    for figure in (seconds, memory):
        figures = [figure(SYSTEM, load, WAY) for load in loads]
        assert figures == sorted(figures)
    whole = Load(GRID, None, 10_000)
    assert seconds(SYSTEM, whole, WAY) == pytest.approx(seconds(SYSTEM, loads[-1], WAY))


def test_a_context_that_is_seldom_computed_takes_less_time() -> None:
    load = Load(GRID, Parts(0.1, 0.9), 10_000)
    ways = [Way(Sampling(economy=Economy(refresh=often)), Running(), "cpu") for often in (1, 4, 16)]
    figures = [seconds(SYSTEM, load, way) for way in ways]
    assert figures == sorted(figures, reverse=True)
