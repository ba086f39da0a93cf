"""Where additions go: by words, seed and what may change, as the placer of the package says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from cleanplate.engines.learned.size import WorkingSize
from cleanplate.engines.vera.placement import Placement, Stage, placements
from cleanplate.engines.vera.room import Room
from cleanplate.errors import InputError
from cleanplate.models.catalogue.table import model
from cleanplate.models.closeup import Aim
from cleanplate.models.placing.placer import Placer
from cleanplate.models.store.mixtures import placer_of
from cleanplate.models.text.words import WordEncoder
from cleanplate.pipeline.protocols import Scene

ENDS = (0, 20)
Places = NDArray[np.float64]


@cache
def placer() -> Placer:
    return placer_of(model("vera-nano").system)


def shipped(*instructions: str, stage: Stage, seed: int = 0) -> list[Placement]:
    words = WordEncoder(model("vera-nano").system.transformer.text_dim).encode(instructions).tokens_BSD
    return placements(placer(), words, stage, seed)


@pytest.mark.parametrize(
    ("where", "low", "high"),
    [
        ("in the left part", (0, 0.25), (0.46, 0.75)),
        ("in the right part", (0.54, 0.25), (1, 0.75)),
        ("in the top part", (0.3, 0), (0.7, 0.41)),
        ("in the bottom right corner", (0.54, 0.59), (1, 1)),
    ],
)
def test_what_the_package_brings_goes_where_the_words_say(
    where: str, low: tuple[float, float], high: tuple[float, float]
) -> None:
    stage = Stage(ENDS, 16 / 9)
    starts = [
        shipped(f"Add a red star {where} of the frame, staying in its place.", stage=stage, seed=seed)[0]
        .aim([0], (1, 1))
        .middles_T2[0]
        for seed in range(20)
    ]
    right = [bool(np.all(start >= low) and np.all(start <= high)) for start in starts]
    assert sum(right) >= 18
    assert np.ptp(starts, axis=0).min() > 0.02  # another seed, another place


def test_what_the_package_brings_goes_the_way_the_words_say() -> None:
    ways = {}
    for words in ("moving slowly from left to right", "moving quickly from right to left", "staying in its place"):
        made = [
            shipped(f"Add a red star in the middle of the frame, {words}.", stage=Stage(ENDS, 16 / 9), seed=seed)[0]
            for seed in range(12)
        ]
        ways[words] = np.array([np.diff(one.aim(ENDS, (1, 1)).middles_T2[:, 0])[0] for one in made])
    right, left, staying = ways.values()
    assert (right > 0).all()
    assert (left < 0).all()
    assert (left <= -0.29).sum() >= 10  # what `metrics.reading` calls quick
    assert np.abs(staying).max() < 0.1


@pytest.mark.parametrize("words", ["Add a red ball", "a blue mug", "put a kite there"])
def test_what_is_not_said_is_left_open(words: str) -> None:
    made = [shipped(words, stage=Stage(ENDS, 16 / 9), seed=seed)[0] for seed in range(12)]
    aims = [one.aim((0, 10, 20), (1, 1)) for one in made]
    assert all(0.15 < side < 1.2 for aim in aims for side in aim.sides_T)
    assert all((aim.middles_T2[1] > 0).all() and (aim.middles_T2[1] < 1).all() for aim in aims)  # some fall into it
    said = [shipped(f"{words} in the middle of the frame", stage=Stage(ENDS, 16 / 9), seed=seed) for seed in range(12)]
    spread, narrow = (
        np.std([one.aim((0,), (1, 1)).middles_T2[0, 0] for one in some]) for some in (made, [one for (one,) in said])
    )
    assert spread > 1.5 * narrow


def test_several_things_are_kept_apart() -> None:
    asked = [f"Add a {colour} ball in the middle of the frame, staying in its place." for colour in ("red", "blue")]
    for seed in range(8):
        one, other = shipped(*asked, stage=Stage(ENDS, 16 / 9), seed=seed)
        assert one.apart(other, 16 / 9) >= 0.65
    alone = shipped(asked[0], stage=Stage(ENDS, 16 / 9), seed=3)[0]
    assert np.array_equal(shipped(*asked, stage=Stage(ENDS, 16 / 9), seed=3)[0].numbers, alone.numbers)


def staged(allowed: Callable[[Places, Places], NDArray[np.bool_]]) -> Stage:
    """Where x and y, in parts of the sides, say so."""
    y, x = np.mgrid[:90, :160]
    plane = allowed((x + 0.5) / 160, (y + 0.5) / 90)
    return Stage(ENDS, 16 / 9, Room(np.linspace(-1, 1, 5), np.tile(plane, (5, 1, 1))))


@pytest.mark.parametrize("box", [(0.6, 0.5, 0.9, 0.95), (0.3, 0.3, 0.5, 0.6), (0.05, 0.05, 0.15, 0.2)])
def test_a_region_holds_all_of_what_is_added_whatever_the_words_say(box: tuple[float, float, float, float]) -> None:
    x0, y0, x1, y1 = box
    stage = staged(lambda x, y: (x >= x0) & (x < x1) & (y >= y0) & (y < y1))
    for seed in range(6):
        (made,) = shipped("Add a red ball in the left part of the frame.", stage=stage, seed=seed)
        aim = made.aim(range(*ENDS), (90, 160))
        half = 0.3 * aim.sides_T[:, None]  # a thing fills 0.6 of its window
        assert (aim.middles_T2 - half >= np.array([x0 * 160, y0 * 90]) - 1).all()
        assert (aim.middles_T2 + half <= np.array([x1 * 160, y1 * 90]) + 1).all()


@pytest.mark.parametrize(
    "allowed",
    [
        lambda x, y: (np.abs(x - 0.5) > 0.2) | (np.abs(y - 0.5) > 0.35),
        lambda x, y: (x < 0.35) | (x > 0.6),
    ],
)
def test_a_thing_goes_where_a_mask_leaves_room_for_it(allowed: Callable[[Places, Places], NDArray[np.bool_]]) -> None:
    """The box round what may change is all of the frame."""
    stage = staged(allowed)
    assert stage.room is not None
    assert stage.room.boxes.tolist() == [[0, 0, 1, 1]] * 3
    for seed in range(4):
        words = "Add a red ball in the left part of the frame, staying in its place."
        (made,) = shipped(words, stage=stage, seed=seed)
        assert stage.room.shown(made.at(stage.room.times_T, stage.room.size)) > 0.75


def test_a_place_where_nothing_may_change_is_refused() -> None:
    stage = staged(lambda x, y: (x < 0.15) | (x > 0.85))
    with pytest.raises(InputError, match="where the masks let nothing change"):
        shipped("Add a red ball in the middle of the frame, staying in its place.", stage=stage)


def test_what_is_shown_of_a_thing_is_reckoned_over_time() -> None:
    """It may be in the left half at first, in the right half at last; it stays left, and grows beyond the frame."""
    planes = np.zeros((2, 40, 80), np.bool_)
    planes[0, :, :40], planes[1, :, 40:] = True, True
    room = Room(np.array([-1.0, 1.0]), planes)
    aim = Aim(np.array([[20.0, 20.0], [20.0, 20.0]]), np.array([20.0, 20.0]))
    assert room.shown(aim) == 0.5
    assert room.shown(Aim(np.array([[40.0, 20.0], [80.0, 20.0]]), aim.sides_T)) == 0.5
    assert room.boxes.tolist() == [[0, 0, 0.5, 1], [0, 0, 0.5, 1], [0.5, 0, 1, 1]]


def test_where_nothing_may_change_for_a_while_the_box_is_of_all_times() -> None:
    planes = np.zeros((3, 10, 10), np.bool_)
    planes[0, 2:4, 2:4], planes[2, 6:8, 6:8] = True, True
    assert Room(np.linspace(-1, 1, 3), planes).boxes[1].tolist() == pytest.approx([0.2, 0.2, 0.8, 0.8])


@dataclass(frozen=True)
class Still:
    """May change like this on every frame; implements `PermittedRegion`."""

    mask: NDArray[np.bool_]

    def at(self, frame: int) -> NDArray[np.bool_]:
        return self.mask

    def box(self, frame: int) -> tuple[int, int, int, int]:
        return (0, 0, *self.mask.shape)


@pytest.mark.parametrize("turns", range(4))
def test_a_stage_is_seen_upright(turns: int) -> None:
    """Whatever the clip is turned to be shown, and whatever its pixels are wide: its left third, as shown."""
    size = WorkingSize(36, 24, turns)
    shown = np.zeros((36, 24), np.bool_)
    shown[:, :8] = True
    coded = size.turned_back(shown).repeat(4, axis=0).repeat(2, axis=1)
    stage = Stage.of(Scene(cast(Any, None), region=Still(coded)), size, range(3, 50))
    assert stage.frames == (3, 49)
    assert stage.shape == 24 / 36
    assert stage.room is not None
    assert stage.room.size == (36, 24)
    np.testing.assert_allclose(stage.room.boxes, np.tile((0, 0, 1 / 3, 1), (3, 1)))
    assert Stage.of(Scene(cast(Any, None), region=Still(coded), masked=False), size, range(3, 50)).room is None
