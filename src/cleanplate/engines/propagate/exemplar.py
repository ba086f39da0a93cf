"""Filling what no frame ever showed with texture from around it.

Patches of the hole are matched with patches of the surroundings, coarse to fine, and the hole takes the colours that
its matches vote for (Wexler et al., PAMI 2007; matching by PatchMatch, Barnes et al., SIGGRAPH 2009, here with all
pixels of a sweep at once). The finest levels are not searched: the offsets found are scaled up, and pixels copied along
them at full resolution, which keeps the texture crisp.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.motion.membrane import complete

Picture = NDArray[np.float32]
"""H x W x C."""
Mask = NDArray[np.bool_]

_RADIUS = 3
_SIDE = 2 * _RADIUS + 1
_SEARCHED_SIDE = 320
"""Longest side, in pixels, of the hole's box on the finest level that is searched."""
_COARSEST_SIDE = 24
_LEVEL_RATIO = 0.6
_NEIGHBOURS = ((0, 1), (0, -1), (1, 0), (-1, 0))
_CHUNK = 1 << 15


@dataclass
class _Field:
    """For N target pixels, the flat index of the source pixel each is matched with, and how badly (mean square)."""

    match: NDArray[np.int64]
    cost: NDArray[np.float32]


class _Level:
    """One size of the picture: its pixels as a table, which of them are targets, which may be copied."""

    def __init__(self, picture: Picture, hole: Mask, barred: Mask) -> None:
        self.height, self.width = hole.shape
        self.hole = hole
        self.table = np.ascontiguousarray(picture.reshape(-1, picture.shape[2]))
        steps = np.arange(-_RADIUS, _RADIUS + 1)
        self.around = (steps[:, None] * self.width + steps).ravel()
        inner = np.zeros_like(hole)
        inner[_RADIUS:-_RADIUS, _RADIUS:-_RADIUS] = True
        kernel = np.ones((_SIDE, _SIDE), np.uint8)
        touching = cv2.dilate(hole.astype(np.uint8), kernel).astype(bool)
        unusable = cv2.dilate((hole | barred).astype(np.uint8), kernel).astype(bool)
        self.targets = np.flatnonzero(touching & inner)
        self.sources = np.flatnonzero(inner & ~unusable)
        self.is_source = (inner & ~unusable).ravel()
        self.number = np.full(hole.size, -1, np.int64)
        self.number[self.targets] = np.arange(len(self.targets))

    def patches(self, centres: NDArray[np.int64]) -> Picture:
        """N x patch pixels x C."""
        return np.asarray(self.table[centres[:, None] + self.around])

    def improve(self, field: _Field, wanted: Picture, candidate: NDArray[np.int64]) -> None:
        """Take each pixel's candidate where it is a source and matches better."""
        safe = np.clip(candidate, 0, len(self.is_source) - 1)
        usable = np.flatnonzero((safe == candidate) & self.is_source[safe] & (candidate != field.match))
        for start in range(0, len(usable), _CHUNK):
            part = usable[start : start + _CHUNK]
            gap = self.patches(candidate[part]) - wanted[part]
            cost = np.einsum("npc,npc->n", gap, gap) / (gap.shape[1] * gap.shape[2])
            better = cost < field.cost[part]
            field.match[part[better]] = candidate[part[better]]
            field.cost[part[better]] = cost[better]

    def search(self, field: _Field, sweeps: int, rng: np.random.Generator) -> None:
        """Neighbours' matches, then random places ever nearer to one's own."""
        wanted = self.patches(self.targets)
        field.cost[:] = np.inf
        own, field.match = field.match, np.full_like(field.match, -1)
        self.improve(field, wanted, own)
        for _ in range(sweeps):
            for stride in (4, 1):
                for dy, dx in _NEIGHBOURS:
                    step = (dy * self.width + dx) * stride
                    neighbour = self.number[np.clip(self.targets + step, 0, self.hole.size - 1)]
                    self.improve(field, wanted, np.where(neighbour >= 0, field.match[neighbour] - step, -1))
            reach = max(self.height, self.width)
            while reach >= 1:
                jump = rng.integers(-reach, reach + 1, (2, len(self.targets)))
                y = np.clip(field.match // self.width + jump[0], 0, self.height - 1)
                x = np.clip(field.match % self.width + jump[1], 0, self.width - 1)
                self.improve(field, wanted, y * self.width + x)
                reach //= 3

    def vote(self, field: _Field, certainty: NDArray[np.float32]) -> None:
        """Give every hole pixel the mean of what the patches over it propose, good and outer patches counting more."""
        centres = np.flatnonzero(self.hole.ravel())
        inside = centres[self.number[centres] >= 0]
        spread = max(float(np.percentile(field.cost, 75)), 1e-6)
        weight_of = np.exp(-field.cost / (2 * spread)) * certainty
        total = np.zeros(len(inside), np.float32)
        colour = np.zeros((len(inside), self.table.shape[1]), np.float32)
        for step in self.around:
            by = self.number[inside + step]
            weight = np.where(by >= 0, weight_of[by], 0).astype(np.float32)
            proposal = np.clip(field.match[by] - step, 0, len(self.table) - 1)
            colour += weight[:, None] * self.table[proposal]
            total += weight
        good = total > 0
        self.table[inside[good]] = colour[good] / total[good, None]

    def outer_first(self) -> NDArray[np.float32]:
        """Certainty of each target: falls with its distance from the known."""
        depth = cv2.distanceTransform(self.hole.astype(np.uint8), cv2.DIST_L2, 3).ravel()[self.targets]
        return np.asarray(1.3 ** -np.minimum(depth, 60), np.float32)

    def picture(self) -> Picture:
        return self.table.reshape(self.height, self.width, -1)


def fill_texture(picture: Picture, hole: Mask, *, seed: int, barred: Mask | None = None) -> Picture:
    """Fill `hole` with texture from around it.

    Args:
        picture: H x W x C float32, any scale; values in the hole are ignored.
        hole: H x W bool.
        barred: H x W bool, places that keep their colours but may not be copied from.
    Returns:
        the picture with the hole filled; exactly the same elsewhere. A picture without anything to copy from is filled
        with the membrane of its known pixels.
    """
    smooth = complete(picture, ~hole)
    if not hole.any() or hole.all():
        return smooth
    barred = np.zeros_like(hole) if barred is None else barred
    rng = np.random.default_rng(seed)
    finest = _finest_scale(hole)
    offsets: NDArray[np.float32] | None = None
    small: Picture | None = None
    for scale in _scales(hole, finest):
        size = (max(_SIDE + 2, round(hole.shape[1] * scale)), max(_SIDE + 2, round(hole.shape[0] * scale)))
        level = _level(smooth, hole, barred, size, small)
        if not len(level.sources) or not len(level.targets):
            continue
        field = _begin(level, offsets, rng)
        certainty = level.outer_first()
        for sweep in range(3 if scale == finest else 6):
            level.search(field, 2 if sweep == 0 else 1, rng)
            level.vote(field, certainty)
        small, offsets = level.picture(), _offsets(level, field)
    if offsets is None:
        return smooth
    return _copy_along(picture, smooth, hole, offsets)


def _finest_scale(hole: Mask) -> float:
    ys, xs = np.nonzero(hole)
    return float(min(1.0, _SEARCHED_SIDE / (1 + max(np.ptp(ys), np.ptp(xs)))))


def _scales(hole: Mask, finest: float) -> list[float]:
    """From the coarsest level to the finest, by a constant ratio."""
    side = min(hole.shape) * finest
    count = max(0, int(np.ceil(np.log(_COARSEST_SIDE / side) / np.log(_LEVEL_RATIO)))) if side > _COARSEST_SIDE else 0
    return [finest * _LEVEL_RATIO**n for n in range(count, -1, -1)]


def _level(smooth: Picture, hole: Mask, barred: Mask, size: tuple[int, int], coarser: Picture | None) -> _Level:
    """The level of `size` (width, height); its hole begins as the coarser level's answer."""
    picture = _shrunk(smooth, size)
    part = cv2.resize(hole.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0
    bars = cv2.resize(barred.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0
    if coarser is not None:
        picture = np.where(
            part[..., None], _channels(cv2.resize(coarser, size, interpolation=cv2.INTER_CUBIC)), picture
        )
    return _Level(picture.astype(np.float32), part, bars)


def _begin(level: _Level, offsets: NDArray[np.float32] | None, rng: np.random.Generator) -> _Field:
    """Matches to start from: the coarser level's offsets, or random sources."""
    match = rng.choice(level.sources, len(level.targets))
    if offsets is not None:
        ratio = np.array([level.height / offsets.shape[0], level.width / offsets.shape[1]], np.float32)
        grown = cv2.resize(offsets, (level.width, level.height), interpolation=cv2.INTER_NEAREST) * ratio
        step = np.rint(grown.reshape(-1, 2)[level.targets]).astype(np.int64)
        y, x = level.targets // level.width + step[:, 0], level.targets % level.width + step[:, 1]
        inside = (y >= 0) & (y < level.height) & (x >= 0) & (x < level.width)
        place = np.where(inside, y * level.width + x, 0)
        match = np.where(inside & level.is_source[place], place, match)
    return _Field(match, np.full(len(match), np.inf, np.float32))


def _offsets(level: _Level, field: _Field) -> NDArray[np.float32]:
    """H x W x 2 (dy, dx) of every target, zero elsewhere."""
    step = np.zeros((level.hole.size, 2), np.float32)
    step[level.targets, 0] = field.match // level.width - level.targets // level.width
    step[level.targets, 1] = field.match % level.width - level.targets % level.width
    return step.reshape(level.height, level.width, 2)


def _copy_along(picture: Picture, smooth: Picture, hole: Mask, offsets: NDArray[np.float32]) -> Picture:
    """Copy full-resolution pixels along the small picture's offsets, blending over seams and towards the rim."""
    height, width = hole.shape
    ratio = np.array([height / offsets.shape[0], width / offsets.shape[1]])
    reach = max(2, round(2 * float(ratio.max())))
    rim = cv2.dilate(hole.astype(np.uint8), np.ones((2 * reach + 1,) * 2, np.uint8)).astype(bool)
    ys, xs = np.nonzero(rim)
    low_y = (ys + 0.5) / ratio[0] - 0.5
    low_x = (xs + 0.5) / ratio[1] - 0.5
    total = np.zeros(len(ys), np.float32)
    colour = np.zeros((len(ys), picture.shape[2]), np.float32)
    for dy in (0, 1):
        for dx in (0, 1):
            y = np.floor(low_y).astype(int) + dy
            x = np.floor(low_x).astype(int) + dx
            weight = (1 - np.abs(low_y - y)) * (1 - np.abs(low_x - x))
            step = offsets[np.clip(y, 0, offsets.shape[0] - 1), np.clip(x, 0, offsets.shape[1] - 1)]
            from_y = np.rint(ys + step[:, 0] * ratio[0]).astype(int)
            from_x = np.rint(xs + step[:, 1] * ratio[1]).astype(int)
            usable = (step != 0).any(axis=1) & (from_y >= 0) & (from_y < height) & (from_x >= 0) & (from_x < width)
            from_y, from_x = np.clip(from_y, 0, height - 1), np.clip(from_x, 0, width - 1)
            usable &= ~hole[from_y, from_x]
            weight = np.where(usable, weight, 0).astype(np.float32)
            total += weight
            colour += weight[:, None] * picture[from_y, from_x]
    copied, known = smooth.copy(), np.zeros_like(hole)
    good = total > 1e-3
    copied[ys[good], xs[good]] = colour[good] / total[good, None]
    known[ys[good], xs[good]] = True
    step_at_rim = complete((picture - copied).astype(np.float32), known & ~hole)
    return np.where(hole[..., None], np.where(known[..., None], copied + step_at_rim, smooth), picture).astype(
        np.float32
    )


def _shrunk(picture: Picture, size: tuple[int, int]) -> Picture:
    return _channels(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))


def _channels(picture: NDArray[np.float32]) -> Picture:
    """OpenCV drops the last axis of one-channel pictures; give it back."""
    return picture if picture.ndim == 3 else picture[..., None]
