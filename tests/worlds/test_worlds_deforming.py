"""Surfaces that are another mesh on every frame, drawn and followed."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from scenes import FLOOR, scene_of, still, thing

from cleanplate.errors import ResourceError
from cleanplate.worlds.camera import looking, shot_at
from cleanplate.worlds.flow import flow
from cleanplate.worlds.protocols import Deforming, Trajectories, View
from cleanplate.worlds.raster import rasterise
from cleanplate.worlds.render.blender import Blender, interpreter
from cleanplate.worlds.render.solids import surface
from cleanplate.worlds.render.surfaces import solid
from cleanplate.worlds.render.tiny import Tiny
from cleanplate.worlds.scene import Box, Material, Scene, Sphere, Texture

HEIGHT, WIDTH = 96, 160
SPHERE = Sphere(radius=0.4)
CHECKED = Material(texture=Texture(name="checker", scale=0.3, colours=((0.1, 0.1, 0.1), (0.9, 0.9, 0.9))))
BALL = thing("ball", SPHERE, 0.2, 0.3, 0.4, material=CHECKED)


def sphere_surface(radii: list[float], centre: tuple[float, float, float]) -> Deforming:
    mesh = solid(SPHERE).mesh
    unit = mesh.vertices / SPHERE.radius
    vertices = np.stack([radius * unit + centre for radius in radii]).astype(np.float32)
    return Deforming(vertices, mesh.faces.astype(np.int32), mesh.vertices.astype(np.float32))


def with_surface(scene: Scene, one: Deforming) -> Trajectories:
    return replace(still(scene, len(one.vertices)), deforming={"ball": one})


def drawn(scene: Scene, ways: Trajectories) -> list[View]:
    return list(Tiny().render(scene, ways, HEIGHT, WIDTH))


def test_a_sphere_of_triangles_looks_like_the_ball_that_it_is() -> None:
    plain = BALL.model_copy(update={"material": Material(colour=(0.7, 0.3, 0.2))})
    scene = scene_of(FLOOR, plain)
    rigid = drawn(scene, still(scene))[0]
    soft = drawn(scene, with_surface(scene, sphere_surface([0.4], BALL.position)))[0]
    assert (rigid.instance != soft.instance).mean() < 0.002
    both = (rigid.coverage[1] == 1) & (soft.coverage[1] == 1)
    assert np.abs(rigid.rgb[both].astype(int) - soft.rgb[both]).mean() < 2
    assert np.abs(rigid.depth[both] - soft.depth[both]).max() < 0.01
    shadow = rigid.coverage[0] == 1
    assert (np.abs(rigid.rgb[shadow].astype(int) - soft.rgb[shadow]).max(axis=-1) > 40).mean() < 0.005


def test_it_takes_the_place_of_the_bodys_own_shape_on_every_frame() -> None:
    scene = scene_of(FLOOR, BALL)
    views = drawn(scene, with_surface(scene, sphere_surface([0.4, 0.3, 0.2], BALL.position)))
    areas = [view.coverage[1].sum() for view in views]
    assert areas[1] / areas[0] == pytest.approx(0.75**2, rel=0.05)
    assert areas[2] / areas[0] == pytest.approx(0.5**2, rel=0.05)
    gone = with_surface(scene, sphere_surface([0.4], BALL.position)).without({"ball"})
    assert np.array_equal(drawn(scene, gone)[0].rgb, drawn(scene, still(scene).without({"ball"}))[0].rgb)


def test_the_texture_stays_on_a_surface_that_grows() -> None:
    scene = scene_of(BALL, eye=(0.2, -2.0, 0.4))
    for view in drawn(scene, with_surface(scene, sphere_surface([0.25, 0.5], BALL.position))):
        row = view.rgb[HEIGHT // 2, view.coverage[0, HEIGHT // 2] == 1, 0] > 128
        # Fields of 0.15 m on a ball that has a radius of 0.4 m where its texture lies, seen from the front.
        assert 4 <= np.count_nonzero(np.diff(row)) <= 6


def test_a_surface_at_rest_looks_alike_drawn_once_or_every_frame() -> None:
    scene = scene_of(FLOOR, BALL)
    resting = drawn(scene, with_surface(scene, sphere_surface([0.4, 0.4], BALL.position)))[0]
    going = drawn(scene, with_surface(scene, sphere_surface([0.4, 0.41], BALL.position)))[0]
    assert np.array_equal(resting.rgb, going.rgb)
    assert np.array_equal(resting.coverage, going.coverage)


def test_flow_follows_the_triangles() -> None:
    """A point of a ball that swells goes straight away from its middle."""
    scene = scene_of(FLOOR, BALL)
    ways = with_surface(scene, sphere_surface([0.4, 0.44], BALL.position))
    view = drawn(scene, ways)[0]
    found = flow(scene, ways, view, 0, 1)
    shot, middle = shot_at(scene, 0), np.asarray(BALL.position)
    assert np.isfinite(found[view.coverage[1] == 1]).all()
    rays = shot.rays(HEIGHT, WIDTH)
    normals = shot.eye + rays * view.depth.astype(np.float64)[..., None] - middle
    # At its rim a mesh of flat triangles is another thing than a ball.
    facing = -(normals * rays).sum(axis=-1) / np.linalg.norm(rays, axis=-1) / 0.4
    inside = (view.coverage[1] == 1) & (facing > 0.35)
    points = shot.eye + shot.rays(HEIGHT, WIDTH)[inside] * view.depth[inside].astype(np.float64)[:, None]
    there, _ = shot.project(middle + 1.1 * (points - middle), HEIGHT, WIDTH)
    here, _ = shot.project(points, HEIGHT, WIDTH)
    np.testing.assert_allclose(found[inside], there - here, atol=0.1)
    still_ground = (view.instance == 0) & (view.coverage[0] == 1)
    assert np.abs(found[still_ground]).max() < 1e-3


def test_a_raster_of_a_plane_has_no_holes_and_exact_depth() -> None:
    shot = looking((0.3, -3.0, 2.0), (0.0, 0.0, 0.0), 0.4)
    x, y = np.meshgrid(np.linspace(-9, 9, 40), np.linspace(-2.0, 9, 30))
    vertices = np.stack([x.ravel(), y.ravel(), 0 * x.ravel()], axis=1)
    corner = (np.arange(29)[:, None] * 40 + np.arange(39)).ravel()
    faces = np.concatenate(
        [np.stack([corner, corner + 1, corner + 41], 1), np.stack([corner, corner + 41, corner + 40], 1)]
    )
    depth, number = rasterise(shot, vertices, faces, (HEIGHT, WIDTH), (0.1, 100.0))
    rays = shot.rays(HEIGHT, WIDTH)
    expected = -shot.eye[2] / rays[..., 2]
    ground = shot.eye + rays * expected[..., None]
    inside = (np.abs(ground[..., 0]) < 8.9) & (ground[..., 1] > -1.9) & (ground[..., 1] < 8.9)
    assert inside.mean() > 0.8
    assert (number[inside] >= 0).all()
    np.testing.assert_allclose(depth[inside], expected[inside], rtol=1e-6)
    assert np.isinf(depth[number < 0]).all()
    behind = rasterise(shot, vertices - [0, 30, 0], faces, (HEIGHT, WIDTH), (0.1, 100.0))
    assert (behind[1] < 0).all()


def test_two_thousand_triangles_are_drawn_in_milliseconds() -> None:
    vertices, faces, _ = surface(Sphere(radius=0.5))
    assert len(faces) > 1000
    shot = looking((0.0, -3.0, 0.0), (0.0, 0.0, 0.0), 0.4)
    triangles = np.array([(f[0], f[k], f[k + 1]) for f in faces for k in range(1, len(f) - 1)])
    start = time.perf_counter()
    rasterise(shot, vertices, triangles, (256, 448), (0.1, 100.0))
    assert time.perf_counter() - start < 0.2


def test_some_frames_of_a_clip() -> None:
    scene = scene_of(FLOOR, BALL)
    ways = with_surface(scene, sphere_surface([0.4, 0.3, 0.2], BALL.position))
    some = ways.at((2, 0))
    assert len(some) == 2
    assert np.array_equal(some.deforming["ball"].vertices, ways.deforming["ball"].vertices[[2, 0]])
    assert isinstance(scene.body("floor").shape, Box)


def has_blender() -> bool:
    try:
        return interpreter().is_file()
    except ResourceError:
        return False


@pytest.mark.slow
@pytest.mark.skipif(not has_blender(), reason="Blender is not set up")
def test_blender_draws_the_same_surface() -> None:
    scene = scene_of(FLOOR, BALL)
    ways = with_surface(scene, sphere_surface([0.4, 0.5], BALL.position))
    pairs = zip(Blender(samples=2).render(scene, ways, HEIGHT, WIDTH), drawn(scene, ways), strict=True)
    for blender, tiny in pairs:
        assert blender.coverage[1].sum() == pytest.approx(tiny.coverage[1].sum(), rel=0.03)
        assert (blender.instance != tiny.instance).mean() < 0.005
        inside = (blender.coverage[1] > 0.99) & (tiny.coverage[1] == 1)
        assert np.abs(blender.depth[inside] - tiny.depth[inside]).mean() < 0.01
