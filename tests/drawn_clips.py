"""A tiny drawn clip: a red box slides over a still, textured ground. Masks of the box go with it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

HEIGHT, WIDTH, FRAMES = 48, 64, 6
RATE = 25
BOX_HEIGHT, BOX_WIDTH = 14, 12
_TOP, _LEFT, _STEP = 17, 6, 5
_RED = (220, 40, 30)

Pixels = NDArray[np.uint8]


def box_at(number: int) -> tuple[int, int, int, int]:
    """Where the box stands on a frame: y0, x0, y1, x1."""
    left = _LEFT + _STEP * number
    return _TOP, left, _TOP + BOX_HEIGHT, left + BOX_WIDTH


def middle(number: int) -> str:
    """The box's middle as the command line writes a point."""
    y0, x0, y1, x1 = box_at(number)
    return f"{(x0 + x1) // 2},{(y0 + y1) // 2}"


def ground(size: tuple[int, int] = (HEIGHT, WIDTH)) -> Pixels:
    """What lies behind the box, as RGB."""
    rng = np.random.default_rng(0)
    noise = cv2.GaussianBlur(rng.integers(0, 256, (*size, 3), dtype=np.uint8), (0, 0), 2)
    return np.asarray(np.clip(noise.astype(np.int16) * 2 - 128, 20, 235), np.uint8)


def picture(number: int, size: tuple[int, int] = (HEIGHT, WIDTH)) -> Pixels:
    """Frame `number` as RGB."""
    image = ground(size)
    y0, x0, y1, x1 = box_at(number)
    image[y0:y1, x0:x1] = _RED
    return image


def quadmask_labels(number: int, size: tuple[int, int] = (HEIGHT, WIDTH)) -> Pixels:
    """0 over the box and a pixel around it, 127 over what would be its shadow, 63 where both meet, 255 elsewhere."""
    labels = np.full(size, 255, np.uint8)
    y0, x0, y1, x1 = box_at(number)
    labels[y1 - 3 : y1 + 5, x0:x1] = 127
    inside = labels[y0 - 1 : y1 + 1, max(x0 - 1, 0) : x1 + 1]
    inside[...] = np.where(inside == 127, 63, 0)
    return labels


def binary_mask(number: int, size: tuple[int, int] = (HEIGHT, WIDTH)) -> Pixels:
    """255 over the box and a pixel around it, 0 elsewhere."""
    mask = np.zeros(size, np.uint8)
    y0, x0, y1, x1 = box_at(number)
    mask[y0 - 1 : y1 + 1, max(x0 - 1, 0) : x1 + 1] = 255
    return mask


def write_all(folder: Path) -> Path:
    """plate.mp4, quadmask.mkv and binary.mkv in a folder, which is returned."""
    write_plate(folder / "plate.mp4")
    write_quadmask(folder / "quadmask.mkv", range(FRAMES))
    write_binary(folder / "binary.mkv", range(FRAMES))
    return folder


def write_plate(path: Path, frames: int = FRAMES, *, size: tuple[int, int] = (HEIGHT, WIDTH)) -> Path:
    """The clip as H.264."""
    return write_video(path, (picture(n, size) for n in range(frames)), "libx264", "yuv420p", {"crf": "12"})


def write_quadmask(path: Path, frames: Iterable[int], size: tuple[int, int] = (HEIGHT, WIDTH)) -> Path:
    """The quadmask of these frames, lossless."""
    return write_video(path, (quadmask_labels(n, size) for n in frames), "ffv1", "gray", {})


def write_binary(path: Path, frames: Iterable[int], size: tuple[int, int] = (HEIGHT, WIDTH)) -> Path:
    """The binary mask of these frames, lossless."""
    return write_video(path, (binary_mask(n, size) for n in frames), "ffv1", "gray", {})


def write_video(
    path: Path, pictures: Iterable[Pixels], codec: str, pixels: str, options: dict[str, str], *,
    times: Sequence[int] | None = None,
) -> Path:  # fmt: skip
    """Encode RGB or gray pictures; `times` are milliseconds, for a varying rate."""
    stream: Any = None
    with av.open(str(path), "w") as out:
        for number, image in enumerate(pictures):
            if stream is None:
                stream = out.add_stream(codec, rate=1000 if times else RATE, options=options)
                stream.height, stream.width, stream.pix_fmt = *image.shape[:2], pixels
            frame = av.VideoFrame.from_ndarray(image, "rgb24" if image.ndim == 3 else "gray")
            frame = frame.reformat(format=pixels)
            frame.pts = times[number] if times else number
            out.mux(stream.encode(frame))
        if stream is not None:
            out.mux(stream.encode(None))
    return path
