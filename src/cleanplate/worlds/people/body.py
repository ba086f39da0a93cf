"""A body for a skeleton: capsules along its bones, dressed, moved as kinematic bodies of a scene.

Not skin, but it reads as a person: limbs taper by their place, a head sits on the neck, trousers end at the ankles.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cleanplate.worlds import quaternion
from cleanplate.worlds.people.skeleton import Array, Motion, Skeleton
from cleanplate.worlds.scene import Body, Capsule, Colour, Keyframe, Material, Role, Sphere

_SKIN, _SHIRT, _TROUSERS, _SHOES, _HAIR = "skin", "shirt", "trousers", "shoes", "hair"
_TINY = ("finger", "thumb", "index", "middle", "ring", "pinky", "eye", "jaw")
_PARTS: tuple[tuple[tuple[str, ...], float, str], ...] = (
    (_TINY, 0.0, _SKIN),
    (("head",), 0.0, _SKIN),
    (("neck",), 0.05, _SKIN),
    (("hand", "wrist"), 0.035, _SKIN),
    (("forearm", "lowerarm", "elbow"), 0.04, _SKIN),
    (("shoulder", "clavicle", "collar"), 0.06, _SHIRT),
    (("arm",), 0.05, _SHIRT),
    (("toe", "foot", "ankle"), 0.045, _SHOES),
    (("upleg", "thigh", "hip_", "lefthip", "righthip", "upperleg"), 0.085, _TROUSERS),
    (("leg", "knee", "shin", "calf"), 0.06, _TROUSERS),
    (("hip", "pelvis", "root"), 0.11, _TROUSERS),
    (("spine", "chest", "torso", "abdomen", "waist"), 0.13, _SHIRT),
)
"""Words in a joint's name; the radius of the bones that leave it, in metres (at 1.75 m tall); what is worn there."""
_OTHERWISE = (0.04, _SHIRT)
_STANDARD_HEIGHT = 1.75
_SHORTEST = 0.02


@dataclass(frozen=True)
class Dress:
    """Colours of a person, sRGB 0..1."""

    skin: Colour = (0.78, 0.58, 0.46)
    shirt: Colour = (0.25, 0.38, 0.62)
    trousers: Colour = (0.22, 0.22, 0.27)
    shoes: Colour = (0.12, 0.10, 0.10)
    hair: Colour = (0.20, 0.13, 0.08)

    @classmethod
    def sample(cls, rng: np.random.Generator) -> Dress:
        """Somebody else in other clothes."""
        tone = float(rng.uniform(0.35, 1.0))
        skin = (0.88 * tone + 0.04, 0.68 * tone, 0.55 * tone - 0.02)
        shirt, trousers = (
            tuple(float(c) for c in rng.uniform(low, high, 3)) for low, high in ((0.15, 0.85), (0.1, 0.4))
        )
        hair = tuple(float(c) for c in np.array((0.5, 0.33, 0.2)) * rng.uniform(0.15, 1.2))
        return cls(skin, shirt, trousers, (0.12, 0.1, 0.1), hair)  # type: ignore[arg-type]

    def colour(self, part: str) -> Colour:
        """The colour of a part of the dress."""
        found: Colour = getattr(self, part)
        return found


def person(
    motion: Motion, name: str, *, dress: Dress | None = None, height: float = _STANDARD_HEIGHT
) -> tuple[Body, ...]:
    """The bodies of one person, named ``name.joint``; they go their way whatever is there.

    Args:
        motion: in metres, z up (`Motion.upright`, `Motion.sized`).
        height: of the person, for the thickness of limbs.
    """
    dress, bulk = dress or Dress(), height / _STANDARD_HEIGHT
    positions, orientations = motion.world()
    bodies = []
    for joint in range(len(motion.skeleton.names)):
        for child in motion.skeleton.children(joint):
            limb = _limb(motion, (joint, child), positions[:, joint], orientations[:, joint], dress=dress, bulk=bulk)
            if limb is not None:
                bodies.append(limb.model_copy(update={"name": f"{name}.{motion.skeleton.names[child]}", "noun": name}))
    head = _head(motion, positions, orientations, name, dress=dress, bulk=bulk)
    return (*bodies, *head)


def names_of(bodies: tuple[Body, ...], person_name: str) -> tuple[str, ...]:
    """What has to be removed for the person to be gone."""
    return tuple(body.name for body in bodies if body.name.startswith(f"{person_name}."))


