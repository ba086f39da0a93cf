"""The option ``--assets`` of the commands that make samples."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cleanplate.cli.console import Screen

if TYPE_CHECKING:
    from cleanplate.worlds.assets import Library
    from cleanplate.worlds.families.owned import Furnishings

Assets = Annotated[
    Path | None,
    typer.Option("--assets", help="Folder of your own meshes, textures and skies; half of each kind comes from there."),
]


def furnishings_of(folder: Path | None, screen: Screen) -> Furnishings | None:
    """What a folder has for scenes, every mesh tried; None without a folder. Raises InputError for what is broken."""
    from cleanplate.worlds.assets import scan
    from cleanplate.worlds.families.owned import furnished

    return furnished(scan(folder), screen.progress()) if folder else None


def pictures_of(folder: Path | None) -> Library | None:
    """A folder's textures and skies, each opened once; None without a folder. Raises InputError for a broken one."""
    from cleanplate.worlds.assets import scan
    from cleanplate.worlds.picture_files import require_picture

    library = scan(folder) if folder else None
    if library:
        for name in (*library.training.textures, *library.training.skies):
            require_picture(name, library.folder)
    return library


def told_of(furnishings: Furnishings | None) -> tuple[dict[str, object], list[tuple[str, str]]]:
    """For machines and for people: which meshes were left out."""
    if furnishings is None:
        return {}, []
    fallen = furnishings.fallen
    lines = [(f"{len(fallen)} meshes fall over and are not used: {', '.join(fallen)}", "")] if fallen else []
    return {"fallen": list(fallen)}, lines
