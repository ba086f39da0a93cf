"""Which frames of the plate the model is asked about. Read without torch.

It has learned what happens from the moment when a thing is gone, in clips of one length: one window holds all that is
affected. Where only something is removed nothing moves, and the clean plate serves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cleanplate.engines.void.timing import LEAD, beats
from cleanplate.masks.labels import AFFECTED, LABELS, OVERLAP
from cleanplate.masks.quadmask import FrameSummary
from cleanplate.media.probe import ClipInfo
from cleanplate.models.catalogue.system import Limits

_CONSEQUENCES = tuple(LABELS.index(label) for label in (OVERLAP, AFFECTED))


@dataclass(frozen=True)
class Window:
    """What the model is asked about.

    Attributes:
        frames: of the plate, one a beat.
        length: beats that the model is given, the last one held.
        last: frame of the plate that it tells of.
    """

    frames: tuple[int, ...]
    length: int
    last: int


@dataclass(frozen=True)
class TooLong:
    """Attributes: first and last frame of the plate with anything affected; what one window holds, in seconds."""

    first: int
    last: int
    seconds: float


def window_of(summaries: Sequence[FrameSummary], info: ClipInfo, limits: Limits) -> Window | TooLong | None:
    """The window: from the first frame on which anything may change, or else as early as all that is affected allows.

    Returns:
        None where nothing is affected.
    """
    affected = [n for n, seen in enumerate(summaries) if any(seen.counts[place] for place in _CONSEQUENCES)]
    if not affected:
        return None
    begun = next(n for n, seen in enumerate(summaries) if seen.box is not None)
    for start in sorted({begun, *_leads(begun, affected[0], info, limits)}):
        window = _from(start, info, limits)
        if window.last >= affected[-1]:
            return window
    return TooLong(affected[0], affected[-1], limits.frames / limits.rate)


def _from(start: int, info: ClipInfo, limits: Limits) -> Window:
    """The last beat lasts as long as the one before it, or to the end of the clip."""
    frames = beats(info, range(start, len(info)), limits.rate)[: limits.frames]
    step = frames[-1] - frames[-2] if len(frames) > 1 else 1
    return Window(frames, limits.frames, min(frames[-1] + step, len(info)) - 1)


def _leads(begun: int, affected: int, info: ClipInfo, limits: Limits) -> list[int]:
    """Frames up to `LEAD` beats before the first consequence: what was going on is seen before it changes."""
    before = beats(info, range(begun, affected + 1), limits.rate)
    return list(before[-1 - LEAD :])
