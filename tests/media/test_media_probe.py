"""What a clip says of itself: colour, geometry, other streams; and display coordinates."""

import struct
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from clipmaker import write_clip
from hypothesis import given
from hypothesis import strategies as st

from cleanplate.media.clip import Clip
from cleanplate.media.formats import pixel_format
from cleanplate.media.frame import ColourTags, PixelFormat, Siting
from cleanplate.media.probe import ClipInfo


def probe(path: Path) -> ClipInfo:
    return Clip.open(path).info


def info_of(
    width: int, height: int, rotation: int = 0, aspect: Fraction = Fraction(1), aperture: Any = None
) -> ClipInfo:
    return ClipInfo(
        Path("x"), (Path("x"),), False, "h264", height, width, pixel_format("yuv420p"), ColourTags(), Fraction(1, 25),
        np.arange(10), 10, Fraction(25), rotation, aspect, aperture,
    )  # fmt: skip


def tag(primaries: Any, transfer: Any, matrix: Any, sample_range: Any) -> Any:
    def setup(stream: Any) -> None:
        context = stream.codec_context
        context.color_primaries, context.color_trc = primaries, transfer
        context.colorspace, context.color_range = matrix, sample_range

    return setup


@pytest.mark.parametrize(
    ("codes", "names"),
    [
        ((1, 1, 1, 1), ("bt709", "bt709", "bt709", "limited")),
        ((6, 6, 6, 1), ("smpte170m", "smpte170m", "smpte170m", "limited")),
        ((5, 6, 5, 2), ("bt470bg", "smpte170m", "bt470bg", "full")),
        ((9, 16, 9, 1), ("bt2020", "smpte2084", "bt2020nc", "limited")),
        ((9, 18, 9, 1), ("bt2020", "arib-std-b67", "bt2020nc", "limited")),
        ((2, 2, 2, 0), ("unknown", "unknown", "unknown", "unknown")),
    ],
)
@pytest.mark.parametrize(("codec", "suffix"), [("ffv1", "mkv"), ("libx264", "mov")])
def test_colour_tags_are_read(tmp_path: Path, codes: Any, names: tuple[str, ...], codec: str, suffix: str) -> None:
    path = tmp_path / f"tagged.{suffix}"
    write_clip(path, codec, "yuv420p10le", count=2, setup=tag(*codes))
    colour = probe(path).colour
    got = (colour.primaries, colour.transfer, colour.matrix, colour.range)
    assert got == names


def test_rgb_and_jpeg_tags(tmp_path: Path) -> None:
    write_clip(tmp_path / "rgb.mkv", "libx264rgb", "bgr0", count=1)
    assert (probe(tmp_path / "rgb.mkv").colour.matrix, probe(tmp_path / "rgb.mkv").colour.range) == ("gbr", "full")
    write_clip(tmp_path / "jpeg.avi", "mjpeg", "yuvj420p", count=1)
    colour = probe(tmp_path / "jpeg.avi").colour
    assert (colour.matrix, colour.range, colour.siting) == ("bt470bg", "full", Siting.CENTER)


def test_h264_chroma_is_left_sited(tmp_path: Path) -> None:
    write_clip(tmp_path / "clip.mp4", count=1)
    assert probe(tmp_path / "clip.mp4").colour.siting is Siting.LEFT
    params = {"x264-params": "chromaloc=2"}
    write_clip(tmp_path / "topleft.mp4", count=1, options=params)
    assert probe(tmp_path / "topleft.mp4").colour.siting is Siting.TOPLEFT
    write_clip(tmp_path / "full.mp4", "libx264", "yuv444p", count=1)
    assert probe(tmp_path / "full.mp4").colour.siting is None


@pytest.mark.parametrize("clockwise", [0, 90, 180, 270])
@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv"])
def test_rotation_is_clockwise(tmp_path: Path, clockwise: int, suffix: str) -> None:
    path = tmp_path / f"turned.{suffix}"
    write_clip(path, count=2, setup=lambda stream: stream.set_display_rotation(-clockwise))
    info = probe(path)
    assert info.rotation == clockwise
    assert info.display_size == ((48, 64) if clockwise in (90, 270) else (64, 48))


def test_rotation_agrees_with_what_the_file_stores(tmp_path: Path) -> None:
    """The matrix of ISO 14496-12: (a, b, c, d) = (0, 1, -1, 0) takes x right to y down, a clockwise quarter."""
    path = tmp_path / "turned.mp4"
    write_clip(path, count=1, setup=lambda stream: stream.set_display_rotation(-90))
    data = path.read_bytes()
    matrix = struct.unpack_from(">9i", data, data.index(b"tkhd") + 4 + 40)
    assert (matrix[0], matrix[1], matrix[3], matrix[4]) == (0, 1 << 16, -(1 << 16), 0)
    assert probe(path).rotation == 90


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "mov"])
def test_sample_aspect(tmp_path: Path, suffix: str) -> None:
    def anamorphic(stream: Any) -> None:
        stream.codec_context.sample_aspect_ratio = Fraction(4, 3)

    write_clip(tmp_path / f"wide.{suffix}", count=1, size=(48, 72), setup=anamorphic)
    info = probe(tmp_path / f"wide.{suffix}")
    assert info.sample_aspect == Fraction(4, 3)
    assert info.display_size == (96, 48)


def test_clean_aperture_of_mp4(tmp_path: Path) -> None:
    plain, clean = tmp_path / "plain.mp4", tmp_path / "clean.mp4"
    write_clip(plain, count=2)
    box = struct.pack(">I4s8I", 40, b"clap", 56, 1, 40, 1, 2, 1, 0xFFFFFFFF, 1)  # 56x40, 2 right and 1 above the middle
    clean.write_bytes(insert_box(plain.read_bytes(), box))
    info = probe(clean)
    assert info.clean_aperture == (6, 3, 56, 40)
    assert info.display_size == (56, 40)
    assert (info.width, info.height) == (64, 48)
    assert info.to_coded(0, 0) == (6, 3)


