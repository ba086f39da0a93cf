"""The lossless store: everything that goes in comes back, whoever reads it, and the bytes are always the same."""

import hashlib
import subprocess
import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import imageio_ffmpeg
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleanplate.errors import InputError
from cleanplate.media.clip import Clip
from cleanplate.media.ffv1 import Ffv1Reader, Ffv1Writer, read_ffv1
from cleanplate.media.formats import PACKINGS, pixel_format
from cleanplate.media.frame import ColourTags, Family, PixelFormat, Plane, Siting

WRITABLE = sorted(name for name, row in PACKINGS.items() if not row.expands and not name.startswith("ya16"))
RATE = Fraction(24000, 1001)
TAGS = ColourTags("bt709", "bt709", "bt709", "limited")


def planes_of(fmt: PixelFormat, height: int, width: int, seed: int) -> tuple[Plane, ...]:
    rng = np.random.default_rng(seed)
    shapes = [fmt.plane_shape(n, height, width) for n in range(fmt.components)]
    return tuple(rng.integers(0, fmt.peak, shape, fmt.dtype, endpoint=True) for shape in shapes)


def write(path: Path, name: str = "yuv420p", size: tuple[int, int] = (70, 90), count: int = 5, **options: Any) -> None:
    fmt = pixel_format(name)
    defaults: dict[str, Any] = {"colour": TAGS, "time_base": 1 / RATE, "rate": RATE}
    with Ffv1Writer(path, fmt, *size, **(defaults | options)) as writer:
        for n in range(count):
            writer.write(planes_of(fmt, *size, n), n)


def assert_same(a: tuple[Plane, ...], b: tuple[Plane, ...]) -> None:
    for x, y in zip(a, b, strict=True):
        np.testing.assert_array_equal(x, y)


@settings(max_examples=150)
@given(
    name=st.sampled_from(WRITABLE),
    height=st.integers(1, 150),
    width=st.integers(1, 150),
    count=st.integers(1, 3),
    start=st.integers(0, 2),
)
def test_every_format_and_size_comes_back(name: str, height: int, width: int, count: int, start: int) -> None:
    fmt = pixel_format(name)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "-x: y ü.mkv"
        write(path, name, (height, width), count)
        read = list(read_ffv1(path, start))
        assert len(read) == max(0, count - start)
        for n, (time, planes) in enumerate(read, start):
            assert time == round(n * 1001 / 24)
            assert_same(planes, planes_of(fmt, height, width, n))


@pytest.mark.parametrize("name", ["yuv420p", "yuv410p", "yuv411p", "yuv422p10le", "yuv440p", "gray"])
@pytest.mark.parametrize("size", [(361, 479), (355, 641), (1079, 1919), (64, 69)])
def test_odd_sizes_lose_nothing(tmp_path: Path, name: str, size: tuple[int, int]) -> None:
    """FFmpeg 8 drops the last chroma samples of 64 x 69 yuv410p in four slices, among others."""
    write(tmp_path / "x.mkv", name, size, 1)
    ((_, planes),) = read_ffv1(tmp_path / "x.mkv")
    assert_same(planes, planes_of(pixel_format(name), *size, 0))


@pytest.mark.parametrize("size", [(360, 640), (361, 641)])
@pytest.mark.parametrize("name", ["yuv420p", "yuv422p10le", "gray16le", "bgr24"])
def test_bytes_do_not_depend_on_threads(tmp_path: Path, name: str, size: tuple[int, int]) -> None:
    digests = set()
    for threads in (1, 2, 5):
        write(tmp_path / "x.mkv", name, size, 2, threads=threads)
        digests.add(hashlib.sha256((tmp_path / "x.mkv").read_bytes()).hexdigest())
    assert len(digests) == 1


def test_every_frame_stands_alone_and_is_checked(tmp_path: Path) -> None:
    write(tmp_path / "x.mkv")
    with av.open(str(tmp_path / "x.mkv")) as file:
        packets = [packet for packet in file.demux(video=0) if packet.size]
        assert all(packet.is_keyframe for packet in packets)
        assert "encoder" not in file.streams.video[0].metadata
    damaged = bytearray((tmp_path / "x.mkv").read_bytes())
    damaged[(packets[3].pos or 0) + packets[3].size // 2] ^= 1
    (tmp_path / "x.mkv").write_bytes(damaged)
    with Ffv1Reader(tmp_path / "x.mkv") as reader:
        assert len(reader) == 5
        reader.frame(2)
        reader.frame(4)
        with pytest.raises(InputError, match="frame 3 is damaged"):
            reader.frame(3)


@pytest.mark.parametrize(("name", "raw"), [("yuv420p10le", "yuv420p10le"), ("nv12", "yuv420p"), ("rgb24", "gbrp")])
def test_ffmpeg_reads_the_same_samples(tmp_path: Path, name: str, raw: str) -> None:
    write(tmp_path / "x.mkv", name, (34, 52), 3)
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(tmp_path / "x.mkv")]
    out = subprocess.run([*command, "-f", "rawvideo", "-pix_fmt", raw, "-"], capture_output=True, check=True).stdout
    expected = b""
    for n in range(3):
        planes = planes_of(pixel_format(name), 34, 52, n)
        if raw == "gbrp":
            planes = planes[1], planes[2], planes[0]
        expected += b"".join(plane.tobytes() for plane in planes)
    assert out == expected


