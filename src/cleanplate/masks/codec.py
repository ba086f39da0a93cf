"""The tolerant reader: anybody's mask file, lossy or not, becomes an exact `QuadMask` on the plate's coded grid."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import repeat
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cleanplate.errors import InputError
from cleanplate.masks.labels import FAR, KEEP, REMOVE, Labels, snap
from cleanplate.masks.levels import WHAT_IS_A_MASK, Levels, holds_greys, levels_of, quarter_turns, require_grey
from cleanplate.masks.quadmask import QuadMask, QuadMaskWriter
from cleanplate.media.clip import Clip
from cleanplate.media.probe import ClipInfo
from cleanplate.progress import Progress, Silent

FAR_LIMIT = 0.05
"""Share of samples far from every label from which a file is refused as a quadmask."""
_NAMES = ("quadmask", "trimask")
_HALF = 127


class MaskKind(StrEnum):
    """What the levels of a mask file mean.

    QUADMASK: 0 remove, 63 overlap, 127 affected, 255 keep; a trimask is one without 63.
    BINARY: white (over 127) remove, black keep, as in every binary matte.
    AUTO: a quadmask if the file's name says so (quadmask, trimask) or if it has flat areas of the two greys; else
        binary if at most half of it is white; else refused, since black could mean either.
    """

    AUTO = "auto"
    QUADMASK = "quadmask"
    BINARY = "binary"


@dataclass(frozen=True)
class SnapReport:
    """How a mask file was read.

    Attributes:
        kind: what its levels were taken to mean.
        samples: number of samples read.
        far: how many of them lay 12 levels or more from every label that the kind knows.
        worst_frame, worst_far: the frame with the most such samples, and how many it has.
    """

    kind: MaskKind
    samples: int
    far: int
    worst_frame: int
    worst_far: int

    @property
    def share(self) -> float:
        """far / samples."""
        return self.far / self.samples


def read_mask_file(
    path: Path, plate: ClipInfo, out: Path, *, kind: MaskKind = MaskKind.AUTO, progress: Progress | None = None
) -> tuple[QuadMask, SnapReport]:
    """Read a mask video, image sequence or single picture (which then holds for the whole clip) for `plate`.

    Levels snap to labels at the size at which they are stored. Writes `out` and returns it opened.

    Raises:
        InputError: another size or number of frames than the plate; a picture in colour; a file whose levels are no
            labels; one that could be read two ways; one that leaves nothing to change.
    """
    with Clip.open(path) as mask:
        turns = quarter_turns(mask.info, plate)
        _require_length(mask, plate)
        require_grey(mask.frame(0).planes, mask.info)
        kind = _kind_of(mask) if kind is MaskKind.AUTO else kind
        with (
            (progress or Silent()).task("Reading the mask", len(plate.pts)) as tick,
            QuadMaskWriter(
                out, height=plate.height, width=plate.width, rate=plate.rate, time_base=plate.time_base, pts=plate.pts
            ) as writer,
        ):
            far = np.zeros(len(plate.pts), dtype=np.int64)
            for index, levels in enumerate(_over_the_plate(mask, len(plate.pts))):
                labels, far[index] = to_labels(levels, kind)
                writer.write(np.ascontiguousarray(np.rot90(labels, turns)))
                tick()
            report = _report(kind, far, plate)
            _require_sense(report, writer, path)
    return QuadMask.open(out), report


def to_labels(levels: Levels, kind: MaskKind) -> tuple[Labels, int]:
    """Labels of one frame's levels, and how many levels were far from what the kind knows."""
    if kind is MaskKind.QUADMASK:
        return snap(levels)
    labels: Labels = np.where(levels > _HALF, REMOVE, KEEP).astype(np.uint8)
    return labels, int(np.count_nonzero((levels >= FAR) & (levels <= 255 - FAR)))


def _require_length(mask: Clip, plate: ClipInfo) -> None:
    if len(mask) != len(plate.pts) and not _is_still(mask):
        raise InputError(
            f"the mask has {len(mask)} frames, the plate {len(plate.pts)}",
            where=str(mask.info.path),
            remedy="Give a mask of the plate's length, or one picture for the whole clip.",
        )


def _is_still(mask: Clip) -> bool:
    return mask.info.is_sequence and len(mask) == 1


def _kind_of(mask: Clip) -> MaskKind:
    """The kind that the name or the content shows; raises InputError when neither does."""
    if any(name in mask.info.path.stem.lower() for name in _NAMES):
        return MaskKind.QUADMASK
    white = 0.0
    for frame in mask.frames():
        levels = levels_of(frame.planes, mask.info)
        if holds_greys(levels):
            return MaskKind.QUADMASK
        white += float((levels > _HALF).mean()) / len(mask)
    if white <= 0.5:
        return MaskKind.BINARY
    raise InputError(
        f"the mask has two levels and is {white:.0%} white, so black or white could mean 'remove'",
        where=str(mask.info.path),
        remedy="Say which: --mask-kind quadmask (black goes) or --mask-kind binary (white goes).",
    )


def _over_the_plate(mask: Clip, length: int) -> Iterator[Levels]:
    if _is_still(mask):
        yield from repeat(levels_of(mask.frame(0).planes, mask.info), length)
    else:
        for frame in mask.frames():
            yield levels_of(frame.planes, mask.info)


def _report(kind: MaskKind, far: NDArray[np.int64], plate: ClipInfo) -> SnapReport:
    worst = int(far.argmax())
    samples = len(far) * plate.height * plate.width
    return SnapReport(kind, samples, int(far.sum()), worst, int(far[worst]))


def _require_sense(report: SnapReport, writer: QuadMaskWriter, path: Path) -> None:
    """Refuse what is no mask, or a mask without an edit, before anything takes its name."""
    if report.kind is MaskKind.QUADMASK and report.share > FAR_LIMIT:
        raise InputError(
            f"{report.share:.0%} of its samples are far from every label of a quadmask",
            where=str(path),
            remedy=WHAT_IS_A_MASK,
        )
    if all(summary.box is None for summary in writer.summaries):
        black = report.kind is MaskKind.BINARY
        what = (
            "is black throughout: it marks nothing to edit or to keep"
            if black
            else "keeps every pixel, so there is nothing to edit"
        )
        raise InputError(f"the mask {what}", where=str(path))
