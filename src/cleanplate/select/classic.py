"""The embedded segmenter: no weights, only flow, colours and a minimum cut.

Every frame with an input becomes an anchor: its mask comes from its own clicks, corrected by and correcting what the
neighbouring anchor leads to. Each anchor is followed forwards and backwards to the next one; between two anchors both
answers are fused. So a click changes its own surroundings and nothing beyond the anchors next to it.
"""

from __future__ import annotations

import tempfile
from itertools import pairwise
from pathlib import Path

from cleanplate.masks.selection import Selection
from cleanplate.masks.track import LOST_BELOW, Mask, Track, TrackWriter
from cleanplate.media.clip import Clip
from cleanplate.progress import Progress
from cleanplate.select.classic_colour import Look
from cleanplate.select.classic_fuse import Opinion, fuse
from cleanplate.select.classic_prompt import FrameMask, rasterise, require_tellable, segment_frame
from cleanplate.select.classic_refine import refine
from cleanplate.select.classic_sweeps import Sweeps
from cleanplate.select.footage import picture_at, pictures, working_size
from cleanplate.select.prompts import check_selection, has_positive

_WORKING_SIDE = 640
_FINE_SIDE = 1280


class ClassicSegmenter:
    """Implements `pipeline.protocols.Segmenter`.

    Args:
        cache: a folder that keeps sweeps between calls, so that an added click redoes only what it changes.
        side: longer side of the working grid in pixels.
    """

    name = "classic"

    def __init__(self, cache: Path | None = None, side: int = _WORKING_SIDE) -> None:
        self._cache, self._side = cache, side

    def segment(self, clip: Clip, selection: Selection, frames: range, out: Path, progress: Progress) -> Track:
        """See the protocol."""
        height, width = clip.info.height, clip.info.width
        check_selection(selection, height, width, frames)
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=".select-") as scratch:
            with progress.task(f"Following {selection.name}", total=_steps(selection, frames)) as tick:
                sweeps = Sweeps(clip, working_size(clip, self._side), self._cache or Path(scratch), tick)
                answers = _Answers(_anchors(clip, selection, sweeps), frames, sweeps)
            with (
                progress.task(f"Outlining {selection.name}", total=len(frames)) as tick,
                TrackWriter(out, name=selection.name, length=len(clip), height=height, width=width) as writer,
            ):
                for index, picture in pictures(clip, frames, working_size(clip, _FINE_SIDE)):
                    mask, confidence = answers.at(index)
                    writer.write(index, refine(mask, picture, height, width), confidence)
                    tick()
        return Track(out)


def _anchors(clip: Clip, selection: Selection, sweeps: Sweeps) -> dict[int, FrameMask]:
    """What every frame with an input shows, outwards from the first that says where the object is."""
    height, width = sweeps.size
    ratio_x, ratio_y = width / clip.info.width, height / clip.info.height
    small = selection.mapped(lambda x, y: (x * ratio_x, y * ratio_y), scale=ratio_x)
    anchors: dict[int, FrameMask] = {}

    def settle(frame: int, neighbour: int | None) -> None:
        prior = None if neighbour is None else _led_to(frame, neighbour, anchors[neighbour], sweeps)
        prompts = rasterise(small.on(frame), height, width)
        seen = segment_frame(Look.of(picture_at(clip, frame, sweeps.size)), prompts, prior)
        if has_positive(selection.on(frame)):
            require_tellable(seen.contrast, selection, frame)
        if seen.mask.any():
            anchors[frame] = seen

    first = next(n for n in selection.frames if has_positive(selection.on(n)))
    settle(first, None)
    for frame in (n for n in selection.frames if n > first):
        settle(frame, max(anchors))
    for frame in reversed([n for n in selection.frames if n < first]):
        settle(frame, min(anchors))
    return anchors


def _led_to(frame: int, neighbour: int, seen: FrameMask, sweeps: Sweeps) -> Mask | None:
    """Where a neighbouring anchor leads to on a frame, unless it was lost on the way."""
    track = sweeps.sweep(neighbour, seen, frame)
    return track.mask(frame) if track.confidence[frame] >= LOST_BELOW else None


class _Answers:
    """The mask of every frame, from the anchors and the sweeps between them."""

    def __init__(self, anchors: dict[int, FrameMask], frames: range, sweeps: Sweeps) -> None:
        self._anchors = anchors
        self._forwards: dict[int, Track] = {}
        self._backwards: dict[int, Track] = {}
        order = sorted(anchors)
        for here, beyond in pairwise([*order, frames.stop - 1]):
            self._forwards[here] = sweeps.sweep(here, anchors[here], beyond)
        for before, here in pairwise([frames.start, *order]):
            self._backwards[here] = sweeps.sweep(here, anchors[here], before)

    def at(self, index: int) -> tuple[Mask, float]:
        """The mask on the working grid, and its confidence."""
        if index in self._anchors:
            return self._anchors[index].mask, self._anchors[index].confidence
        earlier = max((n for n in self._anchors if n < index), default=None)
        later = min((n for n in self._anchors if n > index), default=None)
        opinions = [
            Opinion(tracks[anchor].mask(index), float(tracks[anchor].confidence[index]), abs(index - anchor))
            for anchor, tracks in ((earlier, self._forwards), (later, self._backwards))
            if anchor is not None
        ]
        return fuse(opinions[0], opinions[-1])


def _steps(selection: Selection, frames: range) -> int:
    """Frames that the sweeps will visit: twice between the first and last anchor, once outside."""
    first, last = selection.frames[0], selection.frames[-1]
    return 2 * (last - first) + (first - frames.start) + (frames.stop - 1 - last)
