"""From where pixels come from to the picture: the plate's own samples, moved, over the clean plate."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from cleanplate.models.moving.scene import residual_of, seen_of, shift_of


def compose(plate_T3HW: Tensor, clean_T3HW: Tensor, answer_T6HW: Tensor) -> Tensor:
    """T x 3 x H x W, mostly in 0..1; differentiable in the answer."""
    seen_T1HW = seen_of(answer_T6HW)
    moved_T3HW = moved(plate_T3HW, shift_of(answer_T6HW))
    return clean_T3HW + seen_T1HW * (moved_T3HW - clean_T3HW) + residual_of(answer_T6HW)


def moved(plate_T3HW: Tensor, shift_T2HW: Tensor) -> Tensor:
    """The plate sampled where the shift points to, bilinearly; outside the frame its border goes on."""
    _, _, rows, columns = plate_T3HW.shape
    y, x = (torch.arange(side, dtype=torch.float32, device=shift_T2HW.device) for side in (rows, columns))
    at_x, at_y = shift_T2HW[:, 0] + x, shift_T2HW[:, 1] + y[:, None]
    grid_THW2 = torch.stack((2 * at_x / (columns - 1) - 1, 2 * at_y / (rows - 1) - 1), dim=-1)
    return functional.grid_sample(plate_T3HW, grid_THW2, padding_mode="border", align_corners=True)
