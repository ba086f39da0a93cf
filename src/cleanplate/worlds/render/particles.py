"""Draws particles over a rendered view, whichever renderer made it: balls of smoke and crumbs in two and a half
dimensions.

A puff is a ball of fog: what of it lies before the surfaces that the view's depth tells of is seen, so that it meets
floors without an edge. A crumb is a small facetted stone. Both are lit by the scene's suns and cast shadows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from cleanplate.worlds.camera import Shot
from cleanplate.worlds.noise import fractal
from cleanplate.worlds.protocols import Trajectories, View
from cleanplate.worlds.render.atlas import encoded, linear
from cleanplate.worlds.scene import Light, Scene

Array = NDArray[np.float64]
Picture = NDArray[np.float32]

_NEAREST = 0.05
"""Metres: nearer to the eye nothing is drawn."""
_TILE = 256
_SHARE_OF_SUN = 0.55
"""Of the light on a lit surface: what a shadow takes away."""
_SHADOW_STEPS = 28
_SHADOW_REACH = 1.6
"""Metres along which a particle's shadow is looked for."""
_FAINT = 0.004


@dataclass(frozen=True)
class Cloud:
    """All particles of one frame, from the farthest to the nearest: n each.

    Attributes:
        places: n x 3, metres in the world.
        pixels, depth: n x 2 and n, where they are in the picture.
        radius, opacity: metres, 0..1.
        colour: n x 3, light that they reflect.
        soft: puffs.
        number: each one's own for good, for its looks.
        outwards: n x 3, from the middle of its cloud, at most of length 1.
    """

    places: Array
    pixels: Array
    depth: Array
    radius: Array
    opacity: Array
    colour: Array
    soft: NDArray[np.bool_]
    number: NDArray[np.int64]
    outwards: Array


def with_particles(view: View, scene: Scene, trajectories: Trajectories, frame: int, shot: Shot) -> View:
    """The view with what the bodies give off on this frame; bodies, coverage and depth stay as they are."""
    height, width = view.depth.shape
    cloud = _cloud(trajectories, frame, shot, (height, width))
    if cloud is None:
        return view
    shade = _shadows(cloud, scene.lights, shot, view)
    light = linear(view.rgb) * shade[..., None]
    touched = shade < 1
    focal = height / 2 / shot.slope
    for number in range(len(cloud.depth)):
        spot = _spot(cloud, number, focal, (height, width))
        if spot is None:
            continue
        window, across = spot
        alpha, normals = (_puff if cloud.soft[number] else _crumb)(cloud, number, across, view.depth[window])
        bright = _lit(normals, cloud, number, scene.lights, shot)
        light[window] += alpha[..., None] * (bright - light[window])
        touched[window] |= alpha > 0
    rgb = np.where(touched[..., None], encoded(light), view.rgb)
    return replace(view, rgb=rgb)


def _cloud(trajectories: Trajectories, frame: int, shot: Shot, size: tuple[int, int]) -> Cloud | None:
    """What is there and before the eye; None when that is nothing."""
    tables, softs, outwards = [], [], []
    for some in trajectories.particles.values():
        for one in some:
            rows = one.frames[frame].astype(np.float64)
            tables.append(rows)
            softs.append(np.full(len(rows), one.soft))
            outwards.append(_from_middle(rows))
    if not tables:
        return None
    rows, soft, outward = np.concatenate(tables), np.concatenate(softs), np.concatenate(outwards)
    pixels, depth = shot.project(rows[:, :3], *size)
    kept = np.flatnonzero((rows[:, 4] > _FAINT) & (depth > _NEAREST))
    if not len(kept):
        return None
    kept = kept[np.argsort(-depth[kept], kind="stable")]
    colour = linear(np.rint(np.clip(rows[kept, 5:], 0, 1) * 255).astype(np.uint8))
    return Cloud(
        rows[kept, :3],
        pixels[kept],
        depth[kept],
        rows[kept, 3],
        rows[kept, 4],
        colour.astype(np.float64),
        soft[kept],
        kept,
        outward[kept],
    )


def _from_middle(rows: Array) -> Array:
    """n x 3: where each lies in its cloud, one standard deviation being 1, at most of length 1."""
    weight = rows[:, 4:5] + 1e-9
    away = rows[:, :3] - (rows[:, :3] * weight).sum(axis=0) / weight.sum()
    away /= max(float(np.sqrt((away**2 * weight).sum() / weight.sum())), 1e-6)
    return np.asarray(away / np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1.0))


