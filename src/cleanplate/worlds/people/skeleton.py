"""Skeletons and how they move: joints in a tree, each turned about its place in its parent.

Metres, seconds, z up, y to the left, x forward; quaternions (x, y, z, w).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cleanplate.worlds import quaternion

Array = NDArray[np.float64]

UP_FROM_Y = quaternion.about((1, 0, 0), np.pi / 2)
"""Turns y-up, the custom of motion capture, into z-up."""


@dataclass(frozen=True)
class Skeleton:
    """A tree of joints, parents before children.

    Attributes:
        parents: place of each joint's parent; -1 for the root, which comes first.
        offsets: J x 3: where a joint lies in its parent, unturned.
    """

    names: tuple[str, ...]
    parents: tuple[int, ...]
    offsets: Array

    def children(self, joint: int) -> list[int]:
        """Places of a joint's children."""
        return [n for n, parent in enumerate(self.parents) if parent == joint]

    def index(self, name: str) -> int:
        """Place of a joint. Raises ValueError when there is none of that name."""
        return self.names.index(name)


@dataclass(frozen=True)
class Motion:
    """How a skeleton moves.

    Attributes:
        rate: frames a second.
        root: T x 3: where the root joint is.
        turns: T x J x 4: each joint's rotation in its parent.
    """

    skeleton: Skeleton
    rate: float
    root: Array
    turns: Array

    def __len__(self) -> int:
        return len(self.root)

    def world(self) -> tuple[Array, Array]:
        """Forward kinematics: positions (T x J x 3) and orientations (T x J x 4) of all joints."""
        frames, joints = self.turns.shape[:2]
        positions, orientations = np.empty((frames, joints, 3)), np.empty((frames, joints, 4))
        for joint, parent in enumerate(self.skeleton.parents):
            if parent < 0:
                positions[:, joint], orientations[:, joint] = self.root, self.turns[:, joint]
                continue
            turned = quaternion.rotate(orientations[:, parent], self.skeleton.offsets[joint])
            positions[:, joint] = positions[:, parent] + turned
            orientations[:, joint] = quaternion.multiply(orientations[:, parent], self.turns[:, joint])
        return positions, orientations

    def upright(self) -> Motion:
        """The same with y-up turned into z-up."""
        turns = self.turns.copy()
        turns[:, 0] = quaternion.multiply(UP_FROM_Y, turns[:, 0])
        return replace(self, root=quaternion.rotate(UP_FROM_Y, self.root), turns=turns)

    def sized(self, height: float) -> Motion:
        """Scaled so that the first frame spans `height` metres from its lowest joint, then at 0, to its highest."""
        positions, _ = self.world()
        low, high = float(positions[0, :, 2].min()), float(positions[0, :, 2].max())
        factor = height / max(high - low, 1e-9)
        skeleton = replace(self.skeleton, offsets=self.skeleton.offsets * factor)
        root = self.root * factor
        root[:, :2] -= root[0, :2]
        root[:, 2] -= low * factor
        return replace(self, skeleton=skeleton, root=root)

    def resampled(self, rate: float) -> Motion:
        """At another rate, turning evenly between the frames that are there."""
        length = max(1, int(np.floor((len(self) - 1) * rate / self.rate + 1e-9)) + 1)
        times = np.arange(length) * self.rate / rate
        before = np.minimum(times.astype(int), len(self) - 1)
        after, share = np.minimum(before + 1, len(self) - 1), (times - before)[:, None]
        root = self.root[before] * (1 - share) + self.root[after] * share
        turns = np.stack(
            [
                np.stack([quaternion.slerp(a, b, float(s)) for a, b in zip(self.turns[i], self.turns[j], strict=True)])
                for i, j, s in zip(before, after, share[:, 0], strict=True)
            ]
        )
        return replace(self, rate=rate, root=root, turns=turns)
