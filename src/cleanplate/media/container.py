"""Opening files for writing so that the same input gives the same bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
from av.container import OutputContainer

from cleanplate.media.probe import ClipInfo


def bitexact_container(path: Path, container: str, **options: str) -> OutputContainer:
    """An output file of FFmpeg's muxer `container` that holds no dates, random numbers or versions of software."""
    return av.open(f"file:{path.absolute()}", "w", format=container, options={"fflags": "+bitexact", **options})


def durations(info: ClipInfo) -> dict[int, int]:
    """How long each frame shows, by its time counted from the first frame; both in the clip's ticks."""
    times = [int(pts - info.pts[0]) for pts in (*info.pts, info.end_pts)]
    return {time: following - time for time, following in pairwise(times)}


def lasting(packets: Iterable[av.Packet[Any]], lengths: Mapping[int, int]) -> Iterator[av.Packet[Any]]:
    """The encoder's packets with their frames' durations, which encoders forget; it shows at the end of a file."""
    for packet in packets:
        packet.duration = lengths[packet.pts or 0]
        yield packet
