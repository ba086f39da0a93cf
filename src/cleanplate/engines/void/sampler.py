"""The sampler of a span: window by window, step by step, from noise on disk to latents on disk."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from cleanplate.engines.void.latents import Course, Latents, Shape
from cleanplate.engines.void.windows import OVERLAP, SIZE, Window, windows
from cleanplate.models.sampling.guard import require_content, require_finite

_NAME = "the video"


class Scheduler(Protocol):
    """What the sampler needs of diffusers' schedulers, their steps set; of the stateless ones, such as DDIM."""

    timesteps: Tensor

    def step(self, model_output: Tensor, timestep: Any, sample: Tensor, *, return_dict: bool) -> Any:
        """The sample one step on, first in a tuple."""
        ...


@dataclass(frozen=True)
class Moment:
    """Where a run is.

    Attributes:
        step, steps: 0, 1, ... of so many.
        window, windows: 0, 1, ... of so many.
    """

    step: int
    steps: int
    window: int
    windows: int


Ask = Callable[[Tensor, Tensor, int, Moment], Tensor]
"""(noisy 1 x F x C x H x W, known 1 x F x 2 C x H x W, time, moment) -> velocity like the noisy latents, float32."""


@dataclass(frozen=True)
class Task:
    """What is sampled.

    Attributes:
        known: mask and plate, F x 2 C x H x W.
        noise: yields latent frames of C x H x W; asked only where a run begins anew.
        key: of all that the result depends on beside schedule and windows: weights, text, plate, mask, seed.
        size, overlap: of the windows, in latents.
        every: what is asked may remember earlier steps, but none before the last that this divides; a killed run goes
            on from there. 1 remembers nothing.
    """

    known: Latents
    noise: Callable[[], Iterable[Tensor]]
    key: str
    size: int = SIZE
    overlap: int = OVERLAP
    every: int = 1

    @property
    def shape(self) -> Shape:
        """Of what comes out."""
        frames, channels, rows, columns = self.known.shape
        return frames, channels // 2, rows, columns

    @property
    def windows(self) -> tuple[Window, ...]:
        """Raises ValueError for a length that cannot be cut into tokens."""
        return windows(self.shape[0], self.size, self.overlap)


@torch.no_grad()
def sample(
    ask: Ask,
    scheduler: Scheduler,
    task: Task,
    folder: Path,
    *,
    device: torch.device | str = "cpu",
    watch: Callable[[Moment], None] | None = None,
) -> Latents:
    """Clean latents, F x C x H x W, mapped from a file in the folder.

    Called again after a kill it goes on after the last whole step (see `Task.every`), with the same result. Latents
    stay in float32.

    Args:
        watch: told after every window; it may raise to stop.

    Raises:
        CleanplateError: a number is not finite, or nothing is in what came out.
        ResourceError: the disk is full.
        ValueError: latents of odd size, which patches of two do not divide.
    """
    if any(side % 2 for side in task.shape[2:]):
        raise ValueError(f"patches of two do not divide latents of {task.shape[2:]}")
    parts, steps = task.windows, len(scheduler.timesteps)
    course = Course.begun(folder, task.noise(), task.shape, _key(task, scheduler), task.every)
    for step in range(course.done, steps):
        time = int(scheduler.timesteps[step])
        for number, part in enumerate(parts):
            noisy, known = (_taken(latents, part, device) for latents in (course.now, task.known))
            moment = Moment(step, steps, number, len(parts))
            moved = scheduler.step(ask(noisy, known, time, moment), time, noisy, return_dict=False)[0]
            require_finite({_NAME: moved}, step)
            blend(course.following, part, moved[0].float().cpu().numpy())
            if watch is not None:
                watch(moment)
        course.advance(last=step == steps - 1)
    _require_content(course.now, parts)
    return course.now


def blend(onto: Latents, window: Window, made: Latents) -> None:
    """Lay a window's latents over those of the windows before it, which must be there."""
    weighted = made * window.weights[:, None, None, None]
    middle = window.start + window.head
    onto[window.start : middle] += weighted[: window.head]
    onto[middle : window.stop] = weighted[window.head :]


def _taken(latents: Latents, window: Window, device: torch.device | str) -> Tensor:
    return torch.from_numpy(np.array(latents[window.place]))[None].to(device)


def _require_content(latents: Latents, parts: Sequence[Window]) -> None:
    for part in parts:
        require_content({_NAME: _taken(latents, part, "cpu")})


def _key(task: Task, scheduler: Scheduler) -> str:
    told = [task.key, scheduler.timesteps.tolist(), [asdict(part) for part in task.windows]]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()
