"""Frames of every codec and container, in order and at random; parity with a plain decode and with what went in."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from clipmaker import plain_decode, write_clip

from cleanplate.errors import InputError, UsageError
from cleanplate.media.clip import Clip

LOSSLESS = [
    ("ffv1", "yuv420p", "mkv", {}),
    ("ffv1", "yuv422p10le", "mkv", {}),
    ("ffv1", "yuv444p12le", "mkv", {}),
    ("ffv1", "gray16le", "mkv", {}),
    ("ffv1", "gray", "avi", {}),
    ("ffv1", "gbrp16le", "mkv", {}),
    ("ffv1", "bgra", "mkv", {}),
    ("ffv1", "yuva444p10le", "mkv", {}),
    ("ffv1", "yuv411p", "mkv", {}),
    ("ffv1", "yuv440p", "nut", {}),
    ("libx264", "yuv420p", "mp4", {"qp": "0"}),
    ("libx264", "yuv444p10le", "mov", {"qp": "0"}),
    ("libx264", "yuv420p", "ts", {"qp": "0"}),
    ("libx265", "yuv422p12le", "mp4", {"x265-params": "lossless=1:log-level=error"}),
    ("libx265", "gbrp10le", "mkv", {"x265-params": "lossless=1:log-level=error"}),
    ("libx264rgb", "bgr0", "mkv", {"qp": "0"}),
    ("libvpx-vp9", "yuv444p", "webm", {"lossless": "1"}),
    ("libvpx-vp9", "yuv420p", "ivf", {"lossless": "1"}),
    ("utvideo", "yuv422p", "avi", {}),
    ("v210", "yuv422p10le", "mov", {}),
    ("qtrle", "argb", "mov", {}),
    ("rawvideo", "uyvy422", "mov", {}),
    ("rawvideo", "bgr24", "avi", {}),
    ("wrapped_avframe", "yuv420p", "y4m", {}),
]
LOSSY = [
    ("libx264", "yuv420p", "mp4", {"x264-params": "keyint=6:bframes=3"}),
    ("libx264", "yuv422p10le", "mkv", {}),
    ("libx265", "yuv420p10le", "mp4", {"x265-params": "log-level=error"}),
    ("libvpx-vp9", "yuv420p", "webm", {}),
    ("libvpx", "yuv420p", "webm", {"auto-alt-ref": "1", "lag-in-frames": "8"}),
    ("libsvtav1", "yuv420p10le", "mp4", {"preset": "12"}),
    ("prores_ks", "yuv422p10le", "mov", {}),
    ("prores_ks", "yuva444p10le", "mov", {"profile": "4444"}),
    ("dnxhd", "yuv422p10le", "mxf", {"profile": "dnxhr_hqx"}),
    ("dnxhd", "yuv444p10le", "mov", {"profile": "dnxhr_444"}),
    ("mjpeg", "yuvj420p", "avi", {}),
    ("mjpeg", "yuvj422p", "mov", {}),
    ("mpeg2video", "yuv420p", "ts", {"bf": "2"}),
    ("mpeg2video", "yuv420p", "mpg", {"bf": "2"}),
    ("mpeg4", "yuv420p", "avi", {"bf": "1"}),
]


def name(case: Any) -> Any:
    return "-".join(case[:3]) if isinstance(case, tuple) else None


@pytest.mark.parametrize("case", LOSSLESS, ids=name)
def test_lossless_codecs_give_back_what_went_in(tmp_path: Path, case: Any) -> None:
    codec, fmt, suffix, options = case
    path = tmp_path / f"clip.{suffix}"
    written = write_clip(path, codec, fmt, options=options, container="yuv4mpegpipe" if suffix == "y4m" else None)
    with Clip.open(path) as clip:
        assert len(clip) == len(written)
        for frame, planes in zip(clip.frames(), written, strict=True):
            assert len(frame.planes) == len(planes)
            for got, put in zip(frame.planes, planes, strict=True):
                np.testing.assert_array_equal(got, put)


@pytest.mark.parametrize("case", LOSSLESS + LOSSY, ids=name)
def test_random_access_is_sequential_access(tmp_path: Path, case: Any) -> None:
    codec, fmt, suffix, options = case
    size = (128, 256) if codec == "dnxhd" else (64, 64) if codec == "libsvtav1" else (48, 64)
    path = tmp_path / f"clip.{suffix}"
    container = "yuv4mpegpipe" if suffix == "y4m" else None
    write_clip(path, codec, fmt, count=20, size=size, options=options, container=container)
    assert_random_is_sequential(path)


def assert_random_is_sequential(path: Path, stride: int = 7) -> Any:
    with Clip.open(path) as clip:
        frames = list(clip.frames())
        assert [f.index for f in frames] == list(range(len(clip)))
        assert [f.pts for f in frames] == clip.info.pts.tolist()
        for step in range(len(clip)):
            index = step * stride % len(clip)
            again = clip.frame(index)
            assert again.index == index
            assert all(np.array_equal(a, b) for a, b in zip(again.planes, frames[index].planes, strict=True))
        for start in range(0, len(clip), 3):
            (one,) = clip.frames(start, start + 1)
            assert np.array_equal(one.planes[0], frames[start].planes[0])
    return frames


@pytest.mark.parametrize(
    ("codec", "suffix", "options"),
    [
        ("libx264", "mp4", {"x264-params": "keyint=8:min-keyint=8:scenecut=0:open-gop=1:bframes=3:b-pyramid=normal"}),
        ("libx264", "ts", {"x264-params": "keyint=8:min-keyint=8:scenecut=0:open-gop=1:bframes=3"}),
        ("libx264", "mkv", {"x264-params": "keyint=10:intra-refresh=1:bframes=0"}),
        ("libx265", "mp4", {"x265-params": "keyint=8:min-keyint=8:open-gop=1:bframes=4:log-level=error"}),
        ("libx265", "mkv", {"x265-params": "keyint=8:min-keyint=8:open-gop=1:bframes=4:log-level=error"}),
        ("mpeg2video", "mpg", {"bf": "2", "g": "9"}),
        ("libvpx-vp9", "webm", {"g": "10"}),
        ("libsvtav1", "webm", {"preset": "12", "g": "10"}),
    ],
)
def test_open_groups_of_pictures_are_exact(tmp_path: Path, codec: str, suffix: str, options: dict[str, str]) -> None:
    path = tmp_path / f"open.{suffix}"
    write_clip(path, codec, count=41, size=(64, 96), options=options)
    assert_random_is_sequential(path, stride=11)


@pytest.mark.parametrize(("codec", "suffix"), [("libx264", "mp4"), ("libx265", "mkv"), ("prores_ks", "mov")])
def test_frames_and_times_are_those_of_a_plain_decode(tmp_path: Path, codec: str, suffix: str) -> None:
    path = tmp_path / f"clip.{suffix}"
    fmt = "yuv422p10le" if codec == "prores_ks" else "yuv420p"
    write_clip(path, codec, fmt, count=15)
    with Clip.open(path) as clip:
        for frame, (pts, raw) in zip(clip.frames(), plain_decode(path), strict=True):
            assert frame.pts == pts
            for ours, theirs in zip(frame.planes, raw, strict=True):
                assert ours.tobytes() == theirs.tobytes()


def test_vp9_keeps_its_alpha(tmp_path: Path) -> None:
    path = tmp_path / "alpha.webm"
    written = write_clip(path, "libvpx-vp9", "yuva420p", options={"lossless": "1", "auto-alt-ref": "0"})
    with Clip.open(path) as clip:
        assert clip.info.format.has_alpha
        for frame, planes in zip(clip.frames(), written, strict=True):
            assert np.abs(frame.planes[3].astype(int) - planes[3]).mean() < 2


def test_planes_may_not_be_written_to(tmp_path: Path) -> None:
    write_clip(tmp_path / "clip.mkv", "ffv1")
    with Clip.open(tmp_path / "clip.mkv") as clip, pytest.raises(ValueError, match="read-only"):
        clip.frame(0).planes[0][0, 0] = 1


def test_one_frame_is_a_clip(tmp_path: Path) -> None:
    written = write_clip(tmp_path / "one.mp4", count=1, options={"qp": "0"})
    with Clip.open(tmp_path / "one.mp4") as clip:
        assert len(clip) == 1
        assert clip.info.duration == Fraction(1, 25)
        np.testing.assert_array_equal(clip.frame(0).planes[0], written[0][0])
        assert clip.index_at(Fraction(0)) == 0


@pytest.mark.parametrize(
    "filename", ["-clip.mp4", "two words.mp4", "Łódź 撮影.mp4", "http:clip.mp4", "%04d.mp4", "a'b\"c.mp4"]
)
def test_names_are_only_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, filename: str) -> None:
    write_clip(tmp_path / "plain.mp4", count=3)
    (tmp_path / "plain.mp4").rename(tmp_path / filename)
    with Clip.open(tmp_path / filename) as clip:
        assert len(list(clip.frames())) == 3
    monkeypatch.chdir(tmp_path)
    with Clip.open(filename) as clip:
        assert len(clip) == 3


def test_iterations_do_not_disturb_each_other(tmp_path: Path) -> None:
    write_clip(tmp_path / "clip.mp4", count=10)
    with Clip.open(tmp_path / "clip.mp4") as clip:
        first, second = clip.frames(), clip.frames(5)
        pairs = [(next(first).index, clip.frame(9).index, next(second).index) for _ in range(5)]
    assert pairs == [(n, 9, n + 5) for n in range(5)]


def test_what_lies_outside_is_refused(tmp_path: Path) -> None:
    write_clip(tmp_path / "clip.mp4", count=5)
    with Clip.open(tmp_path / "clip.mp4") as clip:
        for ask in (lambda: clip.frame(5), lambda: clip.frame(-1), lambda: list(clip.frames(2, 9))):
            with pytest.raises(InputError, match="frames 0 to 4"):
                ask()
        with pytest.raises(InputError, match="outside the clip"):
            clip.index_at(Fraction(1, 5))
    with pytest.raises(UsageError, match="times of its own"):
        Clip.open(tmp_path / "clip.mp4", rate=Fraction(30))
    with pytest.raises(UsageError, match="no sense"):
        Clip.open(tmp_path / "clip.mp4", rate=Fraction(0))


def test_source_hash_is_the_files(tmp_path: Path) -> None:
    import hashlib

    write_clip(tmp_path / "clip.mp4", count=2)
    digest = hashlib.sha256((tmp_path / "clip.mp4").read_bytes()).hexdigest()
    assert Clip.open(tmp_path / "clip.mp4").source_hash == digest
