"""The simulator against closed forms of mechanics, and what it does with joints, paths, meshes and removals."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cleanplate.errors import InputError
from cleanplate.worlds import quaternion
from cleanplate.worlds.bullet import deepest_at_start, steps_a_frame
from cleanplate.worlds.inertia import inertia
from cleanplate.worlds.mesh_files import load_mesh
from cleanplate.worlds.meshes import OWN
from cleanplate.worlds.protocols import Trajectories
from cleanplate.worlds.scene import (
    Body,
    Box,
    Camera,
    Capsule,
    Constraint,
    Cylinder,
    Keyframe,
    Mesh,
    Part,
    Pose,
    Quaternion,
    Role,
    Scene,
    Shape,
    Sphere,
)
from cleanplate.worlds.simulation import simulate

G = 9.81
CAMERA = Camera(poses=(Pose(time=0, eye=(0, -5, 2), target=(0, 0, 0)),))
FLOOR = Body(name="floor", role=Role.SET, shape=Box(half=(10, 10, 0.5)), position=(0, 0, -0.5), mass=0, friction=1.0)
ANGLE = np.radians(20)
SECONDS = 23 / 12


def scene(*bodies: Body, **fields: Any) -> Scene:
    return Scene(family="test", seed=0, bodies=bodies, camera=CAMERA, **fields)


def down_the_slope(shape: Shape, away: float, friction: float, orientation: Quaternion | None = None) -> float:
    """How far a body goes down an inclined plane in the clip; `away` is its middle's distance from the plane."""
    normal = np.array([np.sin(ANGLE), 0, np.cos(ANGLE)])
    tilt = quaternion.about((0, 1, 0), ANGLE)
    slope = Body(
        name="slope",
        shape=Box(half=(30, 5, 0.5)),
        orientation=tilt,
        position=quaternion.as_vec3(-0.5 * normal),
        mass=0,
        friction=1,
    )
    body = Body(
        name="body",
        shape=shape,
        position=quaternion.as_vec3(away * normal),
        orientation=orientation or tilt,
        friction=friction,
    )
    ways = simulate(scene(slope, body))
    return float(np.linalg.norm(ways.positions[-1, 1] - ways.positions[0, 1]))


def test_free_fall() -> None:
    ways = simulate(scene(Body(name="ball", shape=Sphere(radius=0.1), position=(0, 0, 50))))
    assert 50 - ways.positions[-1, 0, 2] == pytest.approx(G * SECONDS**2 / 2, rel=0.02)


def test_throw_keeps_its_speed_sideways() -> None:
    ways = simulate(scene(Body(name="box", shape=Box(half=(0.1, 0.2, 0.1)), position=(0, 0, 50), velocity=(2, 1, 0))))
    np.testing.assert_allclose(ways.positions[-1, 0, :2], [2 * SECONDS, SECONDS], rtol=1e-6)


def test_ball_rolls_with_five_sevenths() -> None:
    way = down_the_slope(Sphere(radius=0.2), 0.2, friction=1.0)
    assert way == pytest.approx(5 / 7 * G * np.sin(ANGLE) * SECONDS**2 / 2, rel=0.02)


def test_cylinder_rolls_with_two_thirds() -> None:
    lying = quaternion.about((1, 0, 0), np.pi / 2)
    way = down_the_slope(Cylinder(radius=0.2, height=0.3), 0.2, friction=1.0, orientation=lying)
    assert way == pytest.approx(2 / 3 * G * np.sin(ANGLE) * SECONDS**2 / 2, rel=0.02)


@pytest.mark.parametrize("friction", [0.0, 0.1, 0.25])
def test_block_slides_against_friction(friction: float) -> None:
    way = down_the_slope(Box(half=(0.2, 0.2, 0.1)), 0.1, friction=friction)
    assert way == pytest.approx(G * (np.sin(ANGLE) - friction * np.cos(ANGLE)) * SECONDS**2 / 2, rel=0.02)


def test_block_holds_where_friction_is_enough() -> None:
    assert down_the_slope(Box(half=(0.2, 0.2, 0.1)), 0.1, friction=0.5) < 0.002


