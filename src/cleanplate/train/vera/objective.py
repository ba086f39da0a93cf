"""What is minimised: the flow-matching loss of the three branches, at one noise level each clip.

B clips, C channels, T H W of latents, S D tokens and channels of the text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from cleanplate.models.mixture.model import Mixture
from cleanplate.models.sampling.flow import TRAINED_STEPS, as_clean, noised, shifted, velocity
from cleanplate.models.tokens.memory import Share
from cleanplate.models.tokens.patches import to_patches
from cleanplate.train.order import Purpose, drawn
from cleanplate.train.vera.recipe import Recipe


@dataclass(frozen=True)
class Latents:
    """A batch as the model sees it.

    Attributes:
        clean: by branch, B x C x T x H x W.
        conditions: `source`, and `preserve` where any clip of the batch has one.
        present: by condition, B bool.
        text_BSD: the encoded instructions.
        positions: of the clips in the run.
    """

    clean: Mapping[str, Tensor]
    conditions: Mapping[str, Tensor]
    present: Mapping[str, Tensor]
    text_BSD: Tensor
    positions: Sequence[int]

    def only(self, place: int) -> Latents:
        """One clip of the batch."""

        def own(videos: Mapping[str, Tensor]) -> dict[str, Tensor]:
            return {name: video[place : place + 1] for name, video in videos.items()}

        text_BSD = self.text_BSD[place : place + 1]
        return Latents(
            own(self.clean), own(self.conditions), own(self.present), text_BSD, self.positions[place : place + 1]
        )


@dataclass(frozen=True)
class Noise:
    """What is drawn for every clip from the seed and its position, so that processes and restarts change nothing.

    Attributes:
        level_B: 0..1.
        by_branch: B x C x T x H x W.
    """

    level_B: Tensor
    by_branch: Mapping[str, Tensor]


def draw_noise(latents: Latents, recipe: Recipe) -> Noise:
    """Levels uniform, then shifted; noise standard normal."""
    randoms = [drawn(recipe.seed, Purpose.NOISE, position) for position in latents.positions]
    levels = torch.tensor([random.random() for random in randoms], dtype=torch.float32)
    noises = {}
    for name, clean in latents.clean.items():
        shape = clean.shape[1:]
        drawn_noise = [torch.from_numpy(random.standard_normal(shape, dtype="float32")) for random in randoms]
        noises[name] = torch.stack(drawn_noise).to(clean.device)
    return Noise(shifted(levels, recipe.shift).to(latents.text_BSD.device), noises)


def losses(
    model: Mixture, latents: Latents, noise: Noise, recipe: Recipe, shares: Mapping[str, Share] | None = None
) -> dict[str, Tensor]:
    """By branch, the mean square of the velocity's error over the tokens that were computed.

    A model that predicts samples is held to the velocity that follows from its answer, down to the recipe's floor.
    """
    level = noise.level_B.view(-1, 1, 1, 1, 1)
    at = {name: noised(clean, noise.by_branch[name], level) for name, clean in latents.clean.items()}
    answered = model(
        at,
        noise.level_B * TRAINED_STEPS,
        latents.text_BSD,
        latents.conditions,
        present=latents.present,
        shares=shares,
    )
    errors = {}
    for name, predicted in answered.items():
        clean, share = latents.clean[name], (shares or {}).get(name)
        if recipe.system.prediction == "velocity":
            wrong = predicted.float() - velocity(noise.by_branch[name], clean)
        else:
            wrong = (as_clean(predicted.float(), at[name], level, "sample") - clean) / level.clamp(min=recipe.floor)
        asked = None if share is None else share.asked
        errors[name] = (wrong if asked is None else _of_tokens(wrong, asked, recipe)).square().mean()
    return errors


def total(errors: Mapping[str, Tensor], recipe: Recipe) -> Tensor:
    """The weighted sum; a weight of zero still leaves the branch in the graph."""
    return torch.stack([recipe.weights[name] * error for name, error in errors.items()]).sum()


def _of_tokens(video_BCTHW: Tensor, asked: Tensor, recipe: Recipe) -> Tensor:
    return to_patches(video_BCTHW, recipe.system.transformer.patch)[:, asked]
