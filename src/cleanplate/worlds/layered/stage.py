"""Small scenes to add things to: a floor, things that stand on it, a camera, and what is added."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cleanplate.worlds.asset_names import surface_of
from cleanplate.worlds.assets import Shelf
from cleanplate.worlds.layered.sprites import COLOURS
from cleanplate.worlds.layered.wording import with_article
from cleanplate.worlds.scene import (
    Body,
    Box,
    Camera,
    Capsule,
    Cylinder,
    Light,
    Material,
    Mesh,
    Pose,
    Role,
    Scene,
    Shape,
    Sphere,
    Texture,
    Vec3,
)

CAMERAS = ("fixed", "pan", "orbit", "push in", "hand-held")
_FLOORS = (("wood", "a wooden floor", (0.62, 0.45, 0.30)), ("bricks", "a brick terrace", (0.62, 0.36, 0.28)))
_MORE_FLOORS = (("noise", "a stone floor", (0.55, 0.55, 0.53)), ("checker", "a chequered floor", (0.80, 0.78, 0.72)))
_PATTERNS = ("", "", "stripes", "dots", "noise", "marble")
_OWN_SHARE = 0.5
"""Of floors and skies, so many are the user's where there are any."""
_SECONDS = 3.5
"""Of the camera's path; clips that last longer end with a camera at rest."""


@dataclass(frozen=True)
class Stage:
    """A scene before its frames are counted.

    Attributes:
        added: what the clip adds; `main` is the one that is spoken of.
        height: of it, metres.
    """

    seed: int
    bodies: tuple[Body, ...]
    added: tuple[str, ...]
    view: Camera
    camera: str
    place: str
    light: Light
    noun: str
    height: float
    backdrop: Texture

    @property
    def main(self) -> str:
        """The first of the added things."""
        return self.added[0]

    @property
    def effects(self) -> str:
        """What the added things cast."""
        return "its shadow" if len(self.added) == 1 else "their shadows"

    def scene(self, *, rate: float, frames: int) -> Scene:
        """The scene at a rate; what is added is what a removal would take."""
        steps = max(2, round(240 / rate))
        return Scene(
            family="layered",
            seed=self.seed,
            bodies=self.bodies,
            lights=(self.light,),
            camera=self.view,
            backdrop=self.backdrop,
            rate=rate,
            frames=frames,
            steps=steps,
            remove=self.added,
            promises=False,
        )


def sample_stage(rng: np.random.Generator, *, things: int, seed: int, own: Shelf | None = None) -> Stage:
    """A stage to which so many things are added.

    Args:
        own: the user's pictures, for floors and skies.
    """
    pattern, place, colour = (_FLOORS + _MORE_FLOORS)[rng.integers(4)]
    look = Texture(name=pattern, seed=int(rng.integers(1 << 16)), scale=float(rng.uniform(0.4, 0.9)))
    if own and own.textures and rng.random() < _OWN_SHARE:
        name = own.textures[rng.integers(len(own.textures))]
        look = Texture(name=name, scale=float(rng.uniform(0.8, 2.0)))
        place = f"a floor of {surface_of(name)}"
    backdrop = Texture(name="sky")
    if own and own.skies and rng.random() < _OWN_SHARE:
        backdrop = Texture(name=own.skies[rng.integers(len(own.skies))])
    floor = Body(
        name="floor",
        role=Role.SET,
        shape=Box(half=(12, 12, 0.05)),
        position=(0, 0, -0.05),
        mass=0,
        friction=0.6,
        material=Material(colour=colour, texture=look),
    )
    spots = _spots(rng, things + int(rng.integers(1, 4)))
    added = [_thing(rng, f"added {n}", spot, moves=rng.random() < 0.7) for n, spot in enumerate(spots[:things])]
    others = [_thing(rng, f"other {n}", spot, moves=False) for n, spot in enumerate(spots[things:])]
    kind = CAMERAS[rng.integers(len(CAMERAS))]
    towards = (float(rng.uniform(-1, 1)), float(rng.uniform(-1, 0.3)), 1.2)
    return Stage(
        seed=seed,
        bodies=(floor, *(body for body, _ in others), *(body for body, _ in added)),
        added=tuple(body.name for body, _ in added),
        view=_camera(rng, kind),
        camera=kind,
        place=place,
        light=Light(towards=towards, strength=float(rng.uniform(0.55, 0.8))),
        noun=_together([body.noun for body, _ in added]),
        height=added[0][1],
        backdrop=backdrop,
    )


