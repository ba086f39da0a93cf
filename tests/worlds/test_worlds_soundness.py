"""What cannot be is noticed: things in each other, things at rest on nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cleanplate.worlds.bullet import deepest_at_frames
from cleanplate.worlds.counterfactual import counterfactual
from cleanplate.worlds.families import FAMILIES, sample
from cleanplate.worlds.pairs import PairJob
from cleanplate.worlds.protocols import Trajectories
from cleanplate.worlds.scene import Body, Box, Camera, Constraint, Pose, Scene
from cleanplate.worlds.simulation import simulate
from cleanplate.worlds.soundness import resting_on_air, unsound

FLOOR = Body(name="floor", shape=Box(half=(5, 5, 0.5)), position=(0, 0, -0.5), mass=0)
CRATE = Body(name="crate", shape=Box(half=(0.1, 0.1, 0.1)), position=(0, 0, 0.1))
LID = CRATE.model_copy(update={"name": "lid", "position": (0.0, 0.0, 0.3)})


def scene(*bodies: Body, gravity: float = -9.81, remove: tuple[str, ...] = ("lid",), **fields: object) -> Scene:
    camera = Camera(poses=(Pose(time=0, eye=(0, -3, 1), target=(0, 0, 0.2)),))
    made = {"family": "f", "seed": 0, "bodies": bodies, "camera": camera, "gravity": (0, 0, gravity), "remove": remove}
    return Scene.model_validate(made | {"promises": False, "frames": 8} | fields)


def lowered(ways: Trajectories, name: str, by: float) -> Trajectories:
    """The same with one thing moved down on the last frame."""
    positions = ways.positions.copy()
    positions[-1, ways.index(name), 2] -= by
    return replace(ways, positions=positions)


def test_a_stack_is_sound() -> None:
    one = scene(FLOOR, CRATE, LID)
    assert unsound(one, counterfactual(one)) == ""


@pytest.mark.parametrize("by", [0.02, 0.05])
def test_depth_is_told_in_metres_by_frame(by: float) -> None:
    """A lid sunk into its crate by so much; the boxes' skins of a millimetre count as touching."""
    one = scene(FLOOR, CRATE, LID)
    depths = deepest_at_frames(one, lowered(simulate(one), "lid", by))
    assert depths[-1] == pytest.approx(by, abs=0.002)
    assert depths[:-1].max() < 0.002
    both = counterfactual(one)
    sunk = replace(both, original=lowered(both.original, "lid", by))
    assert unsound(one, sunk) == "two things lie in each other by more than 5 mm"


def test_rest_without_contact_is_noticed() -> None:
    """Without gravity a crate hangs where it is; joined to the world it may, and falling it is not at rest."""
    high = CRATE.model_copy(update={"position": (0.0, 0.0, 1.0)})
    hanging = scene(FLOOR, high, LID, gravity=0.0)
    assert resting_on_air(hanging, simulate(hanging)) == ("crate", "lid")
    assert unsound(hanging, counterfactual(hanging)) == "a thing rests without touching anything"
    nailed = scene(FLOOR, high, remove=("crate",), constraints=(Constraint(a="crate"),))
    assert resting_on_air(nailed, simulate(nailed)) == ()
    thrown = high.model_copy(update={"velocity": (0.0, 0.0, 1.0)})
    falling = scene(FLOOR, thrown, remove=("crate",), rate=24.0, frames=12)
    assert resting_on_air(falling, simulate(falling)) == ()


@pytest.mark.parametrize("name", FAMILIES)
def test_families_are_sound(name: str) -> None:
    one = sample(name, 20)
    assert unsound(one, counterfactual(one)) == ""


@pytest.mark.slow
@pytest.mark.parametrize("name", FAMILIES)
def test_families_are_sound_at_many_seeds(name: str) -> None:
    wrong = []
    for seed in range(100, 125):
        one = sample(name, seed)
        wrong.append(bool(unsound(one, counterfactual(one))))
    assert sum(wrong) <= 1, "a few that are left out do no harm, many would"


def test_what_is_unsound_is_left_out_and_counted(tmp_path: Path) -> None:
    buried = CRATE.model_copy(update={"name": "buried", "position": (0.15, 0.0, 0.1), "mass": 0.0})
    job = PairJob(scene(FLOOR, CRATE, buried, LID), tmp_path, 32, 56)
    assert job.make().skipped == "two things lie in each other by more than 5 mm"
    assert not list(tmp_path.iterdir())
