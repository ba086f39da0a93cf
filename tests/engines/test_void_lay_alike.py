"""What the codec explains, and what it does not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from cleanplate.engines.void.lay.alike import Yardstick
from drawn_laying import Story, codec

SIZE = (96, 144)


def scene() -> tuple[np.ndarray, np.ndarray, Yardstick]:
    """A picture, what was drawn of it, and the measure of both."""
    plate = Story(height=SIZE[0], width=SIZE[1]).ground(0)
    drawn = codec()(plate, 3)
    stays = np.ones(SIZE, np.bool_)
    stays[24:72, 30:110] = False
    yardstick = Yardstick.of(drawn, plate, stays)
    assert yardstick is not None
    return plate, drawn, yardstick


def test_the_codec_alone_is_no_change() -> None:
    plate, drawn, yardstick = scene()
    assert (yardstick.departure(drawn, plate) > 0).mean() < 0.01
    assert not yardstick.departure(plate, plate).any()


@pytest.mark.parametrize("side", [5, 12])
def test_a_small_thing_is_found_and_nothing_far_from_it(side: int) -> None:
    plate, drawn, yardstick = scene()
    plate[40 : 40 + side, 60 : 60 + side] += 0.12
    found = yardstick.departure(drawn, plate)
    assert found[41 : 39 + side, 61 : 59 + side].min() > 0.9
    near = np.zeros(SIZE, np.uint8)
    near[40 : 40 + side, 60 : 60 + side] = 1
    far = cv2.dilate(near, np.ones((19, 19), np.uint8)) == 0
    assert (found[far] > 0).mean() < 0.01


def test_a_faint_broad_shadow_is_found() -> None:
    """Three codes: far below what one pixel's noise is."""
    plate, drawn, yardstick = scene()
    plate[30:66, 40:100] -= 5 / 255
    found = yardstick.departure(drawn, plate)
    assert found[36:60, 46:94].mean() > 0.9


def test_with_too_little_to_measure_on_there_is_no_measure() -> None:
    plate, drawn, _ = scene()
    assert Yardstick.of(drawn, plate, np.zeros(SIZE, np.bool_)) is None
