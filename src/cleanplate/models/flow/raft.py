"""RAFT, the large one (Teed & Deng, ECCV 2020, arXiv 2003.12039), written from the paper.

Tensors have the names and shapes of torchvision's `raft_large`, so that its published weights are taken as they are.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cleanplate.models.flow.correlation import Correlation
from cleanplate.models.flow.encoder import Encoder
from cleanplate.models.flow.geometry import FEATURES, HIDDEN, ITERATIONS, LIMIT
from cleanplate.models.flow.update import Update
from cleanplate.models.flow.upsampling import Weighing, upsampled


class Raft(nn.Module):
    """Optical flow of one pair of pictures, in evaluation only.

    Pictures are 1 x 3 x H x W, R'G'B' in -1..1, both sides multiples of 8 and 128 at least.
    """

    def __init__(self) -> None:
        super().__init__()
        self.feature_encoder = Encoder(FEATURES, nn.InstanceNorm2d)
        self.context_encoder = Encoder(2 * HIDDEN, nn.BatchNorm2d)
        self.update_block = Update()
        self.mask_predictor = Weighing()

    def features(self, picture_13HW: Tensor) -> Tensor:
        """What pictures are compared by, 1 x 256 x H/8 x W/8."""
        found: Tensor = self.feature_encoder(picture_13HW)
        return found

    def forward(
        self,
        a_13HW: Tensor,
        b_13HW: Tensor,
        *,
        known: tuple[Tensor, Tensor] | None = None,
        iterations: int = ITERATIONS,
        limit: int = LIMIT,
    ) -> Tensor:
        """The flow of `a` towards `b`, 1 x 2 x H x W: (dx, dy) in pixels.

        Args:
            known: features of both, where they have been computed before.
            limit: see `Correlation`.
        """
        a, b = known or (self.features(a_13HW), self.features(b_13HW))
        correlation = Correlation(a, b, limit)
        hidden, context = self.context_encoder(a_13HW).split(HIDDEN, dim=1)
        hidden, context = hidden.tanh(), context.relu()
        start = _places(a)
        at = start
        for _ in range(iterations):
            hidden, change = self.update_block(hidden, context, correlation.look(at), at - start)
            at = at + change
        return upsampled(at - start, self.mask_predictor(hidden))


def _places(features_1CHW: Tensor) -> Tensor:
    """Where each place is, 1 x 2 x H x W: (x, y)."""
    rows, columns = (torch.arange(side, device=features_1CHW.device) for side in features_1CHW.shape[-2:])
    y, x = torch.meshgrid(rows, columns, indexing="ij")
    return torch.stack([x, y])[None].to(features_1CHW.dtype)
