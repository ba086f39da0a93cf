"""VOID's sampler: golden windows, and its trajectory against plain diffusers calls and a straightforward blend."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import CogVideoXTransformer3DModel, DDIMScheduler
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

import drawn_void
from cleanplate.engines.void.latents import Course, mapped, room, size_on_disk, stored
from cleanplate.engines.void.noise import latent_noise
from cleanplate.engines.void.sampler import Ask, Moment, Task, blend, sample
from cleanplate.engines.void.velocity import Velocity
from cleanplate.engines.void.windows import windows
from cleanplate.errors import CleanplateError
from cleanplate.models.void.config import VoidConfig
from cleanplate.models.void.rotary import rotary
from cleanplate.models.void.schedule import scheduler

CONFIG = VoidConfig(
    heads=2, head_dim=16, layers=2, channels=4, in_channels=12, text_dim=8, time_dim=8, rows=16, columns=16, tokens=5
)
ROWS, COLUMNS, STEPS = 4, 6, 4
TEXT, NEGATIVE = (torch.randn((1, 5, 8), generator=torch.Generator().manual_seed(n)) for n in (1, 2))


@pytest.fixture(scope="module")
def transformer() -> CogVideoXTransformer3DModel:
    return drawn_void.transformer(CONFIG)


def drawn(seed: int, *shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def places(frames: int, rows: int, columns: int) -> tuple[Tensor, Tensor]:
    return rotary(CONFIG, frames, rows, columns)


def velocity(model: Any, guidance: float = 1.0, *, batched: bool = False) -> Velocity:
    return Velocity(model, places, TEXT, NEGATIVE if guidance > 1 else None, guidance=guidance, batched=batched)


def task(frames: int, noise: Tensor, **windows: int) -> Task:
    known = np.asarray(drawn(7, frames, 8, ROWS, COLUMNS))
    return Task(known, lambda: iter(noise), key="drawn", **windows)


def plain_scheduler() -> DDIMScheduler:
    """Of the specification's own numbers."""
    made = DDIMScheduler(
        num_train_timesteps=1000,
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        prediction_type="v_prediction",
        rescale_betas_zero_snr=True,
        set_alpha_to_one=True,
        timestep_spacing="trailing",
        clip_sample=False,
    )
    made.set_timesteps(STEPS)
    return made


def plain_step(model: Any, x: Tensor, known: Tensor, time: Tensor, guidance: float) -> Tensor:
    """One window, as diffusers' pipelines do it."""
    made = plain_scheduler()
    texts = [NEGATIVE, TEXT] if guidance > 1 else [TEXT]
    given = torch.cat([torch.cat([x, known], dim=2)] * len(texts))
    v = model(
        hidden_states=given,
        encoder_hidden_states=torch.cat(texts),
        timestep=time.expand(len(texts)),
        image_rotary_emb=places(x.shape[1], ROWS, COLUMNS),
        return_dict=False,
    )[0]
    if guidance > 1:
        no, yes = v.chunk(2)
        v = no + guidance * (yes - no)
    moved: Tensor = made.step(v, int(time), x).prev_sample
    return moved


@torch.no_grad()
def plain_trajectory(model: Any, noise: Tensor, known: Tensor, spans: list[tuple[int, int]], guidance: float) -> Tensor:
    """Whole canvases of values and weights, as the specification words it."""
    x, n = noise[None], len(noise)
    for time in plain_scheduler().timesteps:
        values, weights = torch.zeros_like(x), torch.zeros(n)
        for start, stop in spans:
            moved = plain_step(model, x[:, start:stop], known[None, start:stop], time, guidance)
            weight = torch.ones(stop - start)
            if start > 0:
                weight[:4] = torch.tensor([0.2, 0.4, 0.6, 0.8])
            if stop < n:
                weight[-4:] = torch.tensor([0.8, 0.6, 0.4, 0.2])
            values[:, start:stop] += weight.view(1, -1, 1, 1, 1) * moved
            weights[start:stop] += weight
        x = values / weights.view(1, -1, 1, 1, 1)
    return x[0]


