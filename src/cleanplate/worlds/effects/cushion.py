"""The visible surface of a cushion: pressed to the underside of what lies on it, bent around that, back after a while.

The cushion is a height field over its plan. What presses it is seen from below (`raster.lowest`); around it the dent
fades as a stretched membrane does, and a little of what is pressed away comes up beside.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.worlds import quaternion
from cleanplate.worlds.inertia import parts
from cleanplate.worlds.protocols import Deforming, Trajectories
from cleanplate.worlds.raster import lowest
from cleanplate.worlds.render.solids import surface
from cleanplate.worlds.scene import Body, Cushion, Scene, Water

Array = NDArray[np.float64]
Heights = NDArray[np.float32]

CELL = 0.01
"""Metres between samples of what presses."""
SPACING = 0.02
"""Metres between vertices, at most; what presses is taken wider by that and a cell, so that nothing cuts its edges."""
FADE = 0.06
"""Metres over which a dent loses two thirds of its depth beside what presses."""
BULGE, SPREAD = 0.22, 0.1
"""Share of a dent that comes up around it, and over how many metres."""
RIM = 0.72
"""Height of the rim over that of the middle."""
THINNEST = 0.01
"""Metres that are left of a cushion at least."""
_TURNS = np.radians([60.0, 30.0, 0.0, -35.0, -70.0])
"""Where the sides have rings of vertices, from the upper rim downwards."""


def cushions(scene: Scene, rigid: Trajectories, assets: Path | None = None) -> dict[str, Deforming]:
    """The surfaces of all bodies that are cushions, under what lies on them."""
    there = [body for body in scene.bodies if body.name in rigid.names]
    return {
        body.name: _surface(scene, (body.name, body.shape), rigid, assets)
        for body in there
        if isinstance(body.shape, Cushion)
    }


def _surface(scene: Scene, what: tuple[str, Cushion], rigid: Trajectories, assets: Path | None) -> Deforming:
    (name, shape), (rest, faces) = what, pillow(what[1])
    place = rigid.index(name)
    loads = [(rigid.index(one.name), *_triangles(one, assets)) for one in scene.bodies if _presses(one, rigid)]
    dents = Dents(shape, 1 / scene.rate)
    frames = np.empty((len(rigid), *rest.shape), np.float32)
    for frame in range(len(rigid)):
        position, orientation = rigid.positions[frame, place], rigid.orientations[frame, place]
        back = quaternion.conjugate(orientation)
        pressing = []
        for load, vertices, triangles in loads:
            world = rigid.positions[frame, load] + quaternion.rotate(rigid.orientations[frame, load], vertices)
            pressing.append(quaternion.rotate(back, world - position)[triangles])
        dents.press(pressing)
        frames[frame] = position + quaternion.rotate(orientation, dents.bend(rest).astype(np.float64))
    return Deforming(frames, faces, rest)


class Dents:
    """How deep a cushion is pressed. Its state is the dents of the last frame."""

    def __init__(self, shape: Cushion, seconds: float) -> None:
        """`seconds` from frame to frame."""
        self._shape = shape
        self._kept = float(np.exp(-seconds / shape.recovery))
        x, y, z = shape.half
        self._origin = np.array([x, y]) + 4 * CELL
        columns, rows = np.ceil(2 * self._origin / CELL).astype(int) + 1
        self._size = (int(rows), int(columns))
        across = (np.arange(columns) * CELL - self._origin[0]) / x
        along = (np.arange(rows) * CELL - self._origin[1]) / y
        self._top = _dome(z, *np.meshgrid(across, along)).astype(np.float32)
        self._ceiling = np.full(self._size, np.inf, np.float32)
        self._dent = np.zeros(self._size, np.float32)

    def press(self, loads: list[Array]) -> None:
        """The next frame: `loads` are triangles (F x 3 x 3) in the cushion's frame."""
        underside = np.full(self._size, np.inf, np.float32)
        for triangles in loads:
            places = (triangles[..., :2] + self._origin) / CELL
            one, _ = lowest(places, triangles[..., 2], self._size)
            # What reaches as far down stands beside the cushion or below it.
            one[one < THINNEST - self._shape.half[2]] = np.inf
            underside = np.minimum(underside, one)
        wide = 2 * (round(SPACING / CELL) + 1) + 1
        self._ceiling = np.asarray(cv2.erode(underside, np.ones((wide, wide), np.uint8)), np.float32)
        pressed = np.maximum(self._top - self._ceiling, 0)
        self._dent = np.maximum(_fading(pressed), self._dent * np.float32(self._kept))

    def bend(self, rest: Heights) -> Heights:
        """V x 3: where the vertices `rest` are now; those of the sides go along the less, the lower they are."""
        sigma = SPREAD / CELL
        spread = cv2.GaussianBlur(self._dent, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT)
        change = np.float32(BULGE) * spread - self._dent
        columns, rows = ((rest[:, :2] + self._origin.astype(np.float32)) / np.float32(CELL)).T
        moved = rest.copy()
        low = -np.float32(self._shape.half[2])
        share = np.clip((rest[:, 2] - low) / (np.float32(RIM + 1) * -low), 0, 1)
        moved[:, 2] += share * _at(change, columns, rows)
        ceiling = _at(np.minimum(self._ceiling, np.float32(10)), columns, rows)
        moved[:, 2] = np.maximum(np.minimum(moved[:, 2], ceiling), np.minimum(rest[:, 2], low + np.float32(THINNEST)))
        return moved


