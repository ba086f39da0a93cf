"""What all branches share: the embeddings of the time and of the text."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional


def sinusoid(time_B: Tensor, channels: int) -> Tensor:
    """Cosines, then sines, of the time at frequencies from 1 down to nearly 1/10000; B x channels float32."""
    half = channels // 2
    frequencies = torch.exp(-math.log(10_000.0) / half * torch.arange(half, dtype=torch.float32, device=time_B.device))
    angles = time_B.float()[:, None] * frequencies
    return torch.cat((angles.cos(), angles.sin()), dim=1)


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