@pytest.mark.parametrize(
    ("name", "tags"),
    [
        ("yuv420p", ColourTags("bt709", "bt709", "bt709", "limited", Siting.LEFT)),
        ("yuvj420p", ColourTags("bt470bg", "bt470bg", "iec61966-2-1", "full", Siting.CENTER)),
        ("yuv420p10le", ColourTags("bt2020nc", "bt2020", "smpte2084", "limited", Siting.TOPLEFT)),
        ("yuv422p10le", ColourTags("bt2020nc", "bt2020", "arib-std-b67", "limited", Siting.LEFT)),
        ("yuv444p12le", ColourTags("smpte240m", "smpte240m", "smpte240m", "limited")),
        ("yuv420p", ColourTags("smpte170m", "smpte170m", "bt470bg", "limited", Siting.LEFT)),
        ("yuv420p", ColourTags("fcc", "bt470m", "bt470m", "limited", Siting.LEFT)),
        ("gbrp12le", ColourTags("gbr", "smpte432", "linear", "full")),
        ("gray16le", ColourTags(range="full")),
    ],
)
def test_tags_come_back(tmp_path: Path, name: str, tags: ColourTags) -> None:
    write(tmp_path / "x.mkv", name, colour=tags)
    with Clip.open(tmp_path / "x.mkv") as clip:
        assert clip.info.colour == tags


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_shape_and_turn_come_back(tmp_path: Path, rotation: int) -> None:
    aspect = Fraction(16, 15) if rotation else Fraction(59, 54)
    write(tmp_path / "x.mkv", rotation=rotation, sample_aspect=aspect, field_order="tt")
    with Clip.open(tmp_path / "x.mkv") as clip:
        assert (clip.info.rotation, clip.info.sample_aspect) == (rotation, aspect)
        assert (clip.info.interlaced, clip.info.field_order, clip.info.rate) == (True, "tt", RATE)


def test_times_are_rounded_apart_and_never_negative(tmp_path: Path) -> None:
    fmt = pixel_format("gray")
    planes = planes_of(fmt, 8, 8, 0)
    with Ffv1Writer(
        tmp_path / "x.mkv", fmt, 8, 8, colour=TAGS, time_base=Fraction(1, 90000), rate=Fraction(25)
    ) as writer:
        for pts in (-900, 0, 30, 45, 9000):
            writer.write(planes, pts)
    assert [time for time, _ in read_ffv1(tmp_path / "x.mkv")] == [0, 10, 11, 12, 110]


def test_a_frame_put_in_again_gives_the_bytes_that_encoding_it_again_would(tmp_path: Path) -> None:
    fmt = pixel_format("yuv422p10le")
    for name in ("again", "anew"):
        with Ffv1Writer(tmp_path / name, fmt, 70, 90, colour=TAGS, time_base=1 / RATE, rate=RATE) as writer:
            for n, seed in enumerate((0, 1, 1, 1, 2, 2)):
                if name == "again" and n in (2, 3, 5):
                    writer.write_again(n)
                else:
                    writer.write(planes_of(fmt, 70, 90, seed), n)
    assert (tmp_path / "again").read_bytes() == (tmp_path / "anew").read_bytes()
    assert len(list(read_ffv1(tmp_path / "again"))) == 6


def test_a_frame_that_ffmpeg_holds_goes_in_as_it_is(tmp_path: Path) -> None:
    write(tmp_path / "x.mkv")
    with (
        av.open(str(tmp_path / "x.mkv")) as file,
        Ffv1Writer(
            tmp_path / "y.mkv", pixel_format("yuv420p"), 70, 90, colour=TAGS, time_base=1 / RATE, rate=RATE
        ) as writer,
    ):
        for n, frame in enumerate(file.decode(video=0)):
            writer.write_frame(frame, n)
    assert (tmp_path / "x.mkv").read_bytes() == (tmp_path / "y.mkv").read_bytes()


def test_nothing_is_left_of_a_failure(tmp_path: Path) -> None:
    fmt = pixel_format("gray")

    def fail() -> None:
        with Ffv1Writer(tmp_path / "x.mkv", fmt, 9, 9, colour=TAGS, time_base=1 / RATE, rate=RATE) as writer:
            writer.write(planes_of(fmt, 9, 9, 0), 0)
            writer.write(planes_of(fmt, 8, 8, 0), 1)

    with pytest.raises(ValueError, match="a frame of 8x8"):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_what_is_refused(tmp_path: Path) -> None:
    floats = PixelFormat("exr-half", Family.RGB, 16, is_float=True)
    with pytest.raises(InputError, match="EXR"):
        Ffv1Writer(tmp_path / "x.mkv", floats, 9, 9, colour=TAGS, time_base=1 / RATE, rate=RATE)
    write(tmp_path / "x.mkv")
    (tmp_path / "short.mkv").write_bytes((tmp_path / "x.mkv").read_bytes()[:400])
    with pytest.raises(InputError):
        next(read_ffv1(tmp_path / "short.mkv"))
