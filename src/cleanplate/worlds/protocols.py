"""What simulators and renderers give each other: poses in, pictures out."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from cleanplate.worlds.scene import Scene

Contact = frozenset[str]
"""The names of two bodies that touch."""


@dataclass(frozen=True)
class Impact:
    """Two bodies meet.

    Attributes:
        time: seconds.
        bodies: names of both.
        place: metres in the world.
        normal: unit vector from the second body to the first.
        velocity: of the first body as the second one sees it there just before, metres a second.
    """

    time: float
    bodies: tuple[str, str]
    place: tuple[float, float, float]
    normal: tuple[float, float, float]
    velocity: tuple[float, float, float]

    @property
    def speed(self) -> float:
        """Of the approach, metres a second."""
        return -sum(n * v for n, v in zip(self.normal, self.velocity, strict=True))


@dataclass(frozen=True)
class Deforming:
    """The surface of a body that changes its shape; it takes the place of the body's own.

    Attributes:
        vertices: T x V x 3 float32, metres in the world.
        faces: F x 3 int32, counter-clockwise from outside. Creases want vertices of their own on each side.
        rest: V x 3 float32, metres: where the vertices lie on the body's texture. None: in the body's frame on frame 0.
    """

    vertices: NDArray[np.float32]
    faces: NDArray[np.int32]
    rest: NDArray[np.float32] | None = None

    def at(self, frames: Sequence[int]) -> Deforming:
        """Some of the frames; the texture stays where it was."""
        return Deforming(self.vertices[list(frames)], self.faces, self.rest)


@dataclass(frozen=True)
class Particles:
    """Droplets, crumbs or puffs that a body gives off: too small or too soft to have a surface.

    Attributes:
        frames: for each frame n x 8 float32: place (x, y, z, metres in the world), radius (metres), opacity at the
            middle (0..1), colour (sRGB 0..1). A particle keeps its row; before it is there and after, its opacity is 0.
        soft: they fade towards their rims, as smoke does; otherwise they are small balls.
    """

    frames: tuple[NDArray[np.float32], ...]
    soft: bool

    def at(self, frames: Sequence[int]) -> Particles:
        """Some of the frames."""
        return Particles(tuple(self.frames[frame] for frame in frames), self.soft)


@dataclass(frozen=True)
class Trajectories:
    """How a scene went on.

    Attributes:
        names: of the bodies, in the scene's order; those that were removed are missing.
        positions: T x N x 3 float64, metres.
        orientations: T x N x 4 float64 quaternions (x, y, z, w).
        contacts: for each frame the pairs that touch.
        deforming, particles: by the body that they belong to; they go when it goes.
        impacts: in order of time; known only for scenes with emitters.
        levels: of water, T x rows x columns, metres above rest; `effects.follow` makes surfaces of them.
    """

    names: tuple[str, ...]
    positions: NDArray[np.float64]
    orientations: NDArray[np.float64]
    contacts: tuple[frozenset[Contact], ...]
    deforming: Mapping[str, Deforming] = field(default_factory=dict)
    particles: Mapping[str, tuple[Particles, ...]] = field(default_factory=dict)
    impacts: tuple[Impact, ...] = ()
    levels: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.positions)

    def index(self, name: str) -> int:
        """Place of a body in the arrays. Raises ValueError when it is not there."""
        return self.names.index(name)

    def at(self, frames: Sequence[int]) -> Trajectories:
        """Some of the frames."""
        chosen = list(frames)
        return Trajectories(
            self.names,
            self.positions[chosen],
            self.orientations[chosen],
            tuple(self.contacts[frame] for frame in chosen),
            {name: one.at(chosen) for name, one in self.deforming.items()},
            {name: tuple(one.at(chosen) for one in given) for name, given in self.particles.items()},
        )

    def without(self, names: Collection[str]) -> Trajectories:
        """The same motion with some bodies invisible: what they did to the others still shows (spec of VOID, 5.1)."""
        kept = [place for place, name in enumerate(self.names) if name not in names]
        return Trajectories(
            tuple(self.names[place] for place in kept),
            self.positions[:, kept],
            self.orientations[:, kept],
            self.contacts,
            {name: one for name, one in self.deforming.items() if name not in names},
            {name: one for name, one in self.particles.items() if name not in names},
            self.impacts,
        )


@dataclass(frozen=True)
class View:
    """One rendered frame.

    Attributes:
        rgb: H x W x 3 uint8, sRGB.
        instance: H x W int16: place of the nearest body in the *scene's* bodies, -1 where there is none.
        coverage: N x H x W float32, 0..1: how much of a pixel each body of the scene covers, as far as it is seen.
        depth: H x W float32, metres along the optical axis; infinity where there is nothing.
    """

    rgb: NDArray[np.uint8]
    instance: NDArray[np.int16]
    coverage: NDArray[np.float32]
    depth: NDArray[np.float32]


class Renderer(Protocol):
    """Draws a simulated scene frame by frame. Bodies that the trajectories lack are not drawn."""

    @property
    def name(self) -> str:
        """What it is chosen by."""
        ...

    def render(self, scene: Scene, trajectories: Trajectories, height: int, width: int) -> Iterator[View]:
        """One view a frame, the same for the same arguments."""
        ...
