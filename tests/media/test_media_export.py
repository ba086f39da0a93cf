"""What other programs get: ProRes 4444, EXR, PNG and a preview, read back by readers that know nothing of them."""

import hashlib
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import OpenEXR
import pytest
from numpy.typing import NDArray

from cleanplate.media.clip import Clip
from cleanplate.media.colour import codes_to_rgb, picture, resolve, to_444
from cleanplate.media.exr_write import write_exr_layers, write_exr_like
from cleanplate.media.formats import pixel_format
from cleanplate.media.frame import ColourTags, Frame, Siting
from cleanplate.media.painted import Painted, every_frame
from cleanplate.media.png import write_png_sequence
from cleanplate.media.preview import preview_size, upright, write_preview
from cleanplate.media.probe import ClipInfo
from cleanplate.media.prores import write_prores4444

HEIGHT, WIDTH, COUNT = 90, 160, 6


def clip_info(**changes: Any) -> ClipInfo:
    info = ClipInfo(
        path=Path("plate.mov"),
        files=(Path("plate.mov"),),
        is_sequence=True,
        codec="prores",
        height=HEIGHT,
        width=WIDTH,
        format=pixel_format("yuv422p10le"),
        colour=ColourTags("bt709", "bt709", "bt709", "limited", Siting.LEFT),
        time_base=Fraction(1, 24000),
        pts=np.arange(COUNT) * 1001 + 500,
        end_pts=COUNT * 1001 + 500,
        rate=Fraction(24000, 1001),
    )
    return replace(info, **changes)


