"""Repacking is a bijection for every row of the table, and agrees with swscale wherever swscale repacks losslessly."""

from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleanplate.errors import InputError
from cleanplate.media.formats import PACKINGS, pixel_format
from cleanplate.media.frame import Family, PixelFormat
from cleanplate.media.repack import planes_from, storage_format, to_video_frame

WRITABLE = sorted(name for name, row in PACKINGS.items() if not row.expands and not name.startswith("ya16"))
# Converting full-range YUV to its limited-range namesake rescales; every other row swscale repacks without loss.
RESCALED_BY_SWSCALE = {name for name in WRITABLE if name.startswith("yuvj")}
UNKNOWN_TO_SWSCALE = {"y210be", "y212be", "y216be"}


def random_planes(fmt: PixelFormat, height: int, width: int, seed: int = 0) -> Any:
    rng = np.random.default_rng(seed)
    shapes = [fmt.plane_shape(n, height, width) for n in range(fmt.components)]
    return tuple(rng.integers(0, fmt.peak, shape, fmt.dtype, endpoint=True) for shape in shapes)


def assert_same(a: Any, b: Any) -> None:
    assert len(a) == len(b)
    for x, y in zip(a, b, strict=True):
        assert x.dtype == y.dtype
        np.testing.assert_array_equal(x, y)


@pytest.mark.parametrize("name", WRITABLE)
@pytest.mark.parametrize("size", [(16, 64), (7, 13), (1, 1)])
def test_every_row_goes_out_and_back(name: str, size: tuple[int, int]) -> None:
    fmt = pixel_format(name)
    planes = random_planes(fmt, *size)
    assert_same(planes_from(to_video_frame(planes, fmt, name)), planes)


@pytest.mark.parametrize("name", WRITABLE)
def test_storage_holds_the_source_exactly(name: str) -> None:
    fmt = pixel_format(name)
    stored = pixel_format(storage_format(fmt))
    assert (stored.family, stored.depth, stored.sub_x, stored.sub_y) == (fmt.family, fmt.depth, fmt.sub_x, fmt.sub_y)
    planes = random_planes(fmt, 9, 21)
    assert_same(planes_from(to_video_frame(planes, fmt, storage_format(fmt))), planes)


@pytest.mark.parametrize("name", sorted({row.storage for row in PACKINGS.values()}))
def test_ffv1_accepts_every_storage_format(name: str) -> None:
    fmt = pixel_format(name)
    planes = random_planes(fmt, 34, 50)
    encoder = av.CodecContext.create("ffv1", "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = 50, 34, name, Fraction(1, 25)
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


@pytest.mark.parametrize("name", sorted(set(WRITABLE) - RESCALED_BY_SWSCALE - UNKNOWN_TO_SWSCALE))
def test_swscale_repacks_alike(name: str) -> None:
    fmt = pixel_format(name)
    storage = storage_format(fmt)
    planes = random_planes(fmt, 18, 32)
    assert_same(planes_from(to_video_frame(planes, fmt, storage).reformat(format=name)), planes)
    assert_same(planes_from(to_video_frame(planes, fmt, name).reformat(format=storage)), planes)


def test_palettes_and_single_bits_expand_as_swscale_expands_them() -> None:
    rng = np.random.default_rng(0)
    frame = av.VideoFrame(37, 11, "pal8")
    lines = np.frombuffer(memoryview(frame.planes[0]), np.uint8)
    lines[...] = rng.integers(0, 256, lines.shape)
    palette = np.frombuffer(memoryview(frame.planes[1]), np.uint8)
    palette[...] = rng.integers(0, 256, palette.shape)
    assert_same(planes_from(frame), planes_from(frame.reformat(format="rgba")))
    for name in ("monob", "monow"):
        frame = av.VideoFrame(37, 11, name)
        lines = np.frombuffer(memoryview(frame.planes[0]), np.uint8)
        lines[...] = rng.integers(0, 256, lines.shape)
        assert_same(planes_from(frame), planes_from(frame.reformat(format="gray")))


def test_gray_with_deep_alpha_becomes_three_equal_colours() -> None:
    frame = av.VideoFrame(8, 4, "ya16le")
    words = np.frombuffer(memoryview(frame.planes[0]), "<u2")
    words[...] = np.arange(words.size)
    red, green, blue, alpha = planes_from(frame)
    np.testing.assert_array_equal(red, green)
    np.testing.assert_array_equal(red, blue)
    np.testing.assert_array_equal(alpha, red + 1)
    assert storage_format(pixel_format("ya16le")) == "gbrap16le"


def test_planar_planes_are_views_not_copies() -> None:
    frame = av.VideoFrame(50, 20, "yuv420p")
    memory = np.frombuffer(memoryview(frame.planes[1]), np.uint8)
    plane = planes_from(frame)[1]
    assert np.shares_memory(plane, memory)
    assert plane.shape == (10, 25)


def test_bits_below_the_samples_are_refused() -> None:
    fmt = pixel_format("p010le")
    frame = to_video_frame(random_planes(fmt, 4, 8), fmt, "p010le")
    np.frombuffer(memoryview(frame.planes[1]), "<u2")[0] |= 1
    with pytest.raises(InputError, match="bits below its 10 significant"):
        planes_from(frame)


def test_formats_outside_the_table_and_floats_are_refused() -> None:
    with pytest.raises(InputError, match=r"'rgb565le'.*kept exactly"):
        pixel_format("rgb565le")
    with pytest.raises(InputError, match="EXR"):
        storage_format(PixelFormat("exr-half", Family.RGB, 16, is_float=True))
    fmt = pixel_format("yuv420p10le")
    with pytest.raises(ValueError, match="yuv420p cannot hold yuv420p10le"):
        to_video_frame(random_planes(fmt, 4, 4), fmt, "yuv420p")


def test_the_table_agrees_with_ffmpegs_descriptors() -> None:
    for name, row in PACKINGS.items():
        theirs = av.VideoFormat(name, 64, 64)
        if row.expands or name.startswith("ya16"):
            continue
        assert len(theirs.components) == row.format.components
        assert {c.bits for c in theirs.components} == {row.format.depth}
        assert theirs.is_big_endian == row.big_endian or row.word == 1
        assert theirs.is_rgb == (row.format.family is Family.RGB)
        shape = row.format.plane_shape(min(1, row.format.components - 1), 64, 64)
        if row.format.family is Family.YUV:
            assert shape == (theirs.chroma_height(64), theirs.chroma_width(64))


@given(st.sampled_from(WRITABLE), st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_bijection_at_any_size(name: str, height: int, width: int, seed: int) -> None:
    fmt = pixel_format(name)
    planes = random_planes(fmt, height, width, seed)
    stored = planes_from(to_video_frame(planes, fmt, storage_format(fmt)))
    assert_same(planes_from(to_video_frame(stored, fmt, name)), planes)


def test_repacked_bytes_are_repeatable() -> None:
    fmt = pixel_format("gbrp")
    planes = random_planes(fmt, 9, 17)
    one, two = (bytes(to_video_frame(planes, fmt, "bgr0").planes[0]) for _ in range(2))
    assert one == two
