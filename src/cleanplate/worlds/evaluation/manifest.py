"""What a set consists of, and what every sample's pictures hash to: the list that ships with the package."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from cleanplate.errors import InputError, UsageError

NAMES = ("worlds-removal-75", "worlds-layered-141")


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Entry(_Frozen):
    """One sample.

    Attributes:
        key: its name in the set.
        kind: the family of a removal, the tier of a layered clip.
        task: what is done to it.
        strata: by what figures are told apart, such as ``{"motion": "fast"}``.
        scene: SHA-256 of what it is made from, equal on every machine.
        content: SHA-256 of its pictures; another machine's arithmetic may end in other last bits.
    """

    key: str
    kind: str
    task: Literal["remove", "obj-add", "bg-change"]
    seed: int
    strata: dict[str, str]
    scene: str
    content: str = ""


class Manifest(_Frozen):
    """A set. `version` goes up whenever a sample changes; figures of two versions are not comparable."""

    name: str
    version: int = 1
    height: int = 128
    width: int = 224
    frames: int = 24
    renderer: str = "tiny"
    samples: tuple[Entry, ...]


def shipped(name: str) -> Manifest:
    """The list of one of `NAMES`. Raises UsageError for another name."""
    if name not in NAMES:
        raise UsageError(f"no evaluation set is called '{name}'", remedy=f"There are {' and '.join(NAMES)}.")
    file = resources.files("cleanplate.worlds.evaluation") / f"{name}.json"
    return Manifest.model_validate_json(file.read_bytes())


def read(path: Path) -> Manifest:
    """A manifest on disk. Raises InputError."""
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise InputError("this is no list of an evaluation set", where=str(path)) from error


def content_of(frames: Iterable[Iterable[NDArray[Any] | None]]) -> str:
    """SHA-256 of all pictures in order, with their shapes and types."""
    digest = hashlib.sha256()
    for frame in frames:
        for picture in frame:
            if picture is not None:
                digest.update(f"{picture.dtype.str}{picture.shape}".encode())
                digest.update(picture.tobytes())
    return digest.hexdigest()
