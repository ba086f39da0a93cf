"""Shadow maps: what the sun sees lies in its light (Williams 1978), looked up several times for soft edges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cleanplate.worlds.camera import Shot, looking, pose_at
from cleanplate.worlds.scene import Light, Role, Scene

Points = NDArray[np.float32]

_FAR = 20.0
"""Distance of the sun over the radius of what it lights: near enough to parallel light."""
_AROUND = 0.5
"""Metres around where a body starts that get shadows, too."""
_DEEP = 4.0
"""How far before and behind that region, in its radii, things cast and catch shadows."""
TAPS = 4
_TURNS = np.array([[(k + s / 4) / TAPS * 2 * np.pi for k in range(TAPS)] for s in range(4)])
_RADII = np.array([[0.35 + 0.65 * ((k * 2 + s) % 4) / 3 for k in range(TAPS)] for s in range(4)])
PATTERN = np.stack([_RADII * np.cos(_TURNS), _RADII * np.sin(_TURNS)]).transpose(2, 0, 1).astype(np.float32)
"""TAPS x 2 x 4: where on the unit disc (x, y) each of a pixel's four kinds of samples looks."""


@dataclass(frozen=True)
class Sun:
    """A light as a far camera.

    Attributes:
        towards: unit vector to the light.
        radius: metres around the middle of the scene that have shadows.
        size: side of the shadow map in texels.
    """

    light: Light
    towards: Points
    shot: Shot
    radius: float
    size: int

    @property
    def planes(self) -> tuple[float, float]:
        """Near and far plane of the map."""
        return (_FAR - _DEEP) * self.radius, (_FAR + _DEEP) * self.radius

    @property
    def texel(self) -> float:
        """Metres."""
        return 2 * self.radius / self.size

    def places(self, points: Points, normals: Points, kinds: NDArray[np.int8]) -> tuple[NDArray[np.int32], Points]:
        """Where points look in the map: texels (TAPS x N; size * size for none) and their depth (N) as the sun sees it.

        Args:
            kinds: 0..3, which of a pixel's samples a point is.
        """
        axes = self.shot.axes.astype(np.float32)
        reach = max(1.0, 0.35 * self.light.angle / self.texel)
        # A surface would shade itself where a look falls on a texel beside; so far out, none does at any slope.
        lifted = points + normals * np.float32((reach + 0.7) * self.texel)
        right, up, depth = (lifted @ axes.T).T
        depth = depth - np.float32(self.shot.eye @ self.shot.axes[2])
        focal, middle = np.float32(self.size / 2 / self.shot.slope), np.float32(self.size / 2)
        x = middle + focal * (right - np.float32(self.shot.eye @ self.shot.axes[0])) / depth
        y = middle - focal * (up - np.float32(self.shot.eye @ self.shot.axes[1])) / depth
        beside = ~((x >= reach) & (x < self.size - reach) & (y >= reach) & (y < self.size - reach))
        x[beside] = y[beside] = reach
        texels = np.empty((TAPS, len(points)), np.int32)
        for tap, (across, down) in enumerate(np.float32(reach) * PATTERN):
            np.multiply((y + down[kinds]).astype(np.int32), self.size, out=texels[tap])
            texels[tap] += (x + across[kinds]).astype(np.int32)
        texels[:, beside] = self.size**2
        return texels, depth - np.float32(0.2 * self.texel)


def lit(depths: NDArray[np.float32], texels: NDArray[np.int32], depth: Points) -> Points:
    """The share of light that reaches each point (N), 0..1.

    Args:
        depths: the shadow map, flat, with one more entry of infinity for what lies beside it.
    """
    reached = np.zeros(len(depth), np.uint8)
    for tap in texels:
        reached += depths[tap] >= depth
    return reached * np.float32(1 / TAPS)


def sun(light: Light, scene: Scene, size: int) -> Sun:
    """The light's camera, which depends on the scene alone: both worlds of a pair have the same map."""
    views = [pose_at(scene.camera, frame / scene.rate) for frame in range(scene.frames)]
    middle = np.mean([target for _, target in views], axis=0)
    seen = max(float(np.linalg.norm(eye - target) + np.linalg.norm(target - middle)) for eye, target in views)
    starts = [body.position for body in scene.bodies if body.role is not Role.SET]
    cast = max((float(np.linalg.norm(middle - start)) + _AROUND for start in starts), default=0.0)
    radius = min(max(seen, cast), 2 * seen)
    towards = np.asarray(light.towards, np.float64)
    towards = towards / np.linalg.norm(towards)
    shot = looking(middle + towards * _FAR * radius, middle, 1 / _FAR)
    return Sun(light, towards.astype(np.float32), shot, radius, size)
