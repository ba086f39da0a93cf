"""Rotary position embedding in three dimensions, as Wan2.1 lays it out.

A head's channels are split into a part for the frame, one for the row and one for the column; each part turns pairs of
channels by angles that fall geometrically from 1 to 1/10000 a step (Su et al., RoFormer, 2021).
"""

from __future__ import annotations

import torch
from torch import Tensor

_BASE = 10_000.0

Turn = tuple[Tensor, Tensor]
"""Cosines and sines, each L x E/2 float32."""


def axis_channels(head_dim: int) -> tuple[int, int, int]:
    """Channels for the frame, the row and the column; all even."""
    space = 2 * (head_dim // 6)
    return head_dim - 2 * space, space, space


def turns(grid: tuple[int, int, int], head_dim: int, device: torch.device | None = None) -> Turn:
    """The turn of each token of a grid of frames, rows and columns, in that order.

    Angles are worked out in float64: at the thousandth position float32 would be off by 1e-4.
    """
    cosines: list[Tensor] = []
    sines: list[Tensor] = []
    for axis, (length, channels) in enumerate(zip(grid, axis_channels(head_dim), strict=True)):
        steps = _BASE ** -(torch.arange(0, channels, 2, dtype=torch.float64) / channels)
        angles = torch.outer(torch.arange(length, dtype=torch.float64), steps)
        shape = [length if other == axis else 1 for other in range(3)]
        for parts, values in ((cosines, angles.cos()), (sines, angles.sin())):
            parts.append(values.to(device, torch.float32).view(*shape, -1).expand(*grid, -1))
    return torch.cat(cosines, dim=-1).flatten(0, 2), torch.cat(sines, dim=-1).flatten(0, 2)


def turn(x_BALE: Tensor, by: Turn) -> Tensor:
    """Turn neighbouring pairs of channels. `x` is B x tokens x heads x channels; computed in the dtype of the turn."""
    cos, sin = (part[:, None, :] for part in by)
    even, odd = x_BALE[..., 0::2], x_BALE[..., 1::2]
    return torch.stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1).flatten(-2).type_as(x_BALE)
