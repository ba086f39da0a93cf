"""Codes to R'G'B' against colour-science and swscale, and back again; what the field assumes where a file is silent."""

import warnings
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from av.video.reformatter import ColorRange, Colorspace, Interpolation
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from cleanplate.errors import InputError
from cleanplate.media.colour import codes_to_rgb, luma8, picture, resolve, rgb_to_codes, to_444
from cleanplate.media.formats import PACKINGS, pixel_format
from cleanplate.media.frame import ColourTags, Family, Frame, PixelFormat, Siting
from cleanplate.media.probe import ClipInfo
from cleanplate.media.repack import to_video_frame

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import colour

MATRICES = {
    "bt709": colour.WEIGHTS_YCBCR["ITU-R BT.709"],
    "smpte170m": colour.WEIGHTS_YCBCR["ITU-R BT.601"],
    "bt470bg": colour.WEIGHTS_YCBCR["ITU-R BT.601"],
    "bt2020nc": colour.WEIGHTS_YCBCR["ITU-R BT.2020"],
    "smpte240m": np.array([0.212, 0.087]),  # H.273 rounds what colour-science has as 0.2122, 0.0865
    "fcc": np.array([0.30, 0.11]),
}
SWS_EXACT = Interpolation.BICUBIC | Interpolation.FULL_CHR_H_INT | Interpolation.ACCURATE_RND
EXACT = sorted(name for name, row in PACKINGS.items() if not row.expands)


def clip_info(fmt: PixelFormat, height: int, width: int, tags: ColourTags | None = None) -> ClipInfo:
    return ClipInfo(
        path=Path("plate"),
        files=(Path("plate"),),
        is_sequence=False,
        codec="",
        height=height,
        width=width,
        format=fmt,
        colour=tags or ColourTags(),
        time_base=Fraction(1, 24),
        pts=np.arange(1),
        end_pts=1,
        rate=Fraction(24),
    )


def random_codes(fmt: PixelFormat, count: int = 4000, seed: int = 0) -> NDArray[np.float32]:
    rng = np.random.default_rng(seed)
    return rng.integers(0, fmt.peak, (count, 3), endpoint=True).astype(np.float32)


@pytest.mark.parametrize("matrix", MATRICES)
@pytest.mark.parametrize("depth", [8, 10, 12, 16])
@pytest.mark.parametrize("range_", ["limited", "full"])
def test_agrees_with_colour_science(matrix: str, depth: int, range_: str) -> None:
    fmt = PixelFormat("", Family.YUV, depth)
    codes = random_codes(fmt)
    expected = colour.YCbCr_to_RGB(
        codes.astype(np.float64),
        K=MATRICES[matrix],
        in_bits=depth,
        in_legal=range_ == "limited",
        in_int=True,
        out_legal=False,
        clamp_int=False,
    )
    got = codes_to_rgb(codes, fmt, ColourTags(matrix=matrix, range=range_))
    np.testing.assert_allclose(got, expected, atol=2e-6)


def test_ycgco_by_its_definition() -> None:
    fmt = PixelFormat("", Family.YUV, 8)
    y, cg, co = 0.5, 20 / 255, 30 / 255  # H.273 equations 35 to 38
    codes = np.array([[127.5, 148, 158]], np.float32)
    got = codes_to_rgb(codes, fmt, ColourTags(matrix="ycgco", range="full"))
    np.testing.assert_allclose(got, [[y - cg + co, y + cg, y - cg - co]], atol=1e-6)


@pytest.mark.parametrize("range_", ["limited", "full"])
@pytest.mark.parametrize(("matrix", "space"), [("bt709", Colorspace.ITU709), ("smpte170m", Colorspace.ITU601)])
def test_agrees_with_swscale_in_444(range_: str, matrix: str, space: Colorspace) -> None:
    """Within its fixed point: now and then it rounds to the neighbouring 8-bit code."""
    fmt = pixel_format("yuv444p")
    rng = np.random.default_rng(1)
    planes = tuple(rng.integers(16, 236, (64, 64), np.uint8) for _ in range(3))
    frame = to_video_frame(planes, fmt, "yuv444p").reformat(
        format="rgb24",
        src_colorspace=space,
        src_color_range=ColorRange.MPEG if range_ == "limited" else ColorRange.JPEG,
        dst_color_range=ColorRange.JPEG,
        interpolation=SWS_EXACT,
    )
    theirs = frame.to_ndarray(format="rgb24").astype(int)
    tags = ColourTags(matrix=matrix, range=range_)
    ours = np.rint(np.clip(codes_to_rgb(to_444(planes, fmt, None), fmt, tags), 0, 1) * 255).astype(int)
    assert np.abs(ours - theirs).max() <= 1
    assert np.mean(ours != theirs) < 0.01


@given(
    name=st.sampled_from(EXACT),
    matrix=st.sampled_from(["bt709", "smpte170m", "fcc", "smpte240m", "bt2020nc", "ycgco"]),
    range_=st.sampled_from(["limited", "full"]),
    seed=st.integers(0, 9),
)
def test_every_code_comes_back(name: str, matrix: str, range_: str, seed: int) -> None:
    fmt = pixel_format(name)
    tags = resolve(ColourTags(matrix=matrix, range=range_), fmt, 1080)
    codes = random_codes(fmt, 100, seed)
    if fmt.family is Family.GRAY:
        codes = codes[:, :1]
    back = rgb_to_codes(codes_to_rgb(codes, fmt, tags), fmt, tags)
    np.testing.assert_allclose(back, codes, atol=0.03 if fmt.depth == 16 else 0.01)


