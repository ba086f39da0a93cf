"""Files in a folder of the user's: found without leaving it, and told apart by what is in them."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from cleanplate.errors import InputError


class Stamp(NamedTuple):
    """A file as it stands now: what was made of it can be kept until it changes."""

    path: Path
    size: int
    changed: int


def located(name: str, assets: Path) -> Path:
    """The file of that path in the folder of assets.

    Raises:
        InputError: it is missing, or lies elsewhere, links followed.
    """
    path = assets / name
    if not path.resolve().is_relative_to(assets.resolve()):
        raise InputError(
            "the asset lies outside the folder of assets", where=str(path), remedy="Copy it there instead of linking."
        )
    if not path.is_file():
        raise InputError("the asset is missing", where=str(path), remedy="Put the file there, or make other scenes.")
    return path


def stamped(path: Path) -> Stamp:
    """The file as it stands."""
    told = path.stat()
    return Stamp(path, told.st_size, told.st_mtime_ns)


def content_of(name: str, assets: Path) -> str:
    """SHA-256 of a file in the folder. Raises InputError as `located` does."""
    return _digest(stamped(located(name, assets)))


@lru_cache(maxsize=4096)
def _digest(file: Stamp) -> str:
    with file.path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
