"""Following one thing from frame to frame: where it is, what of the picture it is, and how its surface moves."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.engines.void.morph.palette import likelihood, palette
from cleanplate.engines.void.morph.search import found
from cleanplate.engines.void.morph.window import MIDDLE, SIDE, SPAN, Affine, Rgb, Soft, Window, window_on
from cleanplate.motion.flow import FlowField
from cleanplate.motion.warp import flow_warp

_LEAST = 45
"""Pixels of the window under which there is nothing left to follow."""
_AGREES = 1.0, 0.05
"""How far the flow there and back may miss: pixels of the window, and share of the motion."""
_ENOUGH = 30
"""Pixels whose flow is trusted with which an affine motion is fitted; fewer give a shift."""
_PRIOR_BLUR, _PRIOR_LIMIT = 3.0, 3.5
_COLOUR = 0.8
"""Weight of what the colours say beside where the mask was carried to."""
_BEYOND = 13
"""Pixels of the window, across, by which a mask may grow in one step."""
_RING = 7, 29
"""The surroundings: what lies between these two dilations of the mask, in pixels across."""
_LEARN = 0.07
"""Share by which the thing's palette takes on each new frame."""
_ZOOM = 0.93, 1.07


@dataclass(frozen=True)
class Sighting:
    """The thing on one frame.

    Attributes:
        window: where it is looked at.
        picture: SIDE x SIDE x 3 uint8, what the window shows.
        mask: SIDE x SIDE float32, 0..1; the thing is where it exceeds 0.5.
        cut: it reaches the picture's edge, so that not all of it is known.
    """

    window: Window
    picture: Rgb
    mask: Soft
    cut: bool = False

    @property
    def solid(self) -> NDArray[np.bool_]:
        """Where the thing is."""
        return np.asarray(self.mask > 0.5)

    @property
    def size(self) -> float:
        """Root of its area, in the picture's pixels."""
        return float(np.sqrt(self.mask.sum())) / self.window.scale


@dataclass(frozen=True)
class Step:
    """From one frame to the next.

    Attributes:
        before: the thing.
        after: the thing on the next frame, in a window of the same scale that was moved along.
        flow: SIDE x SIDE x 2 float32, from `before` to `after` in pixels of the window.
        back: the other way, in the window of `after`.
        trusted, held: SIDE x SIDE bool: where `flow`, and where `back`, agrees with the other one.
        affine: the motion in the window that most of the thing's surface agrees on.
    """

    before: Sighting
    after: Sighting
    flow: FlowField
    back: FlowField
    trusted: NDArray[np.bool_]
    held: NDArray[np.bool_]
    affine: Affine


