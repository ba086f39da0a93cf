"""Asking void-nano: in one call, or in several that go on from each other; and once more, from an answer on."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from cleanplate.models.mixture.model import Mixture
from cleanplate.models.moving.compose import settled
from cleanplate.models.moving.facts import ANSWERED, BRANCH, CONDITION
from cleanplate.models.moving.whole import whole
from cleanplate.models.sampling.flow import noised
from cleanplate.models.sampling.question import Question
from cleanplate.models.sampling.sampler import sample
from cleanplate.models.sampling.settings import Sampling
from cleanplate.models.sparse.economy import Economy
from cleanplate.models.sparse.region import Region, touched
from cleanplate.models.tokens.patches import Grid, repeated


@dataclass(frozen=True)
class Reach:
    """What of a clip is computed.

    Attributes:
        region: its tokens, with context.
        inside: T x H x W bool, the pixels for which there is an answer.
    """

    region: Region
    inside: Tensor


def reach_of(changes_THW: Tensor, patch: Grid, economy: Economy) -> Reach | None:
    """From the pixels that may change; None where there are none."""
    tokens = touched(changes_THW, patch)
    if not tokens.any():
        return None
    region = Region.of(tokens, economy, BRANCH)
    edited = torch.zeros(tokens.numel(), dtype=torch.bool, device=tokens.device)
    edited[region.edited] = True
    return Reach(region, repeated(edited.view(tokens.shape), patch))


def ask(
    model: Mixture, scene: Tensor, reach: Reach, settings: Sampling, noise: Tensor, *, rigid: bool = True
) -> Tensor:
    """The answer for a clip, settled; T x 6 x H x W.

    Args:
        scene: 1 x 9 x T x H x W, see `scene.told`.
        settings: `economy` is the one that the reach was made with.
        noise: 1 x 6 x T x H x W, standard normal.
        rigid: whether things are kept whole.
    """
    return _sampled(model, scene, reach, settings, noise, level=1.0, rigid=rigid)


def ask_again(
    model: Mixture,
    scene: Tensor,
    reach: Reach,
    settings: Sampling,
    noise: Tensor,
    *,
    said: Tensor,
    level: float,
    rigid: bool = True,
) -> Tensor:
    """Another answer, that goes on from one (SDEdit, Meng et al., ICLR 2022); T x 6 x H x W.

    Args:
        settings: `steps` are those from the level on; see `ask` for the others.
        said: the answer, T x 6 x H x W.
        level: of the noise that it is brought to, above 0; 1 forgets it.
        rigid: whether things are kept whole.
    """
    at = noised(said.transpose(0, 1)[None], noise, level)
    return _sampled(model, scene, reach, settings, at, level=level, rigid=rigid)


def _sampled(
    model: Mixture, scene: Tensor, reach: Reach, settings: Sampling, at: Tensor, *, level: float, rigid: bool
) -> Tensor:
    if at.shape[1] != ANSWERED:
        raise ValueError(f"an answer has {ANSWERED} channels, this noise {at.shape[1]}")
    question = Question(None, conditions={CONDITION: scene}, region=reach.region)
    answered = sample(model, {BRANCH: at}, question, settings, prediction="sample", start=level)
    said = answered[BRANCH][0].transpose(0, 1)
    return whole(scene, said, reach.inside) if rigid else settled(scene, said)
