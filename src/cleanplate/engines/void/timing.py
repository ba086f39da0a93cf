"""Which frames of the plate the model sees, and from when to when. Read without torch.

The model was trained on clips of 12 frames a second whose first frame shows the object, but nothing of what it does:
frames are chosen by their times, and what is drawn begins well before the first consequence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cleanplate.engines.void.padding import WINDOW, mirrored, padded_length
from cleanplate.masks.labels import AFFECTED, LABELS, OVERLAP, Labels, primary_only
from cleanplate.masks.quadmask import FrameSummary
from cleanplate.media.probe import ClipInfo

RATE = 12.0
"""Frames a second that the model is made for."""
LEAD = 8
"""Beats before the first consequence."""
_NEAR = 0.05
"""How far from the model's rate, in parts of it, a rate may be that is even in the plate's frames."""
_APART = 2 * LEAD + 1
"""Beats between spans at least: none reaches back to the consequences of the one before."""
_TIE = 1e-6
"""Seconds: of two frames as near to a beat, the earlier is taken, however their times are rounded."""
_SHORT = 0.49
"""The last step is no shorter, in beats."""
_CONSEQUENCES = tuple(LABELS.index(label) for label in (OVERLAP, AFFECTED))


@dataclass(frozen=True)
class Span:
    """Frames of the plate that are drawn together.

    Attributes:
        frames: in rising order, one a beat; between two of them the plate may have more.
        affected: the first frame of the plate on which anything is labelled affected, None where nothing ever is.
        shortest: frames of the shortest clip that the model is given.
    """

    frames: tuple[int, ...]
    affected: int | None
    shortest: int = WINDOW

    @property
    def length(self) -> int:
        """Frames that the model is given."""
        return padded_length(len(self.frames), self.shortest)

    @property
    def order(self) -> tuple[int, ...]:
        """Which of `frames`, by its place among them, stands at each place of what the model is given."""
        return mirrored(len(self.frames), self.length)

    @property
    def lead(self) -> int:
        """Beats before the first consequence."""
        return len(self.frames) if self.affected is None else sum(frame < self.affected for frame in self.frames)


def spans(
    summaries: Sequence[FrameSummary], info: ClipInfo, shortest: int = WINDOW, rate: float = RATE
) -> tuple[Span, ...]:
    """Everything that may change; what lies further apart than the shortest clip is in spans of its own.

    A span begins `LEAD` beats or more before its first consequence, or where the plate begins; room up to the length
    that the model is given is filled with what the plate has after it, and before it.

    Args:
        summaries: of the quadmask, one for each frame of the plate.
        rate: frames a second that are drawn.

    Raises:
        ValueError: the quadmask has another length than the plate.
    """
    if len(summaries) != len(info):
        raise ValueError(f"the quadmask has {len(summaries)} frames, the plate {len(info)}")
    times, beat = _seconds(info), _beat(info, rate)
    changed = [n for n in range(len(info)) if summaries[n].box is not None]
    runs = _runs(changed, times, max(shortest, _APART) * beat)
    return tuple(_span(run, summaries, times, beat, shortest) for run in runs)


def without_consequences(labels: Labels) -> tuple[Labels, int]:
    """A span's first frame as in training: 127 is kept, 63 goes. Also how many samples were 127."""
    return primary_only(labels), int(np.count_nonzero(labels == AFFECTED))


def beats(info: ClipInfo, run: range, rate: float = RATE) -> tuple[int, ...]:
    """Frames of a run, its first and last among them, in steps even in time.

    The steps are those of the rate. Where every n-th frame of the plate comes within 5 % of that (of 12 a second at 24,
    25, 48, 50 or 60), they are n frames, so that no motion stutters. A slower plate gives each frame once.
    """
    return _beats(_seconds(info), _beat(info, rate), run)


def _span(run: range, summaries: Sequence[FrameSummary], times: NDArray[np.float64], beat: float, least: int) -> Span:
    affected = next((n for n in run if any(summaries[n].counts[place] for place in _CONSEQUENCES)), None)
    start = run.start if affected is None else _early(run.start, affected, times, beat)
    chosen = _beats(times, beat, range(start, run.stop))
    length = padded_length(len(chosen), least)
    if len(chosen) < length:
        end = int(np.searchsorted(times, times[start] + (length - 0.5) * beat))
        chosen = _beats(times, beat, range(start, max(end, run.stop)))[:length]
    return Span(_begun_earlier(chosen, length, times, beat), affected, least)


def _begun_earlier(chosen: tuple[int, ...], length: int, times: NDArray[np.float64], beat: float) -> tuple[int, ...]:
    """With frames before the first, as far as the plate has them and the length has room."""
    start, stop = chosen[0], chosen[-1] + 1
    while start and len(chosen) < length:
        missing = (length - len(chosen)) * beat
        start = min(start - 1, int(np.searchsorted(times, times[start] - missing)))
        more = _beats(times, beat, range(start, stop))
        if len(more) > length:
            break
        chosen = more
    return chosen


def _early(start: int, affected: int, times: NDArray[np.float64], beat: float) -> int:
    """The latest frame, `start` or one before it, from which there are beats enough up to the first consequence."""
    start = min(start, max(0, int(np.searchsorted(times, times[affected] - LEAD * beat, side="right")) - 1))
    while start and sum(n < affected for n in _beats(times, beat, range(start, affected + 1))) < LEAD:
        start -= 1
    return start


def _runs(frames: Sequence[int], times: NDArray[np.float64], gap: float) -> Iterator[range]:
    """Stretches of frames; a gap that is no longer does not part them."""
    if not frames:
        return
    cuts = [n for n in range(1, len(frames)) if times[frames[n]] - times[frames[n - 1]] > gap]
    for start, stop in zip([0, *cuts], [*cuts, len(frames)], strict=True):
        yield range(frames[start], frames[stop - 1] + 1)


def _beat(info: ClipInfo, wanted: float) -> float:
    """Seconds between two beats."""
    rate = float(info.rate)
    every = max(1, round(rate / wanted))
    even = info.is_constant_rate and (rate < wanted or abs(rate / every / wanted - 1) <= _NEAR)
    return every / rate if even else 1 / wanted


def _beats(times: NDArray[np.float64], beat: float, run: range) -> tuple[int, ...]:
    if len(run) < 3:
        return tuple(run)
    own = times[run.start : run.stop]
    wanted = np.r_[own[0], np.arange(own[0] + beat, own[-1] - _SHORT * beat, beat), own[-1]]
    after = np.clip(np.searchsorted(own, wanted), 1, len(own) - 1)
    nearest = np.where(wanted - own[after - 1] <= own[after] - wanted + _TIE, after - 1, after)
    return tuple(run.start + int(place) for place in np.unique(nearest))


def _seconds(info: ClipInfo) -> NDArray[np.float64]:
    """When each frame appears, from the first."""
    return np.asarray((info.pts - info.pts[0]) * float(info.time_base), np.float64)