class Follower:
    """Follows one thing, frame by frame; holds no more than one frame's window.

    Attributes:
        now: the thing on the last frame seen.
    """

    def __init__(self, picture: Rgb, mask: NDArray[np.bool_]) -> None:
        """Start with the thing at `mask` (H x W, not empty) of a picture (H x W x 3 uint8)."""
        window = window_on(mask)
        self.now = Sighting(window, window.look(picture), window.look(mask.astype(np.float32)), _cut(mask))
        self._speed = np.zeros(2)
        self._thing = palette(self.now.picture, self.now.solid)
        self._around = palette(self.now.picture, _ring(self.now.solid))
        # Not at full resolution by default; a thing in its window is worth it.
        self._dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        self._dis.setFinestScale(0)

    def step(self, picture: Rgb) -> Step | None:
        """On to the next picture; None when the thing is lost or gone, and then for good."""
        before = self.now
        if np.count_nonzero(before.solid) < _LEAST:
            return None
        window = before.window.moved(*found(picture, before.picture, before.mask, before.window, self._speed))
        look = window.look(picture)
        flow, back = self._flow(before.picture, look), self._flow(look, before.picture)
        trusted, held = _agree(flow, back), _agree(back, flow)
        affine = _affine(flow, before.solid, trusted)
        carried = np.where(held, flow_warp(before.mask, back), cv2.warpAffine(before.mask, affine, (SIDE, SIDE)))
        mask = self._segmented(look, carried)
        if mask is None:
            return None
        after = Sighting(window, look, mask, _cut(window.laid_out(mask, *picture.shape[:2])))
        self._recentre(picture, after)
        return Step(before, after, flow, back, trusted, held, affine)

    def _flow(self, a: Rgb, b: Rgb) -> FlowField:
        here, there = (cv2.cvtColor(one, cv2.COLOR_RGB2GRAY) for one in (a, b))
        return np.asarray(self._dis.calc(here, there, None), np.float32)

    def _segmented(self, look: Rgb, carried: Soft) -> Soft | None:
        """The mask that both the carried one and the colours speak for; None where nothing is left."""
        prior = cv2.GaussianBlur(carried, (0, 0), _PRIOR_BLUR)
        odds = np.clip(np.log((prior + 0.02) / (1.02 - prior)), -_PRIOR_LIMIT, _PRIOR_LIMIT)
        expected = prior > 0.5
        if np.count_nonzero(expected) < _LEAST:
            return None
        around = 0.7 * palette(look, _ring(expected)) + 0.3 * self._around
        colours = cv2.GaussianBlur(likelihood(look, self._thing, around), (0, 0), 1.0)
        odds = cv2.GaussianBlur(odds + _COLOUR * colours, (0, 0), 0.8)
        solid = _whole((odds > 0) & _dilated(expected, _BEYOND), expected)
        if np.count_nonzero(solid) < _LEAST:
            return None
        self._around = around
        share = 1 / (1 + np.exp(-odds))
        inside, outside = np.maximum(share, 0.51), np.minimum(share, 0.49)
        return np.asarray(np.where(solid, inside, outside) * _dilated(solid, 3), np.float32)

    def _recentre(self, picture: Rgb, seen: Sighting) -> None:
        """Look at the thing where it now is, and learn what it looks like from there."""
        rows, columns = np.nonzero(seen.solid)
        scale = seen.window.scale
        middle = seen.window.moved((columns.mean() - MIDDLE) / scale, (rows.mean() - MIDDLE) / scale)
        zoom = SPAN / (max(np.ptp(rows), np.ptp(columns)) + 1)
        window = Window(middle.x, middle.y, scale * float(np.clip(zoom, *_ZOOM)))
        mask = cv2.warpAffine(seen.mask, seen.window.onto(window), (SIDE, SIDE))
        self._speed = np.array([window.x - self.now.window.x, window.y - self.now.window.y])
        self.now = Sighting(window, window.look(picture), mask, seen.cut)
        self._thing = (1 - _LEARN) * self._thing + _LEARN * palette(self.now.picture, self.now.solid)


def _agree(flow: FlowField, back: FlowField) -> NDArray[np.bool_]:
    absolute, relative = _AGREES
    miss = np.linalg.norm(flow + flow_warp(back, flow), axis=2)
    return np.asarray(miss <= absolute + relative * np.linalg.norm(flow, axis=2))


def _affine(flow: FlowField, solid: NDArray[np.bool_], trusted: NDArray[np.bool_]) -> Affine:
    """The affine motion of the surface; a shift where too little of it can be told."""
    inner = cv2.erode(solid.astype(np.uint8), np.ones((3, 3))).astype(bool) & trusted
    rows, columns = np.nonzero(inner)
    start = np.stack([columns, rows], axis=1).astype(np.float32)
    move = flow[inner]
    if len(start) >= _ENOUGH:
        matrix, _ = cv2.estimateAffine2D(start, start + move, ransacReprojThreshold=1.5, maxIters=200)
        if matrix is not None and 0.7 < np.linalg.det(matrix[:, :2]) < 1.4:
            return np.asarray(matrix, np.float64)
    shift = np.median(move if len(start) >= _ENOUGH else flow[solid], axis=0)
    return np.array([[1.0, 0.0, shift[0]], [0.0, 1.0, shift[1]]])


def _whole(solid: NDArray[np.bool_], expected: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The piece that has most of what was expected, without holes."""
    count, pieces = cv2.connectedComponents(solid.astype(np.uint8))
    if count <= 1:
        return solid
    best = 1 + int(np.argmax(np.bincount(pieces[expected], minlength=count)[1:]))
    outlines, _ = cv2.findContours((pieces == best).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = np.zeros(solid.shape, np.uint8)
    cv2.drawContours(filled, outlines, -1, 1, cv2.FILLED)
    return filled.astype(bool)


def _ring(solid: NDArray[np.bool_]) -> NDArray[np.bool_]:
    inner, outer = _RING
    return _dilated(solid, outer) & ~_dilated(solid, inner)


def _dilated(solid: NDArray[np.bool_], across: int) -> NDArray[np.bool_]:
    return np.asarray(cv2.dilate(solid.astype(np.uint8), np.ones((across, across))) > 0)


def _cut(mask: NDArray[np.bool_]) -> bool:
    """Whether it reaches an edge of the picture."""
    return bool(mask[[0, -1]].any() or mask[:, [0, -1]].any())
