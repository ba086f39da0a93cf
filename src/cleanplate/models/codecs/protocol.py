"""What every codec does, and what follows from its stride alone.

The first frame has a latent frame to itself, as in Wan2.1's autoencoder; after it, every `stride[0]` frames share one.
So that it holds for all codecs, windows of a clip are always 1 + k x `stride[0]` frames.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import torch
from torch import Tensor
from torch.nn import functional

from cleanplate.models.tokens.patches import Grid


class Codec(Protocol):
    """Videos are B x 3 x T x H x W, R'G'B' in -1..1; latents B x C x T' x H' x W', about unit variance.

    Attributes:
        name: in the table of codecs.
        channels: of the latents.
        stride: frames, rows and columns that a latent stands for.
    """

    name: str
    channels: int
    stride: Grid

    def encode(self, video_B3THW: Tensor) -> Tensor:
        """Latents of a video that the stride fits."""
        ...

    def decode(self, latents_BCTHW: Tensor) -> Tensor:
        """The video; values may leave -1..1 slightly."""
        ...


class Size(NamedTuple):
    """Of a video."""

    frames: int
    rows: int
    columns: int


def fitting(size: Size, stride: Grid) -> Size:
    """The smallest size that is no smaller and that the stride fits."""
    frames = 1 + -(-(size.frames - 1) // stride[0]) * stride[0]
    return Size(frames, *(-(-side // step) * step for side, step in zip(size[1:], stride[1:], strict=True)))


def latent_size(size: Size, stride: Grid) -> Size:
    """Frames, rows and columns of the latents. Raises ValueError for a size that the stride does not fit."""
    if fitting(size, stride) != size:
        raise ValueError(f"a stride of {stride} does not fit a video of {size}")
    return Size(1 + (size.frames - 1) // stride[0], size.rows // stride[1], size.columns // stride[2])


def fit(video_BCTHW: Tensor, stride: Grid, together: int = 1) -> tuple[Tensor, Size]:
    """The video with its last frame, row and column repeated until the stride fits, and the size to cut it back to.

    Args:
        together: the latent frames shall be a multiple of it.
    """
    size = Size(*video_BCTHW.shape[2:])
    fits = fitting(size, stride)
    latents = -(-latent_size(fits, stride).frames // together) * together
    wanted = fits._replace(frames=1 + (latents - 1) * stride[0])
    frames, rows, columns = (to - have for to, have in zip(wanted, size, strict=True))
    return functional.pad(video_BCTHW, (0, columns, 0, rows, 0, frames), mode="replicate"), size


def cut(video_BCTHW: Tensor, size: Size) -> Tensor:
    """What `fit` was given."""
    return video_BCTHW[:, :, : size.frames, : size.rows, : size.columns]


def latents_touched(mask_THW: Tensor, stride: Grid) -> Tensor:
    """Latents of which any sample is in a boolean mask of a fitting size; boolean T' x H' x W'."""
    alone = mask_THW[:1].expand(stride[0], -1, -1)
    return functional.max_pool3d(torch.cat((alone, mask_THW[1:]))[None].float(), stride)[0] > 0


def as_gray(alpha_BTHW: Tensor) -> Tensor:
    """Alpha or a mask in 0..1 as a gray video, B x 3 x T x H x W in -1..1."""
    return (alpha_BTHW * 2 - 1)[:, None].expand(-1, 3, -1, -1, -1)


def as_alpha(video_B3THW: Tensor) -> Tensor:
    """The mean of a gray video's channels as alpha in 0..1, B x T x H x W."""
    return ((video_B3THW.mean(dim=1) + 1) / 2).clamp(0, 1)
