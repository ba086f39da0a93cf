"""Layered clips out of stock: any thing over any place, left to right or right to left, in words drawn anew."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from cleanplate.worlds.layered.places import KINDS
from cleanplate.worlds.layered.stock import Film, S, Shoot, Take, Thing
from cleanplate.worlds.layered.wording import Facts, add_instruction, background_instruction


@dataclass(frozen=True)
class Mixed:
    """A layered clip, T x H x W x 3 and T x H x W uint8.

    Attributes:
        source: before the edit.
        edit, alpha: the layer. Where it covers nothing its colour is that of what it adds, on average.
        composite: after it.
        subject: how much of each pixel must stay, of a background change.
        instruction: its words.
    """

    source: Film
    edit: Film
    alpha: Film
    composite: Film
    subject: Film | None
    instruction: str


def added(thing: Thing, shoot: Shoot, place: int, rng: np.random.Generator) -> Mixed:
    """A thing over the place of that number."""
    source, alpha = shoot.places[place], thing.rgba[..., 3]
    edit = extended(thing.rgba[..., :3], alpha)
    facts = _in_place(thing.facts, shoot.kinds[place], shoot.camera)
    return Mixed(source, edit, alpha, over(edit, alpha, source), None, add_instruction(facts, rng))


def moved(thing: Thing, shoot: Shoot, places: tuple[int, int], rng: np.random.Generator) -> Mixed:
    """A thing that is to stand in another place than the one that it stands in."""
    old, new = places
    facts = _in_place(thing.facts, shoot.kinds[new], shoot.camera)
    text = background_instruction(facts, rng)
    return _exchanged(thing.rgba, shoot.places[old], shoot.places[new], text)


def added_take(take: Take, rng: np.random.Generator) -> Mixed:
    """A rendered addition."""
    edit = extended(take.edit, take.alpha, take.coverage)
    composite = over(take.edit, take.alpha, take.empty)
    return Mixed(take.empty, edit, take.alpha, composite, None, add_instruction(take.facts, rng))


def moved_take(take: Take, place: int, rng: np.random.Generator) -> Mixed:
    """What was rendered, in the place of that number."""
    filmed = over(take.edit, take.alpha, take.empty)
    rgba = np.concatenate([take.colour, take.coverage[..., None]], axis=-1)
    facts = _in_place(replace(take.facts, effects=""), take.kinds[place], take.facts.camera)
    return _exchanged(rgba, filmed, take.places[place], background_instruction(facts, rng))


def mirrored(stock: S) -> S:
    """Left to right; so is what is said of it."""
    changed: dict[str, Any] = {
        field.name: _flipped(field.name, getattr(stock, field.name)) for field in fields(stock) if field.name != "facts"
    }
    if not isinstance(stock, Shoot):
        x, y = stock.facts.where
        changed["facts"] = replace(stock.facts, where=(1 - x, y), moves=-stock.facts.moves)
    return replace(stock, **changed)


def over(edit: Film, alpha: Film, under: Film) -> Film:
    """The edit over what is under it, rounded."""
    share = alpha[..., None].astype(np.float32) / 255
    return np.asarray(under + share * (edit.astype(np.float32) - under) + 0.5, np.uint8)


def extended(edit: Film, alpha: Film, weight: Film | None = None) -> Film:
    """The edit, its mean colour where it covers nothing.

    Args:
        weight: what the mean is taken over, such as the thing without its shadow; alpha otherwise.
    """
    heavy = (alpha if weight is None else weight).astype(np.float32)[..., None]
    mean = (edit * heavy).sum(axis=(0, 1, 2)) / max(float(heavy.sum()), 1.0)
    return np.where(alpha[..., None] > 0, edit, np.rint(mean).astype(np.uint8))


def _in_place(facts: Facts, kind: str, camera: str) -> Facts:
    return replace(facts, light=KINDS[kind].light, scene=KINDS[kind].words, camera=camera)


def _exchanged(rgba: Film, old: Film, new: Film, instruction: str) -> Mixed:
    colour, coverage = rgba[..., :3], rgba[..., 3]
    source, composite = over(colour, coverage, old), over(colour, coverage, new)
    return Mixed(source, new, 255 - coverage, composite, coverage, instruction)


def _flipped(name: str, value: object) -> object:
    """Pictures have their columns third, after K and T in `places`."""
    if not isinstance(value, np.ndarray):
        return value
    return np.flip(value, axis=3 if name == "places" else 2)
