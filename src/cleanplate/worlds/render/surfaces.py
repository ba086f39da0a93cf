"""What a renderer wants to know of points on a shape's surface: the normals there, and where they lie on a texture."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cleanplate.worlds.mesh_files import seen_mesh
from cleanplate.worlds.meshes import TriangleMesh
from cleanplate.worlds.render.solids import surface
from cleanplate.worlds.scene import Box, Capsule, Cushion, Cylinder, Mesh, Shape, Sphere, Water

Points = NDArray[np.float32]

_CREASE = 0.7
"""Cosine of the angle between faces up to which a mesh is shaded as if it were smooth."""


@dataclass(frozen=True)
class Solid:
    """A shape to draw.

    Attributes:
        mesh: its triangles.
        normals: F x 3 x 3 at the corners of a mesh's triangles; None for shapes with normals in closed form.
        rest: V x 3, where the mesh's vertices lie on the texture; None: where they are.
        mapped: the texture lies where `mesh.uvs` say.
    """

    shape: Shape
    mesh: TriangleMesh
    normals: Points | None = None
    rest: Points | None = None
    mapped: bool = False


def solid(shape: Shape, assets: Path | None = None, *, mapped: bool = False) -> Solid:
    """The shape in triangles. Raises InputError where a mesh is missing or broken.

    Args:
        mapped: its texture is a picture of its own (`Texture.mapped`).
    """
    if isinstance(shape, Mesh) and shape.up:
        mesh = seen_mesh(shape, assets)
        return Solid(shape, mesh, smooth_normals(mesh), mapped=mapped and mesh.uvs is not None)
    vertices, polygons, _ = surface(shape, assets)
    faces = [(face[0], face[k], face[k + 1]) for face in polygons for k in range(1, len(face) - 1)]
    mesh = TriangleMesh(np.asarray(vertices, np.float64), np.array(faces, np.int64))
    return Solid(shape, mesh, corner_normals(mesh) if isinstance(shape, Mesh) else None)


def look(drawn: Solid, points: Points, triangles: NDArray[np.int32], scale: float) -> tuple[Points, Points]:
    """Normals (N x 3) and texture places (N x 2, metres) of points on the solid's surface.

    Args:
        points: N x 3 in the shape's own frame; they may lie a little off its surface.
        triangles: for a mesh, the triangle of each point.
        scale: the texture's period in metres, of which whole ones go around what is round.
    """
    shape = drawn.shape
    if drawn.normals is not None:
        return _on_mesh(drawn, drawn.normals, points, triangles, scale)
    if isinstance(shape, Box | Cushion | Water):
        return _on_box(shape, points)
    if isinstance(shape, Cylinder):
        return _on_cylinder(shape, points, scale)
    if isinstance(shape, Capsule):
        return _on_capsule(shape.radius, shape.height / 2, points, scale)
    if isinstance(shape, Sphere):
        return _on_capsule(shape.radius, 0.0, points, scale)
    raise TypeError(f"a {shape.kind} was made without its normals")


def unit(vectors: Points) -> Points:
    """The vectors (... x 3), of length 1."""
    lengths = np.sqrt(np.einsum("...c,...c->...", vectors, vectors))
    return np.asarray(vectors / np.maximum(lengths, 1e-9)[..., None], np.float32)


def corner_normals(mesh: TriangleMesh) -> Points:
    """F x 3 x 3: at each corner the mean over those triangles around it that are nearly flat to its own."""
    corners = mesh.vertices[mesh.faces]
    weighted = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    flat = weighted / np.maximum(np.linalg.norm(weighted, axis=1, keepdims=True), 1e-20)
    around: dict[int, list[int]] = {}
    for triangle, face in enumerate(mesh.faces.tolist()):
        for vertex in face:
            around.setdefault(vertex, []).append(triangle)
    normals = np.empty_like(corners)
    for triangle, face in enumerate(mesh.faces.tolist()):
        for place, vertex in enumerate(face):
            near = np.asarray(around[vertex])
            normals[triangle, place] = weighted[near[flat[near] @ flat[triangle] >= _CREASE]].sum(axis=0)
    return unit(normals.astype(np.float32))


def smooth_normals(mesh: TriangleMesh) -> Points:
    """F x 3 x 3 for meshes of any size: smooth across vertices at one place, flat where a triangle leans far off."""
    _, places = np.unique(mesh.vertices.round(9), axis=0, return_inverse=True)
    faces = places.reshape(-1)[mesh.faces].astype(np.int32)
    corners = mesh.vertices[mesh.faces]
    flat = unit(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]).astype(np.float32))[:, None]
    welded = np.zeros((len(mesh.vertices), 3), np.float32)
    welded[places.reshape(-1)] = mesh.vertices
    mean = vertex_normals(welded, faces)[faces]
    return np.where(np.einsum("fkc,fkc->fk", mean, np.broadcast_to(flat, mean.shape))[..., None] >= _CREASE, mean, flat)


def vertex_normals(vertices: Points, faces: NDArray[np.int32]) -> Points:
    """V x 3: at each vertex the mean over the triangles around it, each by its area."""
    first, second, third = (vertices[faces[:, corner]] for corner in range(3))
    weighted = np.cross(second - first, third - first)
    around, count = faces.ravel(), len(vertices)
    sums = [np.bincount(around, np.repeat(weighted[:, axis], 3), count) for axis in range(3)]
    return unit(np.stack(sums, axis=1).astype(np.float32))


def _on_box(shape: Box | Cushion | Water, points: Points) -> tuple[Points, Points]:
    face = np.argmax(np.abs(points) - np.asarray(shape.half, np.float32), axis=1)
    rows = np.arange(len(points))
    normals = np.zeros_like(points)
    normals[rows, face] = np.sign(points[rows, face])
    return normals, _along_axis(points, face)


def _on_cylinder(shape: Cylinder, points: Points, scale: float) -> tuple[Points, Points]:
    out = np.hypot(points[:, 0], points[:, 1]) - np.float32(shape.radius)
    lid = (np.abs(points[:, 2]) - np.float32(shape.height / 2) > out)[:, None]
    normals = points.copy()
    normals[~lid[:, 0], 2] = 0
    normals[lid[:, 0], :2] = 0
    normals = unit(normals)
    side = np.stack([_around(points, shape.radius, scale), points[:, 2]], axis=1)
    return normals, np.where(lid, points[:, :2], side)


def _on_capsule(radius: float, half: float, points: Points, scale: float) -> tuple[Points, Points]:
    """A ball is a capsule without length."""
    height = np.clip(points[:, 2], -half, half)
    offsets = points.copy()
    offsets[:, 2] -= height
    normals = unit(offsets)
    along = height + np.arcsin(np.clip(normals[:, 2], -1, 1)) * np.float32(radius)
    return normals, np.stack([_around(points, radius, scale), along], axis=1)


def _on_mesh(
    drawn: Solid, normals: Points, points: Points, triangles: NDArray[np.int32], scale: float
) -> tuple[Points, Points]:
    faces = drawn.mesh.faces[triangles]
    corners = drawn.mesh.vertices.astype(np.float32)[faces]
    shares = barycentric(points, corners)
    mixed = unit(np.einsum("nk,nkc->nc", shares, normals[triangles]))
    if drawn.mapped and drawn.mesh.uvs is not None:
        return mixed, np.einsum("nk,nkc->nc", shares, drawn.mesh.uvs[triangles]) * np.float32(scale)
    if drawn.rest is not None:
        corners = drawn.rest[faces]
        points = np.einsum("nk,nkc->nc", shares, corners)
    flat = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    return mixed, _along_axis(points, np.argmax(np.abs(flat), axis=1))


def barycentric(points: Points, corners: Points) -> Points:
    """Barycentric coordinates (N x 3) of points in the planes of triangles (N x 3 x 3)."""
    first, second, away = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0], points - corners[:, 0]
    aa, ab, bb = (first * first).sum(1), (first * second).sum(1), (second * second).sum(1)
    pa, pb = (away * first).sum(1), (away * second).sum(1)
    area = np.maximum(aa * bb - ab * ab, np.float32(1e-20))
    v, w = (bb * pa - ab * pb) / area, (aa * pb - ab * pa) / area
    return np.asarray(np.clip(np.stack([1 - v - w, v, w], axis=1), 0, 1), np.float32)


def _along_axis(points: Points, face: NDArray[np.intp]) -> Points:
    """Texture places of points seen along their `face` axis (0, 1, 2)."""
    across = np.where(face == 0, points[:, 1], points[:, 0])
    along = np.where(face == 2, points[:, 1], points[:, 2])
    return np.stack([across, along], axis=1)


def _around(points: Points, radius: float, scale: float) -> Points:
    """Metres of texture around z, with whole periods to the turn."""
    periods = max(round(2 * np.pi * radius / scale), 1)
    turns = np.arctan2(points[:, 1], points[:, 0]) / (2 * np.pi)
    return np.asarray(turns * (periods * scale), np.float32)
