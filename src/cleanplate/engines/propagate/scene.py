"""A clip and what is known of its scene, as the footage that the engine works on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cleanplate.edit.layer_format import layer_format, layer_scale
from cleanplate.engines.propagate.boxes import grown
from cleanplate.engines.propagate.footage import CAST, FREE, HOLE, LIVE, Roles, survey_size
from cleanplate.masks.grid import fill_cells
from cleanplate.masks.labels import AFFECTED, removed
from cleanplate.masks.quadmask import QuadMask
from cleanplate.masks.reasoning import Kind, Reasoning, Thing
from cleanplate.media.colour import luma8, resolve, to_444
from cleanplate.media.frame import Frame, PixelFormat, Plane
from cleanplate.motion.warp import Box
from cleanplate.pipeline.protocols import Scene

CAST_KINDS = (Kind.SHADOW, Kind.REFLECTION)
_EVEN = 0.5
"""Confidence up to which a claim is no likelier than not."""


def cast_things(reasoning: Reasoning | None) -> list[Thing]:
    """The shadows and reflections that the reasoning names and that are likelier there than not.

    What may only be there is left as it is: the ground that it would lie on is wanted as a source.
    """
    things = () if reasoning is None else reasoning.affected
    return [thing for thing in things if thing.kind in CAST_KINDS and thing.confidence > _EVEN]


class SceneFootage:
    """Footage (see `footage.Footage`) of a scene with a quadmask."""

    def __init__(self, scene: Scene, quadmask: QuadMask) -> None:
        info = scene.clip.info
        self._scene, self._info, self._quadmask = scene, info, quadmask
        self.height, self.width, self.length = info.height, info.width, len(scene.clip)
        layer = layer_format(info.format)
        self._scale, self.dtype = layer_scale(info.format), np.dtype(np.float32 if layer.is_float else np.uint16)
        self.peak = 1.0 if layer.is_float else float(layer.peak)
        self._channels = info.format.components - info.format.has_alpha
        self._siting = resolve(info.colour, info.format, info.height).siting
        self._casts = cast_things(scene.reasoning)

    def grays(self, frames: range) -> Iterator[NDArray[np.uint8]]:
        size = survey_size(self.height, self.width)
        return (luma8(frame, self._info, size) for frame in self._scene.clip.frames(frames.start, frames.stop))

    def colour(self, index: int, box: Box) -> NDArray[Any]:
        colour = np.zeros((self.height, self.width, self._channels), self.dtype)
        y0, x0, y1, x1 = box = _for_chroma(box, self.height, self.width)
        codes = to_444(_cut(self._scene.clip.frame(index), box, self._info.format), self._info.format, self._siting)
        codes = codes[..., : self._channels] * np.float32(self._scale)
        if self.dtype.kind != "f":
            np.clip(codes, 0, self.peak, out=codes)
            codes += np.float32(0.5)
        colour[y0:y1, x0:x1] = codes
        return colour

    def roles(self, index: int) -> Roles:
        labels = self._quadmask.at(index)
        roles = np.full(labels.shape, FREE, np.uint8)
        roles[labels == AFFECTED] = LIVE
        for thing in self._casts:
            if thing.onset <= index <= thing.end:
                roles[(labels == AFFECTED) & self._region(thing, index)] = CAST
        roles[removed(labels)] = HOLE
        return roles

    def _region(self, thing: Thing, index: int) -> NDArray[np.bool_]:
        """Where a shadow or reflection lies on a frame: its track, or the grid cells it touches."""
        track = self._scene.things.get(thing.id)
        if track is not None:
            return track.mask(index)
        reached = [at for at in thing.cells_by_time if at.frame <= index]
        if not reached or self._scene.reasoning is None:
            return np.zeros((self.height, self.width), np.bool_)
        cells = max(reached, key=lambda at: at.frame).cells
        return fill_cells(cells, self._scene.reasoning.grid, self.height, self.width)


_CHROMA = 16
"""Pixels beyond a box that chroma's interpolation may look at, and a multiple of every subsampling."""


def _for_chroma(box: Box, height: int, width: int) -> Box:
    """The box with a rim, cut between chroma samples."""
    y0, x0, y1, x1 = grown(box, _CHROMA, height, width)
    return y0 // _CHROMA * _CHROMA, x0 // _CHROMA * _CHROMA, y1, x1


def _cut(frame: Frame, box: Box, fmt: PixelFormat) -> tuple[Plane, ...]:
    """A box of every plane; its top left corner lies on whole chroma samples."""
    y0, x0, y1, x1 = box
    planes = []
    for component, plane in enumerate(frame.planes):
        down, across = (fmt.sub_y, fmt.sub_x) if fmt.is_subsampled(component) else (0, 0)
        planes.append(plane[y0 >> down : -(-y1 >> down), x0 >> across : -(-x1 >> across)])
    return tuple(planes)
