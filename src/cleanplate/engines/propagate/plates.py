"""Clean plates made once for what no frame shows, then propagated like frames, so that nothing invented flickers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.engines.propagate.boxes import grown
from cleanplate.engines.propagate.exemplar import fill_texture
from cleanplate.engines.propagate.footage import LIVE, Footage, survey_size
from cleanplate.engines.propagate.gather import Relate, gather
from cleanplate.engines.propagate.source import TRUSTED, Source, shrink
from cleanplate.masks.track import mask_box
from cleanplate.motion.warp import Box

_CONTEXT_SHARE = 0.6
"""Surroundings to take texture from, as a share of the hole's longer side."""
_KEPT = 3
_OWN_STANDING, _OLDER_STANDING = 1.0, 0.02
_NAME = re.compile(r"plate-(\d+)-(\d+)\.npz")


def context_of(hole: NDArray[np.bool_]) -> Box:
    """A box around a hole (H x W bool) with enough surroundings to take texture from; the whole frame for no hole."""
    height, width = hole.shape
    y0, x0, y1, x1 = mask_box(hole) or (0, 0, height, width)
    return grown((y0, x0, y1, x1), round(_CONTEXT_SHARE * max(y1 - y0, x1 - x0)) + 16, height, width)


class Plates:
    """The latest clean plates, on disk as well, so that a run that goes on after a kill has the ones it had.

    Args:
        folder: where they are kept.
        start: the frame that the work goes on from; plates made for it or later are made again.
    """

    def __init__(self, footage: Footage, folder: Path, seed: int, start: int) -> None:
        self._footage, self._folder, self._seed = footage, folder, seed
        made = sorted((int(m[1]), int(m[2]), p) for p in folder.glob("plate-*.npz") if (m := _NAME.match(p.name)))
        self.sources = [self._load(frame, path) for asked, frame, path in made if asked < start][-_KEPT:]

    @property
    def frames(self) -> list[int]:
        return [source.frame for source in self.sources]

    def make(
        self, asked: int, hero: Source, box: Box, witnesses: Sequence[tuple[Source, float]], relate: Relate
    ) -> None:
        """Fill the holes in a box of the frame `hero`, first from what its witnesses show, then with texture.

        Args:
            asked: the frame that needed it.
            box: the hole with its context (`context_of`).
        """
        part = np.s_[box[0] : box[2], box[1] : box[3]]
        everyone = [*witnesses, (hero, _OWN_STANDING), *((plate, _OLDER_STANDING) for plate in self.sources)]
        known = gather(hero, box, everyone, relate, self._footage.peak)
        unseen = cv2.dilate((known.covered < 0.5).astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
        live = self._footage.roles(hero.frame)[part] == LIVE
        scaled = known.colour / np.float32(self._footage.peak)
        filled = fill_texture(scaled, unseen, seed=self._seed + asked, barred=live) * np.float32(self._footage.peak)
        colour = filled if self._footage.dtype.kind == "f" else np.rint(np.clip(filled, 0, self._footage.peak))
        path = self._folder / f"plate-{asked:08d}-{hero.frame:08d}.npz"
        partial = path.with_name(path.stem + ".partial.npz")
        np.savez(partial, colour=colour.astype(self._footage.dtype), box=np.array(box))
        partial.replace(path)
        self.sources = [*self.sources, self._load(hero.frame, path)][-_KEPT:]

    def _load(self, frame: int, path: Path) -> Source:
        with np.load(path) as stored:
            part, (y0, x0, y1, x1) = stored["colour"], stored["box"].tolist()
        height, width = self._footage.height, self._footage.width
        colour = np.zeros((height, width, part.shape[2]), part.dtype)
        trust = np.zeros((height, width), np.uint8)
        colour[y0:y1, x0:x1] = part
        trust[y0:y1, x0:x1] = TRUSTED
        return Source(frame, colour, trust, shrink(colour, survey_size(height, width)), made=True)
