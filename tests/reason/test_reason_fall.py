"""Free fall, rolling on, and the points that say it: against closed forms and an integration in small steps."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleanplate.reason.ground import fall as f

speeds = st.tuples(st.floats(-8, 8), st.floats(-8, 8)).map(np.array)
DOWN = np.array([0.0, 1.0])


def integrated(velocity: tuple[float, float], gravity: float, drop: float, frames: int, steps: int = 2000) -> float:
    """Depth after some frames, by small steps of an independent kind (symplectic Euler), stopped at the support."""
    depth, speed = 0.0, velocity[1]
    for _ in range(frames * steps):
        speed += gravity / steps
        depth += speed / steps
        if depth >= drop:
            return drop
    return depth


@settings(max_examples=30)
@given(speeds, st.floats(0.2, 6), st.floats(5, 200), st.integers(1, 8))
def test_a_fall_ends_at_the_support(velocity: np.ndarray, gravity: float, drop: float, frames: int) -> None:
    way = f.fall(velocity, DOWN, gravity, drop, frames)
    assert way.shape == (frames + 1, 2)
    assert (way[:, 1] <= drop + 1e-9).all()
    assert way[frames, 1] == pytest.approx(integrated(tuple(velocity), gravity, drop, frames), abs=0.02)


@given(speeds, st.floats(0, 2 * np.pi), st.floats(0.2, 6))
def test_a_fall_without_support_is_a_parabola_wherever_down_is(
    velocity: np.ndarray, turn: float, gravity: float
) -> None:
    down = np.array([np.cos(turn), np.sin(turn)])
    way = f.fall(velocity, down, gravity, float("inf"), 10)
    assert np.allclose(np.diff(way, 2, axis=0), gravity * down)


@given(speeds, st.floats(0.01, 3))
def test_what_rolls_goes_straight_slows_evenly_and_stays(velocity: np.ndarray, slowing: float) -> None:
    way = f.roll(velocity, slowing, 60)
    speed = np.linalg.norm(velocity)
    lengths = np.linalg.norm(way, axis=1)
    assert (np.diff(lengths) >= -1e-9).all()
    assert lengths.max() <= speed**2 / (2 * slowing) + 1e-6
    assert np.allclose(np.cross(np.pad(way, ((0, 0), (0, 1))), np.append(velocity, 0))[:, 2], 0, atol=1e-6)


def test_gravity_is_told_from_a_fall_and_from_nothing_else() -> None:
    frames, usual = range(8), 2.0
    assert f.observed_gravity(frames, [0.5 * 1.7 * t**2 + 0.3 * t for t in frames], usual) == pytest.approx(1.7)
    assert f.observed_gravity(frames, [3.0 * t for t in frames], usual) is None
    assert f.observed_gravity(frames, [-t * t for t in frames], usual) is None
    assert f.observed_gravity(frames[:4], [t * t for t in frames[:4]], usual) is None
    rng = np.random.default_rng(0)
    assert f.observed_gravity(frames, list(rng.normal(size=8) * 30), usual) is None


def test_default_gravity_is_a_picture_of_two_metres() -> None:
    # Falling 1 m from rest takes 0.4515 s; 1 m is half of the shorter side.
    gravity = f.default_gravity(480, 24)
    assert 0.5 * gravity * (0.451524 * 24) ** 2 == pytest.approx(240, rel=1e-4)


@given(speeds, st.floats(0.2, 6), st.floats(0.1, 3))
def test_straight_lines_between_keyframes_stay_near_the_way(velocity: np.ndarray, gravity: float, near: float) -> None:
    way = f.fall(velocity, DOWN, gravity, 120, 30)
    kept = f.keyframes(way, near)
    again = np.column_stack([np.interp(np.arange(31), kept, way[kept, axis]) for axis in (0, 1)])
    assert (kept[0], kept[-1]) == (0, 30)
    assert np.linalg.norm(again - way, axis=1).max() <= near + 1e-9
