"""A drawn clip for the demo: a red ball rolls over a wooden desk, its soft shadow with it.

Everything is procedural and seeded, so it is the same on every machine. It is drawn at twice its size and reduced, and
gets the grain of a camera, since a clip without noise would flatter any method.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.float32]
"""H x W x 3, R'G'B' 0..1."""

WIDTH, HEIGHT, FRAMES = 640, 360, 36
_SCALE = 2
_W, _H = WIDTH * _SCALE, HEIGHT * _SCALE
_GRAIN = 1.6 / 255


def filmed(*, ball: bool) -> NDArray[np.uint8]:
    """FRAMES x HEIGHT x WIDTH x 3 uint8 R'G'B', with the ball or, which is the true answer, without it."""
    return np.stack([_finished(_rolling(frame) if ball else _DESK, frame) for frame in range(FRAMES)])


def _finished(drawn: Picture, frame: int) -> NDArray[np.uint8]:
    small = cv2.resize(drawn, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    grain = np.random.default_rng(frame).normal(0, _GRAIN, small.shape)
    return np.asarray(np.rint(np.clip(small + grain, 0, 1) * 255), np.uint8)


def _rolling(frame: int) -> Picture:
    """From left to right."""
    image = _DESK.copy()
    t = frame / (FRAMES - 1)
    x, radius = 90 + (_W - 180) * t, 62.0
    y = 520.0
    _shade(image, (x + 26, y + radius - 2), (radius * 1.25, radius * 0.33), 0.55)
    _ball(image, (x, y), radius, turn=(x - 90) / radius)
    return image


def _colour(red: float, green: float, blue: float) -> Picture:
    return np.array([red, green, blue], np.float32)


def _ball(image: Picture, centre: tuple[float, float], radius: float, turn: float) -> None:
    """A shaded ball with a purple band that turns as it rolls."""
    ys, xs = np.mgrid[0:_H, 0:_W].astype(np.float32)
    u, v = (xs - centre[0]) / radius, (ys - centre[1]) / radius
    inside = u * u + v * v < 1
    depth = np.sqrt(np.clip(1 - u * u - v * v, 0, 1))
    band = np.abs(u * np.cos(turn) + v * np.sin(turn)) < 0.16
    light = 0.25 + 0.75 * np.clip(-0.45 * u - 0.6 * v + 0.66 * depth, 0, 1)
    paint = np.where(band[..., None], _colour(0.55, 0.07, 0.3), _colour(0.82, 0.1, 0.09))
    gloss = np.clip(-0.4 * u - 0.55 * v + 0.73 * depth, 0, 1) ** 40
    image[inside] = (paint * light[..., None] + 0.5 * gloss[..., None])[inside]


def _shade(image: Picture, centre: tuple[float, float], size: tuple[float, float], depth: float) -> None:
    """A soft elliptic shadow."""
    ys, xs = np.mgrid[0:_H, 0:_W].astype(np.float32)
    distance = np.hypot((xs - centre[0]) / size[0], (ys - centre[1]) / size[1])
    image *= (1 - depth * np.clip(1.25 - distance, 0, 1) ** 1.5)[..., None]


def _wood(height: int, width: int, seed: int) -> Picture:
    """Planks with grain: stretched noise and dark joints."""
    random = np.random.default_rng(seed)
    grain = cv2.resize(
        random.random((height // 3, width // 60)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC
    )
    fine = cv2.resize(
        random.random((height, width // 12)).astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR
    )
    tone = 0.62 + 0.22 * grain + 0.1 * fine
    for row in range(0, height, 62):
        tone[row : row + 3] *= 0.55
    return np.asarray(tone[..., None] * _colour(0.78, 0.56, 0.36), np.float32)


def _wall(height: int, width: int, seed: int) -> Picture:
    """Plaster with soft light from the left."""
    random = np.random.default_rng(seed)
    spots = cv2.GaussianBlur(random.random((height, width)).astype(np.float32), (0, 0), 3) - 0.5
    light = np.linspace(1.0, 0.72, width, dtype=np.float32)[None]
    return np.asarray(((0.72 + 0.35 * spots) * light)[..., None] * _colour(0.80, 0.84, 0.82), np.float32)


def _make_desk() -> Picture:
    image = np.vstack([_wall(400, _W, 1), _wood(_H - 400, _W, 2)])
    for x, y, w, h, colour in (
        (160, 70, 220, 200, (0.2, 0.36, 0.42)),
        (520, 110, 150, 190, (0.75, 0.5, 0.22)),
        (880, 60, 260, 170, (0.4, 0.24, 0.3)),
    ):
        cv2.rectangle(image, (x, y), (x + w, y + h), (0.93, 0.92, 0.88), -1)
        cv2.rectangle(image, (x + 14, y + 14), (x + w - 14, y + h - 14), colour, -1)
        for k in range(6):
            cv2.circle(
                image,
                (x + 30 + (k * 61) % (w - 60), y + 34 + (k * 37) % (h - 68)),
                9 + 3 * k,
                tuple(min(1.0, c * (1.15 + 0.12 * k)) for c in colour),
                -1,
                cv2.LINE_AA,
            )
    for k, colour in enumerate(((0.15, 0.3, 0.5), (0.5, 0.2, 0.2), (0.2, 0.4, 0.25), (0.65, 0.55, 0.3))):
        cv2.rectangle(image, (960 + 44 * k, 290 + 14 * (k % 2)), (998 + 44 * k, 470), colour, -1)
        cv2.rectangle(image, (968 + 44 * k, 320), (990 + 44 * k, 332), (0.9, 0.86, 0.75), -1)
    return np.ascontiguousarray(image, dtype=np.float32)


_DESK = _make_desk()
