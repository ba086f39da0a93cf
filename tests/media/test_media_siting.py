"""Siting: the filters by hand, and what must hold for every format."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleanplate.media.formats import pixel_format
from cleanplate.media.frame import PixelFormat, Siting
from cleanplate.media.siting import downsample, footprint, footprint_all, footprint_any, spread, taps, upsample

FORMATS = [pixel_format(f"yuv{name}p") for name in ("420", "422", "440", "444", "411", "410")]
formats = st.sampled_from(FORMATS)
sitings = st.sampled_from(list(Siting))
sizes = st.tuples(st.integers(1, 17), st.integers(1, 17))


@pytest.mark.parametrize(
    ("name", "siting", "expected"),
    [
        ("420", Siting.LEFT, (3, 2)),
        ("420", Siting.CENTER, (2, 2)),
        ("420", Siting.TOPLEFT, (3, 3)),
        ("422", Siting.LEFT, (3, 1)),
        ("422", Siting.CENTER, (2, 1)),
        ("440", Siting.LEFT, (1, 2)),
        ("411", Siting.LEFT, (7, 1)),
        ("410", Siting.CENTER, (4, 4)),
        ("444", Siting.TOPLEFT, (1, 1)),
    ],
)
def test_footprints(name: str, siting: Siting, expected: tuple[int, int]) -> None:
    assert footprint(pixel_format(f"yuv{name}p"), siting) == expected


def test_weights() -> None:
    assert taps(2, True) == (-1, (0.25, 0.5, 0.25))
    assert taps(2, False) == (0, (0.5, 0.5))
    assert taps(4, True) == (-3, tuple(n / 16 for n in (1, 2, 3, 4, 3, 2, 1)))
    assert taps(1, True) == (0, (1.0,))


def test_one_row_by_hand() -> None:
    row = np.array([[0, 8, 16, 0, 4]], np.uint8)
    left, centre = pixel_format("yuv422p"), Siting.CENTER
    assert downsample(row, left, Siting.LEFT).tolist() == [[2, 10, 3]]
    assert downsample(row, left, centre).tolist() == [[4, 8, 4]]
    chroma = np.array([[0, 8, 16]], np.float32)
    assert upsample(chroma, left, Siting.LEFT, 1, 6).tolist() == [[0, 4, 8, 12, 16, 16]]
    assert upsample(chroma, left, centre, 1, 6).tolist() == [[0, 2, 6, 10, 14, 16]]


@settings(max_examples=80)
@given(formats, sitings, sizes, st.integers(0, 2**32 - 1))
def test_flat_stays_flat_and_shapes_fit(fmt: PixelFormat, siting: Siting, size: tuple[int, int], seed: int) -> None:
    value = np.float32(np.random.default_rng(seed).integers(0, 65536))
    down = downsample(np.full(size, value), fmt, siting)
    assert down.shape == fmt.plane_shape(1, *size)
    np.testing.assert_array_equal(down, value)
    up = upsample(down, fmt, siting, *size)
    assert up.shape == size
    np.testing.assert_array_equal(up, value)


@settings(max_examples=80)
@given(formats, sitings, sizes, st.integers(0, 2**32 - 1))
def test_footprints_are_where_the_filter_weighs(
    fmt: PixelFormat, siting: Siting, size: tuple[int, int], seed: int
) -> None:
    mask = np.random.default_rng(seed).random(size) < 0.15
    weighed = downsample(mask.astype(np.float32), fmt, siting)
    reached = footprint_any(mask, fmt, siting)
    np.testing.assert_array_equal(reached, weighed > 0)
    np.testing.assert_array_equal(footprint_all(mask, fmt, siting), weighed == 1)
    chroma = np.random.default_rng(seed + 1).random(reached.shape) < 0.3
    slow = np.zeros(size, bool)
    for y, x in np.ndindex(size):
        one = np.zeros(size, bool)
        one[y, x] = True
        slow[y, x] = (footprint_any(one, fmt, siting) & chroma).any()
    np.testing.assert_array_equal(spread(chroma, fmt, siting, *size), slow)


@settings(max_examples=40)
@given(formats, sitings)
def test_a_ramp_keeps_its_place(fmt: PixelFormat, siting: Siting) -> None:
    """Away from the edges, down and up again gives a linear ramp back exactly: no shift."""
    y, x = np.mgrid[:48, :48].astype(np.float32)
    ramp = 3 * x + 5 * y
    back = upsample(downsample(ramp, fmt, siting), fmt, siting, 48, 48)
    np.testing.assert_allclose(back[8:-8, 8:-8], ramp[8:-8, 8:-8], atol=1e-3)
