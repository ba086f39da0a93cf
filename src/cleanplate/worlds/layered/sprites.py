"""Named pictures with soft alpha: drawn ones, and those of a folder that the user gives."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.errors import InputError
from cleanplate.worlds.noise import fractal

_SUFFIXES = (".png", ".webp")
_SIZE, _FINE = 256, 4
"""Pixels of a sprite's side, and how many times finer it is drawn."""
COLOURS: dict[str, tuple[float, float, float]] = {
    "red": (0.82, 0.16, 0.14),
    "orange": (0.92, 0.52, 0.12),
    "yellow": (0.94, 0.82, 0.20),
    "green": (0.22, 0.58, 0.26),
    "teal": (0.12, 0.56, 0.56),
    "blue": (0.17, 0.35, 0.78),
    "purple": (0.48, 0.25, 0.66),
    "pink": (0.92, 0.52, 0.66),
    "white": (0.94, 0.93, 0.90),
    "brown": (0.45, 0.29, 0.17),
}
_Points = NDArray[np.float32]
Outline = Callable[[np.random.Generator], list[_Points]]


@dataclass(frozen=True)
class Sprite:
    """A picture of a thing.

    Attributes:
        noun: what people call it, with its colour.
        rgba: S x S x 4 float32, straight, 0..1.
    """

    noun: str
    rgba: NDArray[np.float32]


