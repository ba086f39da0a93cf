"""A stored layer with another matte: refined along the plate's edges, or shrunk to whole chroma footprints."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from cleanplate.edit.composite import siting_of
from cleanplate.edit.layer import Layer, LayerWriter
from cleanplate.edit.matte import chroma_safe, refine_matte
from cleanplate.edit.patch import Patch
from cleanplate.edit.region import PermittedRegion
from cleanplate.media.clip import Clip
from cleanplate.media.colour import luma8
from cleanplate.media.frame import Frame, Siting
from cleanplate.progress import Progress


@dataclass(frozen=True)
class MatteChange:
    """What to do to a matte.

    Attributes:
        refine: fit its edge to the plate's luma edges, inside the permitted region.
        chroma_safe: shrink it so that no chroma sample is shared between layer and plate.
    """

    refine: bool = False
    chroma_safe: bool = False

    def __bool__(self) -> bool:
        return self.refine or self.chroma_safe


def rewrite_matte(
    layer: Layer,
    clip: Clip,
    region: PermittedRegion,
    folder: Path,
    *,
    change: MatteChange,
    progress: Progress,
) -> Layer:
    """Write `layer` to `folder` with its matte changed; colours stay. Resumable, as every layer is."""
    info = clip.info
    with progress.task("Refining the matte", len(layer)) as tick, LayerWriter(folder, info) as writer:
        for number, patches in layer:
            if number >= writer.next_frame:
                frame = clip.frame(number)
                changed = [_rematted(p, frame, clip, region, change) for p in patches]
                writer.write(number, changed)
            tick()
        return writer.close()


def _rematted(patch: Patch, frame: Frame, clip: Clip, region: PermittedRegion, change: MatteChange) -> Patch:
    height, width = clip.info.height, clip.info.width
    y0, x0, y1, x1 = patch.box
    alpha = np.zeros((height, width), dtype=np.uint16)
    alpha[y0:y1, x0:x1] = patch.alpha
    if change.refine:
        alpha = refine_matte(alpha, luma8(frame, clip.info), region.at(frame.index))
        # Colour is known only where the engine made some.
        known = np.zeros((height, width), dtype=np.bool_)
        known[y0:y1, x0:x1] = patch.alpha > 0
        alpha[~known] = 0
    if change.chroma_safe:
        alpha = chroma_safe(alpha, clip.info.format, siting_of(clip.info) or Siting.LEFT)
    return replace(patch, alpha=alpha[y0:y1, x0:x1])
