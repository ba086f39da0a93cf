"""What the placer learns from: additions of vera-nano's stock, as their words and the ways of windows that follow them.

Looked up once and kept beside the stock, some hundreds in a file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from cleanplate.errors import InputError
from cleanplate.files import atomic
from cleanplate.models.catalogue.vocabulary import NANO
from cleanplate.models.closeup import following
from cleanplate.models.placing.way import BOXES, NUMBERS, numbers_of
from cleanplate.progress import Progress, Tick
from cleanplate.train.nano_placer.recipe import Recipe
from cleanplate.train.order import Purpose, drawn
from cleanplate.train.vera_nano.shelf import Shelf, brief, shelf_of
from cleanplate.worlds.layered.mixing import Mixed

_FILE = 500
"""Additions in one."""
_HELD = 10
"""So manieth of those that are learned from are held back."""
_FRAME = (0.0, 0.0, 1.0, 1.0)
Way = tuple[tuple[str, str], NDArray[np.float64], NDArray[np.float64]]
"""Words, numbers and boxes of one addition, see `Ways`."""


@dataclass(frozen=True)
class Ways:
    """Additions, N of them.

    Attributes:
        texts: N x 2: the whole instruction, and what to do alone.
        numbers: N x 8, see `models.placing.way`.
        boxes: N x 4 x 4: of what is added on the first frame, in the middle and on the last one, and of all frames; x0,
            y0, x1, y1 in parts of the frame's sides.
    """

    texts: NDArray[np.str_]
    numbers: NDArray[np.float64]
    boxes: NDArray[np.float64]


def ways_of(folder: Path, recipe: Recipe, progress: Progress, *, held: bool = False) -> Ways:
    """Read, or looked up and kept; what Ctrl-C stops goes on.

    Raises:
        InputError: damaged data, or there is no addition of a single thing among so few.
    """
    shelf = shelf_of(folder, recipe.stock, recipe.clips, held=held)
    count = -(-recipe.additions // _HELD) if held else recipe.additions
    files = [range(first, min(first + _FILE, count)) for first in range(0, count, _FILE)]
    with progress.task("Looking where things go", count) as tick:
        found = [_part(shelf, recipe, numbers, tick) for numbers in files]
    if not any(len(part.numbers) for part in found):
        remedy = "Let the recipe look at more `additions`, or make more stock."
        raise InputError("no addition here is of a single thing that is seen", where=str(shelf.folder), remedy=remedy)
    return Ways(*(np.concatenate([getattr(part, name) for part in found]) for name in ("texts", "numbers", "boxes")))


def _part(shelf: Shelf, recipe: Recipe, numbers: range, tick: Tick) -> Ways:
    """The additions of one file."""
    drawn_of = f"{recipe.mix.model_dump_json()} {shelf.things} {shelf.shoots} {shelf.takes}"
    key = sha256(drawn_of.encode()).hexdigest()[:8]  # of another mix or of more stock come other additions
    path = shelf.folder / f"ways-{shelf.first}-{recipe.seed}-{key}-{numbers.start:06d}-{numbers.stop:06d}.npz"
    if path.exists():
        tick(len(numbers))
    else:
        _write([way for way in _looked_up(shelf, recipe, numbers, tick) if way is not None], path)
    try:
        with np.load(path, allow_pickle=False) as kept:
            return Ways(kept["texts"], kept["numbers"], kept["boxes"])
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        remedy = "Delete it: it is made again when it is needed."
        raise InputError("these are no ways of additions", where=str(path), remedy=remedy) from error


def _looked_up(shelf: Shelf, recipe: Recipe, numbers: range, tick: Tick) -> Iterator[Way | None]:
    for number in numbers:
        yield _way(shelf.mixed(recipe.mix, drawn(recipe.seed, Purpose.CUT, number)))
        tick()


def _write(found: Sequence[Way], path: Path) -> None:
    texts, numbers, boxes = ([way[part] for way in found] for part in range(3))
    with atomic(path, shared=True) as partial, partial.open("wb") as file:
        np.savez_compressed(
            file,
            texts=np.array(texts, np.str_).reshape(-1, 2),
            numbers=np.array(numbers, np.float64).reshape(-1, NUMBERS),
            boxes=np.array(boxes, np.float64).reshape(-1, BOXES + 1, 4),
        )


def _way(mixed: Mixed) -> Way | None:
    """None where nothing is seen, or more than one thing, as these are placed one by one."""
    if len(NANO.names.one_by_one(mixed.instruction)) > 1:
        return None
    alpha = np.float32(1 / 255) * mixed.alpha
    if (aim := following(alpha)) is None:
        return None
    whole = box_of(alpha.max(axis=0))
    middle = (len(alpha) - 1) // 2
    boxes = [box_of(alpha[frame]) if alpha[frame].any() else whole for frame in (0, middle, -1)]
    return (mixed.instruction, brief(mixed)), numbers_of(aim, alpha.shape[1:]), np.array([*boxes, whole])


def box_of(alpha_HW: NDArray[np.float32]) -> tuple[float, float, float, float]:
    """Of what is not nothing."""
    columns, rows = (np.flatnonzero(alpha_HW.any(axis=axis)) for axis in (0, 1))
    height, width = alpha_HW.shape
    return columns[0] / width, rows[0] / height, (columns[-1] + 1) / width, (rows[-1] + 1) / height


def told(boxes_44: NDArray[np.float64], random: np.random.Generator, *, standing: bool) -> NDArray[np.float64]:
    """Boxes at three times as a user might draw them: snug, or with room up to the whole frame on any side; 3 x 4."""
    boxes = np.repeat(boxes_44[BOXES:], BOXES, axis=0) if standing else boxes_44[:BOXES]
    return np.asarray(boxes + np.square(random.random(4)) * (np.array(_FRAME) - boxes))