@pytest.mark.parametrize(
    ("latents", "expected"),
    [
        (22, [(0, 22)]),
        (24, [(0, 22), (18, 24)]),
        (26, [(0, 22), (18, 26)]),
        (34, [(0, 22), (18, 34)]),
        (50, [(0, 22), (18, 40), (36, 50)]),
    ],
)
def test_windows_are_the_published_ones(latents: int, expected: list[tuple[int, int]]) -> None:
    found = windows(latents)
    assert [(window.start, window.stop) for window in found] == expected
    np.testing.assert_allclose(found[0].weights[-4:], [0.8, 0.6, 0.4, 0.2] if len(found) > 1 else 1, atol=1e-7)
    for window in found[1:]:
        np.testing.assert_allclose(window.weights[:4], [0.2, 0.4, 0.6, 0.8], atol=1e-7)


@given(st.integers(1, 200), st.sampled_from([(22, 4), (6, 2), (4, 2), (8, 4), (2, 0)]))
def test_weights_of_windows_add_up_to_one(pairs: int, shape: tuple[int, int]) -> None:
    found = windows(2 * pairs, *shape)
    total = np.zeros(2 * pairs)
    for window in found:
        assert (window.stop - window.start) % 2 == 0
        assert window.stop - window.start <= shape[0]
        total[window.place] += window.weights
    np.testing.assert_allclose(total, 1, atol=1e-6)


@pytest.mark.parametrize(
    ("latents", "size", "overlap"), [(23, 22, 4), (24, 21, 4), (24, 22, 3), (24, 6, 4), (0, 22, 4)]
)
def test_windows_that_patches_cannot_divide_are_refused(latents: int, size: int, overlap: int) -> None:
    with pytest.raises(ValueError, match="even numbers"):
        windows(latents, size, overlap)


@pytest.mark.parametrize("guidance", [1.0, 6.0])
@pytest.mark.parametrize("batched", [False, True])
def test_one_window_is_a_plain_loop_of_diffusers(
    transformer: Any, tmp_path: Path, guidance: float, batched: bool
) -> None:
    noise = drawn(3, 6, 4, ROWS, COLUMNS)
    asked = task(6, noise)
    made = sample(velocity(transformer, guidance, batched=batched), scheduler(STEPS), asked, tmp_path)
    wanted = plain_trajectory(transformer, noise, torch.from_numpy(asked.known), [(0, 6)], guidance)
    np.testing.assert_allclose(made, wanted.numpy(), rtol=0, atol=1e-5)


@pytest.mark.parametrize(("latents", "spans"), [(20, [(0, 12), (8, 20)]), (22, [(0, 12), (8, 20), (16, 22)])])
def test_several_windows_are_blended_as_on_whole_canvases(
    transformer: Any, tmp_path: Path, latents: int, spans: list[tuple[int, int]]
) -> None:
    noise = drawn(4, latents, 4, ROWS, COLUMNS)
    asked = task(latents, noise, size=12)
    made = sample(velocity(transformer, 2.0), scheduler(STEPS), asked, tmp_path)
    wanted = plain_trajectory(transformer, noise, torch.from_numpy(asked.known), spans, 2.0)
    np.testing.assert_allclose(made, wanted.numpy(), rtol=0, atol=1e-5)


class StoppedError(Exception):
    """A kill."""


@pytest.mark.parametrize("after", [1, 2, 5, 11])
def test_a_killed_run_goes_on_to_the_same_bytes(transformer: Any, tmp_path: Path, after: int) -> None:
    noise = drawn(5, 22, 4, ROWS, COLUMNS)
    asked = task(22, noise, size=12)
    whole = sample(velocity(transformer), scheduler(STEPS), asked, tmp_path / "whole")
    told: list[Moment] = []

    def watch(moment: Moment) -> None:
        told.append(moment)
        if len(told) == after:
            raise StoppedError

    with pytest.raises(StoppedError):
        sample(velocity(transformer), scheduler(STEPS), asked, tmp_path / "again", watch=watch)
    first = len(told)
    again = sample(velocity(transformer), scheduler(STEPS), asked, tmp_path / "again", watch=told.append)
    assert again.tobytes() == whole.tobytes()
    assert len(told) - first == 3 * STEPS - after // 3 * 3
    assert told[-1] == Moment(STEPS - 1, STEPS, 2, 3)


