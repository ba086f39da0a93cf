"""What water does to rigid bodies, and they to it: Archimedes at sample points, drag, and the water they displace."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cleanplate.worlds import quaternion
from cleanplate.worlds.inertia import Inertia, parts, solid
from cleanplate.worlds.mesh_files import felt_mesh
from cleanplate.worlds.scene import Body, Box, Capsule, Cylinder, Mesh, Shape, Sphere, Vec3, Water
from cleanplate.worlds.waves import Waves

Array = NDArray[np.float64]

DENSITY = 1000.0
"""Kilograms a cubic metre."""
AT_ONCE = 1 / 239
"""Seconds for which water and bodies act on each other at once; longer only where the simulator's steps are."""
ALONG = 5
"""Sample points along each side of a part."""
RESISTANCE = 0.8
"""Drag coefficient of a blunt body, on the cross-section of a cube of its volume."""
CLING = 0.8
"""Share of its speed that a small float loses in a second even when it hardly moves."""
SPINS_DOWN = 3.0
"""The same of turning, for what is all under water."""
ADDED = 0.5
"""Mass of water that goes along with a body, over the mass that it displaces: that of a sphere."""
HIGHEST = 0.3
"""Metres above the water at rest that no wave reaches."""
WIDTH = 0.6
"""Standard deviation of the bell that a body displaces, in edges of a cube of its volume."""


@dataclass(frozen=True)
class Probes:
    """Sample points of a body.

    Attributes:
        points: N x 3, in the frame of its principal axes.
        volumes: N, m3.
        cells: N x 3 x 3, the edges of the box that a point stands for.
    """

    points: Array
    volumes: Array
    cells: Array

    @cached_property
    def volume(self) -> float:
        """Of the body, m3."""
        return float(self.volumes.sum())

    @cached_property
    def reach(self) -> float:
        """Of the points from the mass centre, metres."""
        return float(np.linalg.norm(self.points, axis=1).max())


@dataclass(frozen=True)
class Motion:
    """Of a body's mass centre and principal axes: metres, quaternion, metres a second, radians a second."""

    position: Array
    orientation: Array
    velocity: Array
    spin: Array


class Pool:
    """Water in a scene, and who is in it. Its state is that of its waves."""

    def __init__(self, shape: Water, position: Vec3, gravity: Vec3) -> None:
        """At rest; `position` is the middle of the water."""
        self._middle, self._half = np.asarray(position), np.asarray(shape.half)
        self._gravity = float(np.linalg.norm(gravity))
        self.waves = Waves(shape, self._gravity)

    def reaches(self, name: str, probes: Probes, position: Array) -> bool:
        """Whether a body whose mass centre is there could be wet; if not, it displaces nothing."""
        away = np.abs(position - self._middle) > self._half + (probes.reach + HIGHEST)
        if away.any():
            self.waves.displace(name, 0.0, (0.0, 0.0), 0.0)
        return not away.any()

    def wet(self, name: str, probes: Probes, position: Array, orientation: Array) -> tuple[Array, Array]:
        """Lets a body there displace its water; how much lies at each of its points (N, m3), and where these are."""
        volumes = np.zeros(len(probes.points))
        turn = quaternion.matrix(orientation)
        points = position - self._middle + probes.points @ turn.T
        inside = (np.abs(points[:, :2]) <= self._half[:2]).all(axis=1) & (points[:, 2] > -self._half[2])
        if inside.any():
            above = self._half[2] + self.waves.level(points[inside, :2]) - points[inside, 2]
            under = np.abs(probes.cells[inside] @ turn[2]).sum(axis=1)
            volumes[inside] = probes.volumes[inside] * np.clip(above / under + 0.5, 0, 1)
        volume = float(volumes.sum())
        x, y = (volumes @ points[:, :2] / volume).tolist() if volume else (0.0, 0.0)
        self.waves.displace(name, volume, (x, y), WIDTH * probes.volume ** (1 / 3))
        return volumes, points + self._middle

    def pushed(self, body: Body, own: Inertia, probes: Probes, motion: Motion, seconds: float) -> Motion | None:
        """How the body goes on for what the water does to it in so many seconds; None when it is dry.

        The mass of the water that goes along slows it; drag is taken implicitly, so that no step is too long for it.
        """
        volumes, points = self.wet(body.name, probes, motion.position, motion.orientation)
        displaced = DENSITY * float(volumes.sum())
        if not displaced:
            return None
        moved = body.mass + ADDED * displaced
        velocity = motion.velocity.copy()
        velocity[2] += seconds * self._gravity * (1 + ADDED) * displaced / moved
        section = float(volumes.sum()) ** (2 / 3)
        drag = 0.5 * DENSITY * RESISTANCE * section * float(np.linalg.norm(velocity)) + CLING * displaced
        velocity /= 1 + seconds * drag / moved
        x, y, _ = DENSITY * self._gravity * volumes @ (points - motion.position)
        torque = np.array([y, -x, 0.0])
        turn = quaternion.matrix(motion.orientation)
        spin = motion.spin + seconds * turn @ ((turn.T @ torque) / (moved * np.asarray(own.moments)))
        spin /= 1 + seconds * SPINS_DOWN * float(volumes.sum()) / probes.volume
        return Motion(motion.position, motion.orientation, velocity, spin)


