"""Stock in a folder, made when it is first needed, and clips put together of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from cleanplate.train.order import Portion, Purpose, drawn
from cleanplate.train.vera.clips import Example
from cleanplate.train.vera.recipe import Clips
from cleanplate.train.vera_nano.closer import close
from cleanplate.train.vera_nano.recipe import Mix, Recipe, Stock
from cleanplate.worlds.layered.clip import Task
from cleanplate.worlds.layered.mixing import Mixed, added, added_take, mirrored, moved, moved_take
from cleanplate.worlds.layered.stock import Film, Shoot, Take, Thing, load, save

_TASKS = (Task.ADD, Task.BACKGROUND)
_MARGIN = 10
"""Pixels at most that a region leaves round what is added."""
_STANDING = 0.7
"""Part of the regions that stand still."""
_SLIP = 2
"""Pixels at most by which the mask of a subject is too large or too small."""


class Shelf:
    """Things, shoots and takes of one set, those of each length and size in a folder of their own.

    Args:
        first: seed of the first of each.
        counts: of things, shoots and takes.

    Attributes:
        folder: where they are kept.
    """

    def __init__(
        self, folder: Path, size: tuple[int, int], length: int, *, first: int, counts: tuple[int, int, int]
    ) -> None:
        self.folder = folder / f"{length}x{size[0]}x{size[1]}"
        self._size, self._length, self.first = size, length, first
        self.things, self.shoots, self.takes = counts

    def thing(self, task: Task, number: int) -> Thing:
        """Things for additions and for changes of background take turns."""
        turn = number // len(_TASKS) * len(_TASKS) + _TASKS.index(task)
        seed = self.first + turn
        path = self._path("thing", seed)
        if not path.exists():
            save(Thing.make(task, seed, self._size, self._length), path)
        return load(Thing, path)

    def shoot(self, number: int) -> Shoot:
        """Of that number."""
        path = self._path("shoot", self.first + number)
        if not path.exists():
            save(Shoot.make(self.first + number, self._size, self._length), path)
        return load(Shoot, path)

    def take(self, number: int) -> Take:
        """Of that number."""
        path = self._path("take", self.first + number)
        if not path.exists():
            save(Take.make(self.first + number, self._size, self._length), path)
        return load(Take, path)

    def fill(self, part: int = 0, parts: int = 1) -> Iterator[str]:
        """Make every so manieth of what is not there yet; the names of what is."""
        for number in range(part, max(self.things, self.shoots, self.takes), parts):
            if number < self.takes:
                self.take(number)
            if number < self.shoots:
                self.shoot(number)
            if number < self.things:
                self.thing(_TASKS[number % len(_TASKS)], number)
            yield str(number)

    def mixed(self, mix: Mix, random: np.random.Generator, *, closer: bool = False) -> Mixed:
        """A clip out of what is there.

        Args:
            closer: it will be looked at from near: one thing is added, and a drawn one is large, so that its pixels are
                still there.
        """
        task = Task.ADD if closer else _TASKS[random.random() < mix.background]
        turned = random.random() < mix.mirrored
        if random.random() < mix.rendered:
            take = self.take(int(random.integers(self.takes)))
            take = mirrored(take) if turned else take
            place = int(random.integers(len(take.kinds)))
            if task is Task.BACKGROUND:
                return moved_take(take, place, random)
            if not (closer and take.facts.several):
                return added_take(take, random)
        thing = self.thing(Task.BACKGROUND if closer else task, int(random.integers(self.things)))
        shoot = self.shoot(int(random.integers(self.shoots)))
        thing, shoot = (mirrored(thing), mirrored(shoot)) if turned else (thing, shoot)
        first, second = (int(place) for place in random.choice(len(shoot.kinds), 2, replace=False))
        if task is Task.ADD:
            return added(thing, shoot, first, random)
        return moved(thing, shoot, (first, second), random)

    def _path(self, kind: str, seed: int) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        return self.folder / f"{kind}-{seed:012d}.npz"


def shelf_of(folder: Path, stock: Stock, clips: Clips, *, held: bool = False) -> Shelf:
    """What is learned from; or what is held back: as much of each as there are clips for validation."""
    first, counts = stock.seed, (stock.things, stock.shoots, stock.takes)
    if held:
        first, counts = stock.seed - 2 * stock.held, (stock.held,) * 3
    return Shelf(folder, (clips.rows, clips.columns), clips.frames, first=first, counts=counts)


class MixedDataset(Dataset[list[Example]]):
    """By step, the clips that one process takes; no two of a run are the same."""

    def __init__(self, folder: Path, recipe: Recipe, *, rank: int = 0, ranks: int = 1) -> None:
        self._shelf, self._recipe = shelf_of(folder, recipe.stock, recipe.clips), recipe
        self._portion = Portion(recipe.clips.batch, rank, ranks)

    def __getitem__(self, step: int) -> list[Example]:
        side = self._recipe.system.closeup
        drawn_part = drawn(self._recipe.seed, Purpose.CLOSER, step).random()
        closer = side if drawn_part < self._recipe.mix.closer else None
        return [self._example(position, closer) for position in self._portion.at(step)]

    def _example(self, position: int, closer: int | None) -> Example:
        """A whole clip, or a close-up of that side."""
        recipe, random = self._recipe, drawn(self._recipe.seed, Purpose.CUT, position)
        text, mask = random.random() >= recipe.drop_text, random.random() >= recipe.drop_mask
        mixed = self._shelf.mixed(recipe.mix, random, closer=closer is not None)
        if random.random() < recipe.mix.brief:
            mixed = replace(mixed, instruction=brief(mixed))
        whole = example(mixed, position, random, text=text, mask=mask)
        return whole if closer is None else close(whole, closer, random)


def held_back(folder: Path, recipe: Recipe) -> dict[str, list[Example]]:
    """The whole clips for validation that add, and those that change the background; every second has a mask."""
    shelf = shelf_of(folder, recipe.stock, recipe.clips, held=True)
    found: dict[str, list[Example]] = {"add": [], "background": []}
    for number in range(recipe.stock.held):
        random = drawn(recipe.seed, Purpose.PLATE, number)
        mixed = shelf.mixed(recipe.mix, random)
        job = "add" if mixed.subject is None else "background"
        found[job].append(example(mixed, number, random, text=True, mask=number % 2 == 1))
    return found


def held_closer(folder: Path, recipe: Recipe) -> list[Example]:
    """Close-ups for validation, a third as many; none of a model that draws none."""
    side, shelf, found = recipe.system.closeup, shelf_of(folder, recipe.stock, recipe.clips, held=True), []
    for number in range(0 if side is None else -(-recipe.stock.held // 3)):
        random = drawn(recipe.seed, Purpose.MASK, number)
        whole = example(shelf.mixed(recipe.mix, random, closer=True), number, random, text=True, mask=number % 2 == 1)
        found.append(close(whole, side or 0, random))
    return found


def example(mixed: Mixed, position: int, random: np.random.Generator, *, text: bool, mask: bool) -> Example:
    """As the model is taught."""
    stays = stays_of(mixed, random) if mask else None
    return Example(
        source=_video(mixed.source),
        edit=_video(mixed.edit),
        composite=_video(mixed.composite),
        alpha=torch.from_numpy(np.ascontiguousarray(mixed.alpha)),
        preserve=None if stays is None else torch.from_numpy(np.uint8(255) * stays),
        text=mixed.instruction if text else "",
        position=position,
    )


def brief(mixed: Mixed) -> str:
    """What to do: the first sentence, and of a change of background the second, which says what stays."""
    sentences = mixed.instruction.split(". ")
    return ". ".join(sentences[: 1 if mixed.subject is None else 2]) + "."


def stays_of(mixed: Mixed, random: np.random.Generator) -> NDArray[np.bool_]:
    """What must stay, as a user says it: a subject's mask with slips, or all but boxes round what is added."""
    if mixed.subject is not None:
        return _slipped(mixed.subject, int(random.integers(-_SLIP, _SLIP + 1)))
    covered = mixed.alpha > 0
    if random.random() < _STANDING:
        covered = np.broadcast_to(covered.any(axis=0), covered.shape)
    margins = random.integers(0, _MARGIN + 1, 4)
    stays = np.ones(covered.shape, np.bool_)
    for frame, here in enumerate(covered):
        rows, columns = (np.flatnonzero(here.any(axis=axis)) for axis in (1, 0))
        if rows.size:
            top, bottom = max(0, rows[0] - margins[0]), rows[-1] + 1 + margins[1]
            left, right = max(0, columns[0] - margins[2]), columns[-1] + 1 + margins[3]
            stays[frame, top:bottom, left:right] = False
    return stays


def _slipped(subject: Film, pixels: int) -> NDArray[np.bool_]:
    import cv2

    mask = (subject > 127).astype(np.uint8)
    kernel = np.ones((2 * abs(pixels) + 1,) * 2, np.uint8)
    change = cv2.dilate if pixels > 0 else cv2.erode
    return np.stack([change(frame, kernel) for frame in mask]) > 0


def _video(frames_THWC: Film) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(frames_THWC.transpose(3, 0, 1, 2)))
