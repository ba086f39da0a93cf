"""Bad input gets one clear error at the door, naming the file and a remedy."""

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from clipmaker import remux, write_clip

from cleanplate.errors import InputError
from cleanplate.media.clip import Clip
from cleanplate.media.limits import Limits


def refused(path: Path, match: str, **kwargs: Any) -> Any:
    with pytest.raises(InputError, match=match) as caught:
        Clip.open(path, **kwargs)
    assert str(path) in caught.value.where or path.name in str(caught.value)
    assert caught.value.remedy
    return caught.value


def test_no_such_file(tmp_path: Path) -> None:
    refused(tmp_path / "none.mp4", "no such file")
    refused(tmp_path / "none.png", "no such file")


def test_folder_without_images(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing to see")
    refused(tmp_path, "folder without images")


def test_empty_file(tmp_path: Path) -> None:
    for name in ("empty.mp4", "empty.exr", "empty.png"):
        (tmp_path / name).touch()
        refused(tmp_path / name, "empty")


def test_text_with_a_video_name(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_text("This is not a video.\n" * 40)
    refused(tmp_path / "clip.mp4", "text, not a video")


def test_noise_with_a_video_name(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(np.random.default_rng(0).bytes(20000))
    refused(tmp_path / "clip.mp4", "not a video")


PLAYLISTS = {
    "hls.m3u8": "#EXTM3U\n#EXTINF:5,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n",
    "concat.ffconcat": "ffconcat version 1.0\nfile 'other.mp4'\n",
    "list.txt": "file '/etc/passwd'\n",
    "stream.sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n",
    "dash.mpd": "<?xml version='1.0'?><MPD xmlns='urn:mpeg:dash:schema:mpd:2011'></MPD>",
    "bare.mpd": "<MPD></MPD>",
    "winamp.pls": "[playlist]\nFile1=http://127.0.0.1:9/a\n",
}


@pytest.mark.parametrize("name", PLAYLISTS)
@pytest.mark.parametrize("disguise", [None, "clip.mp4", "clip.mkv"])
def test_playlists_are_never_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, disguise: str | None
) -> None:
    def never(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("FFmpeg was asked to open a playlist")

    monkeypatch.setattr(av, "open", never)
    path = tmp_path / (disguise or name)
    path.write_text(PLAYLISTS[name])
    refused(path, "playlists and scripts")


def test_ffmpeg_itself_would_refuse_a_playlist(tmp_path: Path) -> None:
    """The second lock: whitelists of containers and protocols, were the first one picked."""
    from cleanplate.media.door import opened

    path = tmp_path / "clip.mp4"
    path.write_text(PLAYLISTS["hls.m3u8"])
    with pytest.raises(InputError, match="not a video in a container"), opened(path):
        pass


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/clip.mp4", "rtsp://127.0.0.1/x", "concat:a.mp4|b.mp4", "pipe:0", "-"]
)
def test_addresses_are_names_of_files_that_do_not_exist(url: str) -> None:
    with pytest.raises(InputError, match="no such file"):
        Clip.open(url)


@pytest.mark.parametrize(
    ("suffix", "codec", "options"),
    [
        ("mp4", "libx264", {"movflags": "faststart"}),
        ("mp4", "libx264", {"movflags": "frag_keyframe+empty_moov"}),
        ("mov", "prores_ks", {"movflags": "faststart"}),
        ("mkv", "libx264", {}),
        ("mkv", "ffv1", {}),
        ("webm", "libvpx-vp9", {}),
        ("avi", "mjpeg", {}),
        ("ts", "libx264", {}),
    ],
)
@pytest.mark.parametrize("share", [0.35, 0.6, 0.97])
def test_truncated_files_are_found(
    tmp_path: Path, suffix: str, codec: str, options: dict[str, str], share: float
) -> None:
    fmt = {"prores_ks": "yuv422p10le", "mjpeg": "yuvj420p"}.get(codec, "yuv420p")
    whole, cut = tmp_path / f"whole.{suffix}", tmp_path / f"cut.{suffix}"
    write_clip(whole, codec, fmt, count=30, container_options=options, options={"g": "10"})
    data = whole.read_bytes()
    cut.write_bytes(data[: int(share * len(data))])
    with (
        pytest.raises(InputError, match=r"cut short|cut off|damaged|cannot be decoded|ends early") as caught,
        Clip.open(cut) as clip,
    ):
        list(clip.frames())
    assert caught.value.remedy


def test_a_file_without_its_index(tmp_path: Path) -> None:
    write_clip(tmp_path / "whole.mp4", count=30)
    data = (tmp_path / "whole.mp4").read_bytes()
    (tmp_path / "cut.mp4").write_bytes(data[: len(data) * 2 // 3])
    refused(tmp_path / "cut.mp4", "no readable index")


def test_a_frame_damaged_in_the_middle_is_named(tmp_path: Path) -> Any:
    source, broken = tmp_path / "source.mkv", tmp_path / "broken.mkv"
    write_clip(source, "ffv1", count=12, options={"g": "1", "level": "3", "slicecrc": "1"})

    def damage(packets: Any) -> Any:
        for index, packet in enumerate(packets):
            if index == 7:
                data = bytearray(bytes(packet))
                data[len(data) // 2] ^= 0xFF
                packet.update(bytes(data))
            yield packet

    remux(source, broken, damage)
    with Clip.open(broken) as clip:
        assert len(clip) == 12
        seen: list[int] = []
        with pytest.raises(InputError, match=r"frame 7 "):
            seen.extend(frame.index for frame in clip.frames())
        assert seen == list(range(7))
        assert clip.frame(3).index == 3
        for _ in range(2):
            with pytest.raises(InputError, match=r"frame 7 "):
                clip.frame(7)
        assert [clip.frame(n).index for n in (5, 8, 11)] == [5, 8, 11]


def test_a_change_of_size_is_named(tmp_path: Path) -> None:
    small, large, both = tmp_path / "small.mjpeg", tmp_path / "large.mjpeg", tmp_path / "both.mjpeg"
    write_clip(small, "mjpeg", "yuvj420p", count=5, size=(48, 64))
    write_clip(large, "mjpeg", "yuvj420p", count=5, size=(96, 64))
    both.write_bytes(small.read_bytes() + large.read_bytes())
    with Clip.open(both) as clip, pytest.raises(InputError, match=r"64x48 yuvj420p to 64x96 yuvj420p at frame 5"):
        list(clip.frames())


def test_audio_only(tmp_path: Path) -> None:
    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("aac", rate=48000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate, frame.pts = 48000, 0
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    refused(path, "only audio")


@pytest.mark.parametrize("suffix", ["mkv", "mp4", "avi"])
def test_zero_frames(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"none.{suffix}"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.open()
        out.start_encoding()
    refused(path, "no frames|no video|no picture size")


def test_sixteen_thousand_pixels_wide(tmp_path: Path) -> None:
    write_clip(tmp_path / "wide.mkv", "ffv1", "gray", count=1, size=(16, 16384))
    refused(tmp_path / "wide.mkv", r"16384x16 are over the limit of 12288 pixels a side")


def test_limits_hold_for_length_and_area(tmp_path: Path) -> None:
    write_clip(tmp_path / "clip.mp4", count=5)
    refused(tmp_path / "clip.mp4", "5 frames .* over the limit of 4 frames", limits=Limits(frames=4))
    refused(tmp_path / "clip.mp4", "over the limit", limits=Limits(seconds=0))
    refused(tmp_path / "clip.mp4", "over the limit", limits=Limits(pixels=1000))


def test_a_format_that_cannot_be_kept_is_named(tmp_path: Path) -> None:
    path = tmp_path / "packed.avi"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("rawvideo", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "rgb555le"
        frame = av.VideoFrame(64, 48, "rgb24").reformat(format="rgb555le")
        frame.pts = 0
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    refused(path, "rgb555le")
