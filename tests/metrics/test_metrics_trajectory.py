"""The counterfactual trajectory error: 0 for the truth, 1 for doing nothing, and no less for showing nothing."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleanplate.metrics.likeness import Real
from cleanplate.metrics.trajectory import Sight, error, lost, wanted
from drawn_ways import RADIUS, blurred, frame, ground, shown

HELD, FALLEN = {"a": (31, 22), "b": (40, 80)}, {"a": (44, 36), "b": (40, 80)}


def sight(result: Real) -> Sight:
    """Of thing a, which falls."""
    asked = wanted(shown("a", HELD, FALLEN))
    assert asked is not None
    return asked.sight(result)


def test_the_truth_has_no_error() -> None:
    found = sight(frame(FALLEN))
    assert found.off == 0
    assert found.likeness == pytest.approx(1, abs=1e-4)


def test_doing_nothing_is_one() -> None:
    found = sight(frame(HELD))
    assert not found.lost
    assert found.off / found.away == pytest.approx(1, abs=0.005)


def test_a_mean_background_shows_nothing() -> None:
    kept = frame(HELD)
    for result in (ground(), np.broadcast_to(kept.mean(axis=(0, 1)), kept.shape)):
        found = sight(np.ascontiguousarray(result))
        assert found.lost
        assert found.off == found.away


def test_a_blurred_truth_is_lost() -> None:
    size = math.sqrt(math.pi) * RADIUS
    assert sight(blurred(frame(FALLEN), size)).lost
    assert not sight(blurred(frame(FALLEN), 0.7)).lost, "slightly soft is no blur"


def test_a_faded_thing_is_lost_before_it_is_gone() -> None:
    fading = [sight(np.asarray(ground() + part * (frame(FALLEN) - ground()), np.float32)) for part in (0.8, 0.15)]
    assert [one.lost for one in fading] == [False, True]


@settings(max_examples=25, deadline=None)
@given(st.integers(-10, 10), st.integers(-20, 20))
def test_what_is_off_is_off_by_so_much(down: int, right: int) -> None:
    elsewhere = {"a": (44 + min(down, 8), 36 + right), "b": (40, 80)}
    found = sight(frame(elsewhere))
    assert found.off == pytest.approx(math.hypot(min(down, 8), right), abs=0.35)


@pytest.mark.parametrize("scale", [0.85, 1.2])
def test_another_size_is_found(scale: float) -> None:
    import cv2

    alone = frame({"a": (44, 36)}, np.zeros_like(ground()))
    matrix = np.array([[scale, 0, 36 * (1 - scale)], [0, scale, 44 * (1 - scale)]])
    size = alone.shape[1::-1]
    larger = cv2.warpAffine(alone, matrix, size, flags=cv2.INTER_LINEAR)
    part = cv2.warpAffine((alone > 0).astype(np.float32), matrix, size)
    found = sight(np.asarray(ground() * (1 - part) + larger, np.float32))
    assert not found.lost
    assert found.off < 1


def test_an_alike_thing_elsewhere_is_not_taken_for_it() -> None:
    """Three alike: one stays, one goes, one is taken away. That the others are there does not help, nor harm."""
    held = {"a1": (20, 30), "a2": (20, 50), "a3": (20, 70)}
    fallen = {"a1": (20, 30), "a2": (48, 55), "a3": (40, 76)}
    asked = wanted(shown("a2", held, fallen))
    assert asked is not None
    assert asked.sight(frame(fallen)).off == 0
    assert asked.sight(frame(held)).off == pytest.approx(asked.away, abs=0.1)
    assert asked.sight(frame({name: place for name, place in fallen.items() if name != "a2"})).lost


def test_what_cannot_be_told_is_not_asked() -> None:
    near = {"a": (32, 22), "b": (40, 80)}
    assert wanted(shown("a", HELD, near)) is None, "hardly displaced"
    hiding = {"a": (40, 80), "b": (40, 80)}
    assert wanted(shown("a", HELD, hiding)) is None, "hardly visible"
    swapped = shown("a1", {"a1": (20, 30), "a2": (20, 60)}, {"a1": (20, 60), "a2": (40, 60)})
    assert wanted(swapped) is None, "the plate shows the same there"


def test_the_figures_of_many() -> None:
    some = [Sight(10, 0, 1.0), Sight(10, 5, 0.7), Sight(20, 20, 0.0)]
    assert error(some) == pytest.approx(25 / 40)
    assert lost(some) == pytest.approx(1 / 3)
    assert math.isnan(error([]))
    assert math.isnan(lost([]))


@pytest.mark.slow
@pytest.mark.parametrize("first", [0, 8])
def test_real_worlds(first: int, tmp_path: Path) -> None:
    """Eight pairs of training families, one after another; a blur is as wide as the things are large."""
    from removal_clips import Case, Planned, cases
    from removal_methods import mean_background

    from cleanplate.worlds.families import TRAINING

    seeds = tuple(range(700_000, 700_020))
    planned = [Planned(family, seeds, (64, 112)) for family in TRAINING[first : first + 8]]
    found: dict[str, list[Sight]] = {name: [] for name in ("truth", "input", "mean", "blur")}

    def add(name: str, case: Case, pictures: list[Real]) -> None:
        found[name] += [thing.sight(pictures[n]) for n, thing in case.asked]

    for case in cases(planned, tmp_path):
        real = {
            "truth": [np.float32(1 / 255) * picture for picture in case.moves.truth],
            "input": [np.float32(1 / 255) * picture for picture in case.moves.plate],
            "mean": [np.float32(1 / 255) * picture for picture in mean_background(case)],
        }
        sizes = [math.sqrt((case.things.altered == place).sum(axis=(1, 2)).max()) for place in case.things.places]
        real["blur"] = [blurred(picture, max(sizes, default=1.0)) for picture in real["truth"]]
        for name, pictures in real.items():
            add(name, case, pictures)
    assert len(found["truth"]) > 50
    assert error(found["truth"]) <= 0.02
    assert lost(found["truth"]) == 0
    assert error(found["input"]) == pytest.approx(1, abs=0.02)
    assert error(found["mean"]) >= 1
    assert lost(found["blur"]) >= 0.95
