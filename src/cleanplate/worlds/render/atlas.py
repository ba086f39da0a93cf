"""Textures for shading: every material's picture at every coarseness, in linear light."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cleanplate.worlds.scene import Material
from cleanplate.worlds.textures import draw

_STEPS = np.arange(256) / 255.0
_LINEAR = np.where(_STEPS <= 0.04045, _STEPS / 12.92, ((_STEPS + 0.055) / 1.055) ** 2.4).astype(np.float32)
_CODES = np.linspace(0, 1, 4096)
_ENCODED = np.rint(
    255 * np.where(_CODES <= 0.0031308, 12.92 * _CODES, 1.055 * _CODES ** (1 / 2.4) - 0.055)
).astype(np.uint8)  # fmt: skip


def linear(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Light of sRGB codes (IEC 61966-2-1), 0..1."""
    return _LINEAR[picture]


def encoded(light: NDArray[np.float32]) -> NDArray[np.uint8]:
    """sRGB codes of light; what is brighter than 1 is cut off."""
    return np.asarray(_ENCODED[np.clip(light * 4095 + 0.5, 0, 4095).astype(np.int32)])


class Skin:
    """A material's picture, halved again and again down to one texel (Williams 1983)."""

    def __init__(self, material: Material, size: int, assets: Path | None = None) -> None:
        """Draw it, `size` (a power of two) texels a period. Raises InputError where its texture is missing."""
        self.scale = 1.0
        if material.texture is None:
            levels = [linear(np.rint(np.array([[material.colour]]) * 255).astype(np.uint8))]
        else:
            self.scale = material.texture.scale
            levels = [linear(draw(material.texture, size, colour=material.colour, assets=assets))]
        while len(levels[-1]) > 1:
            fine = levels[-1]
            halves = fine[::2] + fine[1::2]
            levels.append(np.asarray((halves[:, ::2] + halves[:, 1::2]) / 4, np.float32))
        self._texels = np.concatenate([level.reshape(-1, 3) for level in levels])
        self._sizes = np.array([len(level) for level in levels], np.int32)
        self._starts = np.cumsum([0, *(size * size for size in self._sizes[:-1])]).astype(np.int32)

    def sample(self, places: NDArray[np.float32], footprint: NDArray[np.float32]) -> NDArray[np.float32]:
        """Light (N x 3) at texture places (N x 2, metres), seen by samples so many metres wide (N)."""
        if len(self._sizes) == 1:
            return np.broadcast_to(self._texels[0], (len(places), 3))
        wanted = np.log2(np.maximum(footprint * (self._sizes[0] / self.scale), 1e-6))
        level = np.clip(np.rint(wanted), 0, len(self._sizes) - 1).astype(np.int32)
        size = self._sizes[level]
        turns = places / np.float32(self.scale)
        texel = ((turns - np.floor(turns)) * size[:, None]).astype(np.int32)
        texel = np.minimum(texel, size[:, None] - 1)
        # A picture's rows go down, its place's second axis goes up.
        return np.asarray(self._texels[self._starts[level] + (size - 1 - texel[:, 1]) * size + texel[:, 0]])


@lru_cache(maxsize=64)
def skin(material: Material, size: int, assets: Path | None = None) -> Skin:
    """The skin of a material; equal ones share it."""
    return Skin(material, size, assets)
