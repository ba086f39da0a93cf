"""Embeddings of the time and of the text, which all branches share, and of places."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from cleanplate.models.tokens.patches import Grid


def sinusoid(time_B: Tensor, channels: int) -> Tensor:
    """Cosines, then sines, of the time at frequencies from 1 down to nearly 1/10000; B x channels float32."""
    half = channels // 2
    frequencies = torch.exp(-math.log(10_000.0) / half * torch.arange(half, dtype=torch.float32, device=time_B.device))
    angles = time_B.float()[:, None] * frequencies
    return torch.cat((angles.cos(), angles.sin()), dim=1)


def places(grid: Grid, waves: int, device: torch.device) -> Tensor:
    """Sines, then cosines, of where every token's middle is in its clip, from half a wave over each side upwards.

    Places are parts of the sides, so that a clip of another size is told the same (Peebles & Xie, arXiv 2212.09748,
    count tokens instead). L x (3 axes x 2 waves) float32.
    """
    sides = [(torch.arange(side, dtype=torch.float32, device=device) + 0.5) / side for side in grid]
    where_L3 = torch.stack(torch.meshgrid(*sides, indexing="ij"), dim=-1).flatten(0, 2)
    angles_L3W = where_L3[..., None] * (math.pi * 2.0 ** torch.arange(waves, device=device))
    return torch.cat((angles_L3W.sin(), angles_L3W.cos()), dim=-1).flatten(1)


def pooled(text_BSD: Tensor, read_BS: Tensor) -> Tensor:
    """The tokens that are read, added up as independent ones would be: as large as one, however many; B x D."""
    read = read_BS[..., None].to(text_BSD.dtype)
    total: Tensor = (text_BSD * read).sum(dim=1) / read.sum(dim=1).clamp(min=1).sqrt()
    return total


class TimeEmbedder(nn.Module):
    """A time in 0..1000 to D channels."""

    def __init__(self, frequency_dim: int, dim: int) -> None:
        super().__init__()
        self.linear_1 = nn.Linear(frequency_dim, dim)
        self.linear_2 = nn.Linear(dim, dim)

    def forward(self, time_B: Tensor) -> Tensor:
        waves = sinusoid(time_B, self.linear_1.in_features).to(self.linear_1.weight.dtype)
        embedded: Tensor = self.linear_2(functional.silu(self.linear_1(waves)))
        return embedded


class TextEmbedder(nn.Module):
    """Tokens of the text encoder to D channels."""

    def __init__(self, text_dim: int, dim: int) -> None:
        super().__init__()
        self.linear_1 = nn.Linear(text_dim, dim)
        self.linear_2 = nn.Linear(dim, dim)

    def forward(self, text_BSD: Tensor) -> Tensor:
        embedded: Tensor = self.linear_2(functional.gelu(self.linear_1(text_BSD), approximate="tanh"))
        return embedded
