"""The stage on which families play: floor, walls, light, camera, things with names, and others that stand clear."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from cleanplate.worlds.families.cameras import film
from cleanplate.worlds.families.catalogue import COMMON, Catalogue
from cleanplate.worlds.families.looks import Looks
from cleanplate.worlds.families.things import Thing
from cleanplate.worlds.families.wording import removal
from cleanplate.worlds.inertia import FELT_AS, inertia
from cleanplate.worlds.paths import start_of
from cleanplate.worlds.people.skeleton import Motion
from cleanplate.worlds.quaternion import UP, about, multiply, rotate
from cleanplate.worlds.scene import (
    Body,
    Box,
    Constraint,
    Cushion,
    Emitter,
    Light,
    Part,
    Role,
    Scene,
    Shape,
    Skin,
    Vec3,
    Water,
)

FRAMES, RATE = 24, 12.0
STEPS = 80
"""Of the simulation in a frame: what falls a metre is then under 5 mm deep in the floor when it hits it."""
GROUND_FRICTION = (0.7, 0.95)
FRICTION = (0.5, 0.9)
RESTITUTION = (0.05, 0.35)
DENSITY = (150.0, 700.0)
"""Kilograms a cubic metre: wood, plastic and cork."""
HEAVIEST = 60.0
SUN_ELEVATION = (35.0, 75.0)
WITH_WALL = 0.45
DISTRACTORS = (0, 4)
DISTRACTOR_SIZE = (0.15, 0.5)
BEHIND = (0.5, 2.2)
"""Metres by which distractors stand behind the action."""
OTHERS = 4
"""How often another thing is drawn in place of one of the user's that the scene has already."""
CORNERS = np.array(list(product((-1.0, 1.0), repeat=3)))


