"""When frames appear: variable rates, edit lists, and times that are missing or odd."""

import itertools
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from clipmaker import plain_decode, remux, write_clip
from hypothesis import given
from hypothesis import strategies as st

from cleanplate.media.clip import Clip
from cleanplate.media.timeline import from_rate, gap_warning, mended


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "mov", "ts"])
def test_variable_rate_is_kept_exactly(tmp_path: Path, suffix: str) -> None:
    times = [0, 40, 80, 200, 230, 600, 640, 1000, 1010, 1100]
    write_clip(tmp_path / f"vfr.{suffix}", count=10, times=times, time_base=Fraction(1, 1000))
    with Clip.open(tmp_path / f"vfr.{suffix}") as clip:
        seconds = [clip.info.seconds(n) for n in range(10)]
        assert seconds == [Fraction(time, 1000) for time in times]
        assert not clip.info.is_constant_rate
        assert [clip.index_at(Fraction(t, 1000)) for t in (0, 39, 40, 199, 200, 999, 1000, 1105)] == [
            0,
            0,
            1,
            2,
            3,
            6,
            7,
            9,
        ]
        assert [f.pts for f in clip.frames()] == clip.info.pts.tolist()


def cut_front(count: int, step: int = 512) -> Any:
    """Move every packet `count` frames back, so that the container's edit list hides the first ones."""

    def edit(packets: Any) -> Any:
        for packet in packets:
            packet.pts -= count * step
            packet.dts -= count * step
            yield packet

    return edit


@pytest.mark.parametrize("bframes", [0, 3])
@pytest.mark.parametrize("hidden", [1, 4, 9])
def test_edit_lists_decide_which_frames_are_presented(tmp_path: Path, bframes: int, hidden: int) -> None:
    whole, cut = tmp_path / "whole.mp4", tmp_path / "cut.mp4"
    written = write_clip(whole, count=20, options={"qp": "0", "x264-params": f"bframes={bframes}:keyint=8"})
    remux(whole, cut, cut_front(hidden), container_options={"avoid_negative_ts": "disabled", "use_editlist": "1"})
    with Clip.open(cut) as clip:
        assert len(clip) == 20 - hidden == len(plain_decode(cut))
        for frame, planes in zip(clip.frames(), written[hidden:], strict=True):
            np.testing.assert_array_equal(frame.planes[0], planes[0])
        for index in (7, 0, 10, 3):
            np.testing.assert_array_equal(clip.frame(index).planes[0], written[hidden + index][0])


def test_a_stream_without_times_gets_them_from_the_rate(tmp_path: Path) -> None:
    written = write_clip(tmp_path / "raw.h264", count=15, options={"qp": "0"})
    with Clip.open(tmp_path / "raw.h264", rate=Fraction(30000, 1001)) as clip:
        assert len(clip) == 15
        assert any("assumed" in warning for warning in clip.info.warnings)
        assert clip.info.rate == Fraction(30000, 1001)
        assert abs(clip.info.seconds(14) - 14 * Fraction(1001, 30000)) <= clip.info.time_base
        for index in (9, 2, 14):
            np.testing.assert_array_equal(clip.frame(index).planes[0], written[index][0])


def test_repeated_times_are_spread(tmp_path: Path) -> Any:
    source, odd = tmp_path / "source.mkv", tmp_path / "odd.mkv"
    written = write_clip(source, "ffv1", count=8, options={"g": "1"})

    def repeat(packets: Any) -> Any:
        for packet, time in zip(packets, [0, 40, 40, 120, 160, 160, 160, 280], strict=True):
            packet.pts = packet.dts = time
            yield packet

    remux(source, odd, repeat)
    with Clip.open(odd) as clip:
        assert len(clip) == 8
        assert clip.info.pts.tolist() == [0, 40, 80, 120, 160, 200, 240, 280]
        assert any("3 frames repeat" in warning for warning in clip.info.warnings)
        for index in (5, 2, 7):
            np.testing.assert_array_equal(clip.frame(index).planes[0], written[index][0])


def test_a_gap_is_kept_and_told(tmp_path: Path) -> None:
    times = [0, 40, 80, 5000, 5040]
    write_clip(tmp_path / "gap.mkv", count=5, times=times, time_base=Fraction(1, 1000))
    with Clip.open(tmp_path / "gap.mkv") as clip:
        assert clip.info.pts.tolist() == times
        assert any("4.9 s after frame 2" in warning for warning in clip.info.warnings)


def test_a_stream_cut_between_key_frames_starts_where_it_decodes(tmp_path: Path) -> None:
    source, cut = tmp_path / "source.ts", tmp_path / "cut.ts"
    written = write_clip(
        source, count=24, options={"qp": "0", "x264-params": "keyint=8:min-keyint=8:scenecut=0:bframes=0"}
    )
    remux(source, cut, lambda packets: packets[5:])
    with Clip.open(cut) as clip:
        assert len(clip) == len(plain_decode(cut)) == 16
        assert any("first 3 frames" in warning for warning in clip.info.warnings)
        np.testing.assert_array_equal(clip.frame(3).planes[0], written[11][0])


def test_interlaced_is_flagged_and_read_as_frames(tmp_path: Path) -> None:
    def top_first(stream: Any) -> None:
        stream.codec_context.field_order = 2
        stream.codec_context.flags |= (1 << 18) | (1 << 29)  # interlaced DCT and motion estimation

    for suffix in ("ts", "mov"):
        write_clip(tmp_path / f"fields.{suffix}", "mpeg2video", count=9, setup=top_first)
        with Clip.open(tmp_path / f"fields.{suffix}") as clip:
            assert clip.info.interlaced
            assert any("interlaced" in warning for warning in clip.info.warnings)
            assert len(list(clip.frames())) == 9


rates = st.sampled_from([Fraction(24), Fraction(30000, 1001), Fraction(25), Fraction(60)])


@given(st.lists(st.one_of(st.none(), st.integers(-(10**6), 10**6)), min_size=1, max_size=60), rates)
def test_mended_times_always_rise(times: Any, rate: Fraction) -> None:
    fixed, warning = mended(times, rate, Fraction(1, 90000))
    assert len(fixed) == len(times)
    assert np.all(np.diff(fixed) > 0)
    assert (warning is None) == (None not in times and all(a < b for a, b in itertools.pairwise(times)))


@given(st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=60, unique=True), rates)
def test_good_times_are_left_alone(times: Any, rate: Fraction) -> None:
    fixed, warning = mended(sorted(times), rate, Fraction(1, 1000))
    assert warning is None
    assert fixed.tolist() == sorted(times)


@given(st.integers(1, 400), rates, st.sampled_from([Fraction(1, 1000), Fraction(1, 90000), Fraction(1, 25)]))
def test_times_from_a_rate_stay_within_half_a_tick(count: int, rate: Fraction, time_base: Any) -> None:
    ticks = from_rate(count, rate, time_base)
    assert np.all(np.diff(ticks) > 0) or count == 1
    if 1 / (rate * time_base) >= 1:
        assert all(abs(int(t) - n / (rate * time_base)) <= 0.5 for n, t in enumerate(ticks))


def test_no_gap_no_warning() -> None:
    assert gap_warning(np.arange(0, 4000, 40), Fraction(1, 1000)) is None
