"""Things are kept whole: taken apart by colour, put together by the way they go, and drawn as the plate has them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from cleanplate.masks.labels import AFFECTED, KEEP, OVERLAP, REMOVE
from cleanplate.models.moving.compose import settled
from cleanplate.models.moving.parts import neighbours, parts_of
from cleanplate.models.moving.scene import answer, residual_of, seen_of, shift_of, told, told_things
from cleanplate.models.moving.whole import whole

ROWS, COLUMNS = 40, 64
GROUND, RED, BLUE = (90, 100, 110), (220, 60, 50), (40, 70, 230)
Box = tuple[slice, slice]
LOW, HIGH = (slice(20, 32), slice(20, 34)), (slice(10, 20), slice(22, 32))
"""Of a blue box that bears a red one."""


def boxes(*placed: tuple[Box, tuple[int, int, int]]) -> NDArray[np.uint8]:
    picture = np.full((1, ROWS, COLUMNS, 3), GROUND, np.uint8)
    for (rows, columns), colour in placed:
        picture[0, rows, columns] = colour
    return picture


def moved(box: Box, down: int, across: int) -> Box:
    rows, columns = box
    return slice(rows.start + down, rows.stop + down), slice(columns.start + across, columns.stop + across)


def drawn(box: Box) -> Tensor:
    mask = torch.zeros(1, ROWS, COLUMNS)
    mask[0, box[0], box[1]] = 1
    return mask


def scene(labels: NDArray[np.uint8] | None = None) -> Tensor:
    plate = boxes((LOW, BLUE), (HIGH, RED))
    every = np.full(plate.shape[:3], AFFECTED, np.uint8) if labels is None else labels
    return told(plate, boxes(), every, "quadmask")


def says(ways: dict[str, tuple[Box, int, int]], noise: float = 0.0, here: float = 1.0) -> Tensor:
    """What a model says of boxes that have gone so far down and across; any pixel goes on as the nearest of them."""
    there = [drawn(moved(box, down, across))[0].numpy() > 0 for box, down, across in ways.values()]
    far = [cv2.distanceTransform((~one).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE) for one in there]
    back = np.array([(-across, -down) for _, down, across in ways.values()], np.float32)
    shift = torch.from_numpy(back[np.argmin(far, axis=0)]).permute(2, 0, 1)[None]
    wobble = torch.randn(shift.shape, generator=torch.Generator().manual_seed(1)) * noise
    seen = torch.from_numpy(np.any(there, axis=0))[None] * here
    return answer(shift + wobble, seen, torch.full((1, 3, ROWS, COLUMNS), 0.1))


def made(said: Tensor, of: Tensor | None = None) -> Tensor:
    return whole(scene() if of is None else of, said, torch.ones(1, ROWS, COLUMNS, dtype=torch.bool))


def overlap(a: Tensor, b: Tensor) -> float:
    return float(((a > 0.5) & (b > 0.5)).sum() / ((a > 0.5) | (b > 0.5)).sum())


def test_parts_are_of_one_colour_and_know_their_neighbours() -> None:
    picture = boxes((LOW, BLUE), (HIGH, RED))[0].astype(np.float32) / 255
    things = (drawn(LOW) + drawn(HIGH))[0].numpy() > 0
    parts = parts_of(picture, things)
    assert set(np.unique(parts)) == {0, 1, 2}
    assert len(np.unique(parts[LOW])) == len(np.unique(parts[HIGH])) == 1
    np.testing.assert_array_equal(parts > 0, things)
    assert neighbours(parts) == {(1, 2)}


def test_a_seam_between_colours_is_no_part() -> None:
    picture = boxes((LOW, BLUE), (HIGH, RED))[0].astype(np.float32) / 255
    things = (drawn(LOW) + drawn(HIGH))[0].numpy() > 0
    picture[20, 22:27] = 0.5  # five pixels: too few for a thing
    assert set(np.unique(parts_of(picture, things))) == {0, 1, 2}


def test_what_wobbles_is_moved_as_one() -> None:
    said = says({"high": (HIGH, 12, 6)}, noise=2.0)
    found, truth = made(said), drawn(moved(HIGH, 12, 6))
    assert overlap(seen_of(found)[:, 0], truth) > 0.95
    inside = (truth > 0.5)[:, None].expand(-1, 2, -1, -1)
    assert (shift_of(found)[inside].reshape(2, -1) - torch.tensor([[-6.0], [-12.0]])).abs().max() < 0.6
    torch.testing.assert_close(residual_of(found), residual_of(said))


def test_two_that_touch_and_part_go_their_own_ways() -> None:
    ways = {"low": (LOW, 0, -14), "high": (HIGH, 12, 8)}
    seen = seen_of(made(says(ways)))[:, 0]
    assert overlap(seen, drawn(moved(LOW, 0, -14)) + drawn(moved(HIGH, 12, 8))) > 0.9


def test_two_that_fall_together_stay_together() -> None:
    ways = {"low": (LOW, 6, 0), "high": (HIGH, 6, 0)}
    found = made(says(ways, noise=2.0))
    assert overlap(seen_of(found)[:, 0], drawn(moved(LOW, 6, 0)) + drawn(moved(HIGH, 6, 0))) > 0.97
    ways_back = shift_of(found)[0][:, seen_of(found)[0, 0] > 0.5]
    assert (ways_back - ways_back.mean(dim=1, keepdim=True)).norm(dim=0).max() < 1  # one motion, hardly turned


def test_what_is_turned_is_turned() -> None:
    turn = cv2.getRotationMatrix2D((26.5, 14.5), 25, 1)  # counter-clockwise about the red box's middle
    back = cv2.invertAffineTransform(turn)
    grid = np.stack(np.meshgrid(np.arange(COLUMNS), np.arange(ROWS)), axis=-1).astype(np.float64)
    shift = torch.from_numpy(grid @ back[:, :2].T + back[:, 2] - grid).permute(2, 0, 1)[None].float()
    face = np.zeros((ROWS, COLUMNS), np.float32)
    face[HIGH] = 1
    truth = torch.from_numpy(cv2.warpAffine(face, turn, (COLUMNS, ROWS)))[None]
    found = made(answer(shift, (truth > 0.5).float(), torch.zeros(1, 3, ROWS, COLUMNS)))
    assert overlap(seen_of(found)[:, 0], truth) > 0.93


@pytest.mark.parametrize("here", [0.0, 0.25])
def test_what_the_model_hardly_shows_is_not_drawn(here: float) -> None:
    assert not seen_of(made(says({"high": (HIGH, 12, 6)}, here=here))).any()


def test_a_scrap_of_a_thing_is_not_drawn() -> None:
    scrap = (slice(10, 12), slice(22, 32))
    said = says({"scrap": (scrap, 12, 6)})
    assert seen_of(settled(scene(), said)).max() > 0.5
    assert not seen_of(made(said)).any()


def test_nothing_is_said_where_nothing_was_computed() -> None:
    inside = torch.ones(1, ROWS, COLUMNS, dtype=torch.bool)
    inside[:, :, 33:] = False
    found = whole(scene(), says({"high": (HIGH, 12, 6)}), inside)
    assert seen_of(found)[:, 0][inside].any()
    assert not seen_of(found)[:, 0][~inside].any()


def test_what_is_removed_is_nothing_that_moves() -> None:
    labels = np.full((1, ROWS, COLUMNS), KEEP, np.uint8)
    labels[0, HIGH[0], HIGH[1]] = AFFECTED
    labels[0, LOW[0], LOW[1]] = REMOVE
    labels[0, 20:24, 20:34] = OVERLAP  # the red box will come to lie where the blue one is
    torch.testing.assert_close(told_things(scene(labels))[:, 0], drawn(HIGH))


def test_ground_that_is_a_little_elsewhere_is_ground() -> None:
    random = np.random.default_rng(0)
    clean = random.integers(60, 200, (1, ROWS, COLUMNS, 3), np.uint8)
    plate = np.roll(clean, (1, -2), axis=(1, 2))
    plate[0, HIGH[0], HIGH[1]] = (255, 0, 255)
    things = told_things(told(plate, clean, np.full(plate.shape[:3], AFFECTED, np.uint8), "quadmask"))[0, 0]
    inner = things[3:-3, 3:-3]
    torch.testing.assert_close(inner, drawn(HIGH)[0, 3:-3, 3:-3])


def test_beyond_things_the_nearest_ones_motion_goes_on() -> None:
    ways = {"low": (LOW, 0, -14), "high": (HIGH, 12, 8)}
    shift = shift_of(made(says(ways)))[0]
    torch.testing.assert_close(shift[:, 38, 4], torch.tensor([14.0, 0.0]), atol=0.5, rtol=0)
    torch.testing.assert_close(shift[:, 27, 46], torch.tensor([-8.0, -12.0]), atol=0.5, rtol=0)


def test_a_thing_is_brought_into_what_may_change() -> None:
    labels = np.full((1, ROWS, COLUMNS), KEEP, np.uint8)
    labels[0, :26, 10:50] = AFFECTED
    found = made(says({"high": (HIGH, 12, 6)}), scene(labels))
    assert overlap(seen_of(found)[:, 0], drawn(moved(HIGH, 6, 6))) > 0.95
