"""What is known of a clip before a frame of it is worked on: `ClipInfo`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cleanplate.media.frame import ColourTags, PixelFormat


@dataclass(frozen=True)
class StreamInfo:
    """One stream of the file; `kind` is FFmpeg's: video, audio, subtitle, data, attachment."""

    index: int
    kind: str
    codec: str
    language: str | None = None
    disposition: tuple[str, ...] = ()


@dataclass(frozen=True)
class Chapter:
    """A named stretch of the clip, in seconds from the container's zero."""

    start: Fraction
    end: Fraction
    title: str


@dataclass(frozen=True, eq=False)
class ClipInfo:
    """What a clip is.

    Attributes:
        path: what was opened: a file, or the pattern or folder of an image sequence.
        files: the files that hold the frames; one for a video.
        codec: FFmpeg's name of the codec; ``exr`` for OpenEXR.
        height, width: of the decoded picture, in coded orientation.
        rotation: clockwise degrees (0, 90, 180, 270) that a player turns the picture by.
        sample_aspect: width over height of one sample.
        clean_aperture: (x, y, width, height) in coded pixels of what a player shows, where the file says so.
        interlaced: frames hold two fields; they are processed as frames.
        field_order: FFmpeg's two letters (``tt``, ``bb``, ``tb``, ``bt``), ``progressive`` or ``unknown``.
        time_base: seconds of one tick of `pts`.
        pts: int64, strictly increasing: when each presented frame appears, after edit lists.
        end_pts: when the last frame goes.
        rate: frames a second, nominal.
        warnings: sentences for the user.
        timecode: of the first frame, as the file writes it (``01:00:00:00``, ``;`` before drop-frame numbers).
        metadata: the container's tags.
        video_index: index of the plate among `streams`.
    """

    path: Path
    files: tuple[Path, ...]
    is_sequence: bool
    codec: str
    height: int
    width: int
    format: PixelFormat
    colour: ColourTags
    time_base: Fraction
    pts: NDArray[np.int64]
    end_pts: int
    rate: Fraction
    rotation: int = 0
    sample_aspect: Fraction = Fraction(1)
    clean_aperture: tuple[int, int, int, int] | None = None
    interlaced: bool = False
    field_order: str = "progressive"
    warnings: tuple[str, ...] = ()
    streams: tuple[StreamInfo, ...] = ()
    chapters: tuple[Chapter, ...] = ()
    timecode: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    video_index: int = 0
    container: str = ""
    profile: str | None = None

    def __len__(self) -> int:
        return len(self.pts)

    @property
    def duration(self) -> Fraction:
        """Seconds from the first frame's appearance to the last one's end."""
        return (self.end_pts - int(self.pts[0])) * self.time_base

    def seconds(self, index: int) -> Fraction:
        """When frame `index` appears, in seconds from the first frame."""
        return int(self.pts[index] - self.pts[0]) * self.time_base

    def index_at(self, seconds: Fraction) -> int:
        """The frame on show at a time counted from the first frame; the nearest one outside the clip."""
        ticks = seconds / self.time_base + int(self.pts[0])
        return max(0, int(np.searchsorted(self.pts, ticks.__floor__(), side="right")) - 1)

    @property
    def is_constant_rate(self) -> bool:
        """True when every frame lies within one tick (or 2 ms) of the nominal rate's grid."""
        grid = np.arange(len(self.pts)) / float(self.rate) / float(self.time_base)
        slack = max(1.0, 0.002 / float(self.time_base))
        return bool(np.all(np.abs(self.pts - self.pts[0] - grid) <= slack))

    @property
    def display_size(self) -> tuple[int, int]:
        """(width, height) of the picture that a player shows: clean aperture, sample aspect, rotation."""
        _, _, width, height = self._aperture
        shown = max(1, round(width * self.sample_aspect))
        return (height, shown) if self.rotation in (90, 270) else (shown, height)

    def to_coded(self, x: float, y: float) -> tuple[float, float]:
        """Display pixel -> coded pixel; pixel centres lie on whole numbers."""
        left, top, width, height = self._aperture
        shown = max(1, round(width * self.sample_aspect))
        u, v = {0: (x, y), 90: (y, height - 1 - x), 180: (shown - 1 - x, height - 1 - y), 270: (shown - 1 - y, x)}[
            self.rotation
        ]
        return (u + 0.5) * width / shown - 0.5 + left, v + top

    def to_display(self, x: float, y: float) -> tuple[float, float]:
        """Coded pixel -> display pixel; the inverse of `to_coded`."""
        left, top, width, height = self._aperture
        shown = max(1, round(width * self.sample_aspect))
        u, v = (x - left + 0.5) * shown / width - 0.5, y - top
        turned = {0: (u, v), 90: (height - 1 - v, u), 180: (shown - 1 - u, height - 1 - v), 270: (v, shown - 1 - u)}
        return turned[self.rotation]

    @property
    def _aperture(self) -> tuple[int, int, int, int]:
        return self.clean_aperture or (0, 0, self.width, self.height)

    def describe(self) -> dict[str, Any]:
        """The probe as JSON values, without the times of the frames."""
        width, height = self.display_size
        return {
            "codec": self.codec,
            "profile": self.profile,
            "container": self.container,
            "coded_size": [self.width, self.height],
            "display_size": [width, height],
            "pixel_format": self.format.name,
            "depth": self.format.depth,
            "colour": {
                "matrix": self.colour.matrix,
                "primaries": self.colour.primaries,
                "transfer": self.colour.transfer,
                "range": self.colour.range,
                "siting": self.colour.siting,
            },
            "frames": len(self.pts),
            "rate": str(self.rate),
            "constant_rate": self.is_constant_rate,
            "duration": float(self.duration),
            "time_base": str(self.time_base),
            "rotation": self.rotation,
            "sample_aspect": str(self.sample_aspect),
            "clean_aperture": list(self.clean_aperture) if self.clean_aperture else None,
            "interlaced": self.interlaced,
            "field_order": self.field_order,
            "timecode": self.timecode,
            "streams": [vars(stream) | {"disposition": list(stream.disposition)} for stream in self.streams],
            "chapters": [{"start": float(c.start), "end": float(c.end), "title": c.title} for c in self.chapters],
            "warnings": list(self.warnings),
        }
