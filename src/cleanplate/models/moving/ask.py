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


@dataclass(frozen=True)
class Asking:
    """All that is asked of a model about a clip.

    Attributes:
        scene: 1 x 9 x T x H x W, see `scene.told`.
        settings: `economy` is the one that the reach was made with.
        noise: 1 x 6 x T x H x W, standard normal.
        rigid: whether things are kept whole.
    """

    model: Mixture
    scene: Tensor
    reach: Reach
    settings: Sampling
    noise: Tensor
    rigid: bool = True


def ask(asking: Asking) -> Tensor:
    """The answer for a clip, settled; T x 6 x H x W."""
    return _sampled(asking, asking.noise, level=1.0)


def ask_again(asking: Asking, said: Tensor, level: float) -> Tensor:
    """Another answer, that goes on from one (SDEdit, Meng et al., ICLR 2022); T x 6 x H x W.

    Args:
        asking: the steps of its settings are those from the level on.
        said: the answer, T x 6 x H x W.
        level: of the noise that it is brought to, above 0; 1 forgets it.
    """
    return _sampled(asking, noised(said.transpose(0, 1)[None], asking.noise, level), level=level)


def _sampled(asking: Asking, at: Tensor, *, level: float) -> Tensor:
    if at.shape[1] != ANSWERED:
        raise ValueError(f"an answer has {ANSWERED} channels, this noise {at.shape[1]}")
    scene, reach = asking.scene, asking.reach
    question = Question(None, conditions={CONDITION: scene}, region=reach.region)
    answered = sample(asking.model, {BRANCH: at}, question, asking.settings, prediction="sample", start=level)
    said = answered[BRANCH][0].transpose(0, 1)
    return whole(scene, said, reach.inside) if asking.rigid else settled(scene, said)
