"""Drawn clips in which removing an object would change more: what falls, rolls on, is worn, or is in the shade.

A still, textured wall; the object is a box. Every scene gives its pictures, the object's masks and the truth.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.masks.grid import cells_of
from cleanplate.masks.reasoning import CellsAt, Grid, Reasoning
from cleanplate.masks.track import Mask, Track, TrackWriter
from drawn_clips import write_video

HEIGHT, WIDTH, FRAMES, RATE = 120, 200, 16, 25
GRID = Grid.of(HEIGHT, WIDTH)
_COLOURS = {"object": (190, 40, 40), "ball": (40, 90, 200), "hat": (235, 210, 60), "goose": (60, 160, 70)}

Masks = NDArray[np.bool_]
"""T x H x W."""


@dataclass(frozen=True)
class Drawn:
    """A clip: pictures T x H x W x 3, and masks over time by name."""

    rgb: NDArray[np.uint8]
    masks: dict[str, Masks]

    def write(self, folder: Path) -> Path:
        """The clip, lossless."""
        return write_video(folder / "plate.mkv", self.rgb, "ffv1", "gbrp10le", {})

    def track(self, folder: Path, name: str = "object") -> Track:
        """The exact track of something, as a selection would give it."""
        path = folder / f"{name}.track"
        with TrackWriter(path, name=name, length=FRAMES, height=HEIGHT, width=WIDTH) as writer:
            for n, mask in enumerate(self.masks[name]):
                writer.write(n, mask)
        return Track(path)

    def cells(self, name: str, *frames: int) -> tuple[CellsAt, ...]:
        """What an answer would name of something on these frames."""
        return tuple(CellsAt(frame=n, cells=cells_of(self.masks[name][n], GRID)) for n in frames)


def wall(seed: int = 0) -> NDArray[np.float32]:
    """H x W x 3: smooth mottling and grain."""
    rng = np.random.default_rng(seed)
    coarse, fine = (
        cv2.GaussianBlur(rng.standard_normal((HEIGHT, WIDTH)).astype(np.float32), (0, 0), s) for s in (4, 1)
    )
    mottling = 10 * (coarse / coarse.std() + 0.5 * fine / fine.std())
    return np.asarray(np.array([150, 145, 130], np.float32) + mottling[..., None])


def disc(y: float, x: float, radius: float) -> Mask:
    ys, xs = np.mgrid[:HEIGHT, :WIDTH]
    return np.asarray((ys - y) ** 2 + (xs - x) ** 2 <= radius**2)


def block(y0: float, x0: float, y1: float, x1: float) -> Mask:
    mask = np.zeros((HEIGHT, WIDTH), np.bool_)
    mask[max(round(y0), 0) : max(round(y1), 0), max(round(x0), 0) : max(round(x1), 0)] = True
    return mask


def drawn(masks: dict[str, list[Mask]], shade: list[Mask] | None = None) -> Drawn:
    """Things in their colours on the wall, later ones behind earlier ones; `shade` halves the light."""
    ground = wall()
    frames = []
    for n in range(FRAMES):
        picture = ground.copy()
        if shade is not None:
            picture[shade[n]] *= 0.7
        for name in reversed(masks):
            picture[masks[name][n]] = np.asarray(_COLOURS[name], np.float32) + 0.4 * (ground[masks[name][n]] - 142)
        frames.append(np.clip(np.rint(picture), 0, 255).astype(np.uint8))
    seen = {name: np.stack(of) for name, of in masks.items()}
    for behind in list(seen)[1:]:
        seen[behind] &= ~seen[next(iter(seen))]
    return Drawn(np.stack(frames), seen)


def answer(*affected: dict[str, Any], **fields: Any) -> Reasoning:
    """A document on such a clip."""
    size = {"frames": FRAMES, "height": HEIGHT, "width": WIDTH, "grid": GRID}
    entry = {"name": "ball", "kind": "object", "caused_by": "object", "why": "seen", "end": FRAMES - 1}
    things = [entry | {"id": thing.get("name", "ball")} | thing for thing in affected]
    return Reasoning.model_validate(size | {"removed": ("object",), "affected": things} | fields)