def draw_sprite(rng: np.random.Generator) -> Sprite:
    """A drawn thing of random kind, colour and shading."""
    noun = list(OUTLINES)[rng.integers(len(OUTLINES))]
    name = list(COLOURS)[rng.integers(len(COLOURS))]
    side = _SIZE * _FINE
    mask = np.zeros((side, side), np.uint8)
    for points in OUTLINES[noun](rng):
        cv2.fillPoly(mask, [np.rint((points * 0.46 + 0.5) * side).astype(np.int32)], 255)
    alpha = cv2.resize(mask, (_SIZE, _SIZE), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    softness = float(rng.choice([0.0, 0.0, 1.5, 4.0]))
    if softness:
        alpha = cv2.GaussianBlur(alpha, (0, 0), softness)
    return Sprite(f"{name} {noun}", np.dstack([_shaded(alpha, COLOURS[name], rng), alpha]).astype(np.float32))


def read_sprites(folder: Path) -> list[Path]:
    """The pictures with alpha in a folder, in order of name. Raises InputError when there are none."""
    there = folder.rglob("*") if folder.is_dir() else ()
    found = sorted(path for path in there if path.suffix.lower() in _SUFFIXES and path.is_file())
    if not found:
        raise InputError(
            "no PNG or WebP pictures are there", where=str(folder), remedy="Give a folder of pictures with alpha."
        )
    return found


def read_sprite(path: Path) -> Sprite:
    """A picture named by what it shows: ``red_ball.png``, or ``1f436.png`` by code point (as emoji sets are).

    Raises:
        InputError: it cannot be read, or has no alpha.
    """
    image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if image is None or image.ndim != 3 or image.shape[2] != 4:
        raise InputError("this is no picture with alpha", where=str(path), remedy="Give an RGBA PNG or WebP.")
    rgba = cv2.cvtColor(image, cv2.COLOR_BGRA2RGBA).astype(np.float32) / np.iinfo(image.dtype).max
    return Sprite(_noun_of(path.stem), np.asarray(_squared(rgba), np.float32))


def _noun_of(stem: str) -> str:
    first = stem.lower().removeprefix("u").split("-")[0]
    try:
        return unicodedata.name(chr(int(first, 16))).lower() if len(first) >= 4 else stem.replace("_", " ")
    except (ValueError, OverflowError):
        return stem.replace("_", " ").replace("-", " ").lower()


def _squared(rgba: NDArray[np.float32]) -> NDArray[np.float32]:
    """On a square, at the common size."""
    height, width = rgba.shape[:2]
    side = max(height, width)
    square = np.zeros((side, side, 4), np.float32)
    top, left = (side - height) // 2, (side - width) // 2
    square[top : top + height, left : left + width] = rgba
    premultiplied = np.dstack([square[..., :3] * square[..., 3:], square[..., 3]])
    small = cv2.resize(premultiplied, (_SIZE, _SIZE), interpolation=cv2.INTER_AREA)
    straight = small[..., :3] / np.maximum(small[..., 3:], 1e-4)
    return np.dstack([np.clip(straight, 0, 1), np.clip(small[..., 3], 0, 1)])


def _shaded(
    alpha: NDArray[np.float32], colour: tuple[float, float, float], rng: np.random.Generator
) -> NDArray[np.float32]:
    """A rounded look: brighter towards the light, darker at the rim, with some grain or stripes."""
    depth = cv2.GaussianBlur(alpha, (0, 0), _SIZE / 12)
    slope_x, slope_y = cv2.Sobel(depth, -1, 1, 0), cv2.Sobel(depth, -1, 0, 1)
    angle = rng.uniform(-2.6, -0.5)
    light = 0.75 + 0.35 * depth - 3.0 * (slope_x * np.cos(angle) + slope_y * np.sin(angle))
    grain = fractal(_SIZE, _SIZE, rng, period=_SIZE / 6)
    picture = np.array(colour) * (light * (0.85 + 0.3 * grain))[..., None]
    if rng.random() < 0.3:
        other = np.array(list(COLOURS.values())[rng.integers(len(COLOURS))])
        y, x = np.mgrid[:_SIZE, :_SIZE] / _SIZE
        turn = rng.uniform(0, np.pi)
        band = (np.sin((x * np.cos(turn) + y * np.sin(turn)) * rng.uniform(15, 40)) > 0.3)[..., None]
        picture = np.where(band, other * light[..., None], picture)
    return np.asarray(np.clip(picture, 0, 1), np.float32)


def _circle(x: float, y: float, radius_x: float, radius_y: float | None = None) -> _Points:
    t = np.linspace(0, 2 * np.pi, 120, endpoint=False)
    return np.column_stack([x + radius_x * np.cos(t), y + (radius_y or radius_x) * np.sin(t)]).astype(np.float32)


def _polar(radius: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> _Points:
    t = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    r = radius(t)
    return np.column_stack([r * np.cos(t), r * np.sin(t)]).astype(np.float32)


def _poly(*corners: tuple[float, float]) -> _Points:
    return np.array(corners, np.float32)


def _star(rng: np.random.Generator) -> list[_Points]:
    points, inner = int(rng.integers(5, 8)), rng.uniform(0.4, 0.6)
    t = np.arange(2 * points) * np.pi / points - np.pi / 2
    r = np.where(np.arange(2 * points) % 2, inner, 0.95)
    return [np.column_stack([r * np.cos(t), r * np.sin(t)]).astype(np.float32)]


def _flower(rng: np.random.Generator) -> list[_Points]:
    petals = int(rng.integers(5, 8))
    return [_polar(lambda t: 0.7 + 0.25 * np.cos(petals * t))]


def _cloud(rng: np.random.Generator) -> list[_Points]:
    puffs = [(*rng.uniform(-0.4, 0.4, 2), rng.uniform(0.25, 0.5)) for _ in range(7)]
    return [_circle(x, y, radius) for x, y, radius in puffs]


def _mug(rng: np.random.Generator) -> list[_Points]:
    handle = np.concatenate([_circle(0.55, 0.05, 0.36, 0.42), _circle(0.55, 0.05, 0.2, 0.26)[::-1]])
    return [_poly((-0.6, -0.75), (0.5, -0.75), (0.45, 0.8), (-0.55, 0.8)), handle]


OUTLINES: dict[str, Outline] = {
    "ball": lambda rng: [_circle(0, 0, 0.85)],
    "balloon": lambda rng: [_circle(0, -0.2, 0.65, 0.75), _poly((-0.12, 0.65), (0.12, 0.65), (0, 0.5))],
    "star": _star,
    "heart": lambda rng: [
        np.column_stack(
            [np.sin(t) ** 3, -(13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)) / 17]
        ).astype(np.float32)
        * np.float32(0.9)
        for t in [np.linspace(0, 2 * np.pi, 300)]
    ],
    "flower": _flower,
    "mug": _mug,
    "paper boat": lambda rng: [
        _poly((-0.95, 0.1), (0.95, 0.1), (0.55, 0.65), (-0.55, 0.65)),
        _poly((0, -0.75), (0.45, 0.1), (-0.45, 0.1)),
    ],
    "kite": lambda rng: [_poly((0, -0.95), (0.6, -0.2), (0, 0.95), (-0.6, -0.2))],
    "fish": lambda rng: [_circle(-0.15, 0, 0.65, 0.4), _poly((0.35, 0), (0.95, -0.4), (0.95, 0.4))],
    "mushroom": lambda rng: [
        _poly((-0.22, 0), (0.22, 0), (0.3, 0.9), (-0.3, 0.9)),
        np.concatenate([_circle(0, 0, 0.9, 0.8)[60:], _poly((0.9, 0.12), (-0.9, 0.12))]),
    ],
    "umbrella": lambda rng: [
        np.concatenate([_circle(0, 0, 0.95, 0.8)[60:], _poly((0.95, 0), (-0.95, 0))]),
        _poly((-0.05, 0), (0.05, 0), (0.05, 0.85), (-0.05, 0.85)),
    ],
    "lantern": lambda rng: [_circle(0, 0, 0.6, 0.75), _poly((-0.25, -0.9), (0.25, -0.9), (0.25, 0.9), (-0.25, 0.9))],
    "bottle": lambda rng: [
        _poly(
            (-0.15, -0.95),
            (0.15, -0.95),
            (0.15, -0.5),
            (0.38, -0.2),
            (0.38, 0.95),
            (-0.38, 0.95),
            (-0.38, -0.2),
            (-0.15, -0.5),
        )
    ],
    "cloud": _cloud,
    "snowman": lambda rng: [_circle(0, 0.5, 0.45), _circle(0, -0.08, 0.33), _circle(0, -0.55, 0.24)],
}
"""What each noun looks like: polygons in -1..1, filled together."""
