"""The model that a run begins with, and how fast each of its weights may learn."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from cleanplate.models.mixture import wan
from cleanplate.models.mixture.model import Mixture
from cleanplate.train.adapters import adapt
from cleanplate.train.starting import begun
from cleanplate.train.vera.recipe import Recipe

_ADAPTED = r"blocks\..*\.(to_q|to_k|to_v|to_out|linear_1|linear_2)"


def start(recipe: Recipe) -> Mixture:
    """Drawn from the seed, or loaded; float32.

    Raises:
        InputError: weights of another model than the recipe's.
        ResourceError: adapters are asked for, and peft is not installed.
    """
    model = begun(recipe.system.transformer, recipe.start, recipe.seed)
    model.checkpointing = recipe.checkpointing
    if recipe.lora is not None:
        fresh = wan.untaught(recipe.system.transformer)
        adapt(model, recipe.lora, recipe.seed, _ADAPTED, whole=fresh.__contains__)
    return model.train()


def groups(model: Mixture, recipe: Recipe) -> list[dict[str, Any]]:
    """The optimiser's groups: copied layers learn slowly, new ones fast. Without a start, all are new."""
    fresh = wan.untaught(recipe.system.transformer)
    new: list[Tensor] = []
    copied: list[Tensor] = []
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            is_new = recipe.start is None or name in fresh or "lora_" in name
            (new if is_new else copied).append(parameter)
    sides = ((new, recipe.rates.new), (copied, recipe.rates.copied))
    return [{"params": part, "lr": rate} for part, rate in sides if part]
