"""Latents in files that are mapped into memory: any length, and what a killed run had finished is there."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray
from torch import Tensor

from cleanplate.errors import InputError
from cleanplate.files import atomic, disk_errors, reserve, write_text

Shape = tuple[int, int, int, int]
"""Frames, channels, rows, columns."""
Latents = NDArray[np.float32]
"""F x C x H x W, float32."""

_STATE, _NAMES = "state.json", ("even.npy", "odd.npy")


def size_on_disk(shape: Shape) -> int:
    """Bytes of a file of latents."""
    return int(np.prod(shape)) * 4 + 128


def room(shape: Shape) -> int:
    """Bytes on disk of a span's latents: on their way, and mask and plate."""
    frames, channels, rows, columns = shape
    return len(_NAMES) * size_on_disk(shape) + size_on_disk((frames, 2 * channels, rows, columns))


def stored(frames: Iterable[Tensor], shape: Shape, path: Path) -> Latents:
    """A file of latents, written frame by frame (C x H x W) and whole or not at all; mapped for reading.

    Raises:
        ResourceError: the disk is full.
        ValueError: other frames than the shape says.
    """
    with disk_errors(path), atomic(path) as partial:
        made = _created(partial, shape)
        for place, frame in zip(range(shape[0]), frames, strict=True):
            if tuple(frame.shape) != shape[1:]:
                raise ValueError(f"latents of {tuple(frame.shape)} where {shape[1:]} are asked for")
            made[place] = frame.float().cpu().numpy()
        made.flush()
    return mapped(path)


def mapped(path: Path) -> Latents:
    """A stored file's latents, read as they are needed."""
    latents: Latents = np.load(path, mmap_mode="c")  # nothing is written; torch would warn of what it may not write to
    return latents


class Course:
    """Latents on their way from noise to video: what the last whole step has left, and what the next one makes of it.

    Two files in turn; a small third one says how many steps are whole.

    Attributes:
        done: whole steps.
    """

    def __init__(self, folder: Path, shape: Shape, key: str, done: int) -> None:
        self._folder, self._shape, self._key, self.done = folder, shape, key, done
        self._files: list[Latents] = [np.load(folder / name, mmap_mode="r+") for name in _NAMES]

    @classmethod
    def begun(cls, folder: Path, noise: Iterable[Tensor], shape: Shape, key: str) -> Self:
        """Where a run with the same key was killed, or from the noise (frames of C x H x W).

        Args:
            key: of everything that the result depends on, the noise among it.
        Raises:
            ResourceError: the disk is full.
        """
        with disk_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
            done = _done(folder, shape, key)
            if done is None:
                (folder / _STATE).unlink(missing_ok=True)
                stored(noise, shape, folder / _NAMES[0])
                _created(folder / _NAMES[1], shape).flush()
                done = 0
                _note(folder, shape, key, done)
        return cls(folder, shape, key, done)

    @property
    def now(self) -> Latents:
        """What the last step has left."""
        return self._files[self.done % 2]

    @property
    def following(self) -> Latents:
        """Where the next step writes."""
        return self._files[1 - self.done % 2]

    def advance(self) -> None:
        """The next step is whole."""
        following: Any = self.following
        with disk_errors(self._folder):
            following.flush()
            _note(self._folder, self._shape, self._key, self.done + 1)
        self.done += 1


def _created(path: Path, shape: Shape) -> Any:
    made = open_memmap(path, mode="w+", dtype=np.float32, shape=shape)
    reserve(path, path.stat().st_size)
    return made


def _done(folder: Path, shape: Shape, key: str) -> int | None:
    """Whole steps of the run that this folder holds; None where it is another, or none."""
    try:
        state = json.loads((folder / _STATE).read_bytes())
        known = state["key"] == key and state["shape"] == list(shape)
        return int(state["done"]) if known and all((folder / name).is_file() for name in _NAMES) else None
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise InputError("no record of a run", where=str(folder / _STATE), remedy="Delete the folder.") from error


def _note(folder: Path, shape: Shape, key: str, done: int) -> None:
    write_text(folder / _STATE, json.dumps({"key": key, "shape": shape, "done": done}))
