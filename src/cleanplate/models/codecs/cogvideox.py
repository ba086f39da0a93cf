"""CogVideoX's autoencoder behind the codec protocol, by diffusers, in pieces of a few frames.

Every convolution looks at the frames before its own, so that a clip of any length goes through piece by piece: what
is kept is what the next piece looks back on.

Videos are decoded as the models that VOID descends from decode them: the first latent frame alone, to one frame, then
two at a time, to eight. Diffusers decodes an even number of latent frames two at a time from the first on, to four
frames each, so that the clip comes out three frames too long and late.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise, product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from cleanplate.models.codecs.autoencoder import load_autoencoder
from cleanplate.models.codecs.protocol import Size, latent_size
from cleanplate.models.codecs.tiles import shares, spans

if TYPE_CHECKING:
    from diffusers import AutoencoderKLCogVideoX

Cache = dict[str, Any]
"""What the convolutions of a piece leave for the next; by name, in folders as the modules are."""
_OVERLAP = 8
"""Rows and columns of latents that two tiles share at least."""
_LOGARITHMS = (-30.0, 20.0)
"""Of variances, where diffusers cuts them off."""
_ENCODED, _DECODED = 8, 2
"""Frames, and latent frames, of every piece after the first. The weights were trained with these."""


class CogVideoXCodec:
    """Implements `Codec`: 4 frames, 8 rows and 8 columns to a latent of 16 channels with CogVideoX's weights.

    Latents are the mode of the posterior, times the factor that the config states.

    Args:
        autoencoder: diffusers' model, in evaluation mode. It is changed in place, and decodes as is said above from
            then on only through this codec.
        tile: rows and columns of a picture above which it is coded in tiles of this size, a multiple of 8 and 72 at
            least; None never tiles. Between pieces, what tiles keep waits in the computer's memory.
    """

    name = "cogvideox"

    def __init__(self, autoencoder: AutoencoderKLCogVideoX, tile: int | None = None) -> None:
        config = autoencoder.config
        space = 2 ** (len(config.block_out_channels) - 1)
        self.channels = int(config.latent_channels)
        self.stride = (int(config.temporal_compression_ratio), space, space)
        self._autoencoder, self._factor = autoencoder, float(config.scaling_factor)
        self._tile = None if tile is None else tile // space
        self._turn = _Turn()
        _adapt(autoencoder, self._turn)

    def encode(self, video_B3THW: Tensor) -> Tensor:
        """See the protocol; float32. Raises ValueError for a size that the stride does not fit."""
        return torch.cat([*self.encoding(_slices(video_B3THW), video_B3THW.shape[2])], 2)

    def decode(self, latents_BCTHW: Tensor) -> Tensor:
        """See the protocol; float32."""
        return torch.cat([*self.decoding(latents_BCTHW)], dim=2)

    def encoding(self, read: Callable[[int, int], Tensor], frames: int) -> Iterator[Tensor]:
        """Latents of a clip that is never there as a whole.

        Args:
            read: B x 3 x T x H x W of the frames from one up to another; asked for in order, each frame once.
            frames: of the clip.

        Yields:
            B x C x T' x H' x W' float32, piece after piece: four latent frames at most, then two at a time.

        Raises:
            ValueError: the stride does not fit the clip.
        """
        for coded in self._distributions(read, frames):
            yield coded[:, : self.channels] * self._factor

    def posterior(self, video_B3THW: Tensor) -> tuple[Tensor, Tensor]:
        """Mean (which is the mode) and standard deviation of a clip's latents, both B x C x T' x H' x W' float32."""
        coded = torch.cat([*self._distributions(_slices(video_B3THW), video_B3THW.shape[2])], 2)
        deviation = torch.exp(0.5 * coded[:, self.channels :].clamp(*_LOGARITHMS))
        return coded[:, : self.channels] * self._factor, deviation * self._factor

    def _distributions(self, read: Callable[[int, int], Tensor], frames: int) -> Iterator[Tensor]:
        """As the encoder leaves them: means, then the logarithms of variances."""
        walk = _Walk(self._autoencoder.encoder, (self.stride[1], 1), self._tile)
        for start, stop in pairwise(_encoded(frames)):
            piece = read(start, stop)
            latent_size(Size(frames, *piece.shape[3:]), self.stride)
            yield self._coded(walk, piece)

    def decoding(self, latents_BCTHW: Tensor) -> Iterator[Tensor]:
        """A clip that is never there as a whole.

        Args:
            latents_BCTHW: may lie on disk, mapped to memory.

        Yields:
            B x 3 x T x H x W float32, piece after piece: one frame, then eight, four at last if latents are even.
        """
        walk = _Walk(self._autoencoder.decoder, (1, self.stride[1]), self._tile)
        for start, stop in pairwise(_decoded(latents_BCTHW.shape[2])):
            self._turn.first = start == 0
            yield self._coded(walk, latents_BCTHW[:, :, start:stop].float() / self._factor)

    @torch.no_grad()
    def _coded(self, walk: _Walk, piece: Tensor) -> Tensor:
        return walk.on(piece.to(self._autoencoder.device, self._autoencoder.dtype))


def _slices(video_BCTHW: Tensor) -> Callable[[int, int], Tensor]:
    return lambda start, stop: video_BCTHW[:, :, start:stop]


def _encoded(frames: int) -> list[int]:
    """Where pieces begin, and where the last ends: what eight do not divide comes first, with eight more."""
    return [0, *range(min(frames, _ENCODED + frames % _ENCODED), frames + 1, _ENCODED)]


def _decoded(frames: int) -> list[int]:
    """Where pieces begin, and where the last ends: one, then two at a time, then what is left."""
    return [0, *range(1, frames, _DECODED), frames]


class _Walk:
    """An encoder or decoder on its way through a clip, whole or in tiles.

    Args:
        coder: takes a piece and what the last one left, and gives a piece and what it leaves.
        scales: rows and columns of its input, and of its output, for one of the latents.
        tile: rows and columns of latents in a tile.
    """

    def __init__(self, coder: nn.Module, scales: tuple[int, int], tile: int | None) -> None:
        self._coder, self._scales, self._tile = coder, scales, tile
        self._left: dict[tuple[int, int], Cache | None] = {}

    def on(self, piece: Tensor) -> Tensor:
        """The next piece, coded; float32."""
        coded: Tensor
        before, after = self._scales
        sides = [side // before for side in piece.shape[3:]]
        rows, columns = (spans(side, self._tile or side, _OVERLAP) for side in sides)
        if len(rows) == len(columns) == 1:
            coded, self._left[0, 0] = self._coder(piece, conv_cache=self._left.get((0, 0)))
            return coded.float()
        weights = [shares(side, places, after) for side, places in zip(sides, (rows, columns), strict=True)]
        whole: Tensor | None = None
        for at in product(range(len(rows)), range(len(columns))):
            row, column = rows[at[0]], columns[at[1]]
            part = self._part(at, piece[..., _scaled(row, before), _scaled(column, before)])
            if whole is None:
                whole = part.new_zeros(*part.shape[:3], *(side * after for side in sides))
            share = weights[0][at[0]][:, None] * weights[1][at[1]]
            whole[..., _scaled(row, after), _scaled(column, after)] += part * share.to(part.device)
        assert whole is not None  # noqa: S101
        return whole

    def _part(self, at: tuple[int, int], piece: Tensor) -> Tensor:
        coded: Tensor
        left = self._left.get(at)
        coded, left = self._coder(piece, conv_cache=None if left is None else _moved(left, piece.device))
        self._left[at] = _moved(left, torch.device("cpu"))
        return coded.float()


def _scaled(span: slice, scale: int) -> slice:
    return slice(span.start * scale, span.stop * scale)


def _moved(cache: Cache, device: torch.device) -> Cache:
    return {
        name: _moved(left, device) if isinstance(left, dict) else None if left is None else left.to(device)
        for name, left in cache.items()
    }


@dataclass
class _Turn:
    """Whether the piece that is decoded is a clip's first."""

    first: bool = True


