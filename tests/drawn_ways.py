"""Drawn frames in which things are elsewhere than they would be: textured discs on a textured ground."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.metrics.likeness import Mask, Real
from cleanplate.metrics.trajectory import Shown

ROWS, COLUMNS, RADIUS = 64, 112, 7
Places = Mapping[str, tuple[int, int]]
"""(y, x) of each thing's middle."""


def ground(seed: int = 0) -> Real:
    """H x W x 3, darkish."""
    random = np.random.default_rng(seed)
    coarse = random.uniform(0.1, 0.4, (8, 14, 3)).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (COLUMNS, ROWS), interpolation=cv2.INTER_CUBIC), np.float32)


def disc(place: tuple[int, int]) -> Mask:
    """Where a thing is."""
    ys, xs = np.indices((ROWS, COLUMNS))
    return np.asarray((ys - place[0]) ** 2 + (xs - place[1]) ** 2 <= RADIUS**2)


def look(name: str) -> Real:
    """Of a thing, on a canvas about its middle; names that begin alike look alike."""
    random = np.random.default_rng(ord(name[0]))
    side = 2 * RADIUS + 1
    return np.asarray(0.6 + 0.35 * cv2.blur(random.uniform(-1, 1, (side, side, 3)), (3, 3)), np.float32)


def frame(places: Places, behind: Real | None = None) -> Real:
    """The things on the ground, the later over the earlier."""
    picture = (ground() if behind is None else behind).copy()
    for name, place in places.items():
        mask = disc(place)
        ys, xs = np.nonzero(mask)
        picture[ys, xs] = look(name)[ys - place[0] + RADIUS, xs - place[1] + RADIUS]
    return picture


def shown(thing: str, original: Places, altered: Places) -> Shown:
    """One frame as the measure of a thing's way wants it."""
    masks = [disc(places[thing]) & ~_hidden(thing, places) for places in (original, altered)]
    return Shown(frame(original), frame(altered), ground(), *masks)


def blurred(picture: Real, pixels: float) -> Real:
    """Out of focus."""
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), pixels), np.float32)


def _hidden(thing: str, places: Places) -> NDArray[np.bool_]:
    names: Sequence[str] = list(places)
    over = [disc(places[name]) for name in names[names.index(thing) + 1 :]]
    return np.asarray(np.any(over, axis=0)) if over else np.zeros((ROWS, COLUMNS), np.bool_)
