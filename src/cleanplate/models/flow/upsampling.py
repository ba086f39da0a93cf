"""From a flow at an eighth of the size to that of every pixel (Teed & Deng, section 3.3, figure 10)."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import unfold

from cleanplate.models.flow.geometry import HIDDEN, STRIDE

_NEIGHBOURS = 9
_SOFTENED = 0.25
"""The published weights expect their logits scaled so."""


class Weighing(nn.Module):
    """How much each pixel takes of the nine places round its own. Tensors are named as torchvision names them."""

    def __init__(self) -> None:
        super().__init__()
        self.convrelu = nn.Sequential(nn.Conv2d(HIDDEN, 256, 3, padding=1), nn.ReLU())
        self.conv = nn.Conv2d(256, _NEIGHBOURS * STRIDE**2, 1)

    def forward(self, hidden_BCHW: Tensor) -> Tensor:
        """B x 9 x 8 x 8 x H x W, of sum 1 over the nine."""
        rows, columns = hidden_BCHW.shape[-2:]
        logits = _SOFTENED * cast(Tensor, self.conv(self.convrelu(hidden_BCHW)))
        return logits.view(-1, _NEIGHBOURS, STRIDE, STRIDE, rows, columns).softmax(dim=1)


def upsampled(flow_B2HW: Tensor, weights: Tensor) -> Tensor:
    """B x 2 x 8H x 8W in pixels: each a convex combination of flows in places. `weights`: see `Weighing`."""
    _, _, rows, columns = flow_B2HW.shape
    round_each = unfold(STRIDE * flow_B2HW, 3, padding=1).view(-1, 2, _NEIGHBOURS, rows, columns)
    pixels = torch.einsum("bnyxhw,bcnhw->bchywx", weights, round_each)
    return pixels.reshape(-1, 2, STRIDE * rows, STRIDE * columns)
