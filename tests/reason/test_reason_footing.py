"""The shade at an object's foot: said where a ground is seen, and there alone."""

from pathlib import Path

import numpy as np
import pytest
from drawn_scenes import Array, Scene, block, coloured, film, texture

from cleanplate.masks.reasoning import Kind
from cleanplate.masks.track import Track
from cleanplate.reason.footing import at_foot, ground_seen, shade

RED = (200, 60, 50)
LENGTH = 6


def room(wall: float, hero: Array) -> Scene:
    """An object before a wall of another brightness than the floor."""
    ground = texture(3, detail=6)
    ground[:80] += wall
    return Scene(film(LENGTH, lambda n: coloured(ground, hero, RED)), np.stack([hero] * LENGTH))


@pytest.mark.parametrize(("wall", "seen"), [(0, False), (40, True), (-40, True)])
def test_a_ground_is_what_differs_from_what_is_above_it(tmp_path: Path, wall: float, seen: bool) -> None:
    footage = room(wall, block(140, 60, 170, 130)).footage(tmp_path)
    assert ground_seen(footage, 0) is seen
    assert len(shade(footage, 1)) == (LENGTH if seen else 0)


def test_the_foot_is_the_lower_half() -> None:
    there = block(140, 60, 170, 130)
    assert (at_foot(there) == block(140, 95, 170, 130)).all()
    assert not at_foot(np.zeros_like(there)).any()


def test_shade_is_named_as_what_is_told_in_general(tmp_path: Path) -> None:
    hero = block(140, 60, 170, 130)
    affected, _, _ = room(40, hero).reason(tmp_path)
    (thing,) = [thing for thing in affected if thing.id == "shade-1"]
    assert thing.kind is Kind.SHADOW
    assert thing.caused_by == "hero"
    assert thing.confidence <= 0.5
    assert "in general" in thing.why
    assert (thing.onset, thing.end) == (0, LENGTH - 1)
    assert (Track(tmp_path / "shade-1.track").mask(2) == at_foot(hero)).all()
