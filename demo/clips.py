"""Two short clips, drawn from nothing: a ball rolls over a desk; a toy car drives past under a moving camera.

Everything is procedural and seeded, so the clips are the same on every machine. Both are drawn at twice their size and
reduced, and get the grain of a camera, since a clip without noise would flatter any method.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.float32]
"""H x W x 3, R'G'B' 0..1."""

WIDTH, HEIGHT, FRAMES = 640, 360, 36
_SCALE = 2
_W, _H = WIDTH * _SCALE, HEIGHT * _SCALE
_GRAIN = 1.6 / 255


@dataclass(frozen=True)
class Scene:
    """A clip to draw and what to point at in it.

    Attributes:
        name: of the file.
        draw: frame number -> picture at twice the size.
        pointing: options that show `cleanplate remove` the object that goes.
    """

    name: str
    draw: Callable[[int], Picture]
    object: str
    pointing: tuple[str, ...]


def picture(scene: Scene, frame: int) -> NDArray[np.uint8]:
    """One finished frame, HEIGHT x WIDTH x 3, 8-bit R'G'B'."""
    small = cv2.resize(scene.draw(frame), (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    grain = np.random.default_rng([frame, len(scene.name)]).normal(0, _GRAIN, small.shape)
    codes: NDArray[np.uint8] = np.rint(np.clip(small + grain, 0, 1) * 255).astype(np.uint8)
    return codes


def desk(frame: int) -> Picture:
    """A red ball rolls from left to right over a wooden desk, its soft shadow with it."""
    image = _DESK.copy()
    t = frame / (FRAMES - 1)
    x, radius = 90 + (_W - 180) * t, 62.0
    y = 520.0
    _shade(image, (x + 26, y + radius - 2), (radius * 1.25, radius * 0.33), 0.55)
    _ball(image, (x, y), radius, turn=(x - 90) / radius)
    return image


def street(frame: int) -> Picture:
    """The camera pans and tilts a little over a painted street; a yellow car drives the other way."""
    t = frame / (FRAMES - 1)
    shift = np.array([[1, 0.012 * t, -430 * t], [0.004 * t, 1, -26 * np.sin(np.pi * t)], [0, 0, 1]], np.float32)
    image = cv2.warpPerspective(_STREET, shift, (_W, _H), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    x = 1050 - 900 * t
    y = 590 - 26 * np.sin(np.pi * t)
    _shade(image, (x + 95, y + 46), (130, 16), 0.6)
    _car(image, x, y)
    return np.asarray(np.clip(image, 0, 1), np.float32)


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


def _car(image: Picture, x: float, y: float) -> None:
    body = np.array([[0, 30], [6, -8], [44, -14], [70, -52], [138, -52], [166, -14], [196, -6], [198, 30]], np.float32)
    window = np.array([[56, -14], [76, -44], [100, -44], [100, -14]], np.float32)
    rear = np.array([[108, -14], [108, -44], [132, -44], [150, -14]], np.float32)
    for outline, colour in ((body, (0.95, 0.72, 0.08)), (window, (0.16, 0.2, 0.25)), (rear, (0.16, 0.2, 0.25))):
        points = np.rint((outline + np.array([x, y])) * 16).astype(np.int32)
        cv2.fillPoly(image, [points], colour, cv2.LINE_AA, shift=4)
    for wheel in (44, 154):
        centre = (round((x + wheel) * 16), round((y + 30) * 16))
        cv2.circle(image, centre, 20 * 16, (0.07, 0.07, 0.08), -1, cv2.LINE_AA, shift=4)
        cv2.circle(image, centre, 9 * 16, (0.7, 0.7, 0.72), -1, cv2.LINE_AA, shift=4)


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


def _make_street() -> Picture:
    width, height = _W + 520, _H + 60
    random = np.random.default_rng(7)
    rows = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    image = (1 - rows) * _colour(0.46, 0.62, 0.82) + rows * _colour(0.86, 0.86, 0.8)
    image = np.ascontiguousarray(np.broadcast_to(image, (height, width, 3)), dtype=np.float32)
    x = -40
    while x < width:
        w, h = int(random.integers(120, 230)), int(random.integers(250, 470))
        colour = np.clip(random.normal((0.62, 0.48, 0.4), 0.13), 0.15, 0.9)
        cv2.rectangle(image, (x, 520 - h), (x + w, 520), colour.tolist(), -1)
        for wy in range(520 - h + 24, 470, 56):
            for wx in range(x + 18, x + w - 30, 46):
                lit = random.random()
                cv2.rectangle(
                    image, (wx, wy), (wx + 24, wy + 34), (0.2 + 0.6 * lit, 0.24 + 0.5 * lit, 0.3 + 0.2 * lit), -1
                )
        x += w + int(random.integers(2, 26))
    cv2.rectangle(image, (0, 520), (width, 556), (0.6, 0.59, 0.56), -1)
    cv2.rectangle(image, (0, 556), (width, height), (0.25, 0.25, 0.27), -1)
    asphalt = cv2.GaussianBlur(random.random((height - 556, width)).astype(np.float32), (0, 0), 1.4) - 0.5
    image[556:] += 0.25 * asphalt[..., None]
    for lane in range(30, width, 150):
        cv2.rectangle(image, (lane, 640), (lane + 80, 650), (0.85, 0.84, 0.76), -1)
    return np.asarray(np.clip(image, 0, 1), np.float32)


_DESK, _STREET = _make_desk(), _make_street()
SCENES = (
    Scene("ball-on-desk", desk, "ball", ("--box", "12,228,78,294")),
    Scene("car-under-pan", street, "car", ("--box", "522,258,628,326", "--click", "540,250-", "--click", "600,250-")),
)
