"""Tier one: a named sprite with soft alpha over a made place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.worlds.layered.alpha import Picture, layer_between
from cleanplate.worlds.layered.clip import LayeredClip, LayeredFrame, Task, Tier
from cleanplate.worlds.layered.drift import Drift
from cleanplate.worlds.layered.exchange import exchanged
from cleanplate.worlds.layered.places import KINDS, Place, pick
from cleanplate.worlds.layered.sprites import Sprite, draw_sprite, read_sprite
from cleanplate.worlds.layered.wording import Facts, add_instruction, background_instruction, caption

_RATE = 16.0
_STILL = 0.3
"""Share of the sprites that do not move by themselves."""
_BLUR_SAMPLES = 5
"""Moments of an open shutter that are averaged."""
_SHUTTER = 0.5
HEIGHTS = {Task.ADD: (0.2, 0.6), Task.BACKGROUND: (0.5, 0.85)}
"""Of things, in shares of the frame's, from the smallest to the largest."""


@dataclass(frozen=True)
class Flight:
    """How a sprite goes: middles in shares of the frame (T x 2), heights in shares of the frame's, turns in radians."""

    middles: NDArray[np.float64]
    heights: NDArray[np.float64]
    turns: NDArray[np.float64]

    @classmethod
    def sample(cls, rng: np.random.Generator, length: int, height: float) -> Flight:
        """From one place to another, swaying, nearing or going away."""
        t = np.linspace(0, 1, length)
        start, end = rng.uniform((0.2, 0.3), (0.8, 0.7)), rng.uniform((0.2, 0.3), (0.8, 0.7))
        still = rng.random() < _STILL
        middles = start + (0 if still else 1) * (end - start) * t[:, None]
        if not still:
            middles[:, 1] += rng.uniform(0, 0.06) * np.sin(t * rng.uniform(4, 12))
        heights = height * (1 + (0 if still else rng.uniform(-0.25, 0.25)) * t)
        return cls(middles, heights, rng.uniform(-0.3, 0.3) + (0 if still else rng.uniform(-0.6, 0.6)) * t)

    def at(self, moment: float) -> tuple[NDArray[np.float64], float, float]:
        """Middle, height and turn between frames."""
        times = np.arange(len(self.heights))
        middle = np.array([np.interp(moment, times, self.middles[:, n]) for n in range(2)])
        return middle, float(np.interp(moment, times, self.heights)), float(np.interp(moment, times, self.turns))


def sample_synthetic(
    task: Task, seed: int, *, height: int, width: int, length: int, sprites: Sequence[Path] = ()
) -> LayeredClip:
    """A clip by its seed.

    Args:
        sprites: pictures to take the thing from; drawn ones otherwise.
    """
    rng = np.random.default_rng([seed, 0x1A7E])
    sprite = read_sprite(sprites[int(rng.integers(len(sprites)))]) if sprites else draw_sprite(rng)
    tall = float(rng.uniform(*HEIGHTS[task]))
    flight, drift = Flight.sample(rng, length, tall), Drift.sample(rng, length)
    first = pick(rng)
    second = pick(rng, but=first)
    shown = second if task is Task.BACKGROUND else first
    moves = float(flight.middles[-1, 0] - flight.middles[0, 0])
    where = (float(flight.middles[0, 0]), float(flight.middles[0, 1]))
    facts = Facts(sprite.noun, KINDS[shown].light, KINDS[shown].words, drift.kind, where, moves, tall)
    before = Facts(sprite.noun, KINDS[first].light, KINDS[first].words, drift.kind, where, moves, tall)
    ask = background_instruction if task is Task.BACKGROUND else add_instruction

    def draw() -> Iterator[LayeredFrame]:
        old = Place.draw(first, height, width, np.random.default_rng([seed, 1])).frames(drift, height, width)
        things = stamped(sprite, flight, length, (height, width))
        if task is Task.ADD:
            return (addition(place, thing) for place, thing in zip(old, things, strict=True))
        new = Place.draw(second, height, width, np.random.default_rng([seed, 2])).frames(drift, height, width)
        return (exchange(a, b, thing) for a, b, thing in zip(old, new, things, strict=True))

    return LayeredClip(
        task=task,
        tier=Tier.SYNTHETIC,
        seed=seed,
        rate=_RATE,
        length=length,
        subject=sprite.noun,
        instruction=ask(facts, rng),
        target_caption=caption(facts),
        source_caption=caption(before, with_thing=task is Task.BACKGROUND),
        draw=draw,
        facts={"camera": drift.kind, "motion": abs(moves), "objects": 1, "place": shown, "busy": KINDS[shown].busy},
    )


def addition(place: Picture, thing: NDArray[np.float32]) -> LayeredFrame:
    """A thing (H x W x 4, straight, 0..1) added to a place."""
    coverage = thing[..., 3]
    composite = _under(thing, place)
    edit, alpha = layer_between(place, composite, coverage)
    nothing = np.zeros(coverage.shape, np.bool_)
    return LayeredFrame(place, place, edit, alpha, composite, nothing, coverage)


def exchange(old: Picture, new: Picture, thing: NDArray[np.float32]) -> LayeredFrame:
    """The old place behind a thing (H x W x 4, straight, 0..1) changed for a new one."""
    return exchanged(_under(thing, old), np.asarray(np.rint(thing[..., :3] * 255), np.uint8), thing[..., 3], new)


def _under(thing: NDArray[np.float32], place: Picture) -> Picture:
    share = thing[..., 3:]
    return np.asarray(np.rint(np.clip(thing[..., :3] * 255 * share + (1 - share) * place, 0, 255)), np.uint8)


def stamped(sprite: Sprite, flight: Flight, length: int, size: tuple[int, int]) -> Iterator[NDArray[np.float32]]:
    """The sprite on every frame, H x W x 4 straight, blurred by its motion while the shutter is open."""
    rgba = sprite.rgba
    premultiplied = np.dstack([rgba[..., :3] * rgba[..., 3:], rgba[..., 3]]).astype(np.float32)
    for number in range(length):
        moments = number + _SHUTTER * (np.arange(_BLUR_SAMPLES) / (_BLUR_SAMPLES - 1) - 0.5)
        total = np.mean([_at_moment(premultiplied, flight, float(m), size) for m in moments], axis=0)
        alpha = np.clip(total[..., 3:], 0, 1)
        alpha = np.where(alpha < 1 / 512, 0, alpha)
        straight = np.divide(total[..., :3], alpha, out=np.zeros_like(total[..., :3]), where=alpha > 0)
        yield np.dstack([np.clip(straight, 0, 1), alpha]).astype(np.float32)


def _at_moment(
    picture: NDArray[np.float32], flight: Flight, moment: float, size: tuple[int, int]
) -> NDArray[np.float32]:
    """The premultiplied sprite on an empty frame at one moment."""
    middle, tall, turn = flight.at(moment)
    side, (height, width) = picture.shape[0], size
    factor = tall * height / side
    small = picture
    while factor < 0.5:  # halving first keeps fine detail from flickering
        small = cv2.resize(small, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        factor *= 2
    cos, sin = factor * np.cos(turn), factor * np.sin(turn)
    matrix = np.array([[cos, -sin, 0], [sin, cos, 0]])
    centre = np.array([(small.shape[1] - 1) / 2, (small.shape[0] - 1) / 2])
    matrix[:, 2] = middle * (width, height) - 0.5 - matrix[:, :2] @ centre
    return np.asarray(
        cv2.warpAffine(small, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT),
        np.float32,
    )
