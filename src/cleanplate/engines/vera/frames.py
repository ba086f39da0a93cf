"""Every frame of an edit on the model's grid: keys as they were drawn, the others made from the keys around them."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Sequence

from cleanplate.engines.vera.between import Between
from cleanplate.engines.vera.draw import Drawn
from cleanplate.engines.vera.footage import Footage
from cleanplate.engines.vera.reel import Reel
from cleanplate.engines.vera.schedule import Window
from cleanplate.engines.vera.sheet import Sheet, blended
from cleanplate.media.probe import ClipInfo

Draw = Callable[[Window, Drawn | None], Drawn]
"""Draws a window, given what the one before has drawn of its head."""


class Frames:
    """Asked for in order, it draws windows when they are needed and lets go of them when they are not.

    Args:
        windows: of the whole edit.
        reel: where they lie.
        draw: makes one.
        footage: the plate, for the motion between keys.
    """

    def __init__(self, windows: Sequence[Window], reel: Reel, draw: Draw, footage: Footage, info: ClipInfo) -> None:
        self._windows, self._reel, self._draw = windows, reel, draw
        self._footage, self._info = footage, info
        self._holders: dict[int, list[Window]] = defaultdict(list)
        for window in windows:
            for key in window.keys:
                self._holders[key].append(window)
        self._keys = sorted(self._holders)
        self._pair: tuple[int, int] | None = None
        self._between: Between | None = None

    def at(self, frame: int) -> Sheet:
        """The sheet of a frame between the first and last key of a run."""
        if frame in self._holders:
            return self._key(frame)
        a, b = self._around(frame)
        if self._pair != (a, b) or self._between is None:
            plates = self._footage.picture(a), self._footage.picture(b)
            self._between, self._pair = Between(self._key(a), self._key(b), plates), (a, b)
        start, end, here = (int(self._info.pts[n]) for n in (a, b, frame))
        return self._between.at((here - start) / (end - start))

    def let_go(self, frame: int) -> None:
        """Windows that no frame from this one on needs; it must never have to be asked for an earlier one."""
        first = frame if frame in self._holders else self._around(frame)[0]
        for window, following in zip(self._windows, self._windows[1:], strict=False):
            if window.keys[-1] < first and self._reel.has(following):
                self._reel.drop(window)

    def _around(self, frame: int) -> tuple[int, int]:
        place = bisect_right(self._keys, frame)
        return self._keys[max(0, place - 1)], self._keys[min(place, len(self._keys) - 1)]

    def _key(self, key: int) -> Sheet:
        """As drawn; where two windows share it, from the earlier to the later over what they share."""
        *_, last = self._holders[key]
        self._require(last)
        sheet = self._reel.sheet(last, last.keys.index(key))
        place = last.keys.index(key)
        if place >= last.head:
            return sheet
        before = self._windows[last.number - 1]
        return blended(self._reel.sheet(before, before.keys.index(key)), sheet, (place + 1) / (last.head + 1))

    def _require(self, window: Window) -> None:
        """Draw all that is missing up to a window."""
        missing = []
        while not self._reel.has(window):
            missing.append(window)
            if not window.head:
                break
            window = self._windows[window.number - 1]
        for following in reversed(missing):
            head = self._reel.tail(self._windows[following.number - 1], following.head) if following.head else None
            self._reel.store(following, self._draw(following, head))
