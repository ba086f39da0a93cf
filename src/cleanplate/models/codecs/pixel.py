"""A codec without weights: patches of space and time are the channels of the latents. For small models."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from cleanplate.models.codecs.protocol import Size, latent_size
from cleanplate.models.tokens.patches import Grid, to_patches

_COLOURS = 3
_DEVIATION = 0.5
"""Of R'G'B' in -1..1, about, in footage: it gives latents about unit variance."""


class PixelCodec:
    """Implements `Codec`. The first frame stands `stride[0]` times in its latent frame.

    Args:
        stride: frames, rows and columns of a patch.
    """

    name = "pixel"

    def __init__(self, stride: Grid = (4, 8, 8)) -> None:
        self.stride = stride
        self.channels = _COLOURS * math.prod(stride)

    def encode(self, video_B3THW: Tensor) -> Tensor:
        """See the protocol. Raises ValueError for a size that the stride does not fit."""
        grid = latent_size(Size(*video_B3THW.shape[2:]), self.stride)
        alone = video_B3THW[:, :, :1].expand(-1, -1, self.stride[0], -1, -1)
        patches_BLP = to_patches(torch.cat((alone, video_B3THW[:, :, 1:]), dim=2), self.stride)
        return (patches_BLP / _DEVIATION).mT.reshape(len(patches_BLP), self.channels, *grid)

    def decode(self, latents_BCTHW: Tensor) -> Tensor:
        """See the protocol. Of the copies of the first frame the mean is taken."""
        time, rows, columns = self.stride
        clips, _, *grid = latents_BCTHW.shape
        cells = (latents_BCTHW * _DEVIATION).reshape(clips, _COLOURS, time, rows, columns, *grid)
        video = cells.permute(0, 1, 5, 2, 6, 3, 7, 4).flatten(6).flatten(4, 5).flatten(2, 3)
        return torch.cat((video[:, :, :time].mean(dim=2, keepdim=True), video[:, :, time:]), dim=2)
