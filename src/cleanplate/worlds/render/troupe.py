"""Pieces on a stage, which take their places frame by frame."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from cleanplate.worlds.camera import Shot
from cleanplate.worlds.protocols import Trajectories
from cleanplate.worlds.render.shading import Piece, Posed
from cleanplate.worlds.render.shadows import Sun
from cleanplate.worlds.render.soft import Soft
from cleanplate.worlds.render.stage import Look, Stage
from cleanplate.worlds.scene import Scene

_PLANES = (0.1, 200.0)
"""Metres before the camera between which it sees."""


class Troupe:
    """Those pieces that move, or those that do not, on a stage of their own."""

    def __init__(
        self, scene: Scene, trajectories: Trajectories, pieces: Sequence[Piece], numbers: Sequence[int]
    ) -> None:
        names = {number: scene.bodies[pieces[number].body].name for number in numbers}
        self._trajectories = trajectories
        self._soft = {
            number: Soft(pieces[number], number, trajectories.deforming[name])
            for number, name in names.items()
            if name in trajectories.deforming
        }
        self._numbers = [number for number in numbers if number not in self._soft]
        self._pieces = [pieces[number] for number in self._numbers]
        self._places = [trajectories.index(names[number]) for number in self._numbers]
        self._posed: dict[int, Posed] = {}
        self._stage = Stage([piece.solid for piece in self._pieces], self._numbers)

    def __enter__(self) -> Troupe:
        self._stage.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._stage.__exit__(None, None, None)

    def pose(self, frame: int) -> dict[int, Posed]:
        """Go where the frame wants it; the pieces there, by their numbers."""
        self._posed = {number: one.pose(frame) for number, one in self._soft.items()}
        positions, orientations = self._trajectories.positions[frame], self._trajectories.orientations[frame]
        for place, (piece, body) in enumerate(zip(self._pieces, self._places, strict=True)):
            one = piece.posed(positions[body], orientations[body])
            self._stage.pose(place, one.position, one.orientation)
            self._posed[self._numbers[place]] = one
        return self._posed

    @contextmanager
    def hidden(self, number: int) -> Iterator[None]:
        """As if that piece were not there."""
        if number not in self._numbers:
            yield
            return
        place = self._numbers.index(number)
        one = self._posed[number]
        self._stage.pose(place, one.position - np.array([0, 0, 1e6]), one.orientation)
        yield
        self._stage.pose(place, one.position, one.orientation)

    def look(self, shot: Shot, size: tuple[int, int]) -> Look:
        """What the camera sees of them."""
        seen = self._stage.look(shot, size, _PLANES)
        for one in self._soft.values():
            seen = one.look(shot, size, _PLANES).before(seen)
        return seen

    def shadow(self, sun: Sun) -> NDArray[np.float32]:
        """The sun's depths (`shadows.lit`)."""
        size = (sun.size, sun.size)
        depth = self._stage.depth(sun.shot, size, sun.planes)
        for one in self._soft.values():
            depth = np.minimum(depth, one.depth(sun.shot, size, sun.planes))
        return np.append(depth.ravel(), np.float32(np.inf))