def test_equal_balls_exchange_their_speeds() -> None:
    elastic = {"restitution": 1.0, "friction": 0.0}
    ways = simulate(
        scene(
            Body(name="a", shape=Sphere(radius=0.1), position=(-0.5, 0, 0), velocity=(1, 0, 0), **elastic),
            Body(name="b", shape=Sphere(radius=0.1), **elastic),
            gravity=(0, 0, 0),
        )
    )
    speeds = np.diff(ways.positions[-2:, :, 0], axis=0)[0] * 12
    assert speeds == pytest.approx([0, 1], abs=0.02)
    assert sum(frozenset("ab") in pairs for pairs in ways.contacts) == 1


def test_pendulum_swings_in_its_time() -> None:
    """A ball on a light rod: T = 2 pi sqrt((l^2 + 2/5 r^2) / (g l)) for small swings."""
    length, radius, swing = 0.6, 0.05, 0.02
    middle = (length * np.sin(swing), 0.0, 2 - length * np.cos(swing))
    ball = Body(
        name="bob", shape=Sphere(radius=radius), position=middle, orientation=quaternion.about((0, 1, 0), -swing)
    )
    stand = Body(name="stand", shape=Box(half=(0.1, 0.1, 0.1)), position=(0, 0, 2), mass=0)
    joint = Constraint(kind="ball", a="bob", b="stand", at=(0, 0, length))
    ways = simulate(scene(stand, ball, constraints=(joint,), frames=240, rate=120.0, steps=4))
    x = ways.positions[:, 1, 0]
    crossings = np.flatnonzero(np.diff(np.sign(x))) + 1
    period = 2 * np.pi * np.sqrt((length**2 + 0.4 * radius**2) / (G * length))
    assert (crossings[2] - crossings[0]) / 120 == pytest.approx(period, rel=0.02)


def lively() -> Scene:
    """Stack, joint, path, mesh and a thrown ball in one scene."""
    blocks = [
        Body(name=f"block {k}", shape=Box(half=(0.2, 0.2, 0.1)), position=(0, 0, 0.1 + 0.2 * k)) for k in range(4)
    ]
    hand = Body(
        name="hand",
        shape=Box(half=(0.1, 0.1, 0.05)),
        path=(Keyframe(time=0, position=(-1, 0, 1)), Keyframe(time=2, position=(-1, 1, 1.5))),
    )
    held = Body(name="held", shape=Sphere(radius=0.1), position=(-1, 0, 0.85), velocity=(0, 0.5, 0.25))
    ball = Body(name="ball", shape=Sphere(radius=0.1), position=(1.5, 0, 0.4), velocity=(-3, 0, 1))
    cone = Body(name="cone", shape=Mesh(asset="cone", scale=(0.3, 0.3, 0.4)), position=(1, 1, 0.2))
    joint = Constraint(kind="fixed", a="held", b="hand", at=(0, 0, 0.1))
    return scene(FLOOR, *blocks, hand, held, ball, cone, constraints=(joint,))


def fingerprint(ways: Trajectories) -> str:
    return hashlib.sha256(ways.positions.tobytes() + ways.orientations.tobytes()).hexdigest()


def test_same_again_bit_for_bit_also_in_another_process() -> None:
    here, again = simulate(lively()), simulate(lively())
    assert fingerprint(here) == fingerprint(again)
    assert here.contacts == again.contacts
    code = (
        "import sys, hashlib\nfrom cleanplate.worlds.scene import Scene\n"
        "from cleanplate.worlds.simulation import simulate\n"
        "w = simulate(Scene.model_validate_json(sys.stdin.read()))\n"
        "print(hashlib.sha256(w.positions.tobytes() + w.orientations.tobytes()).hexdigest())"
    )
    there = subprocess.run(
        [sys.executable, "-c", code], input=lively().model_dump_json(), capture_output=True, text=True, check=True
    )
    assert there.stdout.split()[-1] == fingerprint(here)


def test_first_frame_is_the_start() -> None:
    one = lively()
    ways = simulate(one)
    assert ways.names == tuple(body.name for body in one.bodies)
    assert ways.positions.shape == (24, 9, 3)
    start = [body.path[0].position if body.path else body.position for body in one.bodies]
    np.testing.assert_array_equal(ways.positions[0], start)
    assert {frozenset(("floor", "block 0")), frozenset(("block 0", "block 1"))} <= ways.contacts[0]
    np.testing.assert_allclose(np.linalg.norm(ways.orientations, axis=-1), 1, atol=1e-9)


