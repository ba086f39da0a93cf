"""The streams beside the picture: their packets in order of time, and digests that show they were copied whole."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.stream import AttachmentStream, Stream

from cleanplate.media.door import opened

_ADTS_SYNC = 0xFFF0
ELEMENTARY = ("h264", "hevc")
"""Codecs whose bare payloads are a file of their own, where they have start codes."""


@dataclass(frozen=True)
class Digest:
    """SHA-256, in hexadecimal, over the payloads of a stream's packets one after another, and how many there are.

    Cutting the same bytes into packets elsewhere, as containers do with PCM, leaves the hash as it is.
    """

    sha256: str
    packets: int


class RunningDigest:
    """A `Digest` in the making."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._packets = 0

    def add(self, payload: bytes) -> None:
        self._hash.update(payload)
        self._packets += 1

    @property
    def result(self) -> Digest:
        return Digest(self._hash.hexdigest(), self._packets)


def codec_name(stream: Stream) -> str:
    """FFmpeg's name of the codec, or ``unknown`` for data that has none."""
    context = stream.codec_context  # None for data and attachments, whatever the stubs say
    return context.codec.canonical_name if context is not None else "unknown"


def payload_reader(stream: Stream) -> Callable[[bytes], bytes]:
    """What of a stream's packets is content, whatever the container wraps around it.

    AAC loses the ADTS header that streaming containers put before each packet; QuickTime text keeps its UTF-8 text,
    which is all that SRT can hold.
    """
    unwrappers = {"aac": _without_adts, "mov_text": quicktime_text}
    return unwrappers.get(codec_name(stream), bytes)


def _without_adts(packet: bytes) -> bytes:
    if len(packet) < 7 or int.from_bytes(packet[:2], "big") & 0xFFF6 != _ADTS_SYNC:
        return packet
    return packet[7 if packet[1] & 1 else 9 :]


def quicktime_text(packet: bytes) -> bytes:
    """The UTF-8 text of a QuickTime text sample; its styles follow it."""
    return packet[2 : 2 + int.from_bytes(packet[:2], "big")]


def has_start_codes(stream: Stream) -> bool:
    """True for H.264 and HEVC as MPEG streams hold them, which QuickTime and Matroska would rewrite (Annex B)."""
    return codec_name(stream) in ELEMENTARY and (stream.codec_context.extradata or b"\0")[:1] != b"\1"


def is_attached_picture(stream: Stream) -> bool:
    """True for cover art, which containers list among the videos."""
    return bool(stream.disposition & av.stream.Disposition.attached_pic)


def stream_digests(path: Path, indices: Collection[int] | None = None) -> dict[int, Digest]:
    """Digests of the streams of a file with these indices (None: of all), read in one pass without decoding.

    Raises:
        InputError: not a container that is read here.
    """
    with opened(path) as container:
        chosen = [s for s in container.streams if indices is None or s.index in indices]
        running = {stream.index: RunningDigest() for stream in chosen}
        readers = {stream.index: payload_reader(stream) for stream in chosen}
        for stream in chosen:
            if isinstance(stream, AttachmentStream):
                running[stream.index].add(stream.data)
        flowing = [stream for stream in chosen if not isinstance(stream, AttachmentStream)]
        if flowing:
            for packet in container.demux(flowing):
                if packet.size and (payload := readers[packet.stream_index](bytes(packet))):
                    running[packet.stream_index].add(payload)
        return {index: digest.result for index, digest in running.items()}


def timed_packets(path: Path, index: int) -> Iterator[tuple[Fraction, av.Packet[Stream]]]:
    """(seconds, packet) of one stream in the order of the file, each with a time: its own or the end of the last."""
    with opened(path) as container:
        stream = container.streams[index]
        following = 0
        for packet in container.demux(stream):
            if not packet.size:
                continue
            if packet.pts is None:
                packet.pts = following if packet.dts is None else packet.dts
            following = packet.pts + (packet.duration or 0)
            yield packet.pts * (packet.time_base or Fraction(1)), packet
