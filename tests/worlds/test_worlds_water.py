"""Waves against what shallow water does, and bodies in it against Archimedes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleanplate.worlds.counterfactual import counterfactual
from cleanplate.worlds.families import sample
from cleanplate.worlds.inertia import inertia
from cleanplate.worlds.protocols import Trajectories
from cleanplate.worlds.quaternion import about
from cleanplate.worlds.scene import Body, Box, Camera, Cylinder, Keyframe, Mesh, Pose, Role, Scene, Shape, Sphere, Water
from cleanplate.worlds.simulation import simulate
from cleanplate.worlds.waves import Waves

G = 9.81
CAMERA = Camera(poses=(Pose(time=0, eye=(0, -4, 2), target=(0, 0, 0)),))
LEVEL = 0.4
BOTTOM = Body(name="bottom", role=Role.SET, shape=Box(half=(3, 3, 0.5)), position=(0, 0, -0.5), mass=0)


def pond(*bodies: Body, damping: float = 0.4, **fields: Any) -> Scene:
    shape = Water(half=(0.8, 0.6, LEVEL / 2), damping=damping)
    water = Body(name="water", shape=shape, position=(0, 0, LEVEL / 2), mass=0, solid=False)
    return Scene(family="test", seed=0, bodies=(BOTTOM, water, *bodies), camera=CAMERA, **fields)


def weighing(name: str, shape: Shape, density: float, **fields: Any) -> Body:
    body = Body(name=name, shape=shape, **fields)
    return body.model_copy(update={"mass": density * inertia(body).volume})


@pytest.mark.parametrize("depth", [0.1, 0.3, 1.0])
def test_waves_run_at_the_speed_of_shallow_water(depth: float) -> None:
    """The front of a low ridge in a long channel, by its highest point, against sqrt(g h)."""
    waves = Waves(Water(half=(4.0, 0.1, depth / 2), damping=0.0), G)
    x, _ = waves.centres
    waves.heights[:] = 0.01 * np.exp(-0.5 * ((x + 2.0) / 0.15) ** 2)
    seconds = 3.0 / np.sqrt(G * depth)
    for _ in range(100):
        waves.step(seconds / 100)
    right = x > -1.0
    peak = x[right][np.argmax(waves.heights[0][right])]
    assert peak + 2.0 == pytest.approx(3.0, rel=0.02)
    assert waves.speed == pytest.approx(np.sqrt(G * depth))


def test_a_standing_wave_swings_in_its_time() -> None:
    """T = 2 L / sqrt(g h) for half a wave between walls L apart."""
    waves = Waves(Water(half=(0.75, 0.3, 0.2), damping=0.0), G)
    x, _ = waves.centres
    waves.heights[:] = 0.01 * np.sin(np.pi * x / 1.5)
    period, first = 3.0 / waves.speed, []
    for _ in range(200):
        waves.step(period / 100)
        first.append(waves.heights[0, 0])
    back = 100 + int(np.argmin(first[80:120])) - 20
    assert back == pytest.approx(99, abs=2)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=15)
def test_no_water_is_lost_and_no_energy_comes_from_nowhere(seed: int) -> None:
    rng = np.random.default_rng(seed)
    damping = float(rng.choice([0.0, 0.4, 3.0]))
    waves = Waves(Water(half=(0.5, 0.4, 0.15), damping=damping), G)
    waves.displace("thing", 0.0, (0, 0), 0.1)
    waves.displace("thing", 0.004, (float(rng.uniform(-0.6, 0.6)), float(rng.uniform(-0.3, 0.3))), 0.1)
    area = 1.0 * 0.8 / waves.heights.size
    energies = []
    for _ in range(80):
        waves.step(float(1 / 240))
        assert waves.heights.sum() * area == pytest.approx(0.004, abs=1e-12)
        energies.append(waves.energy)
    assert (np.diff(energies) <= 1e-9 * energies[0]).all()
    if not damping:
        assert energies[-1] == pytest.approx(energies[0], rel=1e-9)
    waves.displace("thing", 0.0, (0, 0), 0.1)
    assert waves.heights.sum() * area == pytest.approx(0.0, abs=1e-12)


def test_still_water_stays_exactly_still() -> None:
    ball = weighing("ball", Sphere(radius=0.1), 500, position=(2.0, 0.0, 0.1))
    ways = simulate(pond(ball))
    assert not ways.levels["water"].any()
    surface = ways.deforming["water"].vertices
    assert np.array_equal(surface, np.broadcast_to(surface[0], surface.shape))
    assert np.unique(surface[..., 2]).tolist() == pytest.approx([LEVEL])


def test_what_stays_dry_goes_as_if_there_were_no_water() -> None:
    thrown = Body(name="ball", shape=Sphere(radius=0.1), position=(1.5, 0.0, 1.0), velocity=(1.0, 0.2, 0.5))
    wet, dry = simulate(pond(thrown)), simulate(pond(thrown), without=["water"])
    assert np.array_equal(wet.positions[:, wet.index("ball")], dry.positions[:, dry.index("ball")])


@pytest.mark.parametrize("density", [200.0, 450.0, 800.0])
@pytest.mark.parametrize("shape", [Box(half=(0.12, 0.1, 0.05)), Cylinder(radius=0.12, height=0.08)])
def test_a_float_lies_as_deep_as_its_weight_wants(shape: Box | Cylinder, density: float) -> None:
    high = 2 * shape.half[2] if isinstance(shape, Box) else shape.height
    body = weighing("float", shape, density, position=(0.1, 0.1, LEVEL + 0.05))
    ways = simulate(pond(body, damping=3.0, frames=60))
    foot = ways.positions[-12:, ways.index("float"), 2].mean() - high / 2
    assert LEVEL - foot == pytest.approx(density / 1000 * high, abs=0.03 * high)
    assert np.ptp(ways.positions[-6:, ways.index("float"), 2]) < 0.004


def test_heavy_things_sink_and_rest_below() -> None:
    stones: tuple[Shape, ...] = (Sphere(radius=0.08), Mesh(asset="cone", scale=(0.16, 0.16, 0.16)))
    for number, shape in enumerate(stones):
        body = weighing("stone", shape, 2500, position=(0.1 * number, 0.0, 0.7))
        ways = simulate(pond(body, frames=36))
        assert ways.positions[-1, ways.index("stone"), 2] < 0.12
        assert np.abs(np.diff(ways.positions[-4:, ways.index("stone")], axis=0)).max() < 0.01


def test_a_tilted_block_comes_upright() -> None:
    tilted = {"position": (0, 0, LEVEL), "orientation": about((0.0, 1.0, 0.0), 0.5)}
    ways = simulate(pond(weighing("block", Box(half=(0.15, 0.15, 0.05)), 500, **tilted), frames=60))
    x, y, _, w = ways.orientations[-1, ways.index("block")]
    assert 2 * np.arctan2(np.hypot(x, y), w) < np.radians(3)


def test_what_is_driven_through_the_water_makes_waves() -> None:
    way = (Keyframe(time=0, position=(0, 0, 0.6)), Keyframe(time=0.5, position=(0, 0, 0.3)))
    ways = simulate(pond(Body(name="hand", shape=Sphere(radius=0.1), path=way), frames=12))
    assert np.abs(ways.levels["water"]).max() > 0.005
    assert not ways.levels["water"][0].any()


def plunge() -> Scene:
    ball = weighing("ball", Sphere(radius=0.12), 600, position=(-0.3, 0.1, 0.9))
    raft = weighing("raft", Box(half=(0.1, 0.1, 0.04)), 400, position=(0.4, 0, LEVEL + 0.04 - 0.032))
    return pond(ball, raft, remove=("ball",))


def test_the_same_waves_again_bit_for_bit() -> None:
    once, again = simulate(plunge()), simulate(plunge())
    assert np.array_equal(once.levels["water"], again.levels["water"])
    assert np.array_equal(once.positions, again.positions)
    assert np.array_equal(once.deforming["water"].vertices, again.deforming["water"].vertices)


def test_without_the_plunge_the_raft_does_not_bob() -> None:
    both = counterfactual(plunge())
    raft = both.original.index("raft")
    assert np.ptp(both.original.positions[:, raft, 2]) > 0.005
    assert np.ptp(both.altered.positions[:, both.altered.index("raft"), 2]) < 0.001
    assert {change.name for change in both.changed} == {"water", "raft"}
    water = both.change("water")
    assert water.onset is not None
    assert water.onset > 0


def test_a_splash_leaves_its_pool_calm_without_it() -> None:
    for seed in range(3):
        both = counterfactual(sample("splash", seed))
        assert np.abs(both.altered.levels["water"]).max() < 0.001
        assert np.abs(both.original.levels["water"]).max() > 0.01
        assert highest_step(both.original) < 0.2


def highest_step(ways: Trajectories) -> float:
    """Metres between neighbouring heights: water that breaks into columns would show here."""
    levels = ways.levels["water"]
    return float(max(np.abs(np.diff(levels, axis=1)).max(), np.abs(np.diff(levels, axis=2)).max()))
