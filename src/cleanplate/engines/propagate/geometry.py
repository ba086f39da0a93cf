"""Where each pixel of one frame lies in another: the camera's homography, and a smooth residual field for parallax."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.engines.propagate.boxes import grown
from cleanplate.engines.propagate.footage import CAST
from cleanplate.engines.propagate.parallax import View, sweep
from cleanplate.engines.propagate.survey import Survey, usable
from cleanplate.masks.track import mask_box
from cleanplate.motion.camera import estimate_homography, largest_shift
from cleanplate.motion.flow import Flow, consistency
from cleanplate.motion.membrane import complete
from cleanplate.motion.warp import (
    IDENTITY,
    Grid,
    Homography,
    resample,
    rescaled,
    send_grid,
    warp_homography,
)

_STILL = 0.08
"""Survey pixels: a camera that moves no corner further than this between two frames stands still."""
_PARALLAX = 0.35
_PARALLAX_SHARE = 0.08
"""Flow is used when more than this share of the hole's surroundings lies further than that from the homography."""
_BLUR = 6
"""Survey pixels by which flow smears what moves into what does not."""
_NEAR = 61
_LONGEST = 40.0
"""Survey pixels: longer residuals belong to things that move, not to the scene's depth."""
_SHORTEST = 1.0


@dataclass(frozen=True)
class Relation:
    """How a target frame sees a source frame.

    Attributes:
        matrix: target to source, in plate pixels.
        residual: h x w x 2 float32 on the target's survey grid, in survey pixels, to add before the homography, or
            None.
        scale: (y, x) size of the plate over the survey's.
        view: what the residual was measured from, where there is one.
        blocked: h x w float32 on the same grid: 1 where the source has something nearer in the way.
    """

    matrix: Homography
    residual: NDArray[np.float32] | None
    scale: tuple[float, float]
    view: View | None = None
    blocked: NDArray[np.float32] | None = None

    @property
    def still(self) -> bool:
        """True when source pixels can be copied as they are."""
        return self.residual is None and np.array_equal(self.matrix, IDENTITY)

    def send(self, place: Grid) -> Grid:
        """The source places of target places, both in plate pixels."""
        if self.residual is not None:
            sy, sx = self.scale
            shift = resample(self.residual, on_survey(place, self.scale), kernel=cv2.INTER_LINEAR)
            place = place + shift * np.array([sx, sy], np.float32)
        return send_grid(self.matrix, place)

    def clear(self, place: Grid) -> NDArray[np.float32] | float:
        """0..1: whether the source sees target places, in plate pixels, past what is nearer."""
        if self.blocked is None:
            return 1.0
        return 1 - np.asarray(resample(self.blocked, on_survey(place, self.scale), kernel=cv2.INTER_LINEAR), np.float32)


def on_survey(grid: Grid, scale: tuple[float, float]) -> Grid:
    """Plate places as places on the survey grid."""
    sy, sx = scale
    return np.asarray((grid + 0.5) / np.array([sx, sy], np.float32) - 0.5, np.float32)


def on_plate(grid: Grid, scale: tuple[float, float]) -> Grid:
    """Survey places as places on the plate's grid."""
    sy, sx = scale
    return np.asarray((grid + 0.5) * np.array([sx, sy], np.float32) - 0.5, np.float32)


def relate(survey: Survey, target: int, source: int, flow: Flow) -> Relation:
    """Measure how `target` sees `source`: the chain's guess, refined between the two, and the flow that is left."""
    if target == source:
        return Relation(IDENTITY, None, survey.scale)
    a, b = survey.gray(target), survey.gray(source)
    free_a, free_b = usable(survey.role(target)), usable(survey.role(source))
    motion = estimate_homography(a, b, usable_a=free_a, usable_b=free_b, guess=survey.guess(target, source))
    small = motion.matrix if motion.support > 0 else survey.guess(target, source)
    if largest_shift(small, *a.shape) < _STILL:
        return Relation(IDENTITY, None, survey.scale)
    view = _view(
        a,
        b,
        free_a=usable(survey.role(target), _BLUR),
        free_b=usable(survey.role(source), _BLUR),
        matrix=small,
        flow=flow,
    )
    sy, sx = survey.scale
    matrix = rescaled(small, sx, sy)
    if not _has_parallax(view, survey.role(target)):
        return Relation(matrix, None, survey.scale)
    return Relation(matrix, _smoothly_completed(view), survey.scale, view)


def with_depth(survey: Survey, target: int, relations: Mapping[int, Relation]) -> dict[int, Relation]:
    """The relations of one target to its sources, with depth found inside the hole where that is possible."""
    deep = [source for source, relation in relations.items() if relation.view is not None]
    hidden = mask_box(survey.role(target) >= CAST)
    if hidden is None or not deep:
        return dict(relations)
    y0, x0, y1, x1 = grown(hidden, _NEAR, *survey.gray(target).shape)
    part = np.s_[y0:y1, x0:x1]
    shift = np.array([[1, 0, x0], [0, 1, y0], [0, 0, 1]], np.float64)
    views = [_cut(view, part, shift) for source in deep if (view := relations[source].view) is not None]
    depths = sweep(np.ascontiguousarray(survey.gray(target)[part]), views)
    found = dict(relations)
    for source, depth in zip(deep, depths, strict=False):
        old = relations[source]
        if old.residual is not None:
            whole, blocked = old.residual.copy(), np.zeros(old.residual.shape[:2], np.float32)
            whole[part], blocked[part] = depth.residual, depth.blocked
            found[source] = replace(old, residual=whole, blocked=blocked)
    return found


def _cut(view: View, part: tuple[slice, slice], shift: Homography) -> View:
    """A view of a box of the target."""
    return View(view.gray, view.free, view.matrix @ shift, view.flow[part], view.known[part])


def _view(
    a: NDArray[np.uint8],
    b: NDArray[np.uint8],
    *,
    free_a: NDArray[np.bool_],
    free_b: NDArray[np.bool_],
    matrix: Homography,
    flow: Flow,
) -> View:
    """What the homography leaves of the motion, and where that was measured in both directions."""
    brought = warp_homography(b, matrix, a.shape, kernel=cv2.INTER_CUBIC)
    seen = warp_homography(free_b.astype(np.uint8), matrix, a.shape, kernel=cv2.INTER_NEAREST) > 0
    forward, backward = flow(a, brought), flow(brought, a)
    # Depth shows only as far as the camera moves: what moves further before a quiet camera moves by itself.
    longest = float(np.clip(largest_shift(matrix, *a.shape), _SHORTEST, _LONGEST))
    known = free_a & seen & consistency(forward, backward) & (np.linalg.norm(forward, axis=2) < longest)
    return View(b, free_b, matrix, forward, known)


def _has_parallax(view: View, roles: NDArray[np.uint8]) -> bool:
    """Whether the homography fails around the hole."""
    near = view.known & (cv2.dilate((roles >= CAST).astype(np.uint8), np.ones((_NEAR, _NEAR), np.uint8)) > 0)
    length = np.linalg.norm(view.flow[near], axis=1)
    return bool(len(length)) and float((length > _PARALLAX).mean()) >= _PARALLAX_SHARE


def _smoothly_completed(view: View) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(complete(view.flow, view.known), (0, 0), 1.0), np.float32)
