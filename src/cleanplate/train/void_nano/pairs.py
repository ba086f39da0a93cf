"""Pairs of worlds by their place in the order, made when they are first needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from torch.utils.data import Dataset

from cleanplate.errors import CleanplateError, InputError
from cleanplate.files import write_text
from cleanplate.masks.labels import Labels, affected, combine, removed
from cleanplate.train.order import Order, Place, Portion, Purpose, drawn
from cleanplate.train.slips import degrade, read_errors
from cleanplate.train.void_nano.recipe import TURNS, Masks, Pairs, Recipe
from cleanplate.train.void_nano.variety import made_up, varied
from cleanplate.worlds.families import TRAINING, sample
from cleanplate.worlds.moves import Moves, MovesJob
from cleanplate.worlds.truth import gridded


@dataclass(frozen=True)
class Example:
    """One pair as it is shown.

    Attributes:
        labels, clean: what the model is told, T x H x W (x 3); the exact ones are in `moves`.
        position: of the example in the run.
    """

    moves: Moves
    labels: NDArray[np.uint8]
    clean: NDArray[np.uint8]
    position: int


class Kept:
    """Pairs of one set in a folder, those of each size in a folder of its own.

    Args:
        first: seed of pair 0; pair n has the seeds first + n, first + n + total, ... to choose from.
    """

    def __init__(self, folder: Path, pairs: Pairs, first: int, total: int) -> None:
        self.folder = folder / f"{pairs.rows}x{pairs.columns}"
        self._pairs, self._first, self._total = pairs, first, total

    def __len__(self) -> int:
        return self._total

    def __getitem__(self, index: int) -> Moves:
        """Read it, or make it now. Raises CleanplateError where no seed gives a sound scene."""
        for path, seed in self._candidates(index):
            if path.with_suffix(".skipped").exists():
                continue
            if not path.exists():
                self.folder.mkdir(parents=True, exist_ok=True)
                family = TRAINING[index % len(TRAINING)]
                job = MovesJob(sample(family, seed), self.folder, self._pairs.rows, self._pairs.columns)
                if reason := job.make().skipped:
                    write_text(path.with_suffix(".skipped"), reason + "\n")
                    continue
            return Moves.load(path)
        raise CleanplateError(f"no sound scene was found for pair {index}", remedy="Begin with another seed.")

    def _candidates(self, index: int) -> Iterator[tuple[Path, int]]:
        family = TRAINING[index % len(TRAINING)]
        for turn in range(TURNS):
            seed = self._first + index + turn * self._total
            yield self.folder / f"{family}-{seed:012d}.npz", seed


class PairDataset(Dataset[list[Example]]):
    """By step, the pairs that one process takes."""

    def __init__(self, folder: Path, recipe: Recipe, *, rank: int = 0, ranks: int = 1) -> None:
        pairs = recipe.pairs
        self._kept = Kept(folder, pairs, pairs.seed, pairs.count)
        self._recipe, self._portion = recipe, Portion(pairs.batch, rank, ranks)
        self._chosen = chosen(pairs, pairs.count)
        self._order = Order(len(self._chosen), recipe.seed)

    def __getitem__(self, step: int) -> list[Example]:
        return [self._example(place) for place in self._order.share(step, self._portion)]

    def _example(self, place: Place) -> Example:
        random = drawn(self._recipe.seed, Purpose.CUT, place.position)
        moves = varied(self._kept[self._chosen[place.example]], self._recipe.variety, random)
        labels = shown(moves.labels, self._recipe.masks, drawn(self._recipe.seed, Purpose.MASK, place.position))
        clean = moves.clean
        if random.random() < self._recipe.variety.made_up:
            clean = made_up(clean, labels, random)
        return Example(moves, labels, clean, place.position)


def chosen(pairs: Pairs, total: int) -> list[int]:
    """Of so many pairs, those of the families that are learned from. Raises InputError where there are none."""
    if unknown := sorted(set(pairs.families) - set(TRAINING)):
        raise InputError(f"there is no training family '{unknown[0]}'", remedy=f"Name some of: {', '.join(TRAINING)}.")
    found = [n for n in range(total) if not pairs.families or TRAINING[n % len(TRAINING)] in pairs.families]
    if not found:
        raise InputError(f"of {total} pairs none is of {', '.join(pairs.families)}", remedy="Take more pairs.")
    return found


def validation(pairs: Pairs) -> int:
    """The first seed of the pairs that are held back: before all that training may reach."""
    return pairs.seed - pairs.held * (TURNS + 1)


def held_back(folder: Path, recipe: Recipe) -> list[Example]:
    """The pairs for validation, with whole cells for quadmasks, as reasoners draw them."""
    pairs = recipe.pairs
    kept = Kept(folder, pairs, validation(pairs), pairs.held)
    found = [kept[index] for index in chosen(pairs, pairs.held)]
    return [Example(one, _by_frame(gridded, one.labels), one.clean, n) for n, one in enumerate(found)]


def shown(labels: NDArray[np.uint8], masks: Masks, random: np.random.Generator) -> NDArray[np.uint8]:
    """A quadmask as it comes in use; T x H x W."""
    lot = random.random()
    if lot < masks.exact:
        size = 2 * int(random.integers(masks.grow + 1)) + 1
        return _by_frame(lambda frame: _grown(frame, size), labels)
    if lot < masks.exact + masks.gridded:
        return _by_frame(gridded, labels)
    return degrade(labels, random, read_errors())


def _grown(labels: Labels, size: int) -> Labels:
    parts = (affected(labels), removed(labels))
    wide, gone = (cv2.dilate(part.astype(np.uint8), np.ones((size, size), np.uint8)) > 0 for part in parts)
    return combine(gone, wide)


def _by_frame(change: Callable[[Labels], Labels], labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.stack([change(frame) for frame in labels])
