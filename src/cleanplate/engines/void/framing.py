"""What of the picture the model sees, and how large. Read without torch.

The whole frame, as in training; or, for a small event, a crop that still shows enough of the scene: close shots are
what the published model is known to be weak at.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from cleanplate.engines.learned.size import WorkingSize, working_size
from cleanplate.masks.quadmask import FrameSummary
from cleanplate.masks.track import MaskBox
from cleanplate.media.colour import resolve
from cleanplate.media.frame import Frame, Plane
from cleanplate.media.probe import ClipInfo

PIXELS = 384 * 672
"""Rows times columns of the published model's picture."""
MULTIPLE = (16, 16)
"""Of rows and columns: the codec's stride times the transformer's patch."""
_LEAST_SIDE = 0.4
_MOST_CHANGED = 0.35
_MARGIN = 0.1
"""Round what changes, in parts of it, on each side."""


@dataclass(frozen=True)
class Framing:
    """A part of the frame on the model's grid.

    Attributes:
        box: (y0, x0, y1, x1) of coded pixels, ends exclusive; its corners lie on whole chroma samples.
        size: of the part as the model sees it, its aspect that of the plate as shown.
        rows, columns: of the model's grid: the size, filled up to the multiples by repeating the last row and column.
    """

    box: MaskBox
    size: WorkingSize
    rows: int
    columns: int

    def cut(self, frame: Frame, info: ClipInfo) -> Frame:
        """The part of a frame of the plate."""
        planes = tuple(self._cut(plane, *_shifts(info, number)) for number, plane in enumerate(frame.planes))
        return replace(frame, planes=planes)

    def info(self, info: ClipInfo) -> ClipInfo:
        """What a clip of such parts would be; colours stay what they are on the whole plate."""
        y0, x0, y1, x1 = self.box
        colour = resolve(info.colour, info.format, info.height)
        return replace(info, height=y1 - y0, width=x1 - x0, colour=colour, clean_aperture=None)

    def _cut(self, plane: Plane, down: int, across: int) -> Plane:
        y0, x0, y1, x1 = self.box
        return plane[y0 >> down : -(-y1 >> down), x0 >> across : -(-x1 >> across)]


def whole(info: ClipInfo, pixels: int = PIXELS, multiple: tuple[int, int] = MULTIPLE) -> Framing:
    """The whole frame."""
    return _framing((0, 0, info.height, info.width), info, pixels, multiple)


def close(
    summaries: Sequence[FrameSummary],
    info: ClipInfo,
    pixels: int = PIXELS,
    multiple: tuple[int, int] = MULTIPLE,
) -> Framing:
    """A crop of the frame's aspect round everything that changes.

    Its short side is 40 % of the frame's or more, and it is grown until what changes covers no more than 35 % of it on
    any frame. Where that takes the whole frame, it is the whole frame.

    Args:
        summaries: of the quadmask, of the frames that are drawn.
    """
    return _framing(crop(summaries, info), info, pixels, multiple)


def finer(framing: Framing, info: ClipInfo, times: int) -> Framing:
    """The same part of the frame, so many times as fine along both sides, or as fine as the plate; not filled up."""
    return _framing(framing.box, info, times**2 * framing.rows * framing.columns, (1, 1))


def crop(summaries: Sequence[FrameSummary], info: ClipInfo) -> MaskBox:
    """The box of `close`. Raises ValueError where nothing changes."""
    boxes = [summary.box for summary in summaries if summary.box is not None]
    if not boxes:
        raise ValueError("nothing changes on these frames")
    top, left = (min(box[side] for box in boxes) for side in (0, 1))
    bottom, right = (max(box[side] for box in boxes) for side in (2, 3))
    changed = max(sum(summary.counts[:-1]) for summary in summaries)
    scale = max(
        _LEAST_SIDE,
        (1 + 2 * _MARGIN) * (bottom - top) / info.height,
        (1 + 2 * _MARGIN) * (right - left) / info.width,
        math.sqrt(changed / _MOST_CHANGED / (info.height * info.width)),
    )
    if scale >= 1:
        return 0, 0, info.height, info.width
    y0, y1 = _placed(top + bottom, scale * info.height, info.height, 1 << info.format.sub_y)
    x0, x1 = _placed(left + right, scale * info.width, info.width, 1 << info.format.sub_x)
    return y0, x0, y1, x1


def _placed(twice_middle: int, length: float, most: int, step: int) -> tuple[int, int]:
    """Start and stop of a side of that length at least, within 0..most, on multiples of the step."""
    start = min(max(0.0, (twice_middle - length) / 2), most - length)
    stop = math.ceil((start + length) / step) * step
    return math.floor(start / step) * step, min(most, stop)


def _framing(box: MaskBox, info: ClipInfo, pixels: int, multiple: tuple[int, int]) -> Framing:
    y0, x0, y1, x1 = box
    size = working_size(replace(info, height=y1 - y0, width=x1 - x0), pixels, multiple)
    return Framing(box, size, *size.padded(multiple))


def _shifts(info: ClipInfo, component: int) -> tuple[int, int]:
    return (info.format.sub_y, info.format.sub_x) if info.format.is_subsampled(component) else (0, 0)
