"""The sample aspect ratio of a Matroska file (RFC 9559: DisplayWidth, DisplayHeight), which PyAV cannot set.

Room for it is reserved in the header at the end of the track's name, before FFmpeg writes the file; afterwards it
gives way to the two numbers. Nothing else moves, so the file needs no second writing.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

from av.container import OutputContainer
from av.video.stream import VideoStream

from cleanplate.errors import PackageError
from cleanplate.media.container import bitexact_container

_SEGMENT, _TRACKS, _ENTRY, _VIDEO = b"\x18\x53\x80\x67", b"\x16\x54\xae\x6b", b"\xae", b"\xe0"
_NAME, _CRC, _VOID = b"\x53\x6e", b"\xbf", b"\xec"
_DISPLAY = b"\x54\xb0", b"\x54\xba"
_UNIT = b"\x54\xb2"  # without it, pixels
_ROOM = b" " * 40
_HEADER = 1 << 20
_AT_ONCE = "1"
"""Microseconds that the muxer waits for silent streams; left alone it holds ten seconds of picture for a subtitle."""
Element = tuple[bytes, int, int]
"""Identifier, first byte of the payload, end."""


@contextmanager
def matroska(path: Path, height: int, width: int, aspect: Fraction) -> Iterator[OutputContainer]:
    """A bit-exact Matroska file for writing, whose first track with `reserve_aspect` gets samples of this aspect.

    Packets must come in the order of their times: they are written as they come.
    """
    with bitexact_container(path, "matroska", max_interleave_delta=_AT_ONCE) as container:
        yield container
    if aspect != 1:
        _write_aspect(path, _display_size(height, width, aspect))


def reserve_aspect(stream: VideoStream, aspect: Fraction) -> None:
    """Before the first packet, after the tags: make room in the track's header, if samples are not square."""
    if aspect != 1:
        stream.metadata["title"] = stream.metadata.get("title", "") + _ROOM.decode()


def _write_aspect(path: Path, size: tuple[int, int]) -> None:
    with path.open("r+b") as file:
        start, tracks = _with_aspect(file.read(_HEADER), size, path)
        file.seek(start)
        file.write(tracks)


def _display_size(height: int, width: int, aspect: Fraction) -> tuple[int, int]:
    """(width, height) of exactly this shape; the coded height where whole numbers allow."""
    shown = width * aspect
    if shown.denominator == 1:
        return int(shown), height
    ratio = Fraction(width, height) * aspect
    scale = math.ceil(height / ratio.denominator)
    return ratio.numerator * scale, ratio.denominator * scale


def _with_aspect(head: bytes, size: tuple[int, int], path: Path) -> tuple[int, bytes]:
    """(place, payload) of the Tracks element, with the numbers in it."""
    try:
        _, begin, end = _find(head, _TRACKS, *_find(head, _SEGMENT, 0, len(head))[1:])
        entry = next(
            found
            for found in _elements(head, begin, end)
            if found[0] == _ENTRY and head[slice(*_find(head, _NAME, *found[1:])[1:])].endswith(_ROOM)
        )
    except StopIteration as error:
        raise PackageError("the file has no room for its aspect ratio", where=str(path)) from error
    tracks = head[begin : entry[1]] + _rewritten(head, entry, size) + head[entry[2] : end]
    return begin, _checked(tracks)


def _rewritten(head: bytes, entry: Element, size: tuple[int, int]) -> bytes:
    """A track's payload with the room in its name given to the display size; as long as before."""
    kept = []
    for name, begin, end in _elements(head, *entry[1:]):
        payload = head[begin:end]
        if name == _VIDEO:
            parts = [_element(n, head[b:e]) for n, b, e in _elements(head, begin, end) if n not in (*_DISPLAY, _UNIT)]
            parts += [_element(n, _number(value)) for n, value in zip(_DISPLAY, size, strict=True)]
            payload = b"".join(parts)
        if name == _NAME:
            payload = payload.removesuffix(_ROOM)
        if payload:
            kept.append(_element(name, payload))
    rewritten = b"".join(kept)
    spare = entry[2] - entry[1] - len(rewritten)
    return rewritten + _element(_VOID, bytes(spare - 2))


def _checked(tracks: bytes) -> bytes:
    """The payload with its checksum, which comes first where FFmpeg wrote one, made right again."""
    if tracks[:1] != _CRC:
        return tracks
    return tracks[:2] + zlib.crc32(tracks[6:]).to_bytes(4, "little") + tracks[6:]


def _find(data: bytes, name: bytes, begin: int, end: int) -> Element:
    return next(element for element in _elements(data, begin, end) if element[0] == name)


def _elements(data: bytes, begin: int, end: int) -> Iterator[Element]:
    """The elements between two places of an EBML file (RFC 8794)."""
    at, end = begin, min(end, len(data))
    while at < end:
        id_length = 9 - data[at].bit_length()
        size_at = at + id_length
        size_length = 9 - data[size_at].bit_length()
        size = int.from_bytes(data[size_at : size_at + size_length], "big") & ((1 << 7 * size_length) - 1)
        payload = size_at + size_length
        yield data[at:size_at], payload, payload + size
        at = payload + size


def _element(name: bytes, payload: bytes) -> bytes:
    length = len(payload)
    size_length = 1 if length < 127 else 2
    return name + (length | 1 << 7 * size_length).to_bytes(size_length, "big") + payload


def _number(value: int) -> bytes:
    return value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big")
