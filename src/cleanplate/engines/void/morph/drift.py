"""How a thing departs from smooth motion around a frame: what is measured, unweighted.

Whatever keeps its shape, or changes it smoothly, goes on after a frame as it did before: a cushion goes on sinking in,
what comes nearer goes on growing, and what turns shows, over as many frames before as after, the same change twice but
for a shear. So each measure is of the difference between what comes after a frame and what came before it. Generated
shapes change with the codec's step in time, four frames, and show most over as many; what turns too fast to be followed
over those is followed over fewer. Shares are in percent of the thing's size, the root of its area.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.engines.void.morph.follow import Sighting, Step
from cleanplate.engines.void.morph.surface import Surface, tracks, unbent, waved

REACH = 4
"""Frames to either side: the codec's step."""
_CLOSE = 2
_THINNEST = 1e-3
"""Of its width: what is stretched to less is taken for that."""


@dataclass(frozen=True)
class Drift:
    """At one frame; what could not be measured is None.

    Attributes:
        wave: by how much its surface bends (moves otherwise than affinely, as far as that is smooth) otherwise after
            the frame than before, over `REACH` frames to either side.
        pulse, pulse_close: by how many percent it is stretched otherwise after the frame than before, over `REACH` and
            over two frames to either side.
        turn: how much it turns, grows or is sheared in `REACH` frames, percent.
        size: difference of its size from midway between those `REACH` frames before and after; percent.
        colour: difference of its mean chroma from midway between those; CIE Lab.
        pixels: its size in pixels of the picture.
    """

    wave: float | None
    pulse: float | None
    pulse_close: float | None
    turn: float | None
    size: float
    colour: float
    pixels: float


def drift(steps: Sequence[Step]) -> Drift:
    """At the frame in the middle of 2 x `REACH` steps that follow each other."""
    here, first, last = steps[REACH].before, steps[0].before, steps[-1].after
    points = tracks(steps)
    far, close = points.within(REACH), points.within(_CLOSE)
    wave, pulse, turn = (None, None, None) if far is None else _change(far)
    chroma = _chroma(here) - (_chroma(first) + _chroma(last)) / 2
    return Drift(
        wave=None if wave is None else wave / here.size * 100,
        pulse=pulse,
        pulse_close=None if close is None else _change(close)[1],
        turn=turn,
        size=100 * float(abs(np.log(here.size) - (np.log(first.size) + np.log(last.size)) / 2)),
        colour=float(np.linalg.norm(chroma)),
        pixels=here.size,
    )


def _change(seen: Surface) -> tuple[float, float, float]:
    """How the points' motion after the frame differs from that before: pixels that are smooth and not affine, and
    percent of stretching; and percent of all but the shift that both have in common."""
    before, here, after = seen.paths[[0, len(seen.paths) // 2, -1]]
    changed, rest = unbent(after - 2 * here + before, here, seen.tensors)
    steady, _ = unbent((after - before) / 2, here, seen.tensors)
    ahead = np.eye(2) + steady[:, :2] + changed[:, :2] / 2
    behind = np.eye(2) - steady[:, :2] + changed[:, :2] / 2
    pulse = float(np.linalg.norm(stretch(ahead) + stretch(behind)))
    return waved(rest, here, seen.tensors), 100 * pulse, 100 * float(np.linalg.norm(steady[:, :2]))


def stretch(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    """2 x 2: the logarithm of what a linear motion (2 x 2) stretches, whatever it turns by."""
    _, along, axes = np.linalg.svd(linear)
    return np.asarray((axes.T * np.log(np.maximum(along, _THINNEST))) @ axes)


def _chroma(thing: Sighting) -> NDArray[np.float64]:
    """Its mean: two values, CIE Lab."""
    pixels = thing.picture[thing.solid][None] / np.float32(255)
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB)[0, :, 1:].mean(axis=0), np.float64)
