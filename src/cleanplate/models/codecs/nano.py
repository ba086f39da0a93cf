"""The autoencoder of the small models: pictures of 8 x 8 pixels to a latent, frame by frame.

B clips or pictures, C channels, T frames, H W rows and columns.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from cleanplate.models.codecs.protocol import Size, latent_size
from cleanplate.models.codecs.shape import AUTOENCODER, Shape
from cleanplate.models.tokens.patches import Grid
from cleanplate.models.weights import described

_COLOURS = 3
_HALVINGS = 3
"""Of rows and columns: a latent stands for 8 x 8 pixels."""


class NanoAutoencoder(nn.Module):
    """Reads a picture by a few layers over its patches, and draws one by convolutions that double it three times.

    Reading is cheap, since training reads four videos for each that it judges, and drawing is not: what makes outlines
    whole across patches is drawn. Its latents are normalised by the mean and deviation of each channel, as measured.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        patch = _COLOURS * 4**_HALVINGS
        wide, channels = shape.reading, shape.channels
        self.read = nn.Sequential(
            nn.PixelUnshuffle(2**_HALVINGS),
            nn.Conv2d(patch, wide, 1),
            nn.GELU(),
            nn.Conv2d(wide, wide // 2, 3, padding=1),
            nn.GELU(),
            nn.Conv2d(wide // 2, channels, 1),
        )
        coarse, middle, fine = shape.drawing
        self.draw = nn.Sequential(
            nn.Conv2d(channels, coarse, 3, padding=1),
            *(_Residual(coarse), _Residual(coarse)),
            *(nn.Conv2d(coarse, 4 * middle, 1), nn.PixelShuffle(2)),
            *(_Residual(middle), _Residual(middle)),
            *(nn.Conv2d(middle, 4 * fine, 1), nn.PixelShuffle(2)),
            _Residual(fine),
            *(nn.Conv2d(fine, 4 * _COLOURS, 3, padding=1), nn.PixelShuffle(2)),
        )
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("deviation", torch.ones(channels))

    def encode(self, pictures_B3HW: Tensor) -> Tensor:
        """R'G'B' in -1..1 to B x C x H/8 x W/8."""
        latents: Tensor = self.read(pictures_B3HW)
        return (latents - self.mean[:, None, None]) / self.deviation[:, None, None]

    def decode(self, latents_BCHW: Tensor) -> Tensor:
        """The pictures; values may leave -1..1 slightly."""
        pictures: Tensor = self.draw(latents_BCHW * self.deviation[:, None, None] + self.mean[:, None, None])
        return pictures

    def measure(self, pictures_B3HW: Tensor) -> None:
        """Set mean and deviation to those of what it reads in these."""
        latents: Tensor = self.read(pictures_B3HW)
        self.mean.copy_(latents.mean(dim=(0, 2, 3)))
        self.deviation.copy_(latents.std(dim=(0, 2, 3)))


KIND = described.Kind(
    AUTOENCODER, Shape, NanoAutoencoder, "autoencoder", "Name a folder that `cleanplate train codec` wrote."
)


class NanoCodec:
    """Implements `Codec`, every frame by itself."""

    name = "nano-codec"
    stride: Grid = (1, 2**_HALVINGS, 2**_HALVINGS)

    def __init__(self, autoencoder: NanoAutoencoder) -> None:
        self._autoencoder = autoencoder
        self.channels = autoencoder.shape.channels

    @torch.no_grad()
    def encode(self, video_B3THW: Tensor) -> Tensor:
        """See the protocol; float32. Raises ValueError for a size that the stride does not fit."""
        latent_size(Size(*video_B3THW.shape[2:]), self.stride)
        return _frame_by_frame(self._autoencoder.encode, video_B3THW.to(self._device))

    @torch.no_grad()
    def decode(self, latents_BCTHW: Tensor) -> Tensor:
        """See the protocol; float32."""
        return _frame_by_frame(self._autoencoder.decode, latents_BCTHW.to(self._device))

    @property
    def _device(self) -> torch.device:
        return self._autoencoder.mean.device


class _Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.second = (nn.Conv2d(width, width, 3, padding=1) for _ in range(2))
        nn.init.zeros_(self.second.weight)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        turned: Tensor = self.second(functional.gelu(self.first(x_BCHW)))
        return x_BCHW + turned


def save(autoencoder: NanoAutoencoder, folder: Path) -> None:
    """See `described.save`."""
    described.save(autoencoder, autoencoder.shape, KIND, folder)


def load(folder: Path, device: str | None = None) -> NanoCodec:
    """The codec of an autoencoder's folder; see `described.load`.

    Args:
        device: torch device; None is the CPU.
    """
    return NanoCodec(described.load(KIND, folder).to(device or "cpu"))


def _frame_by_frame(turn: Any, video_BCTHW: Tensor) -> Tensor:
    clips = len(video_BCTHW)
    turned: Tensor = turn(video_BCTHW.transpose(1, 2).flatten(0, 1).float())
    return turned.reshape(clips, -1, *turned.shape[1:]).transpose(1, 2)
