"""How a thing departs from rigid and from smooth motion around a frame: what is measured, unweighted.

Whatever keeps its shape, or changes it smoothly, goes on after a frame as it did before: a cushion goes on sinking in,
what comes nearer goes on growing. And whatever is rigid moves its points as only a solid body can, however suddenly.
Generated shapes change with the codec's step in time, four frames: two frames in a row are too close to tell that from
the follower's noise. Shares are in percent of the thing's size, the root of its area.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.engines.void.morph.follow import Sighting, Step
from cleanplate.engines.void.morph.outline import outline_change
from cleanplate.engines.void.morph.surface import Surface, spread, surface, unbent, unrigid
from cleanplate.motion.warp import flow_warp

REACH = 3
"""Frames."""
_CLOSE = 2
"""Frames over which a thing's points are taken for those of a solid body: over more of them too few stay in sight."""


@dataclass(frozen=True)
class Drift:
    """At one frame; what could not be measured is None.

    Attributes:
        bend: by how much its surface bends (moves other than affinely) otherwise after the frame than before.
        ripple: by how much it bends within one frame.
        pliant: how far its points' paths are from those of any rigid body.
        outline: distance of its outline from midway between those before and after, laid on it.
        flutter: the same from one frame to the next.
        size: difference of its size from midway between those before and after; percent.
        light, colour: difference of its mean lightness and chroma from midway between those before and after; CIE Lab.
        fade: how differently its surface looks on the next frame, carried there: root mean square, CIE Lab.
        torn: percent of its surface that cannot be followed into the next frame and back.
        stir: how far its surface moves against its middle in a frame, as it turns or grows.
        speed: how far it goes in a frame.
        pixels: its size in pixels of the picture.
    """

    bend: float | None
    ripple: float | None
    pliant: float | None
    outline: float
    flutter: float
    size: float
    light: float
    colour: float
    fade: float | None
    torn: float
    stir: float
    speed: float
    pixels: float


def drift(steps: Sequence[Step]) -> Drift:
    """At the frame in the middle of 2 x `REACH` steps that follow each other."""
    middle = steps[REACH]
    here, first, last = middle.before, steps[0].before, steps[-1].after
    share = 100 / here.size
    far, close = surface(steps), surface(steps[REACH - _CLOSE : REACH + _CLOSE])
    ripple, stir = (None, None) if close is None else _moves(close)
    light, *chroma = _colour(here) - (_colour(first) + _colour(last)) / 2
    return Drift(
        bend=_times(share, None if far is None else _bend(far)),
        ripple=_times(share, ripple),
        pliant=_times(share, None if close is None else unrigid(close)),
        outline=share * outline_change(steps),
        flutter=share * outline_change(steps[REACH - 1 : REACH + 1]),
        size=100 * float(abs(np.log(here.size) - (np.log(first.size) + np.log(last.size)) / 2)),
        light=float(abs(light)),
        colour=float(np.linalg.norm(chroma)),
        fade=_fade(middle),
        torn=100 * (1 - float(middle.trusted[here.solid].mean())),
        stir=share * (stir or 0.0),
        speed=share * float(np.hypot(*(_place(middle.after) - _place(here)))),
        pixels=here.size,
    )


def _times(share: float, value: float | None) -> float | None:
    return None if value is None else share * value


def _bend(seen: Surface) -> float:
    """The change of motion of points, less what is affine of it."""
    first, here, last = seen.paths[[0, REACH, -1]]
    return spread(unbent(last - 2 * here + first, here, seen.tensors)[1], seen.tensors)


def _moves(seen: Surface) -> tuple[float, float]:
    """Of the step to the next frame: what is not affine of it, and all but the shift; pixels."""
    here, after = seen.paths[[_CLOSE, _CLOSE + 1]]
    matrix, rest = unbent(after - here, here, seen.tensors)
    away = (here - here.mean(axis=0)) @ matrix[:, :2].T
    return spread(rest, seen.tensors), float(np.sqrt((away**2).sum(axis=1).mean()))


def _fade(step: Step) -> float | None:
    known = step.before.solid & step.trusted
    if not known.any():
        return None
    apart = (flow_warp(_lab(step.after), step.flow) - _lab(step.before))[known]
    return float(np.sqrt(((apart - apart.mean(axis=0)) ** 2).sum(axis=1).mean()))


def _colour(thing: Sighting) -> NDArray[np.float64]:
    return np.asarray(_lab(thing)[thing.solid].mean(axis=0), np.float64)


def _lab(thing: Sighting) -> NDArray[np.float32]:
    return np.asarray(cv2.cvtColor(thing.picture / np.float32(255), cv2.COLOR_RGB2LAB))


def _place(thing: Sighting) -> NDArray[np.float64]:
    rows, columns = np.nonzero(thing.solid)
    middle = np.array([columns.mean(), rows.mean()])
    return np.asarray((middle - thing.window.matrix[:, 2]) / thing.window.scale)
