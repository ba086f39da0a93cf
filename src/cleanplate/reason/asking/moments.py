"""Which frames are shown: where the object is first seen, and where something about its motion or beside it changes.

A model sees few pictures, so each must tell something. The clip is looked at once, small and gray, at a stride; from
the tracks come the places of the objects, from optical flow what moves beside them and elsewhere. Where these change
abruptly a contact, a push or a fall is likely.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.errors import InputError
from cleanplate.masks.track import Mask, Track
from cleanplate.media.clip import Clip
from cleanplate.media.colour import luma8
from cleanplate.motion.flow import FlowField, make_flow
from cleanplate.progress import Tick

AROUND = 48
"""Frames before and after the object shows that may be shown: what it did goes on when it has left."""
_SAMPLES = 240
"""Frames looked at, at most."""
_SIDE = 192
_RING = 8
"""Small pixels around an object that count as beside it."""
_EVENT = 0.35
"""Share of its clip's largest change from which a change is an event."""
_NOISE = 0.25
"""Flow in small pixels a sample under which nothing has changed."""

Series = NDArray[np.float64]


@dataclass(frozen=True)
class Signals:
    """What happens over time, at sampled frames.

    Attributes:
        frames: the samples, in order.
        places: objects x samples x 2, the middle (x, y) of each object in small pixels; NaN where it does not show.
        beside: samples, mean speed of what moves beside the objects against the background, in small pixels.
        elsewhere: samples, 99th percentile of the speeds farther away.
    """

    frames: tuple[int, ...]
    places: Series
    beside: Series
    elsewhere: Series


def looked_at(tracks: Sequence[Track], frames: range) -> range:
    """The frames around those on which an object shows. Raises InputError when none does."""
    shown = [n for track in tracks for n in track.frames if n in frames]
    if not shown:
        raise InputError(
            "none of the selected objects shows on the frames of this edit",
            where=", ".join(track.name for track in tracks),
            remedy="Select the object on a frame where it is seen.",
        )
    return range(max(min(shown) - AROUND, frames.start), min(max(shown) + AROUND + 1, frames.stop))


def signals(clip: Clip, tracks: Sequence[Track], looked: range, tick: Tick) -> Signals:
    """Look at the clip once."""
    samples = looked[:: max(1, -(-len(looked) // _SAMPLES))]
    scale = min(1.0, _SIDE / max(clip.info.height, clip.info.width))
    small = (max(1, round(clip.info.height * scale)), max(1, round(clip.info.width * scale)))
    flow, before = make_flow("dis-fast"), None
    moving: list[tuple[float, float]] = []
    for frame in clip.frames(looked.start, looked.stop):
        tick()
        if frame.index not in samples:
            continue
        gray = luma8(frame, clip.info, size=small)
        there = _objects(tracks, frame.index, small)
        moving.append((0.0, 0.0) if before is None else _speeds(flow(before, gray), there))
        before = gray
    beside, elsewhere = np.asarray(moving).T
    places = np.asarray([[_middle(track, n, scale) for n in samples] for track in tracks])
    return Signals(tuple(samples), places, beside, elsewhere)


def choose(found: Signals, count: int) -> tuple[int, ...]:
    """At most `count` frames, in order: first appearances, the last sample, events, and what fills the widest gaps."""
    seen = ~np.isnan(found.places[..., 0])
    firsts = [int(np.argmax(row)) for row in seen if row.any()]
    chosen = list(dict.fromkeys([*firsts, len(found.frames) - 1]))[:count]
    near = max(1, len(found.frames) // (2 * count))
    most = max(len(chosen) + 1, 3 * count // 4)
    for at in events(found):
        if len(chosen) >= min(most, count):
            break
        if all(abs(at - other) > near for other in chosen):
            chosen.append(at)
    while len(chosen) < min(count, len(found.frames)):
        chosen.append(_widest_gap(sorted(chosen), len(found.frames)))
    return tuple(found.frames[at] for at in sorted(chosen))


def events(found: Signals) -> list[int]:
    """Positions at which motion changes abruptly, the most abrupt first."""
    size = len(found.frames)
    score = np.zeros(size)
    for change in (*(_turns(place) for place in found.places), _steps(found.beside), _steps(found.elsewhere)):
        if change.max(initial=0.0) > _NOISE:
            score = np.maximum(score, change / change.max())
    peaks = [
        at for at in range(size) if score[at] >= _EVENT and score[at] == score[max(at - 1, 0) : at + 2].max(initial=0.0)
    ]
    return sorted(peaks, key=lambda at: (-score[at], at))


def _turns(place: Series) -> Series:
    """How much a velocity changes at each sample, in small pixels; 0 where the object does not show around it."""
    change = np.zeros(len(place))
    if len(place) > 2:
        bent = np.linalg.norm(place[2:] - 2 * place[1:-1] + place[:-2], axis=1)
        change[1:-1] = np.nan_to_num(bent)
    return change


def _steps(series: Series) -> Series:
    change = np.zeros(len(series))
    change[1:] = np.abs(np.diff(series))
    change[:2] = 0.0  # the first flow has none before it
    return change


def _widest_gap(chosen: list[int], size: int) -> int:
    """The position in the middle of the widest gap; before the first and after the last count as gaps, too."""
    bounds = [-1, *chosen, size]
    width, start = max((b - a, -a) for a, b in pairwise(bounds))
    return -start + width // 2


def _speeds(flow: FlowField, there: Mask) -> tuple[float, float]:
    """Mean speed beside the objects and 99th percentile elsewhere, against the background's median motion."""
    kernel = np.ones((2 * _RING + 1, 2 * _RING + 1), np.uint8)
    wide = cv2.dilate(there.astype(np.uint8), kernel) > 0
    rest = ~wide
    background = np.median(flow[rest], axis=0) if rest.any() else np.zeros(2)
    speed = np.linalg.norm(flow - background, axis=2)
    ring = wide & ~there
    return float(speed[ring].mean()) if ring.any() else 0.0, float(
        np.percentile(speed[rest], 99)
    ) if rest.any() else 0.0


def _objects(tracks: Sequence[Track], index: int, small: tuple[int, int]) -> Mask:
    there = np.zeros(small, dtype=np.bool_)
    for track in tracks:
        if track.box(index) is not None:
            there |= cv2.resize(track.mask(index).astype(np.float32), small[::-1], interpolation=cv2.INTER_AREA) > 0
    return there


def _middle(track: Track, index: int, scale: float) -> tuple[float, float]:
    box = track.box(index)
    if box is None:
        return np.nan, np.nan
    y0, x0, y1, x1 = box
    return scale * (x0 + x1) / 2, scale * (y0 + y1) / 2
