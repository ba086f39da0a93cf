"""What warped noise must be in every frame, and between frames, measured.

Every bound is set so that noise that is truly white crosses any bound of a test for one seed in a million.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from statistics import NormalDist

import cv2
import numpy as np
import pytest
from drawn_flows import FlowField, shift, slab, turbulence, zoom
from numpy.typing import NDArray

from cleanplate.motion.noise.field import advance, fresh_field
from cleanplate.motion.noise.paths import OUTSIDE, Paths, find_paths
from cleanplate.motion.noise.stream import gathered, warped_fields, warped_latents
from cleanplate.motion.warp import flow_warp

SIZE = (128, 224)
LATENT = (16, 28)
FRAMES = 13
REACH = 4
FALSE_ALARM = 1e-6

MOTIONS: dict[str, Callable[[int], FlowField]] = {
    "still": lambda frame: shift(*SIZE, 0, 0),
    "slow": lambda frame: shift(*SIZE, 0.3, -0.2),
    "growing": lambda frame: zoom(*SIZE, 1.03),
    "shrinking": lambda frame: zoom(*SIZE, 0.97),
    "turbulent": lambda frame: turbulence(*SIZE, 3.0, seed=frame),
    "occluding": lambda frame: slab(*SIZE, (30, 20 + 6 * frame, 100, 90 + 6 * frame), 6),
    "wild": lambda frame: np.random.default_rng(frame).normal(0, 9, (*SIZE, 2)).astype(np.float32),
}


def flows(name: str) -> Iterator[FlowField]:
    return (MOTIONS[name](frame) for frame in range(FRAMES - 1))


def errors(checks: int) -> float:
    """Standard errors that none of so many checks of white noise passes, but for the false alarms."""
    return -NormalDist().inv_cdf(FALSE_ALARM / 2 / checks)


def lags() -> list[tuple[int, int]]:
    """Half of the neighbourhood: the other half has the same correlations."""
    return [(dy, dx) for dy in range(REACH) for dx in range(-REACH + 1, REACH) if dy > 0 or dx > 0]


def whiteness(noise: NDArray[np.float32]) -> dict[str, float]:
    """What of C x h x w noise is not as N(0, 1) would have it, in standard errors of white noise."""
    values = noise.astype(np.float64)
    count, height, width = values.size, *values.shape[1:]
    found = {
        "mean": values.mean() * np.sqrt(count),
        "variance": ((values**2).mean() - 1) * np.sqrt(count / 2),
        "kurtosis": ((values**4).mean() - 3) * np.sqrt(count / 96),
    }
    for dy, dx in lags():
        here = values[:, : height - dy, max(0, -dx) : width - max(0, dx)]
        there = values[:, dy:, max(0, dx) : width - max(0, -dx)]
        found[f"lag {dy}, {dx}"] = (here * there).mean() * np.sqrt(here.size)
    across = (values[:-1] * values[1:]).mean(axis=(1, 2)) * np.sqrt(height * width)
    return found | {f"channels {c}, {c + 1}": float(r) for c, r in enumerate(across)}


def is_white(noise: NDArray[np.float32], checks: int = 1) -> bool:
    found = whiteness(noise)
    return max(abs(value) for value in found.values()) < errors(checks * len(found))


@pytest.mark.parametrize("name", MOTIONS)
def test_every_frame_is_white_and_of_unit_variance(name: str) -> None:
    latents = list(warped_latents(flows(name), LATENT, seed=11))
    assert len(latents) == 4
    for latent in latents:
        assert latent.shape == (16, *LATENT)
        assert latent.dtype == np.float32
        assert is_white(latent, checks=4), whiteness(latent)


@pytest.mark.parametrize("name", ["growing", "shrinking", "turbulent", "wild"])
def test_the_cells_are_white_too(name: str) -> None:
    *_, last = warped_fields(flows(name), SIZE, seed=12, channels=4)
    assert is_white(last.noise.transpose(2, 0, 1)), whiteness(last.noise.transpose(2, 0, 1))


def test_long_clips_do_not_drift_away_from_white() -> None:
    size = (48, 84)
    small = (zoom(*size, 1 + 0.04 * np.sin(frame)) + turbulence(*size, 1.0, frame) for frame in range(120))
    for frame, field in enumerate(warped_fields(small, size, seed=13, channels=8)):
        if frame % 40 == 0:
            assert is_white(field.noise.transpose(2, 0, 1), checks=4)
            assert np.isfinite(field.weight).all()
            assert field.weight.min() > 0


@pytest.mark.parametrize("kernel", [cv2.INTER_LINEAR, cv2.INTER_NEAREST])
def test_noise_warped_like_a_picture_fails_the_same_bounds(kernel: int) -> None:
    noise = np.random.default_rng(14).standard_normal((*SIZE, 4), np.float32)
    assert is_white(noise.transpose(2, 0, 1))
    warped = flow_warp(noise, -zoom(*SIZE, 1.1), kernel=kernel)
    assert not is_white(warped.transpose(2, 0, 1))


def correlation(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """Of two noises; the standard error is (1 - r²)/√N."""
    return float(np.corrcoef(a.ravel(), b.ravel())[0, 1])


def test_motion_under_half_a_cell_moves_the_noise_all_the_same() -> None:
    steps = [shift(96, 168, 0.3, -0.15)] * 40
    inner = (slice(20, -20), slice(20, -20))
    first, *_, last = warped_fields(steps, (96, 168), seed=15, channels=4)
    assert np.array_equal(last.noise[inner], np.roll(first.noise, (-6, 12), axis=(0, 1))[inner])
    # The published rule rounds it away.
    first, *_, last = warped_fields(steps, (96, 168), seed=15, channels=4, published=True)
    assert np.array_equal(last.noise, first.noise)


@pytest.mark.parametrize("speed", [0.25, 0.5, 1.0, 1.5, 2.0])
def test_latents_correlate_by_the_cells_that_they_share(speed: float) -> None:
    # Four frames move the field by 4·speed of the 8 cells of a sample: so much goes to the next sample.
    first, second = warped_latents([shift(*SIZE, speed, 0)] * 4, LATENT, seed=16)
    part = 4 * speed / 8
    inner = second[:, :, 2:-2]
    bound = errors(2 * 5) / np.sqrt(inner.size)
    assert abs(correlation(inner, first[:, :, 2:-2]) - (1 - part)) < bound
    assert abs(correlation(inner, first[:, :, 1:-3]) - part) < bound
    if part == 1:
        assert np.allclose(inner, first[:, :, 1:-3], atol=1e-5)


def step(flow: FlowField) -> tuple[NDArray[np.float32], NDArray[np.float32], Paths]:
    before = fresh_field(*SIZE, 8, np.random.default_rng(17))
    after = advance(before, flow, np.random.default_rng(18))
    return before.noise.reshape(-1, 8), after.noise.reshape(-1, 8), find_paths(flow)


def test_where_the_picture_grows_copies_keep_the_root_of_their_share() -> None:
    before, after, paths = step(zoom(*SIZE, 1.06))
    came = np.full(len(before), OUTSIDE)
    came[paths.target] = paths.source
    came[paths.holes] = paths.origin
    # What an area gains by growth must be copies; each of k correlates with its original by 1/√k.
    assert len(paths.holes) / len(before) == pytest.approx(1 - 1 / 1.06**2, rel=0.2)
    copies = np.bincount(came)
    assert correlation(after, before[came]) == pytest.approx(np.sqrt(copies).sum() / copies.sum(), abs=0.002)


def test_where_the_picture_shrinks_those_that_meet_are_heard_alike() -> None:
    before, after, paths = step(zoom(*SIZE, 0.94))
    assert (paths.arrivals > 1).mean() == pytest.approx(1 - 0.94**2, rel=0.2)
    expected = np.sqrt(paths.arrivals).sum() / len(before)
    assert correlation(after[paths.target], before[paths.source]) == pytest.approx(expected, abs=0.002)


def test_a_thing_takes_its_noise_along_over_still_ground() -> None:
    slides = [slab(*SIZE, (32, 48 + 8 * k, 96, 112 + 8 * k), 8) for k in range(8)]
    first, *_, last = warped_fields(slides, SIZE, seed=19)
    # Where the thing stood, ground is uncovered that copies the eight columns beside it; its front lies over ground.
    assert np.array_equal(last.noise[32:96, 112:168], first.noise[32:96, 48:104])
    ground = np.ones(SIZE, bool)
    ground[32:96, 40:176] = False
    assert np.array_equal(last.noise[ground], first.noise[ground])
    assert is_white(gathered(last.noise, 8))