def probes_of(body: Body, own: Inertia, assets: Path | None = None) -> Probes:
    """Points on a grid inside of all parts. Raises InputError where a mesh is missing or broken."""
    points, volumes, cells = [], [], []
    back = quaternion.conjugate(own.axes)
    for part in parts(body):
        (inside, edges), volume = _grid(part.shape, assets), solid(part.shape, assets).volume
        points.append(np.asarray(part.position) + quaternion.rotate(np.asarray(part.orientation), inside))
        volumes.append(np.full(len(inside), volume / len(inside)))
        turned = quaternion.rotate(quaternion.multiply(back, part.orientation), np.diag(edges))
        cells.append(np.broadcast_to(turned, (len(inside), 3, 3)))
    placed = quaternion.rotate(back, np.concatenate(points) - np.asarray(own.centre))
    return Probes(placed, np.concatenate(volumes), np.concatenate(cells))


def _grid(shape: Shape, assets: Path | None) -> tuple[Array, Array]:
    """N x 3 points inside a shape, even over it, and how far apart they are (3)."""
    if isinstance(shape, Mesh):
        mesh = felt_mesh(shape, assets)
        low, high = mesh.vertices.min(axis=0), mesh.vertices.max(axis=0)
    else:
        high = _corner(shape)
        low = -high
    line = (np.arange(ALONG) + 0.5) / ALONG
    unit = np.stack(np.meshgrid(line, line, line, indexing="ij"), axis=-1).reshape(-1, 3)
    points, apart = low + unit * (high - low), (high - low) / ALONG
    if isinstance(shape, Mesh):
        corners = mesh.vertices[mesh.faces]
        normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        outside = points @ normals.T - np.einsum("fc,fc->f", normals, corners[:, 0])
        kept = points[(outside <= 1e-12).all(axis=1)]
        return (kept, apart) if len(kept) else ((low + high)[None] / 2, high - low)
    across, beyond = np.hypot(points[:, 0], points[:, 1]), np.abs(points[:, 2])
    if isinstance(shape, Sphere):
        return points[np.hypot(across, beyond) <= shape.radius], apart
    if isinstance(shape, Cylinder):
        return points[across <= shape.radius], apart
    if isinstance(shape, Capsule):
        return points[np.hypot(across, np.maximum(beyond - shape.height / 2, 0)) <= shape.radius], apart
    return points, apart


def _corner(shape: Shape) -> Array:
    """Of a box around a shape that is the same on both sides of its middle."""
    if isinstance(shape, Sphere):
        return np.full(3, shape.radius)
    if isinstance(shape, Cylinder):
        return np.array([shape.radius, shape.radius, shape.height / 2])
    if isinstance(shape, Capsule):
        return np.array([shape.radius, shape.radius, shape.height / 2 + shape.radius])
    return np.asarray(shape.half if isinstance(shape, Box) else (0.0, 0.0, 0.0))
