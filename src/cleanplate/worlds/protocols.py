"""What simulators and renderers give each other: poses in, pictures out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from cleanplate.worlds.scene import Scene

Contact = frozenset[str]
"""The names of two bodies that touch."""


@dataclass(frozen=True)
class Trajectories:
    """How a scene went on.

    Attributes:
        names: of the bodies, in the scene's order; those that were removed are missing.
        positions: T x N x 3 float64, metres.
        orientations: T x N x 4 float64 quaternions (x, y, z, w).
        contacts: for each frame the pairs that touch.
    """

    names: tuple[str, ...]
    positions: NDArray[np.float64]
    orientations: NDArray[np.float64]
    contacts: tuple[frozenset[Contact], ...]

    def __len__(self) -> int:
        return len(self.positions)

    def index(self, name: str) -> int:
        """Place of a body in the arrays. Raises ValueError when it is not there."""
        return self.names.index(name)


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
