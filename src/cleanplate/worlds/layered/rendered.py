"""Tiers two and three: things added to a rendered scene, with the shadows that they cast.

The scene is simulated once and rendered with and without the added things: what differs is the layer. A single thing is
blurred by its motion and the camera's, as with an open shutter; several are sharp.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import numpy as np

from cleanplate.worlds.camera import shot_at
from cleanplate.worlds.layered.alpha import Picture, layer_between
from cleanplate.worlds.layered.clip import LayeredClip, LayeredFrame, Task, Tier
from cleanplate.worlds.layered.stage import Stage, sample_stage
from cleanplate.worlds.layered.wording import Facts, add_instruction, caption
from cleanplate.worlds.protocols import Renderer, Trajectories, View
from cleanplate.worlds.render.tiny import Tiny
from cleanplate.worlds.scene import Scene
from cleanplate.worlds.simulation import simulate

_RATE = 16.0
_MOMENTS = 3
"""Pictures that a blurred frame is the mean of."""
_SHUTTER_STEP = 4
"""Moments a frame, of which the first `_MOMENTS` lie in the time that the shutter is open."""


def sample_rendered(
    tier: Tier, seed: int, *, height: int, width: int, length: int, renderer: Renderer | None = None
) -> LayeredClip:
    """An addition by its seed. Raises ValueError for the tier that is not rendered."""
    if tier is Tier.SYNTHETIC:
        raise ValueError("synthetic clips are not rendered")
    rng = np.random.default_rng([seed, 0x3D, tier is Tier.MULTI])
    stage = sample_stage(rng, things=1 if tier is Tier.SINGLE else int(rng.integers(2, 4)), seed=seed)
    step = _SHUTTER_STEP if tier is Tier.SINGLE else 1
    scene = stage.scene(rate=_RATE * step, frames=(length - 1) * step + (_MOMENTS if step > 1 else 1))
    facts = _facts(stage, scene, (height, width))

    artist: Renderer = renderer or Tiny()

    def draw() -> Iterator[LayeredFrame]:
        return _frames(scene, (height, width), artist, step)

    return LayeredClip(
        task=Task.ADD,
        tier=tier,
        seed=seed,
        rate=_RATE,
        length=length,
        subject=stage.noun,
        instruction=add_instruction(facts, rng),
        target_caption=caption(facts),
        source_caption=caption(facts, with_thing=False),
        draw=draw,
        facts={"camera": stage.camera, "motion": abs(facts.moves), "objects": len(scene.remove), "place": "rendered"},
    )


def _frames(scene: Scene, size: tuple[int, int], renderer: Renderer, step: int) -> Iterator[LayeredFrame]:
    path = simulate(scene)
    added = [scene.bodies.index(scene.body(name)) for name in scene.remove]
    full = _shown(renderer.render(scene, path, *size), step)
    empty = _shown(renderer.render(scene, path.without(scene.remove), *size), step)
    for (composite, coverage), (place, _) in zip(full, empty, strict=True):
        covered = np.clip(coverage[added].sum(axis=0), 0, 1).astype(np.float32)
        edit, alpha = layer_between(place, composite, covered)
        nothing = np.zeros(size, np.bool_)
        yield LayeredFrame(place, place, edit, alpha, composite, nothing, covered)


def _shown(views: Iterator[View], step: int) -> Iterator[tuple[Picture, np.ndarray]]:
    """Pictures and coverage of every frame: of one view, or the mean (in light, not in codes) of several."""
    while moments := list(islice(views, step)):
        opened = moments[:_MOMENTS]
        coverage = np.mean([view.coverage for view in opened], axis=0)
        if len(opened) == 1:
            yield opened[0].rgb, coverage
            continue
        light = np.mean([np.square(view.rgb.astype(np.float64)) for view in opened], axis=0)
        yield np.asarray(np.rint(np.sqrt(light)), np.uint8), coverage


def _facts(stage: Stage, scene: Scene, size: tuple[int, int]) -> Facts:
    """Where the thing is seen at the start and at the end, for the sentence."""
    path = simulate(scene)
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