def _thing(rng: np.random.Generator, name: str, spot: tuple[float, float], *, moves: bool) -> tuple[Body, float]:
    """A body on the floor, or over it and falling or thrown; and how tall it is."""
    noun, shape, tall = _shape(rng)
    word = list(COLOURS)[rng.integers(len(COLOURS))]
    pattern = _PATTERNS[rng.integers(len(_PATTERNS))]
    other = list(COLOURS.values())[rng.integers(len(COLOURS))]
    texture = Texture(name=pattern, seed=int(rng.integers(1 << 16)), scale=tall, colours=(COLOURS[word], other))
    lift = float(rng.uniform(0.3, 1.0)) if moves and rng.random() < 0.5 else 0.0
    velocity: Vec3 = (0.0, 0.0, 0.0)
    if moves:
        velocity = (float(rng.uniform(-1.4, 1.4)), float(rng.uniform(-0.6, 0.6)), 0.0)
    body = Body(
        name=name,
        noun=f"{word} {noun}",
        shape=shape,
        position=(*spot, tall / 2 + lift),
        velocity=velocity,
        mass=float(rng.uniform(0.3, 1.5)),
        restitution=float(rng.uniform(0.1, 0.6)),
        rolling_friction=0.004,
        material=Material(colour=COLOURS[word], texture=texture if pattern else None),
    )
    return body, tall


def _shape(rng: np.random.Generator) -> tuple[str, Shape, float]:
    """What it is called, its shape, and how tall it stands."""
    size = float(rng.uniform(0.24, 0.5))
    shapes: tuple[tuple[str, Shape, float], ...] = (
        ("ball", Sphere(radius=size / 2), size),
        ("box", Box(half=(size / 2, size / 2 * float(rng.uniform(0.6, 1.2)), size / 2)), size),
        ("can", Cylinder(radius=size / 3, height=size), size),
        ("capsule", Capsule(radius=size / 4, height=size), 1.5 * size),
        ("cone", Mesh(asset="cone", scale=(size, size, size)), size),
        ("pot", Mesh(asset="pot", scale=(size, size, size)), size),
    )
    return shapes[rng.integers(len(shapes))]


def _spots(rng: np.random.Generator, count: int) -> list[tuple[float, float]]:
    """Places on the floor, no two of them nearer than 0.55 m."""
    found: list[tuple[float, float]] = []
    while len(found) < count:
        x, y = (float(value) for value in rng.uniform((-1.0, -0.6), (1.0, 1.2)))
        if all(np.hypot(x - a, y - b) > 0.55 for a, b in found):
            found.append((x, y))
    return found


def _camera(rng: np.random.Generator, kind: str) -> Camera:
    """A camera that looks at the middle from some metres away."""
    away, angle, rise = rng.uniform(2.1, 2.8), rng.uniform(-0.5, 0.5), float(rng.uniform(0.7, 1.4))
    turn = float(rng.uniform(0.15, 0.4) * rng.choice([-1, 1]))

    def eye(by: float, factor: float = 1.0) -> Vec3:
        return (float(np.sin(angle + by) * away * factor), float(-np.cos(angle + by) * away * factor), rise)

    start, target = Pose(time=0, eye=eye(0), target=(0, 0.2, 0.25)), (0.0, 0.2, 0.25)
    ends = {
        "orbit": Pose(time=_SECONDS, eye=eye(turn), target=target),
        "push in": Pose(time=_SECONDS, eye=eye(0, 0.8), target=target),
        "pan": Pose(time=_SECONDS, eye=eye(0), target=(turn * 2, 0.2, 0.25)),
    }
    poses = (start, ends[kind]) if kind in ends else (start,)
    shake = 0.02 if kind == "hand-held" else 0.0
    return Camera(poses=poses, fov=float(rng.uniform(0.6, 0.8)), shake=shake, shake_seed=int(rng.integers(1 << 16)))


def _together(nouns: list[str]) -> str:
    """Several things in one phrase."""
    rest = [with_article(noun) for noun in nouns[1:]]
    return " and ".join([", ".join([nouns[0], *rest[:-1]]), *rest[-1:]])
