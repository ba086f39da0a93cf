"""The ways of things: steady in time, and within what may change."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from cleanplate.models.moving.rigid import Motion
from cleanplate.models.moving.things import Real, Thing
from cleanplate.models.moving.ways import kept_in, parabolas, steadied

ROWS, COLUMNS = 40, 60
part = st.floats(-3, 3)


def place(top: int, left: int, side: int = 8) -> Real:
    mask = np.zeros((ROWS, COLUMNS), np.float32)
    mask[top : top + side, left : left + side] = 1
    return mask


def going(top: int, left: int, across: float, down: float, turn: float = 0.0) -> Thing:
    """A square at a place in the plate, about whose middle it turns."""
    middle = complex(left + 3.5, top + 3.5)
    return Thing(place(top, left), Motion(complex(np.exp(1j * turn)), middle, middle + complex(across, down)))


def way(thing: Thing) -> complex:
    return complex(thing.motion.forth(np.array(thing.middle)) - thing.middle)


@given(part, part, part)
def test_what_is_on_a_parabola_stays(a: float, b: float, c: float) -> None:
    times = np.array([0, 1, 2, 3, 5, 6, 7, 11])
    values = np.asarray((a + b * times + c * times**2) * (1 + 2j), np.complex128)
    np.testing.assert_allclose(parabolas(times, values), values, atol=1e-6)


def test_noise_about_a_parabola_is_halved() -> None:
    times, random = np.arange(200), np.random.default_rng(0)
    noise = random.normal(size=200) + 1j * random.normal(size=200)
    found = parabolas(times, np.asarray(0.1 * times**2 + noise, np.complex128))
    assert np.square(np.abs(found - 0.1 * times**2)).mean() < 0.6**2 * np.square(np.abs(noise)).mean()


@pytest.mark.parametrize("count", [1, 2, 3])
def test_too_few_for_a_parabola_stay(count: int) -> None:
    values = np.array([1 + 1j, 5 - 2j, 3j])[:count]
    np.testing.assert_allclose(parabolas(np.arange(count), values), values, atol=1e-9)


def test_things_are_steadied_each_on_its_own_way() -> None:
    """One falls and turns, one rolls; on every other frame they come in the other order."""
    random = np.random.default_rng(1)
    true = [(going(4, 4, 0, 0.3 * t * t, 0.05 * t), going(4, 30, 2.0 * t, 0)) for t in range(12)]
    noisy = []
    for t, pair in enumerate(true):
        off = [
            replace(one, motion=replace(one.motion, after=one.motion.after + complex(*random.normal(0, 1, 2))))
            for one in pair
        ]
        noisy.append(off[::-1] if t % 2 else off)
    steady = steadied(noisy)
    for t, pair in enumerate(true):
        found = steady[t][::-1] if t % 2 else steady[t]
        for one, expected in zip(found, pair, strict=True):
            np.testing.assert_array_equal(one.place, expected.place)
            assert abs(way(one) - way(expected)) < 2.5
    errors = [
        np.mean(
            [
                abs(way(one) - way(expected))
                for found, pair in zip(frames, true, strict=True)
                for one, expected in zip(sorted(found, key=lambda thing: thing.middle.real), pair, strict=True)
            ]
        )
        for frames in (noisy, steady)
    ]
    assert errors[1] < 0.8 * errors[0]
    turns = [np.angle(min(things, key=lambda thing: thing.middle.real).motion.turn) for things in steady]
    np.testing.assert_allclose(turns, 0.05 * np.arange(12), atol=1e-6)


def test_what_is_gone_for_a_while_comes_back_as_another() -> None:
    """Both halves are on parabolas, and no parabola goes through both."""
    frames = [[going(4, 4, t, 0)] for t in range(5)] + [[]] + [[going(4, 4, 40 - t, 0)] for t in range(5)]
    for things, steady in zip(frames, steadied(frames), strict=True):
        assert [way(one) for one in steady] == pytest.approx([way(one) for one in things], abs=1e-6)


def room(top: int, bottom: int) -> NDArray[np.bool_]:
    may = np.zeros((ROWS, COLUMNS), bool)
    may[top:bottom, 5:40] = True
    return may


def test_what_lies_half_outside_comes_in() -> None:
    thing = going(4, 10, 0, 15)
    found = kept_in(thing, room(0, 23))  # it lies on rows 19 to 26
    assert way(found) == pytest.approx(11j, abs=1e-6)
    assert found.drawn()[~room(0, 23)].sum() == 0


@pytest.mark.parametrize(("down", "bottom"), [(15, 27), (33, 40)])
def test_what_lies_within_or_leaves_the_frame_stays(down: int, bottom: int) -> None:
    thing = going(4, 10, 0, down)
    assert kept_in(thing, room(0, bottom)) == thing


def test_what_finds_no_room_near_by_stays() -> None:
    thing = going(4, 10, 0, 25)
    assert way(kept_in(thing, room(0, 12))) == way(thing)


def test_what_is_not_in_the_frame_stays() -> None:
    thing = going(4, 10, 200, 0)
    assert kept_in(thing, room(0, 40)) is thing
