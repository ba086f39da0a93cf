"""`Layer`: straight colour plus a matte on the plate's own frame grid, on disk, sparse in time and space.

A folder holds `layer.mkv` (or one EXR file a frame, for float plates) and `matte.mkv`, with the frames that carry
content and no others; `layer.json` says which frames of the plate those are. While it is being written it consists of
segments, each whole or absent, so that a killed run goes on behind the last whole one and ends with the same bytes.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from cleanplate.edit.layer_files import LayerFilesReader, LayerFilesWriter, join_videos
from cleanplate.edit.layer_format import layer_format, layer_scale
from cleanplate.edit.layer_index import COLOUR, INDEX, MATTE, LayerIndex, StoredFrame, read_index
from cleanplate.edit.merge import merged
from cleanplate.edit.patch import Patch
from cleanplate.errors import CleanplateError, PackageError
from cleanplate.files import disk_errors, write_text
from cleanplate.media.probe import ClipInfo

__all__ = ["SEGMENT_SECONDS", "Layer", "LayerWriter", "layer_format", "layer_scale"]

SEGMENT_SECONDS = 10
_SEGMENTS = "segments"


class Layer:
    """Reads a stored layer, one frame in memory at a time.

    Attributes:
        folder: where it lies.
        frames: numbers of the plate's frames that carry content, in order.
    """

    def __init__(self, folder: Path, index: LayerIndex) -> None:
        self.folder, self.index = folder, index
        self.frames = [stored.frame for stored in index.frames]
        self._places = {number: place for place, number in enumerate(self.frames)}
        self._reader: LayerFilesReader | None = None
        self._ahead: Iterator[Patch] = iter(())
        self._next = -1

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open the layer in `folder`. Raises PackageError when it is not whole."""
        return cls(folder, read_index(folder / INDEX))

    def require_fit(self, info: ClipInfo) -> None:
        """Raise PackageError when the layer was made for a plate of another size, format or length."""
        index = self.index
        mine, theirs = (index.height, index.width, index.plate_format), (info.height, info.width, info.format.name)
        if mine != theirs or (self.frames and self.frames[-1] >= len(info)):
            raise PackageError("the layer belongs to another plate", where=str(self.folder))

    def __len__(self) -> int:
        return len(self.frames)

    def box(self, frame: int) -> tuple[int, int, int, int] | None:
        """(y0, x0, y1, x1) around all alpha of a plate frame that is not 0; None where the layer is empty."""
        place = self._places.get(frame)
        return None if place is None else self.index.frames[place].box

    def patches(self, frame: int) -> tuple[Patch, ...]:
        """What lies over one frame of the plate; nothing for most. Cheapest when frames are asked for in order."""
        place = self._places.get(frame)
        if place is None:
            return ()
        if self._reader is None:
            self._reader = LayerFilesReader(self.folder, self.index)
        if place != self._next:
            self._ahead = self._reader.patches(place, len(self))
        self._next = place + 1
        return (next(self._ahead),)

    def __iter__(self) -> Iterator[tuple[int, tuple[Patch, ...]]]:
        return ((frame, self.patches(frame)) for frame in self.frames)

    def close(self) -> None:
        """Let go of the files; reading opens them again."""
        if self._reader is not None:
            self._reader.close()
        self._reader, self._next = None, -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


