"""Made places: pictures at several distances, which a camera can move over.

A place is a tuple of sheets from far to near; the far one is opaque. All are drawn larger than the frame, so that the
camera finds something wherever it goes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.worlds.layered.drift import Drift, seen
from cleanplate.worlds.layered.scenery import (
    bricks,
    city,
    desert,
    forest,
    grass,
    interior,
    sea,
    sky,
    snow,
    studio,
)

_MARGIN = 1.5
"""Size of the sheets over that of the frame."""


@dataclass(frozen=True)
class Kind:
    """A kind of place.

    Attributes:
        words, light: what people call it and its light.
        draw: its sheets (straight RGBA 0..1, distance).
        busy: it is full of detail.
    """

    words: str
    light: str
    draw: Callable[[int, int, np.random.Generator], list[tuple[NDArray[np.float32], float]]]
    busy: bool = False


KINDS: dict[str, Kind] = {
    "sky": Kind("an open sky with drifting clouds", "soft daylight", sky),
    "sea": Kind("a calm sea under a wide horizon", "bright daylight", sea),
    "city": Kind("a city skyline at night with lit windows", "dim night light", city, busy=True),
    "forest": Kind("a misty forest of tall trunks", "diffuse morning light", forest, busy=True),
    "desert": Kind("a desert of rolling dunes", "hard low sun", desert),
    "bricks": Kind("a weathered brick wall", "flat daylight", bricks, busy=True),
    "studio": Kind("a plain studio backdrop", "soft studio light", studio),
    "snow": Kind("a snowy field with distant hills", "pale winter light", snow),
    "grass": Kind("a green meadow below blue hills", "warm afternoon light", grass, busy=True),
    "interior": Kind("a quiet room with a window", "warm indoor light", interior, busy=True),
}


@dataclass(frozen=True)
class Place:
    """A drawn place.

    Attributes:
        kind: a name of `KINDS`.
        sheets: (H x W x 4 float32 straight RGBA 0..1, distance), far to near.
    """

    kind: str
    sheets: tuple[tuple[NDArray[np.float32], float], ...]

    @classmethod
    def draw(cls, kind: str, height: int, width: int, rng: np.random.Generator) -> Place:
        """A place of a kind for frames of that size."""
        rows, columns = round(height * _MARGIN), round(width * _MARGIN)
        return cls(kind, tuple(KINDS[kind].draw(rows, columns, rng)))

    def frames(self, drift: Drift, height: int, width: int) -> Iterator[NDArray[np.uint8]]:
        """What the camera sees: H x W x 3 uint8 a frame."""
        for number in range(len(drift.zooms)):
            picture = np.zeros((height, width, 3), np.float32)
            for sheet, distance in self.sheets:
                matrix = drift.matrix(number, sheet.shape[:2], (height, width), distance)
                premultiplied = np.dstack([sheet[..., :3] * sheet[..., 3:], sheet[..., 3]])
                look = seen(premultiplied, matrix, (height, width))
                picture = look[..., :3] + (1 - np.clip(look[..., 3:], 0, 1)) * picture
            yield np.asarray(np.rint(np.clip(picture, 0, 1) * 255), np.uint8)


def pick(rng: np.random.Generator, *, but: str = "") -> str:
    """The name of a kind of place, another one than `but`."""
    names = [name for name in KINDS if name != but]
    return names[rng.integers(len(names))]


def blurred(picture: NDArray[np.uint8], pixels: float) -> NDArray[np.uint8]:
    """Out of focus by so many pixels."""
    return picture if pixels < 0.3 else np.asarray(cv2.GaussianBlur(picture, (0, 0), pixels), np.uint8)
