"""What is minimised: the mean square of the velocity's error, at one uniformly drawn noise level each clip.

No part of the picture weighs more than another, as published.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from cleanplate.engines.void.conditioning import model_input
from cleanplate.models.void.rotary import rotary
from cleanplate.models.void.schedule import SETTINGS, scheduler
from cleanplate.train.order import Purpose, drawn
from cleanplate.train.void.batches import Latents
from cleanplate.train.void.recipe import Recipe

_LEVELS = scheduler()


def level(recipe: Recipe, position: int) -> int:
    """0..999, uniform."""
    return int(drawn(recipe.seed, Purpose.NOISE, position).integers(SETTINGS["num_train_timesteps"]))


def loss(model: Any, latents: Latents, recipe: Recipe) -> Tensor:
    """Of one clip."""
    clean, noise = latents.clean_1FCHW, latents.noise_1FCHW
    time = torch.tensor([level(recipe, latents.position)], device=clean.device)
    _, frames, _, rows, columns = clean.shape
    answer: Tensor = model(
        hidden_states=model_input(_LEVELS.add_noise(clean, noise, time), latents.known_1FCHW),
        encoder_hidden_states=latents.text_1SD,
        timestep=time,
        image_rotary_emb=rotary(recipe.transformer, frames, rows, columns, clean.device),
        return_dict=False,
    )[0]
    wanted: Tensor = _LEVELS.get_velocity(clean, noise, time)
    return (answer.float() - wanted).square().mean()
