"""Exact optical flow from depth, instances and the poses of camera and bodies."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cleanplate.worlds import quaternion
from cleanplate.worlds.camera import Shot, shot_at
from cleanplate.worlds.protocols import Deforming, Trajectories, View
from cleanplate.worlds.raster import rasterise
from cleanplate.worlds.render.surfaces import barycentric
from cleanplate.worlds.scene import Scene


def flow(scene: Scene, trajectories: Trajectories, view: View, frame: int, to: int) -> NDArray[np.float32]:
    """Where each pixel's surface goes from `frame` to `to`: H x W x 2 float32 (dx, dy) in pixels.

    Args:
        view: the rendered `frame`. Where nothing is hit, the backdrop is taken to be infinitely far.

    What lies behind the camera on frame `to` has no flow (nan); nor has a pixel of a surface that changes its shape
    whose middle that surface does not cover.
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
        if body.name in trajectories.deforming:
            moved = _follow(trajectories.deforming[body.name], here, mask, (frame, to))
        else:
            back = quaternion.conjugate(trajectories.orientations[frame, index])
            local = quaternion.rotate(back, points - trajectories.positions[frame, index])
            moved = quaternion.rotate(trajectories.orientations[to, index], local) + trajectories.positions[to, index]
        pixels[mask], depth[mask] = there.project(moved, height, width)
    pixels[depth <= 0] = np.nan
    start = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1)
    return np.asarray(pixels - start, np.float32)


def _follow(surface: Deforming, shot: Shot, mask: NDArray[np.bool_], frames: tuple[int, int]) -> NDArray[np.float64]:
    """Where what is seen at `mask` goes with the triangles in which it lies: M x 3; nan where none is met."""
    before, after = (surface.vertices[frame].astype(np.float64) for frame in frames)
    faces = surface.faces.astype(np.int64)
    depth, triangle = (plane[mask] for plane in rasterise(shot, before, faces, mask.shape, (0.1, 200.0)))
    met = triangle >= 0
    corners = faces[triangle[met]]
    points = shot.eye + shot.rays(*mask.shape)[mask][met] * depth[met].astype(np.float64)[:, None]
    shares = barycentric(points.astype(np.float32), before[corners].astype(np.float32)).astype(np.float64)
    moved = np.full((len(triangle), 3), np.nan)
    moved[met] = np.einsum("nk,nkc->nc", shares, after[corners])
    return moved
