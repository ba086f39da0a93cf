"""Stretches of frames that are filled in one go."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

_WINDOW = 240


def runs(frames: Iterable[int]) -> Iterator[range]:
    """Runs of consecutive frames, none longer than a window."""
    start = before = -1
    for frame in frames:
        if start >= 0 and (frame != before + 1 or frame - start >= _WINDOW):
            yield range(start, before + 1)
            start = -1
        start = frame if start < 0 else start
        before = frame
    if start >= 0:
        yield range(start, before + 1)
