"""A person as bodies of a scene: bones that are felt and go their way, skin and clothes that are seen."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from cleanplate.worlds import quaternion
from cleanplate.worlds.people.figure import BONES, ENDS, HEIGHT, bones_at, height_of
from cleanplate.worlds.people.skeleton import Array, Motion
from cleanplate.worlds.people.skin import piece_names
from cleanplate.worlds.scene import Body, Build, Capsule, Colour, Keyframe, Material, Part, Role, Skin, Sphere

_RADII = {"hips": 0.11, "spine": 0.10, "chest": 0.11, "neck": 0.05, "head": 0.085, "arm": 0.045, "forearm": 0.038}
_RADII |= {"hand": 0.018, "upleg": 0.075, "leg": 0.05, "foot": 0.04}
"""Metres of the capsules around bones, at the standard height."""
_ROUGH = {"skin": 0.6, "hair": 0.55, "shoes": 0.5, "eyes": 0.3}


@dataclass(frozen=True)
class Dress:
    """Colours of a person, sRGB 0..1."""

    skin: Colour = (0.82, 0.61, 0.49)
    shirt: Colour = (0.25, 0.38, 0.62)
    trousers: Colour = (0.22, 0.22, 0.27)
    shoes: Colour = (0.12, 0.10, 0.10)
    hair: Colour = (0.20, 0.13, 0.08)
    eyes: Colour = (0.09, 0.06, 0.05)

    @classmethod
    def sample(cls, rng: np.random.Generator) -> Dress:
        """Somebody else in other clothes."""
        tone = float(rng.uniform(0.3, 1.0))
        skin = (0.86 * tone + 0.08, 0.68 * tone + 0.02, 0.56 * tone)
        shirt, trousers = (rng.uniform(low, high, 3) for low, high in ((0.12, 0.85), (0.1, 0.42)))
        hair = np.array((0.55, 0.36, 0.2)) * rng.uniform(0.12, 1.2)
        shoes = np.full(3, rng.uniform(0.08, 0.5))
        return cls(skin, *(_colour(values) for values in (shirt, trousers, shoes, hair)))

    def colour(self, piece: str) -> Colour:
        """The colour of a piece of the dress."""
        found: Colour = getattr(self, piece)
        return found


def somebody(rng: np.random.Generator) -> Build:
    """Another body in clothes of another cut."""
    return Build(
        height=float(rng.uniform(1.5, 1.95)),
        girth=float(rng.uniform(0.88, 1.25)),
        breadth=float(rng.uniform(0.92, 1.08)),
        sleeves=float(rng.choice([0.25, 0.4, 0.6, 1.0])),
        shorts=bool(rng.random() < 0.25),
        hair=str(rng.choice(["short", "long", "bun", ""], p=[0.5, 0.25, 0.15, 0.1])),
    )


def person(
    motion: Motion, name: str, *, build: Build, dress: Dress | None = None, solid: Collection[str] = ()
) -> tuple[Body, ...]:
    """The bodies of one person; they go their way whatever is there.

    Bones are called ``name.bone`` (`figure.BONES`), each where its joint is and turned as that; pieces of skin and
    clothes ``name's piece``.

    Args:
        motion: of the figure's skeleton (`figure.figure`, `retarget.fitted`), in metres, z up.
        build: whose bones are those of the motion's skeleton.
        solid: the bones that other bodies collide with.
    """
    positions, orientations = bones_at(motion)
    bones = [
        _bone(motion, bone, positions[:, n], orientations[:, n]).model_copy(
            update={"name": f"{name}.{bone}", "noun": name, "solid": bone in solid}
        )
        for n, bone in enumerate(BONES)
    ]
    dress = dress or Dress()
    pieces = [
        Body(
            name=f"{name}'s {piece}",
            noun=name,
            role=Role.REMOVABLE,
            shape=Skin(person=name, piece=piece, build=build),
            material=Material(colour=dress.colour(piece), roughness=_ROUGH.get(piece, 0.9)),
            mass=0,
            position=quaternion.as_vec3(positions[0, 0]),
            solid=False,
        )
        for piece in piece_names(build)
    ]
    return (*bones, *pieces)


def names_of(bodies: Collection[Body], person_name: str) -> tuple[str, ...]:
    """What has to be removed for the person to be gone."""
    return tuple(body.name for body in bodies if body.name.startswith((f"{person_name}.", f"{person_name}'s ")))


def _bone(motion: Motion, bone: str, positions: Array, orientations: Array) -> Body:
    """A ball at the joint and a capsule along the bone, which goes its way."""
    radius = _RADII[bone.rsplit(" ", 1)[-1]] * height_of(motion.skeleton) / HEIGHT
    offset = motion.skeleton.offsets[motion.skeleton.index(ENDS[bone])]
    length = float(np.linalg.norm(offset))
    along = Part(
        shape=Capsule(radius=radius, height=max(length - radius, 0.01)),
        position=quaternion.as_vec3(offset / 2),
        orientation=quaternion.as_quaternion(_align(offset / length)),
    )
    path = tuple(
        Keyframe(time=n / motion.rate, position=quaternion.as_vec3(p), orientation=quaternion.as_quaternion(q))
        for n, (p, q) in enumerate(zip(positions, orientations, strict=True))
    )
    return Body(
        name=bone,
        role=Role.REMOVABLE,
        shape=Sphere(radius=radius),
        parts=(along,),
        mass=0,
        path=path,
        restitution=0.0,
        drawn=False,
    )


def _colour(values: np.ndarray) -> Colour:
    red, green, blue = (float(value) for value in np.clip(values, 0, 1))
    return (red, green, blue)


def _align(direction: Array) -> Array:
    """The shortest turn from z to a direction."""
    axis = np.cross((0.0, 0.0, 1.0), direction)
    length = float(np.linalg.norm(axis))
    if length < 1e-9:
        return np.array([0.0, 0.0, 0.0, 1.0]) if direction[2] > 0 else np.array([1.0, 0.0, 0.0, 0.0])
    return np.array(quaternion.about(axis.tolist(), float(np.arctan2(length, direction[2]))))