def _spot(
    cloud: Cloud, number: int, focal: float, size: tuple[int, int]
) -> tuple[tuple[slice, slice], tuple[Array, Array, float]] | None:
    """The part of the picture that a particle may cover; offsets from its middle there, and its radius, in pixels."""
    radius = focal * cloud.radius[number] / cloud.depth[number]
    x, y = cloud.pixels[number]
    reach = radius * (1.0 if cloud.soft[number] else 1.3) + 1.0
    left, right = max(int(np.ceil(x - reach)), 0), min(int(x + reach) + 1, size[1])
    top, bottom = max(int(np.ceil(y - reach)), 0), min(int(y + reach) + 1, size[0])
    if left >= right or top >= bottom:
        return None
    columns, rows = np.arange(left, right) - x, y - np.arange(top, bottom)
    return (slice(top, bottom), slice(left, right)), (columns[None], rows[:, None], radius)


def _puff(cloud: Cloud, number: int, across: tuple[Array, Array, float], depth: Picture) -> tuple[Picture, Array]:
    """Opacity (h x w) of a ball of fog and the normals (h x w x 3: right, up, to the eye) that light it."""
    x, y, radius = across
    x, y = x / radius, y / radius
    inside = np.maximum(1 - x**2 - y**2, 0)
    half = np.sqrt(inside)
    chord = cloud.radius[number] * half
    # The share of the way through the ball that lies before what is behind it.
    seen = np.clip((depth - cloud.depth[number] + chord) / np.maximum(2 * chord, 1e-6), 0, 1)
    billows, slopes = _billows(cloud.number[number], x, y)
    thickness = inside * seen * np.clip(billows, 0, 1)
    alpha = 1 - (1 - min(cloud.opacity[number], 0.98)) ** (1.6 * thickness)
    normals = np.stack(np.broadcast_arrays(x + slopes[..., 0], y + slopes[..., 1], half + 0.15), axis=-1)
    return np.asarray(alpha, np.float32), normals / np.linalg.norm(normals, axis=-1, keepdims=True)


def _billows(number: int, x: Array, y: Array) -> tuple[Array, Array]:
    """Density (h x w) and its slope (h x w x 2) in a puff: a place of its own in a field that all share."""
    field, slopes = _fields()
    turn = number * 2.399963
    u, v = x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)
    column = np.asarray((u * 0.17 + number * 0.618034) * _TILE, np.int64) % _TILE
    row = np.asarray((v * 0.17 + number * 0.754878) * _TILE, np.int64) % _TILE
    slope = slopes[row, column]
    back = np.stack(
        [
            slope[..., 0] * np.cos(turn) + slope[..., 1] * np.sin(turn),
            slope[..., 1] * np.cos(turn) - slope[..., 0] * np.sin(turn),
        ],
        axis=-1,
    )
    return field[row, column], back


