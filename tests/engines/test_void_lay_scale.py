"""Between the model's grid and the plate's: parity with OpenCV, and what comes back is what was drawn."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleanplate.engines.void.lay.scale import Scale, averaging, linear

SIZES = st.tuples(st.integers(20, 90), st.integers(20, 90))


def drawn(grid: tuple[int, int], seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).random((*grid, 3)).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(noise, (0, 0), 0.8), np.float32)


@settings(max_examples=25)
@given(SIZES, st.tuples(st.floats(0.2, 1), st.floats(0.2, 1)), st.integers(0, 99))
def test_what_is_brought_up_comes_down_as_it_was_drawn(
    size: tuple[int, int], shares: tuple[float, float], seed: int
) -> None:
    rows, columns = (max(8, round(side * share)) for side, share in zip(size, shares, strict=True))
    scale = Scale((3, 5, 3 + size[0], 5 + size[1]), (rows, columns))
    picture = drawn(scale.grid, seed)
    back = scale.down(scale.up(picture, scale.box), scale.box)
    assert np.abs(back - picture).max() < 2e-3


@settings(max_examples=15)
@given(SIZES, st.data())
def test_a_part_is_cut_from_the_whole(size: tuple[int, int], data: st.DataObject) -> None:
    scale = Scale((0, 0, *size), (size[0] // 2, size[1] // 3))
    y0, x0 = data.draw(st.integers(0, size[0] - 1)), data.draw(st.integers(0, size[1] - 1))
    part = y0, x0, data.draw(st.integers(y0 + 1, size[0])), data.draw(st.integers(x0 + 1, size[1]))
    picture = drawn(scale.grid, 1)
    cut = np.s_[part[0] : part[2], part[1] : part[3]]
    np.testing.assert_allclose(scale.up(picture, part), scale.up(picture, scale.box)[cut], atol=2e-6)
    top, left, bottom, right = scale.cells(part)
    assert scale.down(scale.up(picture, part), part).shape == (bottom - top, right - left, 3)


def test_flat_stays_flat_and_the_same_size_is_the_same() -> None:
    scale = Scale((0, 0, 50, 70), (17, 23))
    np.testing.assert_allclose(scale.up(np.full((17, 23, 3), 0.3, np.float32), scale.box), 0.3, atol=1e-6)
    same = Scale((0, 0, 17, 23), (17, 23))
    np.testing.assert_array_equal(same.up(drawn((17, 23), 0), same.box), drawn((17, 23), 0))


def test_weights_stay_between_those_they_come_from() -> None:
    scale = Scale((0, 0, 61, 83), (20, 31))
    weights = (np.random.default_rng(0).random(scale.grid) > 0.5).astype(np.float32)
    raised = scale.up_smoothly(weights, scale.box)
    assert raised.min() >= 0
    assert raised.max() <= 1 + 1e-6


@pytest.mark.parametrize(("size", "cells"), [(60, 20), (50, 17), (33, 33)])
def test_averages_and_lines_are_opencvs(size: int, cells: int) -> None:
    row = np.random.default_rng(2).random((1, size)).astype(np.float32)
    area = cv2.resize(row, (cells, 1), interpolation=cv2.INTER_AREA)
    np.testing.assert_allclose(averaging(size, cells) @ row[0], area[0], atol=1e-5)
    small = np.random.default_rng(3).random((1, cells)).astype(np.float32)
    straight = cv2.resize(small, (size, 1), interpolation=cv2.INTER_LINEAR)
    np.testing.assert_allclose(linear(cells, size) @ small[0], straight[0], atol=1e-5)
