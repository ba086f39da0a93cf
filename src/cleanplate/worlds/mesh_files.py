"""The meshes that scenes name: the package's own, and OBJ files under the user's assets."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cleanplate.errors import InputError
from cleanplate.worlds.asset_files import Stamp, located, stamped
from cleanplate.worlds.hull import hull
from cleanplate.worlds.meshes import OWN, TriangleMesh
from cleanplate.worlds.obj import read_obj
from cleanplate.worlds.scene import Mesh

DRAWN, SOLID = "visual_geometry.obj", "collision_geometry.obj"
"""Kubric's names of a thing's surface, and of what collides in its place."""


def load_mesh(asset: str, assets: Path | None = None) -> TriangleMesh:
    """The mesh of that name: one of `OWN`, else the OBJ file of that path under `assets`, as it stands there.

    Raises:
        InputError: there is none, or the file is no whole mesh.
    """
    if asset in OWN:
        return OWN[asset]()
    if assets is None:
        raise InputError(
            f"no mesh is called '{asset}'",
            remedy=f"Use one of {', '.join(OWN)}, or name a folder of assets that holds it as an OBJ file.",
        )
    return _read(stamped(located(asset, assets)))


def seen_mesh(shape: Mesh, assets: Path | None = None) -> TriangleMesh:
    """What is drawn of a shape, in its own frame. Raises InputError as `load_mesh` does."""
    mesh = load_mesh(shape.asset, assets)
    if shape.up:
        low, high = bounds(mesh, shape.up)
        upright = (turned(mesh.vertices, shape.up) - (low + high) / 2) / (high - low)
        mesh = TriangleMesh(upright, mesh.faces, mesh.uvs)
    return mesh.scaled(shape.scale)


def felt_mesh(shape: Mesh, assets: Path | None = None) -> TriangleMesh:
    """What collides of a shape, in its own frame. Raises InputError as `load_mesh` does."""
    if not shape.up or assets is None:
        return load_mesh(shape.asset, assets).scaled(shape.scale)
    solid = solid_of(shape.asset, assets)
    drawn = stamped(located(shape.asset, assets))
    return _unit_hull(drawn, stamped(located(solid, assets)) if solid else drawn, shape.up).scaled(shape.scale)


def solid_of(asset: str, assets: Path) -> str:
    """The file that collides in place of another one that is drawn; empty when that is one and the same."""
    path = Path(asset)
    beside = path.with_name(SOLID)
    return beside.as_posix() if path.name == DRAWN and (assets / beside).is_file() else ""


def turned(vertices: NDArray[np.float64], up: str) -> NDArray[np.float64]:
    """The vertices (V x 3) of a file whose axis `up` points up, with z up."""
    return vertices if up == "z" else np.stack([vertices[:, 0], -vertices[:, 2], vertices[:, 1]], axis=-1)


def bounds(mesh: TriangleMesh, up: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The lowest and highest of what is upright of the mesh's faces (3, 3); loose vertices do not count."""
    vertices = turned(mesh.vertices[np.unique(mesh.faces)], up)
    return vertices.min(axis=0), vertices.max(axis=0)


@lru_cache(maxsize=64)
def _read(file: Stamp) -> TriangleMesh:
    return read_obj(file.path)


@lru_cache(maxsize=256)
def _unit_hull(drawn: Stamp, felt: Stamp, up: str) -> TriangleMesh:
    """The hull of one mesh in the unit box of another."""
    low, high = bounds(_read(drawn), up)
    mesh = _read(felt)
    vertices = turned(mesh.vertices[np.unique(mesh.faces)], up)
    try:
        return hull((vertices - (low + high) / 2) / (high - low))
    except ValueError:
        raise InputError("the mesh is flat", where=str(felt.path), remedy="Give it some thickness.") from None
