"""Scenes bound to the content of the user's files: another file makes another scene."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cleanplate.errors import InputError
from cleanplate.worlds.asset_files import content_of
from cleanplate.worlds.assets import maps_beside
from cleanplate.worlds.inertia import parts
from cleanplate.worlds.mesh_files import seen_mesh, solid_of
from cleanplate.worlds.picture_files import require_picture
from cleanplate.worlds.scene import AssetFile, Body, Mesh, Scene
from cleanplate.worlds.textures import is_file


def pinned(scene: Scene, assets: Path) -> Scene:
    """The scene with the files that it is made of, each opened once.

    Raises:
        InputError: a file is missing, broken or outside the folder.
    """
    files = {name for body in scene.bodies for name in _of_body(body, assets)}
    if is_file(scene.backdrop):
        require_picture(scene.backdrop.name, assets)
        files.add(scene.backdrop.name)
    named = tuple(AssetFile(path=name, sha256=content_of(name, assets)) for name in sorted(files))
    return scene.model_copy(update={"assets": named})


def require_same(scene: Scene, assets: Path | None) -> None:
    """Raises InputError where a file of the scene is missing, or is not what it was when the scene was made."""
    for file in scene.assets:
        if assets is None:
            raise InputError(f"the scene needs the asset '{file.path}'", remedy="Name its folder with --assets.")
        if content_of(file.path, assets) != file.sha256:
            raise InputError(
                "the asset is not the one that the scene was made with",
                where=str(assets / file.path),
                remedy="Put the old one back, or make the scenes again.",
            )


def _of_body(body: Body, assets: Path) -> Iterator[str]:
    for part in parts(body):
        if isinstance(part.shape, Mesh) and part.shape.up:
            seen_mesh(part.shape, assets)
            yield part.shape.asset
            if solid := solid_of(part.shape.asset, assets):
                yield solid
        material = part.material or body.material
        if material.texture and is_file(material.texture):
            for name in (material.texture.name, *maps_beside(material.texture.name, assets).values()):
                require_picture(name, assets)
                yield name
