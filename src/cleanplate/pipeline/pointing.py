"""From what the user pointed at, in display pixels, to coded pixels on frames that may change."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence

from cleanplate.errors import InputError, UsageError
from cleanplate.masks.selection import Selection
from cleanplate.media.probe import ClipInfo


def coded(selections: Sequence[Selection], info: ClipInfo, frames: range) -> tuple[Selection, ...]:
    """The selections on the coded grid.

    Raises:
        InputError: a point outside the picture, or a frame that the edit or the clip does not have.
        UsageError: two objects of one name.
    """
    names = [slug(selection.name) for selection in selections]
    if len(set(names)) != len(names):
        raise UsageError("two objects bear the same name", remedy="Give each --object its own.")
    for selection in selections:
        _require_inside(selection, info, frames)
    scale = 1 / max(float(info.sample_aspect), 1.0)
    return tuple(selection.mapped(info.to_coded, scale) for selection in selections)


def slug(name: str) -> str:
    """A file name for an object's name; names without Latin letters are told apart by their hash."""
    latin = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^a-z0-9]+", "-", latin.casefold()).strip("-")
    return plain if plain and latin == name else f"{plain or 'object'}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _require_inside(selection: Selection, info: ClipInfo, frames: range) -> None:
    width, height = info.display_size
    points = [(c.x, c.y, c.frame) for c in selection.clicks]
    points += [(x, y, s.frame) for s in selection.strokes for x, y in s.points]
    places = [(f"point {x:g},{y:g}", frame, 0 <= x < width and 0 <= y < height) for x, y, frame in points]
    places += [
        (f"box {b.x0:g},{b.y0:g},{b.x1:g},{b.y1:g}", b.frame, b.x1 > 0 and b.x0 < width and b.y1 > 0 and b.y0 < height)
        for b in selection.boxes
    ]
    for what, frame, inside in places:
        if not inside:
            raise InputError(
                f"the {what} on frame {frame} lies outside the picture",
                where=selection.name,
                remedy=f"The picture goes from 0,0 to {width - 1},{height - 1} as displayed.",
            )
    for frame in selection.frames:
        if frame not in frames:
            raise InputError(
                f"a click, box or stroke lies on frame {frame}",
                where=selection.name,
                remedy=f"The frames of this edit are {frames.start} to {frames.stop - 1}.",
            )
