"""Who made which region of the quadmask: a picture in the makers' colours, and a coarse map for pointing at."""

from __future__ import annotations

import colorsys
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.masks.parts import REMOVED, Part
from cleanplate.masks.track import Mask
from cleanplate.report.sheet import Picture, Sheet

MAP_SIDE = 96
"""Samples on the longer side of the map."""
_TURN = 0.381966
"""Of the colour circle from one removed object to the next: the golden section keeps any number of them apart."""
_RED = 0.99
_KINDS = {REMOVED: "removed"}

Colour = tuple[int, int, int]


def colours(parts: Sequence[Part]) -> dict[str, Colour]:
    """R'G'B' 0..255 by part: a hue for each removed object, and the same paler, turned a little, for what it causes."""
    roots = list(dict.fromkeys(part.root for part in parts))
    chosen = {}
    for root in roots:
        family = [part for part in parts if part.root == root]
        for rank, part in enumerate(family):
            hue = (_RED + roots.index(root) * _TURN + 0.045 * rank) % 1
            rgb = colorsys.hls_to_rgb(hue, 0.55 + 0.25 * rank / max(len(family) - 1, 1), 0.75)
            chosen[part.id] = tuple(round(255 * level) for level in rgb)
    return {ident: (red, green, blue) for ident, (red, green, blue) in chosen.items()}


class Makers:
    """Gathers the parts of the shown frames.

    Args:
        sheet: how the plate is shown.
    """

    def __init__(self, parts: Sequence[Part], sheet: Sheet) -> None:
        self._parts, self._sheet = parts, sheet
        self._colours = colours(parts)
        self._number = {part.id: number for number, part in enumerate(parts)}
        height, width = sheet.coded
        share = min(1.0, MAP_SIDE / max(height, width))
        self._size = max(1, round(height * share)), max(1, round(width * share))
        self._sets: dict[tuple[int, ...], int] = {(): 0}
        self._maps: dict[str, int] = {}
        self._frames: list[int] = []

    def add(self, masks: Mapping[str, Mask]) -> Picture:
        """Take in one frame's masks (coded size, by part); its picture on the sheet's smaller grid, black for nobody.

        Where several made a region their colours are mixed.
        """
        self._frames.append(self._maps.setdefault(self._map(masks), len(self._maps)))
        size = self._sheet.coded_half
        total, count = np.zeros((*size, 3), np.float32), np.zeros(size, np.float32)
        for ident, mask in masks.items():
            there = _sized(mask, size)
            total += there[..., None] * np.asarray(self._colours[ident], np.float32)
            count += there
        mixed: Picture = np.rint(total / np.maximum(count, 1)[..., None]).astype(np.uint8)
        return mixed

    @property
    def payload(self) -> dict[str, Any]:
        """JSON values: the makers; the sets of them that claim something; each distinct map as runs of set and length,
        row by row of the upright picture; and the map of each shown frame."""
        names = {part.id: part.name for part in self._parts}
        rows, columns = self._sheet.upright(np.empty(self._size)).shape
        return {
            "makers": [
                {
                    "name": part.name,
                    "kind": _KINDS.get(part.kind, part.kind),
                    "cause": names.get(part.caused_by, ""),
                    "root": names.get(part.root, part.root),
                    "colour": "#{:02x}{:02x}{:02x}".format(*self._colours[part.id]),
                }
                for part in self._parts
            ],
            "size": [rows, columns],
            "sets": [list(members) for members in self._sets],
            "maps": list(self._maps),
            "frames": self._frames,
        }

    def _map(self, masks: Mapping[str, Mask]) -> str:
        claimed = np.zeros((len(self._parts), *self._size), np.bool_)
        for ident, mask in masks.items():
            claimed[self._number[ident]] = _sized(mask, self._size)
        upright = np.stack([self._sheet.upright(layer) for layer in claimed]).reshape(len(self._parts), -1).T
        runs = np.flatnonzero(np.any(np.diff(upright, axis=0), axis=1)) + 1
        edges = [0, *runs.tolist(), len(upright)]
        words = []
        for start, stop in pairwise(edges):
            members = tuple(np.flatnonzero(upright[start]).tolist())
            words.append(f"{self._sets.setdefault(members, len(self._sets))}:{stop - start}")
        return " ".join(words)


def _sized(mask: Mask, size: tuple[int, int]) -> NDArray[np.bool_]:
    return np.asarray(cv2.resize(mask.astype(np.uint8), size[::-1], interpolation=cv2.INTER_NEAREST) > 0)
