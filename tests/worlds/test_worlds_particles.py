"""Crumbs, dust, smoke and droplets: their motion against closed forms, when they are there, and how they are drawn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scenes import FLOOR, parlour, scene_of, still, thing

from cleanplate.worlds import quaternion
from cleanplate.worlds.camera import shot_at
from cleanplate.worlds.counterfactual import counterfactual
from cleanplate.worlds.effects.flights import drifts, fading, falls, flights
from cleanplate.worlds.effects.particles import ground, particles_of
from cleanplate.worlds.effects.splashes import entries, lowest
from cleanplate.worlds.inertia import parts
from cleanplate.worlds.protocols import Impact, Particles, Trajectories, View
from cleanplate.worlds.render.particles import with_particles
from cleanplate.worlds.render.solids import surface
from cleanplate.worlds.render.tiny import Tiny
from cleanplate.worlds.scene import Body, Box, Emitter, Light, Scene, Sphere, Water
from cleanplate.worlds.simulation import simulate

G = np.array([0.0, 0.0, -9.81])
KINDS = ("debris", "dust", "smoke", "splash")
HIT = Impact(0.5, ("ball", "crate"), (-0.3, 0.0, 0.3), (-1.0, 0.0, 0.0), (3.0, 0.0, 0.0))


def scene(**changes: object) -> Scene:
    """A ball rolls into a crate after half a second; the crate gives everything off."""
    emitters = tuple(
        Emitter.model_validate({"kind": kind, "owner": "crate", "amount": 20, "seed": n, "size": (0.02, 0.04)})
        for n, kind in enumerate(KINDS)
    )
    plain = scene_of(
        FLOOR,
        thing("crate", Box(half=(0.3, 0.3, 0.3)), 0, 0, 0.3, mass=2.0),
        thing("ball", Sphere(radius=0.2), -2.0, 0, 0.2, mass=5.0, velocity=(3.0, 0, 0), spin=(0, 15.0, 0)),
        emitters=emitters,
        frames=24,
        rate=12.0,
        remove=("ball",),
    )
    return plain.model_copy(update=changes)


def given_off(impacts: tuple[Impact, ...], kind: str, frames: int = 24) -> NDArray[np.float32]:
    """T x n x 8: what the crate gives off."""
    there = scene()
    there = there.model_copy(update={"emitters": tuple(e for e in there.emitters if e.kind == kind)})
    (one,) = particles_of(there, still(there, frames), impacts)["crate"]
    return np.stack(one.frames)


@settings(max_examples=40)
@given(
    st.floats(0.0, 3.0),
    st.tuples(st.floats(-3, 3), st.floats(-3, 3), st.floats(-2, 6)),
)
def test_a_crumbs_flight_is_a_parabola(height: float, speed: tuple[float, float, float]) -> None:
    start, velocity = np.array([[0.1, 0.2, height]]), np.array([speed])
    down = float(falls(np.array([height]), velocity[:, 2], 9.81)[0])
    assert height + speed[2] * down - 9.81 * down**2 / 2 == pytest.approx(0, abs=1e-9)
    times = np.linspace(0, down, 20)
    way = flights(start, velocity, np.zeros(1), times, G, bounce=0.3, grip=0.4)[:, 0]
    expected = start + velocity * times[:, None] + G * times[:, None] ** 2 / 2
    assert np.allclose(way, expected, atol=1e-9)


def test_a_crumb_bounces_as_high_as_it_should_and_stays_above_the_ground() -> None:
    """From a height h it comes back to h times the square of the bounce."""
    times = np.linspace(0, 6, 6001)
    way = flights(np.array([[0.0, 0.0, 1.5]]), np.array([[1.0, 0, 0]]), np.full(1, 0.5), times, G, bounce=0.5, grip=0.5)
    heights = way[:, 0, 2]
    first = (2 * 1.0 / 9.81) ** 0.5
    after = heights[times > first + 1e-9]
    assert heights.min() >= 0.5 - 1e-12
    assert after[: len(after) // 8].max() == pytest.approx(0.5 + 0.25, abs=1e-5)
    assert np.array_equal(way[-1], way[-500])
    assert (np.diff(way[:, 0, 0]) >= 0).all()


def test_before_the_start_a_crumb_waits() -> None:
    way = flights(np.ones((2, 3)), np.ones((2, 3)), np.zeros(2), np.array([-1.0, -0.1, 0.0]), G, bounce=0.3, grip=0.4)
    assert (way == 1.0).all()


def test_the_air_brakes_what_drifts() -> None:
    """v(t) = v0 exp(-kt): it comes as far as v0 / k, and rises at its own speed in the end."""
    times = np.array([0.0, 0.25, 40.0, 41.0])
    one, none = np.array([[2.0, 0.0, 0.0]]), np.zeros((1, 3))
    way = drifts(none, one, times, drag=np.full(1, 4.0), lift=np.full(1, 0.3))[:, 0]
    assert way[0] == pytest.approx([0, 0, 0])
    assert way[1, 0] == pytest.approx(2 / 4 * (1 - np.exp(-1)))
    assert way[2, 0] == pytest.approx(0.5)
    assert way[3, 2] - way[2, 2] == pytest.approx(0.3)
    assert (np.diff(fading(np.linspace(0, 3, 50), life=np.array(2.0))) <= 0).all()


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_there_before_the_impact(kind: str) -> None:
    rows = given_off((HIT,), kind)
    after = np.arange(24) / 12.0 > HIT.time
    assert (rows[~after, :, 4] == 0).all()
    assert (rows[after, :, 4].max(axis=1)[:4] > 0).all()
    assert np.isfinite(rows).all()


@pytest.mark.parametrize("kind", ["dust", "smoke"])
def test_puffs_fade_and_grow(kind: str) -> None:
    rows = given_off((HIT,), kind)
    there = rows[..., 4] > 0
    both = there[1:] & there[:-1]
    assert (np.diff(rows[..., 4], axis=0)[both] < 0).all()
    assert (np.diff(rows[..., 3], axis=0)[both] > 0).all()
    assert (rows[..., 2] > 0).all()
    middle = rows[8, :, 2].mean()
    assert kind == "dust" or rows[20, there[20], 2].mean() > middle


def test_crumbs_fly_on_parabolas_and_lie_on_the_floor() -> None:
    """Second differences of their places are g dt^2 between bounces."""
    rows = given_off((HIT,), "debris").astype(np.float64)
    flying = rows[7:11, :, :3]
    second = np.diff(flying, n=2, axis=0) * 144
    free = (flying[:, :, 2] > 0.1).all(axis=0)
    # None bounces between frames that are all well above the ground unless it was down in between.
    parabolas = np.abs(second[:, free] - G).max(axis=(0, 2)) < 1e-3
    assert free.sum() >= 3
    assert parabolas.mean() > 0.7
    assert (rows[..., 2] >= 0.69 * rows[..., 3]).all()


def test_droplets_are_gone_where_they_meet_the_water_again() -> None:
    rows = given_off((replace(HIT, normal=(0.0, 0.0, 1.0), velocity=(0.0, 0.0, -3.0)),), "splash")
    level = HIT.place[2]
    aloft = rows[..., 4] > 0
    assert (rows[..., 2][aloft] > level).all()
    assert not aloft[-1].any()


def test_harder_impacts_give_more_and_soft_ones_nothing() -> None:
    hard, weak = given_off((HIT,), "dust"), given_off((replace(HIT, velocity=(1.0, 0.0, 0.0)),), "dust")
    assert hard.shape[1] > weak.shape[1] > 0
    there = scene()
    assert particles_of(there, still(there, 3), (replace(HIT, velocity=(0.5, 0.0, 0.0)),)) == {}
    assert particles_of(there, still(there, 3), ()) == {}
    assert particles_of(there, still(there, 3), (replace(HIT, bodies=("ball", "floor")),)) == {}


def test_the_ground_is_the_highest_level_face_below() -> None:
    table = thing("table", Box(half=(0.5, 0.5, 0.1)), 3, 0, 0.6, mass=0)
    there = scene_of(FLOOR, table)
    assert ground(there, (3.2, 0.1, 0.9)) == pytest.approx(0.7)
    assert ground(there, (3.2, 0.1, 0.3)) == pytest.approx(0.0)
    assert ground(there, (0.0, 0.0, 0.3)) == pytest.approx(0.0)
    assert ground(scene_of(table), (0.0, 0.0, 0.3)) < -50


def test_a_crash_is_seen_to_the_step_and_goes_with_its_cause() -> None:
    """The ball's front is 1.5 m from the crate and comes at 3 m/s."""
    there = scene()
    both = counterfactual(there)
    first = both.original.impacts[0]
    assert set(first.bodies) == {"ball", "crate"}
    assert first.time == pytest.approx(0.5, abs=1.5 / 240)
    assert first.speed == pytest.approx(3.0, rel=0.02)
    assert first.place[0] == pytest.approx(-0.3, abs=0.01)
    assert len(both.original.particles["crate"]) == len(KINDS)
    assert both.altered.particles == {}
    assert both.altered.impacts == ()


