"""Light on what the samples of a picture meet, apart from who stands in it: that changes from frame to frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from cleanplate.worlds import quaternion
from cleanplate.worlds.camera import Shot
from cleanplate.worlds.render.atlas import Skin
from cleanplate.worlds.render.backdrop import Backdrop
from cleanplate.worlds.render.shadows import TAPS, Sun, lit
from cleanplate.worlds.render.stage import Look
from cleanplate.worlds.render.surfaces import Solid, look, unit
from cleanplate.worlds.scene import Material

Points = NDArray[np.float32]
Array = NDArray[np.float64]

_RUN = 8192
"""Samples that are shaded together: so few that they stay in the processor's cache."""
_PLAIN = 0.04
"""Share of light that what is no metal mirrors when looked at straight."""
_DULL, _MATT = 0.45, 0.75
"""Rougher things mirror nothing that one could make out of their surroundings, and of the sun."""


@dataclass(frozen=True)
class Piece:
    """A part of a body, ready to draw: its shape, where it sits in the body's frame, and its looks."""

    body: int
    solid: Solid
    position: Array
    orientation: Array
    material: Material
    skin: Skin

    def posed(self, position: Array, orientation: Array) -> Posed:
        """The piece when the body is there."""
        turned = quaternion.multiply(orientation, self.orientation)
        place = position + quaternion.rotate(orientation, self.position)
        return Posed(self, place, turned, quaternion.matrix(turned))


@dataclass(frozen=True)
class Posed:
    """A piece, and where it is in the world: `turn` is its orientation as a matrix."""

    piece: Piece
    position: Array
    orientation: Array
    turn: Array


@dataclass(frozen=True)
class Surroundings:
    """Where light comes from."""

    suns: tuple[Sun, ...]
    backdrop: Backdrop


@dataclass(frozen=True)
class Samples:
    """Light on M samples.

    Attributes:
        index: M, their places in the picture, row by row.
        base: M x 3, from all around.
        direct: for each sun M x 3, unless something stands in the way.
        texels, depths: for each sun, where to look that up (`Sun.places`).
    """

    index: NDArray[np.intp]
    base: Points
    direct: tuple[Points, ...]
    texels: tuple[NDArray[np.int32], ...]
    depths: tuple[Points, ...]

    def light(self, maps: Sequence[NDArray[np.float32]]) -> Points:
        """M x 3, with the shadows of these maps (`shadows.lit`)."""
        total = self.base
        for direct, texels, depth, one in zip(self.direct, self.texels, self.depths, maps, strict=True):
            total = total + direct * lit(one, texels, depth)[:, None]
        return total


def shade(
    seen: Look, index: NDArray[np.intp], shot: Shot, posed: Mapping[int, Posed], surroundings: Surroundings
) -> Samples:
    """Shade the samples at `index` of what the camera sees; `Look.part` are keys of `posed`."""
    part = seen.part.ravel()[index].astype(np.int16)
    order = np.argsort(part, kind="stable")
    index, part = index[order], part[order]
    count, suns = len(index), surroundings.suns
    samples = Samples(
        index,
        np.empty((count, 3), np.float32),
        tuple(np.empty((count, 3), np.float32) for _ in suns),
        tuple(np.empty((TAPS, count), np.int32) for _ in suns),
        tuple(np.empty(count, np.float32) for _ in suns),
    )
    edges = np.flatnonzero(np.diff(part, prepend=-2, append=-2)).tolist()
    for start, stop in pairwise(edges):
        for begin in range(start, stop, _RUN):
            run = slice(begin, min(begin + _RUN, stop))
            _shade_run(samples, run, seen, shot, (posed[int(part[begin])], surroundings))
    return samples


