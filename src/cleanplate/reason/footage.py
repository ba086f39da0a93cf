"""The clip as the physics reasoner looks at it: small, upright, steadied, with the objects' masks beside it.

Everything lies in memory-mapped temporary files, so that memory does not grow with the clip.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.files import reserve
from cleanplate.masks.track import Mask, Track
from cleanplate.media.clip import Clip
from cleanplate.media.colour import picture
from cleanplate.motion.camera import estimate_homography, largest_shift
from cleanplate.motion.warp import IDENTITY, Homography
from cleanplate.progress import Tick
from cleanplate.reason.level import Level

LONGEST_SIDE = 640
"""Pictures are reduced to this many pixels on their longer side."""
_STILL = 0.4
"""Corner motion in pixels between two frames under which the camera counts as still: what is left is noise."""
_AGREEING = 0.4
"""Share of followed points that must agree before a camera motion is believed."""

Picture = NDArray[np.uint8]
"""h x w x 3, R'G'B'."""


@dataclass(frozen=True)
class Footage:
    """Small upright pictures of a run of frames.

    Attributes:
        frames: the presented frames that it covers; positions below count from the first of them.
        rgb: T x h x w x 3 uint8.
        owner: T x h x w uint8: 0 where no object is, k + 1 where object k is, `OUTSIDE` beyond the plate's edges.
        anchored: T homographies that send points of the first picture to each picture.
        turns: counterclockwise quarter turns that made the coded pictures upright.
        size: (height, width) of the coded grid.
        level: how the upright pictures were turned further, where gravity does not pull straight down in them.
    """

    frames: range
    rgb: NDArray[np.uint8]
    owner: NDArray[np.uint8]
    anchored: tuple[Homography, ...]
    turns: int
    size: tuple[int, int]
    level: Level | None = None

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) of a small picture."""
        return int(self.rgb.shape[1]), int(self.rgb.shape[2])

    def object(self, at: int) -> Mask:
        """h x w: where any of the objects is, or nothing is seen."""
        mask: Mask = self.owner[at] > 0
        return mask

    def between(self, a: int, b: int) -> Homography:
        """Sends points of picture `a` to picture `b`."""
        return np.asarray(self.anchored[b] @ np.linalg.inv(self.anchored[a]))

    def coded(self, mask: Mask, at: int = 0) -> Mask:
        """A small upright mask on the full coded grid, its edges smoothed by linear interpolation.

        Args:
            at: the picture that it is of; it matters where pictures are levelled one by one.
        """
        upright = mask.astype(np.float32) if self.level is None else self.level.back(mask, at)
        turned = np.ascontiguousarray(np.rot90(upright, -self.turns))
        large: Mask = cv2.resize(turned, self.size[::-1], interpolation=cv2.INTER_LINEAR) >= 0.5
        return large

    def coded_point(self, y: float, x: float, at: int = 0) -> tuple[float, float]:
        """A point (y, x) of a small upright picture on the full coded grid; `at` as above."""
        height, width = self.shape
        if self.level is not None:
            (height, width), (y, x) = self.level.shape, self.level.point(y, x, at)
        v, u = (y + 0.5) / height, (x + 0.5) / width
        for _ in range(self.turns):
            v, u = u, 1 - v
        return v * self.size[0] - 0.5, u * self.size[1] - 0.5

    def levelled(self, angles: NDArray[np.float64], aspect: float, folder: Path) -> Footage:
        """The same pictures turned so that gravity points down in each.

        Args:
            angles: T, degrees clockwise from down at which gravity pulls.
            aspect: width of an upright picture's pixel over its height.
        """
        level = Level.of(angles, self.shape, aspect)
        rgb, owner = (_scratch((len(self), *level.size, *rest), folder) for rest in ((3,), ()))
        for at in range(len(self)):
            rgb[at], owner[at] = level.picture(self.rgb[at], at), level.owner(self.owner[at], at)
        return replace(self, rgb=rgb, owner=owner, anchored=level.anchored(self.anchored), level=level)


def small_size(height: int, width: int) -> tuple[int, int]:
    """(height, width) after reduction; small pictures stay as they are."""
    scale = min(1.0, LONGEST_SIDE / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


def footage_of(
    clip: Clip, tracks: Sequence[Track], frames: range, folder: Path, tick: Tick, *, turns: int | None = None
) -> Footage:
    """Read `frames` of the clip once. Temporary files lie in `folder` and go with the result.

    Args:
        turns: counterclockwise quarter turns that make gravity point down; by default those of the file's rotation.
    """
    size = (clip.info.height, clip.info.width)
    turns = (-clip.info.rotation // 90 if turns is None else turns) % 4
    small = small_size(*size)
    pictures = (
        np.rot90(picture(frame, clip.info, size=small), turns) for frame in clip.frames(frames.start, frames.stop)
    )
    owners = (np.rot90(_owner(tracks, n, small), turns) for n in frames)
    return gather(pictures, owners, frames, folder, tick, turns=turns, size=size)


def gather(
    pictures: Iterable[NDArray[Any]],
    owners: Iterable[NDArray[Any]],
    frames: range,
    folder: Path,
    tick: Tick,
    *,
    turns: int = 0,
    size: tuple[int, int] | None = None,
) -> Footage:
    """Store upright pictures and owner maps, and steady them against the camera."""
    rgb = owner = None
    anchored: list[Homography] = []
    for at, (rgb_now, owner_now) in enumerate(zip(pictures, owners, strict=True)):
        if rgb is None or owner is None:
            rgb = _scratch((len(frames), *rgb_now.shape), folder)
            owner = _scratch((len(frames), *owner_now.shape), folder)
        rgb[at], owner[at] = rgb_now, owner_now
        step = _camera_step(rgb, owner, at) if at else IDENTITY
        anchored.append(step @ anchored[-1] if anchored else IDENTITY)
        tick()
    if rgb is None or owner is None:
        raise ValueError("no frames to reason about")
    return Footage(frames, rgb, owner, tuple(anchored), turns, size or owner.shape[1:])


def neighbours(length: int, centre: int, reach: int, count: int) -> Iterator[int]:
    """Up to `count` positions spread evenly over centre - reach .. centre + reach, inside 0 .. length - 1."""
    first, last = max(centre - reach, 0), min(centre + reach, length - 1)
    yield from sorted({round(p) for p in np.linspace(first, last, min(count, last - first + 1))})


def _camera_step(rgb: NDArray[np.uint8], owner: NDArray[np.uint8], at: int) -> Homography:
    before, now = (cv2.cvtColor(rgb[n], cv2.COLOR_RGB2GRAY) for n in (at - 1, at))
    motion = estimate_homography(before, now, usable_a=owner[at - 1] == 0, usable_b=owner[at] == 0)
    if motion.support < _AGREEING or largest_shift(motion.matrix, *before.shape) < _STILL:
        return IDENTITY
    return motion.matrix


def _owner(tracks: Sequence[Track], index: int, small: tuple[int, int]) -> NDArray[np.uint8]:
    owner = np.zeros(small, dtype=np.uint8)
    for number, track in enumerate(tracks, start=1):
        if track.box(index) is not None:
            share = cv2.resize(track.mask(index).astype(np.float32), small[::-1], interpolation=cv2.INTER_AREA)
            owner[share >= 0.5] = number
    return owner


def _scratch(shape: tuple[int, ...], folder: Path) -> NDArray[np.uint8]:
    """A uint8 array in a file without a name, which the system removes with the array."""
    with tempfile.TemporaryFile(dir=folder) as file:
        reserve(file.fileno(), math.prod(shape))
        return np.memmap(file, dtype=np.uint8, mode="w+", shape=shape)
