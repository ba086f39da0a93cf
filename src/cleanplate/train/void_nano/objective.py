"""What is minimised: errors of where pixels come from, and of the picture that comes of it.

One pair at a time. The model sees the answer under noise, often under nothing but noise, and says the answer itself
(x-prediction): under pure noise that is its best guess, which needs one call; less noise teaches it to go on from one.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cleanplate.masks.labels import KEEP
from cleanplate.models.mixture.model import Mixture
from cleanplate.models.moving.ask import Reach, reach_of
from cleanplate.models.moving.compose import compose, settled
from cleanplate.models.moving.facts import BRANCH, CONDITION
from cleanplate.models.moving.scene import answer, parted, pictures, told, told_things
from cleanplate.models.sampling.flow import TRAINED_STEPS, noised, shifted
from cleanplate.models.sparse.economy import Phase
from cleanplate.train.noise import normal
from cleanplate.train.order import Purpose, drawn
from cleanplate.train.void_nano.pairs import Example
from cleanplate.train.void_nano.recipe import Recipe
from cleanplate.worlds.moves import Moves

_SEEN = 64
"""Of 255: from this cover on, a pixel's shift is that of what covers it."""
_REACH, _AROUND = 10.0, 0.5
"""Pixels around what is seen up to which the shift counts, and how much it does at their beginning."""
_TOO_MUCH = 0.35
"""How much what is shown and should not be counts, against what should be and is not: errors that count alike make
ghosts of whatever is not sure."""


@dataclass(frozen=True)
class Lesson:
    """A pair as tensors.

    Attributes:
        scene: 1 x 9 x T x H x W, what the model is told.
        plate, clean, truth: T x 3 x H x W in 0..1. Where the model is told to keep, `clean` is the plate.
        answer: T x 6 x H x W, the true one.
        seen: T x 1 x H x W in 0..1, how much of what moved is to be seen there and is shown by the plate.
        near: T x 1 x H x W in 0..1, how much the shift counts: fully where something is seen, less and less around it.
        changes: T x 1 x H x W bool, where the truth may differ from the plate.
        reach: what is computed; None where there is nothing to do.
    """

    scene: Tensor
    plate: Tensor
    clean: Tensor
    truth: Tensor
    answer: Tensor
    seen: Tensor
    near: Tensor
    changes: Tensor
    reach: Reach | None


def lesson(example: Example, recipe: Recipe, device: torch.device) -> Lesson:
    """On the device."""
    moves, keep = example.moves, example.labels == KEEP
    true_clean, told_clean = (np.where(keep[..., None], moves.plate, one) for one in (moves.clean, example.clean))
    plate, clean, truth = (pictures(one).to(device) for one in (moves.plate, true_clean, moves.truth))
    seen = (torch.from_numpy(moves.cover).float() / 255 * torch.from_numpy(moves.shown)).to(device)
    shift, near = (torch.from_numpy(one).permute(0, 3, 1, 2).to(device) for one in widened(moves))
    bare = answer(shift, seen, torch.zeros_like(plate))
    residual = truth - compose(plate, clean, bare)
    return Lesson(
        scene=told(moves.plate, told_clean, example.labels, recipe.mask).to(device),
        plate=plate,
        clean=clean,
        truth=truth,
        answer=answer(shift, seen, residual),
        seen=seen[:, None],
        near=near,
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
    """Errors of what the model says, T x 6 x H x W, at the pixels inside, T x 1 x H x W.

    Means over what they are about, of the region that was computed: colours and residual over what may change, the
    shift over what is seen and around it. Colours are those under the true visibility: they would rather have a thing
    gone than a little out of its place.
    """
    about = given.changes & inside
    shift, seen, residual = parted(settled(given.scene, said))
    true_shift, true_seen, true_residual = parted(given.answer)
    picture = compose(given.plate, given.clean, torch.cat([shift, true_seen, residual], dim=1))
    return {
        "colour": _mean((picture - given.truth).abs(), about),
        "shift": _mean((shift - true_shift).abs(), given.near * inside),
        "seen": _misplaced(said[:, 2:3], seen, given, inside),
        "residual": _mean((residual - true_residual).abs(), about),
    }


def widened(moves: Moves) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The shift, T x H x W x 2, carried on around what is seen by that of the nearest such pixel; and how much it
    counts, T x H x W x 1. So whoever is not sure of outlines still learns where things come from.
    """
    shift, counts = moves.shift.astype(np.float32), np.zeros((*moves.cover.shape, 1), np.float32)
    for frame, (cover, shown) in enumerate(zip(moves.cover, moves.shown, strict=True)):
        seen = (cover > _SEEN) & shown
        if seen.any():
            far, nearest = cv2.distanceTransformWithLabels(
                (~seen).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
            )
            of_label = np.zeros((nearest.max() + 1, 2), np.float32)
            of_label[nearest[seen]] = shift[frame][seen]
            shift[frame] = of_label[nearest]
            counts[frame, :, :, 0] = np.where(seen, 1, _AROUND * np.clip(1 - far / _REACH, 0, 1))
    return shift, counts


def _misplaced(here: Tensor, seen: Tensor, given: Lesson, inside: Tensor) -> Tensor:
    """What is missing where things are to be seen and around it, and what is shown of them far from there.

    In between nothing is asked: there the shift says what is seen. So whoever knows about where a thing is shows all of
    it, and does not fade it for every pixel by which it may be off.

    Args:
        here, seen: -1..1, what the model says, and what comes of it.
    """
    missing = _mean(((1 - here) / 2).square(), given.near * inside)
    far = (given.near == 0) & inside
    too_much = (((seen + 1) / 2).square() * far).sum() / (told_things(given.scene) * inside).sum().clamp(min=1)
    return missing + _TOO_MUCH * too_much


def _nothing(model: Mixture) -> Tensor:
    """Zero, of which every weight has the gradient zero: a step's only pair may be one without anything to do."""
    return torch.stack([weight.flatten()[0] for weight in model.parameters()]).sum() * 0


def _mean(error: Tensor, weight: Tensor) -> Tensor:
    weighted = weight.float()
    return (error.mean(dim=1, keepdim=True) * weighted).sum() / weighted.sum().clamp(min=1)
