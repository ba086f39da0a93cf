"""Which frames of a clip the page shows: the edits with a little room, never a whole feature film."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class Extent:
    """How much of a clip goes into the page, in seconds.

    Attributes:
        handle: shown before and after each edited run.
        join: runs nearer to each other than this are shown as one.
        span: the most that is shown of one run.
        total: the most that is shown in all.
        idle: shown of a clip that no edit touches.
    """

    handle: float = 1.0
    join: float = 2.0
    span: float = 20.0
    total: float = 60.0
    idle: float = 2.0


def shown_spans(
    changed: Sequence[int], length: int, rate: float, extent: Extent | None = None
) -> tuple[tuple[int, int], ...]:
    """Half-open runs of frames to show, in order and apart from each other.

    Args:
        changed: the frames that an edit touches, ascending.
        length: frames of the clip.
        rate: frames per second.
    """
    limits = extent or Extent()

    def frames(seconds: float) -> int:
        return max(1, round(seconds * rate))

    if not changed:
        return ((0, min(length, frames(limits.idle))),)
    handle, left = frames(limits.handle), frames(limits.total)
    spans: list[tuple[int, int]] = []
    for first, last in _runs(changed, max(frames(limits.join), 2 * handle)):
        start = max(0, first - handle)
        stop = min(length, last + 1 + handle, start + min(frames(limits.span), left))
        spans.append((start, stop))
        left -= stop - start
        if left <= 0:
            break
    return tuple(spans)


def _runs(changed: Sequence[int], join: int) -> list[tuple[int, int]]:
    """(first, last) of each run, where a gap of up to `join` untouched frames does not end a run."""
    breaks = [(a, b) for a, b in pairwise(changed) if b - a - 1 > join]
    firsts = [changed[0], *(b for _, b in breaks)]
    lasts = [*(a for a, _ in breaks), changed[-1]]
    return list(zip(firsts, lasts, strict=True))
