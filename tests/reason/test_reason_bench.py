"""`bench/reasoning.py --answers`: what somebody answered elsewhere, in words and cells or as a folder with tracks."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import reasoning
from reasoning_clips import Wanted
from reasoning_oracle import OBJECT
from reasoning_scores import Score, score

from cleanplate.errors import InputError
from cleanplate.masks.grid import cells_of
from cleanplate.masks.labels import combine
from cleanplate.masks.reasoning import CellsAt, Grid, Kind, Reasoning, Thing
from cleanplate.masks.track import TrackWriter

LENGTH, HEIGHT, WIDTH = 10, 64, 112
WANTED = Wanted("drawn", 1, HEIGHT, WIDTH)
GRID = Grid.of(HEIGHT, WIDTH)


def block(x0: int, y0: int, x1: int, y1: int) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    mask = np.zeros((HEIGHT, WIDTH), np.bool_)
    mask[y0:y1, x0:x1] = True
    return mask


HERO = block(20, 24, 36, 48)
BALL = [block(60 + 2 * n, 32, 70 + 2 * n, 42) for n in range(LENGTH)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A bench folder that holds one clip: a blue ball that only rolls because of the object."""
    rng = np.random.default_rng(0)
    ground = cv2.GaussianBlur(rng.integers(60, 200, (HEIGHT, WIDTH, 3), dtype=np.uint8), (0, 0), 1.5)
    pictures = np.stack([ground] * LENGTH)
    for picture, ball in zip(pictures, BALL, strict=True):
        picture[HERO], picture[ball] = (210, 120, 40), (40, 60, 190)
    bits = np.packbits(np.stack(BALL)[None])
    (tmp_path / "clips").mkdir()
    np.savez_compressed(
        tmp_path / "clips" / f"{WANTED.key}.npz",
        rgb=pictures,
        labels=np.stack([combine(HERO, ball) for ball in BALL]),
        names=np.array(["ball"], np.str_),
        was=bits,
        instead=np.packbits(np.zeros((1, LENGTH, HEIGHT, WIDTH), np.bool_)),
        content=np.array(""),
    )
    return tmp_path


def document(removed: str = OBJECT, frames: int = LENGTH, track: str | None = None) -> Reasoning:
    """A person's answer: where the ball is, on two frames."""
    told = tuple(CellsAt(frame=n, cells=cells_of(BALL[n] | BALL[n + 4], GRID)) for n in (0, 5))
    ball = Thing(
        id="ball", name="blue ball", kind=Kind.OBJECT, caused_by=removed, why="The object has set it rolling.",
        onset=0, end=LENGTH - 1, was_moving=True, cells_by_time=told, track=track,
    )  # fmt: skip
    size = {"height": HEIGHT, "width": WIDTH, "grid": GRID}
    return Reasoning.model_validate({"frames": frames, "removed": (removed,), "affected": (ball,), **size})


def scored(folder: Path) -> Score:
    ((truth, drawn),) = reasoning.measured([WANTED], folder, "somebody", folder / "answers")
    return score(truth, drawn)


def put(folder: Path, text: str) -> None:
    (folder / "answers").mkdir()
    (folder / "answers" / f"{WANTED.key}.json").write_text(text)


def test_words_and_cells_are_laid_on_the_clip(folder: Path) -> None:
    put(folder, document().to_json())
    found = scored(folder)
    assert found.cells.recall == 1
    assert found.cells.precision > 0.5
    # Cells alone would claim every sample of them: by the pixel, a track has been found.
    assert found.pixels.precision > 0.8
    assert found.pixels.recall > 0.8


def test_a_folder_that_reason_wrote_brings_its_tracks(folder: Path) -> None:
    beside = folder / "answers" / WANTED.key
    (beside / "tracks").mkdir(parents=True)
    with TrackWriter(
        beside / "tracks" / "ball.track", name="blue ball", length=LENGTH, height=HEIGHT, width=WIDTH
    ) as writer:
        for n, ball in enumerate(BALL):
            writer.write(n, ball)
    (beside / "reasoning.json").write_text(document(track="ball.track").to_json())
    assert scored(folder).pixels.iou > 0.97


def test_a_clip_without_an_answer_is_named(folder: Path) -> None:
    (folder / "answers").mkdir()
    with pytest.raises(SystemExit, match=rf"{WANTED.key}.json: no answer to this clip"):
        scored(folder)


def test_an_answer_about_something_else_is_named(folder: Path) -> None:
    put(folder, document("hero").to_json())
    with pytest.raises(SystemExit, match=r"removed is \['hero'\]"):
        scored(folder)
    (folder / "answers" / f"{WANTED.key}.json").write_text(document(frames=LENGTH + 1).to_json())
    with pytest.raises(InputError, match="the reasoning is for 11 frames"):
        scored(folder)
    (folder / "answers" / f"{WANTED.key}.json").write_text(json.dumps({"frames": 3}))
    with pytest.raises(InputError, match="height"):
        scored(folder)


def test_clips_are_written_for_whoever_answers(folder: Path) -> None:
    reasoning.write_plates([WANTED], folder, folder / "plates")
    assert [path.name for path in (folder / "plates").iterdir()] == [f"{WANTED.key}.mkv"]
