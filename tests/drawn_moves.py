"""Drawn pairs in which a square goes elsewhere, with the exact way back; and a recipe that is small enough for them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cleanplate.masks.labels import combine
from cleanplate.models.catalogue.small import void_nano
from cleanplate.train.recipe import Every
from cleanplate.train.void_nano.pairs import Kept, validation
from cleanplate.train.void_nano.recipe import Pairs, Rates, Recipe
from cleanplate.worlds.families import TRAINING
from cleanplate.worlds.moves import Moves

FRAMES, ROWS, COLUMNS = 4, 24, 40
_SIDE = 6


def square(seed: int) -> Moves:
    """A bright square on a shelf, which falls when the shelf is not there."""
    random = np.random.default_rng(seed)
    ground = np.tile(random.integers(40, 90, (1, 1, COLUMNS, 3), np.uint8), (FRAMES, ROWS, 1, 1))
    face = random.integers(120, 250, (_SIDE, _SIDE, 3), np.uint8)
    left = int(random.integers(8, COLUMNS - 14))
    plate, truth = ground.copy(), ground.copy()
    shelf, held, fallen = (np.zeros((FRAMES, ROWS, COLUMNS), bool) for _ in range(3))
    shift = np.zeros((FRAMES, ROWS, COLUMNS, 2), np.float16)
    across = slice(left, left + _SIDE)
    for frame in range(FRAMES):
        top = 2 + 3 * frame
        here, there = (frame, slice(2, 2 + _SIDE), across), (frame, slice(top, top + _SIDE), across)
        plate[here], truth[there] = face, face
        held[here], fallen[there] = True, True
        shelf[frame, 8:10, left - 2 : left + 8] = True
        shift[there] = 0, 2 - top
    plate[shelf] = 10
    changed = (held | fallen) & (truth != plate).any(axis=-1)
    labels = np.stack([combine(*pair) for pair in zip(shelf, changed, strict=True)])
    seen = fallen & changed
    shift[~seen] = 0
    return Moves(plate, truth, ground, labels, np.uint8(255) * seen, shift, seen)


def recipe(**changes: object) -> Recipe:
    """For squares; four steps."""
    geometry = {"dim": 32, "layers": 2, "heads": 2, "ffn_dim": 48, "frequency_dim": 16, "waves": 3}
    system = void_nano(frames=FRAMES, pixels=ROWS * COLUMNS, **geometry)
    small = Recipe(
        system=system,
        pairs=Pairs(rows=ROWS, columns=COLUMNS, count=6, held=2, batch=2, workers=0),
        rates=Rates(rate=3e-3, warmup=2),
        steps=4,
        ema=0.5,
        precision="no",
        checkpointing=False,
        every=Every(log=1, save=2, preview=4),
    )
    return Recipe.model_validate(small.model_dump() | changes)


def write_squares(folder: Path, of: Recipe) -> Path:
    """Where its pairs would be made, squares lie already."""
    pairs = of.pairs
    for first, total in ((pairs.seed, pairs.count), (validation(pairs), pairs.held)):
        kept = Kept(folder, pairs, first, total)
        kept.folder.mkdir(parents=True, exist_ok=True)
        for index in range(total):
            family = TRAINING[index % len(TRAINING)]
            square(first + index).save(kept.folder / f"{family}-{first + index:012d}.npz")
    return folder
