"""Quadmasks as a reasoner draws them: cells overlooked, cells too many, consequences noticed late, as measured.

`bench/reasoning.py --errors` compares a reasoner's quadmasks with exact ones and writes how they differ; `degrade`
draws errors of that size and shape onto an exact quadmask, for every recipe that shows any. All is counted in cells of
the grid, and one draw holds for a whole clip, as one answer does.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cleanplate.errors import InputError
from cleanplate.masks.grid import fill, touched
from cleanplate.masks.labels import Labels, affected, combine, removed
from cleanplate.masks.reasoning import Grid

SHIPPED = "physics-errors.json"
FAR = 3
"""Cells from the removed region from which distance is not told apart any more."""
LARGEST = 8
"""Cells of a patch from which size is not told apart any more."""

Cells = NDArray[np.bool_]
"""T x rows x columns."""
Share = Annotated[float, Field(ge=0)]


class Errors(BaseModel):
    """What a reasoner gets wrong.

    Quantiles are of clips, evenly spaced from the least to the most, and straight between.

    Attributes:
        seeds, command: of the clips, and what wrote this.
        missed: quantiles of the share of a clip's affected cells that were never found.
        missed_at: chance of an affected cell to be missed, by its distance from the removed region: 0, 1, 2, `FAR`.
        missed_kinds: the same chance by what is there.
        extra: quantiles of the cells that were found and are never affected, over the affected ones.
        extra_at: shares of them by distance, as above.
        patches: shares of patches of 1, 2 ... `LARGEST` cells and more among patches of them.
        late: quantiles of the frames by which a clip's found cells were noticed late, their mean.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = 1
    reasoner: str
    clips: int
    height: int
    width: int
    seeds: tuple[int, int]
    command: str
    missed: tuple[Share, ...] = Field(min_length=2)
    missed_at: tuple[Share, ...] = Field(min_length=FAR + 1, max_length=FAR + 1)
    missed_kinds: dict[str, Share]
    extra: tuple[Share, ...] = Field(min_length=2)
    extra_at: tuple[Share, ...] = Field(min_length=FAR + 1, max_length=FAR + 1)
    patches: tuple[Share, ...] = Field(min_length=LARGEST, max_length=LARGEST)
    late: tuple[Share, ...] = Field(min_length=2)


@cache
def read_errors(path: Path | None = None) -> Errors:
    """A reasoner's errors; those of `physics` that ship, by default. Raises InputError."""
    file = path or resources.files("cleanplate.train") / SHIPPED
    try:
        return Errors.model_validate_json(file.read_bytes())
    except (OSError, ValidationError) as error:
        raise InputError("this is no account of a reasoner's errors", where=str(file)) from error


def degrade(labels: Labels, random: np.random.Generator, errors: Errors) -> Labels:
    """A clip's exact quadmask (T x H x W) as the reasoner might have drawn it, its affected areas in whole cells.

    What is removed stays as it is, and a clip in which nothing is affected too.
    """
    true = cells_of_clip(affected(labels))
    ever = ever_of(true)
    if not ever.any():
        return labels.copy()
    away = distance(ever_of(cells_of_clip(removed(labels))))
    missed = _missed(ever, away, random, errors)
    late = _drawn(errors.late, random)
    late = int(late) + int(random.random() < late % 1)
    first, last = _span(true)
    told = true & ~missed & (np.arange(len(true))[:, None, None] >= true.argmax(axis=0) + late)
    told[first : last + 1] |= _extra(ever, away, random, errors)
    return np.stack([combine(removed(one), fill(cells, *one.shape)) for one, cells in zip(labels, told, strict=True)])


def cells_of_clip(masks: NDArray[np.bool_]) -> Cells:
    """The touched cells of T x H x W."""
    grid = Grid.of(*masks.shape[1:])
    return np.stack([touched(mask, grid) for mask in masks])


def ever_of(cells: Cells) -> NDArray[np.bool_]:
    """rows x columns: the cells that hold on any frame."""
    return np.asarray(cells.any(axis=0))


def distance(cells: NDArray[np.bool_]) -> NDArray[np.int64]:
    """rows x columns: steps of a king from the cells that hold, `FAR` at most."""
    away = np.full(cells.shape, FAR)
    for steps in range(FAR - 1, -1, -1):
        near = cv2.dilate(cells.astype(np.uint8), np.ones((2 * steps + 1,) * 2, np.uint8)) > 0
        away[near] = steps
    return away


def _missed(
    ever: NDArray[np.bool_], away: NDArray[np.int64], random: np.random.Generator, errors: Errors
) -> NDArray[np.bool_]:
    """A share of the cells: rather those that are likely by their distance, and neighbours together."""
    count = _rounded(_drawn(errors.missed, random) * int(ever.sum()), random)
    chance = np.asarray(errors.missed_at)[away]
    order = np.where(ever, _field(ever.shape, random) + chance, -np.inf)
    return _first(order, count)


def _extra(
    ever: NDArray[np.bool_], away: NDArray[np.int64], random: np.random.Generator, errors: Errors
) -> NDArray[np.bool_]:
    """Patches of cells that are not affected, at distances and of sizes as they were met."""
    left = _rounded(_drawn(errors.extra, random) * int(ever.sum()), random)
    free, taken = ~ever, np.zeros(ever.shape, np.bool_)
    weight = np.asarray(errors.extra_at) / np.maximum(np.bincount(away[free], minlength=FAR + 1), 1)
    sizes = np.asarray(errors.patches) / max(sum(errors.patches), 1e-9)
    while left > 0 and (free & (weight[away] > 0)).any() and sizes.any():
        chance = np.where(free, weight[away], 0.0).ravel()
        seed = np.zeros(ever.shape, np.bool_)
        seed.flat[random.choice(chance.size, p=chance / chance.sum())] = True
        patch = _grown(seed, free, min(left, 1 + int(random.choice(LARGEST, p=sizes))), random)
        taken, free, left = taken | patch, free & ~patch, left - int(patch.sum())
    return taken


def _grown(
    patch: NDArray[np.bool_], free: NDArray[np.bool_], size: int, random: np.random.Generator
) -> NDArray[np.bool_]:
    """The patch with free neighbours, one after the other by chance, up to a size."""
    while int(patch.sum()) < size:
        border = (cv2.dilate(patch.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0) & free & ~patch
        if not border.any():
            break
        patch = patch.copy()
        patch.flat[random.choice(np.flatnonzero(border))] = True
    return patch


def _field(shape: tuple[int, ...], random: np.random.Generator) -> NDArray[np.float64]:
    """Smooth noise of deviation 1/4, so that neighbours share their lot."""
    noise = cv2.GaussianBlur(random.standard_normal(shape), (0, 0), 1.0)
    return np.asarray(noise / max(float(noise.std()), 1e-9) / 4)


def _first(order: NDArray[np.float64], count: int) -> NDArray[np.bool_]:
    chosen = np.zeros(order.shape, np.bool_)
    chosen.flat[np.argsort(-order, axis=None, kind="stable")[:count]] = True
    return chosen


def _drawn(quantiles: tuple[float, ...], random: np.random.Generator) -> float:
    return float(np.interp(random.random(), np.linspace(0, 1, len(quantiles)), quantiles))


def _rounded(number: float, random: np.random.Generator) -> int:
    """Up or down by chance, so that the mean is kept."""
    return int(number) + int(random.random() < number % 1)


def _span(cells: Cells) -> tuple[int, int]:
    frames = np.flatnonzero(cells.any(axis=(1, 2)))
    return int(frames[0]), int(frames[-1])
