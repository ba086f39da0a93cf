"""Video edits as layers over an untouched plate."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cleanplate.edit.package import ShotPackage
    from cleanplate.masks.quadmask import QuadMask
    from cleanplate.media.clip import Clip
    from cleanplate.pipeline.add import add, replace_background
    from cleanplate.pipeline.remove import remove

__all__ = ["Clip", "QuadMask", "ShotPackage", "__version__", "add", "remove", "replace_background"]

__version__ = "0.1.0"

# Loaded at first use, so that importing the package costs next to nothing.
_PUBLIC = {
    "Clip": "cleanplate.media.clip",
    "QuadMask": "cleanplate.masks.quadmask",
    "ShotPackage": "cleanplate.edit.package",
    "add": "cleanplate.pipeline.add",
    "remove": "cleanplate.pipeline.remove",
    "replace_background": "cleanplate.pipeline.add",
}


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_PUBLIC[name]), name)
