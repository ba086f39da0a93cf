"""Where a removed thing's shadows and reflections may lie, so that they come into its layer and nothing else does."""

from __future__ import annotations

from cleanplate.edit.package import TRACKS, ShotPackage
from cleanplate.engines.propagate.scene import cast_things
from cleanplate.masks.brush import dilate
from cleanplate.masks.build import open_things
from cleanplate.masks.labels import Labels, affected
from cleanplate.masks.reasoning import read_reasoning
from cleanplate.masks.track import Mask


class Casts:
    """By frame. What merely goes another way without the thing (a struck ball) is no part of its layer.

    With a quadmask that came without reasoning, everything affected may be cast.
    """

    def __init__(self, package: ShotPackage) -> None:
        name = package.shot.reasoning
        reasoning = None if name is None else read_reasoning(package.path(name))
        self._known = reasoning is not None
        self._things = cast_things(reasoning)
        self._cell = 0.0 if reasoning is None else reasoning.height / reasoning.grid.rows
        tracks = {} if reasoning is None else open_things(reasoning, package.path(TRACKS))
        self._tracks = {thing.id: tracks[thing.id] for thing in self._things if thing.id in tracks}

    def at(self, frame: int, labels: Labels) -> Mask:
        """H x W bool on the plate's grid."""
        hit = affected(labels)
        if not self._known:
            return hit
        found: Mask = hit & False
        for thing in self._things:
            if not thing.onset <= frame <= thing.end:
                continue
            if thing.id in self._tracks:
                # A track has a hard edge; what is cast fades out within the cells around it.
                found = found | (hit & dilate(self._tracks[thing.id].mask(frame), self._cell))
            else:
                found = found | hit
        return found
