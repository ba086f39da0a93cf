"""From where pixels come from to the picture: the plate's own samples, moved, over the clean plate."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor
from torch.nn import functional

from cleanplate.models.moving.scene import parted, residual_of, seen_of, shift_of, told_things

_LEAK = 0.05
"""What is said beyond nothing or all still counts a little, so that it can be unlearned."""
_AROUND = 9
"""Rows and columns over which shifts are averaged, twice; about a patch."""


def compose(plate_T3HW: Tensor, clean_T3HW: Tensor, answer_T6HW: Tensor) -> Tensor:
    """T x 3 x H x W, mostly in 0..1; differentiable in the answer, which is a settled one."""
    seen_T1HW = seen_of(answer_T6HW)
    moved_T3HW = moved(plate_T3HW, shift_of(answer_T6HW))
    return clean_T3HW + seen_T1HW * (moved_T3HW - clean_T3HW) + residual_of(answer_T6HW)


def settled(scene: Tensor, said_T6HW: Tensor) -> Tensor:
    """An answer of which only what shows a thing where it has come from is seen; differentiable in what was said.

    The model need not draw outlines: it says where things come from and whether they are here, and the plate has the
    outlines.

    Args:
        scene: 1 x 9 x T x H x W, what was told.
    """
    shift, here, residual = parted(said_T6HW)
    shift, whole = smoothed(shift), (here + 1) / 2
    within = whole.clamp(0, 1)
    seen = (within + _LEAK * (whole - within)) * moved(told_things(scene), shift_of(shift))
    return torch.cat([shift, seen * 2 - 1, residual], dim=1)


def smoothed(shift_T2HW: Tensor) -> Tensor:
    """Means around every pixel: neighbours move alike, and what they say apart from each other is noise."""
    rows, columns = (_averaging(side).to(shift_T2HW) for side in shift_T2HW.shape[2:])
    return rows @ shift_T2HW @ columns.T


@cache
def _averaging(side: int) -> Tensor:
    """side x side: of each place the mean around it, twice. As a matrix, since pooling is slow to learn through."""
    places = torch.arange(side)
    near = ((places[:, None] - places).abs() <= _AROUND // 2).float()
    mean = near / near.sum(dim=1, keepdim=True)
    return mean @ mean


def moved(plate_TCHW: Tensor, shift_T2HW: Tensor) -> Tensor:
    """The plate, or what is told of it, where the shift points to, bilinearly; outside the frame its border goes on."""
    _, _, rows, columns = plate_TCHW.shape
    y, x = (torch.arange(side, dtype=torch.float32, device=shift_T2HW.device) for side in (rows, columns))
    at_x, at_y = shift_T2HW[:, 0] + x, shift_T2HW[:, 1] + y[:, None]
    grid_THW2 = torch.stack((2 * at_x / (columns - 1) - 1, 2 * at_y / (rows - 1) - 1), dim=-1)
    return functional.grid_sample(plate_TCHW, grid_THW2, padding_mode="border", align_corners=True)
