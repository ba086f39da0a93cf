"""Times as people write them: frame numbers, seconds, timecode."""

from __future__ import annotations

import re
from fractions import Fraction

from cleanplate.errors import UsageError
from cleanplate.media.probe import ClipInfo

_FRAMES = re.compile(r"\d+")
_SECONDS = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*s")
_CLOCK = re.compile(r"(\d+):(\d\d):(\d\d\.\d+)")
_TIMECODE = re.compile(r"(\d\d):(\d\d):(\d\d)([:;.])(\d\d+)")


def parse_time(text: str, info: ClipInfo) -> int:
    """The frame that a time names: ``123`` (frame), ``4.5s``, ``00:00:04.5`` (clock) or ``00:00:04:12`` (timecode).

    Seconds and clock count from the first frame. Timecode counts from the clip's own start timecode where it has one,
    from zero where it has none; ``;`` before the frames means drop-frame numbers.

    Raises:
        UsageError: it cannot be parsed, or lies outside the clip.
    """
    text = text.strip()
    if _FRAMES.fullmatch(text):
        return _inside(int(text), text, info)
    if match := _SECONDS.fullmatch(text):
        return _at(Fraction(match[1]), text, info)
    if match := _CLOCK.fullmatch(text):
        return _at(int(match[1]) * 3600 + int(match[2]) * 60 + Fraction(match[3]), text, info)
    if _TIMECODE.fullmatch(text):
        number = frame_number(text, info.rate) - (frame_number(info.timecode, info.rate) if info.timecode else 0)
        return _inside(number, text, info)
    raise UsageError(
        f"'{text}' is not a time", remedy="Write a frame (123), seconds (4.5s), or timecode (00:00:04:12)."
    )


def frame_number(timecode: str, rate: Fraction) -> int:
    """Frames that a timecode counts since 00:00:00:00, by SMPTE ST 12-1.

    Drop-frame skips numbers 0 and 1 (0 to 3 at 60) of every minute but each tenth.

    Raises:
        UsageError: not a timecode, or a number that its counting skips or never reaches.
    """
    match = _TIMECODE.fullmatch(timecode)
    if match is None:
        raise UsageError(f"'{timecode}' is not a timecode", remedy="Write hours:minutes:seconds:frames.")
    hours, minutes, seconds, frames = (int(match[n]) for n in (1, 2, 3, 5))
    base = round(rate)
    if minutes > 59 or seconds > 59 or frames >= base:
        raise UsageError(f"'{timecode}' does not exist at {float(rate):g} frames a second")
    number = ((hours * 60 + minutes) * 60 + seconds) * base + frames
    if match[4] == ":":
        return number
    dropped = 2 * base // 30
    if dropped == 0 or rate.denominator == 1:
        raise UsageError(
            f"'{timecode}' counts drop-frame, which {float(rate):g} frames a second do not have",
            remedy="Write a colon before the frames.",
        )
    if minutes % 10 and not seconds and frames < dropped:
        raise UsageError(f"'{timecode}' is a number that drop-frame counting skips")
    total = hours * 60 + minutes
    return number - dropped * (total - total // 10)


def timecode_at(index: int, info: ClipInfo) -> str:
    """The timecode of a frame, counted as the clip's own is (non-drop from zero where it has none).

    Inverse of `parse_time` for clips of a constant rate.
    """
    base, drop = round(info.rate), bool(info.timecode and info.timecode[8] != ":")
    number = index + (frame_number(info.timecode, info.rate) if info.timecode else 0)
    if drop:
        dropped = 2 * base // 30
        tens, rest = divmod(number, base * 600 - 9 * dropped)
        number += 9 * dropped * tens
        if rest >= base * 60:
            number += dropped * (1 + (rest - base * 60) // (base * 60 - dropped))
    seconds, frames = divmod(number, base)
    sign = ";" if drop else ":"
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{sign}{frames:02d}"


def _inside(index: int, text: str, info: ClipInfo) -> int:
    if 0 <= index < len(info):
        return index
    start = f" from {info.timecode}" if info.timecode else ""
    raise UsageError(
        f"'{text}' lies outside the clip",
        where=str(info.path),
        remedy=f"It has frames 0 to {len(info) - 1}, {float(info.duration):.3f} seconds{start}.",
    )


def _at(seconds: Fraction, text: str, info: ClipInfo) -> int:
    return _inside(info.index_at(seconds) if seconds < info.duration else len(info), text, info)