@lru_cache(maxsize=1)
def _fields() -> tuple[Array, Array]:
    """A cloudy field that repeats (mirrored), 0..1.3 with a mean around 0.7, and minus its slope."""
    half = fractal(_TILE // 2, _TILE // 2, np.random.default_rng(0x5107E), period=26, octaves=4, gain=0.55)
    field = np.block([[half, half[:, ::-1]], [half[::-1], half[::-1, ::-1]]]).astype(np.float64)
    field = np.clip((field - 0.22) * 1.9, 0, 1.3)
    rows, columns = np.gradient(field)
    return field, np.stack([-columns, rows], axis=-1) * 7.0


def _crumb(cloud: Cloud, number: int, across: tuple[Array, Array, float], depth: Picture) -> tuple[Picture, Array]:
    """Coverage (h x w) of a small stone and its normals; it tumbles as it flies."""
    x, y, radius = across
    own = float(cloud.number[number]) * 2.399963
    tumble = own + 9.0 * float(cloud.places[number] @ (1.0, 0.7, 1.3))
    distance, angle = np.hypot(x, y), np.arctan2(y, x) - tumble
    outline = radius * (1 + 0.16 * np.cos(2 * angle + own) + 0.1 * np.cos(3 * angle) + 0.05 * np.cos(5 * angle + own))
    drawn = np.maximum(outline, 0.5)
    cover = np.clip(drawn - distance + 0.5, 0, 1) * np.minimum(outline / 0.5, 1) ** 2
    seen = depth >= cloud.depth[number] - cloud.radius[number]
    # Six facets around a ridge.
    facet = np.floor(angle / (np.pi / 3)) * (np.pi / 3) + np.pi / 6 + tumble
    tilt = np.clip(distance / np.maximum(drawn, 0.5), 0.15, 0.95) * (0.75 + 0.25 * np.sin(3 * facet + own))
    normals = np.stack(
        np.broadcast_arrays(tilt * np.cos(facet), tilt * np.sin(facet), np.sqrt(np.maximum(1 - tilt**2, 0.05))), axis=-1
    )
    alpha = cover * seen * cloud.opacity[number]
    return np.asarray(alpha, np.float32), normals / np.linalg.norm(normals, axis=-1, keepdims=True)


def _lit(normals: Array, cloud: Cloud, number: int, lights: tuple[Light, ...], shot: Shot) -> Picture:
    """Light (h x w x 3) from a particle. A puff lets light through, so it has no dark side, but darker ones."""
    right, up, forward = shot.axes
    total = np.zeros((*normals.shape[:2], 3))
    for light in lights:
        towards = np.asarray(light.towards) / np.linalg.norm(light.towards)
        cosine = normals @ np.array([towards @ right, towards @ up, -(towards @ forward)])
        if cloud.soft[number]:
            deep = float(cloud.outwards[number] @ towards)
            share = np.clip(0.5 + 0.28 * cosine + 0.32 * deep, 0.06, 1.0)
        else:
            share = np.maximum(cosine, 0)
        total += share[..., None] * light.strength * np.asarray(light.colour) + light.ambient
    return np.asarray(total * cloud.colour[number], np.float32)


def _shadows(cloud: Cloud, lights: tuple[Light, ...], shot: Shot, view: View) -> Picture:
    """H x W: the share of light that the particles' shadows leave on what is seen."""
    height, width = view.depth.shape
    left = np.ones((height, width), np.float32)
    points = shot.eye + shot.rays(height, width) * np.where(np.isfinite(view.depth), view.depth, 0.0)[..., None]
    for light in lights:
        towards = np.asarray(light.towards) / np.linalg.norm(light.towards)
        for window, number, spread in _shaded(cloud, towards, light.angle, shot, view.depth):
            offsets = points[window] - cloud.places[number]
            beside = np.linalg.norm(np.cross(offsets, towards), axis=-1)
            radius = cloud.radius[number] + spread
            share = np.clip(1 - (beside / radius) ** 2, 0, 1) if cloud.soft[number] else _rim(beside, radius, spread)
            weaker = cloud.opacity[number] * (0.6 if cloud.soft[number] else (cloud.radius[number] / radius) ** 2)
            below = (offsets @ towards) < 0
            left[window] *= np.asarray(1 - _SHARE_OF_SUN * weaker * share * below, np.float32)
    return left


def _rim(beside: Array, radius: float, spread: float) -> Array:
    """1 in the middle of a shadow, falling to 0 over its soft rim."""
    return np.clip((radius - beside) / max(2 * spread, 1e-6), 0, 1)


def _shaded(
    cloud: Cloud, towards: Array, angle: float, shot: Shot, seen: Picture
) -> Iterator[tuple[tuple[slice, slice], int, float]]:
    """Where shadows may fall: part of the picture, the particle's place in the cloud, and the shadow's softness.

    A shadow falls where the ray from the sun through the particle first passes behind what is seen.
    """
    height, width = seen.shape
    focal = height / 2 / shot.slope
    steps = np.linspace(0, 1, _SHADOW_STEPS) ** 1.7 * _SHADOW_REACH
    ways = cloud.places[:, None] - steps[:, None] * towards
    pixels, depth = shot.project(ways, height, width)
    column, row = np.rint(np.nan_to_num(pixels, nan=-1.0, posinf=-1.0, neginf=-1.0)).clip(-1, 1e6).astype(int).T
    column, row = column.T, row.T
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    behind = seen[np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)]
    margin = np.maximum(cloud.radius[:, None], steps / _SHADOW_STEPS)
    met = inside & (depth >= behind) & (depth - behind <= margin + 0.15)
    for number in np.flatnonzero(met.any(axis=1)):
        step = int(np.argmax(met[number]))
        spread = 0.5 * max(angle, 0.02) * steps[step] + 0.004
        reach = (cloud.radius[number] + spread) * 1.6 * focal / max(float(depth[number, step]), _NEAREST) + 2
        low, high = max(step - 2, 0), min(step + 1, _SHADOW_STEPS - 1)
        x, y = pixels[number, low : high + 1].T
        left, right = max(int(x.min() - reach), 0), min(int(x.max() + reach) + 1, width)
        top, bottom = max(int(y.min() - reach), 0), min(int(y.max() + reach) + 1, height)
        if left < right and top < bottom:
            yield (slice(top, bottom), slice(left, right)), int(number), float(spread)