def test_what_is_joined_follows_and_falls_when_its_holder_goes() -> None:
    whole, without = simulate(lively()), simulate(lively(), without=["hand"])
    apart = whole.positions[:, whole.index("held")] - whole.positions[:, whole.index("hand")]
    assert np.abs(apart - [0, 0, -0.15]).max() < 0.001
    assert "hand" not in without.names
    fallen = without.positions[3, without.index("held"), 2]
    assert fallen == pytest.approx(0.85 + 0.25 * 0.25 - G * 0.25**2 / 2, abs=0.02)


def test_hinge_turns_about_its_axis_alone() -> None:
    stand = Body(name="stand", shape=Box(half=(0.05, 0.2, 0.1)), position=(0, 0, 0.4), mass=0)
    plank = Body(name="plank", shape=Box(half=(0.6, 0.1, 0.02)), position=(0, 0, 0.5), spin=(0, 0.3, 0))
    hinge = Constraint(kind="hinge", a="plank", b="stand", axis=(0, 1, 0))
    ways = simulate(scene(stand, plank, constraints=(hinge,)))
    assert np.abs(ways.positions[:, 1] - [0, 0, 0.5]).max() < 0.002
    turn = quaternion.rotation_vector(ways.orientations[-1, 1])
    assert turn == pytest.approx([0, 0.3 * SECONDS, 0], abs=0.02)


def test_a_driven_body_keeps_to_its_path_and_pushes() -> None:
    path = (Keyframe(time=0, position=(-0.5, 0, 0.1)), Keyframe(time=2, position=(1.5, 0, 0.1)))
    pusher = Body(name="pusher", shape=Box(half=(0.1, 0.2, 0.1)), path=path)
    block = Body(name="block", shape=Box(half=(0.1, 0.2, 0.1)), position=(0, 0, 0.1), restitution=0, friction=0.5)
    ways = simulate(scene(FLOOR, pusher, block))
    np.testing.assert_allclose(ways.positions[:, 1, 0], -0.5 + np.arange(24) / 12, atol=1e-9)
    gap = ways.positions[-1, 2, 0] - ways.positions[-1, 1, 0] - 0.2
    assert 0 <= gap + 0.002 < 0.05


def test_a_small_fast_body_does_not_pass_through_a_wall() -> None:
    wall = Body(name="wall", shape=Box(half=(0.01, 1, 1)), position=(1, 0, 0), mass=0)
    shot = Body(name="shot", shape=Sphere(radius=0.01), velocity=(30, 0, 0))
    one = scene(wall, shot, gravity=(0, 0, 0))
    assert steps_a_frame(one) > one.steps
    assert simulate(one).positions[:, 1, 0].max() < 1


def test_compound_lies_where_its_mass_is() -> None:
    """A hammer in free space turns about its centre of mass, which stays."""
    head = Part(shape=Box(half=(0.1, 0.1, 0.1)), position=(0, 0, 0.5))
    hammer = Body(name="hammer", shape=Cylinder(radius=0.02, height=1), parts=(head,), spin=(0, 2, 0))
    own = inertia(hammer)
    ways = simulate(
        scene(hammer.model_copy(update={"velocity": tuple(-np.cross((0, 2, 0), own.centre))}), gravity=(0, 0, 0))
    )
    middle = ways.positions[:, 0] + quaternion.rotate(ways.orientations[:, 0], own.centre)
    np.testing.assert_allclose(middle, np.broadcast_to(own.centre, middle.shape), atol=1e-6)


