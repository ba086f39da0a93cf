"""The words that a small model has learned: asked in others it would answer with mush. Read without torch."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cleanplate.errors import UsageError
from cleanplate.models.catalogue.naming import Names

_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Vocabulary:
    """What may be said.

    Attributes:
        things: that can be added, or stand before a background that is changed.
        colours: of them.
        where, motions: how things are said to lie and to go.
        places: that can be a background.
        phrases: the rest of what it has read: how one asks, light and camera.
        harmless: words that it has not read and that change nothing.
    """

    things: tuple[str, ...]
    colours: tuple[str, ...]
    where: tuple[str, ...]
    motions: tuple[str, ...]
    places: tuple[str, ...]
    phrases: tuple[str, ...]
    harmless: tuple[str, ...] = ()

    def require(self, instruction: str, name: str, *, background: bool) -> None:
        """Raise UsageError for an instruction in other words, or one that names no thing or no place, or in a way that
        would be misunderstood.

        Args:
            name: of the model.
            background: it is to be changed; otherwise something is to be added.
        """
        said = words(instruction)
        known = set().union(*(words(text) for part in vars(self).values() for text in part))
        if unknown := sorted(said - known):
            raise self._refused(f"{name} has not learned the word '{unknown[0]}'", name)
        if not background and not any(words(thing) <= said for thing in self.things):
            raise self._refused(f"the instruction names nothing that {name} could add", name)
        if background and not said & self._telling:
            raise self._refused(f"the instruction names no place that {name} has learned", name)
        if background:
            self.names.kept(instruction)
        else:
            self.names.require_told(instruction)
            self.names.one_by_one(instruction)  # these refuse what they cannot take apart

    @property
    def names(self) -> Names:
        """Of things and colours, to take instructions apart by."""
        return Names(self.things, self.colours)

    @property
    def listed(self) -> dict[str, tuple[str, ...]]:
        """What a user may choose from, by heading."""
        names = ("things", "colours", "where", "motions", "places")
        return {name: getattr(self, name) for name in names}

    @property
    def _telling(self) -> set[str]:
        """Words that say which place."""
        common = set().union(*(words(text) for text in (*self.phrases, *self.where, *self.things, *self.colours)))
        return set().union(*(words(place) for place in self.places)) - common

    def _refused(self, what: str, name: str) -> UsageError:
        listed = "; ".join(f"{heading}: {', '.join(texts)}" for heading, texts in self.listed.items())
        return UsageError(what, remedy=f"It knows these ({name} is a small research preview). {listed}.")


def words(text: str) -> set[str]:
    """In lower case, without signs."""
    return set(_WORD.findall(text.lower()))


NANO = Vocabulary(
    things=(
        *("ball", "balloon", "star", "heart", "flower", "mug", "paper boat", "kite", "fish", "mushroom", "umbrella"),
        *("lantern", "bottle", "cloud", "snowman", "box", "can", "capsule", "cone", "pot"),
    ),
    colours=("red", "orange", "yellow", "green", "teal", "blue", "purple", "pink", "white", "brown"),
    where=(
        *("in the middle", "in the left part", "in the right part", "in the top part", "in the bottom part"),
        *("in the top left corner", "in the top right corner", "in the bottom left corner"),
        "in the bottom right corner",
    ),
    motions=(
        *("moving slowly from left to right", "moving slowly from right to left", "moving quickly from left to right"),
        *("moving quickly from right to left", "staying in its place"),
    ),
    places=(
        "an open sky with drifting clouds",
        "a calm sea under a wide horizon",
        "a city skyline at night with lit windows",
        "a misty forest of tall trunks",
        "a desert of rolling dunes",
        "a weathered brick wall",
        "a plain studio backdrop",
        "a snowy field with distant hills",
        "a green meadow below blue hills",
        "a quiet room with a window",
    ),
    phrases=(
        "add place insert the frame picture scene so that they are it is staying in their place and nothing else",
        "change the background to keep intact replace everything behind with exactly as it is",
        "set the scene in instead must stay unchanged let its their shadows shadow fall as the light asks for",
        "the scene has it is lit by use throughout soft daylight bright dim night light diffuse morning hard low sun",
        "flat studio pale winter warm afternoon indoor close medium wide shot from eye level a slightly low high angle",
        "the camera is locked off pans slowly sideways tilts pushes in pulls out hand-held circles the scene",
        "moves as it does in the clip filmed everything in focus natural focus everything else stays as it is",
    ),
    harmless=("please put on at one which video my",),
)
"""Of vera-nano: the words of `worlds.layered`."""
