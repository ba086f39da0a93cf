"""What layered clips are put together of, each kept by itself, so that a little of everything makes very many clips.

A *thing* is a sprite on its way. A *shoot* is some places under one camera. A *take* is a rendered scene with and
without its things, and two places that follow its camera.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Self, TypeVar
from zipfile import BadZipFile

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.errors import InputError
from cleanplate.files import atomic
from cleanplate.worlds.layered.alpha import edit_colour, layer_between
from cleanplate.worlds.layered.clip import Task
from cleanplate.worlds.layered.drift import Drift
from cleanplate.worlds.layered.places import KINDS, Place
from cleanplate.worlds.layered.rendered import Filming
from cleanplate.worlds.layered.sprites import draw_sprite
from cleanplate.worlds.layered.synthetic import HEIGHTS, Flight, stamped
from cleanplate.worlds.layered.wording import Facts

Film = NDArray[np.uint8]
"""T x H x W x 3, or without colours."""
_FINER = 2
"""Places are drawn so many times finer: what has pixels of its own looks as it does in a large clip made small."""
_PLACES = 3
_AGAIN = "Delete it: it is made again when it is needed."
_MOST_THINGS = 3


@dataclass(frozen=True)
class Thing:
    """A sprite on its way.

    Attributes:
        rgba: T x H x W x 4, straight.
        facts: noun, where, moves and size; place and camera are those of the shoot that it is laid over.
    """

    rgba: Film
    facts: Facts

    @classmethod
    def make(cls, task: Task, seed: int, size: tuple[int, int], length: int) -> Self:
        """By its seed, as `sample_synthetic` draws things."""
        rng = np.random.default_rng([seed, 0x7416])
        sprite, tall = draw_sprite(rng), float(rng.uniform(*HEIGHTS[task]))
        flight = Flight.sample(rng, length, tall)
        rgba = np.stack([np.rint(frame * 255).astype(np.uint8) for frame in stamped(sprite, flight, length, size)])
        start, end = flight.middles[0], flight.middles[-1]
        facts = Facts(sprite.noun, "", "", "", (float(start[0]), float(start[1])), float(end[0] - start[0]), tall)
        return cls(rgba, facts)


@dataclass(frozen=True)
class Shoot:
    """Several kinds of place under one camera.

    Attributes:
        places: K x T x H x W x 3.
        kinds: of them.
    """

    places: Film
    kinds: tuple[str, ...]
    camera: str

    @classmethod
    def make(cls, seed: int, size: tuple[int, int], length: int) -> Self:
        """By its seed."""
        rng = np.random.default_rng([seed, 0x5400])
        drift = Drift.sample(rng, length)
        kinds = tuple(str(kind) for kind in rng.choice(list(KINDS), _PLACES, replace=False))
        large = size[0] * _FINER, size[1] * _FINER
        drawn = [
            Place.draw(kind, *large, np.random.default_rng([seed, n])).frames(drift, *large)
            for n, kind in enumerate(kinds)
        ]
        return cls(np.stack([shrunk(frames, size) for frames in drawn]), kinds, drift.kind)


@dataclass(frozen=True)
class Take:
    """A rendered scene.

    Attributes:
        empty: without its things.
        edit, alpha: the layer that adds them, with the shadows that they cast.
        colour, coverage: the things by themselves, straight.
        places, kinds: two others that follow the camera.
        facts: of the scene as it was filmed.
    """

    empty: Film
    edit: Film
    alpha: Film
    colour: Film
    coverage: Film
    places: Film
    kinds: tuple[str, ...]
    facts: Facts

    @classmethod
    def make(cls, seed: int, size: tuple[int, int], length: int) -> Self:
        """By its seed. Nothing is blurred by motion: at a small size it is hardly seen, and costs three times more."""
        rng = np.random.default_rng([seed, 0x7A4E])
        things = int(rng.integers(1, _MOST_THINGS + 1))
        film = Filming.sample(rng, things=things, seed=seed, size=size, length=length)
        kinds = tuple(str(kind) for kind in rng.choice(list(KINDS), 2, replace=False))
        tracks = zip(*map(_layers, film.frames()), strict=True)
        empty, edit, alpha, colour, coverage = (np.stack(track) for track in tracks)
        places = np.stack([np.stack(list(film.places(kind))) for kind in kinds])
        return cls(empty, edit, alpha, colour, coverage, places, kinds, film.facts)


Stock = Thing | Shoot | Take
S = TypeVar("S", Thing, Shoot, Take)


def save(stock: Stock, path: Path) -> None:
    """Into an .npz, whole or not at all."""
    tracks = {name: value for name, value in _items(stock) if isinstance(value, np.ndarray)}
    told = {name: value for name, value in _items(stock) if name not in tracks}
    if "facts" in told:
        told["facts"] = asdict(told["facts"])
    with atomic(path, shared=True) as partial, partial.open("wb") as file:
        np.savez_compressed(file, told=np.array(json.dumps(told)), allow_pickle=False, **tracks)


def load(kind: type[S], path: Path) -> S:
    """What `save` wrote. Raises InputError for anything else."""
    try:
        return _loaded(kind, path)
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile) as error:
        raise InputError(f"this is no {kind.__name__.lower()} of the stock", where=str(path), remedy=_AGAIN) from error


def _loaded(kind: type[S], path: Path) -> S:
    with np.load(path, allow_pickle=False) as stored:
        told: dict[str, Any] = json.loads(str(stored["told"]))
        tracks = {name: stored[name] for name in stored.files if name != "told"}
    if "facts" in told:
        told["facts"] = Facts(**told["facts"] | {"where": tuple(told["facts"]["where"])})
    if "kinds" in told:
        told["kinds"] = tuple(told["kinds"])
    return kind(**tracks, **told)


def shrunk(frames: Iterable[Film], size: tuple[int, int]) -> Film:
    """Frames at (height, width)."""
    return np.stack([cv2.resize(frame, size[::-1], interpolation=cv2.INTER_AREA) for frame in frames]).astype(np.uint8)


def _items(stock: Stock) -> list[tuple[str, Any]]:
    return [(field.name, getattr(stock, field.name)) for field in fields(stock)]


def _layers(frame: tuple[Film, NDArray[np.float32], Film]) -> tuple[Film, Film, Film, Film, Film]:
    filmed, coverage, empty = frame
    share = np.asarray(np.ceil(coverage * 255), np.uint8)
    return empty, *layer_between(empty, filmed, coverage), edit_colour(empty, filmed, share), share