def pillow(shape: Cushion) -> tuple[Heights, NDArray[np.int32]]:
    """Vertices (V x 3) and triangles of the cushion when nothing presses it: a dome with round sides, open below."""
    x, y, z = shape.half
    inner = np.array([x, y]) - _reach(shape)
    columns, rows = np.maximum(np.ceil(2 * inner / SPACING).astype(int), 4) + 1
    u, v = np.meshgrid(np.linspace(-1, 1, columns), np.linspace(-1, 1, rows))
    plan = np.stack([u * inner[0], v * inner[1]], axis=-1)
    top = np.concatenate([plan, _dome(z, plan[..., 0] / x, plan[..., 1] / y)[..., None]], axis=-1)
    number = np.arange(rows * columns).reshape(rows, columns)
    ring = np.concatenate([number[0, :-1], number[:-1, -1], number[-1, :0:-1], number[:0:-1, 0]])
    way = np.stack([u.ravel()[ring], v.ravel()[ring]], axis=1)
    way = np.sign(way) * np.abs(way) ** 8
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    start = top.reshape(-1, 3)[ring]
    sides = []
    for turn in _TURNS:
        out = start[:, :2] + way * _reach(shape) * np.cos(turn)
        height = (start[:, 2] if turn > 0 else np.full(len(ring), z)) * np.sin(turn)
        sides.append(np.column_stack([out, height]))
    sides.append(np.column_stack([start[:, :2], np.full(len(ring), -z)]))
    vertices = np.vstack([top.reshape(-1, 3), *sides]).astype(np.float32)
    corner = number[:-1, :-1].ravel()
    faces = [np.stack([corner, corner + 1, corner + columns + 1], 1)]
    faces.append(np.stack([corner, corner + columns + 1, corner + columns], 1))
    above = ring
    for row in range(len(sides)):
        below = rows * columns + row * len(ring) + np.arange(len(ring))
        after, below_after = np.roll(above, -1), np.roll(below, -1)
        faces += [np.stack([above, below, below_after], 1), np.stack([above, below_after, after], 1)]
        above = below
    return vertices, np.concatenate(faces).astype(np.int32)


def _reach(shape: Cushion) -> float:
    """How far the round sides come out of the dome."""
    return float(min(0.9 * shape.half[2], 0.3 * min(shape.half[:2])))


def _dome(height: float, u: Array, v: Array) -> Array:
    """Flat in the middle, lower towards the rim."""
    return height * (RIM + (1 - RIM) * np.clip(1 - u**4, 0, 1) * np.clip(1 - v**4, 0, 1))


def _fading(pressed: Heights) -> Heights:
    """The greatest of all dents around, each the less the farther away."""
    dent = pressed
    straight, slant = np.float32(np.exp(-CELL / FADE)), np.float32(np.exp(-CELL * 2**0.5 / FADE))
    for _ in range(int(np.ceil(3 * FADE / CELL))):
        padded = np.pad(dent, 1)
        sides = np.maximum.reduce([padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:]])
        corners = np.maximum.reduce([padded[:-2, :-2], padded[:-2, 2:], padded[2:, :-2], padded[2:, 2:]])
        dent = np.maximum(dent, np.maximum(sides * straight, corners * slant))
    smooth = cv2.GaussianBlur(dent, (0, 0), 0.25 * FADE / CELL, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(np.where(pressed > 0, np.maximum(pressed, smooth), smooth), np.float32)


def _at(field: Heights, columns: Heights, rows: Heights) -> Heights:
    """Between the samples of a field, by its neighbours' shares."""
    found = cv2.remap(field, columns[None], rows[None], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(found[0], np.float32)


def _presses(body: Body, rigid: Trajectories) -> bool:
    """What is solid and no cushion itself."""
    return body.name in rigid.names and body.solid and not isinstance(body.shape, Cushion | Water)


def _triangles(body: Body, assets: Path | None) -> tuple[Array, NDArray[np.int64]]:
    """Vertices and triangles of all parts, in the body's frame."""
    vertices, triangles, count = [], [], 0
    for part in parts(body):
        corners, faces, _ = surface(part.shape, assets)
        vertices.append(np.asarray(part.position) + quaternion.rotate(np.asarray(part.orientation), corners))
        triangles += [(f[0] + count, f[k] + count, f[k + 1] + count) for f in faces for k in range(1, len(f) - 1)]
        count += len(corners)
    return np.vstack(vertices), np.array(triangles, np.int64)
