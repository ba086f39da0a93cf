"""The first stage of an addition or a change of background: where anything may change."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from cleanplate.edit.manifest import RegionRecord
from cleanplate.edit.package import REGION
from cleanplate.edit.region import BoxRegion, PermittedRegion, QuadMaskRegion, whole_frame
from cleanplate.errors import InputError, UsageError
from cleanplate.masks.codec import MaskKind, read_mask_file
from cleanplate.masks.labels import combine, removed
from cleanplate.masks.quadmask import QuadMask, QuadMaskWriter, index_path
from cleanplate.masks.track import Mask, MaskBox
from cleanplate.media.clip import Clip
from cleanplate.media.probe import ClipInfo
from cleanplate.pipeline.edits import Add, ReplaceBackground
from cleanplate.pipeline.make import Prepared
from cleanplate.pipeline.protocols import Scene
from cleanplate.pipeline.removal import edit_frames
from cleanplate.pipeline.workshop import Workshop
from cleanplate.progress import Progress

_GIVEN, _KEPT = "given.mkv", "kept.mkv"
_NO_INSTRUCTION = 'Say what you want to see: cleanplate add CLIP "a red balloon that rises behind the wall".'


class Permission:
    """Runs the stage in a workshop. A region mask says what may change, a keep mask what may not; both may be given."""

    def __init__(self, shop: Workshop, clip: Clip, edit: Add | ReplaceBackground, progress: Progress) -> None:
        if not edit.instruction.strip():
            raise UsageError("the instruction is empty", remedy=_NO_INSTRUCTION)
        self._shop, self._clip, self._edit, self._progress = shop, clip, edit, progress
        self._file = edit.region if isinstance(edit, Add) else None
        box = edit.box if isinstance(edit, Add) else None
        if box is not None and self._file is not None:
            raise UsageError("a region is a mask or a box, not both", remedy="Leave one of them out.")
        self._box = None if box is None else coded_box(box, clip.info)
        self._frames = edit_frames(edit, clip)

    def prepared(self) -> Prepared:
        """The scene, and its region as a box where that says it all."""
        frames, info = self._frames, self._clip.info
        span = frames.start, frames.stop - 1
        if self._file is not None or self._edit.keep_mask is not None:
            region: PermittedRegion = QuadMaskRegion(self._masked())
            return self._as(region, RegionRecord(kind="mask", file=REGION, frames=span), self._shop.key("region"))
        if self._box is not None:
            region = BoxRegion(info.height, info.width, self._box, frames)
            return self._as(region, RegionRecord(kind="box", box=self._box, frames=span), [*self._box, *span])
        return self._as(whole_frame(info.height, info.width, frames), RegionRecord(kind="frame", frames=span), span)

    def _as(self, region: PermittedRegion, record: RegionRecord, key: object) -> Prepared:
        scene = Scene(self._clip, region=region, masked=record.kind != "frame")
        edit = self._edit.model_dump(mode="json", include={"kind", "instruction", "negative"})
        return Prepared(scene, record, {"region": key, "edit": edit})

    def _masked(self) -> QuadMask:
        """The region as a mask, written by its stage."""
        inputs = {
            "plate": self._clip.source_hash,
            "region": _identity(self._file),
            "keep": _identity(self._edit.keep_mask),
            "box": self._box,
            "frames": [self._frames.start, self._frames.stop],
        }

        def work() -> Mapping[str, Any]:
            self._write(self._read(self._file, _GIVEN), self._read(self._edit.keep_mask, _KEPT))
            return {}

        names = [REGION, index_path(Path(REGION)).name]
        self._shop.stage("region", inputs, names, work, spent=[_GIVEN, _KEPT])
        return QuadMask.open(self._path(REGION))

    def _read(self, file: Path | None, name: str) -> QuadMask | None:
        if file is None:
            return None
        info = self._clip.info
        return read_mask_file(file, info, self._path(name), kind=MaskKind.BINARY, progress=self._progress)[0]

    def _write(self, given: QuadMask | None, kept: QuadMask | None) -> None:
        info = self._clip.info
        within = BoxRegion(info.height, info.width, self._box or (0, 0, info.height, info.width), self._frames)
        writing = QuadMaskWriter(
            self._path(REGION),
            height=info.height,
            width=info.width,
            rate=info.rate,
            time_base=info.time_base,
            pts=info.pts,
        )
        with self._progress.task("Region", len(info)) as tick, writing as writer:
            for number in range(len(info)):
                writer.write(_labels(within.at(number), given, kept, number))
                tick()
            if all(summary.box is None for summary in writer.summaries):
                raise InputError(
                    "the masks leave nothing to edit",
                    where=str(self._file or self._edit.keep_mask),
                    remedy="White may change in a region, and stays in a keep mask: is one of them turned round?",
                )

    def _path(self, name: str) -> Path:
        return self._shop.folder / name


def coded_box(box: tuple[float, float, float, float], info: ClipInfo) -> MaskBox:
    """A box of display pixels, ends exclusive, on the coded grid. Raises InputError where the picture ends before."""
    width, height = info.display_size
    x0, y0, x1, y1 = max(box[0], 0), max(box[1], 0), min(box[2], width), min(box[3], height)
    if x1 - x0 < 1 or y1 - y0 < 1:
        raise InputError(
            f"the region {','.join(f'{side:g}' for side in box)} holds no pixel of the picture",
            remedy=f"The picture goes from 0,0 to {width},{height} as displayed.",
        )
    corners = np.array([info.to_coded(x0 - 0.5, y0 - 0.5), info.to_coded(x1 - 0.5, y1 - 0.5)]) + 0.5
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    slack = 1e-6
    return (
        max(0, math.floor(top + slack)),
        max(0, math.floor(left + slack)),
        min(info.height, math.ceil(bottom - slack)),
        min(info.width, math.ceil(right - slack)),
    )


def _labels(within: Mask, given: QuadMask | None, kept: QuadMask | None, number: int) -> Any:
    allowed = within
    if given is not None:
        allowed = allowed & removed(given.at(number))
    if kept is not None:
        allowed = allowed & ~removed(kept.at(number))
    return combine(allowed, np.zeros_like(allowed))


def _identity(mask: Path | None) -> list[str] | None:
    if mask is None:
        return None
    with Clip.open(mask) as file:
        return [mask.name, file.source_hash]
