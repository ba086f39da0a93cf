"""Which frames of the plate a model sees, and in which windows. Read without torch.

A model is made for one frame rate. Of a plate that is much faster it sees every n-th frame, by time, and the last one:
the *keys*. What lies between is made from them (`between`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from cleanplate.edit.region import PermittedRegion
from cleanplate.media.probe import ClipInfo


@dataclass(frozen=True)
class Window:
    """Keys that are drawn together.

    Attributes:
        number: 0, 1, ... over the whole edit.
        keys: frames of the plate.
        head: how many of the first keys the window before has drawn too; 0 for the first of a run.
        start: the first frame that comes with it: its first key, or what follows the last one of the window before.
    """

    number: int
    keys: tuple[int, ...]
    head: int
    start: int

    @property
    def frames(self) -> range:
        """Those that come with it, up to its last key."""
        return range(self.start, self.keys[-1] + 1)


@dataclass(frozen=True)
class Rhythm:
    """How keys and windows are chosen.

    Attributes:
        rate: frames a second that the model is made for.
        window: frames of a window, 1 + k x stride.
        stride: frames that a latent stands for.
        slowest: frames a second down to which keys are spread, so that one window holds all of them; None spreads none.
    """

    rate: float
    window: int
    stride: int
    slowest: float | None = None

    @property
    def overlap(self) -> int:
        """Frames that two windows share, 1 + k x stride: about a quarter of a window; none where one latent is all."""
        latents = (self.window - 1) // self.stride
        return 1 + self.stride * min(max(1, latents // 4), latents - 1) if latents else 0

    def keys(self, frames: int) -> int:
        """How many of so many frames at the model's rate are keys."""
        if self.slowest is None or frames <= self.window:
            return frames
        return max(self.window, 1 + math.ceil((frames - 1) / self.rate * self.slowest))


def schedule(region: PermittedRegion, frames: range, info: ClipInfo, rhythm: Rhythm) -> tuple[Window, ...]:
    """The windows over all frames on which anything may change."""
    windows: list[Window] = []
    step = every(info, rhythm.rate)
    for run in _runs([n for n in frames if region.box(n) is not None], rhythm.window * step):
        windows += _windows(_keys(run, info, rhythm), rhythm, len(windows))
    return tuple(windows)


def every(info: ClipInfo, rate: float) -> int:
    """Every so manieth frame of the plate is a key: the nearest to the model's rate that keeps motion even."""
    return max(1, round(float(info.rate) / rate))


def _keys(run: range, info: ClipInfo, rhythm: Rhythm) -> list[int]:
    """At the model's rate; or spread over the run so that they are one window, or at least as slow as they may be."""
    usual = keys_of(run, info, every(info, rhythm.rate))
    if rhythm.slowest is None or len(usual) <= rhythm.window:
        return usual
    seconds = float((info.pts[run[-1]] - info.pts[run[0]]) * info.time_base)
    if (rhythm.window - 1) / seconds < rhythm.slowest:
        return keys_of(run, info, every(info, rhythm.slowest))
    times = info.pts[run.start : run.stop].astype(np.float64)
    wanted = np.linspace(times[0], times[-1], rhythm.window)
    return sorted({run.start + int(np.abs(times - time).argmin()) for time in wanted})


def keys_of(run: range, info: ClipInfo, step: int) -> list[int]:
    """The first frame of the run, those that follow it in steps even in time, and the last."""
    if step == 1 or len(run) < 3:
        return list(run)
    times = info.pts[run.start : run.stop].astype(np.float64)
    spacing = step / float(info.rate) / float(info.time_base)
    wanted = np.append(np.arange(times[0], times[-1], spacing), times[-1])
    return sorted({run.start + int(np.abs(times - time).argmin()) for time in wanted})


def _runs(frames: Sequence[int], gap: int) -> Iterator[range]:
    """Stretches of frames; a gap shorter than a window does not part them."""
    start = before = None
    for frame in frames:
        if start is not None and before is not None and frame - before > gap:
            yield range(start, before + 1)
            start = None
        start = frame if start is None else start
        before = frame
    if start is not None and before is not None:
        yield range(start, before + 1)


def _windows(keys: Sequence[int], rhythm: Rhythm, first: int) -> Iterator[Window]:
    start, frame = 0, keys[0]
    while True:
        stop = min(start + rhythm.window, len(keys))
        yield Window(first, tuple(keys[start:stop]), rhythm.overlap if start else 0, frame)
        if stop == len(keys):
            return
        start, first, frame = stop - rhythm.overlap, first + 1, keys[stop - 1] + 1
