"""Pictures that the autoencoder learns from: of all that vera-nano is told and says, some of them enlarged."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from cleanplate.train.nano_codec.recipe import Recipe
from cleanplate.train.order import Portion, Purpose, drawn
from cleanplate.train.vera_nano.shelf import Shelf, shelf_of, stays_of

_TRACKS = ("source", "edit", "alpha", "composite", "stays")
_SHARES = (0.2, 0.2, 0.35, 0.15, 0.1)
"""How often each is shown: outlines are what an edit is judged by."""
_SHOWN = 48
"""Pictures for validation, each of a clip of its own."""


class PictureDataset(Dataset[list[Tensor]]):
    """By step, the pictures that one process takes, 3 x H x W uint8; no two of a run are the same."""

    def __init__(self, folder: Path, recipe: Recipe, *, rank: int = 0, ranks: int = 1) -> None:
        self._recipe, self._portion = recipe, Portion(recipe.clips.batch, rank, ranks)
        self._shelf = shelf_of(folder, recipe.stock, recipe.clips)

    def __getitem__(self, step: int) -> list[Tensor]:
        clips = (drawn(self._recipe.seed, Purpose.CUT, place) for place in self._portion.at(step))
        each = self._recipe.pictures.each
        return [picture for random in clips for picture in _of_a_clip(self._shelf, self._recipe, random, each)]


def held_back(folder: Path, recipe: Recipe) -> list[Tensor]:
    """Pictures for validation."""
    shelf = shelf_of(folder, recipe.stock, recipe.clips, held=True)
    randoms = (drawn(recipe.seed, Purpose.PLATE, number) for number in range(_SHOWN))
    return [picture for random in randoms for picture in _of_a_clip(shelf, recipe, random, 1)]


def _of_a_clip(shelf: Shelf, recipe: Recipe, random: np.random.Generator, count: int) -> list[Tensor]:
    mixed = shelf.mixed(recipe.mix, random)
    tracks = {name: getattr(mixed, name) for name in _TRACKS[:-1]} | {"stays": np.uint8(255) * stays_of(mixed, random)}
    shown = []
    for _ in range(count):
        frame = tracks[_TRACKS[random.choice(len(_TRACKS), p=_SHARES)]][random.integers(len(mixed.source))]
        picture = frame if frame.ndim == 3 else np.repeat(frame[..., None], 3, axis=-1)
        if random.random() < recipe.pictures.closer:
            picture = _enlarged(picture, float(random.uniform(1, recipe.pictures.nearest)), random)
        shown.append(torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1))))
    return shown


def _enlarged(picture: NDArray[np.uint8], times: float, random: np.random.Generator) -> NDArray[np.uint8]:
    """A part of it."""
    rows, columns = (max(1, round(side / times)) for side in picture.shape[:2])
    top, left = (
        int(random.integers(whole - part + 1)) for whole, part in zip(picture.shape[:2], (rows, columns), strict=True)
    )
    part = picture[top : top + rows, left : left + columns]
    return np.asarray(cv2.resize(part, picture.shape[1::-1], interpolation=cv2.INTER_CUBIC), np.uint8)
