"""OpenEXR out: a float plate's master, which keeps everything of its source files, and layers for compositing.

EXR holds colour premultiplied by alpha (the OpenEXR specification, "Alpha"); the straight matte lies beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cleanplate.files import atomic, disk_errors
from cleanplate.media.colour import resolve
from cleanplate.media.exr_read import read_exr
from cleanplate.media.frame import Plane
from cleanplate.media.painted import Painted, every_frame
from cleanplate.media.probe import ClipInfo


def write_exr_like(source: Path, planes: Sequence[Plane], out: Path) -> None:
    """Write the EXR file `source` again with other `planes` in its picture (as `read_exr` orders them).

    Parts, other channels, types, windows, compression and attributes stay.

    Raises:
        ValueError: planes of another size or type.
        ResourceError: the disk is full, or may not be written to.
    """
    import OpenEXR

    exr = read_exr(source)
    channels = exr.parts[exr.part].channels
    for name, old, new in zip(exr.names, exr.planes, planes, strict=True):
        if (old.shape, old.dtype) != (new.shape, new.dtype):
            raise ValueError(f"{name} of {source.name} is {old.shape} {old.dtype}, not {new.shape} {new.dtype}")
        channels[name].pixels = np.ascontiguousarray(new)
    with disk_errors(out), atomic(out) as partial:
        OpenEXR.File(list(exr.parts)).write(str(partial))


def write_exr_layers(
    painted: Iterable[Painted], info: ClipInfo, folder: Path, *, name: str = "layer", half: bool = True
) -> list[Path]:
    """Write ``name.000000.exr`` and on, numbered like the plate's frames.

    Each file has two parts: ``layer`` with R G B A, colour premultiplied, and ``matte`` with Y, the alpha alone. Values
    are the plate's own R'G'B' (light, for linear plates), because that is where the composite is made; the header's
    ``transfer`` and ``primaries`` name the coding.

    Args:
        half: store 16-bit floats; otherwise 32-bit.
    Raises:
        ResourceError: the disk is full, or may not be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    dtype = np.dtype(np.float16 if half else np.float32)
    written = []
    for index, rgb, alpha in every_frame(painted, info):
        file = folder / f"{name}.{index:06d}.exr"
        premultiplied = np.dstack([rgb * alpha[..., None], alpha]).astype(dtype)
        _write_parts(file, {"layer": ("RGBA", premultiplied), "matte": ("Y", alpha[..., None].astype(dtype))}, info)
        written.append(file)
    return written


def _write_parts(file: Path, parts: dict[str, tuple[str, NDArray[Any]]], info: ClipInfo) -> None:
    import OpenEXR

    tags = resolve(info.colour, info.format, info.height)
    header = {
        "type": OpenEXR.scanlineimage,
        "compression": OpenEXR.ZIP_COMPRESSION,
        "pixelAspectRatio": float(info.sample_aspect),
        "transfer": tags.transfer,
        "primaries": tags.primaries,
    }
    made = []
    for part, (letters, samples) in parts.items():
        channels = {letter: np.ascontiguousarray(samples[..., n]) for n, letter in enumerate(letters)}
        made.append(OpenEXR.Part(dict(header), channels, part))
    with disk_errors(file), atomic(file) as partial:
        OpenEXR.File(made).write(str(partial))
