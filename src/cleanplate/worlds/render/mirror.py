"""A smooth floor that mirrors what stands on it: the scene seen from below, at its place in the picture."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cleanplate.worlds.camera import Shot
from cleanplate.worlds.render.backdrop import Backdrop
from cleanplate.worlds.render.shading import Array, Points, Posed, mirrored_share, rays_of
from cleanplate.worlds.scene import Box

SMOOTH = 0.3
"""Rougher floors mirror nothing that one could make out."""


@dataclass(frozen=True)
class Mirror:
    """The upper side of a box.

    Attributes:
        number: the piece's.
        point, normal: of the plane, in the world.
    """

    number: int
    posed: Posed
    point: Array
    normal: Array

    def shot(self, shot: Shot) -> Shot:
        """The camera behind the mirror. Its picture is the wrong way round from left to right."""
        right, up, forward = shot.axes - 2 * np.outer(shot.axes @ self.normal, self.normal)
        eye = shot.eye - 2 * ((shot.eye - self.point) @ self.normal) * self.normal
        return Shot(eye, np.stack([-right, up, forward]), shot.slope)

    def is_before(self, shot: Shot) -> bool:
        """Whether the camera looks at the mirror's front."""
        return bool((shot.eye - self.point) @ self.normal > 0.05)

    def holds(self, points: Points) -> NDArray[np.bool_]:
        """Which points (N x 3) lie on the plane."""
        return np.asarray(np.abs((points - self.point) @ self.normal) < 0.005)

    def share(
        self, shot: Shot, index: NDArray[np.intp], size: tuple[int, int], backdrop: Backdrop
    ) -> tuple[Points, Points]:
        """How much the samples at `index` mirror (N x 1), and what they did mirror: the backdrop (N x 3)."""
        rays = rays_of(shot, index, *size)
        rays /= np.sqrt(np.einsum("nc,nc->n", rays, rays))[:, None]
        normal = self.normal.astype(np.float32)
        cosine = np.maximum(-(rays @ normal), 0)[:, None]
        plain = np.zeros((1, 3), np.float32)
        return mirrored_share(self.posed.piece.material, plain, cosine), backdrop.seen(rays + 2 * cosine * normal)


def mirror_among(posed: Iterable[tuple[int, Posed]]) -> Mirror | None:
    """The largest box among the pieces that is smooth enough, no metal, and level."""
    found: list[tuple[float, Mirror]] = []
    for number, one in posed:
        shape, material = one.piece.solid.shape, one.piece.material
        if (
            not isinstance(shape, Box)
            or one.piece.solid.normals is not None
            or material.roughness > SMOOTH
            or material.metallic
        ):
            continue
        axis = int(np.argmax(np.abs(one.turn[2])))
        normal = one.turn[:, axis] * np.sign(one.turn[2, axis])
        if normal[2] > 0.999:
            area = float(np.prod(shape.half) / shape.half[axis])
            found.append((area, Mirror(number, one, one.position + normal * shape.half[axis], normal)))
    return max(found, key=lambda pair: pair[0])[1] if found else None
