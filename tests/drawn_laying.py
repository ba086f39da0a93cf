"""A small plate and its counterfactual: a box slides past a ball and takes it along; without the box the ball stays.

Both are known at the plate's size and rate. What a model would have drawn is the truth made small, at its beats, with
the marks of a codec on it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.engines.void.framing import Framing, whole
from cleanplate.engines.void.timing import Span
from cleanplate.masks.labels import AFFECTED, KEEP, REMOVE, Labels
from cleanplate.masks.quadmask import QuadMask, QuadMaskWriter
from cleanplate.media import siting as chroma
from cleanplate.media.clip import Clip
from cleanplate.media.colour import resolve, rgb_to_codes
from cleanplate.media.ffv1 import Ffv1Writer
from cleanplate.media.formats import pixel_format
from cleanplate.media.frame import ColourTags, Siting

Real = NDArray[np.float32]
FACTOR = 3
"""The plate's size over the model's."""


@dataclass
class Shown:
    """Pictures in memory, as `engines.void.lay` takes drawn ones."""

    pictures: list[Real]

    def __len__(self) -> int:
        return len(self.pictures)

    def at(self, place: int) -> Real:
        return self.pictures[place]


@dataclass(frozen=True)
class Story:
    """What happens, in pictures of H x W x 3, R'G'B' in 0..1.

    Attributes:
        pan: pixels a frame.
        speed: of the box, in parts of the width a frame.
        step: frames of the plate a beat.
    """

    height: int = 192
    width: int = 288
    frames: int = 9
    step: int = 2
    pan: float = 0.0
    speed: float = 0.012
    grain: float = 0.0
    gridded: bool = False
    grounds: dict[int, Real] = field(default_factory=dict)

    def ground(self, frame: int) -> Real:
        """Texture with detail that the model's grid does not hold."""
        if 0 not in self.grounds:
            size, rng = (self.height + 64, self.width + 64), np.random.default_rng(5)
            parts = [(1.0, 0.04), (2.5, 0.05), (9.0, 0.1)]
            noises = [cv2.GaussianBlur(rng.normal(0, 1, (*size, 3)).astype(np.float32), (0, 0), s) for s, _ in parts]
            mixed = sum(noise / noise.std() * part for noise, (_, part) in zip(noises, parts, strict=True))
            self.grounds[0] = np.clip(0.5 + np.asarray(mixed, np.float32), 0.05, 0.95)
        shift = np.array([[1, 0, 32 + self.pan * frame], [0, 1, 32]], np.float32)
        return cv2.warpAffine(  # type: ignore[no-any-return]
            self.grounds[0], shift, (self.width, self.height), flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
        )

    def truth(self, frame: int) -> Real:
        """Without the box the ball rolls on."""
        return self._with_ball(self.ground(frame), self.width * (0.3 + 0.03 * frame))

    def plate(self, frame: int) -> Real:
        """The box stops it, and hides some of the ground."""
        shown = self._with_ball(self.ground(frame), self.width * min(0.3 + 0.03 * frame, 0.36))
        y0, x0, y1, x1 = self._box(frame)
        shown[y0:y1, x0:x1] = (0.7, 0.2, 0.15)
        rng = np.random.default_rng([7, frame])
        return np.clip(shown + rng.normal(0, self.grain, shown.shape), 0, 1).astype(np.float32)

    def labels(self, frame: int) -> Labels:
        labels = np.full((self.height, self.width), KEEP, np.uint8)
        ways = np.abs(self.truth(frame) - self.ground(frame)) + np.abs(
            self._with_ball(self.ground(frame), self.width * min(0.3 + 0.03 * frame, 0.36)) - self.ground(frame)
        )
        labels[cv2.dilate(ways.max(axis=2), np.ones((9, 9), np.uint8)) > 0.01] = AFFECTED
        if self.gridded:
            labels[self.height // 8 : 7 * self.height // 8, self.width // 8 : 7 * self.width // 8] = AFFECTED
        y0, x0, y1, x1 = self._box(frame)
        labels[y0 - 2 : y1 + 2, x0 - 2 : x1 + 2] = REMOVE
        return labels

    def _box(self, frame: int) -> tuple[int, int, int, int]:
        left = round(self.width * (0.55 - self.speed * frame))
        return self.height // 2, left, self.height // 2 + self.height // 5, left + self.width // 9

    def _with_ball(self, ground: Real, x: float) -> Real:
        radius, y = self.height / 12, self.height * 0.6
        ys, xs = np.mgrid[: self.height, : self.width]
        cover = np.clip(radius - np.hypot(xs - x, ys - y) + 0.5, 0, 1)[..., None]
        shade = 0.25 + 0.5 * np.clip((xs - x + radius) / (2 * radius), 0, 1)[..., None] * np.array([1.0, 0.9, 0.3])
        return np.asarray(ground + cover * (shade - ground), np.float32)


@dataclass(frozen=True)
class Take:
    """A story on disk."""

    story: Story
    clip: Clip
    quadmask: QuadMask
    span: Span
    framing: Framing

    def drawn(self, marks: Callable[[Real, int], Real] | None = None) -> Shown:
        """What a model would have drawn at the beats; `marks` puts a codec's marks on it."""
        y0, x0, y1, x1 = self.framing.box
        size = self.framing.size.coded[::-1]
        small = [
            cv2.resize(self.story.truth(n)[y0:y1, x0:x1], size, interpolation=cv2.INTER_AREA) for n in self.span.frames
        ]
        marked = [marks(one, place) if marks else one for place, one in enumerate(small)]
        return Shown([self.framing.size.upright(np.asarray(one, np.float32)) for one in marked])


def take(folder: Path, story: Story, format_name: str = "yuv420p", framing: Framing | None = None, **clip: Any) -> Take:
    """Write plate and quadmask; the span is all of it."""
    plate = write_plate(folder / "plate.mkv", [story.plate(n) for n in range(story.frames)], format_name, **clip)
    with QuadMaskWriter(
        folder / "quadmask.mkv", height=story.height, width=story.width, rate=plate.info.rate
    ) as writer:
        for n in range(story.frames):
            writer.write(story.labels(n))
    beats = tuple(sorted({*range(0, story.frames, story.step), story.frames - 1}))
    pixels = story.height * story.width // FACTOR**2
    framing = framing or whole(plate.info, pixels, (2, 2))
    return Take(story, plate, QuadMask.open(folder / "quadmask.mkv"), Span(beats, 0, 5), framing)


def write_plate(
    path: Path, pictures: Sequence[Real], format_name: str, tags: ColourTags | None = None, **clip: Any
) -> Clip:
    """R'G'B' pictures as a lossless file of any format."""
    fmt, (height, width) = pixel_format(format_name), pictures[0].shape[:2]
    known = resolve(tags or ColourTags(), fmt, height)
    base, rate = Fraction(1, 24), Fraction(24)
    with Ffv1Writer(path, fmt, height, width, colour=known, time_base=base, rate=rate, **clip) as writer:
        for n, picture in enumerate(pictures):
            codes = rgb_to_codes(picture, fmt, known)
            planes = [
                chroma.downsample(codes[..., c], fmt, known.siting or Siting.LEFT)
                if fmt.is_subsampled(c)
                else codes[..., c]
                for c in range(fmt.components)
            ]
            writer.write(tuple(np.rint(np.clip(plane, 0, fmt.peak)).astype(fmt.dtype) for plane in planes), n)
    return Clip.open(path)


def codec(strength: float = 0.006, blur: float = 0.6) -> Callable[[Real, int], Real]:
    """Marks of a codec: a little blur, and noise in blocks of 8, fine and coarse."""

    def marked(picture: Real, place: int) -> Real:
        rng = np.random.default_rng([11, place])
        soft = cv2.GaussianBlur(picture, (0, 0), blur)
        height, width = picture.shape[:2]
        fine = cv2.GaussianBlur(rng.normal(0, 1, picture.shape).astype(np.float32), (0, 0), 0.8)
        coarse = rng.normal(0, 1, (-(-height // 8), -(-width // 8), 3)).astype(np.float32)
        large = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
        noise = fine / fine.std() + 0.5 * large
        return np.asarray(np.clip(soft + strength * noise, 0, 1), np.float32)

    return marked