def insert_box(data: bytes, box: bytes) -> bytes:
    """Append a box to the avc1 sample entry, in a file whose moov comes last."""
    grown = bytearray(data)
    end = data.index(b"avc1", data.index(b"stsd")) - 4
    end += struct.unpack_from(">I", data, end)[0]
    for name in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"avc1"):
        at = data.index(name, data.index(b"stsd") if name == b"avc1" else data.index(b"moov")) - 4
        struct.pack_into(">I", grown, at, struct.unpack_from(">I", grown, at)[0] + len(box))
    return bytes(grown[:end]) + box + bytes(grown[end:])


def test_streams_chapters_and_tags(tmp_path: Path) -> None:
    path = tmp_path / "rich.mkv"
    with av.open(str(path), "w") as out:
        out.metadata["title"] = "a shot"
        video = out.add_stream("ffv1", rate=25)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        sounds = [out.add_stream("flac", rate=48000) for _ in range(2)]
        for sound, language in zip(sounds, ("eng", "pol"), strict=True):
            sound.metadata["language"] = language
        out.set_chapters(
            [{"id": 1, "start": 0, "end": 80, "time_base": Fraction(1, 1000), "metadata": {"title": "one"}}]
        )
        for index in range(4):
            frame = av.VideoFrame(64, 48, "yuv420p")
            frame.pts = index
            out.mux(video.encode(frame))
            for sound in sounds:
                block = av.AudioFrame.from_ndarray(np.zeros((1, 1920), np.int16), format="s16", layout="mono")
                block.sample_rate, block.pts = 48000, index * 1920
                out.mux(sound.encode(block))
        out.mux(video.encode(None))
        for sound in sounds:
            out.mux(sound.encode(None))
    info = probe(path)
    assert [(s.kind, s.codec, s.language) for s in info.streams] == [
        ("video", "ffv1", None), ("audio", "flac", "eng"), ("audio", "flac", "pol"),
    ]  # fmt: skip
    assert [(c.start, c.end, c.title) for c in info.chapters] == [(Fraction(0), Fraction(8, 100), "one")]
    assert info.metadata["title"] == "a shot"
    assert len(info) == 4


def test_timecode_track(tmp_path: Path) -> None:
    path = tmp_path / "tc.mov"
    write_clip(path, "prores_ks", "yuv422p10le", count=3, metadata={"timecode": "01:00:00:10"})
    info = probe(path)
    assert info.timecode == "01:00:00:10"
    assert "data" in {stream.kind for stream in info.streams}


def test_the_probe_is_json(tmp_path: Path) -> None:
    import json

    write_clip(tmp_path / "clip.mp4", count=3)
    assert json.loads(json.dumps(probe(tmp_path / "clip.mp4").describe()))["frames"] == 3


apertures = st.one_of(st.none(), st.just((3, 5, 20, 11)))
aspects = st.sampled_from([Fraction(1), Fraction(4, 3), Fraction(8, 9), Fraction(2)])
turns = st.sampled_from([0, 90, 180, 270])


@given(st.floats(-5, 60), st.floats(-5, 60), turns, aspects, apertures)
def test_display_coordinates_go_there_and_back(
    x: float, y: float, rotation: int, aspect: Fraction, aperture: Any
) -> None:
    info = info_of(64, 48, rotation, aspect, aperture)
    back = info.to_display(*info.to_coded(x, y))
    assert back == pytest.approx((x, y), abs=1e-9)


@given(turns, aspects, apertures)
def test_corners_of_the_display_are_corners_of_the_aperture(rotation: int, aspect: Fraction, aperture: Any) -> None:
    info = info_of(64, 48, rotation, aspect, aperture)
    width, height = info.display_size
    left, top, w, h = aperture or (0, 0, 64, 48)
    edges = {info.to_coded(x, y) for x in (-0.5, width - 0.5) for y in (-0.5, height - 0.5)}
    expected = {(x, y) for x in (left - 0.5, left + w - 0.5) for y in (top - 0.5, top + h - 0.5)}
    np.testing.assert_allclose(sorted(edges), sorted(expected), atol=1e-9)


@pytest.mark.parametrize("quarter", [0, 1, 2, 3])
def test_coordinates_agree_with_numpys_rotation(quarter: int) -> None:
    coded = np.arange(48 * 64).reshape(48, 64)
    shown = np.rot90(coded, -quarter)
    info = info_of(64, 48, 90 * quarter)
    assert info.display_size == (shown.shape[1], shown.shape[0])
    for x, y in ((0, 0), (5, 17), (40, 31)):
        cx, cy = info.to_coded(x, y)
        assert coded[round(cy), round(cx)] == shown[y, x]


def test_float_formats_have_float_planes() -> None:
    assert PixelFormat("exr-half", pixel_format("gbrp").family, 16, is_float=True).dtype == np.float16


def test_mirroring_and_odd_angles_are_told(tmp_path: Path) -> None:
    def mirror(stream: Any) -> None:
        stream.set_display_rotation(0, hflip=True)

    write_clip(tmp_path / "mirrored.mp4", count=1, setup=mirror)
    info = probe(tmp_path / "mirrored.mp4")
    assert info.rotation == 0
    assert any("mirror" in warning for warning in info.warnings)
    write_clip(tmp_path / "tilted.mp4", count=1, setup=lambda stream: stream.set_display_rotation(-30))
    info = probe(tmp_path / "tilted.mp4")
    assert info.rotation == 0
    assert any("about 29 degrees" in warning for warning in info.warnings)
