"""Exact optical flow from depth, instances and the poses of camera and bodies."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cleanplate.worlds import quaternion
from cleanplate.worlds.camera import shot_at
from cleanplate.worlds.protocols import Trajectories, View
from cleanplate.worlds.scene import Scene


def flow(scene: Scene, trajectories: Trajectories, view: View, frame: int, to: int) -> NDArray[np.float32]:
    """Where each pixel's surface goes from `frame` to `to`: H x W x 2 float32 (dx, dy) in pixels.

    Args:
        view: the rendered `frame`. Where nothing is hit, the backdrop is taken to be infinitely far.

    What lies behind the camera on frame `to` has no flow (nan).
    """
    height, width = view.depth.shape
    here, there = shot_at(scene, frame), shot_at(scene, to)
    rays = here.rays(height, width)
    pixels, depth = there.project_directions(rays, height, width)
    for place, body in enumerate(scene.bodies):
        mask = view.instance == place
        if not mask.any():
            continue
        index = trajectories.index(body.name)
        points = here.eye + rays[mask] * view.depth[mask].astype(np.float64)[:, None]
        local = quaternion.rotate(
            quaternion.conjugate(trajectories.orientations[frame, index]),
            points - trajectories.positions[frame, index],
        )
        moved = quaternion.rotate(trajectories.orientations[to, index], local) + trajectories.positions[to, index]
        pixels[mask], depth[mask] = there.project(moved, height, width)
    pixels[depth <= 0] = np.nan
    start = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1)
    return np.asarray(pixels - start, np.float32)
