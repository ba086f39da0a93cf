"""The model that a run begins with, and what learns of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.optim import AdamW, Optimizer

from cleanplate.models.void import transformer
from cleanplate.train.adapters import adapt
from cleanplate.train.came import Came
from cleanplate.train.void.recipe import Rates, Recipe

if TYPE_CHECKING:
    from diffusers import CogVideoXTransformer3DModel

_ADAPTED = r"transformer_blocks\..*\.(to_q|to_k|to_v|to_out\.0|ff\.net\.0\.proj|ff\.net\.2)"
_WIDENED = "patch_embed.proj."
"""Learns whole beside adapters: where training begins with the base, its mask's channels are copies of one."""


def start(recipe: Recipe) -> CogVideoXTransformer3DModel:
    """Drawn from the seed, or loaded; float32.

    Raises:
        InputError: weights of another model than the recipe's.
        ResourceError: diffusers is not installed; or adapters are asked for, and peft is not.
    """
    model = (
        _drawn(recipe) if recipe.start is None else transformer.start(recipe.start, recipe.transformer, torch.float32)
    )
    if recipe.checkpointing:
        model.enable_gradient_checkpointing()
    if recipe.lora is not None:
        adapt(model, recipe.lora, recipe.seed, _ADAPTED, whole=lambda name: name.startswith(_WIDENED))
    return model.train()


def optimiser_of(model: nn.Module, rates: Rates) -> Optimizer:
    """Of what learns of a model."""
    learning = [part for part in model.parameters() if part.requires_grad]
    if rates.optimiser == "came":
        return Came(learning, rates.rate, rates.betas, weight_decay=rates.decay)
    return AdamW(learning, rates.rate, rates.betas[:2], weight_decay=rates.decay, fused=True)


def _drawn(recipe: Recipe) -> CogVideoXTransformer3DModel:
    from diffusers import CogVideoXTransformer3DModel

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        return CogVideoXTransformer3DModel(**recipe.transformer.arguments)
