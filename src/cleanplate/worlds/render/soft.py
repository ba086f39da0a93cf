"""Surfaces that are another mesh on every frame: skin, cushions, water. They stand beside the stage of rigid pieces."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from cleanplate.worlds import quaternion
from cleanplate.worlds.camera import Shot
from cleanplate.worlds.meshes import TriangleMesh
from cleanplate.worlds.protocols import Deforming, Trajectories
from cleanplate.worlds.raster import rasterise
from cleanplate.worlds.render.shading import Piece, Posed
from cleanplate.worlds.render.stage import Look
from cleanplate.worlds.render.surfaces import Points, Solid, vertex_normals
from cleanplate.worlds.scene import Shape

_ORIGIN, _UPRIGHT = np.zeros(3), np.array([0.0, 0.0, 0.0, 1.0])


def rest_of(trajectories: Trajectories, name: str) -> Points:
    """V x 3: where the vertices of a body that changes its shape lie on its texture."""
    one, place = trajectories.deforming[name], trajectories.index(name)
    if one.rest is not None:
        return one.rest
    back = quaternion.conjugate(trajectories.orientations[0, place])
    return quaternion.rotate(back, one.vertices[0] - trajectories.positions[0, place]).astype(np.float32)


def solid_of(shape: Shape, trajectories: Trajectories, name: str) -> Solid:
    """A body's surface on frame 0, in place of its own shape."""
    surface = trajectories.deforming[name]
    mesh = TriangleMesh(surface.vertices[0].astype(np.float64), surface.faces.astype(np.int64))
    normals = vertex_normals(surface.vertices[0], surface.faces)[mesh.faces]
    return Solid(shape, mesh, normals, rest_of(trajectories, name))


class Soft:
    """One such surface. Its state is the frame that it shows."""

    def __init__(self, piece: Piece, number: int, surface: Deforming) -> None:
        """`piece` has its looks and its `Solid.rest`; `number` is what `Look.part` says where it is seen."""
        self._piece, self._number, self._surface = piece, number, surface
        self._vertices = surface.vertices[0]
        self._faces = surface.faces.astype(np.int64)

    def pose(self, frame: int) -> Posed:
        """The surface on a frame, as a mesh in the world."""
        self._vertices = self._surface.vertices[frame]
        normals = vertex_normals(self._vertices, self._surface.faces)[self._faces]
        mesh = TriangleMesh(self._vertices.astype(np.float64), self._faces)
        solid = replace(self._piece.solid, mesh=mesh, normals=normals)
        return Posed(replace(self._piece, solid=solid), _ORIGIN, _UPRIGHT, np.eye(3))

    def look(self, shot: Shot, size: tuple[int, int], planes: tuple[float, float]) -> Look:
        """What the camera sees of it."""
        depth, triangle = rasterise(shot, self._vertices, self._faces, size, planes)
        part = np.where(triangle >= 0, self._number, -1).astype(np.int32)
        return Look(part, depth, triangle)

    def depth(self, shot: Shot, size: tuple[int, int], planes: tuple[float, float]) -> NDArray[np.float32]:
        """The depth alone."""
        return rasterise(shot, self._vertices, self._faces, size, planes)[0]
