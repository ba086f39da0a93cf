"""Muon (Jordan et al., 2024; scaled as in Liu et al., arXiv 2502.16982): steps of matrices are made orthogonal.

A step of a matrix is the mean of its gradients with all singular values brought near one, times a rate at which it is
as large as one of Adam's. Everything that is no matrix of a block learns by AdamW. torch's own Muon computes in
bfloat16 alone, which takes a processor twenty-five times as long as float32.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer

_QUINTIC = (3.4445, -4.775, 2.0315)
"""Jordan's coefficients: five turns bring singular values from 0.003 up to between 0.7 and 1.2."""
_TURNS = 5
_AS_ADAM = 0.2
"""Root mean square of Adam's steps at a rate of one, as measured by Liu et al."""


class Muon(Optimizer):
    """Implements Muon for one group of parameters, the first, and AdamW for the other.

    Args:
        matrices: parameters of two axes.
        others: parameters of any shape.
        rates: of both.
        momentum: of the mean of a matrix's gradients.
        betas: of AdamW.
        decay: of all weights at each step, times the rate.
    """

    def __init__(
        self,
        matrices: list[nn.Parameter],
        others: list[nn.Parameter],
        rates: tuple[float, float],
        *,
        momentum: float = 0.95,
        betas: tuple[float, float] = (0.9, 0.999),
        decay: float = 0.0,
    ) -> None:
        self._adam = AdamW(others, rates[1], betas=betas, weight_decay=decay, fused=True)
        turned = {"params": matrices, "lr": rates[0], "momentum": momentum, "weight_decay": decay}
        super().__init__([turned, *self._adam.param_groups], {})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """One step, from the gradients that are there."""
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        turned, *others = self.param_groups
        for weight in turned["params"]:
            if weight.grad is not None:
                _advance(weight, self.state[weight], turned)
        self._adam.param_groups, self._adam.state = others, self.state
        self._adam.step()
        return None if closure is None else loss


def muon_for(model: nn.Module, rates: tuple[float, float], betas: tuple[float, float], decay: float) -> Muon:
    """Its blocks' matrices by Muon; embeddings, norms, biases, modulation and the head by AdamW."""
    matrices, others = list[nn.Parameter](), list[nn.Parameter]()
    for name, parameter in model.named_parameters():
        (matrices if parameter.ndim == 2 and "blocks." in name else others).append(parameter)
    return Muon(matrices, others, rates, betas=betas, decay=decay)


def orthogonal(matrix: Tensor) -> Tensor:
    """About the nearest matrix whose singular values are one, by Newton and Schulz's turns."""
    first, second, third = _QUINTIC
    wide = matrix.transpose(0, 1) if matrix.shape[0] > matrix.shape[1] else matrix
    turned: Tensor = wide / wide.norm().clamp(min=1e-7)
    for _ in range(_TURNS):
        square = turned @ turned.transpose(0, 1)
        turned = first * turned + (second * square + third * square @ square) @ turned
    return turned if wide is matrix else turned.transpose(0, 1)


def _advance(weight: Tensor, state: dict[str, Tensor], group: dict[str, Any]) -> None:
    """With Nesterov's look ahead."""
    gradient = weight.grad
    assert gradient is not None  # noqa: S101
    if "mean" not in state:
        state["mean"] = torch.zeros_like(weight)
    mean = state["mean"].lerp_(gradient, 1 - group["momentum"])
    step = orthogonal(gradient.lerp(mean, group["momentum"]))
    weight.mul_(1 - group["lr"] * group["weight_decay"])
    weight.sub_(step, alpha=group["lr"] * _AS_ADAM * max(weight.shape) ** 0.5)
