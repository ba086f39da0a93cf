"""Cushions: how deep things sink, how the surface bends and comes back, and that nothing goes through it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from cleanplate.worlds import quaternion
from cleanplate.worlds.counterfactual import counterfactual
from cleanplate.worlds.effects.cushion import pillow
from cleanplate.worlds.families import sample
from cleanplate.worlds.inertia import parts
from cleanplate.worlds.protocols import Trajectories
from cleanplate.worlds.raster import lowest
from cleanplate.worlds.render.solids import surface
from cleanplate.worlds.scene import Body, Box, Camera, Cushion, Keyframe, Pose, Role, Scene, Shape, Sphere
from cleanplate.worlds.simulation import simulate

G = 9.81
CAMERA = Camera(poses=(Pose(time=0, eye=(0, -4, 2), target=(0, 0, 0)),))
FLOOR = Body(name="floor", role=Role.SET, shape=Box(half=(5, 5, 0.5)), position=(0, 0, -0.5), mass=0)
SOFT = Cushion(half=(0.35, 0.3, 0.1), stiffness=500, damping=40, recovery=0.3)
TOP = 0.2
FINE = 0.004
"""Metres between the places at which a surface is held against what presses it."""


def lying(*bodies: Body, **fields: Any) -> Scene:
    cushion = Body(name="cushion", shape=SOFT, position=(0, 0, 0.1), mass=0, friction=1.0)
    return Scene(family="test", seed=0, bodies=(FLOOR, cushion, *bodies), camera=CAMERA, **fields)


def tops(ways: Trajectories, frame: int, name: str = "cushion") -> NDArray[np.float32]:
    """The cushion's heights on a fine grid of 1 m by 1 m, metres in the world; -inf beside it."""
    one = ways.deforming[name]
    return -seen_from_below(one.vertices[frame].astype(np.float64) * [1, 1, -1], one.faces)


def seen_from_below(vertices: NDArray[np.float64], faces: NDArray[np.int32]) -> NDArray[np.float32]:
    count = int(1.4 / FINE) + 1
    places = (vertices[:, :2] + 0.7) / FINE
    return lowest(places[faces], vertices[faces][..., 2], (count, count))[0]


def underside(ways: Trajectories, body: Body, frame: int) -> NDArray[np.float32]:
    """Of all parts of a body, metres in the world."""
    place, found = ways.index(body.name), []
    for part in parts(body):
        corners, polygons, _ = surface(part.shape)
        local = np.asarray(part.position) + quaternion.rotate(np.asarray(part.orientation), corners)
        world = ways.positions[frame, place] + quaternion.rotate(ways.orientations[frame, place], local)
        faces = [(f[0], f[k], f[k + 1]) for f in polygons for k in range(1, len(f) - 1)]
        found.append(seen_from_below(world, np.array(faces, np.int32)))
    return np.asarray(np.minimum.reduce(found))


def deepest(scene: Scene, ways: Trajectories, name: str, floor: float = 0.015) -> float:
    """By how many metres anything goes through the cushion's surface on any frame."""
    worst = 0.0
    cushions = [b.name for b in scene.bodies if isinstance(b.shape, Cushion)]
    others = [b for b in scene.bodies if b.name in ways.names and b.name != "floor" and b.name not in cushions]
    for frame in range(len(ways)):
        top = tops(ways, frame, name)
        for body in others:
            below = underside(ways, body, frame)
            met = np.isfinite(below) & np.isfinite(top) & (below > floor)
            worst = max(worst, float((top - below)[met].max(initial=0.0)))
    return worst


