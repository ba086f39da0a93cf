"""The part of a clip that is harvested, upright and small: what the removal then works on."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.masks.codec import MaskKind, read_mask_file
from cleanplate.masks.labels import affected, combine, removed
from cleanplate.masks.quadmask import index_path
from cleanplate.masks.selection import Selection
from cleanplate.media.clip import Clip
from cleanplate.media.colour import picture
from cleanplate.media.probe import ClipInfo
from cleanplate.progress import Progress
from cleanplate.worlds.formats.clips import Samples, clip_writer

Size = tuple[int, int]
"""Height and width."""


@dataclass(frozen=True)
class Cut:
    """Which frames of a clip, and at what size, upright."""

    frames: range
    size: Size


def write_plate(clip: Clip, cut: Cut, out: Path, progress: Progress) -> None:
    """Frames of a clip as R'G'B', lossless, with square pixels and the right side up."""
    info, size = clip.info, cut.size
    with (
        progress.task("Cutting out", len(cut.frames)) as tick,
        clip_writer(out, Samples.RGB, *size, rate_of(info)) as writer,
    ):
        for frame in clip.frames(cut.frames.start, cut.frames.stop):
            if info.clean_aperture is None:
                turned = size[::-1] if info.rotation in (90, 270) else size
                writer.write(_upright(picture(frame, info, turned), info, size))
            else:
                writer.write(_upright(picture(frame, info), info, size))
            tick()


def write_mask(clip: Clip, cut: Cut, mask: Path, kind: MaskKind, out: Path) -> MaskKind:
    """The same frames of a mask file, at the same size, as exact levels; returns what they mean.

    Raises:
        InputError: the mask does not go with the clip.
    """
    whole = out.with_name(f"{out.stem}.whole{out.suffix}")
    try:
        labelled, report = read_mask_file(mask, clip.info, whole, kind=kind)
        with clip_writer(out, Samples.GRAY, *cut.size, rate_of(clip.info)) as writer:
            for number in cut.frames:
                labels = labelled.at(number)
                gone, hit = (fitted(_upright(part(labels), clip.info), cut.size) for part in (removed, affected))
                binary = np.where(gone, 255, 0).astype(np.uint8)
                writer.write(binary if report.kind is MaskKind.BINARY else combine(gone, hit))
        labelled.close()
    finally:
        whole.unlink(missing_ok=True)
        index_path(whole).unlink(missing_ok=True)
    return report.kind


def on_plate(selection: Selection, info: ClipInfo, cut: Cut) -> Selection:
    """What was pointed at in the clip, on the frames and pixels that are harvested."""
    width, height = info.display_size
    down, across = cut.size[0] / height, cut.size[1] / width

    def point(x: float, y: float) -> tuple[float, float]:
        """Pixel centres lie on whole numbers."""
        return max(0.0, (x + 0.5) * across - 0.5), max(0.0, (y + 0.5) * down - 0.5)

    moved = selection.mapped(point, down)
    fields = ("clicks", "boxes", "strokes")
    return moved.model_copy(
        update={
            field: tuple(
                item.model_copy(update={"frame": item.frame - cut.frames.start}) for item in getattr(moved, field)
            )
            for field in fields
        }
    )


def rate_of(info: ClipInfo) -> Fraction:
    """Frames a second; what varies plays at its mean."""
    return info.rate.limit_denominator(1001)


def fitted(mask: NDArray[np.bool_], size: Size) -> NDArray[np.bool_]:
    """A mask at another size: a pixel is in when half of it is."""
    small = cv2.resize(mask.astype(np.float32), size[::-1], interpolation=cv2.INTER_AREA)
    return np.asarray(small >= 0.5)


def _upright(shown: NDArray[Any], info: ClipInfo, size: Size | None = None) -> NDArray[Any]:
    """What the clean aperture shows, turned as a player turns it; at `size` where that is told."""
    if info.clean_aperture is not None:
        left, top, width, height = info.clean_aperture
        shown = shown[top : top + height, left : left + width]
    turned = np.ascontiguousarray(np.rot90(shown, -info.rotation // 90))
    if size is None or turned.shape[:2] == size:
        return turned
    return np.asarray(cv2.resize(turned, size[::-1], interpolation=cv2.INTER_AREA))
