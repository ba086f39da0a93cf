"""What the model makes of some clips, in figures and a picture: the real sampler, from source and instruction alone."""

from __future__ import annotations

from collections.abc import Sequence
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
        composite: the third branch, 3 x T x H x W in 0..1.
        edit: 3 x T x H x W in 0..1; None, as alpha is, of a model that makes no layers.
        alpha: T x H x W in 0..1.
    """

    composite: Tensor
    edit: Tensor | None = None
    alpha: Tensor | None = None


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
        ``psnr``: of the edit's colour in dB, where the true alpha is over one half. Without layers ``psnr`` is of the
        composite's colour there, and ``kept`` of it where the true alpha is nothing.
    """
    alpha = truth.alpha.float() / 255
    inside = alpha > 0.5
    if made.edit is None or made.alpha is None:
        right = truth.composite.float() / 255
        return {
            "psnr": _decibels(made.composite, right, inside),
            "kept": _decibels(made.composite, right, alpha == 0),
        }
    found = made.alpha > 0.5
    union = (inside | found).sum()
    return {
        "iou": float((inside & found).sum() / union) if union else 1.0,
        "alpha": float((made.alpha - alpha).abs().mean()),
        "psnr": _decibels(made.edit, truth.edit.float() / 255, inside),
    }


def sheet(made: Sequence[Made], truths: Sequence[Example]) -> NDArray[np.uint8]:
    """Rows of clips, columns of frames; above, the true composite, edit and alpha, below them what was sampled.

    Of a model that makes no layers, composites alone.
    """
    return np.concatenate([_rows(one, truth) for one, truth in zip(made, truths, strict=True)])


def _shown(one: Latents) -> dict[str, Tensor]:
    return {name: video for name, video in one.conditions.items() if bool(one.present.get(name, True))}


def _drawn(model: Mixture, one: Latents, question: Question, codec: Codec, recipe: Recipe) -> Made:
    random = drawn(recipe.seed, Purpose.NOISE, one.positions[0])
    noise = {
        name: torch.from_numpy(random.standard_normal(clean.shape, dtype="float32")).to(clean.device)
        for name, clean in one.clean.items()
    }
    system = recipe.system
    own = {branch.name: noise[branch.name] for branch in system.transformer.branches}
    videos = sample(model, own, question, system.sampling, prediction=system.prediction)
    composite = _unit(codec.decode(videos["composite"]))
    if "alpha" not in videos:
        return Made(composite)
    alpha = as_alpha(codec.decode(videos["alpha"]))[0].cpu()
    return Made(composite, _unit(codec.decode(videos["edit"])), alpha * (alpha >= _CLEAR))


def _decibels(made: Tensor, truth: Tensor, where_THW: Tensor) -> float:
    """Of the colours at some pixels, 3 x T x H x W in 0..1; 100 at most, and where there are none."""
    wrong = (made - truth)[:, where_THW].square().mean() if where_THW.any() else torch.tensor(0.0)
    return float(-10 * torch.log10(wrong.clamp(min=1e-10)))


def _unit(video_B3THW: Tensor) -> Tensor:
    return ((video_B3THW[0].cpu() + 1) / 2).clamp(0, 1)


def _rows(made: Made, truth: Example) -> NDArray[np.uint8]:
    frames = np.linspace(0, truth.alpha.shape[0] - 1, _SHOWN).round().astype(int)
    tracks = [(truth.composite, made.composite), (truth.edit, made.edit), (truth.alpha, made.alpha)]
    shown = [(true.float() / 255, drawn) for true, drawn in tracks if drawn is not None]
    return np.concatenate([_row([pair[row] for pair in shown], frames) for row in range(2)])


def _row(videos: Sequence[Tensor], frames: NDArray[np.int64]) -> NDArray[np.uint8]:
    coloured = [video.expand(3, *video.shape[-3:]) for video in videos]
    cells = [video[:, frame].permute(1, 2, 0) for frame in frames for video in coloured]
    return (torch.cat(cells, dim=1) * 255).round().to(torch.uint8).numpy()
