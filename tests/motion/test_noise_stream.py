"""A clip's warped noise as it is handed out: order, seeds, memory, sizes, blending, and the published resampling."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from itertools import islice

import cv2
import numpy as np
import pytest
from drawn_flows import FlowField, shift, turbulence
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from cleanplate.errors import InputError
from cleanplate.motion.flow import make_flow
from cleanplate.motion.noise.blend import degraded, degraded_as_published, degraded_latents, published_std
from cleanplate.motion.noise.published import (
    FIELD_SIZE,
    frames_looked_at,
    latents_from,
    looked_at,
    published_latents,
    stretched,
)
from cleanplate.motion.noise.stream import flows_between, gathered, scaled_flow, warped_latents

SIZE = (48, 80)
LATENT = (6, 10)


def swirl(count: int) -> Iterator[FlowField]:
    return (turbulence(*SIZE, 2.0, seed=frame) for frame in range(count))


@pytest.mark.parametrize(("frames", "latents"), [(1, 1), (5, 2), (45, 12), (85, 22), (101, 26), (197, 50)])
def test_latent_n_is_frame_4n_of_clips_of_any_length(frames: int, latents: int) -> None:
    still = (np.zeros((8, 8, 2), np.float32) for _ in range(frames - 1))
    assert len(list(warped_latents(still, (1, 1), seed=0, channels=1))) == latents


def test_same_seed_same_noise_and_nothing_depends_on_what_comes_later() -> None:
    whole = list(warped_latents(swirl(8), LATENT, seed=5))
    again = list(warped_latents(swirl(8), LATENT, seed=5))
    part = list(warped_latents(swirl(4), LATENT, seed=5))
    other = list(warped_latents(swirl(8), LATENT, seed=6))
    assert all(np.array_equal(a, b) for a, b in zip(whole, again, strict=True))
    assert all(np.array_equal(a, b) for a, b in zip(whole, part, strict=False))
    assert not np.array_equal(whole[0], other[0])


def test_threads_change_nothing() -> None:
    results = []
    threads = cv2.getNumThreads()
    for count in (1, 2, 5):
        cv2.setNumThreads(count)
        coarse = (scaled_flow(flow, (24, 40)) for flow in swirl(4))
        results.append([latent.tobytes() for latent in warped_latents(coarse, LATENT, seed=7)])
    cv2.setNumThreads(threads)
    assert results[0] == results[1] == results[2]


def test_flows_are_asked_for_as_they_are_needed() -> None:
    asked: list[int] = []

    def flows() -> Iterator[FlowField]:
        for frame in range(100):
            asked.append(frame)
            yield shift(*SIZE, 1, 0)

    assert len(list(islice(warped_latents(flows(), LATENT, seed=0), 3))) == 3
    assert len(asked) == 8


def peak(frames: int) -> int:
    tracemalloc.start()
    for _ in warped_latents((shift(*SIZE, 0.3, 0) for _ in range(frames)), LATENT, seed=8, channels=4):
        pass
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


def test_memory_does_not_grow_with_the_clip() -> None:
    peak(4)
    assert peak(48) < 1.05 * peak(12)


def test_a_flow_of_another_size_is_the_same_motion() -> None:
    assert np.allclose(scaled_flow(shift(10, 20, 1.5, -1), (30, 40)), (3, -3))
    assert scaled_flow(shift(10, 20, 1, 1), (10, 20)).shape == (10, 20, 2)
    coarse = list(warped_latents([shift(24, 40, 2, 0)] * 4, LATENT, seed=9))
    fine = list(warped_latents([shift(*SIZE, 4, 0)] * 4, LATENT, seed=9))
    assert all(np.array_equal(a, b) for a, b in zip(coarse, fine, strict=True))


@pytest.mark.parametrize(
    "flow",
    [np.full((*SIZE, 2), np.nan, np.float32), np.full((*SIZE, 2), np.inf, np.float32), np.zeros(SIZE, np.float32)],
)
def test_motion_that_is_none_is_refused(flow: NDArray[np.float32]) -> None:
    with pytest.raises(InputError, match=r"frame 2: a motion of shape .* moves no noise"):
        list(warped_latents([shift(*SIZE, 0, 0), flow], LATENT, seed=0))


@settings(max_examples=30)
@given(st.integers(1, 4), st.integers(1, 5), st.integers(1, 6), st.integers(1, 3))
def test_a_sample_is_the_sum_of_its_cells(height: int, width: int, cells: int, channels: int) -> None:
    noise = np.random.default_rng(1).standard_normal((height * cells, width * cells, channels), np.float32)
    found = gathered(noise, cells)
    for y in range(height):
        for x in range(width):
            block = noise[y * cells : (y + 1) * cells, x * cells : (x + 1) * cells].astype(np.float64)
            assert np.allclose(found[:, y, x], block.mean(axis=(0, 1)) * cells, atol=1e-5)


def test_noise_follows_a_texture_that_dis_follows() -> None:
    rng = np.random.default_rng(10)
    big = cv2.GaussianBlur(rng.normal(0, 1, (130, 300)).astype(np.float32), (0, 0), 2)
    big = cv2.normalize(big, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)
    pictures = (big[:128, 40 - 2 * n : 264 - 2 * n] for n in range(9))
    latents = list(warped_latents(flows_between(pictures, make_flow()), (16, 28), seed=11))
    assert len(latents) == 3
    # Two pixels a frame are one sample a latent: the noise of the first latent comes two samples further on.
    along = float((latents[2][:, 1:-1, 4:-2] * latents[0][:, 1:-1, 2:-4]).mean())
    across = float((latents[2][:, 1:-1, 4:-2] * latents[0][:, 1:-1, 4:-2]).mean())
    assert along > 0.9
    assert abs(across) < 0.1


# Degradation.


@pytest.mark.parametrize("gamma", [0.0, 0.1, 0.5, 1.0])
def test_degraded_noise_keeps_unit_variance(gamma: float) -> None:
    rng = np.random.default_rng(12)
    noise, fresh = rng.standard_normal((2, 16, 60, 90), np.float32)
    mixed = degraded(noise, fresh, gamma)
    bound = 5 * np.sqrt(2 / noise.size)
    assert abs(float((mixed**2).mean()) - 1) < bound
    keeps = (1 - gamma) / np.hypot(1 - gamma, gamma)
    assert abs(float((mixed * noise).mean()) - keeps) < bound


def test_the_published_degradation_raises_the_deviation_to_the_figures_of_the_spec() -> None:
    rng = np.random.default_rng(13)
    noise, fresh = rng.standard_normal((2, 16, 200, 200), np.float32)
    assert degraded_as_published(noise, fresh, 0.3).std() == pytest.approx(1.313, abs=0.003)
    assert published_std(0.3) == pytest.approx(1.313, abs=5e-4)
    drawn = [published_std(gamma) ** 2 for gamma in np.linspace(0, 0.3, 3001)]
    assert np.sqrt(np.mean(drawn)) == pytest.approx(1.162, abs=5e-4)


@pytest.mark.parametrize("gamma", [-0.1, 1.1, float("nan")])
def test_degradation_lies_between_nothing_and_all(gamma: float) -> None:
    with pytest.raises(ValueError, match=r"it lies in 0\.\.1"):
        degraded(np.zeros(3, np.float32), np.zeros(3, np.float32), gamma)


def test_latents_are_degraded_by_noise_of_their_own() -> None:
    zeros = [np.zeros((2, 8, 8), np.float32)] * 3
    a, b, c = degraded_latents(zeros, 1.0, seed=14)
    assert not np.array_equal(a, b)
    assert np.array_equal(next(degraded_latents(zeros, 1.0, seed=14)), a)
    frames = [np.random.default_rng([14, n]).standard_normal((2, 8, 8), np.float32) for n in range(3)]
    assert not any(np.array_equal(x, y) for x in (a, b, c) for y in frames)


# The published resampling: figures of the spec, sections 3.2 and 3.4.


def test_published_frames_and_latents() -> None:
    picks = [0, 3, 6, 10, 13, 16, 20, 23, 27, 30, 33, 37, 40, 43, 47, 50, 54, 57, 60, 64, 67, 71]
    assert latents_from(22).tolist() == picks
    frames = frames_looked_at(85)
    assert len(frames) == 72
    assert (frames[0], frames[-1]) == (0, 84)
    assert (np.abs(frames - np.arange(72) * 84 / 71) <= 0.5).all()
    assert frames_looked_at(46).max() == 45


def test_the_published_crop_loses_a_seventh_of_the_width() -> None:
    ramp = np.broadcast_to(np.arange(672) // 3, (384, 672)).astype(np.uint8)
    seen = looked_at(ramp)
    assert seen.shape == (240, 360)
    lost = (int(seen[0, 0]) * 3 / 672, 1 - (int(seen[0, -1]) * 3 + 3) / 672)
    assert np.allclose(lost, 1 / 14, atol=0.006)


def pulls(samples: int, wanted: int) -> NDArray[np.float32]:
    """What of each sample along one axis goes into each of those wanted (samples x wanted)."""
    return stretched(np.eye(samples, dtype=np.float32)[:, :, None], (wanted, 1))[:, :, 0]


def test_the_published_stretching_spoils_the_noise_by_the_figures_of_the_spec() -> None:
    # Exactly, from the interpolation's own weights; the spec's figures were measured on drawn noise.
    rows, columns = pulls(60, 48), pulls(90, 84)
    variance = [(axis**2).sum(axis=0).mean() for axis in (rows, columns)]
    assert np.sqrt(variance[0] * variance[1]) == pytest.approx(0.6607, abs=5e-4)
    beside = [(axis[:, 1:] * axis[:, :-1]).sum(axis=0).mean() for axis in (rows, columns)]
    assert beside[1] / variance[1] == pytest.approx(0.204, abs=1e-3)
    assert beside[0] / variance[0] == pytest.approx(0.116, abs=1e-3)


@pytest.mark.slow
def test_the_published_latents() -> None:
    flows = [shift(240, 360, 4, 0)] * 3
    first, second = islice(published_latents(flows, (60, 90), count=22, seed=15, channels=2), 2)
    assert FIELD_SIZE == (1920, 2880)
    assert first.shape == second.shape == (2, 60, 90)
    assert first.std() == pytest.approx(1, abs=0.05)
    # Four pixels of the flow's 360 are one sample of 90; the second latent is the field's fourth frame.
    assert np.allclose(second[:, :, 4:-4], first[:, :, 1:-7], atol=2e-3)
