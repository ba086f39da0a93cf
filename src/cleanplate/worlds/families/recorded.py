"""A recording of a person with things: what they hold follows their hands, and falls in the world without them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cleanplate.worlds import quaternion
from cleanplate.worlds.families.cast import MOTION_RATE, SHOWN, actor, enter, in_the_body_of
from cleanplate.worlds.families.set import Stage
from cleanplate.worlds.meshes import TriangleMesh
from cleanplate.worlds.people.glb import Tracked
from cleanplate.worlds.people.humoto import Sequence
from cleanplate.worlds.people.retarget import Fit, fit
from cleanplate.worlds.people.skeleton import UP_FROM_Y, Array, Motion
from cleanplate.worlds.scene import Body, Constraint, Keyframe, Mesh, Role, Scene, Sphere

FAMILY = "person-recorded"
_NUMBER = int.from_bytes(FAMILY.encode(), "big") % 2**63
_STILL = 0.005
"""Metres by which a thing that is never touched moves at most."""
_STILL_TURN = np.radians(2.0)
_THINNEST = 0.002
_DENSITY, _MASSES = 150.0, (0.05, 40.0)
"""Kilograms a cubic metre of the box around a thing; the least and the most that it weighs."""


@dataclass(frozen=True)
class _Way:
    """A thing on the stage: its name there and its mesh's file, and T x 3 and T x 4, where its middle goes."""

    name: str
    asset: str
    extent: Array
    positions: Array
    orientations: Array

    @property
    def rests(self) -> bool:
        """Whether nobody moves it."""
        moved = np.linalg.norm(self.positions - self.positions[0], axis=1).max()
        turned = quaternion.angle_between(self.orientations, self.orientations[:1]).max()
        return bool(moved < _STILL and turned < _STILL_TURN)


def write_meshes(sequence: Sequence, assets: Path) -> None:
    """The things' meshes under the folder of assets, one metre wide, as `recorded_scene` names them."""
    for number, thing in enumerate(sequence.things):
        path = assets / _asset(sequence, number)
        path.parent.mkdir(parents=True, exist_ok=True)
        low, high = thing.mesh.vertices.min(axis=0), thing.mesh.vertices.max(axis=0)
        unit = TriangleMesh((thing.mesh.vertices - (low + high) / 2) / np.maximum(high - low, 1e-9), thing.mesh.faces)
        corners = [f"v {x!r} {y!r} {z!r}\n" for x, y, z in unit.vertices.tolist()]
        faces = [f"f {a + 1} {b + 1} {c + 1}\n" for a, b, c in unit.faces.tolist()]
        path.write_text("".join(corners + faces), encoding="utf-8")


def recorded_scene(sequence: Sequence, seed: int) -> Scene:
    """A scene with a part of the recording; what nobody moves in it stands still in both worlds.

    Raises:
        InputError: its skeleton is no person's, or has no hands.
    """
    stage = Stage(np.random.default_rng([seed, _NUMBER]))
    found = fit(sequence.motion.upright(), where=sequence.name)
    frames = round((len(found.motion) - 1) / found.motion.rate * MOTION_RATE) + 1
    first = stage.count((0, max(0, frames - 1 - int(SHOWN * MOTION_RATE))))
    motion = _from(found.motion.resampled(MOTION_RATE), first)
    who = in_the_body_of(actor(stage), motion)
    names = list(enter(stage, who, motion))
    for number, thing in enumerate(sequence.things):
        way = _way(thing, _asset(sequence, number), found, sequence.motion.rate, first)
        body = _add(stage, way)
        if not way.rests:
            names.append(_hold(stage, body, way, who.name))
    return stage.scene(FAMILY, seed, tuple(names), promises=any(body.mass > 0 for body in stage.bodies))


def _add(stage: Stage, way: _Way) -> Body:
    x, y, z = (float(value) for value in way.extent)
    velocity = (way.positions[1] - way.positions[0]) * MOTION_RATE if len(way.positions) > 1 else np.zeros(3)
    mass = float(np.clip(_DENSITY * way.extent.prod(), *_MASSES))
    still = {"mass": 0.0} if way.rests else {"mass": mass, "velocity": quaternion.as_vec3(velocity)}
    turn = quaternion.as_quaternion(way.orientations[0])
    shape = Mesh(asset=way.asset, scale=(x, y, z))
    return stage.add(way.name, shape, quaternion.as_vec3(way.positions[0]), orientation=turn, **still)


def _hold(stage: Stage, body: Body, way: _Way, person: str) -> str:
    """What carries a thing along while the person is there; its name."""
    path = tuple(
        Keyframe(time=n / MOTION_RATE, position=quaternion.as_vec3(p), orientation=quaternion.as_quaternion(q))
        for n, (p, q) in enumerate(zip(way.positions, way.orientations, strict=True))
    )
    name = f"{person}.{body.name}"
    holder = Body(name=name, noun=person, role=Role.REMOVABLE, shape=Sphere(radius=0.05), mass=0, path=path)
    stage.bodies.append(holder.model_copy(update={"drawn": False, "solid": False}))
    stage.join(Constraint(kind="fixed", a=body.name, b=name))
    return name


def _way(thing: Tracked, asset: str, found: Fit, rate: float, first: int) -> _Way:
    """In the scene's metres, z up, at `MOTION_RATE`, from a frame on."""
    low, high = thing.mesh.vertices.min(axis=0), thing.mesh.vertices.max(axis=0)
    middle = thing.positions + quaternion.rotate(thing.orientations, (low + high) / 2)
    places = found.factor * quaternion.rotate(UP_FROM_Y, middle) + found.shift
    turns = quaternion.multiply(UP_FROM_Y, thing.orientations)
    # A motion of one joint: resampled like the person's.
    alone = Motion(found.motion.skeleton, rate, places, np.repeat(turns[:, None], 1, axis=1)).resampled(MOTION_RATE)
    extent = np.maximum(found.factor * (high - low), _THINNEST)
    word = thing.name.split(".")[0].replace("_", " ").strip().lower() or "thing"
    return _Way(word, asset, extent, alone.root[first:], alone.turns[first:, 0])


def _from(motion: Motion, first: int) -> Motion:
    return Motion(motion.skeleton, motion.rate, motion.root[first:], motion.turns[first:])


def _asset(sequence: Sequence, number: int) -> str:
    return f"{sequence.name}/{number:03d}.obj"
