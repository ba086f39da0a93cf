"""Camera paths and exact flow, against points that are moved numerically."""

from __future__ import annotations

import numpy as np
import pytest
from scenes import FLOOR, moved, scene_of, still, thing

from cleanplate.worlds import quaternion
from cleanplate.worlds.camera import pose_at, shot_at
from cleanplate.worlds.flow import flow
from cleanplate.worlds.protocols import Trajectories
from cleanplate.worlds.render.tiny import Tiny
from cleanplate.worlds.scene import Box, Camera, Pose, Scene

PATH = (
    Pose(time=0, eye=(0, -4, 1.5), target=(0, 0, 0.3)),
    Pose(time=1, eye=(1, -3.5, 2), target=(0.2, 0, 0.3)),
    Pose(time=3, eye=(2, -2, 1), target=(0, 0.5, 0.3)),
)


def test_the_path_goes_through_its_poses_smoothly() -> None:
    camera = Camera(poses=PATH)
    for pose in PATH:
        eye, target = pose_at(camera, pose.time)
        assert eye == pytest.approx(pose.eye)
        assert target == pytest.approx(pose.target)
    times = np.linspace(0, 3, 3001)
    eyes = np.array([pose_at(camera, time)[0] for time in times])
    speed = np.gradient(eyes, times, axis=0)
    assert np.abs(np.diff(speed, axis=0)).max() < 0.02
    assert pose_at(camera, 9.0)[0] == pytest.approx(PATH[-1].eye)


def test_matrices_and_projection_agree() -> None:
    scene = scene_of(FLOOR, camera=Camera(poses=PATH))
    shot = shot_at(scene, 1)
    points = np.random.default_rng(1).uniform(-1, 1, (50, 3))
    clip = np.column_stack([points, np.ones(50)]) @ (shot.projection_matrix(90, 160, 0.1, 50) @ shot.view_matrix()).T
    device = clip[:, :2] / clip[:, 3:]
    pixels, depth = shot.project(points, 90, 160)
    assert pixels[:, 0] == pytest.approx((device[:, 0] + 1) / 2 * 160 - 0.5)
    assert pixels[:, 1] == pytest.approx((1 - device[:, 1]) / 2 * 90 - 0.5)
    assert depth == pytest.approx(clip[:, 3])
    rays = shot.rays(90, 160)
    back, _ = shot.project(shot.eye + rays * 3.0, 90, 160)
    assert np.abs(back - np.stack(np.meshgrid(np.arange(160), np.arange(90)), -1)).max() < 1e-9


def test_zoom_ends_at_its_share_of_the_field_of_view() -> None:
    scene = scene_of(FLOOR, camera=Camera(poses=PATH[:1], fov=0.8, zoom=0.5), frames=5)
    assert 2 * np.arctan(shot_at(scene, 0).slope) == pytest.approx(0.8)
    assert 2 * np.arctan(shot_at(scene, 4).slope) == pytest.approx(0.4)


def test_shake_wanders_a_little_and_always_alike() -> None:
    scene = scene_of(FLOOR, camera=Camera(poses=PATH[:1], shake=0.02, shake_seed=3), frames=48)
    eyes = np.array([shot_at(scene, frame).eye for frame in range(48)])
    away = np.linalg.norm(eyes - PATH[0].eye, axis=1)
    assert 0 < away.max() < 0.02 * np.sqrt(3)
    assert np.array_equal(eyes[5], shot_at(scene, 5).eye)
    assert np.linalg.norm(np.diff(eyes, axis=0), axis=1).max() < 0.02


def test_flow_follows_the_points_of_moving_and_turning_bodies() -> None:
    scene, trajectories = _turning()
    height, width = 90, 160
    views = list(Tiny().render(scene, trajectories, height, width))
    found = flow(scene, trajectories, views[0], 0, 1)
    place = trajectories.index("box")
    rng = np.random.default_rng(0)
    corners = rng.uniform(-0.3, 0.3, (600, 3))
    corners[np.arange(600), rng.integers(0, 3, 600)] = rng.choice([-0.3, 0.3], 600)
    ends = []
    for frame in (0, 1):
        world = trajectories.positions[frame, place] + quaternion.rotate(
            trajectories.orientations[frame, place], corners
        )
        ends.append(shot_at(scene, frame).project(world, height, width))
    (start, depth), (end, _) = ends
    pixel = np.rint(start).astype(int)
    shown = views[0].coverage[1][pixel[:, 1], pixel[:, 0]] == 1
    shown &= np.abs(views[0].depth[pixel[:, 1], pixel[:, 0]] - depth) < 0.02
    assert shown.sum() > 60
    assert np.abs(found[pixel[shown, 1], pixel[shown, 0]] - (end - start)[shown]).max() < 0.15


def test_flow_of_the_backdrop_is_that_of_what_is_infinitely_far() -> None:
    scene, trajectories = _turning()
    view = next(iter(Tiny().render(scene, trajectories, 90, 160)))
    found = flow(scene, trajectories, view, 0, 2)
    y, x = np.argwhere(view.instance < 0)[7]
    far = shot_at(scene, 0).eye + shot_at(scene, 0).rays(90, 160)[y, x] * 1e7
    end, _ = shot_at(scene, 2).project(far, 90, 160)
    assert found[y, x] == pytest.approx(end - (x, y), abs=1e-3)


def _turning() -> tuple[Scene, Trajectories]:
    camera = Camera(poses=(PATH[0], Pose(time=0.25, eye=(0.3, -3.9, 1.6), target=(0.05, 0, 0.32))))
    scene = scene_of(FLOOR, thing("box", Box(half=(0.3, 0.3, 0.3)), 0.1, 0, 0.5), camera=camera)
    trajectories = moved(still(scene, 3), "box", (0.05, 0.02, 0.03))
    orientations = trajectories.orientations.copy()
    for frame in range(3):
        orientations[frame, 1] = quaternion.about((0.3, 0.2, 1), 0.15 * frame)
    return scene, Trajectories(trajectories.names, trajectories.positions, orientations, trajectories.contacts)
