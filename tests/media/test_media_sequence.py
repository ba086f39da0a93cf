"""Image sequences: names, formats, EXR with all that it carries."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import OpenEXR
import pytest

from cleanplate.errors import InputError
from cleanplate.media.clip import Clip
from cleanplate.media.exr_read import read_exr
from cleanplate.media.frame import Family
from cleanplate.media.sequence import find_sequence

RNG = np.random.default_rng(5)


def picture(index: int, height: int = 24, width: int = 36, channels: int = 3, dtype: Any = np.uint8) -> Any:
    rng = np.random.default_rng(index)
    shape = (height, width, channels) if channels > 1 else (height, width)
    return rng.integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


def write_images(folder: Path, count: int = 4, first: int = 1001, suffix: str = "png", **kwargs: Any) -> None:
    folder.mkdir(exist_ok=True)
    for index in range(count):
        assert cv2.imwrite(str(folder / f"shot_v2.{first + index:04d}.{suffix}"), picture(index, **kwargs))


@pytest.mark.parametrize("spelling", ["", "shot_v2.%04d.png", "shot_v2.####.png", "shot_v2.%d.png", "shot_v2.#.png"])
def test_folders_and_patterns(tmp_path: Path, spelling: str) -> None:
    write_images(tmp_path / "plates")
    with Clip.open(tmp_path / "plates" / spelling, rate=Fraction(30)) as clip:
        assert len(clip) == 4
        assert (clip.info.rate, clip.info.is_sequence, clip.info.codec) == (Fraction(30), True, "png")
        assert clip.info.duration == Fraction(4, 30)
        for frame in clip.frames():
            np.testing.assert_array_equal(np.dstack(frame.planes[::-1]), picture(frame.index))
        np.testing.assert_array_equal(clip.frame(2).planes[2], picture(2)[..., 0])


@pytest.mark.parametrize(
    ("suffix", "dtype", "channels", "format_name"),
    [
        ("png", np.uint8, 1, "gray"),
        ("png", np.uint16, 1, "gray16be"),
        ("png", np.uint16, 3, "rgb48be"),
        ("png", np.uint16, 4, "rgba64be"),
        ("png", np.uint8, 4, "rgba"),
        ("tiff", np.uint8, 3, "rgb24"),
        ("tiff", np.uint16, 3, "rgb48le"),
        ("tif", np.uint16, 1, "gray16le"),
    ],
)
def test_lossless_images_are_exact(tmp_path: Path, suffix: str, dtype: Any, channels: int, format_name: str) -> None:
    write_images(tmp_path / "plates", suffix=suffix, dtype=dtype, channels=channels)
    with Clip.open(tmp_path / "plates") as clip:
        assert clip.info.format.name == format_name
        for frame in clip.frames():
            order = {1: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[channels]
            expected = picture(frame.index, dtype=dtype, channels=channels).reshape(24, 36, channels)
            for component, plane in zip(order, frame.planes, strict=True):
                np.testing.assert_array_equal(plane, expected[..., component])
        assert any("24 frames a second" in warning for warning in clip.info.warnings)


def test_jpegs_are_decoded_as_ffmpeg_does(tmp_path: Path) -> None:
    write_images(tmp_path / "plates", suffix="jpg")
    with Clip.open(tmp_path / "plates") as clip, av.open(str(clip.info.files[0])) as container:
        assert clip.info.colour.range == "full"
        theirs = next(container.decode(video=0))
        luma = np.frombuffer(memoryview(theirs.planes[0]), np.uint8).reshape(24, -1)[:, :36]
        np.testing.assert_array_equal(clip.frame(0).planes[0], luma)


def test_one_image_is_a_clip_of_one_frame(tmp_path: Path) -> None:
    write_images(tmp_path / "plates")
    with Clip.open(tmp_path / "plates" / "shot_v2.1002.png") as clip:
        assert len(clip) == 1
        assert clip.info.warnings == ()


def test_gaps_are_kept_and_told(tmp_path: Path) -> None:
    write_images(tmp_path / "plates", count=6)
    (tmp_path / "plates" / "shot_v2.1003.png").unlink()
    with Clip.open(tmp_path / "plates") as clip:
        assert clip.info.pts.tolist() == [0, 1, 3, 4, 5]
        assert any("(1003)" in warning for warning in clip.info.warnings)


def test_numbers_sort_as_numbers(tmp_path: Path) -> None:
    for number in (2, 10, 1):
        cv2.imwrite(str(tmp_path / f"f{number}.png"), picture(number))
    assert find_sequence(tmp_path).numbers == (1, 2, 10)


def test_several_sequences_in_a_folder_are_named(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.0001.png"), picture(0))
    cv2.imwrite(str(tmp_path / "b.0001.png"), picture(0))
    with pytest.raises(InputError, match=r"2 image sequences.*a\.####\.png, b\.####\.png"):
        Clip.open(tmp_path)


def test_images_that_differ_are_named(tmp_path: Path) -> None:
    write_images(tmp_path / "plates")
    cv2.imwrite(str(tmp_path / "plates" / "shot_v2.1003.png"), picture(0, height=12))
    with Clip.open(tmp_path / "plates") as clip, pytest.raises(InputError, match=r"1003\.png.*differs from the first"):
        list(clip.frames())


@pytest.mark.parametrize("suffix", ["png", "tiff", "jpg"])
def test_damaged_images_are_named(tmp_path: Path, suffix: str) -> None:
    write_images(tmp_path / "plates", suffix=suffix)
    bad = tmp_path / "plates" / f"shot_v2.1002.{suffix}"
    data = bad.read_bytes()
    bad.write_bytes(data[: len(data) // 2])
    with Clip.open(tmp_path / "plates") as clip, pytest.raises(InputError, match=r"1002\.\w+: this is not a whole"):
        list(clip.frames())


def test_patterns_that_match_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file matches"):
        Clip.open(tmp_path / "x.%04d.png")
    with pytest.raises(InputError, match="no such folder"):
        Clip.open(tmp_path / "none" / "x.%04d.png")


def write_exr(
    path: Path,
    index: int = 0,
    dtype: Any = np.float16,
    names: str = "RGBA",
    extra: bool = True,
    window: Any = (2, 3),
    size: tuple[int, int] = (16, 32),
    **header: Any,
) -> Any:
    rng = np.random.default_rng(index)
    channels = {name: (rng.normal(size=size) * 4).astype(dtype) for name in names}
    if extra:
        channels["Z"] = rng.normal(size=size).astype(np.float32)
        channels["id.object"] = rng.integers(0, 9, size).astype(np.uint32)
    (x, y), (h, w) = window, size
    attributes = {
        "compression": OpenEXR.ZIPS_COMPRESSION,
        "type": OpenEXR.scanlineimage,
        "dataWindow": (np.array([x, y], "i4"), np.array([x + w - 1, y + h - 1], "i4")),
        "displayWindow": (np.array([0, 0], "i4"), np.array([39, 17], "i4")),
        "comment": "made by a test",
        "framesPerSecond": Fraction(24000, 1001),
        **header,
    }
    OpenEXR.File(attributes, dict(channels)).write(str(path))
    return channels


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("names", ["RGB", "RGBA", "Y", "YA"])
def test_exr_sequences(tmp_path: Path, dtype: Any, names: str) -> None:
    written = [write_exr(tmp_path / f"plate.{n:04d}.exr", n, dtype, names) for n in range(3)]
    with Clip.open(tmp_path) as clip:
        info = clip.info
        assert info.format.is_float
        assert info.format.name == ("exr-half" if dtype is np.float16 else "exr-float")
        assert info.format.family is (Family.GRAY if names[0] == "Y" else Family.RGB)
        assert (info.height, info.width, info.rate) == (16, 32, Fraction(24000, 1001))
        assert info.clean_aperture == (0, 0, 32, 15)
        assert info.colour.transfer == "linear"
        for frame, channels in zip(clip.frames(), written, strict=True):
            for name, plane in zip(names, frame.planes, strict=True):
                assert plane.dtype == dtype
                np.testing.assert_array_equal(plane, channels[name])


def test_exr_keeps_all_that_a_writer_needs(tmp_path: Path) -> None:
    channels = write_exr(tmp_path / "a.exr", owner="somebody")
    exr = read_exr(tmp_path / "a.exr")
    assert exr.data_window == (2, 3, 33, 18)
    assert exr.header["owner"] == "somebody"
    for name, plane in zip(exr.names, exr.planes, strict=True):
        exr.parts[exr.part].channels[name].pixels = plane
    OpenEXR.File(list(exr.parts)).write(str(tmp_path / "b.exr"))
    again = OpenEXR.File(str(tmp_path / "b.exr"), separate_channels=True)
    assert set(again.channels()) == set(channels)
    for name, pixels in channels.items():
        np.testing.assert_array_equal(again.channels()[name].pixels, pixels)
        assert again.channels()[name].pixels.dtype == pixels.dtype
    for key in ("comment", "owner", "framesPerSecond"):
        assert again.header()[key] == exr.header[key]
    np.testing.assert_array_equal(again.header()["dataWindow"], exr.header["dataWindow"])


def test_exr_primaries_by_chromaticities(tmp_path: Path) -> None:
    write_exr(tmp_path / "a.exr", chromaticities=(0.708, 0.292, 0.170, 0.797, 0.131, 0.046, 0.3127, 0.3290))
    assert Clip.open(tmp_path / "a.exr").info.colour.primaries == "bt2020"


def test_exr_takes_its_only_layer_and_refuses_to_choose(tmp_path: Path) -> None:
    channels = {f"beauty.{c}": RNG.normal(size=(4, 5)).astype(np.float16) for c in "RGB"}
    OpenEXR.File({"type": OpenEXR.scanlineimage}, dict(channels)).write(str(tmp_path / "one.exr"))
    assert read_exr(tmp_path / "one.exr").names == ("beauty.R", "beauty.G", "beauty.B")
    channels |= {f"spec.{c}": RNG.normal(size=(4, 5)).astype(np.float16) for c in "RGB"}
    OpenEXR.File({"type": OpenEXR.scanlineimage}, dict(channels)).write(str(tmp_path / "two.exr"))
    with pytest.raises(InputError, match=r"several layers.*beauty\.B"):
        read_exr(tmp_path / "two.exr")


def test_exr_without_a_picture(tmp_path: Path) -> None:
    OpenEXR.File({"type": OpenEXR.scanlineimage}, {"Z": np.zeros((4, 5), np.float32)}).write(str(tmp_path / "z.exr"))
    with pytest.raises(InputError, match="no RGB or Y"):
        Clip.open(tmp_path / "z.exr")
    mixed = {"R": np.zeros((4, 5), np.float32), "G": np.zeros((4, 5), np.float16), "B": np.zeros((4, 5), np.float16)}
    OpenEXR.File({"type": OpenEXR.scanlineimage}, mixed).write(str(tmp_path / "m.exr"))
    with pytest.raises(InputError, match="not all half or all float"):
        Clip.open(tmp_path / "m.exr")


@pytest.mark.parametrize("share", [0.02, 0.5, 0.999])
def test_truncated_exr(tmp_path: Path, share: float) -> None:
    write_exr(tmp_path / "a.exr")
    data = (tmp_path / "a.exr").read_bytes()
    (tmp_path / "a.exr").write_bytes(data[: int(len(data) * share)])
    with pytest.raises(InputError, match="not a whole EXR"):
        Clip.open(tmp_path / "a.exr")


def test_exr_of_another_window_is_named(tmp_path: Path) -> None:
    write_exr(tmp_path / "p.0001.exr", 1)
    write_exr(tmp_path / "p.0002.exr", 2, window=(3, 3))
    with Clip.open(tmp_path) as clip, pytest.raises(InputError, match=r"0002\.exr.*differs"):
        list(clip.frames())


def test_source_hash_of_a_sequence_covers_every_image(tmp_path: Path) -> None:
    write_images(tmp_path / "plates")
    before = Clip.open(tmp_path / "plates").source_hash
    assert before == Clip.open(tmp_path / "plates").source_hash
    (tmp_path / "plates" / "shot_v2.1004.png").write_bytes((tmp_path / "plates" / "shot_v2.1001.png").read_bytes())
    assert before != Clip.open(tmp_path / "plates").source_hash
