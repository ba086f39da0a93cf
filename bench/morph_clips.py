"""Worlds for the morph check's bench: rendered as the model would draw them, and the things in them that move."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cleanplate.files import atomic
from cleanplate.worlds.counterfactual import Counterfactual, counterfactual
from cleanplate.worlds.families import sample
from cleanplate.worlds.render.tiny import Tiny
from cleanplate.worlds.scene import Scene

_THINGS = 2
"""Of one clip at most."""
_GLANCE = 4
"""A clip is first rendered so many times smaller: most have nothing that is worth the time."""
_AREA = 0.0035
"""Of the picture that a thing takes on the first frame at least: 900 pixels at 384 x 672."""
_SEEN = 0.6
"""Of that, what it takes on most frames."""
_GOES = 0.25
"""Of its size: how far it goes at least."""
_MARGIN = 1.5
"""Sizes of a thing around all of its path; what lies farther off is not looked at."""

Pictures = NDArray[np.uint8]
"""T x H x W x 3."""
Masks = NDArray[np.bool_]
"""T x H x W."""


@dataclass(frozen=True)
class Seen:
    """A thing in a clip that is cut down to where it goes."""

    family: str
    seed: int
    thing: str
    rgb: Pictures
    masks: Masks


def things(folder: Path, family: str, seed: int, height: int, width: int) -> Iterator[Seen]:
    """The things that the removal changes and that move in the world without what is removed, at most two."""
    path = folder / f"{family}-{seed:06d}-{width}x{height}.npz"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with atomic(path) as part, part.open("wb") as file:
            np.savez(file, allow_pickle=False, **_made(family, seed, height, width))
    with np.load(path) as kept:
        for number, name in enumerate(kept["names"]):
            yield Seen(family, seed, str(name), kept[f"rgb{number}"], kept[f"masks{number}"])


def _made(family: str, seed: int, height: int, width: int) -> dict[str, NDArray[Any]]:
    scene = sample(family, seed)
    both = counterfactual(scene)
    glance = _rendered(scene, both, height // _GLANCE, width // _GLANCE)[1] if both.changed else None
    found = [] if glance is None else [one for one in _changed(scene, both) if _worth(glance == one)][:_THINGS]
    arrays: dict[str, NDArray[Any]] = {"names": np.array([scene.bodies[one].name for one in found], np.str_)}
    if found:
        rgb, instances = _rendered(scene, both, height, width)
        for number, one in enumerate(found):
            masks = instances == one
            box = _around(masks)
            arrays |= {f"rgb{number}": rgb[box], f"masks{number}": masks[box]}
    return arrays


def _rendered(scene: Scene, both: Counterfactual, height: int, width: int) -> tuple[Pictures, NDArray[np.int16]]:
    views = list(Tiny(samples=1).render(scene, both.altered, height, width))
    return np.stack([view.rgb for view in views]), np.stack([view.instance for view in views])


def _changed(scene: Scene, both: Counterfactual) -> list[int]:
    names = [body.name for body in scene.bodies]
    return [names.index(change.name) for change in both.changed]


def _worth(masks: Masks) -> bool:
    areas = masks.sum(axis=(1, 2))
    if areas[0] < _AREA * masks[0].size or np.count_nonzero(areas < _SEEN * _AREA * masks[0].size) > len(masks) // 4:
        return False
    middles = np.array([np.argwhere(mask).mean(axis=0) for mask in masks if mask.any()])
    return bool(np.linalg.norm(middles - middles[0], axis=1).max() >= _GOES * np.sqrt(areas[0]))


def _around(masks: Masks) -> tuple[slice, slice, slice]:
    ever = np.argwhere(masks.any(axis=0))
    margin = round(_MARGIN * float(np.sqrt(masks[0].sum())))
    low, high = np.maximum(ever.min(axis=0) - margin, 0), ever.max(axis=0) + margin + 1
    return np.s_[:, low[0] : high[0], low[1] : high[1]]
