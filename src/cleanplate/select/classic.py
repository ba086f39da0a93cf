"""The embedded segmenter: no weights, only flow, colours and a minimum cut.

Every frame with an input becomes an anchor: its mask comes from its own clicks, corrected by and correcting what the
neighbouring anchor leads to. Each anchor is followed forwards and backwards to the next one; between two anchors both
answers are fused. So a click changes its own surroundings and nothing beyond the anchors next to it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from cleanplate.masks.selection import Selection
from cleanplate.masks.track import LOST_BELOW, Mask, Track, TrackWriter
from cleanplate.media.clip import Clip
from cleanplate.progress import Progress
from cleanplate.select.classic_colour import Look
from cleanplate.select.classic_fuse import Opinion, fuse
from cleanplate.select.classic_prompt import rasterise, require_tellable, segment_frame
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
        check_selection(selection, clip.info.height, clip.info.width, frames)
        size = working_size(clip, self._side)
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=".select-") as scratch:
            folder = self._cache or Path(scratch)
            with progress.task(f"Following {selection.name}", total=_steps(selection, frames)) as tick:
                sweeps = Sweeps(clip, size, folder, tick)
                anchors = _anchors(clip, selection, size, sweeps)
                runs = _runs(anchors, frames, sweeps)
                return _write(clip, selection.name, anchors, runs, frames, out)


def _anchors(clip: Clip, selection: Selection, size: tuple[int, int], sweeps: Sweeps) -> dict[int, Mask]:
    """The mask of every frame with an input, outwards from the first that shows the object."""
    ratio_y, ratio_x = size[0] / clip.info.height, size[1] / clip.info.width
    small = selection.mapped(lambda x, y: (x * ratio_x, y * ratio_y), scale=ratio_x)
    first = next(n for n in selection.frames if has_positive(selection.on(n)))
    anchors: dict[int, Mask] = {}

    def settle(frame: int, neighbour: int | None) -> None:
        prior = None
        if neighbour is not None:
            led = sweeps.sweep(neighbour, anchors[neighbour], frame)
            prior = led.mask(frame) if led.confidence[frame] >= LOST_BELOW else None
        prompts = rasterise(small.on(frame), *size)
        mask, contrast = segment_frame(Look.of(picture_at(clip, frame, size)), prompts, prior)
        if has_positive(selection.on(frame)):
            require_tellable(contrast, selection, frame)
        if mask.any():
            anchors[frame] = mask

    settle(first, None)
    for frame in (n for n in selection.frames if n > first):
        settle(frame, max(anchors))
    for frame in reversed([n for n in selection.frames if n < first]):
        settle(frame, min(anchors))
    return anchors


def _runs(anchors: dict[int, Mask], frames: range, sweeps: Sweeps) -> dict[int, tuple[Track | None, Track | None]]:
    """For each anchor, its sweep backwards and its sweep forwards, as far as the next anchor or the end."""
    order = [None, *sorted(anchors), None]
    runs: dict[int, tuple[Track | None, Track | None]] = {}
    for (before, here), (_, beyond) in pairwise(pairwise(order)):
        assert here is not None
        earliest = frames.start if before is None else before
        latest = frames.stop - 1 if beyond is None else beyond
        runs[here] = (
            sweeps.sweep(here, anchors[here], earliest) if earliest < here else None,
            sweeps.sweep(here, anchors[here], latest) if latest > here else None,
        )
    return runs


def _write(
    clip: Clip,
    name: str,
    anchors: dict[int, Mask],
    runs: dict[int, tuple[Track | None, Track | None]],
    frames: range,
    out: Path,
) -> Track:
    """Fuse every frame's opinions, bring the outline to the plate's grid, and write the track."""
    height, width = clip.info.height, clip.info.width
    with TrackWriter(out, name=name, length=len(clip), height=height, width=width) as writer:
        for index, picture in pictures(clip, frames, working_size(clip, _FINE_SIDE)):
            mask, confidence = _answer(index, anchors, runs)
            writer.write(index, refine(mask, picture, height, width), confidence)
    return Track(out)


def _answer(
    index: int, anchors: dict[int, Mask], runs: dict[int, tuple[Track | None, Track | None]]
) -> tuple[Mask, float]:
    if index in anchors:
        return anchors[index], 1.0
    opinions = list(_opinions(index, anchors, runs))
    if len(opinions) == 1:
        return opinions[0].mask, opinions[0].confidence
    return fuse(*opinions)


def _opinions(
    index: int, anchors: dict[int, Mask], runs: dict[int, tuple[Track | None, Track | None]]
) -> Iterator[Opinion]:
    """What the nearest anchors on either side say of a frame."""
    earlier, later = [n for n in anchors if n < index], [n for n in anchors if n > index]
    for anchor, way in ((max(earlier, default=None), 1), (min(later, default=None), 0)):
        if anchor is not None and (track := runs[anchor][way]) is not None:
            yield Opinion(track.mask(index), float(track.confidence[index]), abs(index - anchor))


def _steps(selection: Selection, frames: range) -> int:
    """Frames that the sweeps will visit: twice between the first and last anchor, once outside."""
    first, last = selection.frames[0], selection.frames[-1]
    return 2 * (last - first) + (first - frames.start) + (frames.stop - 1 - last)
