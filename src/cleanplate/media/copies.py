"""How each stream beside the picture travels into the master: copied, turned into what Matroska holds, or set aside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.container import OutputContainer
from av.stream import AttachmentStream, Stream

from cleanplate.media.aside import is_accepted, set_aside
from cleanplate.media.streams import (
    Digest,
    RunningDigest,
    codec_name,
    has_start_codes,
    is_attached_picture,
    payload_reader,
    quicktime_text,
    timed_packets,
)

_OF_THE_TRACK = ("encoder", "duration", "vendor_id", "bps", "number_of_", "_statistics")
_COVERS = {"mjpeg": ("cover.jpg", "image/jpeg"), "png": ("cover.png", "image/png"), "bmp": ("cover.bmp", "image/bmp")}


@dataclass(frozen=True)
class DeliveredStream:
    """What became of one stream of the source.

    Attributes:
        source_index: its number in the source.
        index: its number in the master, or None where Matroska refuses it.
        file: where it was set aside, or None; both None for a stream that holds nothing.
        converted: the text was kept and its styles were not (QuickTime text becomes SRT).
        digest: of the payloads that were copied, as `media.streams.stream_digests` computes it on either file.
    """

    source_index: int
    kind: str
    codec: str
    digest: Digest
    index: int | None = None
    file: Path | None = None
    converted: bool = False


class Copy:
    """One stream of `source` on its way into `master`; made before the master's header is written."""

    def __init__(self, stream: Stream, source: Path, master: OutputContainer) -> None:
        self._source, self._digest = source, RunningDigest()
        self._index, self._kind, self._codec = stream.index, stream.type, codec_name(stream)
        self._payload = payload_reader(stream)
        self._track: Stream | None = None
        self._attachment: Stream | None = None
        if isinstance(stream, AttachmentStream):
            self._attach(
                master, stream.name or "attachment", stream.mimetype or "application/octet-stream", stream.data
            )
        elif is_attached_picture(stream) and self._codec in _COVERS:
            _, packet = next(timed_packets(source, stream.index))
            self._attach(master, *_COVERS[self._codec], bytes(packet))
        elif self._is_text:
            self._track = master.add_mux_stream("subrip")
        elif not has_start_codes(stream) and is_accepted(stream, "matroska"):
            self._track = master.add_stream_from_template(stream, opaque=True)
        if self._track is not None:
            self._track.metadata.update(track_tags(stream.metadata))
            self._track.disposition = stream.disposition

    @property
    def _is_text(self) -> bool:
        return self._codec == "mov_text"

    @property
    def start(self) -> Fraction | None:
        """When the stream's first packet appears in the source; None where it does not flow into the master."""
        first = next(timed_packets(self._source, self._index), None) if self._track is not None else None
        return None if first is None else first[0]

    def _attach(self, master: OutputContainer, name: str, mimetype: str, data: bytes) -> None:
        self._attachment = master.add_attachment(name, mimetype, data)
        self._digest.add(data)

    def packets(self, offset: Fraction) -> Iterator[tuple[Fraction, av.Packet[Any]]]:
        """(seconds in the master, packet) in order; nothing where the stream does not flow into the master."""
        if self._track is None:
            return
        for seconds, packet in timed_packets(self._source, self._index):
            payload = self._payload(bytes(packet))
            if not payload:
                continue
            self._digest.add(payload)
            moved = _text_packet(packet) if self._is_text else packet
            shift = round(offset / (packet.time_base or 1))
            moved.pts = (packet.pts or 0) + shift
            moved.dts = None if packet.dts is None else packet.dts + shift
            moved.stream = self._track
            yield seconds + offset, moved

    def delivered(self, extra: Path) -> DeliveredStream:
        """What became of the stream, once the master is written; sets it aside in `extra` where it could not go in."""
        arrived = self._track or self._attachment
        row = DeliveredStream(self._index, self._kind, self._codec, self._digest.result, converted=self._is_text)
        if arrived is not None:
            return replace(row, index=arrived.index)
        file, digest = set_aside(self._source, self._index, extra)
        return replace(row, file=file, digest=digest)


def track_tags(tags: dict[str, str]) -> dict[str, str]:
    """A track's tags without those that muxers write themselves, and counts of what the track once held."""
    return {name: value for name, value in tags.items() if not name.lower().startswith(_OF_THE_TRACK)}


def _text_packet(packet: av.Packet[Any]) -> av.Packet[Any]:
    text: av.Packet[Any] = av.Packet(quicktime_text(bytes(packet)))
    text.time_base, text.duration = packet.time_base, packet.duration
    return text
