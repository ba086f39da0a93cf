"""Where a body's mass lies: centre and principal moments of solids of even density, in closed form."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cleanplate.worlds import quaternion
from cleanplate.worlds.mesh_files import felt_mesh
from cleanplate.worlds.meshes import TriangleMesh
from cleanplate.worlds.scene import (
    Body,
    Box,
    Capsule,
    Cushion,
    Cylinder,
    Part,
    Quaternion,
    Shape,
    Skin,
    Sphere,
    Vec3,
    Water,
)

Array = NDArray[np.float64]

FELT_AS = Sphere(radius=0.05)
"""What stands for skin where a solid is wanted; nothing collides with it."""


@dataclass(frozen=True)
class Solid:
    """A solid of density 1: volume (m3), centre (m) and inertia tensor about that centre (3 x 3, m5)."""

    volume: float
    centre: Array
    inertia: Array


@dataclass(frozen=True)
class Inertia:
    """Of a body of mass 1, in the body's own frame.

    Attributes:
        centre: of the mass, metres.
        axes: the frame of the principal axes.
        moments: about those, m2.
        volume: m3.
    """

    centre: Vec3
    axes: Quaternion
    moments: Vec3
    volume: float


def inertia(body: Body, assets: Path | None = None) -> Inertia:
    """Of all the body's parts together. Parts that overlap count twice."""
    whole = joined([placed(solid(part.shape, assets), part.position, part.orientation) for part in parts(body)])
    tensor = whole.inertia / whole.volume
    across = tensor - np.diag(np.diag(tensor))
    if np.abs(across).max() < 1e-9 * np.trace(tensor):
        moments, axes = np.diag(tensor), np.eye(3)
    else:
        moments, axes = np.linalg.eigh(tensor)
        axes = axes * np.sign(np.linalg.det(axes))
    return Inertia(
        quaternion.as_vec3(whole.centre),
        quaternion.as_quaternion(quaternion.from_matrix(axes)),
        quaternion.as_vec3(moments),
        whole.volume,
    )


def parts(body: Body) -> tuple[Part, ...]:
    """The body's shape and all its parts."""
    return (Part(shape=body.shape), *body.parts)


def solid(shape: Shape, assets: Path | None = None) -> Solid:
    """Of one shape around its own origin."""
    origin = np.zeros(3)
    if isinstance(shape, Sphere):
        volume = 4 / 3 * np.pi * shape.radius**3
        return Solid(volume, origin, volume * 0.4 * shape.radius**2 * np.eye(3))
    if isinstance(shape, Box | Cushion | Water):
        x, y, z = shape.half
        return Solid(8 * x * y * z, origin, 8 * x * y * z / 3 * np.diag([y * y + z * z, x * x + z * z, x * x + y * y]))
    if isinstance(shape, Cylinder):
        return _cylinder(shape.radius, shape.height)
    if isinstance(shape, Capsule):
        return _capsule(shape.radius, shape.height)
    if isinstance(shape, Skin):
        return solid(FELT_AS)
    return _mesh(felt_mesh(shape, assets))


def _cylinder(radius: float, height: float) -> Solid:
    volume = np.pi * radius**2 * height
    across = radius**2 / 4 + height**2 / 12
    return Solid(volume, np.zeros(3), volume * np.diag([across, across, radius**2 / 2]))


def _capsule(radius: float, height: float) -> Solid:
    """A cylinder and two half balls, whose centres of mass lie 3/8 r out from their flat sides."""
    tube, ball = _cylinder(radius, height), 4 / 3 * np.pi * radius**3
    along = 0.4 * radius**2
    across = along + height**2 / 4 + 3 / 8 * radius * height
    return Solid(tube.volume + ball, np.zeros(3), tube.inertia + ball * np.diag([across, across, along]))


def _mesh(mesh: TriangleMesh) -> Solid:
    """By signed tetrahedra from the middle to every face; a mesh that does not close counts as its bounding box."""
    low, high = mesh.vertices.min(axis=0), mesh.vertices.max(axis=0)
    middle = (low + high) / 2
    corners = (mesh.vertices - middle)[mesh.faces]
    volumes = np.linalg.det(corners) / 6
    volume = float(volumes.sum())
    edges = np.sort(mesh.faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    closed = bool((np.unique(edges, axis=0, return_counts=True)[1] == 2).all())
    if not closed or volume <= 0:
        x, y, z = (high - low) / 2
        box = Box(half=(float(x), float(y), float(z)))
        return placed(solid(box), quaternion.as_vec3(middle), (0.0, 0.0, 0.0, 1.0))
    centre = np.einsum("f,fkc->c", volumes, corners) / 4 / volume
    sums = corners.sum(axis=1)
    # Second moments of a tetrahedron with one corner at the origin: V/20 (sum_k v_k v_k' + s s'), s = sum_k v_k.
    second = np.einsum("f,fki,fkj->ij", volumes, corners, corners) + np.einsum("f,fi,fj->ij", volumes, sums, sums)
    second = second / 20 - volume * np.outer(centre, centre)
    return Solid(volume, centre + middle, np.trace(second) * np.eye(3) - second)


def placed(one: Solid, position: Vec3, orientation: Quaternion) -> Solid:
    """The solid turned and moved."""
    turn = quaternion.matrix(orientation)
    return Solid(one.volume, turn @ one.centre + np.asarray(position), turn @ one.inertia @ turn.T)


def joined(solids: list[Solid]) -> Solid:
    """All of them as one rigid solid (parallel axes)."""
    volume = sum(one.volume for one in solids)
    centre = np.sum([one.volume * one.centre for one in solids], axis=0) / volume
    total = np.zeros((3, 3))
    for one in solids:
        away = one.centre - centre
        total += one.inertia + one.volume * (away @ away * np.eye(3) - np.outer(away, away))
    return Solid(volume, centre, total)
