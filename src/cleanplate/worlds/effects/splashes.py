"""When and how fast things go into water: what its droplets follow from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cleanplate.worlds import quaternion
from cleanplate.worlds.effects.flights import falls
from cleanplate.worlds.inertia import parts
from cleanplate.worlds.mesh_files import felt_mesh
from cleanplate.worlds.meshes import OWN
from cleanplate.worlds.protocols import Impact, Trajectories
from cleanplate.worlds.scene import Body, Box, Capsule, Cylinder, Mesh, Part, Scene, Sphere, Water

Array = NDArray[np.float64]


def entries(scene: Scene, rigid: Trajectories, assets: Path | None = None) -> tuple[Impact, ...]:
    """An impact on the water for every time that a thing's lowest point passes its surface downwards, by time.

    Known between frames as of something that falls freely.
    """
    waters = [body for body in scene.bodies if isinstance(body.shape, Water) and body.name in rigid.names]
    things = [body for body in scene.bodies if body.mass > 0 and body.solid and body.name in rigid.names]
    found = [hit for water in waters for body in things for hit in _entries(scene, rigid, (water, body), assets)]
    return tuple(sorted(found, key=lambda hit: (hit.time, hit.bodies)))


def _entries(scene: Scene, rigid: Trajectories, pair: tuple[Body, Body], assets: Path | None) -> list[Impact]:
    water, body = pair
    place, gravity, step = rigid.index(body.name), -scene.gravity[2], 1 / scene.rate
    where, half = np.asarray(water.position), _half(water)
    positions = rigid.positions[:, place]
    feet = np.array([lowest(body, turn, assets) for turn in rigid.orientations[:, place]]) + positions[:, 2]
    level = where[2] + half[2]
    hits = []
    for frame in range(1, len(rigid)):
        before = positions[frame - 1]
        over = (np.abs(positions[frame, :2] - where[:2]) <= half[:2]).all()
        if not (over and feet[frame - 1] > level >= feet[frame]):
            continue
        speed = np.asarray(body.velocity, np.float64)
        if frame > 1:
            speed = (before - positions[frame - 2]) / step - np.array([0.0, 0.0, gravity * step / 2])
        passed = float(falls(np.array([feet[frame - 1] - level]), speed[2:], gravity)[0])
        passed = min(passed, step)
        velocity = (float(speed[0]), float(speed[1]), float(speed[2] - gravity * passed))
        x, y = (before[:2] + speed[:2] * passed).tolist()
        time = (frame - 1) * step + passed
        hits.append(Impact(time, (body.name, water.name), (x, y, float(level)), (0.0, 0.0, 1.0), velocity))
    return hits


def lowest(body: Body, orientation: Array, assets: Path | None = None) -> float:
    """Height (m) of a body's lowest point over its origin, when it is turned like that."""
    return min(_lowest(part, orientation, assets) for part in parts(body))


def _lowest(part: Part, orientation: Array, assets: Path | None) -> float:
    """A part's middle, less how far its shape reaches down."""
    middle = float(quaternion.rotate(orientation, part.position)[2])
    down = np.asarray(quaternion.matrix(quaternion.multiply(orientation, part.orientation)))[2]
    shape = part.shape
    if isinstance(shape, Sphere):
        return middle - shape.radius
    if isinstance(shape, Box):
        return middle - float(np.abs(down) @ shape.half)
    if isinstance(shape, Capsule):
        return middle - shape.radius - abs(float(down[2])) * shape.height / 2
    if isinstance(shape, Cylinder):
        return middle - shape.radius * float(np.hypot(down[0], down[1])) - abs(float(down[2])) * shape.height / 2
    if isinstance(shape, Mesh) and (shape.asset in OWN or shape.up):
        return middle + float((felt_mesh(shape, assets).vertices @ down).min())
    return middle


def _half(water: Body) -> Array:
    return np.asarray(water.shape.half) if isinstance(water.shape, Water) else np.zeros(3)
