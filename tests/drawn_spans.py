"""Clips and quadmasks of which only times, sizes and counts matter."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np

from cleanplate.masks.quadmask import FrameSummary
from cleanplate.media.frame import ColourTags, Family, PixelFormat
from cleanplate.media.probe import ClipInfo

TICK = Fraction(1, 90000)
BOX = (4, 4, 8, 8)


def clip_info(seconds: list[float], rate: Fraction = Fraction(12)) -> ClipInfo:
    """A clip of 48 x 64 whose frames appear at these times."""
    pts = np.array([round(s / TICK) for s in seconds], np.int64)
    form = PixelFormat("yuv420p", Family.YUV, 8, 1, 1)
    end = int(pts[-1]) + round(1 / rate / TICK)
    return ClipInfo(Path("clip"), (), False, "h264", 48, 64, form, ColourTags(), TICK, pts, end, rate)


def even(frames: int, rate: float) -> ClipInfo:
    return clip_info([n / rate for n in range(frames)], Fraction(rate).limit_denominator(1001))


def summary(*, removed: int = 16, affected: int = 0) -> FrameSummary:
    rest = 48 * 64 - removed - affected
    return FrameSummary((removed, 0, affected, rest), BOX if removed + affected else None)
