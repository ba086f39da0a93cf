"""A sparse call is the dense call with its keys masked; what is remembered stands where it was computed."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional

from cleanplate.models.mixture.config import MixtureConfig, layered, plain
from cleanplate.models.sparse.economy import Economy, Phase
from cleanplate.models.sparse.region import Region, grown, indices, surroundings, touched
from cleanplate.models.tokens.attention import attend
from cleanplate.models.tokens.memory import Memory, Share
from cleanplate.models.tokens.patches import Grid, to_patches
from drawn_models import BRANCHES, TINY, Inputs, drawn, vera

MODEL = vera()


def same(got: Tensor, expected: Tensor) -> None:
    torch.testing.assert_close(got, expected, rtol=0, atol=1e-5)


grids = st.tuples(st.integers(1, 4), st.integers(1, 7), st.integers(1, 7))
economies = st.builds(
    Economy, ring=st.integers(0, 2), ring_frames=st.integers(0, 1), near=st.none() | st.integers(1, 2)
)


@st.composite
def regions(draw: st.DrawFn) -> tuple[Grid, Region]:
    """A grid, and tokens of it that may change."""
    grid = draw(grids)
    total = grid[0] * grid[1] * grid[2]
    chosen = draw(st.sets(st.integers(0, total - 1), min_size=1, max_size=4))
    tokens = torch.zeros(total, dtype=torch.bool)
    tokens[list(chosen)] = True
    return grid, Region.of(tokens.view(grid), draw(economies))


@torch.inference_mode()
def run(inputs: Inputs, attention: Callable[..., Tensor] = attend, **options: Any) -> dict[str, Tensor]:
    """The model's answer as patches, B x L x P."""
    MODEL.attend = attention
    try:
        return {name: to_patches(video, (1, 2, 2)) for name, video in MODEL(*inputs.all, **options).items()}
    finally:
        MODEL.attend = attend


