"""The noise levels that VOID was trained with, and the solver that walks down them: DDIM, by diffusers."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from cleanplate.errors import missing_extra

if TYPE_CHECKING:
    from diffusers import DDIMScheduler

STEPS = MappingProxyType({1: 30, 2: 50})
"""Of the published passes."""
GUIDANCE = MappingProxyType({1: 1.0, 2: 6.0})
"""Scales of classifier-free guidance of the published passes; 1 asks once a step."""
NOISE = 0.0563
"""Standard deviation of the noise on the plate that the transformer is told, in -1..1."""

SETTINGS: Mapping[str, Any] = MappingProxyType(
    {
        "num_train_timesteps": 1000,
        "beta_start": 0.00085,
        "beta_end": 0.012,
        "beta_schedule": "scaled_linear",
        "prediction_type": "v_prediction",
        "rescale_betas_zero_snr": True,
        "set_alpha_to_one": True,
        "timestep_spacing": "trailing",
        "steps_offset": 0,
        "clip_sample": False,
    }
)
"""Of the base's repository. CogVideoX's own scheduler is the same with its `snr_shift_scale` at 1."""


def scheduler(steps: int | None = None) -> DDIMScheduler:
    """A scheduler, with its timesteps set where the number of steps is given. Raises ResourceError without diffusers.

    A step goes to the noise level 1000 // steps below its own, which is not always the next step's: in 30 steps, from
    966 to that of 933, and the next step is at 932. The weights were sampled so.
    """
    try:
        from diffusers import DDIMScheduler
    except ImportError as error:
        raise missing_extra(error.name or "diffusers", "learned") from error
    made = DDIMScheduler(**SETTINGS)
    if steps is not None:
        made.set_timesteps(steps)
    return made