@pytest.mark.parametrize(
    "shape",
    [Sphere(radius=0.3), Box(half=(0.1, 0.2, 0.3)), Cylinder(radius=0.2, height=0.7), Capsule(radius=0.2, height=0.5)],
)
def test_moments_agree_with_sampling(shape: Shape) -> None:
    """Against the second moments of a fine grid of points inside the shape."""
    axis = np.linspace(-0.5, 0.5, 101)
    x, y, z = np.meshgrid(axis, axis, axis, indexing="ij")
    across, beyond = np.hypot(x, y), np.maximum(np.abs(z) - getattr(shape, "height", 0) / 2, 0)
    masks = {
        "sphere": across**2 + z**2 <= 0.09,
        "box": (abs(x) <= 0.1) & (abs(y) <= 0.2) & (abs(z) <= 0.3),
        "cylinder": (across <= 0.2) & (abs(z) <= 0.35),
        "capsule": across**2 + beyond**2 <= 0.04,
    }
    inside = masks[shape.kind]
    points = np.stack([x[inside], y[inside], z[inside]], axis=-1)
    squares = (points**2).mean(axis=0)
    own = inertia(Body(name="one", shape=shape))
    np.testing.assert_allclose(own.moments, squares.sum() - squares, rtol=0.08)
    assert own.volume == pytest.approx(inside.sum() * 1e-6, rel=0.08)


@pytest.mark.parametrize("name", OWN)
def test_own_meshes_are_closed_convex_and_wound_outwards(name: str) -> None:
    mesh = load_mesh(name)
    corners = mesh.vertices[mesh.faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    heights = np.einsum("fc,vc->fv", normals, mesh.vertices) - np.einsum("fc,fc->f", normals, corners[:, 0])[:, None]
    assert heights.max() < 1e-12
    directed = {tuple(edge) for face in mesh.faces for edge in (face[[0, 1]], face[[1, 2]], face[[2, 0]])}
    assert len(directed) == 3 * len(mesh.faces)
    assert {(b, a) for a, b in directed} == directed


@pytest.mark.parametrize(
    ("text", "said"),
    [("v 0 0\n", "line 1"), ("v 0 0 0\nf 1 2 3\n", "line 2"), ("v 0 0 nan\n", "line 1"), ("v 0 0 0\n", "no faces")],
)
def test_broken_meshes_are_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "broken.obj").write_text(text)
    thing = Body(name="thing", shape=Mesh(asset="broken.obj"))
    with pytest.raises(InputError, match=said) as caught:
        simulate(scene(thing), assets=tmp_path)
    assert "broken.obj" in str(caught.value)


def test_missing_assets_are_named(tmp_path: Path) -> None:
    thing = Body(name="thing", shape=Mesh(asset="absent.obj"))
    with pytest.raises(InputError, match=r"absent\.obj"):
        simulate(scene(thing), assets=tmp_path)
    with pytest.raises(InputError, match=r"absent\.obj"):
        simulate(scene(thing))
    with pytest.raises(InputError, match="outside"):
        load_mesh("../absent.obj", tmp_path)


def test_a_mesh_of_the_users_stands_like_the_box_it_is(tmp_path: Path) -> None:
    corners = [(x, y, z) for x in (-0.2, 0.2) for y in (-0.2, 0.2) for z in (-0.2, 0.2)]
    quads = ["1 2 4 3", "5 7 8 6", "1 5 6 2", "3 4 8 7", "1 3 7 5", "2 6 8 4"]
    (tmp_path / "cube.obj").write_text(
        "".join(f"v {x} {y} {z}\n" for x, y, z in corners) + "".join(f"f {q}\n" for q in quads)
    )
    cube = Body(name="cube", shape=Mesh(asset="cube.obj"), position=(0, 0, 0.2))
    assert inertia(cube, tmp_path).moments == pytest.approx(
        inertia(Body(name="b", shape=Box(half=(0.2, 0.2, 0.2)))).moments
    )
    ways = simulate(scene(FLOOR, cube), assets=tmp_path)
    assert np.abs(ways.positions - ways.positions[0]).max() < 0.002


def test_penetration_at_the_start_is_measured() -> None:
    box = Box(half=(0.2, 0.2, 0.2))
    sunk = scene(FLOOR, Body(name="box", shape=box, position=(0, 0, 0.19)))
    assert deepest_at_start(sunk) == pytest.approx(0.01, abs=0.001)
    assert deepest_at_start(scene(FLOOR, Body(name="box", shape=box, position=(0, 0, 0.3)))) == 0


def test_unknown_names_are_refused() -> None:
    with pytest.raises(InputError, match="no body is called ghost"):
        simulate(lively(), without=["ghost"])
