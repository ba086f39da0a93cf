"""What a branch has for itself in one block: its attention, its way to the text, its feed-forward, its modulation."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from cleanplate.models.mixture.config import CrossAttention
from cleanplate.models.tokens.attention import KeysValues, Projections, attend
from cleanplate.models.tokens.rotary import Turn


def layer_norm(x: Tensor, eps: float, weight: Tensor | None = None, bias: Tensor | None = None) -> Tensor:
    """Over channels, in float32 whatever the dtype of `x`; float32."""
    weight, bias = (part if part is None else part.float() for part in (weight, bias))
    return functional.layer_norm(x.float(), x.shape[-1:], weight, bias, eps)


class Modulation(NamedTuple):
    """Shift, scale and gate of attention and feed-forward, by time and block; each B x 1 x D float32."""

    shift: Tensor
    scale: Tensor
    gate: Tensor
    feed_shift: Tensor
    feed_scale: Tensor
    feed_gate: Tensor


class FeedForward(nn.Module):
    """Two linear layers with a GELU between (its tanh form, as Wan has it)."""

    def __init__(self, dim: int, ffn_dim: int) -> None:
        super().__init__()
        self.linear_1 = nn.Linear(dim, ffn_dim)
        self.linear_2 = nn.Linear(ffn_dim, dim)

    def forward(self, x_BAD: Tensor) -> Tensor:
        fed: Tensor = self.linear_2(functional.gelu(self.linear_1(x_BAD), approximate="tanh"))
        return fed


class Tower(nn.Module):
    """One branch's part of one block.

    Args:
        text: whether its tokens read the text, and through weights of whom.
    """

    def __init__(self, dim: int, heads: int, ffn_dim: int, eps: float, text: CrossAttention) -> None:
        super().__init__()
        self._eps = eps
        self.scale_shift_table = nn.Parameter(torch.zeros(1, 6, dim))
        self.attention = Projections(dim, heads, eps)
        self.text_norm = None if text == "none" else nn.LayerNorm(dim, eps)
        self.text_attention = Projections(dim, heads, eps) if text == "own" else None
        self.feed_forward = FeedForward(dim, ffn_dim)

    def modulation(self, time_B6D: Tensor) -> Modulation:
        """Of this block at this time."""
        return Modulation(*(self.scale_shift_table + time_B6D.float()).chunk(6, dim=1))

    def look(self, x_BAD: Tensor, by: Modulation, at: Turn) -> tuple[Tensor, KeysValues]:
        """Queries, and keys with values, of the tokens."""
        normed = (layer_norm(x_BAD, self._eps) * (1 + by.scale) + by.shift).type_as(x_BAD)
        return self.attention.queries(normed, at), self.attention.keys_values(normed, at)

    def take(self, x_BAD: Tensor, attended_BANE: Tensor, by: Modulation) -> Tensor:
        """The tokens with what attention found for them."""
        return (x_BAD.float() + self.attention.out(attended_BANE) * by.gate).type_as(x_BAD)

    def read(self, x_BAD: Tensor, text_BSD: Tensor | None, shared: Projections | None) -> Tensor:
        """The tokens with what they find in the text; as they were if they read none."""
        weights = self.text_attention or shared
        if self.text_norm is None or weights is None or text_BSD is None:
            return x_BAD
        normed = layer_norm(x_BAD, self._eps, self.text_norm.weight, self.text_norm.bias).type_as(x_BAD)
        return x_BAD + weights.out(attend(weights.queries(normed), *weights.keys_values(text_BSD)))

    def feed(self, x_BAD: Tensor, by: Modulation) -> Tensor:
        """The tokens after the feed-forward."""
        normed = (layer_norm(x_BAD, self._eps) * (1 + by.feed_scale) + by.feed_shift).type_as(x_BAD)
        fed: Tensor = self.feed_forward(normed)
        return (x_BAD.float() + fed.float() * by.feed_gate).type_as(x_BAD)
