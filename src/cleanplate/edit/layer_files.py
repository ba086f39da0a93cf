"""A layer's pictures on disk: FFV1 for integer plates, an EXR file a frame for float ones; the matte always FFV1."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from cleanplate.edit.layer_format import layer_format, neutral
from cleanplate.edit.layer_index import COLOUR, COLOUR_EXR, MATTE, LayerIndex, StoredFrame
from cleanplate.edit.patch import Patch
from cleanplate.errors import PackageError
from cleanplate.files import atomic
from cleanplate.media.aspect import matroska, reserve_aspect
from cleanplate.media.door import opened, plate_stream
from cleanplate.media.exr_read import read_exr
from cleanplate.media.ffv1 import Ffv1Reader, Ffv1Writer
from cleanplate.media.formats import pixel_format
from cleanplate.media.frame import ColourTags, Family, PixelFormat, Plane
from cleanplate.media.probe import ClipInfo

MATTE_FORMAT = pixel_format("gray16le")
_MATTE_TAGS = ColourTags(range="full")


class LayerFilesWriter:
    """Writes pictures of a layer: matte and colour on the full frame grid.

    Outside alpha the colour is neutral, which costs next to nothing on disk. EXR files hold the patch's box alone.

    Args:
        folder: gets the videos.
        stills: gets the EXR files of a float plate.
    """

    def __init__(self, folder: Path, stills: Path, info: ClipInfo) -> None:
        self._info, self._stills = info, stills
        self._layer = layer_format(info.format)
        self._stack = ExitStack()
        colour = info.colour if self._layer.family is not Family.GRAY else _MATTE_TAGS
        self._matte = self._writer(folder / MATTE, MATTE_FORMAT, _MATTE_TAGS)
        self._colour = None if self._layer.is_float else self._writer(folder / COLOUR, self._layer, colour)

    def __enter__(self) -> Self:
        with self._stack:
            self._stack.enter_context(self._matte)
            if self._colour is not None:
                self._stack.enter_context(self._colour)
            self._stack = self._stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def write(self, frame: int, patch: Patch) -> None:
        """Store one frame's patch, which is cropped to its alpha."""
        info = self._info
        time = int(info.pts[frame] - info.pts[0])
        size = info.height, info.width
        self._matte.write((_on_frame(patch.alpha, patch, size, 0),), time)
        planes = [patch.colour[..., n] for n in range(self._layer.components)]
        if self._colour is None:
            _write_exr(self._stills / COLOUR_EXR.format(frame), planes, patch, size)
        else:
            fills = neutral(self._layer)
            self._colour.write([_on_frame(p, patch, size, f) for p, f in zip(planes, fills, strict=True)], time)

    def _writer(self, path: Path, fmt: PixelFormat, colour: ColourTags) -> Ffv1Writer:
        info = self._info
        return Ffv1Writer(
            path,
            fmt,
            info.height,
            info.width,
            colour=colour,
            time_base=info.time_base,
            rate=info.rate,
            sample_aspect=info.sample_aspect,
            rotation=info.rotation,
        )


class LayerFilesReader:
    """Reads the patches of a stored layer by their position in its index."""

    def __init__(self, folder: Path, index: LayerIndex) -> None:
        self._folder, self._index = folder, index
        self._stack = ExitStack()
        self._matte = self._opened(MATTE)
        self._colour = None if index.is_float else self._opened(COLOUR)

    def close(self) -> None:
        self._stack.close()

    def patches(self, start: int, stop: int) -> Iterator[Patch]:
        """The patches at positions start..stop-1, cropped to their boxes."""
        mattes = self._matte.frames(start, stop)
        colours = None if self._colour is None else self._colour.frames(start, stop)
        for stored in self._index.frames[start:stop]:
            y0, x0, y1, x1 = stored.box
            alpha = next(mattes)[1][0][y0:y1, x0:x1]
            planes = self._exr(stored) if colours is None else [p[y0:y1, x0:x1] for p in next(colours)[1]]
            yield Patch(y0, x0, _interleaved(planes), alpha)

    def _opened(self, name: str) -> Ffv1Reader:
        path = self._folder / name
        if not path.is_file():
            raise PackageError("the file is missing", where=str(path), remedy="Make the package again.")
        reader = self._stack.enter_context(Ffv1Reader(path))
        if len(reader) != len(self._index.frames):
            raise PackageError(
                f"it holds {len(reader)} frames and the layer's index names {len(self._index.frames)}",
                where=str(path),
                remedy="Make the package again.",
            )
        return reader

    def _exr(self, stored: StoredFrame) -> Sequence[Plane]:
        return read_exr(self._folder / COLOUR_EXR.format(stored.frame)).planes


def join_videos(parts: Sequence[Path], out: Path) -> None:
    """Put videos of `Ffv1Writer` end to end by copying their packets; their times must follow each other."""
    with opened(parts[0]) as first:
        context = plate_stream(first, parts[0]).codec_context
        height, width, aspect = context.height, context.width, context.sample_aspect_ratio or Fraction(1)
    with atomic(out) as partial, matroska(partial, height, width, aspect) as target:
        stream = None
        for part in parts:
            with opened(part) as source:
                template = plate_stream(source, part)
                if stream is None:
                    stream = target.add_stream_from_template(template)
                    reserve_aspect(stream, aspect)
                for packet in source.demux(template):
                    if packet.pts is not None:
                        packet.stream = stream
                        target.mux(packet)


def _on_frame(samples: Plane, patch: Patch, size: tuple[int, int], fill: float) -> Plane:
    if samples.shape == size:
        return samples
    plane = np.full(size, fill, dtype=samples.dtype)
    y0, x0, y1, x1 = patch.box
    plane[y0:y1, x0:x1] = samples
    return plane


def _interleaved(planes: Sequence[Plane]) -> Plane:
    """h x w x C whose components lie apart in memory, as compositing wants them."""
    return np.moveaxis(np.stack(planes), 0, -1)


def _write_exr(path: Path, planes: Sequence[Plane], patch: Patch, size: tuple[int, int]) -> None:
    """Straight colour in the box of the patch; the display window is the frame."""
    import OpenEXR

    y0, x0, y1, x1 = patch.box
    corner, end = np.array((x0, y0), np.int32), np.array((x1 - 1, y1 - 1), np.int32)
    header = {
        "compression": OpenEXR.ZIP_COMPRESSION,
        "type": OpenEXR.scanlineimage,
        "dataWindow": (corner, end),
        "displayWindow": (np.zeros(2, np.int32), np.array((size[1] - 1, size[0] - 1), np.int32)),
    }
    names = "RGB" if len(planes) == 3 else "Y"
    channels = {name: np.ascontiguousarray(plane) for name, plane in zip(names, planes, strict=True)}
    with atomic(path) as partial:
        OpenEXR.File(header, channels).write(str(partial))
