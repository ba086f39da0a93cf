"""Pairs with their moves: the plate's own pixels make the truth again; what is clean shows nothing that moves."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from cleanplate.errors import InputError
from cleanplate.masks.labels import KEEP
from cleanplate.worlds.counterfactual import counterfactual
from cleanplate.worlds.families import sample
from cleanplate.worlds.moves import Moves, MovesJob, moves

SIZE = (64, 112)


@pytest.fixture(scope="module")
def fall() -> Moves:
    """A hanging box falls and tumbles, before a camera that moves."""
    scene = sample("held", 12).model_copy(update={"frames": 14})
    worlds = counterfactual(scene)
    return moves(scene, worlds, *SIZE)


def test_the_plate_moved_is_the_truth(fall: Moves) -> None:
    inside = np.stack([cv2.erode(cover, np.ones((3, 3))) == 255 for cover in fall.cover]) & fall.shown
    assert inside[8:].any(axis=(1, 2)).all()
    columns, rows = np.meshgrid(*(np.arange(size, dtype=np.float32) for size in SIZE[::-1]))
    errors: list[NDArray[np.float64]] = []
    idle: list[NDArray[np.float64]] = []
    for frame in range(len(fall.plate)):
        x, y = columns + fall.shift[frame, ..., 0], rows + fall.shift[frame, ..., 1]
        moved = cv2.remap(fall.plate[frame], x, y, cv2.INTER_LINEAR)
        for picture, out in ((moved, errors), (fall.plate[frame], idle)):
            out.append(np.abs(picture.astype(int) - fall.truth[frame])[inside[frame]].mean(axis=-1))
    error, without = np.concatenate(errors), np.concatenate(idle)
    assert np.median(error) < 8  # faces turn towards the light and away from it
    assert np.median(without) > 4 * np.median(error)


def test_nothing_moves_where_nothing_is_changed(fall: Moves) -> None:
    assert not fall.shift[fall.cover == 0].any()
    assert not fall.shown[fall.cover == 0].any()
    assert np.isfinite(fall.shift.astype(np.float32)).all()


def test_what_is_clean_is_the_plate_where_it_is_kept_and_shows_no_thing(fall: Moves) -> None:
    kept = fall.labels == KEEP
    np.testing.assert_array_equal(fall.clean[kept], fall.plate[kept])
    held = ~kept & (fall.cover == 0)
    near = np.abs(fall.clean.astype(int) - fall.truth)[held].mean()
    assert near < 0.3 * np.abs(fall.plate.astype(int) - fall.truth)[held].mean()


def test_a_file_holds_it_all_and_is_made_once(tmp_path: Path) -> None:
    scene = sample("held", 12).model_copy(update={"frames": 6})
    job = MovesJob(scene, tmp_path, *SIZE)
    made = job.make()
    if made.skipped:
        pytest.fail(made.skipped)
    assert job.make().kept
    (path,) = tmp_path.iterdir()
    stored, again = Moves.load(path), moves(scene, counterfactual(scene), *SIZE)
    for name in ("plate", "truth", "clean", "labels", "cover", "shift", "shown"):
        np.testing.assert_array_equal(getattr(stored, name), getattr(again, name))
    for damaged in (path.read_bytes()[:1000], b""):
        path.write_bytes(damaged)
        with pytest.raises(InputError, match="no pair with its moves"):
            Moves.load(path)
