"""Gravity that does not pull down the picture: told by the user, or followed by the camera's roll."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import cv2
import numpy as np
import pytest
from drawn_scenes import HEIGHT, WIDTH, Array, block, coloured, disc, film, iou, texture
from hypothesis import given
from hypothesis import strategies as st

from cleanplate.masks.grid import cell_at
from cleanplate.masks.reasoning import Grid, Reasoning, Thing
from cleanplate.masks.track import Track, TrackWriter
from cleanplate.media.clip import Clip
from cleanplate.motion.camera import roll_of
from cleanplate.progress import Silent
from cleanplate.reason.footage import Footage
from cleanplate.reason.gravity import rolled
from cleanplate.reason.level import OUTSIDE, Level
from cleanplate.reason.physics import PhysicsReasoner
from drawn_clips import write_video

LENGTH = 28
ORANGE, BLUE = (220, 130, 40), (60, 60, 170)
MIDDLE = np.array([(WIDTH - 1) / 2, (HEIGHT - 1) / 2])
REST = np.array([160.0, 138.0])
"""(x, y) where the ball would lie without the table, in the picture that is not turned."""


def turned(point: Array, degrees: float) -> Array:
    """(x, y) turned clockwise about the middle."""
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.asarray(MIDDLE + np.array([[cosine, -sine], [sine, cosine]]) @ (point - MIDDLE), np.float64)


def roll(image: Array, degrees: float, border: int = cv2.BORDER_CONSTANT) -> Array:
    """What a camera sees that is turned counterclockwise by so much: the picture turned clockwise."""
    matrix = cv2.getRotationMatrix2D((MIDDLE[0], MIDDLE[1]), -degrees, 1.0)
    return np.asarray(cv2.warpAffine(image, matrix, (WIDTH, HEIGHT), borderMode=border))


def answer(folder: Path, angle: Callable[[int], float], reasoner: PhysicsReasoner) -> Reasoning:
    """What is said of a ball that comes to rest on a table, filmed with the scene turned clockwise by `angle`."""
    ground = texture(7)
    table = [roll(block(120, 100, 200, 150).astype(np.uint8), angle(n)) > 0 for n in range(LENGTH)]
    ball = [roll(disc(160, min(10 + 8 * n, 87), 12).astype(np.uint8), angle(n)) > 0 for n in range(LENGTH)]

    def paint(n: int) -> Array:
        behind = roll(ground, angle(n), cv2.BORDER_REFLECT)
        return coloured(coloured(behind, table[n], ORANGE), ball[n], BLUE)

    write_video(folder / "clip.mkv", film(LENGTH, paint), "ffv1", "bgr0", {})
    with TrackWriter(folder / "t.track", name="table", length=LENGTH, height=HEIGHT, width=WIDTH) as writer:
        for n, mask in enumerate(table):
            writer.write(n, mask)
    with Clip.open(folder / "clip.mkv") as clip:
        return reasoner.reason(clip, [Track(folder / "t.track")], range(LENGTH), folder, Silent())


def the_ball(document: Reasoning) -> Thing:
    (ball,) = [thing for thing in document.affected if thing.will_move]
    return ball


def last_cells(ball: Thing) -> Array:
    """The middle (row, column) of the cells that the ball would cover on the last frame."""
    cells = np.asarray(ball.cells_instead_on(LENGTH - 1), np.float64)
    return np.asarray(cells.mean(axis=0))


@pytest.mark.parametrize("angle", [30, *(pytest.param(angle, marks=pytest.mark.slow) for angle in (90, 180))])
def test_what_the_object_bears_falls_along_gravity(tmp_path: Path, angle: int) -> None:
    document = answer(tmp_path, lambda n: angle, PhysicsReasoner(angle))
    ball = the_ball(document)
    assert abs(ball.onset - 10) <= 1
    assert "falls" in document.scene_after
    assert document.gravity == pytest.approx((-np.sin(np.radians(angle)), np.cos(np.radians(angle))), abs=1e-5)
    assert document.notes == (f"Gravity: {angle} degrees clockwise from down in the picture, as told.",)
    x, y = turned(REST, angle)
    expected = cell_at(y, x, Grid.of(HEIGHT, WIDTH), HEIGHT, WIDTH)
    assert ball.rest_place is not None
    assert np.abs(np.subtract(ball.rest_place, expected)).max() <= 1
    assert np.abs(last_cells(ball) + 0.5 - (y / 22.5, x / (WIDTH / 14))).max() <= 1


def test_down_follows_a_camera_that_rolls(tmp_path: Path) -> None:
    document = answer(tmp_path, lambda n: 1.5 * n, PhysicsReasoner("auto"))
    (note,) = document.notes
    assert note.startswith("Gravity: down in the picture on frame 0, and from there with the camera's roll")
    assert note.endswith("0 to 40 degrees clockwise.")
    assert document.gravity == (0.0, 1.0)
    ball = the_ball(document)
    assert "falls" in document.scene_after
    x, y = turned(REST, 1.5 * (LENGTH - 1))
    assert np.abs(last_cells(ball) + 0.5 - (y / 22.5, x / (WIDTH / 14))).max() <= 1


@pytest.mark.slow
def test_a_camera_that_stands_is_left_alone(tmp_path: Path) -> None:
    documents = [answer(tmp_path, lambda n: 0.0, PhysicsReasoner(told)) for told in (None, "auto")]
    assert documents[0].model_copy(update={"notes": ()}) == documents[1].model_copy(update={"notes": ()})
    assert [document.notes for document in documents] == [
        ("Gravity: down in the picture as the file is shown.",),
        ("Gravity: down in the picture as the file is shown; the camera's roll is under 5 degrees.",),
    ]


@given(st.floats(-179, 179), st.floats(0.5, 2.0), st.floats(-40, 40), st.floats(-1e-4, 1e-4))
def test_roll_is_told_whatever_else_the_camera_does(degrees: float, zoom: float, shift: float, lean: float) -> None:
    matrix = np.vstack([cv2.getRotationMatrix2D((20.0, 70.0), -degrees, zoom), [0.0, 0.0, 1.0]])
    matrix[:2, 2] += shift
    assert roll_of(matrix, HEIGHT, WIDTH) == pytest.approx(degrees, abs=1e-6)
    # Leaning about the middle changes what is far from it.
    centred = np.eye(3)
    centred[:2, 2] = -MIDDLE
    leaned = np.linalg.inv(centred) @ np.array([[1, 0, 0], [0, 1, 0], [lean, lean, 1]]) @ centred
    assert roll_of(leaned, HEIGHT, WIDTH) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("aspect", [1.0, 4 / 3, 0.75])
@pytest.mark.parametrize("angle", [-45.0, 30.0, 137.0])
def test_levelled_pictures_hold_the_whole_one_and_lead_back(angle: float, aspect: float) -> None:
    level = Level.of(np.array([0.0, angle]), (HEIGHT, WIDTH), aspect)
    mask = disc(40, 150, 20) | block(280, 5, 318, 30)
    shown = level.picture(mask.astype(np.uint8), 1)
    assert shown.shape == level.size
    assert iou(level.back(shown > 0, 1) >= 0.5, mask) > 0.93
    down, across = level.size
    assert level.point((down - 1) / 2, (across - 1) / 2, 1) == pytest.approx(tuple(MIDDLE[::-1]))
    inside = level.owner(np.zeros((HEIGHT, WIDTH), np.uint8), 1) != OUTSIDE
    area = HEIGHT * WIDTH * max(aspect, 1 / aspect)
    assert inside.sum() == pytest.approx(area, rel=0.01)


@pytest.mark.parametrize("aspect", [0.5, 1.0, 2.0])
def test_a_roll_is_read_in_square_pixels(aspect: float) -> None:
    """A picture of oblong pixels, turned by 20 degrees as players show it."""
    cosine, sine = np.cos(np.radians(20)), np.sin(np.radians(20))
    square = np.diag([aspect, 1.0, 1.0])
    shown = np.array([[cosine, -sine, 3.0], [sine, cosine, -2.0], [0.0, 0.0, 1.0]])
    step = np.linalg.inv(square) @ shown @ square
    seen = cast(Footage, SimpleNamespace(shape=(HEIGHT, WIDTH), anchored=(np.eye(3), step)))
    np.testing.assert_allclose(rolled(seen, aspect), [0, 20], atol=0.1)
