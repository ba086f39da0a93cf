"""A track: the boolean mask of one object over time, on the plate's coded grid.

A track lies on disk as one zip file: `track.json` (name, size, confidence and box per frame) and one member per frame
on which the object shows, holding the bits inside its box. So memory does not grow with the clip, and any frame is read
at once.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from cleanplate.errors import InputError

Mask = NDArray[np.bool_]
"""H x W boolean array."""
MaskBox = tuple[int, int, int, int]
"""(y0, x0, y1, x1), ends exclusive."""

LOST_BELOW = 0.5
"""Confidence under which a frame is reported as lost."""
_VERSION = 1
_INDEX = "track.json"


def mask_box(mask: Mask) -> MaskBox | None:
    """The smallest box that holds every true pixel, or None when there is none."""
    rows = np.flatnonzero(mask.any(axis=1))
    if rows.size == 0:
        return None
    columns = np.flatnonzero(mask.any(axis=0))
    return int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1


class TrackWriter:
    """Writes a track frame by frame; the file appears only when the writer closes without an error."""

    def __init__(self, path: Path, *, name: str, length: int, height: int, width: int) -> None:
        self._path, self._partial = path, path.with_name(path.name + ".partial")
        self._zip = zipfile.ZipFile(self._partial, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        self._name, self._length, self._size = name, length, (height, width)
        self._boxes: dict[int, MaskBox] = {}
        self._confidence = np.ones(length, dtype=np.float32)

    def write(self, index: int, mask: Mask, confidence: float = 1.0) -> None:
        """Store one frame's mask (H x W bool) and how sure the segmenter is of it (0..1). Any order, once a frame."""
        if mask.shape != self._size:
            raise ValueError(f"mask is {mask.shape}, track is {self._size}")
        if not 0 <= index < self._length or index in self._boxes:
            raise ValueError(f"frame {index} is outside the track or already written")
        self._confidence[index] = confidence
        box = mask_box(mask)
        if box is None:
            return
        self._boxes[index] = box
        y0, x0, y1, x1 = box
        member = zipfile.ZipInfo(_member(index), date_time=(1980, 1, 1, 0, 0, 0))
        member.compress_type = zipfile.ZIP_DEFLATED
        self._zip.writestr(member, np.packbits(mask[y0:y1, x0:x1]).tobytes())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if kind is None:
            index = {
                "version": _VERSION,
                "name": self._name,
                "length": self._length,
                "size": self._size,
                "boxes": {str(n): box for n, box in sorted(self._boxes.items())},
                "confidence": [round(float(c), 4) for c in self._confidence],
            }
            self._zip.writestr(zipfile.ZipInfo(_INDEX, date_time=(1980, 1, 1, 0, 0, 0)), json.dumps(index))
        self._zip.close()
        if kind is None:
            self._partial.replace(self._path)
        else:
            self._partial.unlink(missing_ok=True)


class Track:
    """Reads a track.

    Attributes:
        name: the object's name.
        confidence: float32 array, one value a frame.
        frames: the frames on which the object shows, in order.
    """

    def __init__(self, path: Path) -> None:
        """Open `path`. Raises InputError when it is not a track."""
        self.path = path
        try:
            self._zip = zipfile.ZipFile(path)
            index = json.loads(self._zip.read(_INDEX))
            if index["version"] != _VERSION:
                raise InputError(
                    f"track of version {index['version']}, this cleanplate reads {_VERSION}", where=str(path)
                )
            self.name: str = index["name"]
            self.height, self.width = (int(v) for v in index["size"])
            self.confidence = np.asarray(index["confidence"], dtype=np.float32)
            self._boxes: dict[int, MaskBox] = {int(n): tuple(b) for n, b in index["boxes"].items()}
        except (OSError, zipfile.BadZipFile, KeyError, ValueError, TypeError) as error:
            raise InputError("not a track file", where=str(path), remedy="Select the object again.") from error
        self.frames = sorted(self._boxes)

    def __len__(self) -> int:
        return len(self.confidence)

    def box(self, index: int) -> MaskBox | None:
        """Bounding box of the object on one frame, or None where it does not show."""
        return self._boxes.get(index)

    def mask(self, index: int) -> Mask:
        """H x W bool; all False where the object does not show."""
        mask = np.zeros((self.height, self.width), dtype=np.bool_)
        box = self._boxes.get(index)
        if box is not None:
            y0, x0, y1, x1 = box
            shape = (y1 - y0, x1 - x0)
            bits = np.frombuffer(self._zip.read(_member(index)), dtype=np.uint8)
            mask[y0:y1, x0:x1] = np.unpackbits(bits, count=shape[0] * shape[1]).reshape(shape).astype(np.bool_)
        return mask

    def __iter__(self) -> Iterator[Mask]:
        return (self.mask(n) for n in range(len(self)))

    @property
    def lost(self) -> list[int]:
        """Frames on which the segmenter is not sure of the object."""
        return [int(n) for n in np.flatnonzero(self.confidence < LOST_BELOW)]

    def close(self) -> None:
        self._zip.close()


def _member(index: int) -> str:
    return f"{index:08d}.bits"
