"""Captions of the scene after a removal: what the things that are left do, as they were simulated."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scenes import FLOOR, scene_of, thing

from cleanplate.worlds.afterwards import afterwards
from cleanplate.worlds.counterfactual import counterfactual
from cleanplate.worlds.families import sample
from cleanplate.worlds.formats.void_layout import VoidWriter, read_list
from cleanplate.worlds.pairs import PairJob
from cleanplate.worlds.produce import produce
from cleanplate.worlds.protocols import Trajectories
from cleanplate.worlds.scene import Box, Role, Scene, Shape, Sphere

BALL, CRATE = Sphere(radius=0.2), Box(half=(0.2, 0.2, 0.2))
LEANING = (0.0, float(np.sin(np.pi / 4)), 0.0, float(np.cos(np.pi / 4)))


def gone(shape: Shape, end: tuple[float, float, float], *, tipped: bool = False) -> str:
    """What is said of one thing that goes from (0, 0, 1) to a place."""
    scene = scene_of(FLOOR, thing("thing", shape, 0, 0, 1.0).model_copy(update={"noun": "red thing"}))
    positions = np.array([[(0.0, 0.0, 0.0), (0.0, 0.0, 1.0)], [(0.0, 0.0, 0.0), end]])
    turns = np.array([[(0.0, 0.0, 0.0, 1.0)] * 2, [(0.0, 0.0, 0.0, 1.0), LEANING if tipped else (0.0, 0.0, 0.0, 1.0)]])
    return afterwards(scene, Trajectories(("floor", "thing"), positions, turns, (frozenset(),) * 2))


@pytest.mark.parametrize(
    ("shape", "end", "tipped", "said"),
    [
        (BALL, (0, 0, 1), False, "A red thing stays where it is."),
        (BALL, (0.9, 0, 1), True, "A red thing rolls along."),
        (BALL, (1.5, 0, 0.6), True, "A red thing rolls down."),
        (BALL, (0.1, 0, 0), True, "A red thing falls."),
        (CRATE, (0, 0, 0.3), False, "A red thing falls."),
        (CRATE, (0.1, 0, 0.3), True, "A red thing falls and tips over."),
        (CRATE, (0, 0.6, 1), False, "A red thing slides along."),
        (CRATE, (0.3, 0, 0.8), True, "A red thing falls over."),
        (CRATE, (2, 0, 0.95), True, "A red thing tumbles along."),
    ],
)
def test_what_a_thing_does(shape: Shape, end: tuple[float, float, float], tipped: bool, said: str) -> None:
    assert gone(shape, end, tipped=tipped) == said


def test_what_is_removed_is_not_mentioned_and_what_stays_is_listed() -> None:
    scene: Scene = scene_of(
        FLOOR,
        thing("crate", CRATE, 0, 0, 0.2, mass=2.0),
        thing("orange ball", BALL, 0, 0, 0.6, mass=0.5),
        thing("jar", CRATE, 2, 0, 0.2),
        thing("drum", CRATE, -2, 0, 0.2),
        thing("post", CRATE, -3, 0, 0.2, mass=0.0).model_copy(update={"role": Role.SET}),
    ).model_copy(update={"frames": 12, "remove": ("crate",)})
    worlds = counterfactual(scene)
    assert afterwards(scene, worlds.altered) == "An orange ball falls. A jar and a drum stay where they are."
    assert "crate" in afterwards(scene, worlds.original)


@pytest.mark.parametrize("family", ["held", "splash", "person-holds"])
def test_families_are_told_of(family: str) -> None:
    scene = sample(family, 1)
    told = afterwards(scene, counterfactual(scene).altered)
    removed = {body.noun for body in scene.bodies if body.name in scene.remove and body.noun}
    assert told
    assert "  " not in told
    assert told.endswith(".")
    assert not [noun for noun in removed if noun in told]
    assert "floor" not in told


def test_a_rows_text_is_the_caption(tmp_path: Path) -> None:
    scene = scene_of(
        FLOOR, thing("crate", CRATE, 0, 0, 0.2, mass=2.0), thing("ball", BALL, 0, 0, 0.6, mass=0.5)
    ).model_copy(update={"frames": 8, "remove": ("crate",), "instruction": "Remove the crate."})
    assert produce([PairJob(scene, tmp_path, 32, 48)]).made == 1
    path = VoidWriter(tmp_path).write_list()
    (row,) = json.loads(path.read_bytes())
    assert row["text"] == "A ball falls."
    (listed,) = read_list(path)
    known = listed.metadata()
    assert known is not None
    assert listed.text == known.caption == row["text"]
