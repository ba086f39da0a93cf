"""The renderer tiny against what geometry says it must show."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scenes import FLOOR, moved, parlour, scene_of, still, thing

from cleanplate.worlds.camera import shot_at
from cleanplate.worlds.protocols import Trajectories, View
from cleanplate.worlds.render.tiny import Tiny
from cleanplate.worlds.scene import Box, Camera, Light, Material, Mesh, Pose, Scene, Sphere, Texture

HEIGHT, WIDTH = 128, 224
BALL = thing("ball", Sphere(radius=0.4), 0.5, 0.3, 0.4)


def drawn(
    scene: Scene, trajectories: Trajectories | None = None, height: int = HEIGHT, width: int = WIDTH
) -> list[View]:
    return list(Tiny().render(scene, trajectories or still(scene), height, width))


@pytest.mark.parametrize("side", [2, 3])
def test_a_ball_is_where_and_as_large_as_the_pinhole_says(side: int) -> None:
    scene = scene_of(BALL)
    view = next(iter(Tiny(samples=side).render(scene, still(scene), HEIGHT, WIDTH)))
    radius = np.sqrt(view.coverage[0].sum() / np.pi)
    assert radius == pytest.approx(np.sqrt(_area_of_ball(scene, BALL.position, 0.4) / np.pi), abs=0.15)
    ys, xs = np.mgrid[:HEIGHT, :WIDTH]
    weight = view.coverage[0]
    middle, _ = shot_at(scene, 0).project(BALL.position, HEIGHT, WIDTH)
    found = np.array([(xs * weight).sum(), (ys * weight).sum()]) / weight.sum()
    assert np.abs(found - middle).max() < 0.5


def _area_of_ball(scene: Scene, centre: tuple[float, float, float], radius: float) -> float:
    """In pixels: that of the ellipse in which the picture plane cuts the cone that touches the ball."""
    camera = scene.camera.poses[0]
    away, axis = np.subtract(centre, camera.eye), np.subtract(camera.target, camera.eye)
    distance = np.linalg.norm(away)
    cosine, sine = away @ axis / distance / np.linalg.norm(axis), radius / distance
    focal = HEIGHT / 2 / np.tan(scene.camera.fov / 2)
    return float(np.pi * focal**2 * sine**2 * np.sqrt(1 - sine**2) / (cosine**2 - sine**2) ** 1.5)


def test_depth_of_a_plane_is_exact() -> None:
    scene = scene_of(FLOOR)
    view = drawn(scene)[0]
    rays = shot_at(scene, 0).rays(HEIGHT, WIDTH)
    mask = (view.coverage[0] == 1) & (view.depth < 15)
    expected = -1.5 / rays[..., 2]
    assert mask.mean() > 0.5
    np.testing.assert_allclose(view.depth[mask], expected[mask], rtol=5e-4)


def test_coverage_and_instance_tell_the_same() -> None:
    scene = parlour()
    view = drawn(scene)[0]
    total = view.coverage.sum(axis=0)
    assert total.max() <= 1
    assert view.coverage.min() >= 0
    whole = np.concatenate([view.coverage, 1 - total[None]])
    instance = np.where(view.instance < 0, len(scene.bodies), view.instance)
    own = np.take_along_axis(whole, instance[None].astype(int), axis=0)[0]
    assert np.array_equal(own, whole.max(axis=0))
    assert np.array_equal(np.isinf(view.depth), view.instance < 0)
    assert {int(n) for n in np.unique(view.instance)} == set(range(-1, len(scene.bodies)))


def test_edges_are_antialiased() -> None:
    black = thing("ball", Sphere(radius=0.5), 0, 0, 0.3, material=Material(colour=(0, 0, 0), roughness=1))
    view = drawn(scene_of(black, backdrop=Texture(name="plain", colours=((1, 1, 1),))))[0]
    codes = {share: np.unique(view.rgb[view.coverage[0] == share]).tolist() for share in (0, 0.25, 0.5, 0.75, 1)}
    # In linear light: sRGB codes of 1, 3/4, 1/2, 1/4 and 0, give or take the table's steps.
    expected = {0: 255, 0.25: 225, 0.5: 188, 0.75: 137, 1: 0}
    for share, code in expected.items():
        assert np.abs(np.subtract(codes[share], code)).max() <= 1, share


def test_shadows_fall_away_from_the_light() -> None:
    ground = FLOOR.model_copy(update={"material": Material(colour=(0.6, 0.6, 0.6))})
    post = thing("post", Box(half=(0.1, 0.1, 0.5)), 0, 0, 0.5)
    scene = scene_of(ground, post, eye=(0, -0.01, 5), lights=(Light(towards=(1, 0, 1)),))
    both, bare = drawn(scene)[0], drawn(scene, still(scene).without({"post"}))[0]
    darker = (both.rgb.astype(int).max(-1) < bare.rgb.astype(int).max(-1) - 20) & (both.coverage[1] == 0)
    shot = shot_at(scene, 0)
    tip, _ = shot.project((-1.0, 0, 0), HEIGHT, WIDTH)
    xs = np.nonzero(darker)[1]
    # Light at 45 degrees: the shadow of a post one metre high is one metre long, plus half the post, less what keeps
    # surfaces from shading themselves: some 1.7 texels of the shadow map, of 26 mm here.
    assert xs.min() == pytest.approx(shot.project((-1.1, 0, 0), HEIGHT, WIDTH)[0][0], abs=2.5)
    assert xs.max() < WIDTH / 2
    assert abs(np.nonzero(darker)[0].mean() - tip[1]) < 1.5
    lit = both.rgb[10, -10].astype(float)
    share = both.rgb[darker].astype(float).mean() / lit.mean()
    assert 0.4 < share < 0.9


def test_the_same_bytes_again_and_in_another_process(tmp_path: Path) -> None:
    here = _digest()
    assert _digest() == here
    code = "from test_worlds_tiny import _digest; print(_digest())"
    tests = Path(__file__).parent
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tests,
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(tests)},
    )
    assert result.stdout.split()[-1] == here


def _digest() -> str:
    scene = parlour()
    sums = hashlib.sha256()
    for view in drawn(scene, moved(still(scene, 2), "ball", (0.1, 0.0, 0.0)), 64, 112):
        for array in (view.rgb, view.instance, view.coverage, view.depth):
            sums.update(np.ascontiguousarray(array).tobytes())
    return sums.hexdigest()


def test_bodies_that_the_trajectories_lack_are_not_drawn() -> None:
    scene = scene_of(FLOOR, BALL)
    gone = drawn(scene, still(scene).without({"ball"}))[0]
    empty = drawn(scene_of(FLOOR))[0]
    assert not gone.coverage[1].any()
    assert np.array_equal(gone.rgb, empty.rgb)
    assert np.array_equal(gone.depth, empty.depth)


def test_a_moving_camera_sees_what_a_fixed_one_sees_there() -> None:
    poses = (Pose(time=0, eye=(0, -4, 1.5), target=(0, 0, 0.3)), Pose(time=2 / 12, eye=(1, -3, 1), target=(0, 0, 0.3)))
    scene = parlour().model_copy(update={"camera": Camera(poses=poses)})
    view = drawn(scene, still(scene, 3), 64, 112)[2]
    there = scene.model_copy(update={"camera": Camera(poses=(Pose(time=0, eye=(1, -3, 1), target=(0, 0, 0.3)),))})
    fixed = drawn(there, still(scene, 1), 64, 112)[0]
    assert np.array_equal(view.instance, fixed.instance)
    # Only the middle of the shadow maps differs.
    assert (np.abs(view.rgb.astype(int) - fixed.rgb).max(-1) > 8).mean() < 0.03


def test_resting_bodies_look_alike_drawn_once_or_every_frame() -> None:
    scene = parlour()
    resting = drawn(scene, still(scene, 2), 64, 112)[0]
    going = still(scene, 2)
    for body in scene.bodies[1:]:
        going = moved(going, body.name, (0.05, 0.0, 0.0))
    again = drawn(scene, going, 64, 112)[0]
    assert np.array_equal(resting.rgb, again.rgb)
    assert np.array_equal(resting.instance, again.instance)


def test_textures_have_their_period_in_metres() -> None:
    checker = Material(texture=Texture(name="checker", scale=0.5, colours=((0.1, 0.1, 0.1), (0.9, 0.9, 0.9))))
    scene = scene_of(FLOOR.model_copy(update={"material": checker}), eye=(0, -0.001, 3))
    row = drawn(scene)[0].rgb[HEIGHT // 2 + 3, :, 0].astype(int)
    edges = np.flatnonzero(np.diff((row > 120).astype(int)))
    metre = HEIGHT / 2 / np.tan(scene.camera.fov / 2) / 3
    assert np.diff(edges).mean() == pytest.approx(0.25 * metre, rel=0.03)


@pytest.mark.parametrize("elevation", [20, 40, 60, 85])
def test_bare_ground_does_not_shade_itself(elevation: float) -> None:
    turn = np.radians(elevation)
    ground = FLOOR.model_copy(update={"material": Material(colour=(0.6, 0.6, 0.6), roughness=1)})
    scene = scene_of(ground, lights=(Light(towards=(np.cos(turn), 0, np.sin(turn))),), eye=(0, -3, 2))
    view = drawn(scene)[0]
    assert np.ptp(view.rgb[view.coverage[0] == 1].astype(int), axis=0).max() <= 1


def test_a_mesh_is_shaded_by_its_own_faces() -> None:
    wedge = thing("wedge", Mesh(asset="wedge"), 0, 0, 0.5, material=Material(colour=(0.7, 0.7, 0.7), roughness=1))
    light = Light(towards=(-0.7, 0, 0.7), strength=1.0, ambient=0.0)
    lit = drawn(scene_of(wedge, eye=(0, -0.01, 5), lights=(light,)))[0]
    dark = drawn(scene_of(wedge, eye=(0, -0.01, 5), lights=(light.model_copy(update={"towards": (0.9, 0, 0.1)}),)))[0]
    # Its slope faces (-1, 0, 1): full light from there, none from behind.
    inside = lit.coverage[0] == 1
    assert abs(int(np.median(lit.rgb[inside])) - round(0.7 * 255)) <= 2
    assert np.median(dark.rgb[inside]) == 0


def test_a_smooth_floor_mirrors_what_stands_over_it() -> None:
    smooth = Material(colour=(0.1, 0.1, 0.1), roughness=0.02)
    ball = thing("ball", Sphere(radius=0.2), 0.3, 0.5, 0.8, material=Material(colour=(1, 0.1, 0.1), roughness=1))
    light = Light(towards=(0.0, -0.3, 1.0))
    scene = scene_of(FLOOR.model_copy(update={"material": smooth}), ball, eye=(0, -3, 0.8), lights=(light,))
    both, bare = drawn(scene)[0], drawn(scene, still(scene).without({"ball"}))[0]
    shot = shot_at(scene, 0)
    (x, y), _ = shot.project((0.3, 0.5, -0.8), HEIGHT, WIDTH)
    gain = both.rgb.astype(int) - bare.rgb
    gain[both.coverage[1] > 0] = 0
    redder = np.abs(gain[..., 0] - gain[..., 2]) > 12
    rows, columns = np.nonzero(redder)
    assert columns.mean() == pytest.approx(x, abs=1.0)
    assert rows.mean() == pytest.approx(y, abs=1.5)
    area = _area_of_ball(scene, (0.3, 0.5, -0.8), 0.2)
    # Pixels that are less than half covered count as well, up to half the outline.
    assert area * 0.97 < redder.sum() < area + np.sqrt(np.pi * area)
    dull = scene.bodies[0].model_copy(update={"material": smooth.model_copy(update={"roughness": 0.9})})
    rough = scene.model_copy(update={"bodies": (dull, ball)})
    none = drawn(rough)[0].rgb.astype(int) - drawn(rough, still(rough).without({"ball"}))[0].rgb
    assert np.abs(none[redder]).max() <= 2
