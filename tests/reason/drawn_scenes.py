"""Small scenes drawn by code, with the answers known: what casts, mirrors, strikes, carries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.masks.reasoning import RemovedWith, Thing
from cleanplate.reason.findings import Writer
from cleanplate.reason.footage import Footage, gather
from cleanplate.reason.physics import consequences

Array = NDArray[Any]
HEIGHT, WIDTH = 180, 320


@dataclass
class Scene:
    """Pictures (T x h x w x 3), the object's mask and the masks of what is to be found, each T x h x w."""

    rgb: Array
    object: Array
    truth: dict[str, Array] = field(default_factory=dict)

    def footage(self, folder: Path) -> Footage:
        frames = range(len(self.rgb))
        return gather(self.rgb, self.object.astype(np.uint8), frames, folder, lambda advance=1: None)

    def reason(self, folder: Path) -> tuple[list[Thing], list[RemovedWith], list[str]]:
        """(affected, belongings, sentences)."""
        footage = self.footage(folder)
        return consequences(footage, ["hero"], Writer(footage, folder, len(self.rgb)))


def texture(seed: int, detail: float = 14.0, base: tuple[float, ...] = (150, 140, 120)) -> Array:
    """h x w x 3 float32: smooth mottling plus fine grain."""
    rng = np.random.default_rng(seed)
    coarse = cv2.GaussianBlur(rng.standard_normal((HEIGHT, WIDTH)).astype(np.float32), (0, 0), 4)
    fine = cv2.GaussianBlur(rng.standard_normal((HEIGHT, WIDTH)).astype(np.float32), (0, 0), 1)
    pattern = detail * (coarse / coarse.std() + 0.6 * fine / fine.std())
    return np.asarray(np.asarray(base, dtype=np.float32) + pattern[..., None])


def disc(x: float, y: float, radius: float) -> Array:
    """h x w bool."""
    ys, xs = np.mgrid[:HEIGHT, :WIDTH]
    return np.asarray((xs - x) ** 2 + (ys - y) ** 2 <= radius**2)


def block(x0: float, y0: float, x1: float, y1: float) -> Array:
    """h x w bool."""
    mask = np.zeros((HEIGHT, WIDTH), dtype=bool)
    mask[max(round(y0), 0) : max(round(y1), 0), max(round(x0), 0) : max(round(x1), 0)] = True
    return mask


def film(count: int, paint: Callable[[int], Array], seed: int = 0, noise: float = 1.0) -> Array:
    """T x h x w x 3 uint8: what `paint` draws on each frame, with sensor noise."""
    rng = np.random.default_rng(seed)
    frames = [paint(n) + noise * rng.standard_normal((HEIGHT, WIDTH, 3)) for n in range(count)]
    return np.asarray(np.clip(np.rint(frames), 0, 255).astype(np.uint8))


def coloured(picture: Array, mask: Array, colour: tuple[float, ...], seed: int = 9) -> Array:
    """The picture with a thing of a mottled colour."""
    rng = np.random.default_rng(seed)
    grain = cv2.GaussianBlur(rng.standard_normal((HEIGHT, WIDTH)).astype(np.float32), (0, 0), 2) * 150
    ys, xs = np.nonzero(mask)
    out = picture.copy()
    if len(ys):
        out[mask] = np.asarray(colour, dtype=np.float32) + grain[ys - ys.min(), xs - xs.min()][:, None]
    return out


def iou(a: Array, b: Array) -> float:
    """Intersection over union of two boolean arrays."""
    return float((a & b).sum() / max((a | b).sum(), 1))
