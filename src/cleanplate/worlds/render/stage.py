"""PyBullet's software renderer, used for what it does well: which surface a ray meets, and how far away.

It samples a picture at the pixels' lower left corners; `Stage.look` moves the picture so that it samples their middles.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.errors import missing_extra
from cleanplate.worlds.camera import Shot
from cleanplate.worlds.render.surfaces import Solid

Array = NDArray[np.float64]

NOTHING = -1
_MOST = 40_000
"""Triangles that PyBullet takes at once."""
_AWAY = (0.0, 0.0, -1e6)


@dataclass(frozen=True)
class Look:
    """What the samples of a picture meet, each H x W.

    Attributes:
        part: int32, which of the stage's solids, or NOTHING.
        depth: float32, metres along the optical axis, infinity where there is nothing.
        triangle: int32, which triangle of a solid that has `normals`; else of no meaning.
    """

    part: NDArray[np.int32]
    depth: NDArray[np.float32]
    triangle: NDArray[np.int32]

    def before(self, other: Look) -> Look:
        """The nearer of both at every sample."""
        nearer = self.depth <= other.depth
        return Look(
            np.where(nearer, self.part, other.part),
            np.where(nearer, self.depth, other.depth),
            np.where(nearer, self.triangle, other.triangle),
        )


class Stage:
    """Solids in a world of their own, to be moved and looked at. A context manager."""

    def __init__(self, solids: Sequence[Solid], numbers: Sequence[int]) -> None:
        """Set the solids up under these numbers, which `Look.part` gives back."""
        self._bullet = _pybullet()
        self._client = self._bullet.connect(self._bullet.DIRECT) if solids else NOTHING
        triangles = max((len(one.mesh.faces) for one in solids if one.normals is not None), default=0)
        # The side of a picture whose texels are numbered, by which a mesh tells its triangles.
        self._side = 2 ** int(np.ceil(np.log2(triangles) / 2)) if triangles else 0
        self._bodies = [self._place(one) for one in solids]
        of_bodies = [number for number, bodies in zip(numbers, self._bodies, strict=True) for _ in bodies]
        self._numbers = np.asarray([*of_bodies, NOTHING], np.int32)
        if triangles:
            placed = zip(self._bodies, solids, strict=True)
            self._number([body for bodies, one in placed if one.normals is not None for body in bodies])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._client != NOTHING:
            self._bullet.disconnect(physicsClientId=self._client)

    def pose(self, place: int, position: Array, orientation: Array) -> None:
        """Put the solid that was given as number `place` of the list there."""
        for body in self._bodies[place]:
            self._bullet.resetBasePositionAndOrientation(
                body, position.tolist(), orientation.tolist(), physicsClientId=self._client
            )

    def look(self, shot: Shot, size: tuple[int, int], planes: tuple[float, float]) -> Look:
        """What the camera sees on (height, width) samples between the (near, far) planes."""
        if not self._bodies:
            return _empty(size)
        rgb, depth, bodies = self._image(shot, size, planes)
        digits = np.reshape(rgb, (*size, 4))
        triangle = digits.view(np.int32)[..., 0] & 0xFFFFFF if self._side else np.zeros(size, np.int32)
        return Look(self._numbers[bodies], depth, triangle)

    def depth(self, shot: Shot, size: tuple[int, int], planes: tuple[float, float]) -> NDArray[np.float32]:
        """The depth alone of what `look` gives."""
        return self._image(shot, size, planes)[1] if self._bodies else _empty(size).depth

    def _image(
        self, shot: Shot, size: tuple[int, int], planes: tuple[float, float]
    ) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.int32]]:
        """Colours without any light on them, which are the triangles' numbers; depth; bodies."""
        (height, width), (near, far) = size, planes
        projection = shot.projection_matrix(height, width, near, far)
        # On the lower left corner of sample (i, j) lies what should lie on its middle: half a sample up and right.
        projection[0, 2] += 1 / width
        projection[1, 2] += 1 / height
        _, _, rgb, buffer, found = self._bullet.getCameraImage(
            width,
            height,
            shot.view_matrix().T.ravel().tolist(),
            projection.T.ravel().tolist(),
            shadow=0,
            lightDirection=[0, 0, 1],
            lightAmbientCoeff=1.0,
            lightDiffuseCoeff=0.0,
            lightSpecularCoeff=0.0,
            renderer=self._bullet.ER_TINY_RENDERER,
            physicsClientId=self._client,
        )
        bodies, values = np.reshape(found, size), np.reshape(buffer, size)
        depth = np.float32(far * near) / np.maximum(np.float32(far) - np.float32(far - near) * values, np.float32(1e-9))
        depth[bodies < 0] = np.inf
        return rgb, depth, bodies

    def _place(self, one: Solid) -> list[int]:
        """Set one solid up: several bodies where it has more triangles than one takes.

        A mesh gets corners of its own for every triangle, so that these can be numbered.
        """
        vertices, faces = one.mesh.vertices, one.mesh.faces
        if one.normals is None:
            return [self._shown(vertices, faces, np.zeros((len(vertices), 2)))]
        bodies = []
        for first in range(0, len(faces), _MOST):
            corners = vertices[faces[first : first + _MOST]].reshape(-1, 3)
            number = first + np.arange(len(corners)) // 3
            places = (np.stack([number % self._side, number // self._side], axis=1) + 0.5) / self._side
            bodies.append(self._shown(corners, np.arange(len(corners)), places))
        return bodies

    def _shown(self, vertices: Array, faces: NDArray[np.int64], places: Array) -> int:
        """One body, with its texture places."""
        shape = self._bullet.createVisualShape(
            self._bullet.GEOM_MESH,
            vertices=vertices.tolist(),
            indices=faces.ravel().tolist(),
            normals=np.tile([0.0, 0.0, 1.0], (len(vertices), 1)).tolist(),
            uvs=places.tolist(),
            rgbaColor=[1, 1, 1, 1],
            physicsClientId=self._client,
        )
        body: int = self._bullet.createMultiBody(0, -1, shape, _AWAY, physicsClientId=self._client)
        return body

    def _number(self, bodies: Sequence[int]) -> None:
        """Give meshes a texture whose texel n has the colour n, by rows from below."""
        count = np.arange(self._side**2, dtype=np.int32).reshape(self._side, self._side)[::-1]
        blue_green_red = np.stack([count >> 16, (count >> 8) & 255, count & 255], axis=-1).astype(np.uint8)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "numbers.png"
            cv2.imwrite(str(path), blue_green_red)
            texture = self._bullet.loadTexture(str(path), physicsClientId=self._client)
        for body in bodies:
            self._bullet.changeVisualShape(body, -1, textureUniqueId=texture, physicsClientId=self._client)


def _empty(size: tuple[int, int]) -> Look:
    return Look(
        np.full(size, NOTHING, np.int32),
        np.full(size, np.inf, np.float32),
        np.zeros(size, np.int32),
    )


def _pybullet() -> ModuleType:
    try:
        import pybullet
    except ImportError:
        raise missing_extra("pybullet", "worlds") from None
    return pybullet  # type: ignore[no-any-return]
