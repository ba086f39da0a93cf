"""Streams that Matroska refuses: each goes into a file of its own beside the master, so that nothing is lost."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path

import av
from av.stream import Stream

from cleanplate.files import atomic, disk_errors
from cleanplate.media.container import bitexact_container
from cleanplate.media.door import opened
from cleanplate.media.streams import Digest, RunningDigest, codec_name, has_start_codes, timed_packets


def is_accepted(stream: Stream, container: str) -> bool:
    """True when FFmpeg's muxer `container` writes a header for a copy of this stream."""
    try:
        with av.open(BytesIO(), "w", format=container, options={"fflags": "+bitexact"}) as trial:
            trial.add_stream_from_template(stream, opaque=True)
            trial.start_encoding()
    except (ValueError, av.error.FFmpegError):
        return False
    return True


def set_aside(source: Path, index: int, folder: Path) -> tuple[Path | None, Digest]:
    """Write one stream of `source` into `folder`: a QuickTime file, or where that fails the bare payloads.

    Bare payloads (``.bin``, or a name that players know) come with an index (``.json``) of their times and sizes. A
    stream without packets leaves no file. Returns the file and the digest of what it holds.
    """
    with opened(source) as container:
        stream = container.streams[index]
        name = f"{index:02d}-{stream.type}-{codec_name(stream)}"
        bare = has_start_codes(stream)
        fits_quicktime = not bare and is_accepted(stream, "mov")
        suffix = codec_name(stream) if bare else "bin"
    if next(timed_packets(source, index), None) is None:
        return None, RunningDigest().result
    folder.mkdir(parents=True, exist_ok=True)
    with disk_errors(folder):
        if fits_quicktime:
            try:
                return _to_quicktime(source, index, folder / f"{name}.mov")
            except (av.error.InvalidDataError, av.error.ArgumentError):  # a header it could write, but not the rest
                pass
        return _to_payloads(source, index, folder / f"{name}.{suffix}")


def _to_quicktime(source: Path, index: int, file: Path) -> tuple[Path, Digest]:
    digest = RunningDigest()
    with opened(source) as template, atomic(file) as partial, bitexact_container(partial, "mov") as out:
        stream = out.add_stream_from_template(template.streams[index], opaque=True)
        for _, packet in timed_packets(source, index):
            digest.add(bytes(packet))
            packet.stream = stream
            out.mux(packet)
    return file, digest.result


def _to_payloads(source: Path, index: int, file: Path) -> tuple[Path, Digest]:
    digest = RunningDigest()
    rows = []
    with atomic(file) as partial, partial.open("wb") as payloads:
        for seconds, packet in timed_packets(source, index):
            digest.add(bytes(packet))
            payloads.write(bytes(packet))
            rows.append({"seconds": str(seconds), "bytes": packet.size})
    with atomic(file.with_suffix(".json")) as partial:
        partial.write_text(json.dumps({"source": source.name, "stream": index, "packets": rows}), encoding="utf-8")
    return file, digest.result
