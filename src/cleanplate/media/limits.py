"""How large a plate may be. What lies beyond is refused at the door, before any memory is asked for it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from cleanplate.errors import InputError


@dataclass(frozen=True)
class Limits:
    """Bounds on one clip.

    Attributes:
        side: pixels of the longer side.
        pixels: pixels of one frame.
        frames: presented frames.
        seconds: duration.
    """

    side: int = 12_288
    pixels: int = 12_288 * 8_640
    frames: int = 2_000_000
    seconds: int = 24 * 3600

    def check_size(self, width: int, height: int, where: str) -> None:
        """Raise InputError when a frame has no area or is too large."""
        if width < 1 or height < 1:
            raise InputError(
                "the video has no picture size", where=where, remedy="The file is damaged; export it again."
            )
        if max(width, height) > self.side or width * height > self.pixels:
            raise InputError(
                f"frames of {width}x{height} are over the limit of {self.side} pixels a side "
                f"and {self.pixels / 1e6:.0f} megapixels",
                where=where,
                remedy="Scale or crop the clip first.",
            )

    def check_length(self, frames: int, seconds: Fraction, where: str) -> None:
        """Raise InputError when a clip is too long."""
        if frames > self.frames or seconds > self.seconds:
            raise InputError(
                f"{frames} frames over {float(seconds):.0f} s are over the limit of {self.frames} frames "
                f"and {self.seconds} s",
                where=where,
                remedy="Cut the clip to the shot first.",
            )
