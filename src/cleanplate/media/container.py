"""Opening files for writing so that the same input gives the same bytes."""

from __future__ import annotations

from pathlib import Path

import av
from av.container import OutputContainer


def bitexact_container(path: Path, container: str, **options: str) -> OutputContainer:
    """An output file of FFmpeg's muxer `container` that holds no dates, random numbers or versions of software."""
    return av.open(f"file:{path.absolute()}", "w", format=container, options={"fflags": "+bitexact", **options})
