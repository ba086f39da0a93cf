"""Weights of linear layers in 8 bits; activations and sums stay in the type that they are in.

Each row of a weight is scaled to the range of float8 E4M3 (3 bits of mantissa, so an error of at most 1/16 of a weight)
and unfolded when it is used. Only the blocks' layers: norms, embeddings, modulations and heads stay as they are.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from cleanplate.models.running.transformer import Model

STORED = torch.float8_e4m3fn
_PEAK = torch.finfo(STORED).max
_MODULATIONS = "norm"
"""In the names of modules whose layers say by how much tokens are scaled and shifted."""


def scaled(weight_OI: Tensor) -> tuple[Tensor, Tensor]:
    """A weight in 8 bits and the scale of each of its rows, O x 1 float32."""
    weight = weight_OI.float()
    scale = weight.abs().amax(dim=1, keepdim=True).clamp(min=torch.finfo(torch.float32).tiny * _PEAK) / _PEAK
    return (weight / scale).clamp(-_PEAK, _PEAK).to(STORED), scale


class SmallLinear(nn.Module):
    """Stands for a linear layer. Not for training."""

    def __init__(self, layer: nn.Linear) -> None:
        super().__init__()
        weight, scale = scaled(layer.weight.detach())
        self.weight = nn.Parameter(weight, requires_grad=False)
        self.scale = nn.Parameter(scale, requires_grad=False)
        self.bias = layer.bias

    def forward(self, x: Tensor) -> Tensor:
        weight = self.weight.to(x.dtype) * self.scale.to(x.dtype)
        return functional.linear(x, weight, self.bias)


def shrink(model: Model) -> Model:
    """Put the blocks' linear layers into 8 bits, in place and layer by layer; the model is returned."""
    modules = [module for path, module in model.blocks.named_modules() if _MODULATIONS not in path]
    for module in modules:
        for name, child in module.named_children():
            if isinstance(child, nn.Linear):
                setattr(module, name, SmallLinear(child))
    return model
