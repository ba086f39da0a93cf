"""Tokens that are left out: what is computed is exact, what is not stays as it was, and killed runs end alike."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import drawn_void
from cleanplate.engines.void.padding import latents_of
from cleanplate.engines.void.sampler import Moment, Task, sample
from cleanplate.engines.void.sparing import Sparing, Tokens, may_change, tokens_of
from cleanplate.engines.void.velocity import Velocity
from cleanplate.engines.void.windows import windows
from cleanplate.masks.labels import AFFECTED, KEEP, REMOVE
from cleanplate.models.codecs.protocol import latents_touched
from cleanplate.models.sparse.economy import Economy
from cleanplate.models.sparse.region import touched
from cleanplate.models.void.config import PATCH, STRIDE
from cleanplate.models.void.joint import VoidTransformer
from cleanplate.models.void.rotary import rotary
from cleanplate.models.void.schedule import scheduler

CONFIG = drawn_void.CONFIG
FRAMES, ROWS, COLUMNS = 12, 8, 8
GRID = FRAMES // 2, ROWS // 2, COLUMNS // 2
BARE = Economy(ring=0, ring_frames=0, refresh=3)


def drawn(seed: int, *shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


TEXT, NEGATIVE = drawn(1, 1, 5, CONFIG.text_dim), drawn(2, 1, 5, CONFIG.text_dim)
NOISE, KNOWN = drawn(3, FRAMES, 4, ROWS, COLUMNS), drawn(4, FRAMES, 8, ROWS, COLUMNS)


@pytest.fixture(scope="module")
def transformer() -> VoidTransformer:
    return VoidTransformer(drawn_void.transformer()).requires_grad_(False)


def places(frames: int, rows: int, columns: int) -> tuple[Tensor, Tensor]:
    return rotary(CONFIG, frames, rows, columns)


def velocity(model: Any, sparing: Sparing | None = None, guidance: float = 1.0, *, batched: bool = False) -> Velocity:
    negative = NEGATIVE if guidance > 1 else None
    return Velocity(model, places, TEXT, negative, guidance=guidance, batched=batched, sparing=sparing)


def box() -> Tensor:
    tokens = torch.zeros(GRID, dtype=torch.bool)
    tokens[1:4, 1:3, 2:4] = True
    return tokens


def asked(made: Velocity, step: int, noise: Tensor = NOISE, time: int = 500) -> Tensor:
    with torch.inference_mode():
        return made(noise[None], KNOWN[None], time, Moment(step, 9, 0, 1))


@pytest.mark.parametrize(("guidance", "batched"), [(1.0, False), (4.0, False), (4.0, True)])
@pytest.mark.parametrize("near", [None, 1])
def test_right_after_a_whole_step_the_region_is_exact(
    transformer: VoidTransformer, guidance: float, batched: bool, near: int | None
) -> None:
    economy = Economy(ring=0, ring_frames=0, refresh=3, near=near)
    tokens = Tokens.of(box(), economy)
    spared = velocity(transformer, Sparing([tokens], economy), guidance, batched=batched)
    dense = asked(velocity(transformer, None, guidance, batched=batched), 0)
    torch.testing.assert_close(asked(spared, 0), dense, rtol=0, atol=1e-5)
    again = asked(spared, 1)
    if near is None:
        torch.testing.assert_close(again, dense, rtol=0, atol=1e-5)
    outside = ~tokens.inside(dense).expand_as(dense)
    torch.testing.assert_close(again[outside], dense[outside], rtol=0, atol=1e-5)


def test_a_region_of_everything_is_never_old(transformer: VoidTransformer) -> None:
    tokens = Tokens.of(torch.ones(GRID, dtype=torch.bool), BARE)
    spared = velocity(transformer, Sparing([tokens], BARE))
    first, other = asked(spared, 0), drawn(9, *NOISE.shape)
    torch.testing.assert_close(asked(spared, 1), first, rtol=0, atol=1e-5)
    words_aside, dense = asked(spared, 2, other), asked(velocity(transformer), 2, other)
    # all that is old are the words' keys and values
    assert 0 < (words_aside - dense).norm() < 0.2 * dense.norm()


def test_between_whole_steps_the_outside_stays_and_the_inside_moves(transformer: VoidTransformer) -> None:
    tokens = Tokens.of(box(), BARE)
    spared, other = velocity(transformer, Sparing([tokens], BARE)), drawn(9, *NOISE.shape)
    first = asked(spared, 0)
    second = asked(spared, 1, other)
    inside = tokens.inside(first).expand_as(first)
    assert torch.equal(second[~inside], first[~inside])
    assert not torch.isclose(second[inside], first[inside]).any()
    torch.testing.assert_close(asked(spared, 3, other), asked(velocity(transformer), 3, other), rtol=0, atol=1e-5)


def task(every: int, size: int = 8) -> Task:
    return Task(np.asarray(KNOWN), lambda: iter(NOISE), key="drawn", size=size, every=every)


def spared(transformer: VoidTransformer, economy: Economy, folder: Path | None = None) -> Velocity:
    parts = tokens_of(box(), windows(FRAMES, 8), economy)
    return velocity(transformer, Sparing(parts, economy, folder), guidance=2.0)


def test_whole_at_every_step_is_the_plain_path(transformer: VoidTransformer, tmp_path: Path) -> None:
    economy = Economy(refresh=1)
    made = sample(spared(transformer, economy), scheduler(4), task(1), tmp_path / "spared")
    plain = sample(velocity(transformer, guidance=2.0), scheduler(4), task(1), tmp_path / "plain")
    np.testing.assert_allclose(made, plain, rtol=0, atol=1e-4)


class StoppedError(Exception):
    """A kill."""


@pytest.mark.parametrize("after", [1, 5, 6, 8, 10])
def test_a_killed_run_goes_on_to_the_same_bytes(transformer: VoidTransformer, tmp_path: Path, after: int) -> None:
    whole = sample(spared(transformer, BARE), scheduler(5), task(3), tmp_path / "whole")
    told: list[Moment] = []

    def watch(moment: Moment) -> None:
        told.append(moment)
        if len(told) == after:
            raise StoppedError

    with pytest.raises(StoppedError):
        sample(spared(transformer, BARE), scheduler(5), task(3), tmp_path / "again", watch=watch)
    told.clear()
    folder = tmp_path / "kept"
    again = sample(spared(transformer, BARE, folder), scheduler(5), task(3), tmp_path / "again", watch=told.append)
    assert again.tobytes() == whole.tobytes()
    assert told[0].step == (after - 1) // 2 // 3 * 3
    assert len(list(folder.rglob("*-keys"))) == 2 * 2 * 2 * CONFIG.layers  # questions, windows, text and video


def test_nothing_can_be_looked_at_before_a_whole_step(transformer: VoidTransformer) -> None:
    made = velocity(transformer, Sparing([Tokens.of(box(), BARE)], BARE))
    with pytest.raises(KeyError):
        asked(made, 1)
    with pytest.raises(ValueError, match="frozen"):
        Sparing([], Economy(freeze=0.5))


def test_windows_without_a_change_are_computed_whole(transformer: VoidTransformer) -> None:
    made = velocity(transformer, Sparing([None], BARE))
    torch.testing.assert_close(asked(made, 1), asked(velocity(transformer), 1), rtol=0, atol=0)


def labels(frames: int) -> Sequence[np.ndarray[Any, np.dtype[np.uint8]]]:
    made = [np.full((48, 64), KEEP, np.uint8) for _ in range(frames)]
    made[0][3, 5] = REMOVE
    made[9][40:, 60:] = AFFECTED
    made[20][16, 16] = REMOVE
    return made


def test_tokens_are_those_that_a_changing_pixel_touches() -> None:
    frames = 29
    found = may_change(labels(frames), frames)
    mask = torch.from_numpy(np.stack(labels(frames)) != KEEP)
    assert torch.equal(found, touched(latents_touched(mask, STRIDE), PATCH))
    assert found.shape[0] == latents_of(frames) // 2
    with pytest.raises(ValueError, match=r"shorter|longer"):
        may_change(labels(frames), frames + 1)


def test_a_ring_reaches_into_the_next_window() -> None:
    tokens = torch.zeros(6, 4, 4, dtype=torch.bool)
    tokens[3, 1, 1] = True
    first, second = tokens_of(tokens, windows(12, 6, 0), Economy(ring=0, ring_frames=1))
    assert first is not None
    assert second is not None
    assert first.edited.tolist() == [2 * 16 + 5]
    assert second.edited.tolist() == [5, 16 + 5]
    counts = [len(first.edited), len(first.context), len(first.rest)]
    assert counts == [1, 47, 0]
    thinned = tokens_of(tokens, windows(12, 6, 0), Economy(ring=0, ring_frames=1, near=1))[0]
    assert thinned is not None
    assert len(thinned.edited) + len(thinned.context) + len(thinned.rest) == 48
    assert len(thinned.rest) > 0