def _shade_run(samples: Samples, run: slice, seen: Look, shot: Shot, lit_one: tuple[Posed, Surroundings]) -> None:
    """Fill in a run of samples that all meet one piece."""
    (one, surroundings), index = lit_one, samples.index[run]
    height, width = seen.part.shape
    piece, turn = one.piece, one.turn.astype(np.float32)
    depth, rays = seen.depth.ravel()[index], rays_of(shot, index, height, width)
    points = shot.eye.astype(np.float32) + rays * depth[:, None]
    towards_eye = -unit(rays)
    local = (points - one.position.astype(np.float32)) @ turn
    inner, places = look(piece.solid, local, seen.triangle.ravel()[index], piece.skin.scale)
    normals = inner @ turn.T
    facing = np.maximum(np.einsum("nc,nc->n", normals, towards_eye), 0.05)
    footprint = depth * np.float32(2 * shot.slope / height) / np.sqrt(facing)
    albedo = piece.skin.sample(places, footprint)
    samples.base[run] = _from_around(piece.material, albedo, normals, towards_eye, surroundings)
    kinds = ((index // width % 2) * 2 + index % width % 2).astype(np.int8)
    for number, sun in enumerate(surroundings.suns):
        samples.direct[number][run] = _from_sun(piece.material, albedo, normals, towards_eye, sun)
        samples.texels[number][:, run], samples.depths[number][run] = sun.places(points, normals, kinds)


def rays_of(shot: Shot, index: NDArray[np.intp], height: int, width: int) -> Points:
    """The ways from the eye to samples, for a depth of one metre."""
    focal = height / 2 / shot.slope
    ways = np.empty((len(index), 3), np.float32)
    ways[:, 0] = (index % width - (width - 1) / 2) / focal
    ways[:, 1] = ((height - 1) / 2 - index // width) / focal
    ways[:, 2] = 1
    return np.asarray(ways @ shot.axes.astype(np.float32), np.float32)


def _from_around(
    material: Material, albedo: Points, normals: Points, towards_eye: Points, surroundings: Surroundings
) -> Points:
    """Even light, somewhat less from below, and what a smooth surface mirrors of the backdrop."""
    ambient = sum(sun.light.ambient for sun in surroundings.suns)
    around = np.float32(ambient) * (0.85 + 0.15 * normals[:, 2:])
    base = np.asarray(albedo * around * np.float32(1 - material.metallic), np.float32)
    if material.roughness > _DULL and not material.metallic:
        return base
    cosine = np.maximum(np.einsum("nc,nc->n", normals, towards_eye), 0)[:, None]
    share = mirrored_share(material, albedo, cosine)
    blurred = np.float32(material.metallic * (1 - (1 - material.roughness) ** 2)) * albedo * around
    return np.asarray(
        base + blurred + share * surroundings.backdrop.seen(2 * cosine * normals - towards_eye), np.float32
    )


def _from_sun(material: Material, albedo: Points, normals: Points, towards_eye: Points, sun: Sun) -> Points:
    """Lambert's law and the highlight of Blinn (1977), whose exponent follows from the roughness."""
    cosine = np.maximum(normals @ sun.towards, 0)
    exponent = min(max(2 / max(material.roughness, 0.05) ** 4 - 2, 2.0), 1000.0)
    reflected = albedo * np.float32(1 - material.metallic)
    if material.roughness < _MATT or material.metallic:
        # n . h without h itself: h = l + v, and |l + v|^2 = 2 + 2 l . v.
        along = normals @ sun.towards + np.einsum("nc,nc->n", normals, towards_eye)
        halfway = np.maximum(along, 0) / np.sqrt(np.maximum(2 + 2 * (towards_eye @ sun.towards), 1e-6))
        highlight = np.float32((exponent + 2) / 8) * np.minimum(halfway, 1) ** np.float32(exponent)
        reflected += _mirrored(material, albedo) * highlight[:, None]
    colour = np.asarray(sun.light.colour, np.float32) * np.float32(sun.light.strength)
    return np.asarray(reflected * cosine[:, None] * colour, np.float32)


def mirrored_share(material: Material, albedo: Points, cosine: Points) -> Points:
    """Share of light (N x 3 or N x 1) that is mirrored under an angle of that cosine (N x 1), by Schlick (1994)."""
    straight = _mirrored(material, albedo)
    share = (straight + (1 - straight) * (1 - cosine) ** 5) * np.float32((1 - material.roughness) ** 2)
    return np.asarray(share, np.float32)


def _mirrored(material: Material, albedo: Points) -> Points:
    """Share of light that is mirrored when looked at straight: its own colour for a metal."""
    metallic = np.float32(material.metallic)
    return np.asarray(_PLAIN * (1 - metallic) + albedo * metallic, np.float32)