def painting() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A smooth straight colour everywhere, also where the matte is 0."""
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    rgb = np.dstack([x / WIDTH, y / HEIGHT, 0.3 + 0.4 * x / WIDTH])
    return rgb, np.clip(1.2 * x / WIDTH - 0.1, 0, 1)


def painted() -> list[Painted]:
    rgb, alpha = painting()
    return [(2, rgb, alpha), (4, rgb, 1 - alpha)]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"colour": ColourTags("bt2020nc", "bt2020", "smpte2084", "limited", Siting.TOPLEFT)},
        {"colour": ColourTags("smpte170m", "smpte170m", "smpte170m", "full", Siting.LEFT), "rotation": 90},
        {"format": pixel_format("rgb24"), "colour": ColourTags("gbr"), "sample_aspect": Fraction(4, 3)},
        {"pts": np.array([0, 700, 1500, 4000, 4100, 9000]), "end_pts": 9500, "timecode": "01:02:03:04"},
    ],
)
def test_prores_holds_straight_colour_matte_and_times(tmp_path: Path, changes: dict[str, Any]) -> None:
    info = clip_info(**changes)
    write_prores4444(iter(painted()), info, tmp_path / "layer.mov")
    rgb, alpha = painting()
    with Clip.open(tmp_path / "layer.mov") as clip:
        read = clip.info
        assert (len(clip), read.rotation, read.sample_aspect) == (COUNT, info.rotation, info.sample_aspect)
        assert read.timecode == info.timecode
        assert [read.seconds(n) for n in range(COUNT)] == [info.seconds(n) for n in range(COUNT)]
        assert read.duration == info.duration
        assert (read.profile, read.format.has_alpha) == ("4444", True)
        tags = resolve(read.colour, read.format, read.height)
        assert (tags.transfer, tags.range) == (resolve(info.colour, info.format, HEIGHT).transfer, "limited")
        for index, expected in ((2, alpha), (4, 1 - alpha)):
            planes = clip.frame(index).planes
            colour = codes_to_rgb(to_444(planes, read.format, None), read.format, tags)
            assert np.abs(colour - rgb).max() < 1 / 255
            assert np.abs(planes[3] / read.format.peak - expected).max() < 1 / 1023
        assert all(clip.frame(n).planes[3].max() == 0 for n in (0, 1, 3, 5))


def test_prores_is_repeatable(tmp_path: Path) -> None:
    for name in ("a.mov", "b.mov"):
        write_prores4444(iter(painted()), clip_info(), tmp_path / name)
    assert (tmp_path / "a.mov").read_bytes() == (tmp_path / "b.mov").read_bytes()


def test_png_holds_16_bit_straight_colour(tmp_path: Path) -> None:
    written = write_png_sequence(painted(), clip_info(), tmp_path / "png")
    assert [file.name for file in written] == [f"layer.{n:06d}.png" for n in range(COUNT)]
    rgb, alpha = painting()
    read = cv2.imread(str(written[4]), cv2.IMREAD_UNCHANGED)
    assert read is not None
    assert read.dtype == np.uint16
    np.testing.assert_allclose(read[..., 2::-1] / 65535, rgb, atol=0.51 / 65535)
    np.testing.assert_allclose(read[..., 3] / 65535, 1 - alpha, atol=0.51 / 65535)
    empty = cv2.imread(str(written[3]), cv2.IMREAD_UNCHANGED)
    assert empty is not None
    assert not empty.any()


def test_exr_layers_are_premultiplied_with_the_matte_beside(tmp_path: Path) -> None:
    info = clip_info(sample_aspect=Fraction(2))
    written = write_exr_layers(painted(), info, tmp_path / "exr", half=False)
    rgb, alpha = painting()
    parts = OpenEXR.File(str(written[2]), separate_channels=True).parts
    layer, matte = parts
    assert (layer.name(), matte.name()) == ("layer", "matte")
    assert (layer.header["transfer"], layer.header["pixelAspectRatio"]) == ("bt709", 2.0)
    for n, letter in enumerate("RGB"):
        np.testing.assert_array_equal(layer.channels[letter].pixels, rgb[..., n] * alpha)
    np.testing.assert_array_equal(layer.channels["A"].pixels, alpha)
    np.testing.assert_array_equal(matte.channels["Y"].pixels, alpha)
    halves = write_exr_layers(painted(), info, tmp_path / "half")
    assert OpenEXR.File(str(halves[2]), separate_channels=True).parts[0].channels["R"].pixels.dtype == np.float16


@pytest.mark.parametrize("storage", [OpenEXR.scanlineimage, OpenEXR.tiledimage])
@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_an_exr_master_keeps_everything_but_the_picture(tmp_path: Path, storage: Any, dtype: Any) -> None:
    rng = np.random.default_rng(0)
    samples = {name: rng.random((20, 30)).astype(dtype) for name in ("R", "G", "B", "A", "depth.Z")}
    header = {
        "type": storage,
        "compression": OpenEXR.PIZ_COMPRESSION,
        "dataWindow": (np.array([-4, 6], np.int32), np.array([25, 25], np.int32)),
        "displayWindow": (np.array([0, 0], np.int32), np.array([63, 47], np.int32)),
        "pixelAspectRatio": 2.0,
        "owner": "someone",
    }
    if storage == OpenEXR.tiledimage:
        header["tiles"] = OpenEXR.TileDescription()
    source, out = tmp_path / "plate.0001.exr", tmp_path / "out.0001.exr"
    OpenEXR.File([OpenEXR.Part(header, {n: OpenEXR.Channel(n, p, 1, 1) for n, p in samples.items()}, "main")]).write(
        str(source)
    )
    same = tuple(samples[name] for name in "RGBA")
    write_exr_like(source, same, out)
    assert out.read_bytes() == source.read_bytes()
    write_exr_like(source, (samples["G"], *same[1:]), out)
    before, after = (OpenEXR.File(str(file), separate_channels=True).parts[0] for file in (source, out))
    assert str(before.header) == str(after.header)
    np.testing.assert_array_equal(after.channels["R"].pixels, samples["G"])
    np.testing.assert_array_equal(after.channels["depth.Z"].pixels, samples["depth.Z"])
    with pytest.raises(ValueError, match="R of plate"):
        write_exr_like(source, tuple(p[:-1] for p in same), out)


def test_frames_left_out_are_transparent_and_disorder_is_an_error() -> None:
    info = clip_info()
    frames = list(every_frame(painted(), info))
    assert [index for index, _, _ in frames] == list(range(COUNT))
    assert [bool(alpha.any()) for _, _, alpha in frames] == [False, False, True, False, True, False]
    with pytest.raises(ValueError, match="frame 2"):
        list(every_frame(painted()[::-1], info))


def plate_frames(info: ClipInfo) -> list[Frame]:
    """Smooth gray waves with one bright corner, so that turns show."""
    y, x = np.mgrid[: info.height, : info.width]
    frames = []
    for n in range(len(info)):
        luma = 400 + 200 * np.sin((x + 5 * n) / 25) + 100 * np.sin(y / 20)
        luma[:20, :30] = 900
        chroma = np.full(info.format.plane_shape(1, info.height, info.width), 512, np.uint16)
        frames.append(Frame(n, int(info.pts[n]), (luma.astype(np.uint16), chroma, chroma)))
    return frames


def test_the_preview_keeps_varying_times(tmp_path: Path) -> None:
    info = clip_info(pts=np.array([0, 700, 1500, 4000, 4100, 9000]), end_pts=9500)
    write_preview(plate_frames(info), info, tmp_path / "preview.mp4")
    with Clip.open(tmp_path / "preview.mp4") as clip:
        assert [clip.info.seconds(n) for n in range(COUNT)] == [info.seconds(n) for n in range(COUNT)]
        assert clip.info.duration == info.duration


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_the_preview_is_upright_square_and_on_time(tmp_path: Path, rotation: int) -> None:
    info = clip_info(rotation=rotation, sample_aspect=Fraction(3, 2), clean_aperture=(10, 0, 140, 90))
    frames = plate_frames(info)
    write_preview(frames, info, tmp_path / "preview.mp4", widest=200)
    size = preview_size(info, 200)
    assert size == ((200, 86) if rotation in (0, 180) else (86, 200))
    with Clip.open(tmp_path / "preview.mp4") as clip:
        assert (clip.info.width, clip.info.height) == size
        assert [clip.info.seconds(n) for n in range(COUNT)] == [info.seconds(n) for n in range(COUNT)]
        assert clip.info.duration == info.duration
        assert clip.info.colour == ColourTags("bt709", "bt709", "bt709", "limited", Siting.LEFT)
        seen = picture(clip.frame(3), clip.info).astype(int)
        assert np.abs(seen - upright(frames[3], info, size)).mean() < 3
        corners = {0: seen[:9, :9], 90: seen[:9, -9:], 180: seen[-9:, -9:], 270: seen[-9:, :9]}
        assert {turn: bool(corner.mean() > 200) for turn, corner in corners.items()} == {
            turn: turn == rotation for turn in corners
        }


@pytest.mark.parametrize(("codec", "suffix"), [("aac", ".mp4"), ("pcm_s16le", ".mov")])
def test_the_preview_takes_the_first_sound_along(tmp_path: Path, codec: str, suffix: str) -> None:
    """A click half a second after the first frame is there half a second after the first frame."""
    source = tmp_path / f"source{suffix}"
    write_with_click(source, codec)
    digests = set()
    with Clip.open(source) as clip:
        for _ in range(2):
            write_preview(clip.frames(), clip.info, tmp_path / "preview.mp4")
            digests.add(hashlib.sha256((tmp_path / "preview.mp4").read_bytes()).hexdigest())
    assert len(digests) == 1
    with av.open(str(tmp_path / "preview.mp4")) as file:
        loud = [
            float((frame.pts or 0) * (frame.time_base or 0))
            + int(np.abs(frame.to_ndarray()).max(axis=0).argmax()) / 48000
            for frame in file.decode(audio=0)
            if np.abs(frame.to_ndarray()).max() > 0.2
        ]
    assert loud[0] == pytest.approx(0.5, abs=0.003)


def write_with_click(path: Path, codec: str) -> None:
    """One second of gray at 10 frames a second, with a click at 0.5 s."""
    with av.open(str(path), "w") as file:
        video: Any = file.add_stream("libx264", rate=10)
        sound: Any = file.add_stream(codec, rate=48000)
        video.height, video.width, video.pix_fmt = 48, 64, "yuv420p"
        sound.codec_context.layout = "mono"
        for n in range(10):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 90, np.uint8), format="rgb24")
            frame.pts, frame.time_base = n, Fraction(1, 10)
            file.mux(video.encode(frame))
        samples = np.zeros((1, 48000), np.float32)
        samples[0, 24000:24048] = 0.9 * np.sin(np.arange(48) * 0.8)
        wave = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
        wave.sample_rate, wave.pts, wave.time_base = 48000, 0, Fraction(1, 48000)
        context = sound.codec_context
        resampler = av.AudioResampler(format=context.format, layout="mono", rate=48000, frame_size=1024)
        for piece in (*resampler.resample(wave), *resampler.resample(None)):
            file.mux(sound.encode(piece))
        file.mux(video.encode(None))
        file.mux(sound.encode(None))
