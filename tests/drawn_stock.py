"""Stock that takes no time to make, and a recipe of vera-nano that is small enough for it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from cleanplate.models.catalogue.small import vera_nano
from cleanplate.models.catalogue.system import System
from cleanplate.train.recipe import Every
from cleanplate.train.vera.recipe import Clips, Sparse
from cleanplate.train.vera_nano.recipe import Mix, Rates, Recipe, Stock
from cleanplate.train.vera_nano.shelf import Shelf, shelf_of
from cleanplate.worlds.layered.stock import Shoot, Take, Thing, save
from cleanplate.worlds.layered.wording import Facts

FRAMES, ROWS, COLUMNS, CLOSE = 4, 16, 24, 16
_SIDE = 6


def thing(seed: int) -> Thing:
    """A red or blue square on its way to the right."""
    random = np.random.default_rng(seed)
    colour, name = (((230, 20, 20), "red box"), ((20, 40, 230), "blue box"))[seed % 2]
    top, left = int(random.integers(2, 8)), int(random.integers(1, 12))
    rgba = np.zeros((FRAMES, ROWS, COLUMNS, 4), np.uint8)
    for frame in range(FRAMES):
        rgba[frame, top : top + _SIDE, left + frame : left + frame + _SIDE] = *colour, 255
    where = ((left + _SIDE / 2) / COLUMNS, (top + _SIDE / 2) / ROWS)
    return Thing(rgba, Facts(name, "", "", "", where, (FRAMES - 1) / COLUMNS, _SIDE / ROWS))


def shoot(seed: int) -> Shoot:
    """Two flat places, one brighter to the right."""
    random = np.random.default_rng(seed)
    places = np.empty((2, FRAMES, ROWS, COLUMNS, 3), np.uint8)
    places[0] = random.integers(60, 120, 3)
    places[1] = random.integers(120, 160, 3) + np.arange(COLUMNS)[:, None]
    return Shoot(places, ("sea", "snow"), "fixed")


def take(seed: int) -> Take:
    """A square with a shadow below it, as if rendered."""
    made, place = thing(seed), shoot(seed)
    edit, alpha = made.rgba[..., :3].copy(), made.rgba[..., 3].copy()
    shadow = (np.roll(alpha, 2, axis=1) > 0) & (alpha == 0)
    alpha[shadow] = 90
    return Take(
        place.places[0],
        np.where(shadow[..., None], np.uint8(0), edit),
        alpha,
        edit,
        made.rgba[..., 3],
        place.places,
        place.kinds,
        replace(made.facts, light="soft daylight", scene="a wooden floor", camera="orbit", effects="its shadow"),
    )


def pixels_system(patch: tuple[int, int, int], **geometry: int) -> System:
    """vera-nano's, of pixels instead of latents that an autoencoder would have to be trained for."""
    own = vera_nano(patch, channels=3, **geometry)
    return System.model_validate(dict(own) | {"codec": "pixel", "stride": (1, 1, 1), "closeup": CLOSE})


def small_recipe(**changes: Any) -> Recipe:
    """Two clips a step."""
    geometry = {"dim": 32, "layers": 2, "heads": 2, "ffn_dim": 48, "text_dim": 12, "frequency_dim": 16, "waves": 3}
    fields: dict[str, Any] = {
        "system": pixels_system((4, 8, 8), **geometry),
        "clips": Clips(frames=FRAMES, rows=ROWS, columns=COLUMNS, batch=2),
        "stock": Stock(things=6, shoots=3, takes=3, held=2),
        "mix": Mix(rendered=0.3),
        "steps": 4,
        "rates": Rates(new=3e-3, warmup=2),
        "sparse": Sparse(part=0.3, grow=0, near=1),
        "ema": 0.5,
        "precision": "no",
        "checkpointing": False,
        "every": Every(log=1, save=2, preview=4),
    }
    return Recipe(**fields | changes)


def write_stock(folder: Path, recipe: Recipe) -> Path:
    """Where its stock would be made, this lies already."""
    for held in (False, True):
        _fill(shelf_of(folder, recipe.stock, recipe.clips, held=held))
    return folder


def _fill(shelf: Shelf) -> None:
    shelf.folder.mkdir(parents=True, exist_ok=True)
    makers = (("thing", thing, shelf.things + 1), ("shoot", shoot, shelf.shoots), ("take", take, shelf.takes))
    for kind, make, count in makers:
        for seed in range(shelf.first, shelf.first + count):
            save(make(seed), shelf.folder / f"{kind}-{seed:012d}.npz")