@pytest.mark.parametrize("siting", list(Siting))
def test_chroma_of_a_ramp_is_exact_wherever_it_is_sited(siting: Siting) -> None:
    """Linear interpolation at the true place leaves a linear ramp as it was (away from the frame's edge)."""
    fmt = pixel_format("yuv420p16le")
    x = {Siting.LEFT: 0.0, Siting.CENTER: 0.5, Siting.TOPLEFT: 0.0}[siting]
    y = {Siting.LEFT: 0.5, Siting.CENTER: 0.5, Siting.TOPLEFT: 0.0}[siting]
    rows, columns = np.mgrid[:32, :48].astype(np.float32)
    chroma_rows, chroma_columns = np.mgrid[:16, :24].astype(np.float32)
    chroma = (1000 + 16 * (2 * chroma_columns + x) + 32 * (2 * chroma_rows + y)).astype(np.uint16)
    codes = to_444((np.zeros((32, 48), np.uint16), chroma, chroma), fmt, siting)
    expected = 1000 + 16 * columns + 32 * rows
    np.testing.assert_allclose(codes[2:-2, 2:-2, 1], expected[2:-2, 2:-2], atol=1e-3)


UNKNOWN = ColourTags()


@pytest.mark.parametrize(
    ("name", "height", "tags", "expected"),
    [
        ("yuv420p", 480, UNKNOWN, ColourTags("smpte170m", "smpte170m", "smpte170m", "limited", Siting.LEFT)),
        ("yuv420p", 720, UNKNOWN, ColourTags("bt709", "bt709", "bt709", "limited", Siting.LEFT)),
        ("yuvj420p", 1080, UNKNOWN, ColourTags("bt709", "bt709", "bt709", "full", Siting.CENTER)),
        ("yuv422p10le", 1080, UNKNOWN, ColourTags("bt709", "bt709", "bt709", "limited", Siting.LEFT)),
        ("yuv444p", 1080, UNKNOWN, ColourTags("bt709", "bt709", "bt709", "limited", None)),
        (
            "yuv420p10le",
            2160,
            ColourTags(primaries="bt2020", transfer="smpte2084"),
            ColourTags("bt2020nc", "bt2020", "smpte2084", "limited", Siting.TOPLEFT),
        ),
        ("gbrp", 1080, UNKNOWN, ColourTags("gbr", "bt709", "iec61966-2-1", "full", None)),
        ("gray", 1080, UNKNOWN, ColourTags("bt709", "bt709", "bt709", "full", None)),
    ],
)
def test_what_a_file_leaves_out_follows_the_conventions(
    name: str, height: int, tags: ColourTags, expected: ColourTags
) -> None:
    fmt = pixel_format(name)
    assert resolve(tags, fmt, height) == expected
    assert resolve(expected, fmt, height) == expected


def test_matrices_that_are_no_matrices_are_refused() -> None:
    with pytest.raises(InputError, match="ictcp"):
        resolve(ColourTags(matrix="ictcp"), pixel_format("yuv420p10le"), 2160)


@settings(max_examples=60)
@given(
    name=st.sampled_from(EXACT),
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    size=st.none() | st.tuples(st.integers(1, 50), st.integers(1, 50)),
    level=st.floats(0, 1),
)
def test_flat_gray_looks_the_same_in_every_format(
    name: str, height: int, width: int, size: tuple[int, int] | None, level: float
) -> None:
    """Any format, any size: a flat gray of R' = G' = B' = level is that gray in both 8-bit views."""
    fmt = pixel_format(name)
    info = clip_info(fmt, height, width)
    tags = resolve(info.colour, fmt, height)
    codes = np.rint(rgb_to_codes(np.full((1, 3), level, np.float32), fmt, tags))[0]
    planes = [np.full(fmt.plane_shape(n, height, width), codes[n], fmt.dtype) for n in range(len(codes))]
    if fmt.has_alpha:
        planes.append(np.zeros((height, width), fmt.dtype))
    frame = Frame(0, 0, tuple(planes))
    seen, gray = picture(frame, info, size), luma8(frame, info, size)
    assert seen.shape == (*(size or (height, width)), 3)
    assert gray.shape == (size or (height, width))
    assert np.abs(seen.astype(float) - level * 255).max() <= 1.2
    assert np.abs(gray.astype(float) - level * 255).max() <= 1.2


def test_bright_light_and_bad_floats_make_a_picture() -> None:
    fmt = PixelFormat("exr-half", Family.RGB, 16, is_float=True)
    info = clip_info(fmt, 1, 6, ColourTags(transfer="linear"))
    light = np.array([[0, 0.18, 1, 60000, np.inf, np.nan]], np.float16)
    seen = picture(Frame(0, 0, (light, light, light)), info)[0, :, 0]
    assert list(np.diff(seen[:4].astype(int)) > 0) == [True, True, True]
    assert (seen[0], seen[3], seen[4], seen[5]) == (0, 255, 255, 0)