def test_without_its_owner_an_emitter_gives_nothing_off() -> None:
    there = scene()
    assert simulate(there, {"crate"}).particles == {}
    assert "crate" not in simulate(there).without({"crate"}).particles


def test_the_same_bytes_every_time() -> None:
    def bytes_of(one: Trajectories) -> bytes:
        return b"".join(frame.tobytes() for some in one.particles["crate"] for frame in some.frames)

    there = scene()
    assert bytes_of(simulate(there)) == bytes_of(simulate(there))


def test_emitters_change_no_motion() -> None:
    there = scene()
    assert np.array_equal(simulate(there).positions, simulate(there.model_copy(update={"emitters": ()})).positions)


# How they are drawn


def one_frame(rows: list[list[float]], *, soft: bool) -> tuple[Scene, Trajectories]:
    there = scene(emitters=())
    particles = {"crate": (Particles((np.array(rows, np.float32),), soft),)}
    return there, replace(still(there), particles=particles)


def drawn(rows: list[list[float]], *, soft: bool) -> tuple[View, View]:
    """Without and with them."""
    there, seen = one_frame(rows, soft=soft)
    (before,) = Tiny().render(there, replace(seen, particles={}), 96, 160)
    return before, with_particles(before, there, seen, 0, shot_at(there, 0))