def test_another_run_in_the_same_folder_begins_anew(transformer: Any, tmp_path: Path) -> None:
    noise = drawn(5, 6, 4, ROWS, COLUMNS)
    sample(velocity(transformer), scheduler(STEPS), task(6, noise), tmp_path)
    counted: list[Moment] = []
    sample(velocity(transformer), scheduler(STEPS), task(6, noise), tmp_path, watch=counted.append)
    assert counted == []
    other = np.array(sample(velocity(transformer), scheduler(2), task(6, noise), tmp_path, watch=counted.append))
    assert len(counted) == 2
    assert np.abs(other).max() > 0


def test_the_seed_alone_decides_the_noise(tmp_path: Path) -> None:
    one, same, other = (torch.stack([*latent_noise(seed, 0, (6, 4, 8, 8))]) for seed in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    assert not torch.equal(one, torch.stack([*latent_noise(1, 1, (6, 4, 8, 8))]))
    longer = torch.stack([*latent_noise(1, 0, (10, 4, 8, 8))])
    assert torch.equal(longer[:6], one)
    assert abs(float(longer.mean())) < 0.05
    assert abs(float(longer.std()) - 1) < 0.05


def answering(value: float) -> Ask:
    return lambda noisy, known, time, moment: torch.full_like(noisy, value)


def test_what_is_no_number_stops_the_run(tmp_path: Path) -> None:
    with pytest.raises(CleanplateError, match="step 1 left numbers"):
        sample(answering(float("nan")), scheduler(2), task(6, drawn(1, 6, 4, ROWS, COLUMNS)), tmp_path)


def test_an_empty_result_is_no_result(tmp_path: Path) -> None:
    with pytest.raises(CleanplateError, match="empty"):
        sample(answering(0), scheduler(2), task(6, torch.zeros(6, 4, ROWS, COLUMNS)), tmp_path)


def test_odd_latents_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="patches of two"):
        sample(answering(0), scheduler(2), Task(np.zeros((6, 8, 3, 4), np.float32), lambda: iter(()), "k"), tmp_path)
    with pytest.raises(ValueError, match="even numbers"):
        sample(answering(0), scheduler(2), task(7, drawn(1, 7, 4, ROWS, COLUMNS)), tmp_path)


def test_guidance_needs_something_to_lead_away_from() -> None:
    with pytest.raises(ValueError, match="negative text"):
        Velocity(None, places, TEXT, guidance=6.0)


def test_half_precision_is_the_transformers_alone() -> None:
    seen: list[torch.dtype] = []

    def model(hidden_states: Tensor, **others: Any) -> tuple[Tensor]:
        seen.append(hidden_states.dtype)
        return (hidden_states[:, :, :4],)

    made = Velocity(model, places, TEXT, dtype=torch.bfloat16)
    now = Moment(0, 1, 0, 1)
    assert made(drawn(1, 1, 2, 4, 4, 4), drawn(2, 1, 2, 8, 4, 4), 999, now).dtype == torch.float32
    assert seen == [torch.bfloat16]


def test_latents_on_disk_are_whole_or_not_there(tmp_path: Path) -> None:
    shape = (3, 4, 2, 2)
    frames = drawn(1, *shape)
    path = tmp_path / "latents.npy"
    assert np.array_equal(stored(iter(frames), shape, path), frames.numpy())
    assert path.stat().st_size == size_on_disk(shape)
    for every, files in ((1, 2), (2, 3), (4, 3)):
        assert room(shape, every) == files * size_on_disk(shape) + size_on_disk((3, 8, 2, 2))
    assert isinstance(mapped(path), np.memmap)

    def failing() -> Iterator[Tensor]:
        yield frames[0]
        raise StoppedError

    with pytest.raises(StoppedError):
        stored(failing(), shape, tmp_path / "other.npy")
    for wrong in (frames[:2], drawn(1, 3, 4, 2, 3)):
        with pytest.raises(ValueError, match=r"shorter|asked for"):
            stored(iter(wrong), shape, tmp_path / "other.npy")
    assert [file.name for file in tmp_path.iterdir()] == ["latents.npy"]


def test_a_damaged_record_is_named(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text("{")
    with pytest.raises(CleanplateError, match="no record of a run"):
        Course.begun(tmp_path, iter(()), (2, 1, 1, 1), "key")


def test_blending_reads_only_what_windows_share() -> None:
    onto = np.full((34, 1, 1, 1), np.nan, np.float32)
    for window in windows(34):
        blend(onto, window, np.full((window.stop - window.start, 1, 1, 1), 3, np.float32))
    np.testing.assert_allclose(onto, 3, atol=1e-6)
