"""Brush operations: distances, order, and the laws they obey."""

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cleanplate.masks import brush
from cleanplate.masks.selection import Box, Stroke
from cleanplate.masks.track import Mask

SIZE = (14, 17)
masks = hnp.arrays(np.bool_, SIZE)
radii = st.sampled_from([0.0, 1.0, 1.5, 2.0, 3.0, 5.0, 40.0])


def discs(mask: Mask, radius: float) -> Any:
    """Dilation by the definition: the distance to the nearest true pixel."""
    points = np.argwhere(mask)
    if not len(points):
        return mask
    ys, xs = np.mgrid[: mask.shape[0], : mask.shape[1]]
    squared = (ys[..., None] - points[:, 0]) ** 2 + (xs[..., None] - points[:, 1]) ** 2
    return squared.min(axis=-1) <= radius**2


@given(masks, radii)
def test_dilate_against_the_definition(mask: Mask, radius: float) -> None:
    before = mask.copy()
    assert np.array_equal(brush.dilate(mask, radius), discs(mask, radius))
    assert np.array_equal(mask, before)


@given(masks, masks, radii)
def test_dilate_is_extensive_monotone_and_keeps_unions(a: Mask, b: Mask, radius: float) -> None:
    grown = brush.dilate(a, radius)
    assert np.all(grown >= a)
    assert np.array_equal(brush.dilate(a | b, radius), grown | brush.dilate(b, radius))


@given(masks, radii, radii)
def test_two_dilations_stay_within_one_of_both_radii(mask: Mask, a: float, b: float) -> None:
    assert np.all(brush.dilate(mask, a + b) >= brush.dilate(brush.dilate(mask, a), b))


@given(masks, radii)
def test_erode_is_the_dual_of_dilate(mask: Mask, radius: float) -> None:
    assert np.array_equal(brush.erode(mask, radius), ~brush.dilate(~mask, radius))
    assert np.all(brush.erode(mask, radius) <= mask)


@given(masks, st.sampled_from([1.0, 2.0, 3.0]))
def test_close_is_extensive_and_idempotent(mask: Mask, radius: float) -> None:
    closed = brush.close(mask, radius)
    assert np.all(closed >= mask)
    assert np.array_equal(brush.close(closed, radius), closed)


@given(masks, st.integers(1, 8))
def test_specks_go_and_nothing_else(mask: Mask, smallest: int) -> None:
    clean = brush.without_specks(mask, smallest)
    assert np.all(clean <= mask)
    assert np.array_equal(brush.without_specks(clean, smallest), clean)
    if smallest == 1:
        assert np.array_equal(clean, mask)


def test_specks_by_area() -> None:
    mask = np.zeros((9, 9), dtype=bool)
    mask[0, 0], mask[4:7, 4:7] = True, True
    clean = brush.without_specks(mask, 9)
    assert clean.sum() == 9
    assert not clean[0, 0]


@given(
    st.lists(st.tuples(st.floats(-5, 25), st.floats(-5, 25)), min_size=1, max_size=4), st.floats(0.5, 6), st.booleans()
)
def test_strokes_paint_and_rub_out(points: list[tuple[float, float]], radius: float, positive: bool) -> None:
    stroke = Stroke(points=tuple(points), radius=radius, positive=positive)
    drawn = brush.stroke_mask(stroke, *SIZE)
    full, empty = np.ones(SIZE, dtype=bool), np.zeros(SIZE, dtype=bool)
    assert np.array_equal(brush.paint(empty, stroke), drawn if positive else empty)
    assert np.array_equal(brush.paint(full, stroke), full if positive else ~drawn)
    once = brush.paint(full, stroke)
    assert np.array_equal(brush.paint(once, stroke), once)


def test_a_dab_is_a_disc_of_its_radius() -> None:
    dab = brush.stroke_mask(Stroke(points=((50.0, 50.0),), radius=20.0), 100, 100)
    assert abs(dab.sum() - np.pi * 400) < 15  # lattice points of a disc of radius 20 centred on a pixel corner
    assert np.array_equal(dab, dab[::-1, ::-1])


def test_a_line_covers_its_length() -> None:
    line = brush.stroke_mask(Stroke(points=((10.0, 10.5), (30.0, 10.5)), radius=0.5), 20, 40)
    assert np.flatnonzero(line[10]).tolist() == list(range(9, 31))  # with its round caps
    assert line.sum() == 22


def test_boxes_hold_pixels_by_their_centres() -> None:
    mask = brush.box_mask(Box(x0=1.4, y0=2.6, x1=4.5, y1=99), 6, 6)
    assert np.flatnonzero(mask.any(axis=0)).tolist() == [1, 2, 3]
    assert np.flatnonzero(mask.any(axis=1)).tolist() == [3, 4, 5]
