"""What the model makes of pairs that it does not learn from, beside what needs no model."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cleanplate.models.mixture.model import Mixture
from cleanplate.models.moving.ask import Asking, ask
from cleanplate.models.moving.compose import compose
from cleanplate.models.moving.facts import ANSWERED
from cleanplate.models.sampling.settings import Sampling
from cleanplate.train.noise import normal
from cleanplate.train.order import Purpose
from cleanplate.train.void_nano.objective import Lesson
from cleanplate.train.void_nano.recipe import Recipe

_SHOWN = 6
_TIMES = (0.0, 0.4, 0.7, 1.0)
_ZOOM = 2


@torch.no_grad()
def drawn(model: Mixture, given: Lesson, recipe: Recipe, number: int) -> Tensor:
    """The picture that comes of the model's answer in one call; T x 3 x H x W in 0..1."""
    if given.reach is None:
        return given.clean
    frames, _, rows, columns = given.plate.shape
    noise = normal((1, ANSWERED, frames, rows, columns), recipe.seed, Purpose.POSTERIOR, number, given.plate.device)
    settings = Sampling(steps=1, guidance=1.0, shift=1.0, solver="euler", economy=recipe.economy)
    said = ask(Asking(model, given.scene, given.reach, settings, noise))
    return torch.where(given.reach.inside[:, None], compose(given.plate, given.clean, said), given.plate).clamp(0, 1)


def scores(made: Tensor, given: Lesson) -> dict[str, float]:
    """dB of what was made, of the clean plate and of the plate itself, over what truly may change."""
    pictures = {"PSNR": made, "PSNR clean plate": given.clean, "PSNR plate": given.plate}
    return {name: _decibels(picture, given.truth, given.changes) for name, picture in pictures.items()}


def sheet(made: Sequence[Tensor], given: Sequence[Lesson]) -> NDArray[np.uint8]:
    """For some pairs, frames over time: plate, clean plate, made, truth."""
    rows = []
    for one, lesson in list(zip(made, given, strict=True))[:_SHOWN]:
        frames = [round(time * (len(one) - 1)) for time in _TIMES]
        tracks = (lesson.plate, lesson.clean, one, lesson.truth)
        rows.append(np.hstack([np.hstack([_codes(track[frame]) for track in tracks]) for frame in frames]))
    stacked = np.vstack(rows)
    size = (stacked.shape[1] * _ZOOM, stacked.shape[0] * _ZOOM)
    return np.asarray(cv2.resize(stacked, size, interpolation=cv2.INTER_NEAREST), np.uint8)


def _codes(picture_3HW: Tensor) -> NDArray[np.uint8]:
    return np.asarray((picture_3HW.permute(1, 2, 0) * 255).round().byte().cpu().numpy(), np.uint8)


def _decibels(picture: Tensor, truth: Tensor, where: Tensor) -> float:
    weights = where.float()
    square = ((picture - truth).square().mean(dim=1, keepdim=True) * weights).sum() / weights.sum().clamp(min=1)
    return float(-10 * torch.log10(square.clamp(min=1e-8)))
