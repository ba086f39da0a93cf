"""What lies behind everything, infinitely far: a sky above a horizon, or a texture all around."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.worlds.noise import ramp
from cleanplate.worlds.picture_files import read_sky
from cleanplate.worlds.render.atlas import linear
from cleanplate.worlds.scene import Colour, Texture
from cleanplate.worlds.textures import clouds, draw, is_file

_ROWS, _COLUMNS = 256, 1024
_SKY: tuple[Colour, ...] = ((0.82, 0.88, 0.94), (0.30, 0.50, 0.84), (0.42, 0.41, 0.38))
"""At the horizon, overhead, and the far ground."""
_PANELS = 12
"""Periods of any other texture around the camera."""


class Backdrop:
    """A picture of all directions: longitude along its rows, latitude along its columns, from straight up to down."""

    def __init__(self, texture: Texture, assets: Path | None = None) -> None:
        """Draw it. Raises InputError where the texture is missing."""
        self._picture = _picture(texture, assets)
        self._wide = _wrapped(self._picture) if is_file(texture) else None

    def seen(self, directions: NDArray[np.float32]) -> NDArray[np.float32]:
        """Light (... x 3) from where directions (... x 3, of any length) lead."""
        x, y, z = np.moveaxis(directions, -1, 0)
        longitude = np.arctan2(y, x) / (2 * np.pi) + 0.5
        latitude = 0.5 - np.arctan2(z, np.hypot(x, y)) / np.pi
        rows, columns = self._picture.shape[:2]
        if self._wide is not None:
            return _between_texels(self._wide, longitude * columns - 0.5, latitude * rows - 0.5)
        column = np.minimum((longitude * columns).astype(np.int32), columns - 1)
        row = np.minimum((latitude * rows).astype(np.int32), rows - 1)
        return np.asarray(self._picture[row, column])


@lru_cache(maxsize=4)
def _picture(texture: Texture, assets: Path | None) -> NDArray[np.float32]:
    if is_file(texture) and assets is not None:
        # Files show what lies to the right of something to its right, as one who stands in the middle sees it.
        return linear(read_sky(texture.name, assets)[:, ::-1])
    return linear(_sky(texture) if texture.name == "sky" else _panels(texture, assets))


def _wrapped(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """With one texel more on all sides; the left edge goes on at the right one."""
    wide = cv2.copyMakeBorder(picture, 1, 1, 1, 1, cv2.BORDER_WRAP)
    wide[0], wide[-1] = wide[1], wide[-2]
    return np.asarray(wide, np.float32)


def _between_texels(
    wide: NDArray[np.float32], column: NDArray[np.float32], row: NDArray[np.float32]
) -> NDArray[np.float32]:
    """A wrapped picture at places between its texels' middles."""
    if not column.size:
        return np.zeros((*column.shape, 3), np.float32)
    places = (np.ravel(one + 1).astype(np.float32) for one in (column, row))
    # OpenCV takes no more than 32767 places a row.
    across, along = (np.pad(one, (0, -len(one) % 4096)).reshape(-1, 4096) for one in places)
    seen = cv2.remap(wide, across, along, cv2.INTER_LINEAR).reshape(-1, 3)
    return np.asarray(seen[: column.size].reshape(*column.shape, 3), np.float32)


def _sky(texture: Texture) -> NDArray[np.uint8]:
    """Blue that pales towards the horizon, with clouds; ground below."""
    horizon, zenith, ground = (*texture.colours, *_SKY[len(texture.colours) :])[:3]
    height = np.linspace(1, -1, _ROWS, dtype=np.float32)[:, None]
    air = ramp(np.clip(height, 0, 1), (0.0, horizon), (0.35, _between(horizon, zenith)), (1.0, zenith))
    field = clouds(_COLUMNS // 4, np.random.default_rng([texture.seed, 0xC10]), first=6)[: _ROWS // 2]
    field = cv2.resize(field, (_COLUMNS, _ROWS), interpolation=cv2.INTER_CUBIC)
    cover = np.clip((field - 0.52) * 4, 0, 0.9) * np.clip(height * 5 - 0.2, 0, 1)
    cloudy = air + cover[..., None] * (np.array([0.97, 0.97, 0.98], np.float32) - air)
    haze = np.clip(-height * 6, 0, 1)[..., None]
    below = np.asarray(horizon) * (1 - haze) + np.asarray(ground) * haze
    return np.asarray(np.rint(255 * np.clip(np.where(height[..., None] > 0, cloudy, below), 0, 1)), np.uint8)


def _panels(texture: Texture, assets: Path | None) -> NDArray[np.uint8]:
    """The texture's periods side by side. Raises InputError where it is none of ours and there are no files."""
    side = 2 * _COLUMNS // _PANELS
    tile = draw(texture, side, assets=assets)
    return np.tile(tile, (_PANELS // 2, _PANELS, 1))


def _between(a: Colour, b: Colour) -> Colour:
    red, green, blue = ((x + y) / 2 for x, y in zip(a, b, strict=True))
    return (red, green, blue)
