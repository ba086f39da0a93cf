"""The reader on real footage: counts and digests from FFmpeg's own command line, random access, and no copy kept."""

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from cleanplate.media.clip import Clip

DATA = Path(os.environ.get("CLEANPLATE_DATA", Path(__file__).parents[3] / "shared" / "data"))
CLIPS = sorted(path.relative_to(DATA).as_posix() for path in DATA.glob("*/**/*.mp4"))
QUICK = ("clips/02_cups.mp4", "void/ducky-float/input_video.mp4", "void/lime/input_video.mp4")
pytestmark = [pytest.mark.real, pytest.mark.skipif(not CLIPS, reason="CLEANPLATE_DATA holds no clips")]


def framemd5(path: Path) -> list[str]:
    """MD5 of every decoded frame by the ffmpeg program of imageio-ffmpeg."""
    import imageio_ffmpeg

    command = [
        imageio_ffmpeg.get_ffmpeg_exe(),
        "-v",
        "error",
        "-i",
        str(path),
        "-map",
        "0:v:0",
        "-fps_mode",
        "passthrough",
    ]
    listing = subprocess.run([*command, "-f", "framemd5", "-"], capture_output=True, text=True, check=True).stdout
    return [line.split(",")[-1].strip() for line in listing.splitlines() if not line.startswith("#")]


@pytest.mark.slow
@pytest.mark.parametrize("name", CLIPS)
def test_every_frame_is_ffmpegs(name: str) -> None:
    import hashlib

    with Clip.open(DATA / name) as clip:
        ours = [
            hashlib.md5(b"".join(np.ascontiguousarray(plane).data for plane in frame.planes)).hexdigest()
            for frame in clip.frames()
        ]
    assert ours == framemd5(DATA / name)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in CLIPS]
)
def test_random_frames_are_the_sequential_ones(name: str) -> None:
    with Clip.open(DATA / name) as clip:
        wanted = sorted({0, len(clip) // 3, len(clip) - 1})
        last = wanted[-1] + 1 if clip.info.height <= 1080 else wanted[1] + 1  # 4K to a third, for time
        sequential = {frame.index: frame.planes[0][::16, ::16].copy() for frame in clip.frames(0, last)}
        for index in reversed([index for index in wanted if index < last]):
            np.testing.assert_array_equal(clip.frame(index).planes[0][::16, ::16], sequential[index])
        assert clip.info.is_constant_rate
