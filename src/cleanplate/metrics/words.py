"""What an instruction of `worlds.layered.wording` asks for, told apart word by word."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cleanplate.worlds.layered.places import KINDS
from cleanplate.worlds.layered.sprites import COLOURS

_ADD = re.compile(r"^(?:Add|Place|Insert) (?P<nouns>.+?) (?P<place>in the (?:middle|[a-z ]+? (?:part|corner)) of) ")
_MOTION = re.compile(r"staying in|moving (?P<pace>quickly|slowly) from (?P<way>left to right|right to left)")


@dataclass(frozen=True)
class Noun:
    """A thing by colour and kind."""

    colour: str
    kind: str


@dataclass(frozen=True)
class Asked:
    """Of an addition, its things, the main one first, and where that is and goes; of a background change, the place.

    Attributes:
        across, down: -1, 0 or 1: left, middle, right; top, middle, bottom.
        way: -1, 0 or 1: to the left, staying, to the right.
        quick: it moves quickly.
        scene: of `worlds.layered.places.KINDS`; empty for an addition.
    """

    nouns: tuple[Noun, ...] = ()
    across: int = 0
    down: int = 0
    way: int = 0
    quick: bool = False
    scene: str = ""


def asked(instruction: str) -> Asked:
    """Raises ValueError for other words."""
    if found := _ADD.match(instruction):
        motion = _MOTION.search(instruction)
        if motion is None:
            raise ValueError(f"this says nothing of motion: {instruction}")
        place, way = found["place"].split(), motion["way"]
        return Asked(
            nouns=tuple(_noun(words) for words in re.split(r", | and ", found["nouns"])),
            across=("right" in place) - ("left" in place),
            down=("bottom" in place) - ("top" in place),
            way=0 if way is None else 1 if way == "left to right" else -1,
            quick=motion["pace"] == "quickly",
        )
    scenes = [name for name, kind in KINDS.items() if kind.words in instruction]
    if len(scenes) != 1:
        raise ValueError(f"this is no instruction of the simulated vocabulary: {instruction}")
    return Asked(scene=scenes[0])


def _noun(words: str) -> Noun:
    """``a red paper boat``."""
    _, colour, kind = words.split(" ", 2)
    if colour not in COLOURS:
        raise ValueError(f"'{colour}' is no colour of the simulated vocabulary")
    return Noun(colour, kind)
