"""What is minimised: errors of where pixels come from, and of the picture that comes of it.

One pair at a time. The model sees the answer under noise, often under nothing but noise, and says the answer itself
(x-prediction): under pure noise that is its best guess, which needs one call; less noise teaches it to go on from one.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from cleanplate.masks.labels import KEEP
from cleanplate.models.mixture.model import Mixture
from cleanplate.models.moving.ask import Reach, reach_of
from cleanplate.models.moving.compose import compose
from cleanplate.models.moving.facts import BRANCH, CONDITION
from cleanplate.models.moving.scene import answer, pictures, told
from cleanplate.models.sampling.flow import TRAINED_STEPS, noised, shifted
from cleanplate.models.sparse.economy import Phase
from cleanplate.train.noise import normal
from cleanplate.train.order import Purpose, drawn
from cleanplate.train.void_nano.pairs import Example
from cleanplate.train.void_nano.recipe import Recipe


@dataclass(frozen=True)
class Lesson:
    """A pair as tensors.

    Attributes:
        scene: 1 x 8 x T x H x W, what the model is told.
        plate, clean, truth: T x 3 x H x W in 0..1. Where the model is told to keep, `clean` is the plate.
        answer: T x 6 x H x W, the true one.
        seen: T x 1 x H x W in 0..1, how much of what moved is to be seen there and is shown by the plate.
        changes: T x 1 x H x W bool, where the truth may differ from the plate.
        reach: what is computed; None where there is nothing to do.
    """

    scene: Tensor
    plate: Tensor
    clean: Tensor
    truth: Tensor
    answer: Tensor
    seen: Tensor
    changes: Tensor
    reach: Reach | None


def lesson(example: Example, recipe: Recipe, device: torch.device) -> Lesson:
    """On the device."""
    moves, keep = example.moves, example.labels == KEEP
    clean_codes = moves.clean.copy()
    clean_codes[keep] = moves.plate[keep]
    plate, clean, truth = (pictures(one).to(device) for one in (moves.plate, clean_codes, moves.truth))
    seen = (torch.from_numpy(moves.cover).float() / 255 * torch.from_numpy(moves.shown)).to(device)
    shift = torch.from_numpy(moves.shift).float().permute(0, 3, 1, 2).to(device)
    bare = answer(shift, seen, torch.zeros_like(plate))
    residual = truth - compose(plate, clean, bare)
    return Lesson(
        scene=told(moves.plate, clean_codes, example.labels, recipe.mask).to(device),
        plate=plate,
        clean=clean,
        truth=truth,
        answer=answer(shift, seen, residual),
        seen=seen[:, None],
        changes=torch.from_numpy(moves.labels != KEEP)[:, None].to(device),
        reach=reach_of(torch.from_numpy(~keep).to(device), recipe.system.transformer.patch, recipe.economy),
    )


def errors(model: Mixture, given: Lesson, recipe: Recipe, position: int) -> dict[str, Tensor]:
    """By name; zeros where there is nothing to do."""
    reach = given.reach
    if reach is None:
        return dict.fromkeys(recipe.weights, _nothing(model))
    random = drawn(recipe.seed, Purpose.NOISE, position)
    level = 1.0 if random.random() < recipe.pure else float(shifted(torch.tensor(random.random()), recipe.shift))
    clean = given.answer.transpose(0, 1)[None]
    noise = normal(clean.shape, recipe.seed, Purpose.NOISE, position, clean.device)
    at = noised(clean, noise, level)
    shares = reach.region.shares((BRANCH,), Phase.FRESH)
    time = torch.full((1,), level * TRAINED_STEPS, device=at.device)
    said = model({BRANCH: at}, time, None, {CONDITION: given.scene}, shares=shares)[BRANCH][0].transpose(0, 1)
    return compared(said.float(), given, reach.inside[:, None])


def compared(said: Tensor, given: Lesson, inside: Tensor) -> dict[str, Tensor]:
    """Errors of an answer, T x 6 x H x W, at the pixels inside, T x 1 x H x W.

    Means over what they are about, of the region that was computed: the colours over what may change, the shift over
    what is seen of it, visibility and residual over what may change.
    """
    about = given.changes & inside
    picture = compose(given.plate, given.clean, said)
    return {
        "colour": _mean((picture - given.truth).abs(), about),
        "shift": _mean((said[:, :2] - given.answer[:, :2]).abs(), given.seen * inside),
        "seen": _mean((said[:, 2:3] - given.answer[:, 2:3]).square(), inside),
        "residual": _mean((said[:, 3:] - given.answer[:, 3:]).abs(), about),
    }


def _nothing(model: Mixture) -> Tensor:
    """Zero, of which every weight has the gradient zero: a step's only pair may be one without anything to do."""
    return torch.stack([weight.flatten()[0] for weight in model.parameters()]).sum() * 0


def _mean(error: Tensor, weight: Tensor) -> Tensor:
    weighted = weight.float()
    return (error.mean(dim=1, keepdim=True) * weighted).sum() / weighted.sum().clamp(min=1)
