"""Pairs of worlds for the removal bench, with the answer: what is seen, and where each changed thing is in both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cleanplate.files import atomic
from cleanplate.masks.labels import KEEP
from cleanplate.metrics.trajectory import Shown, Wanted, wanted
from cleanplate.train.void_nano.pairs import chosen, validation
from cleanplate.train.void_nano.recipe import Pairs
from cleanplate.train.void_nano.recipes import RECIPES
from cleanplate.worlds.counterfactual import counterfactual
from cleanplate.worlds.evaluation.manifest import shipped
from cleanplate.worlds.families import TRAINING, sample
from cleanplate.worlds.moves import Moves, moves_of, rendered
from cleanplate.worlds.scene import Scene
from cleanplate.worlds.soundness import unsound
from cleanplate.worlds.things import Things
from cleanplate.worlds.truth import gridded

JUDGED = "worlds-removal-75"
_TURNS = 20
"""Seeds that are tried for one pair, as in training."""


@dataclass(frozen=True)
class Planned:
    """One pair before it is made: the first of some seeds whose scene keeps its promise and looks right.

    Attributes:
        frames: of the scene; its own number otherwise.
    """

    family: str
    seeds: tuple[int, ...]
    size: tuple[int, int]
    frames: int | None = None

    @property
    def key(self) -> str:
        """Its name in the folder."""
        return f"{self.family}-{self.seeds[0]:012d}-{self.size[1]}x{self.size[0]}"

    def scene(self, seed: int) -> Scene:
        """At its length."""
        scene = sample(self.family, seed)
        return scene if self.frames is None else scene.model_copy(update={"frames": self.frames})


@dataclass(frozen=True)
class Case:
    """A pair with the answer. What may change is told in whole cells, as reasoners tell it."""

    planned: Planned
    moves: Moves
    things: Things

    @cached_property
    def labels(self) -> NDArray[np.uint8]:
        """The quadmask that methods are given, T x H x W."""
        return np.stack([gridded(frame) for frame in self.moves.labels])

    @property
    def changes(self) -> NDArray[np.bool_]:
        """Where the truth may differ from the plate, to the pixel: where pictures are judged; T x H x W."""
        return np.asarray(self.moves.labels != KEEP)

    @cached_property
    def asked(self) -> list[tuple[int, Wanted]]:
        """Things on frames, to be looked for."""
        pictures = (self.moves.plate, self.moves.truth, self.things.ground)
        plate, truth, ground = (picture.astype(np.float32) / 255 for picture in pictures)
        asked = []
        for place in self.things.places:
            original, altered = self.things.original == place, self.things.altered == place
            for n in range(len(plate)):
                one = wanted(Shown(plate[n], truth[n], ground[n], original[n], altered[n]))
                if one is not None:
                    asked.append((n, one))
        return asked


def validation_pairs(count: int | None, size: tuple[int, int], pairs: Pairs = RECIPES["nano"].pairs) -> list[Planned]:
    """Those that training holds back, by turns of its families."""
    first, held = validation(pairs), pairs.held
    turns = range(0, _TURNS * held, held)
    return [
        Planned(TRAINING[n % len(TRAINING)], tuple(first + n + turn for turn in turns), size)
        for n in chosen(pairs, held)[:count]
    ]


def judged_pairs(count: int | None, size: tuple[int, int]) -> list[Planned]:
    """The evaluation set, in its order: for judging alone."""
    manifest = shipped(JUDGED)
    return [Planned(entry.kind, (entry.seed,), size, manifest.frames) for entry in manifest.samples[:count]]


def cases(planned: Sequence[Planned], folder: Path) -> Iterator[Case]:
    """Read, or made and kept; a pair of which no seed gives a sound scene is left out."""
    for one in planned:
        path = folder / f"{one.key}.npz"
        if not path.exists() and not _make(one, path):
            continue
        with np.load(path, allow_pickle=False) as kept:
            moves = Moves(**{field.name: kept[field.name] for field in fields(Moves)})
            names, places = map(str, kept["names"]), map(int, kept["places"])
            things = Things(tuple(names), tuple(places), kept["original"], kept["altered"], kept["ground"])
        yield Case(one, moves, things)


def _make(planned: Planned, path: Path) -> bool:
    for seed in planned.seeds:
        scene = planned.scene(seed)
        worlds = counterfactual(scene)
        if not worlds.kept_promise or (len(planned.seeds) > 1 and unsound(scene, worlds)):
            continue
        views = rendered(scene, worlds, *planned.size)
        parts = (moves_of(scene, worlds, views), Things.of(scene, worlds, views))
        arrays = {field.name: getattr(part, field.name) for part in parts for field in fields(part)}
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic(path) as partial, open(partial, "wb") as file:
            np.savez_compressed(file, allow_pickle=False, **arrays)
        return True
    return False
