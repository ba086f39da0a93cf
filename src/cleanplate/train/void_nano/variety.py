"""One pair shown in many ways: mirrored, nearer, in other colours. A world costs seconds, a view of it nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.masks.labels import KEEP
from cleanplate.train.void_nano.recipe import Variety
from cleanplate.worlds.moves import Moves

_BESIDE = (1.0, 10.0)
"""Pixels, along each side, from where a made up clean plate takes its ground."""
_BLURRED = (0.2, 1.5)
"""Pixels (standard deviation) by which it is blurred."""


@dataclass(frozen=True)
class Window:
    """What of the frame is shown, in pixels; it fills the frame."""

    top: float
    left: float
    rows: float
    columns: float


def varied(moves: Moves, variety: Variety, random: np.random.Generator) -> Moves:
    """As the recipe wants it; the same for the same state of `random`."""
    if random.random() < variety.mirrored:
        moves = mirrored(moves)
    if random.random() < variety.nearer:
        moves = nearer(moves, _window(moves.labels.shape[1:], variety.zoom, random))
    if random.random() < variety.coloured:
        moves = coloured(moves, random)
    return moves


def mirrored(moves: Moves) -> Moves:
    """Left to right."""
    tracks = {name: getattr(moves, name)[:, :, ::-1].copy() for name in moves.tracks}
    tracks["shift"][..., 0] *= -1
    return replace(moves, **tracks)


def nearer(moves: Moves, window: Window) -> Moves:
    """A window of every frame, as large as the frame. What comes from outside the window is no longer shown."""
    rows, columns = moves.labels.shape[1:]
    y = (window.top + (np.arange(rows) + 0.5) * window.rows / rows - 0.5).astype(np.float32)
    x = (window.left + (np.arange(columns) + 0.5) * window.columns / columns - 0.5).astype(np.float32)
    at_x, at_y = np.meshgrid(x, y)

    def seen(track: NDArray[Any], interpolation: int) -> NDArray[Any]:
        frames = [cv2.remap(frame, at_x, at_y, interpolation, borderMode=cv2.BORDER_REPLICATE) for frame in track]
        return np.stack(frames).astype(track.dtype)

    zoom = np.array([columns / window.columns, rows / window.rows], np.float32)
    shift = seen(moves.shift.astype(np.float32), cv2.INTER_NEAREST) * zoom
    shown = seen(moves.shown.astype(np.uint8), cv2.INTER_NEAREST) > 0
    return Moves(
        plate=seen(moves.plate, cv2.INTER_LINEAR),
        truth=seen(moves.truth, cv2.INTER_LINEAR),
        clean=seen(moves.clean, cv2.INTER_LINEAR),
        labels=seen(moves.labels, cv2.INTER_NEAREST),
        cover=seen(moves.cover, cv2.INTER_LINEAR),
        shift=shift.astype(np.float16),
        shown=shown & _inside(shift),
    )


def coloured(moves: Moves, random: np.random.Generator) -> Moves:
    """Channels in another order, each with a curve of its own; the same for all pictures."""
    order = random.permutation(3)
    gains, gammas = random.uniform(0.7, 1.15, 3), np.exp2(random.uniform(-0.5, 0.5, 3))
    ramp = np.arange(256) / 255
    curves = (np.clip(gains * ramp[:, None] ** gammas, 0, 1) * 255).round().astype(np.uint8)

    def other(pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return np.stack([curves[pictures[..., old], new] for new, old in enumerate(order)], axis=-1)

    return replace(moves, plate=other(moves.plate), truth=other(moves.truth), clean=other(moves.clean))


def made_up(clean: NDArray[np.uint8], labels: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
    """A clean plate as engines make one up where they do not know it: filled from beside, and a little blurred.

    Args:
        clean: T x H x W x 3.
        labels: T x H x W; what they keep stays.
    """
    across, down = random.choice((-1, 1), 2) * random.uniform(_BESIDE[0], _BESIDE[1], 2)
    brought = np.array([[1, 0, across], [0, 1, down]], np.float32)
    blur = float(random.uniform(*_BLURRED))

    def filled(frame: NDArray[np.uint8]) -> NDArray[Any]:
        beside = cv2.warpAffine(frame, brought, frame.shape[1::-1], borderMode=cv2.BORDER_REFLECT_101)
        return np.asarray(cv2.GaussianBlur(beside, (0, 0), blur))

    return np.where((labels == KEEP)[..., None], clean, np.stack([filled(frame) for frame in clean])).astype(np.uint8)


def _window(size: tuple[int, ...], zoom: float, random: np.random.Generator) -> Window:
    scale = np.exp(-random.uniform(0, np.log(zoom)))
    rows, columns = (side * scale for side in size)
    top, left = (random.uniform(0, side * (1 - scale)) for side in size)
    return Window(top, left, rows, columns)


def _inside(shift: NDArray[np.float32]) -> NDArray[np.bool_]:
    rows, columns = shift.shape[1:3]
    y, x = np.indices((rows, columns))
    from_x, from_y = shift[..., 0] + x, shift[..., 1] + y
    return np.asarray((from_x > -0.5) & (from_x < columns - 0.5) & (from_y > -0.5) & (from_y < rows - 0.5))
