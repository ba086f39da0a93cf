"""`QuadMask`: four labels per pixel and frame, on disk, lossless, on the plate's coded grid.

The file is FFV1 gray in Matroska, so any player shows it and every label comes back exactly. Beside it lies a small
index (`<file>.index.json`) with each frame's label counts and the box of what is not keep; it is rebuilt from the file
when it is missing or belongs to another file.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from cleanplate import files
from cleanplate.errors import CleanplateError, InputError
from cleanplate.masks.labels import (
    AFFECTED,
    KEEP,
    LABELS,
    OVERLAP,
    REMOVE,
    Labels,
    changed,
    is_exact,
    label_counts,
)
from cleanplate.masks.track import MaskBox, mask_box
from cleanplate.media.ffv1 import Ffv1Writer, read_ffv1
from cleanplate.media.frame import ColourTags, Family, PixelFormat

__all__ = ["AFFECTED", "KEEP", "OVERLAP", "REMOVE", "FrameSummary", "Labels", "QuadMask", "QuadMaskWriter"]

GRAY8 = PixelFormat("gray", Family.GRAY, 8)
_FULL = ColourTags(range="full")
_VERSION = 1


@dataclass(frozen=True)
class FrameSummary:
    """What one frame of a quadmask holds.

    Attributes:
        counts: number of samples per label, in the order of `labels.LABELS`.
        box: (y0, x0, y1, x1) around everything that is not keep, ends exclusive; None where all is keep.
    """

    counts: tuple[int, int, int, int]
    box: MaskBox | None

    @classmethod
    def of(cls, labels: Labels) -> Self:
        return cls(label_counts(labels), mask_box(changed(labels)))


class QuadMask:
    """Reads a quadmask, one frame in memory at a time.

    Attributes:
        height, width: the coded size.
        summaries: one `FrameSummary` a frame.
    """

    def __init__(self, path: Path, height: int, width: int, summaries: tuple[FrameSummary, ...]) -> None:
        self.path, self.height, self.width, self.summaries = path, height, width, summaries
        self._reader: Generator[Labels, None, None] | None = None
        self._next, self._held = -1, -1
        self._labels: Labels | None = None

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a file that `QuadMaskWriter` wrote; `codec.read_mask_file` reads everybody else's.

        Raises InputError when it is no lossless quadmask.
        """
        try:
            known = _read_index(path)
            if known is None:
                known = _scan(path)
            height, width = _size(path)
        except CleanplateError:
            raise
        except (OSError, ValueError, StopIteration) as error:
            raise InputError("not a quadmask that cleanplate wrote", where=str(path), remedy=_REMEDY) from error
        return cls(path, height, width, known)

    def __len__(self) -> int:
        return len(self.summaries)

    def at(self, index: int) -> Labels:
        """H x W uint8 labels of one frame; cheapest when frames are asked for in order. Read-only."""
        if not 0 <= index < len(self):
            raise IndexError(f"frame {index} of a quadmask of {len(self)}")
        if index != self._held or self._labels is None:
            if index != self._next or self._reader is None:
                self.close()
                self._reader = _labels_from(self.path, index)
            self._labels = next(self._reader)
            self._labels.flags.writeable = False
            self._held, self._next = index, index + 1
        return self._labels

    def __iter__(self) -> Iterator[Labels]:
        return _labels_from(self.path, 0)

    def close(self) -> None:
        """Let go of the file; the mask may still be read, which opens it again."""
        if self._reader is not None:
            self._reader.close()
        self._reader, self._next = None, -1

    def box_of_change(self, index: int) -> MaskBox | None:
        """(y0, x0, y1, x1) around what is not keep on one frame; None where all is keep."""
        return self.summaries[index].box

    @property
    def changed_frames(self) -> list[int]:
        """The frames on which anything may change, in order."""
        return [n for n, summary in enumerate(self.summaries) if summary.box is not None]

    @property
    def fractions(self) -> NDArray[np.float64]:
        """frames x 4: the share of each frame that bears each of `labels.LABELS`; rows add up to 1."""
        counts = np.asarray([summary.counts for summary in self.summaries], dtype=np.float64)
        return counts / (self.height * self.width)

    def fraction(self, *labels: int) -> float:
        """The share of the whole clip that bears any of the labels."""
        columns = [LABELS.index(label) for label in labels]
        return float(self.fractions[:, columns].sum(axis=1).mean())


