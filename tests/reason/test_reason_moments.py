"""Which frames are shown to a model, and what is drawn on them."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleanplate.errors import InputError
from cleanplate.masks.grid import cell_edges
from cleanplate.masks.track import Track, TrackWriter
from cleanplate.media.clip import Clip
from cleanplate.reason.asking.drawing import OUTLINES, jpeg, marked
from cleanplate.reason.asking.moments import Signals, choose, events, looked_at, signals
from drawn_clips import ground, write_video

SIZE = (96, 160)


def still(length: int, objects: int = 1) -> Signals:
    """Nothing moves."""
    places = np.full((objects, length, 2), 40.0)
    return Signals(tuple(range(length)), places, np.zeros(length), np.zeros(length))


def test_a_still_clip_is_shown_evenly() -> None:
    chosen = choose(still(61), 7)
    assert chosen == (0, 7, 15, 22, 30, 45, 60)
    assert events(still(61)) == []


def test_first_appearances_and_contacts_are_among_the_frames() -> None:
    found = still(100, objects=2)
    found.places[0, :17] = np.nan
    found.places[1, :52] = np.nan
    found.beside[71:] = 3.0
    found.elsewhere[33:36] = 5.0
    chosen = choose(found, 8)
    for frame in (17, 52, 71, 33, 99):
        assert frame in chosen
    assert events(found)[:2] == [33, 36] or set(events(found)) >= {33, 36, 71}


@settings(max_examples=60)
@given(st.integers(2, 200), st.integers(2, 16), st.integers(0, 2**32 - 1))
def test_choices_are_distinct_in_order_and_as_many_as_can_be(length: int, count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    found = still(length)
    found.places[:] += rng.normal(0, 5, found.places.shape)
    found.beside[:] = rng.random(length)
    chosen = choose(found, count)
    assert len(chosen) == min(count, length)
    assert all(a < b for a, b in pairwise(chosen))
    assert chosen[0] >= 0
    assert length - 1 in chosen


@pytest.fixture(scope="module")
def pushed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Clip, Track]:
    """A red block slides to the right until frame 14, where it hits a blue one and stops; the blue one moves off."""
    folder = tmp_path_factory.mktemp("pushed")
    behind = ground(SIZE)

    def at(n: int) -> tuple[int, int]:
        return 10 + 4 * min(n, 14), 92 + 5 * max(n - 14, 0)

    def picture(n: int) -> np.ndarray:
        image = behind.copy()
        red, blue = at(n)
        image[40:60, red : red + 24] = (220, 40, 30)
        image[40:60, blue : blue + 20] = (30, 60, 220)
        return image

    with TrackWriter(folder / "red.track", name="red", length=24, height=SIZE[0], width=SIZE[1]) as writer:
        for n in range(24):
            mask = np.zeros(SIZE, np.bool_)
            mask[40:60, at(n)[0] : at(n)[0] + 24] = True
            writer.write(n, mask)
    path = write_video(folder / "plate.mkv", (picture(n) for n in range(24)), "ffv1", "yuv444p", {})
    return Clip.open(path), Track(folder / "red.track")


def test_a_blow_is_found_in_pictures(pushed: tuple[Clip, Track]) -> None:
    clip, track = pushed
    looked = looked_at([track], range(24))
    assert looked == range(24)
    found = signals(clip, [track], looked, lambda advance=1: None)
    assert abs(events(found)[0] - 14) <= 1
    assert any(abs(frame - 14) <= 1 for frame in choose(found, 4))


def test_only_frames_of_the_edit_are_looked_at(pushed: tuple[Clip, Track]) -> None:
    _, track = pushed
    assert looked_at([track], range(5, 9)) == range(5, 9)
    with pytest.raises(InputError, match="none of the selected objects shows"):
        looked_at([track], range(0))


def test_marks_lie_where_they_should() -> None:
    """Left of every row and above every column a number; the outline in the object's colour; lines that let through."""
    plain = np.full((90, 160, 3), 100, np.uint8)
    mask = np.zeros((90, 160), np.bool_)
    mask[30:50, 60:90] = True
    edges = cell_edges(90, 8), cell_edges(160, 14)
    page = marked(plain, [("A", mask)], edges, "frame 3")
    assert page.shape == (90 + 44, 160 + 22, 3)
    inside = page[44:, 22:]
    assert (inside[30, 65] == OUTLINES[0]).all()
    assert (inside[49, 75] == OUTLINES[0]).all()
    assert (inside[41, 75] == 100).all()
    line = int(edges[0][1])
    assert inside[line, 3].tolist() == [162, 162, 60]
    for a, b in pairwise(edges[0]):
        assert page[44 + a : 44 + b, :22].max() > 200
    assert page[:22, 22:].max() > 200


def test_pictures_are_jpegs_of_their_colours(tmp_path: Path) -> None:
    picture = np.zeros((32, 48, 3), np.uint8)
    picture[:] = (200, 60, 20)
    back = cv2.imdecode(np.frombuffer(jpeg(picture, 90), np.uint8), 1)
    assert back is not None
    assert np.abs(back[..., ::-1].astype(int) - picture).max() <= 4
