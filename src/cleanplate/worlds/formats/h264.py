"""H.264 in MP4 for arrays at a constant rate: pictures small, masks exact."""

from __future__ import annotations

from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray

from cleanplate.files import atomic, disk_errors
from cleanplate.media.container import bitexact_container
from cleanplate.media.formats import pixel_format
from cleanplate.media.frame import ColourTags
from cleanplate.media.repack import to_video_frame
from cleanplate.media.tagging import colour_options

_TAGS = colour_options(ColourTags("bt709", "bt709", "bt709", "limited"))
# One thread count, so that the bytes do not depend on the machine.
_COMMON = {"preset": "medium", "threads": "1", "flags": "+bitexact"} | _TAGS
_EXACT, _SMALL = {"qp": "0"}, {"crf": "16"}
_NEUTRAL = 128
_LUMA = np.rint(16 + 219 * np.arange(256) / 255).astype(np.uint8)


class H264Writer:
    """Writes one clip; the file takes its name only when the block ends without an error.

    Pictures are 4:2:0 where both sides are even, as the published data is; else 4:4:4.

    Args:
        exact: gray levels, without loss but for the limited range: the four labels come back exactly, and any level
            within 1. So VOID's published masks are stored (4:4:4, quantiser 0).
    Raises:
        ResourceError: the disk is full, or may not be written to.
    """

    def __init__(self, path: Path, height: int, width: int, rate: Fraction, *, exact: bool = False) -> None:
        self._path, self._size, self._rate, self._exact = path, (height, width), rate, exact
        self._pixels = "yuv444p" if exact or height % 2 or width % 2 else "yuv420p"
        self._count = 0

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(disk_errors(self._path))
            partial = stack.enter_context(atomic(self._path))
            self._file = stack.enter_context(bitexact_container(partial, "mp4", movflags="+faststart"))
            options = _COMMON | (_EXACT if self._exact else _SMALL)
            self._stream = self._file.add_stream("libx264", rate=self._rate, options=options)
            self._stream.height, self._stream.width = self._size
            self._stream.pix_fmt = self._pixels
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._stack:
            if kind is None:
                self._mux(None)
            else:
                self._stack.__exit__(kind, error, trace)

    def write(self, frame: NDArray[Any]) -> None:
        """Append H x W x 3 (R'G'B') or H x W (gray), uint8. Raises ValueError for another size."""
        if frame.shape[:2] != self._size:
            raise ValueError(f"a frame of {frame.shape[:2]} in a clip of {self._size}")
        image = self._gray(frame) if frame.ndim == 2 else self._colour(frame)
        image.pts, image.time_base = self._count, 1 / self._rate
        self._count += 1
        self._mux(image)

    def _gray(self, levels: NDArray[np.uint8]) -> av.VideoFrame:
        neutral = np.full(self._size, _NEUTRAL, dtype=np.uint8)
        frame = to_video_frame((_LUMA[levels], neutral, neutral), pixel_format("yuv444p"), "yuv444p")
        return frame if self._pixels == "yuv444p" else frame.reformat(format=self._pixels)

    def _colour(self, picture: NDArray[np.uint8]) -> av.VideoFrame:
        return av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24").reformat(
            format=self._pixels,
            src_color_range=ColorRange.JPEG,
            dst_colorspace=Colorspace.ITU709,
            dst_color_range=ColorRange.MPEG,
        )

    def _mux(self, frame: av.VideoFrame | None) -> None:
        for packet in self._stream.encode(frame):
            packet.duration = 1  # encoders forget it, and the last frame would have none
            self._file.mux(packet)
