"""What the finder learns from: pictures of vera-nano's stock, the names of what must stay there, and its matte."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from cleanplate.models.catalogue.vocabulary import NANO
from cleanplate.models.finding.finder import text_of
from cleanplate.train.nano_finder.recipe import Recipe
from cleanplate.train.order import Portion, Purpose, drawn
from cleanplate.train.vera_nano.shelf import Shelf, shelf_of
from cleanplate.worlds.layered.clip import Task
from cleanplate.worlds.layered.mixing import mirrored, over
from cleanplate.worlds.layered.stock import Film, Thing

_SHOWN = 64
"""Pictures for validation, each of a clip of its own."""
_MIRRORED = 0.5
_NAMED = (0.5, 0.25, 0.25)
"""With something else in the picture: what was there before is named, the other thing, or both."""


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


def held_back(folder: Path, recipe: Recipe, *, others: bool) -> list[Lesson]:
    """Pictures for validation, of which everything is named, or with something else in each.

    Args:
        others: there is.
    """
    shelf = shelf_of(folder, recipe.stock, recipe.clips, held=True)
    whole = recipe.model_copy(update={"colourless": 0.0, "silent": 0.0, "others": float(others)})
    randoms = (drawn(recipe.seed, Purpose.PLATE, number) for number in range(_SHOWN))
    return [lesson for random in randoms for lesson in _of_a_clip(shelf, whole, random, 1)]


@dataclass(frozen=True)
class _Seen:
    """Some frames, T of them; what is named in them, and its matte."""

    pictures_THWC: Film
    matte_THW: Film
    names: tuple[str, ...]


def _of_a_clip(shelf: Shelf, recipe: Recipe, random: np.random.Generator, count: int) -> list[Lesson]:
    mixed = shelf.mixed(recipe.mix, random)
    if mixed.subject is None:
        raise ValueError("an addition has no subject")
    frames = random.choice(len(mixed.source), count, replace=False)
    seen = _Seen(mixed.source[frames], mixed.subject[frames], NANO.names.kept(mixed.instruction))
    told = random.random()
    if told < recipe.silent:
        seen = replace(seen, names=())
    elif told < recipe.silent + recipe.colourless:
        seen = replace(seen, names=tuple(name.partition(" ")[2] for name in seen.names))
    elif random.random() < recipe.others:
        seen = _beside(seen, shelf.thing(Task.ADD, int(random.integers(shelf.things))), frames, random)
    text = text_of(seen.names)
    return [
        Lesson(_tensor(picture).permute(2, 0, 1), _tensor(matte), text)
        for picture, matte in zip(seen.pictures_THWC, seen.matte_THW, strict=True)
    ]


def _beside(seen: _Seen, thing: Thing, frames: NDArray[np.int64], random: np.random.Generator) -> _Seen:
    """With another thing before it; as it was where that has the same name."""
    name, rgba = thing.facts.noun, (mirrored(thing) if random.random() < _MIRRORED else thing).rgba[frames]
    if name in seen.names:
        return seen
    covers = rgba[..., 3]
    uncovered = np.rint(seen.matte_THW * (1 - covers / 255)).astype(np.uint8)
    named = random.choice(3, p=_NAMED)
    matte = (uncovered, covers, uncovered + covers)[named]
    names = (seen.names, (name,), (*seen.names, name))[named]
    return _Seen(over(rgba[..., :3], covers, seen.pictures_THWC), matte, names)


def _tensor(picture: NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(picture))