def test_a_pillow_is_one_sheet_open_below() -> None:
    vertices, faces = pillow(SOFT)
    edges = np.sort(faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    pairs, counts = np.unique(edges, axis=0, return_counts=True)
    assert set(counts.tolist()) == {1, 2}
    assert vertices[pairs[counts == 1]][..., 2] == pytest.approx(-0.1)
    assert np.abs(vertices).max(axis=0) == pytest.approx(SOFT.half, rel=0.03)
    corners = vertices[faces].astype(np.float64)
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    outwards = corners.mean(axis=1) * [1, 1, 1]
    assert ((normals * outwards).sum(axis=1) > 0).mean() > 0.98


@pytest.mark.parametrize(
    ("shape", "points"), [(Box(half=(0.12, 0.12, 0.1)), 4), (Sphere(radius=0.12), 1)], ids=["box", "ball"]
)
def test_things_sink_as_deep_as_their_weight_presses(shape: Shape, points: int) -> None:
    high = shape.half[2] if isinstance(shape, Box) else 0.12
    load = Body(name="load", shape=shape, mass=2.0, position=(0, 0, TOP + high), restitution=0)
    ways = simulate(lying(load, frames=48))
    sunk = TOP + high - ways.positions[-1, ways.index("load"), 2]
    assert sunk == pytest.approx(2.0 * G / (points * SOFT.stiffness), rel=0.05)


def test_a_bare_cushion_keeps_its_shape() -> None:
    ways = simulate(lying())
    rest, _ = pillow(SOFT)
    np.testing.assert_allclose(
        ways.deforming["cushion"].vertices, np.tile(rest + np.array([0, 0, 0.1], np.float32), (24, 1, 1)), atol=1e-6
    )


def test_the_surface_lies_on_the_load_and_rises_away_from_it() -> None:
    load = Body(name="load", shape=Box(half=(0.12, 0.1, 0.1)), mass=6.0, position=(0, 0, TOP + 0.1), restitution=0)
    ways = simulate(lying(load, frames=48))
    foot = ways.positions[-1, ways.index("load"), 2] - 0.1
    assert TOP - foot > 0.02
    bare = simulate(lying(frames=1))
    now, before = tops(ways, 47), tops(bare, 0)
    middle = now.shape[0] // 2
    row = now[middle]
    assert row[middle] == pytest.approx(foot, abs=0.001)
    # From the edge of the load to the rim the dent fades, and a little comes up.
    inside = np.isfinite(row)
    away = np.where(inside, before[middle], 0) - np.where(inside, row, 0)
    edge = middle + round(0.12 / FINE)
    assert away[edge] == pytest.approx(TOP - foot, abs=0.004)
    assert away[edge + round(0.1 / FINE)] < 0.5 * away[edge]
    assert now.max() > foot + 0.01


def test_a_dent_comes_back_in_its_time() -> None:
    """A hand presses for half a second, then goes up at once: what is left fades as exp(-t / recovery)."""
    down, up = (0, 0, TOP + 0.06), (0, 0, 1.0)
    way = (Keyframe(time=0.5, position=down), Keyframe(time=0.51, position=up))
    hand = Body(name="hand", shape=Sphere(radius=0.12), path=way)
    ways = simulate(lying(hand, rate=24.0, frames=36))
    bare = tops(simulate(lying(frames=1)), 0)
    left = np.array([float(bare[175, 175] - tops(ways, frame)[175, 175]) for frame in range(12, 36)])
    assert left[0] == pytest.approx(0.06, abs=0.01)
    share = left[1:] / left[:-1]
    assert share[2:12] == pytest.approx(np.exp(-1 / 24 / SOFT.recovery), rel=0.03)


@pytest.mark.parametrize("seed", range(6))
def test_nothing_goes_through_a_cushion(seed: int) -> None:
    scene = sample("cushion", seed)
    both = counterfactual(scene)
    for name in both.original.deforming:
        assert deepest(scene, both.original, name) < 0.002
        assert deepest(scene, both.altered, name) < 0.002


def test_without_its_load_a_cushion_has_no_dent() -> None:
    scene = sample("cushion", 2)
    both = counterfactual(scene)
    (name,) = both.altered.deforming
    vertices = both.altered.deforming[name].vertices
    assert np.array_equal(vertices, np.broadcast_to(vertices[0], vertices.shape))
    assert both.change(name).displacement > 0.02
