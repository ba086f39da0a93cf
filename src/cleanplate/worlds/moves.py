"""Where things have gone: a counterfactual pair with the exact way from every moved pixel back to the plate's own.

What a model of small size learns from: what moves is not drawn anew but taken from where the plate shows it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import repeat
from pathlib import Path
from zipfile import BadZipFile

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.errors import InputError
from cleanplate.files import atomic
from cleanplate.masks.labels import KEEP, Labels
from cleanplate.worlds.camera import shot_at
from cleanplate.worlds.counterfactual import Counterfactual, counterfactual
from cleanplate.worlds.flow import places
from cleanplate.worlds.pairs import BROKEN_PROMISE
from cleanplate.worlds.produce import Made, Stopwatch
from cleanplate.worlds.protocols import Trajectories, View
from cleanplate.worlds.render.tiny import Tiny
from cleanplate.worlds.scene import Scene
from cleanplate.worlds.soundness import unsound
from cleanplate.worlds.truth import changed_at, truth_labels

_NEAR = 0.02
"""Part of its distance by which a point may lie behind what the plate shows there and still be what it shows."""
_EVERY = 4
"""Frames between those in which the background is looked for."""
_BRIDGE = 3
"""Pixels round a gap that tell what is in it."""
_SUFFIX = ".npz"


@dataclass(frozen=True)
class Moves:
    """One pair, T frames of H x W.

    Attributes:
        plate, truth: T x H x W x 3 uint8, sRGB; with the removed things and without.
        clean: T x H x W x 3 uint8: the plate, and what is non-keep filled as by an engine that copies: with the still
            background where some frame shows it, smoothly elsewhere.
        labels: T x H x W uint8, the exact quadmask.
        cover: T x H x W uint8, 0..255: how much of a pixel the changed things cover in the truth.
        shift: T x H x W x 2 float16 (dx, dy) in pixels, from what the truth shows of a changed thing to where the same
            point of it is in the plate on the same frame; 0 elsewhere.
        shown: T x H x W bool: the plate shows that point; nothing is in front of it there.
    """

    plate: NDArray[np.uint8]
    truth: NDArray[np.uint8]
    clean: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    cover: NDArray[np.uint8]
    shift: NDArray[np.float16]
    shown: NDArray[np.bool_]

    @property
    def tracks(self) -> tuple[str, ...]:
        """Names of all of them."""
        return tuple(field.name for field in fields(self))

    def save(self, path: Path) -> None:
        """Write it, whole or not at all."""
        with atomic(path, shared=True) as partial, open(partial, "wb") as file:
            np.savez_compressed(file, **{name: getattr(self, name) for name in self.tracks})

    @classmethod
    def load(cls, path: Path) -> Moves:
        """What `save` wrote. Raises InputError for anything else."""
        try:
            with np.load(path, allow_pickle=False) as stored:
                return cls(**{field.name: stored[field.name] for field in fields(cls)})
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            raise InputError("this is no pair with its moves", where=str(path), remedy="Make it again.") from error


@dataclass(frozen=True)
class MovesJob:
    """One pair from its scene to a file in `out`."""

    scene: Scene
    out: Path
    height: int
    width: int

    @property
    def key(self) -> str:
        """The sample's name: its family and seed."""
        return f"{self.scene.family}-{self.scene.seed:012d}"

    def make(self) -> Made:
        """Simulate, render and write it; a scene that breaks its promise or looks wrong is left out."""
        path = self.out / f"{self.key}{_SUFFIX}"
        if path.exists():
            return Made(self.key, kept=True)
        watch = Stopwatch()
        worlds = watch.run("simulate", lambda: counterfactual(self.scene))
        if not worlds.kept_promise:
            return Made(self.key, watch.seconds, skipped=BROKEN_PROMISE)
        if reason := watch.run("check", lambda: unsound(self.scene, worlds)):
            return Made(self.key, watch.seconds, skipped=reason)
        made = watch.run("render", lambda: moves(self.scene, worlds, self.height, self.width))
        watch.run("write", lambda: made.save(path))
        return Made(self.key, watch.seconds)


@dataclass(frozen=True)
class Rendered:
    """Both worlds, and what lies behind all that is changed; T views each.

    Attributes:
        changed: places in the scene's bodies of what is changed, by frame.
        soft: names of what only changes its shape: the ground has it.
    """

    plates: Sequence[View]
    truths: Sequence[View]
    grounds: Sequence[View]
    changed: Sequence[Sequence[int]]
    soft: frozenset[str]


def rendered(scene: Scene, worlds: Counterfactual, height: int, width: int) -> Rendered:
    """Both worlds, and the one in which what is changed is gone too, by the embedded renderer."""
    renderer, size = Tiny(), (height, width)
    soft, still = _still(worlds)
    plates = list(renderer.render(scene, worlds.original, *size))
    truths = list(renderer.render(scene, worlds.altered, *size))
    grounds = list(_grounds(renderer, scene, still, size))
    return Rendered(plates, truths, grounds, [changed_at(scene, worlds, n) for n in range(len(plates))], soft)