def masked(keys: Tensor) -> Callable[..., Tensor]:
    """Attention of the dense call that looks at these keys only, of the joint sequence."""

    def kernel(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        q, k, v = (part.transpose(1, 2) for part in (q, k, v))
        return functional.scaled_dot_product_attention(q, k, v, attn_mask=keys[None, None, None]).transpose(1, 2)

    return kernel


def looked_at(grid: Grid, region: Region) -> Tensor:
    """Over the joint sequence: edited tokens of every branch, and the composite's context."""
    length = grid[0] * grid[1] * grid[2]
    keys = torch.zeros(3, length, dtype=torch.bool)
    keys[:, region.edited] = True
    keys[BRANCHES.index("composite"), region.context] = True
    return keys.flatten()


@given(regions(), st.integers(0, 9))
@settings(max_examples=30)
def test_a_sparse_call_is_the_dense_call_with_keys_masked(case: tuple[Grid, Region], seed: int) -> None:
    grid, region = case
    inputs = Inputs(grid, seed, clips=2)
    dense = run(inputs, masked(looked_at(grid, region)))
    sparse = run(inputs, shares=region.shares(BRANCHES, Phase.FRESH), memory=Memory())
    for name in BRANCHES:
        same(sparse[name][:, region.edited], dense[name][:, region.edited])
    same(sparse["composite"][:, region.context], dense["composite"][:, region.context])
    outside = torch.ones(grid[0] * grid[1] * grid[2], dtype=torch.bool)
    outside[region.edited] = False
    assert not sparse["edit"][:, outside].any()
    assert not sparse["alpha"][:, outside].any()


@given(regions())
@settings(max_examples=10)
def test_what_was_just_computed_is_remembered_exactly(case: tuple[Grid, Region]) -> None:
    grid, region = case
    inputs, memory = Inputs(grid), Memory()
    fresh = run(inputs, shares=region.shares(BRANCHES, Phase.FRESH), memory=memory)
    reused = run(inputs, shares=region.shares(BRANCHES, Phase.REUSED), memory=memory)
    frozen = run(inputs, shares=region.shares(BRANCHES, Phase.FROZEN), memory=memory)
    assert set(frozen) == {"edit", "alpha"}
    for name, patches in fresh.items():
        same(reused[name][:, region.edited], patches[:, region.edited])
        if name in frozen:
            same(frozen[name], patches)


class Recorder:
    """The dense call's attention, block by block: keeps its keys and values, or puts others in their place."""

    def __init__(self, keys: Tensor, replaced: Tensor, past: list[tuple[Tensor, Tensor]] | None = None) -> None:
        self.seen: list[tuple[Tensor, Tensor]] = []
        self._mask, self._replaced, self._past = masked(keys), replaced[None, :, None, None], past

    def __call__(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        if self._past is not None:
            k, v = (
                torch.where(self._replaced, old, new)
                for old, new in zip(self._past[len(self.seen)], (k, v), strict=True)
            )
        self.seen.append((k, v))
        return self._mask(q, k, v)


@pytest.mark.parametrize("phase", [Phase.REUSED, Phase.FROZEN])
@given(case=regions())
@settings(max_examples=8)
def test_stale_context_stands_in_the_dense_call_too(phase: Phase, case: tuple[Grid, Region]) -> None:
    grid, region = case
    before, after, memory = Inputs(grid, 1), Inputs(grid, 2), Memory()
    keys, replaced = looked_at(grid, region), torch.zeros(3, grid[0] * grid[1] * grid[2], dtype=torch.bool)
    replaced[BRANCHES.index("composite"), region.context] = True
    if phase is Phase.FROZEN:
        replaced[BRANCHES.index("composite"), region.edited] = True
    past = Recorder(keys, replaced.flatten())
    run(before, past)
    dense = run(after, Recorder(keys, replaced.flatten(), past.seen))
    run(before, shares=region.shares(BRANCHES, Phase.FRESH), memory=memory)
    sparse = run(after, shares=region.shares(BRANCHES, phase), memory=memory)
    for name, patches in sparse.items():
        same(patches[:, region.edited], dense[name][:, region.edited])


@pytest.mark.parametrize(
    "config",
    [
        layered("own", **TINY),
        layered("shared", **TINY),
        layered("own", **TINY, one_tower=True),
        layered("none", **TINY, joint=False),
        plain(**TINY),
    ],
)
def test_other_mixtures_save_as_exactly(config: MixtureConfig) -> None:
    """Fresh and reused calls agree; a keeper that sees only itself, and all of that, gets what the dense call gives."""
    model, inputs, memory = drawn(config), Inputs((2, 3, 4)), Memory()
    names = tuple(branch.name for branch in config.branches)
    tokens = torch.zeros(2, 3, 4, dtype=torch.bool)
    tokens[0, 1, 1] = True
    region = Region.of(tokens, Economy(ring=0, ring_frames=0), keeper=names[-1])
    videos = dict.fromkeys(names, inputs.videos["edit"])
    call = (videos, inputs.time, inputs.text, {name: inputs.conditions[name] for name in config.conditions})
    with torch.inference_mode():
        dense = model(*call)
        fresh = model(*call, shares=region.shares(names, Phase.FRESH), memory=memory)
        reused = model(*call, shares=region.shares(names, Phase.REUSED), memory=memory)
    for name in names:
        again, before = (to_patches(answer[name], (1, 2, 2))[:, region.edited] for answer in (reused, fresh))
        same(again, before)
    if len(names) == 1 or not config.joint:
        same(fresh[names[-1]], dense[names[-1]])


def test_asking_for_everything_is_the_dense_call() -> None:
    inputs = Inputs((2, 3, 4))
    everything = Region.of(torch.ones(2, 3, 4, dtype=torch.bool), Economy())
    dense = run(inputs)
    for name, patches in run(inputs, shares=everything.shares(BRANCHES, Phase.FRESH), memory=Memory()).items():
        torch.testing.assert_close(patches, dense[name], rtol=0, atol=1e-6)


def test_context_and_its_age_make_a_difference() -> None:
    one = torch.zeros(2, 4, 4, dtype=torch.bool)
    one[0, 0, 0] = True
    region, memory = Region.of(one, Economy(ring=0, ring_frames=0)), Memory()
    run(Inputs((2, 4, 4), 1), shares=region.shares(BRANCHES, Phase.FRESH), memory=memory)
    now = Inputs((2, 4, 4), 2)
    stale = run(now, shares=region.shares(BRANCHES, Phase.REUSED), memory=memory)
    fresh = run(now, shares=region.shares(BRANCHES, Phase.FRESH), memory=Memory())
    alone = run(now, shares={name: Share(region.edited) for name in BRANCHES})
    for other in (stale, alone):
        assert (fresh["edit"] - other["edit"]).abs().max() > 1e-3


def test_a_frozen_branch_without_a_past_is_an_error() -> None:
    region = Region.of(torch.ones(1, 2, 2, dtype=torch.bool), Economy())
    with pytest.raises(KeyError):
        run(Inputs((1, 2, 2)), shares=region.shares(BRANCHES, Phase.FROZEN), memory=Memory())


@given(st.integers(1, 60), st.integers(1, 9), st.floats(0.01, 1.0))
def test_phases(steps: int, refresh: int, freeze: float) -> None:
    economy = Economy(refresh=refresh, freeze=freeze)
    phases = [economy.phase(step, steps) for step in range(steps)]
    assert phases[0] is Phase.FRESH
    frozen = [phase is Phase.FROZEN for phase in phases]
    assert frozen == sorted(frozen)
    if any(frozen):
        assert phases[frozen.index(True) - 1] is Phase.FRESH
    ages = [step for step, phase in enumerate(phases) if phase is Phase.FRESH]
    assert all(after - before <= refresh for before, after in pairwise(ages))


@given(regions(), st.integers(0, 2))
@settings(max_examples=30)
def test_context_thins_with_distance_and_leaves_no_hole(case: tuple[Grid, Region], near: int) -> None:
    grid, region = case
    edited = torch.zeros(grid, dtype=torch.bool)
    edited.view(-1)[region.edited] = True
    kept = surroundings(edited, near)
    assert not (kept & edited).any()
    assert torch.equal(surroundings(edited), ~edited)
    assert torch.equal(kept & grown(edited, near, near), ~edited & grown(edited, near, near))
    for place in edited.logical_not().nonzero():
        distance = int((place - edited.nonzero()).abs().amax(dim=1).min())
        step = next((s for s in (1, 2, 4) if distance <= near * s), 8)
        assert bool(kept[tuple(place)]) == (int(place[1]) % step == 0 and int(place[2]) % step == 0)


def test_a_token_is_touched_by_any_of_its_latents() -> None:
    mask = torch.zeros(2, 4, 6, dtype=torch.bool)
    mask[1, 3, 2] = True
    assert indices(touched(mask, (1, 2, 2))).tolist() == [6 + 3 + 1]
    assert indices(touched(mask, (2, 2, 2))).tolist() == [4]


def test_regions_that_make_no_sense() -> None:
    with pytest.raises(ValueError, match="no token"):
        Region.of(torch.zeros(1, 2, 2, dtype=torch.bool), Economy())
    with pytest.raises(ValueError, match="keep the context"):
        Region.of(torch.ones(1, 2, 2, dtype=torch.bool), Economy()).shares(("video",), Phase.FRESH)
    for wrong in ({"ring": -1}, {"refresh": 0}, {"freeze": 0.0}, {"freeze": 1.5}, {"near": -1}):
        with pytest.raises(ValueError, match=r"economy|distance"):
            Economy(**wrong)


def test_memory_says_what_it_holds() -> None:
    one = torch.zeros(2, 4, 4, dtype=torch.bool)
    one[0, 0, 0] = True
    region, memory = Region.of(one, Economy(ring=0, ring_frames=0)), Memory()
    run(Inputs((2, 4, 4)), shares=region.shares(BRANCHES, Phase.FRESH), memory=memory)
    config = MODEL.config
    assert memory.bytes == 2 * config.layers * config.dim * 4 * 32
