"""The layer as 16-bit RGBA PNG images with straight alpha, one a frame."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from cleanplate.errors import ResourceError
from cleanplate.files import atomic, disk_errors
from cleanplate.media.painted import Painted, every_frame
from cleanplate.media.probe import ClipInfo

_PEAK = 65535


def write_png_sequence(painted: Iterable[Painted], info: ClipInfo, folder: Path, *, name: str = "layer") -> list[Path]:
    """Write ``name.000000.png`` and on, numbered like the plate's frames; values are the plate's R'G'B'.

    Raises:
        ResourceError: the disk is full, or may not be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for index, rgb, alpha in every_frame(painted, info):
        bgra = np.dstack([rgb[..., ::-1], alpha])
        codes = np.rint(np.clip(bgra, 0, 1) * _PEAK).astype(np.uint16)
        file = folder / f"{name}.{index:06d}.png"
        encoded, data = cv2.imencode(".png", codes)
        if not encoded:
            raise ResourceError("an image could not be encoded", where=str(file))
        with disk_errors(file), atomic(file) as partial:
            partial.write_bytes(data.tobytes())
        written.append(file)
    return written
