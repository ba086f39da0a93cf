"""Wan2.1's autoencoder behind the codec protocol, by diffusers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from cleanplate.models.codecs.autoencoder import load_autoencoder
from cleanplate.models.codecs.protocol import Size, latent_size

if TYPE_CHECKING:
    from diffusers import AutoencoderKLWan

_OVERLAP = 64
"""Rows and columns that two tiles share; their blend hides the seam."""


class WanCodec:
    """Implements `Codec`: 4 frames, 8 rows and 8 columns to a latent of 16 channels with Wan2.1's weights.

    The autoencoder is causal and walks through a clip latent frame by latent frame. Latents are the mean of its
    posterior, normalised by the mean and deviation that its config states for every channel.

    Args:
        autoencoder: diffusers' model, in evaluation mode.
        tile: rows and columns of a picture above which it is coded in tiles of this size; None never tiles.
    """

    name = "wan"

    def __init__(self, autoencoder: AutoencoderKLWan, tile: int | None = None) -> None:
        config = autoencoder.config
        space = 2 ** (len(config.dim_mult) - 1)
        self._autoencoder = autoencoder
        self.channels = int(config.z_dim)
        self.stride = (2 ** sum(config.temperal_downsample), space, space)
        self._mean, self._deviation = (
            torch.tensor(values, dtype=torch.float32).view(1, -1, 1, 1, 1)
            for values in (config.latents_mean, config.latents_std)
        )
        if tile is not None:
            autoencoder.enable_tiling(tile, tile, tile - _OVERLAP, tile - _OVERLAP)

    @torch.no_grad()
    def encode(self, video_B3THW: Tensor) -> Tensor:
        """See the protocol; float32. Raises ValueError for a size that the stride does not fit."""
        latent_size(Size(*video_B3THW.shape[2:]), self.stride)
        latents: Tensor = self._autoencoder.encode(self._own(video_B3THW)).latent_dist.mode()
        mean, deviation = (part.to(latents.device) for part in (self._mean, self._deviation))
        return (latents.float() - mean) / deviation

    @torch.no_grad()
    def decode(self, latents_BCTHW: Tensor) -> Tensor:
        """See the protocol; float32, within -1..1."""
        mean, deviation = (part.to(latents_BCTHW.device) for part in (self._mean, self._deviation))
        latents = latents_BCTHW.float() * deviation + mean
        video: Tensor = self._autoencoder.decode(self._own(latents)).sample
        return video.float()

    def _own(self, video: Tensor) -> Tensor:
        """Where the autoencoder is, as it computes."""
        return video.to(self._autoencoder.device, self._autoencoder.dtype)


def load(
    folder: Path, dtype: torch.dtype = torch.float32, tile: int | None = None, device: str | None = None
) -> WanCodec:
    """The codec of a folder; see `load_autoencoder`. Tiles: see `WanCodec`."""
    return WanCodec(load_autoencoder("AutoencoderKLWan", folder, dtype, device, _REMEDY), tile)


_REMEDY = "Name the folder 'vae' of Wan2.1 in diffusers' layout."
