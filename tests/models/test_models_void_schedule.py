"""VOID's noise levels, its solver and its rotary embedding, against golden values and diffusers' own."""

from __future__ import annotations

import pytest
import torch
from diffusers import CogVideoXDDIMScheduler
from hypothesis import given
from hypothesis import strategies as st

from cleanplate.models.void.config import PUBLISHED
from cleanplate.models.void.rotary import rotary
from cleanplate.models.void.schedule import SETTINGS, scheduler
from drawn_void import CONFIG

THIRTY = [
    *(999, 966, 932, 899, 866, 832, 799, 766, 732, 699, 666, 632, 599, 566, 532),
    *(499, 466, 432, 399, 366, 332, 299, 266, 232, 199, 166, 132, 99, 66, 32),
]
ALPHAS = {
    0: 0.99915000,
    19: 0.98101046,
    32: 0.96771746,
    99: 0.88808589,
    500: 0.24101878,
    899: 0.00303307,
    932: 0.00118416,
    933: 0.00114414,
    966: 0.00024754,
}


def test_golden_timesteps() -> None:
    assert scheduler(30).timesteps.tolist() == THIRTY
    fifty = scheduler(50).timesteps.tolist()
    assert fifty == list(range(999, 0, -20))
    assert (fifty[:2], fifty[-2:]) == ([999, 979], [39, 19])


def test_golden_alphas() -> None:
    """They were read off CogVideoX's own scheduler, which counts in 64 bits; DDIM's differs by 5e-7 at most."""
    made = scheduler(30)
    alphas = made.alphas_cumprod
    theirs = CogVideoXDDIMScheduler(**SETTINGS, snr_shift_scale=1.0).alphas_cumprod
    for time, alpha in ALPHAS.items():
        assert float(alphas[time]) == pytest.approx(alpha, abs=5e-7)
        assert float(theirs[time]) == pytest.approx(alpha, abs=1e-8)
    assert float(alphas[999]) == 0
    assert (float(made.final_alpha_cumprod), float(made.init_noise_sigma)) == (1, 1)


def test_a_step_by_hand() -> None:
    """From 966 in 30 steps it goes to the level of 933, though the next step is at 932; the last goes to no noise."""
    made, generator = scheduler(30), torch.Generator().manual_seed(0)
    sample, velocity = (torch.randn(2, 3, generator=generator, dtype=torch.float64) for _ in range(2))
    for time, before in ((966, ALPHAS[933]), (32, 1.0), (999, ALPHAS[966])):
        now = ALPHAS.get(time, 0.0)
        clean = now**0.5 * sample - (1 - now) ** 0.5 * velocity
        noise = now**0.5 * velocity + (1 - now) ** 0.5 * sample
        expected = before**0.5 * clean + (1 - before) ** 0.5 * noise
        done = made.step(velocity, time, sample).prev_sample
        torch.testing.assert_close(done, expected, rtol=0, atol=2e-6)


def test_it_walks_as_cogvideoxs_own_scheduler() -> None:
    ours, theirs = scheduler(30), CogVideoXDDIMScheduler(**SETTINGS, snr_shift_scale=1.0)
    theirs.set_timesteps(30)
    assert ours.timesteps.tolist() == theirs.timesteps.tolist()
    torch.testing.assert_close(ours.alphas_cumprod.double(), theirs.alphas_cumprod.double(), rtol=0, atol=5e-7)
    generator = torch.Generator().manual_seed(0)
    first = second = torch.randn(1, 2, 4, 6, 6, generator=generator)
    for time in ours.timesteps:
        velocity = torch.randn(first.shape, generator=generator)
        first = ours.step(velocity, time, first).prev_sample
        second = theirs.step(velocity, time, second).prev_sample
    torch.testing.assert_close(first, second, rtol=0, atol=2e-5)


def test_the_default_shift_would_be_another_model() -> None:
    shifted = CogVideoXDDIMScheduler(**SETTINGS)
    most = (shifted.alphas_cumprod.double() - scheduler().alphas_cumprod.double()).abs().max()
    assert float(most) == pytest.approx(0.264, abs=1e-3)


def test_golden_rotary_embedding() -> None:
    """Of 85 frames of 384 x 672 pixels."""
    cosines, sines = rotary(PUBLISHED, 22, 48, 84)
    assert cosines.shape == sines.shape == (11_088, 64)
    assert cosines.dtype == torch.float32
    last = [-0.8390715, -0.8390715, -0.9997861, -0.9997861, 0.5403023, 0.5403023]
    torch.testing.assert_close(cosines[11_087, :6], torch.tensor(last), rtol=0, atol=1e-6)
    assert float(cosines.double().sum()) == pytest.approx(462_004.816, abs=0.01)
    assert float(sines.double().sum()) == pytest.approx(119_510.547, abs=0.01)


@given(frames=st.integers(1, 5), rows=st.integers(1, 6), columns=st.integers(1, 6))
def test_a_token_knows_its_frame_row_and_column(frames: int, rows: int, columns: int) -> None:
    """Angles are places times 10000^(-2i/n), by hand: a quarter of the channels, then three eighths twice, in pairs."""
    cosines, sines = rotary(CONFIG, 2 * frames, 2 * rows, 2 * columns)
    place = torch.cartesian_prod(*(torch.arange(float(side)) for side in (frames, rows, columns)))
    parts = []
    for axis, channels in enumerate((4, 6, 6)):
        waves = 10_000.0 ** (-torch.arange(0, channels, 2) / channels)
        parts.append(torch.outer(place.reshape(-1, 3)[:, axis], waves).repeat_interleave(2, dim=1))
    angles = torch.cat(parts, dim=1)
    torch.testing.assert_close(cosines, angles.cos(), rtol=0, atol=1e-5)
    torch.testing.assert_close(sines, angles.sin(), rtol=0, atol=1e-5)


@pytest.mark.parametrize("size", [(21, 48, 84), (22, 47, 84), (22, 386, 84), (22, 48, 682)])
def test_windows_that_no_patch_fits_are_refused(size: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="latents of"):
        rotary(PUBLISHED, *size)