def differing(before: View, after: View) -> NDArray[np.bool_]:
    return np.asarray((before.rgb != after.rgb).any(axis=-1))


@pytest.mark.parametrize("soft", [False, True])
def test_a_particle_is_drawn_where_it_is_and_as_large(soft: bool) -> None:
    """High in the air, so that its shadow lies elsewhere."""
    place, radius = (0.9, -0.5, 1.1), 0.15
    before, after = drawn([[*place, radius, 1.0, 1.0, 1.0, 1.0]], soft=soft)
    (x, y), depth = shot_at(scene(), 0).project(np.array(place), 96, 160)
    spot = differing(before, after)
    rows, columns = np.nonzero(spot[: int(y) + 12])
    size = 48 / np.tan(0.35) * radius / depth
    assert columns.mean() == pytest.approx(x, abs=1.0)
    assert np.hypot(columns - x, rows - y).max() <= 1.35 * size + 1.5
    assert spot[: int(y) + 12].sum() >= 0.5 * np.pi * size**2
    assert np.array_equal(before.instance, after.instance)
    assert np.array_equal(before.depth, after.depth)


def test_what_is_hidden_is_not_drawn_and_what_is_clear_neither() -> None:
    behind = [0.0, 1.0, 0.3, 0.05, 1.0, 1.0, 1.0, 1.0]
    before, after = drawn([behind], soft=True)
    on_crate = before.instance == 1
    assert not differing(before, after)[on_crate].any()
    before, after = drawn([[0.0, -1.0, 0.5, 0.1, 0.0, 1, 1, 1]], soft=True)
    assert not differing(before, after).any()
    before, after = drawn([[0.0, -9.0, 0.5, 0.1, 1.0, 1, 1, 1]], soft=False)
    assert not differing(before, after).any()


def test_smoke_meets_what_stands_in_it_without_an_edge() -> None:
    """Before a wall that leaves the picture slantwise, a puff comes forth little by little."""
    place, radius = np.array([0.0, -1.0, 0.5]), 0.5
    there, seen = one_frame([[*place, radius, 0.9, 1.0, 1.0, 1.0]], soft=True)
    there = there.model_copy(update={"lights": (Light(towards=(0, 0, 1), strength=0.0, ambient=1.0),)})
    shot = shot_at(there, 0)
    (x, _), depth = shot.project(place, 96, 160)
    reach = 48 / shot.slope * radius / float(depth)
    slant = float(depth) + 1.1 * radius * np.clip((np.arange(160) - float(x)) / reach, -1, 1)
    walls = [np.tile(slant.astype(np.float32), (96, 1)), np.full((96, 160), np.inf, np.float32)]
    dark = np.zeros((96, 160, 3), np.uint8)
    views = [View(dark, np.zeros((96, 160), np.int16), np.zeros((3, 96, 160), np.float32), wall) for wall in walls]
    near, free = ((with_particles(v, there, seen, 0, shot).rgb[..., 0] / 255.0) ** 2.2 for v in views)
    column = np.flatnonzero(free.sum(axis=0) > 1.0)
    share = near.sum(axis=0)[column] / free.sum(axis=0)[column]
    assert share[0] < 0.05
    assert share[-1] > 0.95
    assert np.diff(share).min() > -0.01
    assert np.diff(share).max() < 4 / len(column)


