"""The sampler of the mixture: all branches from noise to latents, together.

Diffusers' schedulers do the steps; all branches are one tensor to them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from cleanplate.models.mixture.model import Mixture
from cleanplate.models.sampling.flow import scheduler_of
from cleanplate.models.sampling.guard import require_content, require_finite
from cleanplate.models.sampling.guess import Guess
from cleanplate.models.sampling.question import Question, Videos
from cleanplate.models.sampling.settings import Prediction, Sampling


@dataclass(frozen=True)
class Moment:
    """Told after every step.

    Attributes:
        step, steps: 0, 1, ... of so many.
        clean: by branch, what the result would be by this step's prediction.
        calls, skipped: of the model so far, and those of them in which the cache left blocks out.
    """

    step: int
    steps: int
    clean: Mapping[str, Tensor]
    calls: int
    skipped: int


Watch = Callable[[Moment], None]


@torch.no_grad()
def sample(
    model: Mixture,
    noise: Mapping[str, Tensor],
    question: Question,
    settings: Sampling,
    *,
    prediction: Prediction = "velocity",
    start: float = 1.0,
    watch: Watch | None = None,
) -> Videos:
    """Latents of all branches.

    Args:
        noise: by branch, standard normal, float32; what it is decides the result.
        start: noise level that the sampling starts at. Below 1 `noise` is what is gone on from, brought to that level.
        watch: called after every step, for progress and previews; it may raise to stop.

    Raises:
        CleanplateError: the result is not finite, or is empty where the question asks for content.
        ValueError: guidance without a negative text, or an economy without a region.
    """
    if settings.guidance > 1 and question.negative_BSD is None:
        raise ValueError("guidance leads away from a negative text; there is none")
    if settings.economy is not None and question.region is None:
        raise ValueError("an economy needs a region")
    scheduler = scheduler_of(settings, start)
    names = list(noise)
    x = torch.stack([noise[name] for name in names])
    guess = Guess(model, noise, question, settings, prediction=prediction)
    for step, time in enumerate(scheduler.timesteps):
        at = dict(zip(names, x.unbind(), strict=True))
        level = float(scheduler.sigmas[step])
        clean = guess.at(step, at, float(time), level)
        require_finite(clean, step)
        velocities = torch.stack([(at[name] - clean[name]) / level for name in names])
        x = scheduler.step(velocities, time, x, return_dict=False)[0]
        if watch is not None:
            watch(Moment(step, settings.steps, clean, guess.calls, guess.skipped))
    videos = dict(zip(names, x.unbind(), strict=True))
    require_content(videos, question.content_THW)
    return videos
