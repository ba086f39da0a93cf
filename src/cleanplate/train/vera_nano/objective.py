"""What is minimised: the errors of what the model says itself, edit, alpha and composite.

The model sees the answer under noise, at times under nothing but noise, and says the answer (x-prediction): under pure
noise that is its best guess, which needs one call; less noise teaches it to decide what the words leave open.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional

from cleanplate.models.mixture.model import Mixture
from cleanplate.models.sampling.flow import TRAINED_STEPS, noised
from cleanplate.models.tokens.memory import Share
from cleanplate.models.tokens.patches import Grid, grid_of, repeated
from cleanplate.train.order import Purpose, drawn
from cleanplate.train.vera.clips import Example
from cleanplate.train.vera.objective import Latents, Noise
from cleanplate.train.vera.objective import draw_noise as draw_any
from cleanplate.train.vera_nano.recipe import Recipe

LAYERS = {"edit", "alpha"}
_LEAST = 0.01
"""Part of a clip that a layer covers at least, as its weight is reckoned."""


def draw_noise(latents: Latents, recipe: Recipe) -> Noise:
    """As Vera's; some of it pure."""
    noise = draw_any(latents, recipe)
    lots = [drawn(recipe.seed, Purpose.POSTERIOR, position).random() for position in latents.positions]
    pure_B = torch.tensor([lot < recipe.pure for lot in lots], device=noise.level_B.device)
    return replace(noise, level_B=torch.where(pure_B, 1.0, noise.level_B))


def covered_by(examples: Sequence[Example], stride: Grid) -> Tensor:
    """How much of what a latent stands for the layer covers, in 0..1, B x 1 x T x H x W of the latents."""
    alpha = torch.stack([example.alpha for example in examples])[:, None].float() / 255
    return functional.avg_pool3d(alpha, stride)


def losses(
    model: Mixture,
    latents: Latents,
    noise: Noise,
    recipe: Recipe,
    *,
    covered_B1THW: Tensor,
    shares: Mapping[str, Share] | None = None,
) -> dict[str, Tensor]:
    """Mean squares by branch, in units of the latents.

    Args:
        covered_B1THW: see `covered_by`.
    """
    level = noise.level_B.view(-1, 1, 1, 1, 1)
    names = [branch.name for branch in recipe.system.transformer.branches]
    at = {name: noised(latents.clean[name], noise.by_branch[name], level) for name in names}
    time_B = noise.level_B * TRAINED_STEPS
    said = model(at, time_B, latents.text_BSD, latents.conditions, present=latents.present, shares=shares)
    return compared({name: video.float() for name, video in said.items()}, latents.clean, covered_B1THW, recipe, shares)


def compared(
    said: Mapping[str, Tensor],
    clean: Mapping[str, Tensor],
    covered_B1THW: Tensor,
    recipe: Recipe,
    shares: Mapping[str, Share] | None = None,
) -> dict[str, Tensor]:
    """Errors of answers, B x C x T x H x W each, over the tokens that were computed; every clip counts the same."""
    covered, patch = covered_B1THW, recipe.system.transformer.patch
    count = covered + recipe.elsewhere
    weights = {"edit": count, "alpha": balanced(covered), "composite": count}
    shown = {name: _asked(video, patch, (shares or {}).get(name)) for name, video in said.items()}
    return {name: _mean((said[name] - clean[name]).square(), weights[name] * shown[name]) for name in said}


def balanced(covered_B1THW: Tensor) -> Tensor:
    """Weights of alpha's errors: what is covered and what is not count by the roots of their sizes, clip by clip.

    An addition covers some hundredths of the frame. Counted by its pixels, the best guess of a thing that may be here
    or there is nothing at all.
    """
    part_B = covered_B1THW.mean(dim=(1, 2, 3, 4), keepdim=True).clamp(_LEAST, 1 - _LEAST)
    return covered_B1THW * part_B.rsqrt() + (1 - covered_B1THW) * (1 - part_B).rsqrt()


def total(errors: Mapping[str, Tensor], recipe: Recipe) -> Tensor:
    """The weighted sum."""
    return torch.stack([recipe.weights[name] * error for name, error in errors.items()]).sum()


def _asked(video: Tensor, patch: Grid, share: Share | None) -> Tensor:
    """T x H x W: 1 where a share's tokens are, as a factor."""
    if share is None or share.asked is None:
        return video.new_ones(())
    grid = grid_of(video, patch)
    tokens = video.new_zeros(grid[0] * grid[1] * grid[2]).index_fill(0, share.asked, 1.0)
    return repeated(tokens.reshape(grid), patch)


def _mean(error: Tensor, weight: Tensor) -> Tensor:
    full = weight.expand(len(error), 1, *error.shape[2:])
    by_clip = (error.mean(dim=1, keepdim=True) * full).sum(dim=(1, 2, 3, 4))
    return (by_clip / full.sum(dim=(1, 2, 3, 4)).clamp(min=1e-6)).mean()
