"""CAME (Luo et al., ACL 2023, arXiv 2307.02047): Adam whose second moment is kept as rows and columns.

A step that lies far from the mean of the steps before it is not trusted: how far is averaged too, as rows and columns,
and divides the step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.distributed.tensor import DTensor, Replicate
from torch.optim import Optimizer


class Came(Optimizer):
    """Implements CAME. Weights of one axis (biases, norms) have a second moment each, and are always trusted.

    Args:
        params: parameters, or groups of them.
        lr: rate.
        betas: of the mean of steps, of the second moment, and of the distance from the mean.
        eps: added to squares of gradients, and to squares of distances.
        threshold: the largest root mean square of a tensor's step before it is averaged.
        weight_decay: of the weights at each step, times the rate.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float,
        betas: tuple[float, float, float] = (0.9, 0.999, 0.9999),
        *,
        eps: tuple[float, float] = (1e-30, 1e-16),
        threshold: float = 1.0,
        weight_decay: float = 0.0,
    ) -> None:
        defaults = {"lr": lr, "betas": betas, "eps": eps, "threshold": threshold, "weight_decay": weight_decay}
        super().__init__(params, defaults)

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """One step, from the gradients that are there."""
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    _advance(weight, self.state[weight], group)
        return None if closure is None else loss


def _advance(weight: Tensor, state: dict[str, Tensor], group: dict[str, Any]) -> None:
    first, second, third = group["betas"]
    gradient = weight.grad
    assert gradient is not None  # noqa: S101
    squares = gradient.square() + group["eps"][0]
    step = gradient * _inverse_root(state, "second", squares, second)
    step = step / torch.clamp(_whole(step.square().mean()).sqrt() / group["threshold"], min=1.0)
    mean = _averaged(state, "mean", step, first)
    if weight.ndim > 1:
        distance = (step - mean).square() + group["eps"][1]
        mean = mean * _inverse_root(state, "distance", distance, third)
    weight.mul_(1 - group["lr"] * group["weight_decay"]).sub_(group["lr"] * mean)


def _inverse_root(state: dict[str, Tensor], name: str, squares: Tensor, beta: float) -> Tensor:
    """One over the root of the average of such squares; of a matrix, the product of its rows' and columns' averages."""
    if squares.ndim < 2:
        return _averaged(state, name, squares, beta).rsqrt()
    rows = _averaged(state, f"{name}_rows", _whole(squares.mean(dim=-1)), beta)
    columns = _averaged(state, f"{name}_columns", _whole(squares.mean(dim=-2)), beta)
    parts = (rows / rows.mean(dim=-1, keepdim=True)).rsqrt()
    return parts.unsqueeze(-1) * columns.rsqrt().unsqueeze(-2)


def _averaged(state: dict[str, Tensor], name: str, value: Tensor, beta: float) -> Tensor:
    if name not in state:
        state[name] = torch.zeros_like(value)
    return state[name].mul_(beta).add_(value, alpha=1 - beta)


def _whole(value: Tensor) -> Tensor:
    """The same on every process, of weights that are spread over them: rows and columns are small."""
    return (
        value.redistribute(placements=[Replicate()] * value.device_mesh.ndim) if isinstance(value, DTensor) else value
    )
