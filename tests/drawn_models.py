"""Tiny models with drawn weights, and inputs for them."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from cleanplate.models.catalogue.system import Limits, System
from cleanplate.models.mixture.config import MixtureConfig, layered
from cleanplate.models.mixture.model import Mixture

TINY: dict[str, Any] = {
    "dim": 24,
    "layers": 3,
    "heads": 2,
    "ffn_dim": 32,
    "channels": 4,
    "text_dim": 12,
    "frequency_dim": 16,
}
torch.set_num_threads(1)  # tensors this small are slower on more, all the more beside other tests
BRANCHES = ("edit", "alpha", "composite")


def drawn(config: MixtureConfig, seed: int = 0) -> Mixture:
    """A model of which no weight is left at a zero or a one that would hide a slip."""
    generator = torch.Generator().manual_seed(seed)
    model = Mixture(config).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=parameter.shape[-1] ** -0.5, generator=generator)
    return model


def vera(seed: int = 0) -> Mixture:
    """Three branches whose tokens are told their places."""
    return drawn(layered(**TINY, waves=2), seed)


def system_of(model: Mixture) -> System:
    """With Wan's codec and small videos."""
    return System(transformer=model.config, limits=Limits(frames=9, pixels=64 * 112, rate=12))


class Inputs:
    """What a call of three branches takes, drawn.

    Args:
        grid: of tokens; a token is 1 x 2 x 2.
    """

    def __init__(self, grid: tuple[int, int, int], seed: int = 0, clips: int = 1) -> None:
        generator = torch.Generator().manual_seed(seed)
        shape = (clips, TINY["channels"], grid[0], 2 * grid[1], 2 * grid[2])

        def draw(*size: int) -> Tensor:
            return torch.randn(size, generator=generator)

        self.videos = {name: draw(*shape) for name in BRANCHES}
        self.time = torch.rand(clips, generator=generator) * 1000
        self.text = draw(clips, 5, TINY["text_dim"])
        self.conditions = {"source": draw(*shape), "preserve": draw(*shape)}

    @property
    def all(self) -> tuple[dict[str, Tensor], Tensor, Tensor, dict[str, Tensor]]:
        """In the order of the model's arguments."""
        return self.videos, self.time, self.text, self.conditions


def drawn_video(*shape: int, seed: int = 0) -> Tensor:
    """Uniform in -1..1."""
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed)) * 2 - 1