class QuadMaskWriter:
    """Writes a quadmask frame by frame; the file takes its name only when the block ends without an error.

    Args:
        rate, time_base: of the plate.
        pts: the plate's presentation times in `time_base`; without them frames follow each other at `rate`.

    Attributes:
        summaries: of the frames written so far.
    """

    def __init__(
        self,
        path: Path,
        *,
        height: int,
        width: int,
        rate: Fraction,
        time_base: Fraction | None = None,
        pts: Sequence[int] | NDArray[np.int64] | None = None,
    ) -> None:
        base = time_base or 1 / rate
        self._path, self._size, self._pts = path, (height, width), pts
        self._step = Fraction(1, 1) / (rate * base)
        self.summaries: list[FrameSummary] = []
        self._before: Labels | None = None
        self._writer = Ffv1Writer(path, GRAY8, height, width, colour=_FULL, time_base=base, rate=rate)

    def write(self, labels: Labels) -> None:
        """Append one frame: H x W uint8, labels only. Raises ValueError otherwise."""
        counts = label_counts(labels) if labels.dtype == np.uint8 else (0, 0, 0, 0)
        if labels.shape != self._size or sum(counts) != labels.size:
            raise ValueError(f"a quadmask frame is {self._size} uint8 labels, this is {labels.shape} {labels.dtype}")
        index = len(self.summaries)
        time = round(index * self._step) if self._pts is None else int(self._pts[index])
        if self._before is not None and np.array_equal(labels, self._before):  # most frames of a long clip
            self._writer.write_again(time)
            self.summaries.append(self.summaries[-1])
        else:
            self._writer.write((labels,), time)
            self.summaries.append(FrameSummary(counts, mask_box(changed(labels))))
            self._before = labels.copy()

    def __enter__(self) -> Self:
        self._writer.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._writer.__exit__(kind, error, tb)
        if kind is None:
            _write_index(self._path, self._size, self.summaries)


_REMEDY = "Give it as --mask, which reads quadmasks of every origin."


def index_path(path: Path) -> Path:
    """Where the index of a quadmask lies."""
    return path.with_name(path.name + ".index.json")


def _labels_from(path: Path, start: int) -> Generator[Labels, None, None]:
    for _, planes in read_ffv1(path, start):
        labels = planes[0]
        if len(planes) != 1 or not is_exact(labels):
            raise InputError("the file holds levels that are no labels", where=str(path), remedy=_REMEDY)
        yield labels


def _size(path: Path) -> tuple[int, int]:
    first = next(islice(_labels_from(path, 0), 1))
    return int(first.shape[0]), int(first.shape[1])


def _scan(path: Path) -> tuple[FrameSummary, ...]:
    return tuple(FrameSummary.of(labels) for labels in _labels_from(path, 0))


def _write_index(path: Path, size: tuple[int, int], summaries: Sequence[FrameSummary]) -> None:
    document = {
        "version": _VERSION,
        "sha256": files.sha256(path),
        "size": size,
        "labels": LABELS,
        "frames": [{"counts": s.counts, "box": s.box} for s in summaries],
    }
    files.write_text(index_path(path), json.dumps(document))


def _read_index(path: Path) -> tuple[FrameSummary, ...] | None:
    """The stored summaries, or None when there are none for this very file."""
    try:
        document = json.loads(index_path(path).read_bytes())
        if document["version"] != _VERSION or document["sha256"] != files.sha256(path):
            return None
        return tuple(_summary(frame) for frame in document["frames"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def _summary(frame: dict[str, list[int] | None]) -> FrameSummary:
    counts, box = frame["counts"], frame["box"]
    if counts is None or len(counts) != len(LABELS):
        raise ValueError("counts")
    a, b, c, d = counts
    return FrameSummary((a, b, c, d), (box[0], box[1], box[2], box[3]) if box else None)
