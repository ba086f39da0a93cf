"""Drawn clips whose clean background is known: textured planes under a moving camera, and a sprite to be removed.

Every frame samples band-limited textures through a known homography, so the truth of any frame is exact: the background
without the sprite, in that frame's exposure, without grain. Colours are 8-bit codes of three channels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.engines.propagate.footage import FREE, HOLE, survey_size
from cleanplate.motion.warp import Box

PEAK_8 = 255.0
_CODES = 4
"""Layer codes (10 bit) for each 8-bit code."""


@dataclass(frozen=True)
class World:
    """What a clip is made of.

    Attributes:
        camera: pixels of pan over the clip, in the frame's own size; 0 stands still. The pan comes with rotation, zoom
            and perspective, so that only a homography fits.
        parallax: share of the pan by which the nearer layer outruns the farther one; 0 for a single plane.
        grain: standard deviation in 8-bit codes.
        drift: relative change of exposure from the first frame to the last.
        travel: how far the sprite goes over the clip, as a share of the frame's width.
    """

    name: str
    height: int = 360
    width: int = 640
    length: int = 30
    camera: float = 60.0
    parallax: float = 0.0
    grain: float = 1.5
    drift: float = 0.0
    travel: float = 0.5
    seed: int = 0


class WorldFootage:
    """A world as footage: what the engine sees, and the truth that it does not see."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.height, self.width, self.length = world.height, world.width, world.length
        self.peak, self.dtype = PEAK_8 * _CODES, np.dtype(np.uint16)
        size = world.height + 240, world.width + 360
        self._far = _texture(size, world.seed)
        self._near = _texture(size, world.seed + 1)
        self._near_shape = _blobs(size, world.seed + 2)
        self._sprite = _texture((world.height, world.width), world.seed + 3)[..., ::-1]
        self._shot: dict[int, NDArray[np.uint8]] = {}
        self._seen: list[NDArray[np.bool_]] | None = None

    def camera(self, frame: int, layer: int) -> NDArray[np.float64]:
        """Sends pixels of a frame to pixels of a layer's texture (0 is the far one)."""
        t = frame / max(1, self.length - 1) - 0.5
        pan = self.world.camera * (1 + (self.world.parallax if layer else 0))
        strength = min(1.0, abs(self.world.camera) / 60)
        cos, sin, zoom = np.cos(0.05 * t * strength), np.sin(0.05 * t * strength), 1 + 0.06 * t * strength
        centre = np.array([[1, 0, -self.width / 2], [0, 1, -self.height / 2], [0, 0, 1]])
        turn = np.array([[zoom * cos, -sin, 0], [sin, zoom * cos, 0], [4e-5 * t * strength, 0, 1]])
        place = np.array(
            [
                [1, 0, self.width / 2 + 180 + pan * t],
                [0, 1, self.height / 2 + 120 + 0.25 * pan * np.sin(3 * t)],
                [0, 0, 1],
            ]
        )
        return np.asarray(place @ turn @ centre)

    def near(self, frame: int) -> NDArray[np.float32]:
        """Coverage (0..1) by the nearer layer."""
        if not self.world.parallax:
            return np.zeros((self.height, self.width), np.float32)
        return _through(self._near_shape, self.camera(frame, 1), (self.height, self.width), cv2.INTER_LINEAR)

    def truth(self, frame: int) -> NDArray[np.float32]:
        """The clean background in the frame's exposure, without grain: H x W x 3 8-bit codes, not rounded."""
        size = (self.height, self.width)
        picture = _through(self._far, self.camera(frame, 0), size, cv2.INTER_CUBIC)
        if self.world.parallax:
            near = _through(self._near, self.camera(frame, 1), size, cv2.INTER_CUBIC)
            picture = picture + (near - picture) * self.near(frame)[..., None]
        return np.asarray(picture * (1 + self.world.drift * frame / max(1, self.length - 1)), np.float32)

    def hole(self, frame: int) -> NDArray[np.bool_]:
        """Where the sprite is."""
        t = frame / max(1, self.length - 1)
        x = self.width * (0.5 + self.world.travel * (t - 0.5))
        y = self.height * (0.5 + 0.1 * np.sin(6 * t))
        mask = np.zeros((self.height, self.width), np.uint8)
        axes = (round(0.11 * self.width), round(0.17 * self.height))
        cv2.ellipse(mask, (round(x), round(y)), axes, 20, 0, 360, 1, -1)
        return mask.astype(bool)

    def picture(self, frame: int) -> NDArray[np.uint8]:
        """What the camera recorded: sprite, exposure, grain, 8 bits."""
        if frame not in self._shot:
            rng = np.random.default_rng([self.world.seed, frame])
            clean = self.truth(frame)
            clean[self.hole(frame)] = self._sprite[self.hole(frame)]
            grainy = clean + rng.normal(0, self.world.grain, clean.shape)
            self._shot[frame] = np.clip(np.rint(grainy), 0, 255).astype(np.uint8)
        return self._shot[frame]

    def revealed(self, frame: int) -> NDArray[np.bool_]:
        """Hole pixels whose point of the background some other frame shows, by the known geometry."""
        if self._seen is None:
            self._seen = self._look_everywhere()
        near = self.near(frame) > 0.5
        size = (self.height, self.width)
        layers = [
            _through(seen.astype(np.uint8), self.camera(frame, n), size, cv2.INTER_NEAREST) > 0
            for n, seen in enumerate(self._seen)
        ]
        return np.asarray(self.hole(frame) & np.where(near, layers[1], layers[0]))

    def _look_everywhere(self) -> list[NDArray[np.bool_]]:
        seen = [np.zeros((self._far.shape[0], self._far.shape[1]), bool) for _ in range(2)]
        for frame in range(self.length):
            shown = cv2.dilate(self.hole(frame).astype(np.uint8), np.ones((9, 9), np.uint8)) == 0
            near = self.near(frame) > 0.5
            for layer, visible in enumerate((shown & ~near, shown & near)):
                back = np.linalg.inv(self.camera(frame, layer))
                padded = cv2.copyMakeBorder(visible.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
                shift = np.array([[1, 0, 1], [0, 1, 1], [0, 0, 1]], np.float64)
                seen[layer] |= (
                    _through(padded, shift @ back, (self._far.shape[0], self._far.shape[1]), cv2.INTER_NEAREST) > 0
                )
        return seen

    # What the engine asks for (`engines.propagate.footage.Footage`).

    def grays(self, frames: range) -> Iterator[NDArray[np.uint8]]:
        size = survey_size(self.height, self.width)
        for frame in frames:
            gray = self.picture(frame).mean(axis=2).astype(np.uint8)
            yield np.asarray(cv2.resize(gray, size[::-1], interpolation=cv2.INTER_AREA), np.uint8)

    def colour(self, index: int, box: Box) -> NDArray[Any]:
        return self.picture(index).astype(np.uint16) * np.uint16(_CODES)

    def roles(self, index: int) -> NDArray[np.uint8]:
        return np.where(self.hole(index), HOLE, FREE).astype(np.uint8)


def _through(picture: NDArray[Any], matrix: NDArray[np.float64], size: tuple[int, int], kernel: int) -> NDArray[Any]:
    return np.asarray(cv2.warpPerspective(picture, matrix, size[::-1], flags=kernel | cv2.WARP_INVERSE_MAP))


def _texture(size: tuple[int, int], seed: int) -> NDArray[np.float32]:
    """Noise at many scales with hard-edged shapes, smoothed to what a lens lets through; 20..220."""
    rng = np.random.default_rng(seed)
    picture = np.zeros((*size, 3), np.float32)
    for sigma, strength in ((1.0, 10.0), (3.0, 12.0), (10.0, 16.0), (40.0, 30.0)):
        for c in range(3):
            noise = cv2.GaussianBlur(rng.normal(0, 1, size).astype(np.float32), (0, 0), sigma)
            picture[..., c] += strength * noise / noise.std()
    for _ in range(40):
        centre = (int(rng.integers(0, size[1])), int(rng.integers(0, size[0])))
        axes = (int(rng.integers(5, 60)), int(rng.integers(5, 60)))
        shape = np.zeros(size, np.uint8)
        cv2.ellipse(shape, centre, axes, float(rng.uniform(0, 180)), 0, 360, 1, -1)
        picture[shape > 0] += rng.uniform(-35, 35, 3).astype(np.float32)
    return np.asarray(np.clip(cv2.GaussianBlur(picture, (0, 0), 0.8) + 120, 20, 220), np.float32)


def _blobs(size: tuple[int, int], seed: int) -> NDArray[np.float32]:
    """Coverage of the nearer layer: broad regions, as sharp as the textures, of the lower part of the picture."""
    rng = np.random.default_rng(seed)
    field = cv2.GaussianBlur(rng.normal(0, 1, size).astype(np.float32), (0, 0), 60)
    slope = np.linspace(-1.5, 1.5, size[0], dtype=np.float32)[:, None]
    shape = (field / field.std() + slope > 0).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(shape, (0, 0), 0.8), np.float32)
