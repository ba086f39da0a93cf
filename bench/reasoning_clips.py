"""Worlds for the reasoners' bench: what is seen, and what the removal really changes, thing by thing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cleanplate.files import atomic
from cleanplate.masks.labels import Labels, affected, removed
from cleanplate.worlds.counterfactual import Counterfactual, counterfactual
from cleanplate.worlds.evaluation.manifest import content_of, shipped
from cleanplate.worlds.families import TRAINING, sample
from cleanplate.worlds.protocols import View
from cleanplate.worlds.render.tiny import Tiny
from cleanplate.worlds.scene import Scene
from cleanplate.worlds.soundness import unsound
from cleanplate.worlds.truth import changed_at, seen, truth_labels

JUDGED = "worlds-removal-75"
LENGTH = 24

Pictures = NDArray[np.uint8]
"""T x H x W x 3."""
Masks = NDArray[np.bool_]
"""T x H x W."""


@dataclass(frozen=True)
class Wanted:
    """One clip of a set; `content` is the published SHA-256 of its pictures, empty where none is published."""

    family: str
    seed: int
    height: int
    width: int
    content: str = ""
    strata: str = "seen"

    @property
    def key(self) -> str:
        """Its name in the folder."""
        return f"{self.family}-{self.seed:012d}-{self.width}x{self.height}"


@dataclass(frozen=True)
class Truth:
    """A clip with the answer.

    Attributes:
        labels: T x H x W, the exact quadmask.
        was, instead: for each changed thing where it is seen, in the plate and in the world without what is removed,
            on the frames on which it differs.
        published: its pictures are those that others measured on; True where nothing is published.
    """

    wanted: Wanted
    rgb: Pictures
    labels: Labels
    was: dict[str, Masks]
    instead: dict[str, Masks]
    published: bool

    @property
    def remove(self) -> Masks:
        """The removed objects."""
        return removed(self.labels)

    @property
    def affected(self) -> Masks:
        """Everything that differs, whatever is to be seen there."""
        return affected(self.labels)


def judged() -> list[Wanted]:
    """The evaluation set, in its order: for judging alone."""
    manifest = shipped(JUDGED)
    size = manifest.height, manifest.width
    return [Wanted(e.kind, e.seed, *size, content=e.content, strata=e.strata["family"]) for e in manifest.samples]


def development(count: int, size: tuple[int, int] = (128, 224), first: int = 1) -> list[Wanted]:
    """Clips of the training families by turns, at seeds from `first` on that nothing is judged by."""
    return [Wanted(TRAINING[n % len(TRAINING)], n, *size) for n in range(first, first + count)]


def clip(folder: Path, wanted: Wanted) -> Truth | None:
    """The clip, made where it is not in the folder yet; None for a scene that breaks its promise or looks wrong."""
    path = folder / f"{wanted.key}.npz"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with atomic(path) as part, part.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **_made(wanted))
    with np.load(path) as kept:
        if "rgb" not in kept:
            return None
        shape = kept["labels"].shape
        names = [str(name) for name in kept["names"]]
        was, instead = (dict(zip(names, _unpacked(kept[key], shape), strict=True)) for key in ("was", "instead"))
        content = str(kept["content"])
        return Truth(wanted, kept["rgb"], kept["labels"], was, instead, wanted.content in ("", content))


def _made(wanted: Wanted) -> dict[str, NDArray[Any]]:
    scene = sample(wanted.family, wanted.seed).model_copy(update={"frames": LENGTH})
    worlds = counterfactual(scene)
    if not worlds.kept_promise or unsound(scene, worlds, None):
        return {}
    places = [scene_place(scene, change.name) for change in worlds.changed]
    pictures, labels, was, instead = zip(*_frames(scene, worlds, places, wanted), strict=True)
    content = content_of((full, less, now) for (full, less), now in zip(pictures, labels, strict=True))
    return {
        "rgb": np.stack([full for full, _ in pictures]),
        "labels": np.stack(labels),
        "names": np.array([change.name for change in worlds.changed], np.str_),
        "was": np.packbits(np.stack(was, axis=1)),
        "instead": np.packbits(np.stack(instead, axis=1)),
        "content": np.array(content),
    }


def scene_place(scene: Scene, name: str) -> int:
    """Of a body, among all of the scene's."""
    return [body.name for body in scene.bodies].index(name)


def _frames(scene: Scene, worlds: Counterfactual, places: list[int], wanted: Wanted) -> Iterator[tuple[Any, ...]]:
    """Of every frame: both pictures, the exact labels, and where each changed thing is seen in either world."""
    gone = [scene_place(scene, name) for name in worlds.removed]
    size = wanted.height, wanted.width
    both = (Tiny().render(scene, path, *size) for path in (worlds.original, worlds.altered))
    for number, (full, less) in enumerate(zip(*both, strict=True)):
        changed = changed_at(scene, worlds, number)
        labels = truth_labels(full, less, gone, changed)
        yield (full.rgb, less.rgb), labels, _seen(full, places, changed), _seen(less, places, changed)


def _seen(view: View, places: list[int], changed: list[int]) -> Masks:
    shape = view.depth.shape
    masks = [seen(view, [place]) if place in changed else np.zeros(shape, np.bool_) for place in places]
    return np.stack(masks) if masks else np.zeros((0, *shape), np.bool_)


def _unpacked(bits: NDArray[np.uint8], shape: tuple[int, ...]) -> Masks:
    return np.unpackbits(bits)[: len(bits) * 8 // int(np.prod(shape)) * int(np.prod(shape))].reshape(-1, *shape) > 0
