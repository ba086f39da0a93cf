"""What the model makes of some clips, in figures and a picture: the real sampler, from source and instruction alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cleanplate.models.codecs.protocol import Codec, as_alpha
from cleanplate.models.mixture.model import Mixture
from cleanplate.models.sampling.question import Question
from cleanplate.models.sampling.sampler import sample
from cleanplate.train.order import Purpose, drawn
from cleanplate.train.vera.clips import Example
from cleanplate.train.vera.objective import Latents
from cleanplate.train.vera.recipe import Recipe

_SHOWN = 3
_CLEAR = 4 / 255
"""Generated alpha below this becomes nothing, as in an edit."""


@dataclass(frozen=True)
class Made:
    """What was sampled for one clip, on the CPU.

    Attributes:
        edit: 3 x T x H x W in 0..1.
        alpha: T x H x W in 0..1.
        composite: the third branch, 3 x T x H x W in 0..1.
    """

    edit: Tensor
    alpha: Tensor
    composite: Tensor


def draw(
    model: Mixture,
    latents: Latents,
    negative_BSD: Tensor,
    codec: Codec,
    recipe: Recipe,
    *,
    content_THW: Tensor | None = None,
) -> list[Made]:
    """Sample every clip of a batch by itself; the noise follows from the recipe's seed and the clip's position.

    Args:
        content_THW: see `Question`.
    """
    parts = [latents.only(place) for place in range(len(latents.positions))]
    negative = negative_BSD.to(latents.text_BSD.device)
    questions = [Question(one.text_BSD, negative, _shown(one), content_THW=content_THW) for one in parts]
    return [_drawn(model, *asked, codec, recipe) for asked in zip(parts, questions, strict=True)]


def scores(made: Made, truth: Example) -> dict[str, float]:
    """How near it came.

    Returns:
        ``iou``: of alpha over one half, 1.0 where neither has any; ``alpha``: mean error of alpha;
        ``psnr``: of the edit's colour in dB, where the true alpha is over one half.
    """
    alpha = truth.alpha.float() / 255
    inside, found = alpha > 0.5, made.alpha > 0.5
    union = (inside | found).sum()
    wrong = (made.edit - truth.edit.float() / 255)[:, inside].square().mean() if inside.any() else torch.tensor(0.0)
    return {
        "iou": float((inside & found).sum() / union) if union else 1.0,
        "alpha": float((made.alpha - alpha).abs().mean()),
        "psnr": float(-10 * torch.log10(wrong.clamp(min=1e-10))),
    }


def sheet(made: Sequence[Made], truths: Sequence[Example]) -> NDArray[np.uint8]:
    """Rows of clips, columns of frames; above, the true composite, edit and alpha, below them what was sampled."""
    return np.concatenate([_rows(one, truth) for one, truth in zip(made, truths, strict=True)])


def _shown(one: Latents) -> dict[str, Tensor]:
    return {name: video for name, video in one.conditions.items() if bool(one.present.get(name, True))}


def _drawn(model: Mixture, one: Latents, question: Question, codec: Codec, recipe: Recipe) -> Made:
    random = drawn(recipe.seed, Purpose.NOISE, one.positions[0])
    noise = {
        name: torch.from_numpy(random.standard_normal(clean.shape, dtype="float32")).to(clean.device)
        for name, clean in one.clean.items()
    }
    videos = sample(model, noise, question, recipe.system.sampling, prediction=recipe.system.prediction)
    alpha = as_alpha(codec.decode(videos["alpha"]))[0].cpu()
    return Made(
        _unit(codec.decode(videos["edit"])), alpha * (alpha >= _CLEAR), _unit(codec.decode(videos["composite"]))
    )


def _unit(video_B3THW: Tensor) -> Tensor:
    return ((video_B3THW[0].cpu() + 1) / 2).clamp(0, 1)


def _rows(made: Made, truth: Example) -> NDArray[np.uint8]:
    frames = np.linspace(0, made.alpha.shape[0] - 1, _SHOWN).round().astype(int)
    rows: Sequence[Mapping[str, Tensor]] = (
        {
            "composite": truth.composite.float() / 255,
            "edit": truth.edit.float() / 255,
            "alpha": truth.alpha.float() / 255,
        },
        {"composite": made.composite, "edit": made.edit, "alpha": made.alpha},
    )
    return np.concatenate([_row(row, frames) for row in rows])


def _row(videos: Mapping[str, Tensor], frames: NDArray[np.int64]) -> NDArray[np.uint8]:
    gray = videos["alpha"].expand(3, -1, -1, -1)
    cells = [
        video[:, frame].permute(1, 2, 0) for frame in frames for video in (videos["composite"], videos["edit"], gray)
    ]
    return (torch.cat(cells, dim=1) * 255).round().to(torch.uint8).numpy()
