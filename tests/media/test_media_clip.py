"""Frames of every codec and container, in order and at random; parity with PyAV's plain decode and with what went in."""

from fractions import Fraction

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


def name(case):
    return "-".join(case[:3]) if isinstance(case, tuple) else None


@pytest.mark.parametrize("case", LOSSLESS, ids=name)
def test_lossless_codecs_give_back_what_went_in(tmp_path, case):
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
def test_random_access_is_sequential_access(tmp_path, case):
    codec, fmt, suffix, options = case
    size = (128, 256) if codec == "dnxhd" else (64, 64) if codec == "libsvtav1" else (48, 64)
    path = tmp_path / f"clip.{suffix}"
    container = "yuv4mpegpipe" if suffix == "y4m" else None
    write_clip(path, codec, fmt, count=20, size=size, options=options, container=container)
    assert_random_is_sequential(path)


def assert_random_is_sequential(path, stride=7):
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
