"""How a camera moves over flat pictures at several distances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.worlds.camera import shot_at
from cleanplate.worlds.scene import Scene

KINDS = ("fixed", "pan", "tilt", "push in", "pull out", "hand-held")


@dataclass(frozen=True)
class Drift:
    """A camera path over pictures.

    Attributes:
        kind: one of `KINDS`.
        offsets: T x 2 float64 (x, y) in shares of the frame's width, for a picture at distance 1.
        zooms, rolls: T float64; size relative to the first frame at distance 1, radians.
        pans: T x 2 float64: as `offsets`, but alike at all distances, as when a camera turns.
    """

    kind: str
    offsets: NDArray[np.float64]
    zooms: NDArray[np.float64]
    rolls: NDArray[np.float64]
    pans: NDArray[np.float64] | None = None

    @classmethod
    def following(cls, scene: Scene, frames: Sequence[int], size: tuple[int, int], kind: str) -> Self:
        """The path of a scene's camera that does not zoom; distance 1 is as far as what it looks at.

        Args:
            frames: those of the scene that are shown; the middle one sees the middle of the place.
            size: (height, width) of the frames.
        """
        shots = [shot_at(scene, frame) for frame in frames]
        middle = shots[len(shots) // 2]
        away = float(np.linalg.norm(np.subtract(scene.camera.poses[0].target, middle.eye)))
        offsets, pans, zooms = np.zeros((len(shots), 2)), np.zeros((len(shots), 2)), np.ones(len(shots))
        for number, shot in enumerate(shots):
            focal = size[0] / 2 / shot.slope / size[1]
            right, up, forward = shot.axes @ (shot.eye - middle.eye)
            offsets[number] = focal / away * np.array([right, -up])
            x, y, z = shot.axes @ middle.axes[2]
            pans[number] = -focal / z * np.array([x, -y])
            zooms[number] = away / max(away - forward, 0.2 * away)
        return cls(kind, offsets, zooms, np.zeros(len(shots)), pans)

    @classmethod
    def sample(cls, rng: np.random.Generator, length: int) -> Self:
        """A path of a random kind, eased in and out."""
        kind = KINDS[rng.integers(len(KINDS))]
        t = np.linspace(0, 1, length)
        eased = t * t * (3 - 2 * t)
        offsets, zooms, rolls = np.zeros((length, 2)), np.ones(length), np.zeros(length)
        if kind in {"pan", "tilt"}:
            offsets[:, int(kind == "tilt")] = (eased - 0.5) * rng.uniform(0.06, 0.2) * rng.choice([-1, 1])
        elif kind in {"push in", "pull out"}:
            zooms = 1 + eased * rng.uniform(0.06, 0.25)
            zooms = zooms if kind == "push in" else zooms[::-1].copy()
        elif kind == "hand-held":
            for n in range(3):
                phase, speed = rng.uniform(0, 2 * np.pi, 3), rng.uniform(2, 6, 3) * (n + 1)
                wander = np.sin(t[:, None] * speed + phase) / (n + 1)
                offsets += wander[:, :2] * 0.008
                rolls += wander[:, 2] * 0.006
        return cls(kind, offsets, zooms, rolls)

    def matrix(
        self, frame: int, picture: tuple[int, int], size: tuple[int, int], distance: float
    ) -> NDArray[np.float64]:
        """2 x 3: places of a frame (x, y) to places of a picture of (height, width), both by their middles."""
        (height, width), (frame_height, frame_width) = picture, size
        zoom = self.zooms[frame] ** (1 / distance)
        cos, sin = np.cos(self.rolls[frame]) / zoom, np.sin(self.rolls[frame]) / zoom
        turned = 0.0 if self.pans is None else self.pans[frame]
        x, y = (self.offsets[frame] / distance + turned) * frame_width
        turn = np.array([[cos, -sin], [sin, cos]])
        middle = np.array([(frame_width - 1) / 2, (frame_height - 1) / 2])
        there = np.array([(width - 1) / 2 + x, (height - 1) / 2 + y])
        return np.column_stack([turn, there - turn @ middle])


def seen(picture: NDArray[np.float32], matrix: NDArray[np.float64], size: tuple[int, int]) -> NDArray[np.float32]:
    """A picture (H x W x C) through a matrix of `Drift.matrix`, at `size`; its edge goes on beyond it."""
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    return np.asarray(
        cv2.warpAffine(picture, matrix, size[::-1], flags=flags, borderMode=cv2.BORDER_REPLICATE), np.float32
    )
