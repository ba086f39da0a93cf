"""The page's one video: H.264 at a constant rate, in short groups of pictures, so that seeking is quick and exact."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
from av.video.reformatter import ColorRange, Colorspace

from cleanplate.report.sheet import Picture

_GROUP = 8
_BT709 = 1
_LIMITED = 1
_OPTIONS = {
    "preset": "veryfast",
    "crf": "18",
    "bf": "0",
    "g": str(_GROUP),
    "keyint_min": str(_GROUP),
    "sc_threshold": "0",
    # One thread count, so that the bytes do not depend on the machine.
    "threads": "2",
    # The page is judged in stills: no macroblock-tree blur of what changes soon, flat blacks stay flat.
    "x264-params": "mbtree=0:aq-mode=1",
}


class ProxyWriter:
    """Writes sheets of one size, one per frame of the page.

    Args:
        size: (height, width), both even.
        rate: frames per second; a plate of varying rate plays at its mean.
    """

    def __init__(self, path: Path, size: tuple[int, int], rate: Fraction) -> None:
        height, width = size
        options = {"movflags": "+faststart", "fflags": "+bitexact"}
        self._file = av.open(str(path), "w", format="mp4", options=options)
        self._stream = self._file.add_stream("libx264", rate=rate, options=dict(_OPTIONS))
        self._stream.height, self._stream.width, self._stream.pix_fmt = height, width, "yuv420p"
        context = self._stream.codec_context
        context.color_range, context.colorspace = _LIMITED, _BT709
        context.color_primaries = context.color_trc = _BT709
        self._count = 0

    def write(self, sheet: Picture) -> None:
        """Append one sheet."""
        frame = av.VideoFrame.from_ndarray(sheet, format="rgb24").reformat(
            format="yuv420p",
            src_color_range=ColorRange.JPEG,
            dst_colorspace=Colorspace.ITU709,
            dst_color_range=ColorRange.MPEG,
        )
        frame.pts = self._count
        self._count += 1
        self._file.mux(self._stream.encode(frame))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if kind is None:
            self._file.mux(self._stream.encode(None))
        self._file.close()
