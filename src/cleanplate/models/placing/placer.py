"""Where a thing goes and how large it is, from the words of an instruction: a diffusion over eight numbers.

A flow from noise to the numbers (Lipman et al., arXiv 2210.02747), since words leave much open: "in the left part" is
many places, and each seed finds another. B instructions, S words of D channels.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from cleanplate.models.mixture.embeddings import sinusoid
from cleanplate.models.placing.shape import PLACER, Shape
from cleanplate.models.placing.way import BOXES, NUMBERS, Numbers
from cleanplate.models.weights import described

_FREQUENCIES = 32
_FAR = 4.0
"""Deviations from the mean that are told apart, at most."""
_THOUSAND = 1000.0
"""Times are embedded as those of all our models: up to this."""


class Placer(nn.Module):
    """Says how numbers with noise in them move on towards those that the words mean.

    Its numbers are normalised by the mean and deviation of each, as measured.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        dim = shape.dim
        self.words = nn.Linear(shape.text_dim, dim)
        self.boxes = nn.Linear(4 * BOXES + 1, dim)
        self.time = nn.Linear(_FREQUENCIES, dim)
        self.numbers = nn.Linear(NUMBERS, dim)
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.LayerNorm(dim), nn.Linear(dim, 2 * dim), nn.SiLU(), nn.Linear(2 * dim, dim))
            for _ in range(shape.layers)
        )
        self.head = nn.Linear(dim, NUMBERS)
        self.register_buffer("mean", torch.zeros(NUMBERS))
        self.register_buffer("deviation", torch.ones(NUMBERS))

    def forward(self, noisy_B8: Tensor, time_B: Tensor, text_BSD: Tensor, boxes_B34: Tensor) -> Tensor:
        """The velocity, noise minus numbers.

        Args:
            time_B: 0..1, of which 1 is noise alone.
            boxes_B34: in which all must happen, see `way.held_in`; NaN where anything may.
        """
        return self._velocity(noisy_B8, time_B, self._heard(text_BSD, boxes_B34))

    def _heard(self, text_BSD: Tensor, boxes_B34: Tensor) -> Tensor:
        """What words and boxes say, B x dim; the same at all times."""
        told = boxes_B34.flatten(1)
        free = told.isnan().any(dim=1, keepdim=True)
        boxes = torch.cat((torch.where(free, 0.0, told), free.to(told.dtype)), dim=1)
        read = text_BSD.any(dim=-1, keepdim=True).to(text_BSD.dtype)
        words = (functional.silu(self.words(text_BSD)) * read).sum(dim=1) / read.sum(dim=1).clamp(min=1)
        heard: Tensor = words + self.boxes(boxes)
        return heard

    def _velocity(self, noisy_B8: Tensor, time_B: Tensor, heard_BD: Tensor) -> Tensor:
        time = self.time(sinusoid(_THOUSAND * time_B, _FREQUENCIES).to(noisy_B8.dtype))
        x_BD = self.numbers(noisy_B8) + time + heard_BD
        for block in self.blocks:
            x_BD = x_BD + block(x_BD)
        velocity: Tensor = self.head(x_BD)
        return velocity

    @torch.no_grad()
    def sample(self, text_BSD: Tensor, boxes_B34: Tensor, noise_B8: Tensor) -> Tensor:
        """The numbers that become of noise, B x 8; text and boxes are of each, or one for all."""
        x_B8, heard_BD = noise_B8, self._heard(text_BSD, boxes_B34)
        times = torch.linspace(1, 0, self.shape.steps + 1, device=noise_B8.device)
        for now, after in pairwise(times):
            x_B8 = x_B8 + (after - now) * self._velocity(x_B8, now.expand(len(x_B8)), heard_BD)
        return x_B8 * self.deviation + self.mean

    def normalised(self, numbers_B8: Tensor) -> Tensor:
        """As it is taught them; what is far out counts as less far."""
        return ((numbers_B8 - self.mean) / self.deviation).clamp(-_FAR, _FAR)


KIND = described.Kind(PLACER, Shape, Placer, "placer", "Name a folder that `cleanplate train placer` wrote.")


def placed(
    placer: Placer, text_1SD: Tensor, boxes_34: NDArray[np.float64] | None, seed: int, count: int = 1
) -> Numbers:
    """Ways of a window for one instruction, count x 8; see `way.aim_of`."""
    boxes = torch.full((BOXES, 4), torch.nan) if boxes_34 is None else torch.from_numpy(boxes_34).float()
    generator = torch.Generator().manual_seed(seed)
    noise_B8 = torch.stack([torch.randn(NUMBERS, generator=generator) for _ in range(count)])
    return np.asarray(placer.sample(text_1SD.float().cpu(), boxes[None], noise_B8).double().numpy())


def save(placer: Placer, folder: Path) -> None:
    """See `described.save`."""
    described.save(placer, placer.shape, KIND, folder)


def load(folder: Path) -> Placer:
    """See `described.load`."""
    return described.load(KIND, folder)
