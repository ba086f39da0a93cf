"""The close-up: it holds the edit, keeps the picture's shape, and shows what the whole picture shows there."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleanplate.media.formats import pixel_format
from cleanplate.media.frame import Frame
from cleanplate.report.closeup import cut, upright_shares, window_around
from cleanplate.report.sheet import Sheet


@given(st.data(), st.integers(16, 3000), st.integers(16, 3000))
def test_the_window_holds_the_edit_and_lies_in_the_frame(data: st.DataObject, height: int, width: int) -> None:
    y0, x0 = data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))
    y1, x1 = data.draw(st.integers(y0 + 1, height)), data.draw(st.integers(x0 + 1, width))
    window = window_around([(y0, x0, y1, x1)], height, width)
    if window is None:
        assert max((y1 - y0) / height, (x1 - x0) / width) > 0.67
        return
    top, left, bottom, right = window
    assert 0 <= top < bottom <= height
    assert 0 <= left < right <= width
    assert top % 2 == left % 2 == 0
    slack = 2
    assert top <= y0 + slack
    assert left <= x0 + slack
    assert bottom >= y1 - slack
    assert right >= x1 - slack
    assert (bottom - top) / height == pytest.approx((right - left) / width, abs=3 / min(height, width))


def test_no_window_where_nothing_is_edited() -> None:
    assert window_around([], 100, 100) is None


@pytest.mark.parametrize("name", ["yuv420p", "yuv422p10le", "yuv444p", "gray"])
def test_a_cut_frame_keeps_chroma_with_its_luma(name: str) -> None:
    fmt = pixel_format(name)
    height, width = 31, 45
    planes = []
    for component in range(fmt.components):
        rows, columns = fmt.plane_shape(component, height, width)
        planes.append(np.arange(rows * columns).reshape(rows, columns).astype(fmt.dtype))
    part = cut(Frame(3, 9, tuple(planes)), fmt, (4, 8, 30, 44))
    for component, (plane, whole) in enumerate(zip(part.planes, planes, strict=True)):
        assert plane.shape == fmt.plane_shape(component, 26, 36)
        down, across = (fmt.sub_y, fmt.sub_x) if fmt.is_subsampled(component) else (0, 0)
        assert plane[0, 0] == whole[4 >> down, 8 >> across]


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_shares_turn_with_the_picture(rotation: int) -> None:
    height, width, box = 60, 100, (6, 10, 24, 60)
    marked = np.zeros((height, width), dtype=np.uint8)
    marked[box[0] : box[2], box[1] : box[3]] = 1
    upright = Sheet((height, width), rotation).upright(marked)
    rows, columns = np.flatnonzero(upright.any(axis=1)), np.flatnonzero(upright.any(axis=0))
    tall, wide = upright.shape
    x, y, w, h = upright_shares(box, height, width, rotation)
    assert (x * wide, y * tall) == pytest.approx((columns[0], rows[0]))
    assert (w * wide, h * tall) == pytest.approx((columns.size, rows.size))
