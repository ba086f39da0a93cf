"""What of the picture VOID sees, and how large."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cleanplate.engines.void.framing import close, crop, whole
from cleanplate.masks.quadmask import FrameSummary
from cleanplate.media.frame import Frame
from cleanplate.media.probe import ClipInfo
from drawn_spans import even

INFO = even(3, 12)


def sized(height: int, width: int, **others: Any) -> ClipInfo:
    return replace(INFO, height=height, width=width, **others)


@pytest.mark.parametrize(
    ("height", "width", "grid"),
    [
        (2160, 3840, (384, 672)),
        (720, 1296, (384, 672)),
        (1080, 1920, (384, 672)),
        (384, 672, (384, 672)),
        (1920, 1080, (672, 384)),
        (1080, 1080, (496, 496)),
        (240, 320, (240, 320)),
    ],
)
def test_sizes_keep_the_aspect_and_are_what_the_patches_bear(height: int, width: int, grid: tuple[int, int]) -> None:
    framing = whole(sized(height, width))
    assert (framing.rows, framing.columns) == grid
    assert framing.rows % 16 == framing.columns % 16 == 0
    assert framing.size.columns / framing.size.rows == pytest.approx(width / height, rel=0.005)


def test_a_turned_plate_with_oblong_pixels_is_seen_upright() -> None:
    framing = whole(sized(576, 720, rotation=90, sample_aspect=Fraction(16, 15)))
    assert framing.size.rows / framing.size.columns == pytest.approx(720 * 16 / 15 / 576, rel=0.005)
    assert framing.size.coded[0] < framing.size.coded[1]


boxes = st.tuples(st.integers(0, 99), st.integers(0, 159), st.integers(1, 60), st.integers(1, 60))


@given(st.lists(st.tuples(boxes, st.floats(0.05, 1)), min_size=1, max_size=5))
def test_a_crop_shows_enough_of_the_scene(given: list[tuple[tuple[int, int, int, int], float]]) -> None:
    height, width = 100, 160
    summaries = []
    for (y, x, tall, wide), share in given:
        box = (y, x, min(height, y + tall), min(width, x + wide))
        count = max(1, int(share * (box[2] - box[0]) * (box[3] - box[1])))
        summaries.append(FrameSummary((count, 0, 0, height * width - count), box))
    y0, x0, y1, x1 = crop(summaries, sized(height, width))
    assert 0 <= y0 < y1 <= height
    assert 0 <= x0 < x1 <= width
    assert all(v % 2 == 0 for v in (y0, x0, y1, x1))
    for summary in summaries:
        assert summary.box is not None
        assert y0 <= summary.box[0]
        assert x0 <= summary.box[1]
        assert summary.box[2] <= y1
        assert summary.box[3] <= x1
    assert min(y1 - y0, x1 - x0) >= 0.4 * min(height, width)
    area = (y1 - y0) * (x1 - x0)
    assume(area < height * width)
    assert max(sum(summary.counts[:3]) for summary in summaries) <= 0.35 * area
    assert (x1 - x0) / (y1 - y0) == pytest.approx(width / height, rel=0.1)


def test_a_crop_brings_the_event_nearer_and_keeps_its_colours() -> None:
    info = sized(2160, 3840)
    summaries = [FrameSummary((5000, 0, 0, 2160 * 3840 - 5000), (1000, 1000, 1100, 1200))]
    framing = close(summaries, info)
    assert (framing.rows, framing.columns) == (384, 672)
    y0, x0, y1, x1 = framing.box
    assert (y1 - y0, x1 - x0) == (864, 1536)
    small = sized(1080, 1920)
    part = close([FrameSummary((50, 0, 0, 1), (500, 500, 510, 510))], small).info(small)
    assert part.height < 720
    assert part.colour.matrix == "bt709"


def test_parts_of_frames_take_the_chroma_that_belongs_to_them() -> None:
    luma = np.arange(48 * 64, dtype=np.int64).reshape(48, 64) % 251
    frame = Frame(0, 0, (luma.astype(np.uint8), luma[::2, ::2].astype(np.uint8), luma[1::2, 1::2].astype(np.uint8)))
    summaries = [FrameSummary((4, 0, 0, 1), (10, 12, 12, 14))]
    framing = close(summaries, INFO)
    y0, x0, y1, x1 = framing.box
    part = framing.cut(frame, INFO)
    assert np.array_equal(part.planes[0], frame.planes[0][y0:y1, x0:x1])
    assert np.array_equal(part.planes[1], frame.planes[1][y0 // 2 : y1 // 2, x0 // 2 : x1 // 2])
    assert part.planes[2].shape == part.planes[1].shape


def test_nothing_to_crop_round_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing changes"):
        close([FrameSummary((0, 0, 0, 9), None)], INFO)
