"""Latents in files that are mapped into memory: any length, and what a killed run had finished is there.

Read without torch.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from cleanplate.errors import InputError
from cleanplate.files import atomic, disk_errors, reserve, write_text

if TYPE_CHECKING:
    from torch import Tensor

Shape = tuple[int, int, int, int]
"""Frames, channels, rows, columns."""
Latents = NDArray[np.float32]
"""F x C x H x W, float32."""

_STATE, _STEM = "state.json", "latents"


def size_on_disk(shape: Shape) -> int:
    """Bytes of a file of latents."""
    return int(np.prod(shape)) * 4 + 128


def room(shape: Shape, every: int = 1) -> int:
    """Bytes on disk of a span's latents: on their way (see `Course`), and mask and plate."""
    frames, channels, rows, columns = shape
    return _files(every) * size_on_disk(shape) + size_on_disk((frames, 2 * channels, rows, columns))


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

    Files in turn; a small one says how many steps are whole, and where they are. Steps from which a killed run could
    not go on, since more than latents outlives them, are not noted; then a third file keeps what the last noted one has
    left.

    Attributes:
        done: whole steps.
    """

    def __init__(self, folder: Path, run: _Run, done: int, at: int) -> None:
        self._folder, self._run, self.done = folder, run, done
        self._at = self._noted = at
        self._files: list[Latents] = [np.load(path, mmap_mode="r+") for path in _paths(folder, run.every)]

    @classmethod
    def begun(cls, folder: Path, noise: Iterable[Tensor], shape: Shape, key: str, every: int = 1) -> Self:
        """Where a run with the same key was killed, or from the noise (frames of C x H x W).

        Args:
            key: of everything that the result depends on, the noise among it.
            every: a killed run goes on from a step that this divides.
        Raises:
            ResourceError: the disk is full.
        """
        run = _Run(shape, key, every)
        with disk_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
            found = _found(folder, run)
            if found is None:
                (folder / _STATE).unlink(missing_ok=True)
                first, *others = _paths(folder, every)
                stored(noise, shape, first)
                for path in others:
                    _created(path, shape).flush()
                found = 0, 0
                _note(folder, run, *found)
        return cls(folder, run, *found)

    @property
    def now(self) -> Latents:
        """What the last step has left."""
        return self._files[self._at]

    @property
    def following(self) -> Latents:
        """Where the next step writes."""
        return self._files[self._free()]

    def advance(self, *, last: bool = False) -> None:
        """The next step is whole; the last one is always noted."""
        following: Any = self.following
        with disk_errors(self._folder):
            following.flush()
            self._at, self.done = self._free(), self.done + 1
            if last or self.done % self._run.every == 0:
                _note(self._folder, self._run, self.done, self._at)
                self._noted = self._at

    def _free(self) -> int:
        return next(place for place in range(len(self._files)) if place not in (self._at, self._noted))


@dataclass(frozen=True)
class _Run:
    shape: Shape
    key: str
    every: int


def _files(every: int) -> int:
    return 2 if every == 1 else 3


def _paths(folder: Path, every: int) -> list[Path]:
    return [folder / f"{_STEM}-{number}.npy" for number in range(_files(every))]


def _created(path: Path, shape: Shape) -> Any:
    made = open_memmap(path, mode="w+", dtype=np.float32, shape=shape)
    reserve(path, path.stat().st_size)
    return made


def _found(folder: Path, run: _Run) -> tuple[int, int] | None:
    """Whole steps of the run that this folder holds, and in which file they are; None where it is another, or none."""
    try:
        state = json.loads((folder / _STATE).read_bytes())
        same = (state["key"], tuple(state["shape"]), state["every"]) == (run.key, run.shape, run.every)
        there = all(path.is_file() for path in _paths(folder, run.every))
        return (int(state["done"]), int(state["at"])) if same and there else None
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise InputError("no record of a run", where=str(folder / _STATE), remedy="Delete the folder.") from error


def _note(folder: Path, run: _Run, done: int, at: int) -> None:
    write_text(folder / _STATE, json.dumps({**asdict(run), "done": done, "at": at}))
