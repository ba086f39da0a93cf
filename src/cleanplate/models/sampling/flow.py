"""Flow matching: straight paths from noise to samples, and the solvers that walk back along them.

``x_s = (1 - s) x_0 + s e`` at noise level s; the velocity is ``e - x_0``; the model is told the time 1000 s. Rectified
flow (Liu et al., arXiv 2209.03003), with Wan2.1's shift of the levels.
"""

from __future__ import annotations

from typing import Any, Protocol, cast

import numpy as np
import torch
from torch import Tensor

from cleanplate.errors import missing_extra
from cleanplate.models.sampling.settings import Prediction, Sampling

TRAINED_STEPS = 1000
"""The time that stands for pure noise."""


class Scheduler(Protocol):
    """What the sampler needs of diffusers' schedulers.

    Attributes:
        timesteps: what the model is told, step by step.
        sigmas: noise levels, one more.
    """

    timesteps: Tensor
    sigmas: Tensor

    def step(self, model_output: Tensor, timestep: Tensor, sample: Tensor, *, return_dict: bool) -> Any:
        """The sample one step on, in a tuple."""
        ...


def noised(clean: Tensor, noise: Tensor, level: Tensor | float) -> Tensor:
    """The point of the path at a noise level in 0..1."""
    return (1 - level) * clean + level * noise


def velocity(noise: Tensor, clean: Tensor) -> Tensor:
    """Of the whole path."""
    return noise - clean


def as_clean(predicted: Tensor, at: Tensor, level: Tensor | float, prediction: Prediction) -> Tensor:
    """What the model answered, as clean latents.

    Args:
        at: the noisy latents that it saw.
        level: of their noise.
        prediction: what its answers are.
    """
    return at - level * predicted if prediction == "velocity" else predicted


def shifted(level: Tensor, shift: float) -> Tensor:
    """A noise level in 0..1, moved towards 1 for a shift above 1."""
    return shift * level / (1 + (shift - 1) * level)


def scheduler_of(settings: Sampling, start: float = 1.0) -> Scheduler:
    """Diffusers' scheduler, its steps set. Raises ResourceError without diffusers.

    Args:
        start: noise level of the first step, above 0. From one below 1 the steps go down evenly, but for the shift.
    """
    try:
        from diffusers import FlowMatchEulerDiscreteScheduler, UniPCMultistepScheduler
    except ImportError as error:
        raise missing_extra(error.name or "diffusers", "learned") from error
    if settings.solver == "euler":
        scheduler = FlowMatchEulerDiscreteScheduler(num_train_timesteps=TRAINED_STEPS, shift=settings.shift)
    else:
        scheduler = UniPCMultistepScheduler(
            num_train_timesteps=TRAINED_STEPS,
            prediction_type="flow_prediction",
            use_flow_sigmas=True,
            flow_shift=settings.shift,
        )
    if start < 1:
        first = float(shifted(torch.tensor(start), 1 / settings.shift))
        scheduler.set_timesteps(sigmas=first * np.arange(settings.steps, 0, -1) / settings.steps)
    else:
        scheduler.set_timesteps(settings.steps)
    return cast(Scheduler, scheduler)
