"""The joined master: the frames of the segments at the source's times, and everything else that the source held."""

import hashlib
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import numpy as np
import pytest

from cleanplate.errors import PackageError
from cleanplate.media.clip import Clip
from cleanplate.media.ffv1 import Ffv1Writer
from cleanplate.media.join import JoinResult, join_master
from cleanplate.media.probe import ClipInfo
from cleanplate.media.streams import stream_digests, timed_packets

SRT = "1\n00:00:00,500 --> 00:00:01,000\nGrüße\n\n2\n00:00:01,200 --> 00:00:01,800\n<i>schräg</i>\n"
CHAPTERS = (
    ";FFMETADATA1\ntitle=A film\nartist=Someone\n"
    "[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=1000\ntitle=One\n"
    "[CHAPTER]\nTIMEBASE=1/1000\nSTART=1000\nEND=2000\ntitle=Two\n"
)


def ffmpeg(*arguments: str, cwd: Path) -> None:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *arguments]
    subprocess.run(command, cwd=cwd, check=True)


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One clip in four containers: everything in MP4, streaming, QuickTime with late video, Matroska with a file."""
    folder = tmp_path_factory.mktemp("sources")
    (folder / "text.srt").write_text(SRT, encoding="utf-8")
    (folder / "chapters.txt").write_text(CHAPTERS, encoding="utf-8")
    (folder / "note.txt").write_text("a note", encoding="utf-8")
    inputs = ["-f", "lavfi", "-i", "testsrc2=s=64x48:r=24:d=2", "-f", "lavfi", "-i", "sine=440:d=2.5"]
    inputs += ["-f", "lavfi", "-i", "sine=880:d=1.5", "-i", "text.srt", "-i", "chapters.txt"]
    maps = ["-map", "0:v", "-map", "1:a", "-map", "2:a", "-map", "3:s", "-map_metadata", "4", "-map_chapters", "4"]
    codecs = ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac", "-c:s", "mov_text"]
    tags = ["-metadata:s:a:0", "language=deu", "-metadata:s:a:1", "language=eng", "-disposition:a:1", "comment"]
    ffmpeg(*inputs, *maps, *codecs, *tags, "-timecode", "01:00:00:00", "full.mp4", cwd=folder)
    ffmpeg("-i", "full.mp4", "-map", "0:v", "-map", "0:a", "-c", "copy", "stream.ts", cwd=folder)
    late = ["-itsoffset", "0.5", "-i", "full.mp4", "-i", "full.mp4", "-map", "0:v", "-map", "1:a:0"]
    ffmpeg(*late, "-c:v", "copy", "-c:a", "pcm_s16be", "late.mov", cwd=folder)
    attach = ["-attach", "note.txt", "-metadata:s:t", "mimetype=text/plain"]
    ffmpeg("-i", "full.mp4", "-map", "0:v", "-map", "0:a:0", "-c", "copy", *attach, "file.mkv", cwd=folder)
    return folder


def segments_of(clip: Clip, folder: Path, length: int = 20, **changes: Any) -> list[Path]:
    info, written = clip.info, []
    options: dict[str, Any] = {"colour": info.colour, "time_base": info.time_base, "rate": info.rate} | changes
    for start in range(0, len(clip), length):
        written.append(folder / f"{start:06d}.mkv")
        with Ffv1Writer(written[-1], info.format, info.height, info.width, **options) as writer:
            for frame in clip.frames(start, min(start + length, len(clip))):
                writer.write(frame.planes, frame.pts)
    return written


def joined(source: Path, folder: Path, **changes: Any) -> tuple[JoinResult, ClipInfo]:
    with Clip.open(source) as clip:
        segments = segments_of(clip, folder, **changes)
        return join_master(segments, clip.info, folder / "master.mkv", folder / "extra"), clip.info


NAMES = ["full.mp4", "stream.ts", "late.mov", "file.mkv"]


@pytest.mark.parametrize("name", NAMES)
def test_frames_and_times_are_the_sources(sources: Path, tmp_path: Path, name: str) -> None:
    result, info = joined(sources / name, tmp_path)
    with Clip.open(sources / name) as plate, Clip.open(tmp_path / "master.mkv") as master:
        assert len(master) == len(plate) == result.frames
        for a, b in zip(plate.frames(), master.frames(), strict=True):
            assert all(np.array_equal(x, y) for x, y in zip(a.planes, b.planes, strict=True))
        expected = np.array([int(pts) * info.time_base + result.offset for pts in info.pts]).astype(float)
        np.testing.assert_allclose(master.info.pts / 1000, expected, atol=0.5001e-3)
        assert master.info.end_pts / 1000 == pytest.approx(
            float(info.end_pts * info.time_base + result.offset), abs=1e-3
        )
        assert master.info.colour == plate.info.colour


@pytest.mark.parametrize("name", NAMES)
def test_every_stream_arrives_and_can_be_proven(sources: Path, tmp_path: Path, name: str) -> None:
    result, info = joined(sources / name, tmp_path)
    before, after = stream_digests(sources / name), stream_digests(tmp_path / "master.mkv")
    assert [row.source_index for row in result.streams] == [s.index for s in info.streams if s.index]
    for row in result.streams:
        assert row.digest == before[row.source_index]
        if row.index is not None:
            assert after[row.index] == row.digest
        elif row.digest.packets:
            assert row.file is not None
            assert hashlib.sha256(row.file.read_bytes()).hexdigest() == row.digest.sha256
        else:
            assert row.file is None


@pytest.mark.parametrize("name", NAMES)
def test_sound_keeps_its_place(sources: Path, tmp_path: Path, name: str) -> None:
    """Relative to the picture, to the millisecond, whether it begins before or after it or lasts longer."""
    result, _ = joined(sources / name, tmp_path)
    for row in result.streams:
        if row.kind != "audio" or row.index is None:
            continue
        there = [seconds for seconds, _ in timed_packets(sources / name, row.source_index)]
        here = [seconds for seconds, _ in timed_packets(tmp_path / "master.mkv", row.index)]
        np.testing.assert_allclose(
            np.array(here, float), np.array([t + result.offset for t in there], float), atol=1.001e-3
        )


def test_what_else_an_mp4_holds_comes_along(sources: Path, tmp_path: Path) -> None:
    result, info = joined(sources / "full.mp4", tmp_path)
    with Clip.open(tmp_path / "master.mkv") as master:
        got = master.info
    assert [(s.kind, s.codec, s.language) for s in got.streams[1:]] == [
        ("audio", "aac", "deu"),
        ("audio", "aac", "eng"),
        ("subtitle", "srt", None),
    ]
    assert got.streams[1].disposition == ("default",)
    assert got.streams[2].disposition == ("comment",)
    tags = {name.lower(): value for name, value in got.metadata.items()}
    assert (tags["title"], tags["artist"]) == ("A film", "Someone")
    assert [(chapter.title, chapter.end - chapter.start) for chapter in got.chapters] == [
        ("One", Fraction(1)),
        ("Two", Fraction(1)),
    ]
    assert abs(got.chapters[1].start - 1 - result.offset) <= Fraction(1, 1000)
    text = [bytes(packet).decode() for _, packet in timed_packets(tmp_path / "master.mkv", 3)]
    assert text == ["Grüße", "schräg"]
    ((seconds, _), _) = timed_packets(tmp_path / "master.mkv", 3)
    assert seconds == Fraction(1, 2) + result.offset
    (aside,) = result.set_aside  # the timecode track; the number itself is in the master's tags
    assert aside.parent.name == "extra"
    assert got.timecode == info.timecode == "01:00:00:00"


def test_attachments_come_along(sources: Path, tmp_path: Path) -> None:
    result, _ = joined(sources / "file.mkv", tmp_path)
    assert result.set_aside == ()
    assert {row.kind for row in result.streams} == {"audio", "attachment"}


def test_what_matroska_refuses_or_would_change_is_set_aside_whole(sources: Path, tmp_path: Path) -> None:
    """Big-endian float sound, and a second video as MPEG streams hold it; cover art becomes an attachment."""
    ffmpeg("-i", "full.mp4", "-map", "0:v", "-map", "0:a:0", "-c:v", "copy", "-c:a", "pcm_f32be", "-map_chapters", "-1",
           "-write_tmcd", "0", "float.mov", cwd=sources)  # fmt: skip
    ffmpeg("-i", "full.mp4", "-map", "0:v", "-map", "0:v", "-map", "0:a:0", "-c", "copy", "two.ts", cwd=sources)
    ffmpeg("-f", "lavfi", "-i", "color=red:s=16x16", "-frames:v", "1", "cover.jpg", cwd=sources)
    ffmpeg("-i", "float.mov", "-i", "cover.jpg", "-map", "0:v", "-map", "1", "-c", "copy",
           "-disposition:v:1", "attached_pic", "cover.mp4", cwd=sources)  # fmt: skip
    names = {}
    for name in ("float.mov", "two.ts"):
        folder = tmp_path / name
        folder.mkdir()
        result, _ = joined(sources / name, folder)
        (file,) = result.set_aside
        (row,) = (row for row in result.streams if row.file)
        found = (
            stream_digests(file)[0].sha256 if file.suffix == ".mov" else hashlib.sha256(file.read_bytes()).hexdigest()
        )
        assert found == row.digest.sha256 == stream_digests(sources / name)[row.source_index].sha256
        names[name] = file.name
    assert names == {"float.mov": "01-audio-pcm_f32be.mov", "two.ts": "01-video-h264.h264"}
    result, _ = joined(sources / "cover.mp4", tmp_path)
    (cover,) = result.streams
    assert cover.index is not None
    assert stream_digests(tmp_path / "master.mkv")[cover.index] == cover.digest
    assert stream_digests(sources / "cover.mp4")[cover.source_index] == cover.digest


def test_a_second_video_with_reordered_frames_is_copied(sources: Path, tmp_path: Path) -> None:
    ffmpeg("-i", "full.mp4", "-map", "0:v", "-map", "0:v", "-c", "copy", "two.mkv", cwd=sources)
    result, _ = joined(sources / "two.mkv", tmp_path)
    (row,) = result.streams
    assert (row.index, row.codec) == (1, "h264")
    assert stream_digests(tmp_path / "master.mkv")[1] == row.digest


def test_offsets_are_whole_milliseconds_and_only_where_needed(sources: Path, tmp_path: Path) -> None:
    offsets = {name: joined(sources / name, tmp_path)[0].offset for name in NAMES}
    assert all((offset * 1000).denominator == 1 for offset in offsets.values())
    assert offsets["late.mov"] == offsets["file.mkv"] == 0
    assert 0 < offsets["full.mp4"] < Fraction(1, 20)  # the sound's priming lies before zero
    assert offsets["stream.ts"] < -1


def test_the_same_bytes_every_time_and_however_it_was_cut(sources: Path, tmp_path: Path) -> None:
    digests = set()
    for length in (20, 20, 7, 1000):
        joined(sources / "full.mp4", tmp_path, length=length)
        digests.add(hashlib.sha256((tmp_path / "master.mkv").read_bytes()).hexdigest())
    assert len(digests) == 1


def test_shape_and_turn_survive_joining(sources: Path, tmp_path: Path) -> None:
    with Clip.open(sources / "late.mov") as clip:
        info = replace(clip.info, rotation=270, sample_aspect=Fraction(4, 3))
        segments = segments_of(clip, tmp_path, rotation=270, sample_aspect=Fraction(4, 3))
    join_master(segments, info, tmp_path / "master.mkv", tmp_path / "extra")
    with Clip.open(tmp_path / "master.mkv") as master:
        assert (master.info.rotation, master.info.sample_aspect) == (270, Fraction(4, 3))
        assert master.info.streams[0].disposition == ("default",)


def test_varying_times_arrive_exactly(sources: Path, tmp_path: Path) -> None:
    ffmpeg("-i", "full.mp4", "-vf", "setpts=N*N*40", "-fps_mode", "vfr", "-enc_time_base", "1/12288", "-an",
           "-c:v", "libx264", str(tmp_path / "vfr.mp4"), cwd=sources)  # fmt: skip
    result, info = joined(tmp_path / "vfr.mp4", tmp_path)
    with Clip.open(tmp_path / "master.mkv") as master:
        expected = [float(int(pts) * info.time_base + result.offset) for pts in info.pts]
        assert len(set(np.diff(info.pts))) > 2
        np.testing.assert_allclose(master.info.pts / 1000, expected, atol=0.5001e-3)


def test_segments_that_do_not_fit_are_refused(sources: Path, tmp_path: Path) -> None:
    out = tmp_path / "master.mkv"
    with Clip.open(sources / "late.mov") as clip:
        segments = segments_of(clip, tmp_path)
        with pytest.raises(PackageError, match="hold 40 of 48 frames"):
            join_master(segments[:2], clip.info, out, tmp_path / "extra")
        with pytest.raises(PackageError, match="more than 48"):
            join_master([*segments, segments[0]], clip.info, out, tmp_path / "extra")
        with Ffv1Writer(
            tmp_path / "odd.mkv", clip.info.format, 300, 400, colour=clip.info.colour, time_base=clip.info.time_base,
            rate=clip.info.rate,
        ) as writer:  # fmt: skip
            writer.write(tuple(np.zeros(clip.info.format.plane_shape(n, 300, 400), np.uint8) for n in range(3)), 0)
        with pytest.raises(PackageError, match="unlike the first"):
            join_master([segments[0], tmp_path / "odd.mkv"], clip.info, out, tmp_path / "extra")
    assert not out.exists()
    assert not list(tmp_path.glob(".*"))


_PEAK = """
import resource, sys
from pathlib import Path
from cleanplate.media.clip import Clip
from cleanplate.media.join import join_master

