"""A folder of the user's own assets: meshes, textures of materials, and skies, told by their names and layouts.

What lies under ``held-out/`` is for scenes held out from training, and for nothing else.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Literal

from cleanplate.errors import InputError
from cleanplate.worlds.asset_files import located
from cleanplate.worlds.asset_names import map_of, noun_of
from cleanplate.worlds.mesh_files import DRAWN, SOLID
from cleanplate.worlds.picture_files import PICTURES, SKIES, picture_size

HELD_OUT = "held-out"
Up = Literal["y", "z"]
"""The axis of a file that points up."""
_SKY_FOLDERS = frozenset(("hdri", "hdris", "skies"))
_ROUND = (1.9, 2.1)
"""Width over height of a picture of all directions."""


@dataclass(frozen=True)
class MeshAsset:
    """A thing.

    Attributes:
        name: path of its OBJ file in the folder.
        noun: for people.
        up: the axis of the file that points up.
        texture: path of its picture; empty without one.
        mass, friction: kilograms at the file's own size, and the coefficient, where it says so.
    """

    name: str
    noun: str
    up: Up
    texture: str = ""
    mass: float | None = None
    friction: float | None = None


@dataclass(frozen=True)
class Shelf:
    """Assets in order of their paths.

    Attributes:
        textures: pictures of colour; their other maps lie beside them (`maps_beside`).
        skies: pictures of all directions.
    """

    meshes: tuple[MeshAsset, ...] = ()
    textures: tuple[str, ...] = ()
    skies: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.meshes) + len(self.textures) + len(self.skies)


@dataclass(frozen=True)
class Library:
    """What a folder has, for training and for what is held out from it."""

    folder: Path
    training: Shelf = field(default_factory=Shelf)
    held_out: Shelf = field(default_factory=Shelf)


def scan(folder: Path) -> Library:
    """The usable assets of a folder, by their names and the headers of pictures alone.

    Raises:
        InputError: there is no such folder, or nothing usable in it; a link leads out of it; a picture is broken or
            too large.
    """
    if not folder.is_dir():
        raise InputError("there is no folder of assets", where=str(folder), remedy="Name one with --assets.")
    names = sorted(_names(folder))
    apart = [name for name in names if PurePosixPath(name).parts[0] == HELD_OUT]
    known = set(apart)
    library = Library(folder, _shelf([name for name in names if name not in known], folder), _shelf(apart, folder))
    if not len(library.training) + len(library.held_out):
        raise InputError(
            "no asset is in the folder",
            where=str(folder),
            remedy="Put in OBJ meshes, pictures named ..._diff or ..._col (or in textures/), or .hdr skies.",
        )
    return library


def maps_beside(texture: str, assets: Path) -> dict[str, str]:
    """Paths of the other maps of a texture's material: ``roughness``, ``normal``, ``metallic``, if there."""
    place = PurePosixPath(texture)
    own = map_of(place.name)
    if own is None:
        return {}
    found = {}
    for file in sorted((assets / texture).parent.iterdir()):
        told = map_of(file.name)
        if told and told[0] == own[0] and told[1] not in {"", "colour"} and file.suffix.lower() in {*PICTURES, *SKIES}:
            found[told[1]] = (place.parent / file.name).as_posix()
    return found


def _names(folder: Path) -> Iterator[str]:
    """Paths of all files, hidden ones left out. Links may lead to files within the folder alone."""
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in (*folders, *files):
            path = Path(place, name)
            if name.startswith(".") or not (path.is_symlink() or path.is_file()):
                continue
            relative = path.relative_to(folder).as_posix()
            if path.is_symlink() and path.is_dir() and path.resolve().is_relative_to(folder.resolve()):
                continue
            located(relative, folder)
            yield relative