class _Upsample(nn.Module):
    """Stands for diffusers' layer: doubles rows and columns, and frames too where it made half as many; but those of a
    clip's first piece, which is one latent frame, stay one.
    """

    def __init__(self, layer: Any, turn: _Turn) -> None:
        super().__init__()
        self.conv: nn.Module = layer.conv
        self.compress_time: bool = layer.compress_time
        self._turn = turn

    def forward(self, x_BCTHW: Tensor) -> Tensor:
        frames = 2.0 if self.compress_time and not self._turn.first else 1.0
        large = functional.interpolate(x_BCTHW, scale_factor=(frames, 2.0, 2.0)).movedim(2, 1)
        made: Tensor = self.conv(large.flatten(0, 1))
        return made.view(*large.shape[:2], *made.shape[1:]).movedim(1, 2)


class _Pointwise(nn.Module):
    """Stands for a convolution that looks at no other frame, and leaves nothing, where diffusers' leaves its input."""

    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.conv: nn.Module = layer.conv

    def forward(self, x: Tensor, conv_cache: Tensor | None = None) -> tuple[Tensor, None]:
        return self.conv(x), None


def _adapt(autoencoder: AutoencoderKLCogVideoX, turn: _Turn) -> None:
    from diffusers.models.autoencoders.autoencoder_kl_cogvideox import CogVideoXCausalConv3d
    from diffusers.models.upsampling import CogVideoXUpsample3D

    for module in list(autoencoder.modules()):
        for name, child in module.named_children():
            if isinstance(child, CogVideoXUpsample3D | _Upsample):
                setattr(module, name, _Upsample(child, turn))
            elif isinstance(child, CogVideoXCausalConv3d) and child.time_kernel_size == 1:
                setattr(module, name, _Pointwise(child))


def load(
    folder: Path, dtype: torch.dtype = torch.float32, tile: int | None = None, device: str | None = None
) -> CogVideoXCodec:
    """The codec of a folder; see `load_autoencoder`. Tiles: see `CogVideoXCodec`."""
    return CogVideoXCodec(load_autoencoder("AutoencoderKLCogVideoX", folder, dtype, device, _REMEDY), tile)


_REMEDY = "Name the folder 'vae' of CogVideoX-Fun-V1.5-5b-InP."
