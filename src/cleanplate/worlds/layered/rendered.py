"""Tiers two and three: things added to a rendered scene with the shadows that they cast, or set before another place.

The scene is simulated once and rendered with and without its things: what differs is the layer of an addition. A single
thing is blurred by its motion and the camera's, as with an open shutter; several are sharp.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Self

import numpy as np
from numpy.typing import NDArray

from cleanplate.worlds.assets import Library
from cleanplate.worlds.camera import shot_at
from cleanplate.worlds.layered.alpha import Picture, edit_colour, layer_between
from cleanplate.worlds.layered.clip import LayeredClip, LayeredFrame, Task, Tier
from cleanplate.worlds.layered.drift import Drift
from cleanplate.worlds.layered.exchange import exchanged
from cleanplate.worlds.layered.places import KINDS, Place, pick
from cleanplate.worlds.layered.stage import Stage, sample_stage
from cleanplate.worlds.layered.wording import Facts, add_instruction, background_instruction, caption
from cleanplate.worlds.protocols import Renderer, Trajectories, View
from cleanplate.worlds.render.tiny import Tiny
from cleanplate.worlds.scene import Scene
from cleanplate.worlds.simulation import simulate

_RATE = 16.0
_MOMENTS = 3
"""Pictures that a blurred frame is the mean of."""
_FEW = 2
"""Bodies beside the added ones, the floor among them; with more the scene is busy."""
_SHUTTER_STEP = 4
"""Moments a frame, of which the first `_MOMENTS` lie in the time that the shutter is open."""


def sample_rendered(
    task: Task,
    tier: Tier,
    seed: int,
    *,
    height: int,
    width: int,
    length: int,
    renderer: Renderer | None = None,
    library: Library | None = None,
) -> LayeredClip:
    """A clip by its seed.

    Args:
        renderer: `tiny` otherwise.
        library: the user's pictures for floors and skies, of which the shelf for training counts.

    Raises:
        ValueError: this tier is not rendered.
        InputError: a picture is missing or broken.
    """
    if tier is Tier.SYNTHETIC:
        raise ValueError("synthetic clips are not rendered")
    rng = np.random.default_rng([seed, 0x3D, tier is Tier.MULTI])
    things = 1 if tier is Tier.SINGLE else int(rng.integers(2, 4))
    step = _SHUTTER_STEP if tier is Tier.SINGLE else 1
    shown = Filming.sample(
        rng,
        things=things,
        seed=seed,
        size=(height, width),
        length=length,
        step=step,
        renderer=renderer,
        library=library,
    )
    stage, scene, facts = shown.stage, shown.scene, shown.facts
    added, kind = task is Task.ADD, pick(rng)
    after = facts if added else replace(facts, scene=KINDS[kind].words, light=KINDS[kind].light, effects="")
    return LayeredClip(
        task=task,
        tier=tier,
        seed=seed,
        rate=_RATE,
        length=length,
        subject=stage.noun,
        instruction=(add_instruction if added else background_instruction)(after, rng),
        target_caption=caption(after),
        source_caption=caption(facts, with_thing=not added),
        draw=shown.additions if added else lambda: shown.exchanges(kind),
        facts={
            "camera": stage.camera,
            "motion": abs(facts.moves),
            "objects": len(scene.remove),
            "place": "rendered" if added else kind,
            "busy": len(scene.bodies) - len(scene.remove) > _FEW if added else KINDS[kind].busy,
        },
    )


@dataclass(frozen=True)
class Filming:
    """A scene as its camera takes it; of `step` moments a frame the first ones are averaged.

    Attributes:
        path: how the scene goes on.
        facts: what is said of it; `scene` and `light` are those that were filmed.
    """

    stage: Stage
    scene: Scene
    path: Trajectories
    facts: Facts
    size: tuple[int, int]
    renderer: Renderer
    step: int = 1

    @classmethod
    def sample(
        cls,
        rng: np.random.Generator,
        *,
        things: int,
        seed: int,
        size: tuple[int, int],
        length: int,
        step: int = 1,
        renderer: Renderer | None = None,
        library: Library | None = None,
    ) -> Self:
        """A stage with so many things to add, simulated; see `sample_rendered`."""
        stage = sample_stage(rng, things=things, seed=seed, own=library.training if library else None)
        scene = stage.scene(rate=_RATE * step, frames=(length - 1) * step + (_MOMENTS if step > 1 else 1))
        path = simulate(scene)
        renderer = renderer or Tiny(assets=library.folder if library else None)
        return cls(stage, scene, path, _facts(stage, scene, path, size), size, renderer, step)

    def additions(self) -> Iterator[LayeredFrame]:
        """The scene without its things is the source."""
        for composite, coverage, place in self.frames():
            edit, alpha = layer_between(place, composite, coverage)
            yield LayeredFrame(place, place, edit, alpha, composite, np.zeros(self.size, np.bool_), coverage)

    def exchanges(self, kind: str) -> Iterator[LayeredFrame]:
        """The things before a place that follows the camera; what they cast stays behind with the old place."""
        for (filmed, coverage, empty), place in zip(self.frames(), self.places(kind), strict=True):
            colour = edit_colour(empty, filmed, np.asarray(np.ceil(coverage * 255), np.uint8))
            yield exchanged(filmed, colour, coverage, place)

    def places(self, kind: str) -> Iterator[Picture]:
        """A made place as this camera would see it."""
        moments = range(0, self.scene.frames, self.step)
        drift = Drift.following(self.scene, moments, self.size, self.stage.camera)
        return Place.draw(kind, *self.size, np.random.default_rng([self.scene.seed, 2])).frames(drift, *self.size)

    def frames(self) -> Iterator[tuple[Picture, NDArray[np.float32], Picture]]:
        """With the things, how much of each pixel they cover, and without them."""
        added = [self.scene.bodies.index(self.scene.body(name)) for name in self.scene.remove]
        full = _shown(self.renderer.render(self.scene, self.path, *self.size), self.step)
        empty = _shown(self.renderer.render(self.scene, self.path.without(self.scene.remove), *self.size), self.step)
        for (filmed, coverage), (place, _) in zip(full, empty, strict=True):
            yield filmed, np.clip(coverage[added].sum(axis=0), 0, 1).astype(np.float32), place


def _shown(views: Iterator[View], step: int) -> Iterator[tuple[Picture, NDArray[np.float32]]]:
    """Pictures and coverage of every frame: of one view, or the mean (in light, not in codes) of several."""
    while moments := list(islice(views, step)):
        opened = moments[:_MOMENTS]
        coverage = np.mean([view.coverage for view in opened], axis=0)
        if len(opened) == 1:
            yield opened[0].rgb, coverage
            continue
        light = np.mean([np.square(view.rgb.astype(np.float64)) for view in opened], axis=0)
        yield np.asarray(np.rint(np.sqrt(light)), np.uint8), coverage


def _facts(stage: Stage, scene: Scene, path: Trajectories, size: tuple[int, int]) -> Facts:
    """Where the thing is seen at the start and at the end, for the sentence."""
    start, end = (_seen_at(scene, path, stage.main, frame, size) for frame in (0, len(path) - 1))
    shot = shot_at(scene, 0)
    away = float(np.linalg.norm(path.positions[0, path.index(stage.main)] - shot.eye))
    tall = stage.height / (2 * away * shot.slope)
    moves = float(np.clip(end[0] - start[0], -1, 1))
    light, several = "soft daylight", len(stage.added) > 1
    return Facts(stage.noun, light, stage.place, stage.camera, start, moves, min(tall, 1.0), stage.effects, several)


def _seen_at(scene: Scene, path: Trajectories, name: str, frame: int, size: tuple[int, int]) -> tuple[float, float]:
    """Where a body's middle is seen, in shares of the frame."""
    place, _ = shot_at(scene, frame).project(path.positions[frame, path.index(name)], *size)
    x, y = np.clip(place / (size[1], size[0]), 0, 1)
    return float(x), float(y)
