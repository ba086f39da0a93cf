"""How far a document's quadmask agrees with the exact one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Self

import numpy as np
from numpy.typing import NDArray
from reasoning_clips import Masks, Truth

from cleanplate.masks.grid import gridify
from cleanplate.masks.labels import Labels, affected, changed
from cleanplate.masks.reasoning import Grid

LANDED = 0.9
"""Share of a fallen thing's last place that must be covered."""
FALLS = 0.25
"""Of its height, that a thing lies lower instead, at the end, to count as fallen."""


@dataclass(frozen=True)
class Counts:
    """Samples of all frames: found and true, found and not true, true and not found."""

    hit: int = 0
    extra: int = 0
    missed: int = 0

    @classmethod
    def of(cls, found: Masks, true: Masks) -> Self:
        return cls(int((found & true).sum()), int((found & ~true).sum()), int((true & ~found).sum()))

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.hit + other.hit, self.extra + other.extra, self.missed + other.missed)

    @property
    def precision(self) -> float:
        """NaN where nothing was found."""
        return _share(self.hit, self.hit + self.extra)

    @property
    def recall(self) -> float:
        """NaN where there is nothing to find."""
        return _share(self.hit, self.hit + self.missed)

    @property
    def iou(self) -> float:
        """NaN where there is nothing, found or not."""
        return _share(self.hit, self.hit + self.extra + self.missed)


@dataclass(frozen=True)
class Score:
    """One clip.

    Attributes:
        cells: affected, the document in whole cells against the exact quadmask in whole cells.
        pixels: affected, by the pixel on both sides.
        objects, light: of `cells`, what moves or is moved, and all else that looks different.
        found, true: samples that are not keep, in whole cells.
        landings: of things that fall, the share of their last place that is not keep.
    """

    key: str
    family: str
    strata: str
    cells: Counts
    pixels: Counts
    objects: Counts
    light: Counts
    found: int
    true: int
    landings: tuple[float, ...]

    def document(self) -> dict[str, object]:
        """As JSON."""
        return asdict(self)

    @classmethod
    def read(cls, document: dict[str, object]) -> Self:
        """From JSON."""
        counts = {field.name for field in fields(cls)} & {"cells", "pixels", "objects", "light"}
        told = {name: Counts(**value) if name in counts else value for name, value in document.items()}  # type: ignore[arg-type]
        return cls(**told)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Drawn:
    """A document's quadmasks, T x H x W labels: whole, by the pixel, and of its objects or its light alone."""

    cells: Labels
    pixels: Labels
    objects: Labels
    light: Labels


def score(truth: Truth, drawn: Drawn) -> Score:
    """A document's quadmask against the truth."""
    things = things_of(truth)
    whole, exact = _gridded(truth.affected), truth.affected
    return Score(
        key=truth.wanted.key,
        family=truth.wanted.family,
        strata=truth.wanted.strata,
        cells=Counts.of(affected(drawn.cells), whole),
        pixels=Counts.of(affected(drawn.pixels), exact),
        objects=Counts.of(affected(drawn.objects), _gridded(things)),
        light=Counts.of(affected(drawn.light), _gridded(exact & ~things)),
        found=int(changed(drawn.cells).sum()),
        true=int((truth.remove | whole).sum()),
        landings=tuple(landings(truth, changed(drawn.cells))),
    )


def things_of(truth: Truth) -> Masks:
    """T x H x W: the changed things, in either world."""
    masks = [*truth.was.values(), *truth.instead.values()]
    return np.asarray(np.logical_or.reduce([np.zeros(truth.labels.shape, np.bool_), *masks]))


def landings(truth: Truth, marked: Masks) -> Iterable[float]:
    """For each thing that falls, the share of where it lies at the end instead that is marked there."""
    for name, was in truth.was.items():
        instead = truth.instead[name]
        frames = np.flatnonzero(was.any(axis=(1, 2)) & instead.any(axis=(1, 2)))
        if not len(frames):
            continue
        last = int(frames[-1])
        (top, bottom), (_, lower) = _rows(was[last]), _rows(instead[last])
        if lower - bottom >= max(1.0, FALLS * (bottom - top + 1)):
            yield _share(int((instead[last] & marked[last]).sum()), int(instead[last].sum()))


def pooled(scores: Sequence[Score], what: str) -> Counts:
    """All samples of all clips together."""
    counts = [getattr(one, what) for one in scores]
    return sum(counts, Counts())


def _rows(mask: NDArray[np.bool_]) -> tuple[int, int]:
    rows = np.flatnonzero(mask.any(axis=1))
    return int(rows[0]), int(rows[-1])


def _gridded(masks: Masks) -> Masks:
    grid = Grid.of(*masks.shape[1:])
    return np.stack([gridify(mask, grid) for mask in masks])


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")
