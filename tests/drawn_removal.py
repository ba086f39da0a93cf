"""A drawn clip of any length with its quadmask: a red box goes to and fro, and drags a patch of light along."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from drawn_clips import ground

Pixels = NDArray[np.uint8]
SIZE = (48, 80)
ONSET = 6
"""Frame from which the light is affected."""
_RED, _PERIOD = (220, 40, 30), 40


def write_clip(folder: Path, frames: int, *, size: tuple[int, int] = SIZE, rate: int = 12, **more: Any) -> Path:
    """`plate.mkv` and `quadmask.mkv` in a folder, which is returned.

    Args:
        more: `pixels`, the plate's format; `masks`, frames of the quadmask; `still`, frames on which it keeps all;
            `onset`, in place of `ONSET`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    backdrop, still = ground(size), more.get("still", ())
    onset, marked = more.get("onset", ONSET), range(more.get("masks", frames))
    masks = (np.full(size, 255, np.uint8) if n in still else labels(n, size, onset) for n in marked)
    pictures = (picture(n, backdrop, onset) for n in range(frames))
    _write(folder / "plate.mkv", pictures, rate, more.get("pixels", "yuv420p"))
    _write(folder / "quadmask.mkv", masks, rate, "gray")
    return folder


def picture(number: int, backdrop: Pixels, onset: int = ONSET) -> Pixels:
    """RGB."""
    image = backdrop.copy()
    y0, x0, y1, x1 = _box(number, (backdrop.shape[0], backdrop.shape[1]))
    if number >= onset:
        lit = image[y1 : y1 + 6, x0:x1]
        lit[...] = np.clip(lit.astype(np.int16) + 60, 0, 255)
    image[y0:y1, x0:x1] = _RED
    return image


def labels(number: int, size: tuple[int, int] = SIZE, onset: int = ONSET) -> Pixels:
    """0 over the box, 127 over the light from `onset` on, 63 where both meet, 255 elsewhere."""
    made = np.full(size, 255, np.uint8)
    y0, x0, y1, x1 = _box(number, size)
    made[y0 - 1 : y1 + 1, x0 - 1 : x1 + 1] = 0
    if number >= onset:
        made[y1 + 1 : y1 + 7, x0 - 2 : x1 + 2] = 127
        made[y1 : y1 + 1, x0 - 1 : x1 + 1] = 63
    return made


def _box(number: int, size: tuple[int, int]) -> tuple[int, int, int, int]:
    rows, columns = size
    left = round((0.5 - 0.35 * np.cos(2 * np.pi * number / _PERIOD)) * (columns - 14)) + 1
    top = rows // 3
    return top, left, top + 12, left + 10


def _write(path: Path, pictures: Iterable[Pixels], rate: int, pixels: str) -> None:
    with av.open(str(path), "w") as out:
        stream: Any = None
        for number, image in enumerate(pictures):
            if stream is None:
                stream = out.add_stream("ffv1", rate=rate)
                stream.height, stream.width, stream.pix_fmt = image.shape[0], image.shape[1], pixels
            frame = av.VideoFrame.from_ndarray(image, "rgb24" if image.ndim == 3 else "gray").reformat(format=pixels)
            frame.pts = number
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
