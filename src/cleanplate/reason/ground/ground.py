"""`ground`: lay an answer on the clip. What it says in words and cells gets tracks, and ways to where things would go.

What brings a track of its own is left as it is, and so is what the physics reasoner found, which looked for itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cleanplate.masks.grid import cells_around
from cleanplate.masks.reasoning import CellsAt, Kind, Reasoning, RemovedWith, Thing
from cleanplate.masks.track import Track
from cleanplate.media.clip import Clip
from cleanplate.pipeline.pointing import slug
from cleanplate.pipeline.protocols import Segmenter
from cleanplate.progress import Progress
from cleanplate.reason.backdrop import backdrops
from cleanplate.reason.findings import SOURCE as PHYSICS
from cleanplate.reason.footage import footage_of
from cleanplate.reason.ground.shade import shade_masks
from cleanplate.reason.ground.tracking import Named, Tracker, cells_by_time
from cleanplate.reason.ground.view import View
from cleanplate.reason.ground.ways import TOLD, sight_of, way_of
from cleanplate.reason.store import MaskStore

VERSION = 1
"""Counts up whenever the same answer would be laid on the clip in another way."""
_AROUND = 24
"""Frames before the first onset and after the last end that are looked at, for what moved and what lay free there."""
_PERSON = "person"
_LIGHT = (Kind.SHADOW, Kind.REFLECTION)


def ground(
    document: Reasoning,
    clip: Clip,
    tracks: Sequence[Track],
    frames: range,
    folder: Path,
    *,
    segmenter: Segmenter,
    progress: Progress,
) -> Reasoning:
    """The document with tracks of what it names by cells, written to `folder`, and paths of what would move.

    Args:
        tracks: of the removed objects.
        frames: that may change.
        segmenter: that follows what is pointed at.
    """
    if not any([*map(_wanting, document.removed_with), *map(_wanting, document.affected)]):
        return document
    looked = _looked_at(document, tracks, frames)
    with progress.task("Looking where things are", len(looked)) as tick:
        footage = footage_of(clip, tracks, looked, folder, tick)
    view = View(footage, backdrops(footage), document.grid, float(clip.info.rate))
    tracker = Tracker(clip, view, tracks, frames, folder, segmenter, progress)
    owners = {track.name: number for number, track in enumerate(tracks, start=1)}
    return document.model_copy(
        update={
            "removed_with": tuple(_joined(belonging, tracker) for belonging in document.removed_with),
            "affected": tuple(
                _placed(thing, document, tracker, owners.get(document.root_of(thing.id), 1))
                for thing in document.affected
            ),
        }
    )


def _wanting(item: Thing | RemovedWith) -> bool:
    """True for what can be laid on the clip and is not yet."""
    if item.track is not None or item.source == PHYSICS:
        return False
    if isinstance(item, RemovedWith):
        return bool(item.cells_by_time)
    return bool(item.cells_by_time) or item.kind in _LIGHT or bool(item.path)


def _looked_at(document: Reasoning, tracks: Sequence[Track], frames: range) -> range:
    spans = [range(t.onset, t.end + 1) for t in document.affected if _wanting(t)]
    if any(_wanting(belonging) for belonging in document.removed_with):
        spans += [range(track.frames[0], track.frames[-1] + 1) for track in tracks if track.frames]
    first, stop = min(span.start for span in spans), max(span.stop for span in spans)
    return range(max(first - _AROUND, frames.start), min(stop + _AROUND, frames.stop))


def _joined(belonging: RemovedWith, tracker: Tracker) -> RemovedWith:
    """What goes with an object, tracked by a selection of its own; whole cells where that finds nothing."""
    if not _wanting(belonging):
        return belonging
    file, span = f"with-{slug(belonging.name)}.track", tracker.view.footage.frames
    named = Named(belonging.name, belonging.cells_by_time, exact=belonging.source == _PERSON)
    track = tracker.follow(named, file, span) or tracker.whole_cells(named, file, span)
    if track is None:
        return belonging
    track.close()
    return belonging.model_copy(update={"track": file})


def _placed(thing: Thing, document: Reasoning, tracker: Tracker, owner: int) -> Thing:
    """One affected thing with its track and its way, as far as the clip shows them."""
    if not _wanting(thing):
        return thing
    view, file = tracker.view, f"seen-{slug(thing.id)}.track"
    thing = _where_it_stands(thing, document)
    span = range(max(thing.onset - _AROUND, view.footage.frames.start), min(thing.end + 1, view.footage.frames.stop))
    if thing.kind in _LIGHT:
        positions = [at for frame in span if thing.onset <= frame and (at := view.position(frame)) is not None]
        track = tracker.write(thing.name, file, shade_masks(thing, view, owner, positions))
    else:
        named = Named(thing.name, thing.cells_by_time, exact=thing.source == _PERSON)
        track = tracker.follow(named, file, span) if thing.cells_by_time else None
    if track is not None:
        thing = _with_track(thing, track, file, view)
    thing = _with_way(thing, track, document, view, owner)
    if track is not None:
        track.close()
    return thing


def _where_it_stands(thing: Thing, document: Reasoning) -> Thing:
    """A thing that would set off from where it stands, and names its path alone, stands at the path's first point."""
    if thing.cells_by_time or not thing.path or not thing.will_move or thing.was_moving:
        return thing
    cells = cells_around(thing.path[0].cell, thing.size_cells or (1, 1), document.grid)
    return thing.model_copy(update={"cells_by_time": (CellsAt(frame=thing.onset, cells=cells),)})


def _with_track(thing: Thing, track: Track, file: str, view: View) -> Thing:
    """With a track, whose cells take the place of a model's: it named a few frames, the track knows them all."""
    update: dict[str, object] = {"track": file}
    if thing.source != _PERSON:
        update["cells_by_time"] = cells_by_time(track, range(thing.onset, thing.end + 1), view)
    return thing.model_copy(update=update)


def _with_way(thing: Thing, track: Track | None, document: Reasoning, view: View, owner: int) -> Thing:
    if thing.path or thing.rest_place is not None or thing.cells_instead:
        told = thing.source != _PERSON and bool(thing.path) and not thing.leeway
        return thing.model_copy(update={"leeway": TOLD}) if told else thing
    if thing.kind in _LIGHT or not (thing.will_move or thing.should_have_stayed):
        return thing
    masks = MaskStore()
    if track is not None:
        for frame in track.frames:
            if (at := view.position(frame)) is not None:
                masks.put(at, view.small(track.mask(frame)))
    else:
        for entry in thing.cells_by_time:
            if (at := view.position(entry.frame)) is not None:
                masks.put(at, view.region(entry.cells))
    return way_of(thing, view, sight_of(masks, view), document.gravity, owner)
