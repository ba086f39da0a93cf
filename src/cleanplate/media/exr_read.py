"""OpenEXR plates: the picture's channels as float planes, with everything else of the file kept for writing it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from cleanplate.errors import InputError
from cleanplate.media.door import local_file
from cleanplate.media.frame import ColourTags, Family, PixelFormat, Plane
from cleanplate.media.limits import Limits

Window = tuple[int, int, int, int]
"""x0, y0, x1, y1, inclusive, as EXR headers have it."""

# CIE xy of red, green, blue and white, as the chromaticities attribute lists them; names are FFmpeg's.
_PRIMARIES = {
    "bt709": (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290),
    "bt2020": (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, 0.3127, 0.3290),
    "smpte432": (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.3127, 0.3290),
}


@dataclass(frozen=True, eq=False)
class Exr:
    """One EXR file in memory.

    Attributes:
        planes: R G B [A] or Y [A], float16 or float32, on the data window's grid.
        names: the channel that each plane comes from, such as ``R`` or ``beauty.R``.
        part: index of the part that holds them.
        parts: the file's parts (`OpenEXR.Part`) with all channels and headers; put new pixels into
            ``parts[part].channels[name].pixels`` and write with ``OpenEXR.File(parts).write``.
        format: what the planes hold: ``exr-half`` or ``exr-float``.
        data_window, display_window: of that part.
    """

    planes: tuple[Plane, ...]
    names: tuple[str, ...]
    part: int
    parts: Sequence[Any]
    format: PixelFormat
    data_window: Window
    display_window: Window

    @property
    def header(self) -> Mapping[str, Any]:
        """The header of the part that holds the picture."""
        header: Mapping[str, Any] = self.parts[self.part].header
        return header

    @property
    def layout(self) -> tuple[object, ...]:
        """What must be equal in all images of one sequence."""
        return self.names, self.part, self.format, self.data_window, self.display_window


def read_exr(file: Path, *, limits: Limits | None = None) -> Exr:
    """Read a whole EXR file.

    Raises:
        InputError: not an EXR file, cut short, deep, subsampled, of integers, or without one clear picture in it.
    """
    import OpenEXR

    local_file(file)
    try:
        headers = [part.header for part in OpenEXR.File(str(file), header_only=True).parts]
        for header in headers:
            x0, y0, x1, y1 = _window(header["dataWindow"])
            (limits or Limits()).check_size(x1 - x0 + 1, y1 - y0 + 1, str(file))
        names, part = _picture([[channel.name for channel in header["channels"]] for header in headers], file)
        parts = OpenEXR.File(str(file), separate_channels=True).parts
    except (RuntimeError, ValueError, TypeError) as error:
        raise _damaged(file) from error
    if len(parts) != len(headers):  # OpenEXR drops a part that it cannot read to its end
        raise _damaged(file)
    channels = [parts[part].channels[name] for name in names]
    planes = tuple(channel.pixels for channel in channels)
    types = {plane.dtype for plane in planes}
    if len(types) != 1 or types & {np.dtype(np.uint32)} or any(c.xSampling != 1 or c.ySampling != 1 for c in channels):
        raise InputError(
            "its colour channels are not all half or all float at full resolution",
            where=str(file),
            remedy="Export it as RGB half or float.",
        )
    alpha = len(names) in (2, 4)
    family = Family.RGB if len(names) > 2 else Family.GRAY
    half = types == {np.dtype(np.float16)}
    fmt = PixelFormat("exr-half" if half else "exr-float", family, 16 if half else 32, has_alpha=alpha, is_float=True)
    header = headers[part]
    return Exr(planes, names, part, parts, fmt, _window(header["dataWindow"]), _window(header["displayWindow"]))


def _picture(parts: list[list[str]], file: Path) -> tuple[tuple[str, ...], int]:
    """Names of the channels that make the picture, and their part: RGB, else Y, else the only layer with RGB."""
    candidates = [
        (tuple(prefix + letter for letter in letters), number)
        for letters in (("R", "G", "B"), ("Y",))
        for number, names in enumerate(parts)
        for prefix in sorted({name.rpartition(".")[0] and name.rpartition(".")[0] + "." for name in names})
        if {prefix + letter for letter in letters} <= set(names)
    ]
    plain = [candidate for candidate in candidates if "." not in candidate[0][0]]
    chosen = plain[:1] or candidates
    if len(chosen) != 1:
        layers = ", ".join(sorted({name for names in parts for name in names}))
        what = "several layers and no main picture" if chosen else "no RGB or Y channels"
        raise InputError(f"the EXR file has {what} ({layers})", where=str(file), remedy="Export one layer as R, G, B.")
    names, number = chosen[0]
    alpha = names[0][: -len(names[0].rpartition(".")[2])] + "A"
    return (*names, *([alpha] if alpha in parts[number] else [])), number


def _window(box: tuple[Any, Any]) -> Window:
    (x0, y0), (x1, y1) = box
    return int(x0), int(y0), int(x1), int(y1)


def _damaged(file: Path) -> InputError:
    return InputError("this is not a whole EXR image that can be read", where=str(file), remedy="Render it again.")


def exr_colour(exr: Exr) -> ColourTags:
    """Linear light; primaries where the chromaticities attribute names known ones."""
    stated = exr.header.get("chromaticities")
    primaries = next(
        (name for name, xy in _PRIMARIES.items() if stated is not None and np.allclose(stated, xy, atol=1e-3)),
        "unknown",
    )
    return ColourTags(matrix="gbr", primaries=primaries, transfer="linear", range="full")


def exr_rate(exr: Exr) -> Fraction | None:
    """Frames a second, where the header says."""
    stated = exr.header.get("framesPerSecond")
    return Fraction(stated) if stated else None


def exr_aperture(exr: Exr) -> tuple[int, int, int, int] | None:
    """(x, y, width, height) of the display window inside the data window, or None when they are the same."""
    if exr.data_window == exr.display_window:
        return None
    data, shown = exr.data_window, exr.display_window
    x0, y0 = max(data[0], shown[0]), max(data[1], shown[1])
    x1, y1 = min(data[2], shown[2]), min(data[3], shown[3])
    if x1 < x0 or y1 < y0:
        return None
    return x0 - data[0], y0 - data[1], x1 - x0 + 1, y1 - y0 + 1
