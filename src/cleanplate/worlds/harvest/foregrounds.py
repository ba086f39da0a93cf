"""Matted clips that the user has (VideoMatte240K's folders, say), laid over made places or harvested clean plates."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.errors import CleanplateError, InputError
from cleanplate.files import disk_errors
from cleanplate.masks.levels import levels_of
from cleanplate.media.clip import Clip
from cleanplate.media.colour import picture
from cleanplate.worlds.formats.clips import rgb_of
from cleanplate.worlds.harvest.job import CANDIDATES
from cleanplate.worlds.layered.alpha import Picture
from cleanplate.worlds.layered.clip import LayeredClip, LayeredFrame, Task, Tier
from cleanplate.worlds.layered.drift import Drift
from cleanplate.worlds.layered.job import write_clip
from cleanplate.worlds.layered.places import KINDS, Place, pick
from cleanplate.worlds.layered.synthetic import addition, exchange
from cleanplate.worlds.layered.wording import Facts, add_instruction, background_instruction, caption
from cleanplate.worlds.produce import Made, Stopwatch

COLOUR, MATTE = "fgr", "pha"
_NOUN = "person"
"""What is called by a number, as in VideoMatte240K, is a person."""


@dataclass(frozen=True)
class Foreground:
    """A matted clip: straight colours and their alpha, in step."""

    colour: Path
    matte: Path
    size: tuple[int, int]
    frames: int

    @property
    def noun(self) -> str:
        """What its file is called by, where that is a word."""
        words = re.findall(r"[^\W\d_]+", self.colour.stem if self.colour.is_file() else self.colour.name)
        return " ".join(words).lower() or _NOUN


def find_foregrounds(folder: Path) -> list[Foreground]:
    """Every pair of ``fgr/NAME`` and ``pha/NAME`` in a folder or below, by name; clips or folders of frames.

    Raises:
        InputError: none, one without its other half, or two that are not of one size and length.
    """
    found = []
    for colours in sorted(place for place in folder.rglob(COLOUR) if place.is_dir()):
        mattes = {_stem(path): path for path in _clips(colours.with_name(MATTE))}
        for path in _clips(colours):
            if _stem(path) not in mattes:
                raise InputError("this foreground has no matte", where=str(path), remedy=f"It belongs into {MATTE}/.")
            found.append(_pair(path, mattes[_stem(path)]))
    if not found:
        remedy = f"Give the folder that holds {COLOUR}/ and {MATTE}/, each with clips or folders of frames."
        raise InputError("there are no foregrounds here", where=str(folder), remedy=remedy)
    return found


@dataclass(frozen=True)
class ForegroundJob:
    """One foreground over one background.

    Attributes:
        clean: a clean plate to lie over; None draws a place.
        height, length: of the layered clip, at most those of the foreground.
    """

    foreground: Foreground
    task: Task
    clean: Path | None
    out: Path
    height: int
    length: int
    seed: int
    lossy: bool = False

    def make(self) -> Made:
        """Write the candidate; what cannot be made is told by its file, and stops no other."""
        try:
            with disk_errors(self.out):
                return write_clip(self.clip(), self.out / CANDIDATES, watch=Stopwatch(), lossy=self.lossy)
        except CleanplateError as error:
            return Made(str(self.foreground.colour), skipped=str(error))

    def clip(self) -> LayeredClip:
        """The foreground added to its background, or the background behind it changed for another."""
        thing, number = self.foreground, self._number()
        height = min(self.height, thing.size[0] // 2 * 2)
        size = height, round(height * thing.size[1] / thing.size[0] / 2) * 2
        length = min(self.length, thing.frames)
        rng = np.random.default_rng([number, 0xF06E])
        drift = Drift.sample(rng, length)
        first = pick(rng)
        second = pick(rng, but=first)
        asked = second if self.task is Task.BACKGROUND else first
        facts = [_facts(thing.noun, kind, drift, self.clean if kind == first else None) for kind in (first, asked)]

        def place(kind: str, stream: int) -> Iterator[Picture]:
            if kind == first and self.clean is not None:
                return islice(_to_and_fro(self.clean, size), length)
            return Place.draw(kind, *size, np.random.default_rng([number, stream])).frames(drift, *size)

        def draw() -> Iterator[LayeredFrame]:
            things = islice(_things(thing, size), length)
            if self.task is Task.ADD:
                return (addition(*both) for both in zip(place(first, 1), things, strict=True))
            return (exchange(*all_) for all_ in zip(place(first, 1), place(second, 2), things, strict=True))

        word = background_instruction if self.task is Task.BACKGROUND else add_instruction
        return LayeredClip(
            task=self.task,
            tier=Tier.SYNTHETIC,
            seed=number,
            rate=_rate(thing),
            length=length,
            subject=thing.noun,
            instruction=word(facts[1], rng),
            target_caption=caption(facts[1]),
            source_caption=caption(facts[0], with_thing=self.task is Task.BACKGROUND),
            draw=draw,
            facts={
                "camera": facts[1].camera,
                "place": asked,
                "clip": f"{thing.colour.parent.name}/{thing.colour.name}",
            },
        )

    def _number(self) -> int:
        """Hangs on what is laid over what, not on where it lies."""
        told: list[object] = [str(self.task), self.height, self.length, self.seed]
        for path in (self.foreground.colour, self.foreground.matte, *([self.clean] if self.clean else [])):
            with Clip.open(path) as clip:
                told.append(clip.source_hash)
        return int(hashlib.sha256(repr(told).encode()).hexdigest()[:9], 16)


def jobs_over(
    foregrounds: Sequence[Foreground],
    clean: Sequence[Path],
    out: Path,
    *,
    height: int,
    length: int,
    seed: int,
    lossy: bool = False,
) -> list[ForegroundJob]:
    """One job a foreground: additions and background changes by turns, over drawn places and clean plates by turns."""
    grounds: list[Path | None] = [None, *clean]
    tasks = (Task.ADD, Task.BACKGROUND)
    return [
        ForegroundJob(
            one, tasks[(n + seed) % 2], grounds[(n // 2 + seed) % len(grounds)], out, height, length, seed, lossy
        )
        for n, one in enumerate(foregrounds)
    ]


def _things(thing: Foreground, size: tuple[int, int]) -> Iterator[NDArray[np.float32]]:
    """H x W x 4 straight, 0..1; shrunk premultiplied, so that no colour from beyond the edge comes in."""
    with Clip.open(thing.colour) as colours, Clip.open(thing.matte) as mattes:
        for colour, matte in zip(colours.frames(), mattes.frames(), strict=True):
            alpha = levels_of(matte.planes, mattes.info).astype(np.float32)[..., None] / 255
            premultiplied = np.dstack([picture(colour, colours.info).astype(np.float32) / 255 * alpha, alpha])
            small = np.asarray(cv2.resize(premultiplied, size[::-1], interpolation=cv2.INTER_AREA))
            share = small[..., 3:]
            straight = np.divide(small[..., :3], share, out=np.zeros_like(small[..., :3]), where=share > 1 / 512)
            yield np.dstack([np.clip(straight, 0, 1), np.where(share > 1 / 512, share, 0)]).astype(np.float32)


def _to_and_fro(clean: Path, size: tuple[int, int]) -> Iterator[Picture]:
    """A clip without end, filling frames of a size: forwards, backwards, and again."""
    with Clip.open(clean) as clip:
        last = max(1, len(clip) - 1)
        for number in count():
            frame = clip.frame(min(last - abs(last - number % (2 * last)), len(clip) - 1))
            yield _filling(rgb_of(frame, clip.info), size)


def _filling(shown: Picture, size: tuple[int, int]) -> Picture:
    """Scaled to cover a size, the middle cut out."""
    height, width = shown.shape[:2]
    scale = max(size[0] / height, size[1] / width)
    covering = max(size[1], round(width * scale)), max(size[0], round(height * scale))
    large = cv2.resize(shown, covering, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    top, left = (large.shape[0] - size[0]) // 2, (large.shape[1] - size[1]) // 2
    return np.asarray(large[top : top + size[0], left : left + size[1]])


def _facts(noun: str, kind: str, drift: Drift, clean: Path | None) -> Facts:
    if clean is not None:
        return Facts(noun, "the light of the scene", "the scene as it was filmed", "as filmed", (0.5, 0.5), 0.0, 0.8)
    return Facts(noun, KINDS[kind].light, KINDS[kind].words, drift.kind, (0.5, 0.5), 0.0, 0.8)


def _pair(colour: Path, matte: Path) -> Foreground:
    with Clip.open(colour) as a, Clip.open(matte) as b:
        shapes = [(len(clip), clip.info.height, clip.info.width) for clip in (a, b)]
        if shapes[0] != shapes[1]:
            told = " and ".join(f"{length} frames of {width}x{height}" for length, height, width in shapes)
            raise InputError(f"foreground and matte differ: {told}", where=str(matte))
    return Foreground(colour, matte, shapes[0][1:], shapes[0][0])


def _rate(thing: Foreground) -> float:
    with Clip.open(thing.colour) as clip:
        return float(clip.info.rate)


def _clips(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if not path.name.startswith(".")) if folder.is_dir() else []


def _stem(path: Path) -> str:
    return path.name if path.is_dir() else path.stem
