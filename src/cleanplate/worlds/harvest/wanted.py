"""What is to be harvested, made sure of: the clip opens, the frames are there, the points lie in the picture."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from cleanplate.errors import CleanplateError, InputError, UsageError
from cleanplate.masks.codec import MaskKind
from cleanplate.masks.selection import Box, Click, Selection, Stroke
from cleanplate.masks.written import parse_box, parse_click, parse_stroke
from cleanplate.media.clip import Clip
from cleanplate.media.timecode import parse_time
from cleanplate.pipeline import registry
from cleanplate.pipeline.pointing import coded
from cleanplate.worlds.harvest.plate import Cut
from cleanplate.worlds.harvest.row import Row

LOWEST, HIGHEST = 16, 2160

Pointed = TypeVar("Pointed", Click, Box, Stroke)


@dataclass(frozen=True)
class Defaults:
    """What holds for rows that do not say otherwise.

    Attributes:
        grow: pixels of the harvested height by which the removed region grows; None leaves it to `grow_for`.
        segmenter, weights: who follows the things.
    """

    height: int = 480
    length: int = 49
    grow: int | None = None
    segmenter: str = "classic"
    weights: str | None = None


@dataclass(frozen=True)
class Wanted:
    """One thing in one clip.

    Attributes:
        where: what asked for it, for people: a list and its line.
        selection: in the clip's display pixels and frames; None with a mask.
        cut: the frames and the size of what is harvested; both sides even.
        key: names it; hangs on the clip's bytes and on everything above but `where`.
    """

    where: str
    clip: Path
    noun: str
    selection: Selection | None
    mask: Path | None
    mask_kind: MaskKind
    cut: Cut
    grow: int
    segmenter: str
    weights: str | None
    key: str

    @property
    def seed(self) -> int:
        """Of the wording, and the sample's name."""
        return int(self.key[:9], 16)


def grow_for(width: int) -> int:
    """Pixels by which a removed region grows at a width, so that soft rims do not stay in the clean plate."""
    return 1 + round(width / 200)


def resolve(row: Row, where: str, base: Path, defaults: Defaults) -> Wanted:
    """What a row asks for.

    Args:
        base: the folder that the row's paths start from.
    Raises:
        InputError: it cannot be had; `where` and the reason are told.
    """
    try:
        return _resolved(row, where, base, defaults)
    except CleanplateError as error:
        told = error.what if error.where in ("", where) else f"{error.where}: {error.what}"
        raise InputError(told, where=where, remedy=error.remedy) from error


def _resolved(row: Row, where: str, base: Path, defaults: Defaults) -> Wanted:
    registry.segmenter(defaults.segmenter, defaults.weights)
    with Clip.open(base / row.clip) as clip:
        frames = _frames(row, clip, defaults.length)
        size = _size(row.height or defaults.height, clip)
        selection, mask = _selection(row, clip, frames), base / row.mask if row.mask else None
        if (selection is None) == (mask is None):
            raise UsageError("say what to harvest by click, box or stroke, or by a mask file")
        grow = next(given for given in (row.grow, defaults.grow, grow_for(size[1])) if given is not None)
        told = {
            "clip": clip.source_hash,
            "noun": row.noun,
            "selection": selection.model_dump(mode="json") if selection else None,
            "mask": _digest(mask, clip) if mask else None,
            "mask_kind": row.mask_kind,
            "frames": [frames.start, frames.stop],
            "size": size,
            "grow": grow,
            "segmenter": [defaults.segmenter, defaults.weights] if selection else None,
        }
    key = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]
    return Wanted(
        where=where,
        clip=base / row.clip,
        noun=row.noun,
        selection=selection,
        mask=mask,
        mask_kind=row.mask_kind,
        cut=Cut(frames, size),
        grow=grow,
        segmenter=defaults.segmenter,
        weights=defaults.weights,
        key=key,
    )


def _frames(row: Row, clip: Clip, length: int) -> range:
    start = parse_time(row.start, clip.info)
    stop = start + row.length if row.length is not None else min(len(clip), start + length)
    if stop > len(clip) or stop - start < 2:
        raise InputError(
            f"frames {start} to {stop - 1} are asked for",
            remedy=f"The clip has frames 0 to {len(clip) - 1}; at least two are needed.",
        )
    return range(start, stop)


def _size(height: int, clip: Clip) -> tuple[int, int]:
    width, tall = clip.info.display_size
    highest = min(HIGHEST, tall)
    if height % 2 or not LOWEST <= height <= highest:
        remedy = f"Give an even height from {LOWEST} to {highest // 2 * 2}; the clip has {tall}."
        raise InputError(f"a height of {height} cannot be harvested", remedy=remedy)
    return height, round(height * width / tall / 2) * 2


def _selection(row: Row, clip: Clip, frames: range) -> Selection | None:
    """What was pointed at; what bears no frame holds for the first of those that are harvested."""

    def frame(text: str) -> int:
        return parse_time(text, clip.info)

    found = Selection(
        name=row.noun,
        clicks=tuple(_placed(text, parse_click(text, frame), frames.start) for text in row.click),
        boxes=tuple(_placed(text, parse_box(text, frame), frames.start) for text in row.box),
        strokes=tuple(_placed(text, parse_stroke(text, frame), frames.start) for text in row.stroke),
    )
    if not found.frames:
        return None
    coded([found], clip.info, frames)
    return found


def _placed(text: str, pointed: Pointed, start: int) -> Pointed:
    return pointed if "@" in text else pointed.model_copy(update={"frame": start})


def _digest(mask: Path, clip: Clip) -> str:
    with Clip.open(mask) as opened:
        if len(opened) not in (1, len(clip)):
            remedy = "Give a mask of the clip's length, or one picture for all of it."
            raise InputError(f"the mask has {len(opened)} frames, the clip {len(clip)}", remedy=remedy)
        return opened.source_hash
