"""Pictures by rule: patterns that repeat without a seam, backdrops, and picture files of the user's assets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.errors import InputError
from cleanplate.worlds.noise import ramp
from cleanplate.worlds.picture_files import read_texture
from cleanplate.worlds.scene import Colour, Texture

Picture = NDArray[np.float32]
"""H x W x 3, 0..1, sRGB."""
Palette = tuple[Colour, ...]


def draw(
    texture: Texture, size: int, *, colour: Colour = (0.7, 0.7, 0.7), assets: Path | None = None
) -> NDArray[np.uint8]:
    """One period of the texture: size x size x 3 uint8, sRGB. Each edge goes on at the opposite one.

    Args:
        colour: what a texture that names no colours is made of.

    Raises:
        InputError: no texture is called so, and there is no such file under `assets`.
    """
    if texture.name not in PATTERNS:
        return _file(texture.name, size, assets)
    colours = texture.colours or _shades(colour)
    rng = np.random.default_rng([texture.seed, sum(texture.name.encode())])
    picture = PATTERNS[texture.name](size, rng, colours if len(colours) > 1 else (*colours, *_shades(colours[0])[1:]))
    return np.asarray(np.rint(np.clip(picture, 0, 1) * 255), np.uint8)


def is_file(texture: Texture) -> bool:
    """Whether a texture, or a backdrop, is a file of the user's."""
    return texture.name != "sky" and texture.name not in PATTERNS


def plain(size: int, rng: np.random.Generator, colours: Palette) -> Picture:
    """One colour."""
    return _flat(size, colours[0])


def checker(size: int, rng: np.random.Generator, colours: Palette) -> Picture:
    """Two by two fields."""
    y, x = _axes(size)
    return _mix(colours, ((x < 0.5) != (y < 0.5)).astype(np.float32))


def stripes(size: int, rng: np.random.Generator, colours: Palette) -> Picture:
    """As many stripes as there are colours, side by side."""
    _, x = _axes(size)
    place = np.minimum((x * len(colours)).astype(int), len(colours) - 1)
    return np.asarray(np.asarray(colours, np.float32)[place], np.float32)


def dots(size: int, rng: np.random.Generator, colours: Palette) -> Picture:
    """Round spots, two a period, staggered."""
    y, x = _axes(size)
    away = np.minimum(_ring(x, y, 0.25, 0.25), _ring(x, y, 0.75, 0.75))
    return _mix(colours, np.clip((0.17 - away) * size / 2 + 0.5, 0, 1).astype(np.float32))


def grid(size: int, rng: np.random.Generator, colours: Palette) -> Picture:
    """Tiles with thin joints, each of its own shade."""
    y, x = _axes(size)
    row, column = (y * 2).astype(int), (x * 2).astype(int)
    shade = rng.uniform(0.9, 1.08, (2, 2)).astype(np.float32)[row, column]
    joint = np.minimum((x * 2) % 1, (y * 2) % 1) < 0.05
    return np.where(joint[..., None], np.asarray(colours[1], np.float32), _flat(size, colours[0]) * shade[..., None])


def noise(size: int, rng: np.random.Generator, colours: Palette) -> Picture:
    """Clouds of the colours."""
    return _mix(colours, clouds(size, rng, first=3))


def speckle(size: int, rng: np.random.Generator, colours: Palette) -> Picture:
    """Fine grain, like concrete or terrazzo."""
    return _mix(colours, np.clip(0.5 * clouds(size, rng, first=6) + 0.9 * (clouds(size, rng, first=40) - 0.4), 0, 1))


def wood(size: int, rng: np.random.Generator, colours: Palette) -> Picture:
    """Boards along y with grain, each of its own shade."""
    _, x = _axes(size)
    boards = 3
    board = np.minimum((x * boards).astype(int), boards - 1)
    grain = clouds(size, rng, first=4, stretch=8)
    rings = 0.5 + 0.5 * np.sin(2 * np.pi * (6 * x + 2.5 * grain + rng.uniform(0, 1, boards)[board]))
    picture = _mix(colours, np.clip(0.45 * rings + 0.45 * grain, 0, 1).astype(np.float32))
    shade = rng.uniform(0.85, 1.1, boards).astype(np.float32)[board]
    seam = (x * boards) % 1 < 0.03
    return np.asarray(picture * (shade * np.where(seam, 0.6, 1.0))[..., None], np.float32)


