"""A drawn clip, the track of its box, and answers written by hand to the question about it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from cleanplate.masks.track import Track, TrackWriter
from cleanplate.media.clip import Clip
from cleanplate.media.formats import pixel_format
from cleanplate.media.frame import ColourTags
from cleanplate.media.probe import ClipInfo
from cleanplate.reason.asking.document import Asked
from cleanplate.reason.asking.view import View
from drawn_clips import box_at, write_plate

LENGTH, SIZE = 12, (72, 128)
SHOWN = (0, 4, 8, 11)
ANSWERS = Path(__file__).parent / "reason" / "answers"


def asked_clip(folder: Path) -> tuple[Clip, list[Track]]:
    """The clip, opened, and its object's track."""
    clip = Clip.open(write_plate(folder / "plate.mp4", LENGTH, size=SIZE))
    with TrackWriter(folder / "box.track", name="box", length=LENGTH, height=SIZE[0], width=SIZE[1]) as writer:
        for n in range(LENGTH):
            y0, x0, y1, x1 = box_at(n)
            mask = np.zeros(SIZE, np.bool_)
            mask[y0:y1, x0:x1] = True
            writer.write(n, mask)
    return clip, [Track(folder / "box.track")]


def asked(clip: Clip) -> Asked:
    """What the answers written by hand answer."""
    return asked_of(clip.info, SHOWN)


def asked_of(info: ClipInfo, shown: Sequence[int]) -> Asked:
    """The same about other frames."""
    return Asked(("box",), View.of(info, 192), LENGTH, tuple(shown), "a model")


def turned(rotation: int) -> ClipInfo:
    """A clip of 96 x 160 coded pixels that players turn."""
    return ClipInfo(
        path=Path("turned.mp4"),
        files=(),
        is_sequence=False,
        codec="h264",
        height=96,
        width=160,
        format=pixel_format("yuv420p"),
        colour=ColourTags(),
        time_base=Fraction(1, 25),
        pts=np.arange(LENGTH),
        end_pts=LENGTH,
        rate=Fraction(25),
        rotation=rotation,
    )


@cache
def recorded(name: str) -> dict[str, Any]:
    """One answer: `about`, `says`, `faults`."""
    document: dict[str, Any] = json.loads((ANSWERS / f"{name}.json").read_text("utf-8"))
    return document


def says(name: str) -> str:
    """An answer as the model writes it."""
    said = recorded(name)["says"]
    return said if isinstance(said, str) else json.dumps(said)


def names(*, usable: bool) -> list[str]:
    """Of the answers that can be used, or cannot."""
    every = sorted(path.stem for path in ANSWERS.glob("*.json"))
    return [name for name in every if (not recorded(name)["faults"]) is usable]