def joint_named(skeleton: Skeleton, *words: str) -> int:
    """The first joint whose name holds all the words. Raises ValueError when none does."""
    for place, name in enumerate(skeleton.names):
        if all(word in _plain(name) for word in words):
            return place
    raise ValueError(f"no joint is called {' '.join(words)}")


def look_of(joint: str) -> tuple[float, str]:
    """Radius and covering of the bones that leave a joint; radius 0 for what is drawn otherwise or not at all."""
    plain = _plain(joint)
    for words, radius, part in _PARTS:
        if any(word in plain for word in words):
            return radius, part
    return _OTHERWISE


def _plain(name: str) -> str:
    return name.lower().rsplit(":", maxsplit=1)[-1].replace(" end", "")


def _limb(
    motion: Motion, bone: tuple[int, int], positions: Array, orientations: Array, *, dress: Dress, bulk: float
) -> Body | None:
    """A capsule from a joint to its child; None where that is too short."""
    skeleton = motion.skeleton
    offset = skeleton.offsets[bone[1]]
    length = float(np.linalg.norm(offset))
    radius, part = look_of(skeleton.names[bone[0]])
    if radius == 0 or length < _SHORTEST or any(word in _plain(skeleton.names[bone[1]]) for word in _TINY):
        return None
    along = _align(offset / length)
    middles = positions + quaternion.rotate(orientations, offset / 2)
    path = _path(motion, middles, quaternion.multiply(orientations, along))
    shape = Capsule(radius=radius * bulk, height=max(length - radius * bulk, 0.01))
    return _part(shape, path, dress.colour(part))


def _head(
    motion: Motion, positions: Array, orientations: Array, name: str, *, dress: Dress, bulk: float
) -> tuple[Body, ...]:
    """A head with hair, above the joint that is called so; nothing where there is none."""
    try:
        joint = joint_named(motion.skeleton, "head")
    except ValueError:
        return ()
    up = (
        quaternion.rotate(orientations[:, joint], (0.0, 0.0, 1.0))
        if _is_z_up(motion)
        else _upwards(motion, joint, orientations)
    )
    middle = positions[:, joint] + 0.09 * bulk * up
    hair = middle + 0.03 * bulk * up
    found = []
    for word, place, radius, part in (("head", middle, 0.1, _SKIN), ("hair", hair, 0.095, _HAIR)):
        body = _part(Sphere(radius=radius * bulk), _path(motion, place, orientations[:, joint]), dress.colour(part))
        found.append(body.model_copy(update={"name": f"{name}.{word} ball", "noun": name}))
    return tuple(found)


def _is_z_up(motion: Motion) -> bool:
    """Whether bones of the trunk run along z in their own joints, as in skeletons that were made so."""
    spine = [n for n, name in enumerate(motion.skeleton.names) if look_of(name)[0] in {0.05, 0.13} and n]
    return bool(spine) and float(np.abs(motion.skeleton.offsets[spine][:, 2]).sum()) > float(
        np.abs(motion.skeleton.offsets[spine][:, 1]).sum()
    )


def _upwards(motion: Motion, joint: int, orientations: Array) -> Array:
    return quaternion.rotate(orientations[:, joint], (0.0, 1.0, 0.0))


def _part(shape: Capsule | Sphere, path: tuple[Keyframe, ...], colour: Colour) -> Body:
    return Body(
        name="part",
        role=Role.REMOVABLE,
        shape=shape,
        material=Material(colour=colour, roughness=0.8),
        mass=0,
        path=path,
    )


def _path(motion: Motion, positions: Array, orientations: Array) -> tuple[Keyframe, ...]:
    return tuple(
        Keyframe(
            time=number / motion.rate,
            position=quaternion.as_vec3(position),
            orientation=quaternion.as_quaternion(orientation),
        )
        for number, (position, orientation) in enumerate(zip(positions, orientations, strict=True))
    )


def _align(direction: Array) -> Array:
    """The shortest turn from z to a direction."""
    axis = np.cross((0.0, 0.0, 1.0), direction)
    length = float(np.linalg.norm(axis))
    if length < 1e-9:
        return np.array([0.0, 0.0, 0.0, 1.0]) if direction[2] > 0 else np.array([1.0, 0.0, 0.0, 0.0])
    return np.array(quaternion.about(axis.tolist(), float(np.arctan2(length, direction[2]))))