folder = Path(sys.argv[1])
with Clip.open(folder / "sparse.mp4") as clip:
    info = clip.info
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
join_master(sorted(folder.glob("0*.mkv")), info, folder / "master.mkv", folder / "extra")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.slow
def test_a_silent_subtitle_does_not_hold_the_picture_back(tmp_path: Path) -> None:
    """FFmpeg's muxer would keep ten seconds of picture in memory while it waits for the next line of text."""
    lines = "1\n00:00:00,100 --> 00:00:00,500\nA\n\n2\n00:00:11,500 --> 00:00:11,800\nB\n"
    (tmp_path / "text.srt").write_text(lines, encoding="utf-8")
    noise = ["-f", "lavfi", "-i", "nullsrc=s=480x360:r=24:d=12,geq=random(1)*255:128:128"]
    ffmpeg(*noise, "-i", "text.srt", "-map", "0:v", "-map", "1:s", "-c:v", "libx264", "-preset", "ultrafast",
           "-pix_fmt", "yuv420p", "-c:s", "mov_text", "sparse.mp4", cwd=tmp_path)  # fmt: skip
    with Clip.open(tmp_path / "sparse.mp4") as clip:
        segments = segments_of(clip, tmp_path, 48)
    stored = sum(segment.stat().st_size for segment in segments)
    command = [sys.executable, "-c", _PEAK, str(tmp_path)]
    grown = int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    grown *= 1 if sys.platform == "darwin" else 1024
    assert stored > 30e6
    assert grown < stored / 4