class LayerWriter:
    """Writes a layer by segments of `SEGMENT_SECONDS`; opened again on the same folder it goes on.

    On a folder whose layer is whole nothing is left to write, and `close` answers at once.

    Use as a context manager or call `close`; only `close` makes a layer of the segments. Leaving the block by an error
    keeps what is whole and drops the segment in progress.

    Attributes:
        next_frame: the first plate frame that is not stored yet, and from which `write` is to go on.
        dtype: of the colours that are stored.
    """

    def __init__(self, folder: Path, info: ClipInfo, *, segment: int | None = None) -> None:
        """Args: segment: frames of the plate a segment, when not what ten seconds hold."""
        self._folder, self._info = folder, info
        self.dtype = layer_format(info.format).dtype
        self._length = segment or max(1, round(info.rate * SEGMENT_SECONDS))
        with disk_errors(folder):
            self._whole = (folder / INDEX).is_file()
            if not self._whole:
                (folder / _SEGMENTS).mkdir(parents=True, exist_ok=True)
        self._done: list[list[StoredFrame]] = []
        while (kept := self._kept(len(self._done))) is not None:
            self._done.append(kept)
        self.next_frame = len(info) if self._whole else len(self._done) * self._length
        self._files: LayerFilesWriter | None = None
        self._current: list[StoredFrame] = []
        self._last = self.next_frame - 1

    def write(self, frame: int, patches: Sequence[Patch]) -> None:
        """Store what lies over one plate frame; frames come in increasing order, empty ones may be left out.

        Frames before `next_frame` are passed over, as they are stored already.

        Raises:
            ValueError: a frame out of order, or a patch that leaves the frame.
            CleanplateError: colours that are not finite.
        """
        if frame < self.next_frame:
            return
        if frame <= self._last or frame >= len(self._info):
            raise ValueError(f"frame {frame} after frame {self._last} of {len(self._info)}")
        self._last = frame
        while frame >= (len(self._done) + 1) * self._length:
            self._finish_segment()
        patch = merged(patches, self._info)
        if patch is None:
            return
        if self._info.format.is_float and not np.isfinite(patch.colour).all():
            raise CleanplateError("the layer's colour is not finite", where=f"frame {frame}")
        with disk_errors(self._folder):
            self._open_files().write(frame, patch)
        self._current.append(StoredFrame(frame=frame, box=patch.box))

    def close(self) -> Layer:
        """Finish: join the segments, write the index, remove what was in between."""
        if not self._whole:
            self._join()
        shutil.rmtree(self._folder / _SEGMENTS, ignore_errors=True)
        return Layer.open(self._folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._files is not None:
            self._files.__exit__(kind, error, trace)
            self._files = None

    def _join(self) -> None:
        """Make the layer's files of the segments; the index comes last and says that it is whole."""
        self._finish_segment()
        info, folder = self._info, self._folder
        frames = tuple(stored for segment in self._done for stored in segment)
        index = LayerIndex(
            plate_format=info.format.name,
            height=info.height,
            width=info.width,
            is_float=info.format.is_float,
            frames=frames,
        )
        with disk_errors(folder):
            for name in (MATTE,) if info.format.is_float else (MATTE, COLOUR):
                parts = [self._segment(n) / name for n, segment in enumerate(self._done) if segment]
                if parts:
                    join_videos(parts, folder / name)
            write_text(folder / INDEX, index.text())

    def _segment(self, number: int) -> Path:
        return self._folder / _SEGMENTS / f"{number:06d}"

    def _kept(self, number: int) -> list[StoredFrame] | None:
        """The frames of a whole segment; None when it is not there."""
        note = self._segment(number) / INDEX
        if not note.is_file():
            return None
        return [StoredFrame.model_validate(stored) for stored in json.loads(note.read_bytes())]

    def _open_files(self) -> LayerFilesWriter:
        if self._files is None:
            folder = self._segment(len(self._done))
            folder.mkdir(exist_ok=True)
            self._files = LayerFilesWriter(folder, self._folder, self._info).__enter__()
        return self._files

    def _finish_segment(self) -> None:
        """Close the segment in progress, and mark it whole by its note."""
        folder = self._segment(len(self._done))
        with disk_errors(self._folder):
            folder.mkdir(exist_ok=True)
            if self._files is not None:
                self._files.__exit__(None, None, None)
                self._files = None
            write_text(folder / INDEX, json.dumps([stored.model_dump() for stored in self._current]))
        self._done.append(self._current)
        self._current = []
        self.next_frame = len(self._done) * self._length