def moves(scene: Scene, worlds: Counterfactual, height: int, width: int) -> Moves:
    """Render a pair, and look where everything that moved has come from."""
    return moves_of(scene, worlds, rendered(scene, worlds, height, width))


def moves_of(scene: Scene, worlds: Counterfactual, views: Rendered) -> Moves:
    """The same of what is rendered already."""
    plates, truths, grounds, changed = views.plates, views.truths, views.grounds, views.changed
    gone = [place for place, body in enumerate(scene.bodies) if body.name in worlds.removed]
    labels = [truth_labels(full, less, gone, now) for full, less, now in zip(plates, truths, changed, strict=True)]
    pairs = zip(plates, truths, changed, strict=True)
    ways = [_way_back(scene, worlds, pair, frame) for frame, pair in enumerate(pairs)]
    dented = [place for place, body in enumerate(scene.bodies) if body.name in views.soft]
    kept = np.stack(labels) == KEEP
    changes_shape = np.stack([np.isin(ground.instance, dented) for ground in grounds])
    seen = kept | (_ever_seen(scene, _still(worlds)[1], grounds, kept) & ~changes_shape)
    filled = [_filled(*one) for one in zip(plates, grounds, labels, seen, strict=True)]
    covers = [_cover(truth, now) for truth, now in zip(truths, changed, strict=True)]
    pictures = ([view.rgb for view in shot] for shot in (plates, truths))
    tracks = (*pictures, filled, labels, covers, *zip(*ways, strict=True))
    return Moves(*(np.stack(track) for track in tracks))


def _still(worlds: Counterfactual) -> tuple[frozenset[str], Trajectories]:
    """Names of what only changes its shape, and the altered world without everything else that is changed."""
    names = {change.name for change in worlds.changed}
    soft = frozenset(names & set(worlds.altered.deforming))
    return soft, worlds.altered.without(names - soft)


def _grounds(renderer: Tiny, scene: Scene, still: Trajectories, size: tuple[int, int]) -> Iterator[View]:
    """What lies behind everything that moves; one view serves all frames of a camera that stands."""
    shots = [shot_at(scene, frame) for frame in range(len(still))]
    alone = renderer.render(scene, still.at([0]), *size)
    if all(shot == shots[0] for shot in shots) and _stands(still):
        return repeat(next(iter(alone)), len(still))
    return renderer.render(scene, still, *size)


def _stands(world: Trajectories) -> bool:
    """Nothing that is there moves."""
    alike = [bool((track == track[:1]).all()) for track in (world.positions, world.orientations)]
    return all(alike) and not world.deforming and not world.particles


def _cover(truth: View, changed: Sequence[int]) -> NDArray[np.uint8]:
    return np.asarray(np.rint(255 * truth.coverage[list(changed)].sum(axis=0).clip(0, 1)), np.uint8)


def _ever_seen(
    scene: Scene, still: Trajectories, grounds: Sequence[View], kept: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """T x H x W: whether the plate shows this piece of the still background, on one of some frames over the clip."""
    seen = kept.copy()
    rows, columns = kept.shape[1:]
    for frame, ground in enumerate(grounds):
        for other in range(0, len(grounds), _EVERY):
            pixels, depth = places(scene, ground, (still, frame), (still, other))
            known = np.isfinite(pixels).all(axis=-1) & ~seen[frame]
            x, y = (np.rint(np.where(known, pixels[..., axis], -1)).astype(int) for axis in (0, 1))
            known &= (x >= 0) & (x < columns) & (y >= 0) & (y < rows)
            at = y[known], x[known]
            near = ~(depth[known] * (1 - _NEAR) > grounds[other].depth[at])
            seen[frame][known] = near & kept[other][at]
    return seen


def _filled(plate: View, ground: View, labels: Labels, seen: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """The plate with the still background where it is known, and bridged smoothly where it is not."""
    picture = np.where((labels == KEEP)[..., None], plate.rgb, ground.rgb)
    return np.asarray(cv2.inpaint(picture, (~seen).astype(np.uint8), _BRIDGE, cv2.INPAINT_TELEA), np.uint8)


def _way_back(
    scene: Scene, worlds: Counterfactual, views: tuple[View, View, Sequence[int]], frame: int
) -> tuple[NDArray[np.float16], NDArray[np.bool_]]:
    """`Moves.shift` and `Moves.shown` of one frame."""
    full, less, changed = views
    moved = np.isin(less.instance, list(changed))
    pixels, depth = places(scene, less, (worlds.altered, frame), (worlds.original, frame))
    known = moved & np.isfinite(pixels).all(axis=-1)
    height, width = moved.shape
    rows, columns = np.indices(moved.shape)
    shift = np.where(known[..., None], pixels - np.stack([columns, rows], axis=-1), 0)
    x, y = (np.rint(np.where(known, pixels[..., axis], -1)).astype(int) for axis in (0, 1))
    shown = known & (x >= 0) & (x < width) & (y >= 0) & (y < height)
    at = y[shown], x[shown]
    near = full.depth[at] > depth[shown] * (1 - _NEAR)
    shown[shown] = near & (full.instance[at] == less.instance[shown])
    return shift.astype(np.float16), shown
