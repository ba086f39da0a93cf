"""Renderers: pictures, masks and depth of a simulated scene."""

from __future__ import annotations

from pathlib import Path

from cleanplate.errors import UsageError
from cleanplate.worlds.protocols import Renderer

RENDERERS = ("tiny", "blender")


def renderer_named(name: str, assets: Path | None = None) -> Renderer:
    """A renderer by its name, with its defaults; `assets` is the folder of the scenes' own meshes and pictures.

    Raises:
        UsageError: there is none of that name.
        ResourceError: it is not set up.
    """
    if name == "tiny":
        from cleanplate.worlds.render.tiny import Tiny

        return Tiny(assets=assets)
    if name == "blender":
        from cleanplate.worlds.render.blender import Blender, interpreter

        interpreter()
        return Blender(assets=assets)
    raise UsageError(f"no renderer is called '{name}'", remedy=f"There are {' and '.join(RENDERERS)}.")