def bricks(size: int, rng: np.random.Generator, colours: Palette) -> Picture:
    """Courses, each half a brick off, in mortar of the second colour."""
    y, x = _axes(size)
    rows, columns = 6, 3
    row = (y * rows).astype(int)
    along = (x * columns + 0.5 * (row % 2)) % columns
    shade = rng.uniform(0.75, 1.15, (rows, columns)).astype(np.float32)[row, along.astype(int)]
    mortar = ((y * rows) % 1 < 0.12) | (along % 1 < 0.06)
    body = _flat(size, colours[0]) * (shade * (0.85 + 0.3 * clouds(size, rng, first=8)))[..., None]
    return np.where(mortar[..., None], np.asarray(colours[1], np.float32), body).astype(np.float32)


def marble(size: int, rng: np.random.Generator, colours: Palette) -> Picture:
    """Veins of the second colour."""
    y, x = _axes(size)
    field = np.abs(np.sin(np.pi * (x + 2 * y + 2.2 * clouds(size, rng, first=2))))
    return _mix(colours, ((1 - field) ** 3 * 0.9 + 0.1 * clouds(size, rng, first=6)).astype(np.float32))


def fabric(size: int, rng: np.random.Generator, colours: Palette) -> Picture:
    """A plain weave."""
    y, x = _axes(size)
    threads = 16
    warp = np.abs(np.sin(np.pi * threads * x)) * (((x * threads).astype(int) + (y * threads).astype(int)) % 2 == 0)
    weft = np.abs(np.sin(np.pi * threads * y)) * (((x * threads).astype(int) + (y * threads).astype(int)) % 2 == 1)
    return _mix(colours, np.clip(1 - warp - weft, 0, 1).astype(np.float32) * 0.7)


def grass(size: int, rng: np.random.Generator, colours: Palette) -> Picture:
    """Short blades in patches."""
    blades = clouds(size, rng, first=50)
    return _mix(colours, np.clip(0.5 * clouds(size, rng, first=4) + 1.3 * (blades - 0.35), 0, 1).astype(np.float32))


def clouds(size: int, rng: np.random.Generator, first: int, stretch: int = 1, octaves: int = 5) -> NDArray[np.float32]:
    """Smooth noise that repeats, 0..1: `first` coarsest features a period, along y `stretch` times fewer."""
    total, strength, cells = np.zeros((size, size), np.float32), 1.0, first
    for _ in range(octaves):
        if cells > size // 2:
            break
        rows = max(cells // stretch, 1)
        coarse = rng.random((rows, cells), dtype=np.float32)
        padded = np.pad(coarse, 2, mode="wrap") if min(rows, cells) > 1 else np.pad(np.tile(coarse, (2, 2)), 2, "wrap")
        height, width = coarse.shape if min(rows, cells) > 1 else (2 * rows, 2 * cells)
        y, x = _axes(size)
        total += strength * cv2.remap(
            padded,
            (x * width + 1.5).astype(np.float32),
            (y * height + 1.5).astype(np.float32),
            cv2.INTER_CUBIC,
        )
        strength, cells = strength / 2, cells * 2
    low, high = float(total.min()), float(total.max())
    return np.asarray((total - low) / max(high - low, 1e-9), np.float32)


PATTERNS: dict[str, Callable[[int, np.random.Generator, Palette], Picture]] = {
    "plain": plain,
    "checker": checker,
    "stripes": stripes,
    "dots": dots,
    "grid": grid,
    "noise": noise,
    "speckle": speckle,
    "wood": wood,
    "bricks": bricks,
    "marble": marble,
    "fabric": fabric,
    "grass": grass,
}


def _axes(size: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """y and x of the texels' middles, 0..1, both size x size."""
    line = (np.arange(size) + 0.5) / size
    return np.repeat(line[:, None], size, 1), np.repeat(line[None, :], size, 0)


def _ring(x: NDArray[np.float64], y: NDArray[np.float64], x0: float, y0: float) -> NDArray[np.float64]:
    """Distance to a point on the torus."""
    across, along = np.abs(x - x0), np.abs(y - y0)
    return np.asarray(np.hypot(np.minimum(across, 1 - across), np.minimum(along, 1 - along)))


def _flat(size: int, colour: Colour) -> Picture:
    return np.broadcast_to(np.asarray(colour, np.float32), (size, size, 3)).copy()


def _mix(colours: Palette, field: NDArray[np.float32]) -> Picture:
    """The colours in turn, evenly over a field of 0..1."""
    return ramp(field, *((n / (len(colours) - 1), colour) for n, colour in enumerate(colours)))


def _shades(colour: Colour) -> Palette:
    """A colour and a darker shade of it."""
    red, green, blue = (channel * 0.55 for channel in colour)
    return (colour, (red, green, blue))


def _file(name: str, size: int, assets: Path | None) -> NDArray[np.uint8]:
    if assets is None:
        raise InputError(
            f"no texture is called '{name}'",
            remedy=f"Use one of {', '.join(PATTERNS)}, or name a folder of assets that holds it as a picture.",
        )
    return read_texture(name, size, assets)
