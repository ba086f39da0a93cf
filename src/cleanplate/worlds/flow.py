"""Exact optical flow from depth, instances and the poses of camera and bodies."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cleanplate.worlds import quaternion
from cleanplate.worlds.camera import Shot, shot_at
from cleanplate.worlds.protocols import Trajectories, View
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
    pixels, _ = places(scene, view, (trajectories, frame), (trajectories, to))
    start = np.stack(np.meshgrid(np.arange(pixels.shape[1]), np.arange(pixels.shape[0])), axis=-1)
    return np.asarray(pixels - start, np.float32)


def places(
    scene: Scene, view: View, here: tuple[Trajectories, int], there: tuple[Trajectories, int]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where each pixel's surface lies on another frame, or in another world that has all bodies that are seen.

    Args:
        view: rendered from `here`.
        here, there: a world and a frame of it.

    Returns:
        H x W x 2 (x, y) in pixels, nan as in `flow`, and H x W: its distance from the camera there, in metres.
    """
    (trajectories, frame), (into, to) = here, there
    height, width = view.depth.shape
    shot, other = shot_at(scene, frame), shot_at(scene, to)
    rays = shot.rays(height, width)
    pixels, depth = other.project_directions(rays, height, width)
    for place, body in enumerate(scene.bodies):
        mask = view.instance == place
        if not mask.any():
            continue
        index = trajectories.index(body.name)
        points = shot.eye + rays[mask] * view.depth[mask].astype(np.float64)[:, None]
        if body.name in trajectories.deforming:
            surfaces = trajectories.deforming[body.name], into.deforming[body.name]
            moved = _follow(shot, mask, surfaces[0].vertices[frame], surfaces[1].vertices[to], surfaces[0].faces)
        else:
            back = quaternion.conjugate(trajectories.orientations[frame, index])
            local = quaternion.rotate(back, points - trajectories.positions[frame, index])
            after = into.index(body.name)
            moved = quaternion.rotate(into.orientations[to, after], local) + into.positions[to, after]
        pixels[mask], depth[mask] = other.project(moved, height, width)
    pixels[depth <= 0] = np.nan
    return pixels, depth


def _follow(
    shot: Shot,
    mask: NDArray[np.bool_],
    before: NDArray[np.float32],
    after: NDArray[np.float32],
    faces: NDArray[np.int32],
) -> NDArray[np.float64]:
    """Where what is seen at `mask` goes with the triangles in which it lies: M x 3; nan where none is met."""
    depth, triangle = (
        plane[mask]
        for plane in rasterise(shot, before.astype(np.float64), faces.astype(np.int64), mask.shape, (0.1, 200.0))
    )
    met = triangle >= 0
    corners = faces[triangle[met]]
    points = shot.eye + shot.rays(*mask.shape)[mask][met] * depth[met].astype(np.float64)[:, None]
    shares = barycentric(points.astype(np.float32), before[corners]).astype(np.float64)
    moved = np.full((len(triangle), 3), np.nan)
    moved[met] = np.einsum("nk,nkc->nc", shares, after[corners].astype(np.float64))
    return moved
