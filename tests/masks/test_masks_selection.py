"""Selections: frames, one frame's inputs, and change of coordinates."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from cleanplate.masks.selection import Box, Click, Selection, Stroke

numbers = st.integers(-1000, 1000).map(float)
frames = st.integers(0, 5)
clicks = st.builds(Click, x=numbers, y=numbers, frame=frames, positive=st.booleans())
boxes = st.builds(
    lambda x, y, w, h, n: Box(x0=x, y0=y, x1=x + w, y1=y + h, frame=n),
    numbers, numbers, st.integers(1, 50), st.integers(1, 50), frames,
)  # fmt: skip
strokes = st.builds(
    Stroke, points=st.lists(st.tuples(numbers, numbers), min_size=1, max_size=3).map(tuple),
    radius=st.integers(1, 9).map(float), frame=frames,
)  # fmt: skip
selections = st.builds(
    Selection, clicks=st.lists(clicks, max_size=3).map(tuple), boxes=st.lists(boxes, max_size=2).map(tuple),
    strokes=st.lists(strokes, max_size=2).map(tuple),
)  # fmt: skip


@given(selections)
def test_the_frames_share_out_every_input(selection: Selection) -> None:
    parts = [selection.on(n) for n in selection.frames]
    assert sum(len(p.clicks) for p in parts) == len(selection.clicks)
    assert sum(len(p.boxes) for p in parts) == len(selection.boxes)
    assert sum(len(p.strokes) for p in parts) == len(selection.strokes)
    assert all(p.frames == (n,) for p, n in zip(parts, selection.frames, strict=True))
    assert list(selection.frames) == sorted(set(selection.frames))


@given(selections)
def test_a_quarter_turn_four_times_is_nothing(selection: Selection) -> None:
    turned = selection
    for _ in range(4):
        turned = turned.mapped(lambda x, y: (-y, x))
        assert all(b.x0 < b.x1 and b.y0 < b.y1 for b in turned.boxes)
    assert turned == selection


def test_radii_scale_with_the_picture() -> None:
    selection = Selection(strokes=(Stroke(points=((1, 2),), radius=4),))
    half = selection.mapped(lambda x, y: (x / 2, y / 2), scale=0.5)
    assert half.strokes[0] == Stroke(points=((0.5, 1),), radius=2)


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValidationError):
        Click(x=0, y=0, frame=-1)
    with pytest.raises(ValidationError):
        Stroke(points=(), radius=1)
    with pytest.raises(ValidationError):
        Stroke(points=((0, 0),), radius=0)
