"""Sweeps: one anchor's mask followed through a run of frames, kept on disk so that no sweep is made twice."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from cleanplate.masks.track import Track, TrackWriter
from cleanplate.media.clip import Clip
from cleanplate.motion.flow import DisFlow
from cleanplate.progress import Tick
from cleanplate.select.classic_prompt import FrameMask
from cleanplate.select.classic_propagate import advance, start
from cleanplate.select.footage import picture_at, pictures

_VERSION = 1
"""Goes up when sweeps of old caches would no longer come out the same."""


class Sweeps:
    """Makes sweeps over one clip at one working size, or reads those that `folder` holds already."""

    def __init__(self, clip: Clip, size: tuple[int, int], folder: Path, tick: Tick) -> None:
        self._clip, self.size, self._folder, self._tick = clip, size, folder, tick
        self._flow = DisFlow()

    def sweep(self, anchor: int, seen: FrameMask, last: int) -> Track:
        """Follow what was seen on frame `anchor` to frame `last`, inclusive, in whichever direction that lies.

        The track is on the working grid; the anchor itself is part of it.
        """
        key = self._key(anchor, seen, forwards=last >= anchor)
        reach = abs(last - anchor)
        self._folder.mkdir(parents=True, exist_ok=True)
        for path in sorted(self._folder.glob(f"{key}-*.track")):
            if int(path.stem.rpartition("-")[2]) >= reach:
                self._tick(reach)
                return Track(path)
        path = self._folder / f"{key}-{reach}.track"
        height, width = self.size
        with TrackWriter(path, name=f"from {anchor}", length=len(self._clip), height=height, width=width) as writer:
            writer.write(anchor, seen.mask, seen.confidence)
            self._follow(writer, anchor, seen, last)
        return Track(path)

    def _follow(self, writer: TrackWriter, anchor: int, seen: FrameMask, last: int) -> None:
        way = 1 if last >= anchor else -1
        state = start(picture_at(self._clip, anchor, self.size), seen.mask, seen.confidence)
        for index, picture in pictures(self._clip, range(anchor + way, last + way, way), self.size):
            state = advance(state, picture, self._flow)
            writer.write(index, state.mask, state.confidence)
            self._tick()

    def _key(self, anchor: int, seen: FrameMask, *, forwards: bool) -> str:
        facts = (_VERSION, self._clip.source_hash, len(self._clip), self.size, anchor, seen.confidence, forwards)
        digest = hashlib.sha256(repr(facts).encode())
        digest.update(np.packbits(seen.mask).tobytes())
        return digest.hexdigest()[:32]
