"""Wan's autoencoder behind the protocol, with drawn weights: sizes, normalisation, causality, tiles, refusals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import AutoencoderKLWan

from cleanplate.models.codecs.protocol import Codec, Size, cut, fit, latent_size
from cleanplate.models.codecs.wan import WanCodec, load
from drawn_models import drawn_video as noise
from refused_autoencoder import require_refused

MEAN, DEVIATION = [0.3, -0.2, 0.1, 0.5], [0.5, 2.0, 1.5, 0.7]


def autoencoder(**changes: Any) -> AutoencoderKLWan:
    torch.manual_seed(0)
    geometry = {"base_dim": 4, "z_dim": 4, "dim_mult": [1, 1, 1, 1], "num_res_blocks": 1} | changes
    return AutoencoderKLWan(**geometry, latents_mean=MEAN, latents_std=DEVIATION).eval()


def test_wans_own_geometry() -> None:
    with torch.device("meta"):
        model = AutoencoderKLWan()
    codec: Codec = WanCodec(model)
    assert (codec.stride, codec.channels) == ((4, 8, 8), 16)


@pytest.mark.parametrize("size", [Size(1, 16, 24), Size(5, 9, 17), Size(7, 16, 16)])
def test_videos_of_any_size_come_back_at_their_size(size: Size) -> None:
    codec = WanCodec(autoencoder())
    video, before = fit(noise(1, 3, *size), codec.stride)
    latents = codec.encode(video)
    assert tuple(latents.shape[2:]) == tuple(latent_size(Size(*video.shape[2:]), codec.stride))
    assert tuple(cut(codec.decode(latents), before).shape[2:]) == tuple(size)


def test_latents_are_normalised_channel_by_channel_and_back() -> None:
    model = autoencoder()
    codec, video = WanCodec(model), noise(1, 3, 5, 16, 16)
    with torch.no_grad():
        raw = model.encode(video).latent_dist.mode()
        for channel in range(4):
            expected = (raw[:, channel] - MEAN[channel]) / DEVIATION[channel]
            torch.testing.assert_close(codec.encode(video)[:, channel], expected, rtol=0, atol=1e-6)
        torch.testing.assert_close(codec.decode(codec.encode(video)), model.decode(raw).sample, rtol=0, atol=1e-5)


def test_latents_do_not_know_what_comes_later() -> None:
    codec, video = WanCodec(autoencoder()), noise(1, 3, 9, 16, 16)
    whole = codec.encode(video)
    for frames in (1, 5):
        torch.testing.assert_close(
            codec.encode(video[:, :, :frames]), whole[:, :, : 1 + frames // 4], rtol=0, atol=1e-5
        )
    torch.testing.assert_close(codec.decode(whole[:, :, :2]), codec.decode(whole)[:, :, :5], rtol=0, atol=1e-5)


def test_tiles_have_the_size_of_the_whole_and_small_pictures_have_none() -> None:
    whole, tiled = WanCodec(autoencoder()), WanCodec(autoencoder(), tile=96)
    small, large = noise(1, 3, 1, 96, 96), noise(1, 3, 1, 96, 160)
    torch.testing.assert_close(tiled.encode(small), whole.encode(small), rtol=0, atol=0)
    latents = tiled.encode(large)
    assert latents.shape == whole.encode(large).shape
    assert tiled.decode(latents).shape == large.shape
    assert not torch.equal(tiled.decode(latents), whole.decode(latents))


def test_a_size_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        WanCodec(autoencoder()).encode(noise(1, 3, 4, 16, 16))


def test_weights_are_loaded_from_a_folder(tmp_path: Path) -> None:
    model, video = autoencoder(), noise(1, 3, 5, 16, 16)
    model.save_pretrained(tmp_path / "vae")
    assert torch.equal(load(tmp_path / "vae").encode(video), WanCodec(model).encode(video))
    half = load(tmp_path / "vae", torch.bfloat16).encode(video)
    assert half.dtype == torch.float32
    torch.testing.assert_close(half, WanCodec(model).encode(video), rtol=0, atol=0.1)


def test_other_weights_are_refused(tmp_path: Path) -> None:
    autoencoder().save_pretrained(tmp_path)
    require_refused(load, tmp_path, "quant_conv.bias")
