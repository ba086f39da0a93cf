"""When each frame appears: read from packets alone, without decoding, and mended where a file says nothing sensible."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

_GAP_SECONDS = 2


@dataclass(frozen=True, eq=False)
class Packets:
    """The plate's packets in the order of the file.

    Attributes:
        pts, dts: int64 ticks; `missing` marks packets without a pts.
        key: decoding can start here.
        discard: decoded but not presented (edit lists).
        last_duration: ticks of the last presented packet, 0 when unknown.
        cut_short: the file ends inside a packet or before its own index says.
        checksum: how FFV1 packets prove themselves whole (`ffv1_check`); None where they do not.
    """

    pts: NDArray[np.int64]
    dts: NDArray[np.int64]
    missing: NDArray[np.bool_]
    key: NDArray[np.bool_]
    discard: NDArray[np.bool_]
    last_duration: int
    cut_short: bool
    checksum: int | None = None

    @property
    def presented(self) -> NDArray[np.int64]:
        """Times of the presented frames in presentation order, as far as packets tell."""
        return np.sort(self.pts[~self.discard & ~self.missing])

    @property
    def tells_order(self) -> bool:
        """True when every packet has a time of its own, so that packets alone say which frame is which."""
        return not self.missing.any() and bool(np.all(np.diff(self.presented) > 0))

    def keys_before(self, pts: int) -> NDArray[np.int64]:
        """Positions, nearest first, of packets from which decoding reaches the frame shown at `pts`."""
        return np.flatnonzero(self.key & (self.pts <= pts))[::-1]


def mended(times: Sequence[int | None], rate: Fraction, time_base: Fraction) -> tuple[NDArray[np.int64], str | None]:
    """Strictly increasing times for frames in presentation order, and a warning where they had to be made up.

    Repeated or backward times are spread evenly up to the next good one; if one is missing, or there is no room, all
    times follow from the rate.
    """
    if None not in times:
        known = np.array(times, dtype=np.int64)
        if np.all(np.diff(known) > 0):
            return known, None
        spread = _spread(known, _step(rate, time_base))
        if np.all(np.diff(spread) > 0):
            odd = int(np.sum(np.diff(known) <= 0))
            return spread, f"{odd} frames repeat or go back in time; they are spread over the time to the next frame"
    start = next((time for time in times if time is not None), 0)
    made = start + from_rate(len(times), rate, time_base)
    return made, f"the file does not say when frames appear; {float(rate):g} frames a second are assumed"


def _step(rate: Fraction, time_base: Fraction) -> int:
    return max(1, round(1 / (rate * time_base)))


def from_rate(count: int, rate: Fraction, time_base: Fraction) -> NDArray[np.int64]:
    """Ticks of `count` evenly spaced frames from 0; at least one tick apart."""
    ticks = 1 / (rate * time_base)
    if ticks < 1:
        return np.arange(count, dtype=np.int64)
    half, numerator, denominator = ticks.denominator // 2, ticks.numerator, ticks.denominator
    return (np.arange(count, dtype=np.int64) * numerator + half) // denominator


def _spread(times: NDArray[np.int64], step: int) -> NDArray[np.int64]:
    """Keep the running maxima where they rise; place what lies between by linear interpolation."""
    peaks = np.maximum.accumulate(times)
    good = np.concatenate([[True], np.diff(peaks) > 0])
    anchors, positions = peaks[good], np.flatnonzero(good)
    tail = len(times) - positions[-1]  # frames from the last good one on, spaced by the rate
    anchors = np.append(anchors, anchors[-1] + tail * step)
    positions = np.append(positions, len(times))
    placed: NDArray[np.float64] = np.interp(np.arange(len(times)), positions, anchors)
    return np.floor(placed).astype(np.int64)


def gap_warning(pts: NDArray[np.int64], time_base: Fraction) -> str | None:
    """A sentence on the longest gap, when one frame stands for over two seconds and ten times longer than most."""
    if len(pts) < 3:
        return None
    steps = np.diff(pts)
    longest = int(steps.argmax())
    seconds = float(steps[longest] * time_base)
    if seconds < _GAP_SECONDS or steps[longest] < 10 * np.median(steps):
        return None
    return f"nothing is shown for {seconds:.1f} s after frame {longest}; that gap is kept"