def _shelf(names: Collection[str], folder: Path) -> Shelf:
    known = set(names)
    meshes = tuple(mesh for name in names if (mesh := _mesh(name, known, folder)))
    worn = {mesh.texture for mesh in meshes} | {name for name in names if _is_worn(PurePosixPath(name), known)}
    pictures = [name for name in names if name not in worn and _suffix(name) in {*PICTURES, *SKIES}]
    textures = tuple(name for name in pictures if _is_texture(name))
    for name in textures:
        picture_size(folder / name)
    return Shelf(meshes, textures, tuple(name for name in pictures if _is_sky(name, folder)))


def _mesh(name: str, known: Collection[str], folder: Path) -> MeshAsset | None:
    """By its layout: Google Scanned Objects', Kubric's, or a plain file, whose y axis is up as tools write it."""
    path = PurePosixPath(name)
    if path.suffix.lower() != ".obj" or (path.name == SOLID and path.with_name(DRAWN).as_posix() in known):
        return None
    up: Up = "z"
    if path.name == "model.obj" and path.parent.name == "meshes":
        home = path.parent.parent
        beside = [home / "materials/textures/texture.png", home / "texture.png", path.with_name("texture.png")]
    elif path.name == DRAWN:
        home, beside = path.parent, [path.with_name("texture.png")]
    else:
        home, up, beside = path.with_suffix(""), "y", [path.with_suffix(suffix) for suffix in PICTURES]
    candidates = [*(place.as_posix() for place in beside), _named_picture(path, folder)]
    texture = next((place for place in candidates if place in known), "")
    if texture:
        picture_size(folder / texture)
    return MeshAsset(name, noun_of(home.name), up, texture, **_weighed(home / "data.json", known, folder))


def _named_picture(path: PurePosixPath, folder: Path) -> str:
    """The first picture that the mesh's material file names; empty where there is none."""
    material = path.with_suffix(".mtl")
    if not (folder / material).is_file():
        return ""
    text = (folder / material).read_text(encoding="utf-8", errors="replace")
    found = re.search(r"^\s*map_Kd\s+(?:.*[\s])?(\S+)\s*$", text, re.MULTILINE)
    return (path.parent / found[1].replace("\\", "/")).as_posix() if found else ""


def _weighed(place: PurePosixPath, known: Collection[str], folder: Path) -> Mapping[str, float]:
    """Mass and friction of Kubric's ``data.json``. Raises InputError where it is none."""
    if place.as_posix() not in known:
        return {}
    try:
        document = json.loads((folder / place).read_text(encoding="utf-8"))
        told = document.get("kwargs", document)
        found = {name: float(told[name]) for name in ("mass", "friction") if told.get(name) is not None}
    except (ValueError, AttributeError, TypeError) as error:
        raise InputError(
            f"this is no description of a thing ({error})", where=str(folder / place), remedy="Get it again."
        ) from None
    return {name: value for name, value in found.items() if 0 < value < 1e6}


def _is_worn(path: PurePosixPath, known: Collection[str]) -> bool:
    """Whether a picture belongs to a thing in one of the known layouts."""
    homes = [path.parent, *path.parents[1:4]]
    return any((home / "meshes/model.obj").as_posix() in known or (home / DRAWN).as_posix() in known for home in homes)


def _is_texture(name: str) -> bool:
    path, told = PurePosixPath(name), map_of(PurePosixPath(name).name)
    if _suffix(name) in SKIES or _in_sky_folder(path):
        return False
    return told[1] == "colour" if told else "textures" in (part.lower() for part in path.parts[:-1])


def _is_sky(name: str, folder: Path) -> bool:
    path = PurePosixPath(name)
    if _suffix(name) not in SKIES and not _in_sky_folder(path):
        return False
    if map_of(path.name):
        return False
    height, width = picture_size(folder / name)
    return _ROUND[0] <= width / height <= _ROUND[1]


def _in_sky_folder(path: PurePosixPath) -> bool:
    return any(part.lower() in _SKY_FOLDERS for part in path.parts[:-1])


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()