class Stage:
    """A scene in the making. Its state is the bodies so far and the random state."""

    def __init__(self, rng: np.random.Generator, catalogue: Catalogue = COMMON) -> None:
        self.rng, self.looks, self._catalogue = rng, Looks(rng, catalogue), catalogue
        self._dealt: set[str] = set()
        self.bodies: list[Body] = []
        self.constraints: list[Constraint] = []
        self.motions: tuple[Motion, ...] = ()
        self.emitters: list[Emitter] = []
        self._seen: list[Vec3] = []
        floor = Box(half=(12.0, 12.0, 0.5))
        friction = self.number(GROUND_FRICTION)
        self._set("floor", floor, (0.0, 0.0, -0.5), friction)

    @property
    def assets(self) -> Path | None:
        """The folder of the user's assets; None without."""
        return self._catalogue.owned.folder if self._catalogue.owned else None

    def number(self, limits: tuple[float, float]) -> float:
        """A float in a range."""
        return float(self.rng.uniform(*limits))

    def count(self, limits: tuple[int, int]) -> int:
        """A whole number in a range, its end included."""
        return int(self.rng.integers(limits[0], limits[1] + 1))

    def chance(self, share: float) -> bool:
        """True in that share of the cases."""
        return bool(self.rng.random() < share)

    def side(self) -> float:
        """-1 or 1."""
        return 1.0 if self.chance(0.5) else -1.0

    def seed(self) -> int:
        """For what draws its own numbers."""
        return int(self.rng.integers(2**31))

    def add(self, word: str, shape: Shape, position: Vec3, **fields: Any) -> Body:
        """Puts a thing with a colour of its own on the stage.

        Args:
            word: what kind of thing it is ("ball"); the colour comes before it.
            shape: its first part.
            position: of its origin, metres.
            fields: of `Body`; mass, material, friction and restitution are sampled where they are not given.
        """
        words, material = self.looks.thing()
        noun = str(fields.get("noun", f"{words} {word}"))
        sampled = {
            "name": noun if noun not in {body.name for body in self.bodies} else f"{noun} {len(self.bodies)}",
            "noun": noun,
            "material": material,
            "friction": self.number(FRICTION),
            "restitution": self.number(RESTITUTION),
        }
        density = self.number(DENSITY)
        body = Body(shape=shape, position=position, **(sampled | fields))
        if "mass" not in fields:
            body = body.model_copy(
                update={"mass": float(np.clip(density * inertia(body, self.assets).volume, 0.02, HEAVIEST))}
            )
        self.bodies.append(body)
        self.show(body)
        return body

    def stand(self, thing: Thing, x: float, y: float, floor: float = 0.0, **fields: Any) -> Body:
        """Puts an upright thing on a level at height `floor`, turned about the vertical by chance."""
        turn = about(UP, self.number((-np.pi, np.pi)))
        options = {"orientation": turn, "parts": thing.parts, **thing.own} | fields
        return self.add(thing.word, thing.shape, (x, y, floor + thing.height / 2), **options)

    def thing(self, size: tuple[float, float], *, flat: bool = False) -> Thing:
        """An upright thing of a size; `flat` ones can carry others."""
        for _ in range(OTHERS):
            thing = self._catalogue.thing(self.rng, size, flat=flat)
            if thing.own.get("noun") not in self._dealt:
                break
        self._dealt.update({str(thing.own["noun"])} if "noun" in thing.own else ())
        return thing

    def join(self, constraint: Constraint) -> None:
        """Adds a joint."""
        self.constraints.append(constraint)

    def emit(self, emitter: Emitter) -> None:
        """Lets a thing give something off."""
        self.emitters.append(emitter)

    def show(self, body: Body) -> None:
        """Makes the camera see all of the body's start."""
        position, orientation = start_of(body)
        for part in (Part(shape=body.shape), *body.parts):
            turned = multiply(orientation, part.orientation)
            centre = position + rotate(orientation, part.position)
            corners = centre + rotate(turned, CORNERS * _half(part.shape))
            self.frame([(x, y, max(z, 0.0)) for x, y, z in corners.tolist()])

    def frame(self, points: Sequence[tuple[float, float, float]]) -> None:
        """Makes the camera see these points too: where the action goes."""
        self._seen += [(float(x), float(y), float(z)) for x, y, z in points]

    def forget_views(self) -> None:
        """The camera need no longer see what it had to see so far."""
        self._seen.clear()

    def scene(self, family: str, seed: int, remove: tuple[str, ...], promises: bool) -> Scene:
        """All that was put on the stage, with distractors, a wall or none, sun and camera."""
        focus = list(self._seen)
        self._distract(focus)
        if self.chance(WITH_WALL):
            half = (12.0, 0.1, self.number((0.8, 2.5)))
            self._set("wall", Box(half=half), (0.0, max(y for _, y, _ in focus) + 4.5, half[2]), 0.6)
        bodies = tuple(
            body.model_copy(update={"role": Role.REMOVABLE}) if body.name in remove else body for body in self.bodies
        )
        nouns = {body.name: body.noun for body in bodies}
        azimuth, elevation = self.number((-np.pi, 0.0)), np.radians(self.number(SUN_ELEVATION))
        sun = Light(
            towards=(np.cos(azimuth) * np.cos(elevation), np.sin(azimuth) * np.cos(elevation), np.sin(elevation)),
            strength=self.number((0.55, 0.8)),
            ambient=self.number((0.35, 0.5)),
        )
        return Scene(
            family=family,
            seed=seed,
            bodies=bodies,
            constraints=tuple(self.constraints),
            emitters=tuple(self.emitters),
            lights=(sun,),
            camera=film(focus, (FRAMES - 1) / RATE, self.rng),
            backdrop=self.looks.sky(),
            frames=FRAMES,
            rate=RATE,
            steps=STEPS,
            remove=remove,
            promises=promises,
            instruction=removal(list(dict.fromkeys(nouns[name] for name in remove)), self.rng),
        )

    def _set(self, name: str, shape: Box, position: Vec3, friction: float) -> None:
        material = self.looks.floor() if name == "floor" else self.looks.wall()
        self.bodies.append(
            Body(
                name=name,
                noun=name,
                role=Role.SET,
                shape=shape,
                position=position,
                mass=0.0,
                material=material,
                friction=friction,
                restitution=0.5,
            )
        )

    def _distract(self, focus: list[Vec3]) -> None:
        """Things that stand behind the action in a row with gaps, so that nothing reaches them."""
        behind = max(y for _, y, _ in focus)
        middle = (min(x for x, _, _ in focus) + max(x for x, _, _ in focus)) / 2
        places = self.rng.permutation(np.linspace(-2.1, 2.1, 5))[: self.count(DISTRACTORS)]
        for place in places:
            thing = self.thing(DISTRACTOR_SIZE)
            y = behind + thing.radius + self.number(BEHIND)
            self.stand(thing, middle + float(place), y, role=Role.DISTRACTOR)


def _half(shape: Shape) -> Vec3:
    """Half the edges of a box around the shape."""
    if isinstance(shape, Box | Cushion | Water):
        return shape.half
    if shape.kind == "mesh":
        x, y, z = shape.scale
        return (x / 2, y / 2, z / 2)
    if isinstance(shape, Skin):
        return _half(FELT_AS)
    if shape.kind == "sphere":
        return (shape.radius, shape.radius, shape.radius)
    return (shape.radius, shape.radius, shape.height / 2 + (shape.radius if shape.kind == "capsule" else 0.0))
