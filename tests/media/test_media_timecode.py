"""Times as people write them. Reference values of drop-frame are those of SMPTE ST 12-1's definition."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleanplate.errors import UsageError
from cleanplate.media.formats import pixel_format
from cleanplate.media.frame import ColourTags
from cleanplate.media.probe import ClipInfo
from cleanplate.media.timecode import frame_number, parse_time, timecode_at

NTSC = Fraction(30000, 1001)


def clip(rate: Fraction = Fraction(25), count: int = 1000, timecode: str | None = None) -> ClipInfo:
    return ClipInfo(
        Path("clip.mov"), (Path("clip.mov"),), False, "prores", 48, 64, pixel_format("yuv422p10le"), ColourTags(),
        1 / rate, np.arange(count) + 7, count + 7, rate, timecode=timecode,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "frame"),
    [("0", 0), ("123", 123), (" 999 ", 999), ("0s", 0), ("4.5s", 112), ("4.52 s", 113), (".04s", 1), ("39.99s", 999),
     ("00:00:04.5", 112), ("00:00:04:12", 112), ("00:00:39:24", 999)],
)  # fmt: skip
def test_times_name_frames(text: str, frame: int) -> None:
    assert parse_time(text, clip()) == frame


@pytest.mark.parametrize(
    "text", ["1000", "40s", "00:00:40:00", "-1", "4.5", "4,5s", "", "noon", "00:00:04:25", "00:61:00:00"]
)
def test_what_is_no_time_in_the_clip_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_time(text, clip())


def test_timecode_counts_from_the_clips_own() -> None:
    info = clip(timecode="01:00:00:00")
    assert parse_time("01:00:01:05", info) == 30
    with pytest.raises(UsageError, match="from 01:00:00:00"):
        parse_time("00:00:01:05", info)


@pytest.mark.parametrize(
    ("timecode", "number"),
    [
        ("00:00:59;29", 1799),
        ("00:01:00;02", 1800),
        ("00:09:59;29", 17981),
        ("00:10:00;00", 17982),
        ("01:00:00;00", 107892),
    ],
)
def test_drop_frame(timecode: str, number: int) -> None:
    assert frame_number(timecode, NTSC) == number


@pytest.mark.parametrize("timecode", ["00:01:00;00", "00:01:00;01"])
def test_dropped_numbers_do_not_exist(timecode: str) -> None:
    with pytest.raises(UsageError, match="skips"):
        frame_number(timecode, NTSC)


def test_drop_frame_needs_a_fractional_rate() -> None:
    with pytest.raises(UsageError, match="drop-frame"):
        frame_number("00:00:01;00", Fraction(25))


@given(
    st.integers(0, 200_000),
    st.sampled_from([(Fraction(24), None), (NTSC, "00:00:00;00"), (NTSC, "01:00:00;00"), (2 * NTSC, "00:59:58;00"),
                     (Fraction(25), "10:00:00:00")]),
)  # fmt: skip
def test_timecode_goes_there_and_back(index: int, kind: Any) -> None:
    info = replace(clip(kind[0], 200_001), timecode=kind[1])
    assert parse_time(timecode_at(index, info), info) == index
