"""What the finder learns from: pictures of vera-nano's stock, the names of what must stay there, and its matte."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from cleanplate.models.catalogue.vocabulary import NANO
from cleanplate.train.nano_finder.recipe import Recipe
from cleanplate.train.order import Portion, Purpose, drawn
from cleanplate.train.vera_nano.shelf import Shelf, shelf_of

_SHOWN = 64
"""Pictures for validation, each of a clip of its own."""


@dataclass(frozen=True)
class Lesson:
    """One picture.

    Attributes:
        picture_3HW: uint8.
        matte_HW: uint8: how much of each pixel the subject covers.
        text: what is named.
    """

    picture_3HW: Tensor
    matte_HW: Tensor
    text: str


class SubjectDataset(Dataset[list[Lesson]]):
    """By step, the pictures that one process takes; no two of a run are the same."""

    def __init__(self, folder: Path, recipe: Recipe, *, rank: int = 0, ranks: int = 1) -> None:
        self._recipe, self._portion = recipe, Portion(recipe.clips.batch, rank, ranks)
        self._shelf = shelf_of(folder, recipe.stock, recipe.clips)

    def __getitem__(self, step: int) -> list[Lesson]:
        clips = (drawn(self._recipe.seed, Purpose.CUT, place) for place in self._portion.at(step))
        return [
            lesson for random in clips for lesson in _of_a_clip(self._shelf, self._recipe, random, self._recipe.each)
        ]


def held_back(folder: Path, recipe: Recipe) -> list[Lesson]:
    """Pictures for validation, of which everything is named."""
    shelf = shelf_of(folder, recipe.stock, recipe.clips, held=True)
    whole = recipe.model_copy(update={"colourless": 0.0, "silent": 0.0})
    randoms = (drawn(recipe.seed, Purpose.PLATE, number) for number in range(_SHOWN))
    return [lesson for random in randoms for lesson in _of_a_clip(shelf, whole, random, 1)]


def _of_a_clip(shelf: Shelf, recipe: Recipe, random: np.random.Generator, count: int) -> list[Lesson]:
    mixed = shelf.mixed(recipe.mix, random)
    if mixed.subject is None:
        raise ValueError("an addition has no subject")
    colours, silent = random.random() >= recipe.colourless, random.random() < recipe.silent
    text = "" if silent else NANO.names.every(mixed.instruction, colours=colours)
    frames = random.choice(len(mixed.source), count, replace=False)
    return [
        Lesson(_tensor(mixed.source[frame]).permute(2, 0, 1), _tensor(mixed.subject[frame]), text) for frame in frames
    ]


def _tensor(picture: NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(picture))
