"""Codecs bring back what they were given, at every size."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cleanplate.models.codecs.pixel import PixelCodec
from cleanplate.models.codecs.protocol import (
    Codec,
    Size,
    as_alpha,
    as_gray,
    cut,
    fit,
    fitting,
    latent_size,
    latents_touched,
)
from drawn_models import drawn_video as noise

strides = st.tuples(st.integers(1, 4), st.integers(1, 8), st.integers(1, 8))
sizes = st.builds(Size, st.integers(1, 10), st.integers(1, 20), st.integers(1, 20))


@given(sizes, strides)
def test_pixels_come_back(size: Size, stride: tuple[int, int, int]) -> None:
    codec: Codec = PixelCodec(stride)
    video = noise(2, 3, *size)
    fitted, before = fit(video, stride)
    latents = codec.encode(fitted)
    assert latents.shape == (2, codec.channels, *latent_size(Size(*fitted.shape[2:]), stride))
    torch.testing.assert_close(cut(codec.decode(latents), before), video, rtol=0, atol=1e-6)


@given(sizes, strides)
def test_the_fitting_size_is_the_smallest(size: Size, stride: tuple[int, int, int]) -> None:
    fits = fitting(size, stride)
    assert fitting(fits, stride) == fits
    assert (fits.frames - 1) % stride[0] == 0
    assert all(0 <= large - small < step for large, small, step in zip(fits, size, stride, strict=True))
    latent = latent_size(fits, stride)
    assert (latent.frames - 1) * stride[0] + 1 == fits.frames
    assert (latent.rows * stride[1], latent.columns * stride[2]) == fits[1:]


def test_wans_sizes() -> None:
    assert latent_size(Size(49, 480, 832), (4, 8, 8)) == (13, 60, 104)
    assert fitting(Size(50, 479, 825), (4, 8, 8)) == (53, 480, 832)


def test_padding_repeats_the_edge() -> None:
    video = noise(1, 3, 2, 3, 5)
    fitted, _ = fit(video, (4, 4, 4))
    assert fitted.shape[2:] == (5, 4, 8)
    assert torch.equal(fitted[:, :, 4, 3, 7], video[:, :, 1, 2, 4])


def test_a_size_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        PixelCodec((4, 8, 8)).encode(noise(1, 3, 4, 8, 8))


@given(st.integers(0, 999), strides)
@settings(max_examples=30)
def test_a_latent_is_touched_if_its_change_shows_in_the_mask(seed: int, stride: tuple[int, int, int]) -> None:
    """Against the pixel codec itself: the latents that differ when the masked samples do."""
    size = fitting(Size(6, 11, 13), stride)
    mask = torch.zeros(size, dtype=torch.bool)
    generator = torch.Generator().manual_seed(seed)
    for _ in range(2):
        mask[tuple(int(torch.randint(side, (), generator=generator)) for side in size)] = True
    video, codec = noise(1, 3, *size), PixelCodec(stride)
    changed = (codec.encode(video) != codec.encode(torch.where(mask, video + 1, video)))[0].any(dim=0)
    assert torch.equal(latents_touched(mask, stride), changed)


def test_latents_of_noise_as_wide_as_footage_have_about_unit_variance() -> None:
    video = torch.randn(1, 3, 9, 64, 64, generator=torch.Generator().manual_seed(0)) * 0.5
    assert 0.9 < float(PixelCodec().encode(video).std()) < 1.1


def test_alpha_goes_through_a_codec_as_gray() -> None:
    alpha, codec = noise(1, 5, 16, 16) / 2 + 0.5, PixelCodec()
    gray = as_gray(alpha)
    assert torch.equal(gray[:, 0], gray[:, 2])
    torch.testing.assert_close(as_alpha(codec.decode(codec.encode(gray))), alpha, rtol=0, atol=1e-6)
    assert as_alpha(gray + torch.tensor([3.0, 0.0, 0.0]).view(1, 3, 1, 1, 1)).max() == 1
