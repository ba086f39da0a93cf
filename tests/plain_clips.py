"""What is known of a clip that does not exist."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from cleanplate.media.formats import pixel_format
from cleanplate.media.frame import ColourTags
from cleanplate.media.probe import ClipInfo


def info_of(frames: int = 50, size: tuple[int, int] = (720, 1280), rate: int = 25, **fields: object) -> ClipInfo:
    made = ClipInfo(
        path=Path("plate.mp4"),
        files=(),
        is_sequence=False,
        codec="",
        height=size[0],
        width=size[1],
        format=pixel_format("yuv420p"),
        colour=ColourTags(),
        time_base=Fraction(1, 1000),
        pts=np.arange(frames, dtype=np.int64) * 1000 // rate,
        end_pts=frames * 1000 // rate,
        rate=Fraction(rate),
    )
    return replace(made, **fields)  # type: ignore[arg-type]