def test_the_nearer_one_covers_the_farther() -> None:
    red, blue = [0.9, -1.0, 1.1, 0.1, 1.0, 1, 0, 0], [0.9, 0.5, 1.0, 0.3, 1.0, 0, 0, 1]
    for rows in ([red, blue], [blue, red]):
        _, after = drawn(rows, soft=False)
        (x, y), _ = shot_at(scene(), 0).project(np.array(red[:3]), 96, 160)
        pixel = after.rgb[round(float(y)), round(float(x))].astype(int)
        assert pixel[0] > pixel[2] + 50


def test_a_tiny_crumb_weighs_as_much_as_it_covers() -> None:
    """Far below a pixel, its share of light falls with its area."""
    weights = []
    for radius in (0.004, 0.002):
        before, after = drawn([[0.9, -0.5, 1.1, radius, 1.0, 1.0, 1.0, 1.0]], soft=False)
        linear = [np.where(v.rgb / 255 < 0.04, 0, (v.rgb / 255) ** 2.2) for v in (before, after)]
        weights.append(float((linear[1] - linear[0])[:40].sum()))
    assert weights[0] > weights[1] >= 0


# Into water


def dropped(height: float, velocity: tuple[float, float, float] = (0.0, 0.0, 0.0), frames: int = 13) -> Scene:
    """A ball whose lowest point is `height` above the water, and water that is there to be seen."""
    return scene_of(
        thing("water", Water(half=(1.0, 1.0, 0.2)), 0, 0, 0.3, mass=0, solid=False),
        thing("ball", Sphere(radius=0.1), -0.2, 0, 0.5 + 0.1 + height, velocity=velocity),
        emitters=(Emitter(kind="splash", owner="water", amount=50, seed=3),),
        frames=frames,
        rate=12.0,
    )


def falling(there: Scene) -> Trajectories:
    """Both bodies of `dropped`, the ball on its parabola."""
    times = np.arange(there.frames)[:, None] / there.rate
    ball = there.body("ball")
    positions = np.stack([np.tile(b.position, (there.frames, 1)) for b in there.bodies], axis=1).astype(np.float64)
    positions[:, 1] += np.asarray(ball.velocity) * times + G * times**2 / 2
    return replace(still(there, there.frames), positions=positions)


@pytest.mark.parametrize("height", [0.01, 0.3, 0.9, 1.7])
@pytest.mark.parametrize("rise", [0.0, 1.5])
def test_when_and_how_fast_a_ball_meets_the_water(height: float, rise: float) -> None:
    """t = (v + sqrt(v^2 + 2 g h)) / g."""
    there = dropped(height, (0.4, 0.0, rise))
    (hit,) = entries(there, falling(there))
    speed = np.sqrt(rise**2 + 2 * 9.81 * height)
    assert hit.time == pytest.approx((rise + speed) / 9.81, abs=1e-9)
    assert hit.speed == pytest.approx(speed, rel=1e-9)
    assert hit.place == pytest.approx((-0.2 + 0.4 * hit.time, 0.0, 0.5))
    assert hit.bodies == ("ball", "water")


def test_beside_the_water_there_is_no_splash() -> None:
    there = dropped(0.5, (9.0, 0.0, 0.0))
    assert entries(there, falling(there)) == ()
    assert entries(there, still(there, 5)) == ()


def test_droplets_come_when_something_falls_in() -> None:
    there = dropped(0.6)
    rows = np.stack(particles_of(there, falling(there), entries(there, falling(there)))["water"][0].frames)
    (hit,) = entries(there, falling(there))
    most = rows[..., 4].max(axis=1)
    before = np.arange(there.frames) / 12 <= hit.time
    assert (most[before] == 0).all()
    assert (most > 0).sum() >= 2


@pytest.mark.parametrize("body", [*parlour().bodies[1:]], ids=lambda body: body.name)
def test_the_lowest_point_is_that_of_the_corners(body: Body) -> None:
    rng = np.random.default_rng(5)
    for _ in range(10):
        turn = rng.normal(size=4)
        turn /= np.linalg.norm(turn)
        points = np.concatenate(
            [part.position + quaternion.rotate(part.orientation, surface(part.shape)[0]) for part in parts(body)]
        )
        corners = quaternion.rotate(turn, points)[:, 2].min()
        assert lowest(body, turn) == pytest.approx(corners, abs=0.003)
