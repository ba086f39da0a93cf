"""Catalogues that half consist of the user's own assets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from cleanplate.progress import Progress, Silent
from cleanplate.worlds.assets import Library, MeshAsset, Shelf
from cleanplate.worlds.families.catalogue import COMMON, UNSEEN, Catalogue, Maker, Owned
from cleanplate.worlds.families.standing import seat_of, stands
from cleanplate.worlds.families.things import Thing
from cleanplate.worlds.mesh_files import bounds, load_mesh, seen_mesh
from cleanplate.worlds.scene import Material, Mesh, Texture, Vec3

_TRIED = 0.3
"""Metres that a mesh's longest side has when it is tried whether it stands."""
_SEAT = 0.25
"""Share of the narrower side that half a seat's width takes at least."""
_MASSES = (0.02, 60.0)
_ROUGHNESS = (0.5, 0.9)


@dataclass(frozen=True)
class Furnishings:
    """What families are furnished with.

    Attributes:
        fallen: paths of meshes that do not stand upright, and are left out.
    """

    training: Catalogue = COMMON
    held_out: Catalogue = UNSEEN
    fallen: tuple[str, ...] = ()


@dataclass(frozen=True)
class MeshMaker:
    """Makes things of a mesh.

    Attributes:
        extent: of the upright mesh in its file's own metres.
        seat: over the longest side; 0 for what nothing can stand on.
        spread: metres of its surface that the picture's width covers, over the longest side.
        mapped: the mesh says where its picture lies.
    """

    asset: MeshAsset
    extent: Vec3
    seat: float
    spread: float
    mapped: bool

    def __call__(self, rng: np.random.Generator, size: float) -> Thing:
        """As large as asked."""
        factor = size / max(self.extent)
        x, y, z = (factor * side for side in self.extent)
        own: dict[str, Any] = {}
        if self.asset.texture:
            texture = Texture(name=self.asset.texture, scale=self.spread * size, mapped=self.mapped)
            own = {
                "noun": self.asset.noun,
                "material": Material(texture=texture, roughness=float(rng.uniform(*_ROUGHNESS))),
            }
        if self.asset.mass is not None:
            own["mass"] = float(np.clip(self.asset.mass * factor**3, *_MASSES))
        if self.asset.friction is not None:
            own["friction"] = self.asset.friction
        shape = Mesh(asset=self.asset.name, scale=(x, y, z), up=self.asset.up)
        return Thing(self.asset.noun, shape, z, float(np.hypot(x, y)) / 2, self.seat * size, own=own)


def furnished(library: Library, progress: Progress | None = None) -> Furnishings:
    """Both catalogues, each with its own shelf of the folder. Every mesh is read, and tried whether it stands.

    Raises:
        InputError: a mesh is broken.
        ResourceError: PyBullet is not installed.
    """
    fallen: list[str] = []
    count = len(library.training.meshes) + len(library.held_out.meshes)
    with (progress or Silent()).task("trying the meshes", count) as tick:

        def stocked(catalogue: Catalogue, shelf: Shelf) -> Catalogue:
            flat: list[Maker] = []
            pointed: list[Maker] = []
            for asset in shelf.meshes:
                maker = _maker(asset, library.folder)
                tick()
                if maker is None:
                    fallen.append(asset.name)
                else:
                    (flat if maker.seat else pointed).append(maker)
            owned = Owned(library.folder, tuple(flat), tuple(pointed), shelf.textures, shelf.skies)
            return replace(catalogue, owned=owned)

        return Furnishings(stocked(COMMON, library.training), stocked(UNSEEN, library.held_out), tuple(sorted(fallen)))


def _maker(asset: MeshAsset, folder: Path) -> MeshMaker | None:
    """None for what falls over."""
    low, high = bounds(load_mesh(asset.name, folder), asset.up)
    x, y, z = (float(side) for side in high - low)
    factor = _TRIED / max(x, y, z)
    shape = Mesh(asset=asset.name, scale=(x * factor, y * factor, z * factor), up=asset.up)
    if not stands(shape, folder):
        return None
    seat = seat_of(shape, folder)
    enough = seat >= _SEAT * min(shape.scale[:2])
    mapped = seen_mesh(shape, folder).uvs is not None
    return MeshMaker(asset, (x, y, z), seat / _TRIED if enough else 0.0, _spread(shape, folder) / _TRIED, mapped)


def _spread(shape: Mesh, folder: Path) -> float:
    """The root of the surface's area over that of its texture places; the thing's size where it has none."""
    mesh = seen_mesh(shape, folder)
    if mesh.uvs is None:
        return max(shape.scale)
    a, b = (mesh.vertices[mesh.faces[:, k]] - mesh.vertices[mesh.faces[:, 0]] for k in (1, 2))
    area = float(np.linalg.norm(np.cross(a, b), axis=1).sum()) / 2
    u, v = mesh.uvs[:, 1] - mesh.uvs[:, 0], mesh.uvs[:, 2] - mesh.uvs[:, 0]
    laid = float(np.abs(u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]).sum()) / 2
    return float(np.sqrt(area / laid)) if laid > 1e-6 else max(shape.scale)
