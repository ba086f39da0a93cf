"""Colours with names, and materials of things and of the set."""

from __future__ import annotations

import numpy as np

from cleanplate.worlds.asset_names import surface_of
from cleanplate.worlds.families.catalogue import Catalogue
from cleanplate.worlds.scene import Colour, Material, Texture

COLOURS: dict[str, Colour] = {
    "red": (0.80, 0.10, 0.10),
    "orange": (0.93, 0.48, 0.08),
    "yellow": (0.93, 0.82, 0.15),
    "green": (0.12, 0.55, 0.20),
    "lime": (0.58, 0.83, 0.20),
    "turquoise": (0.10, 0.68, 0.66),
    "light blue": (0.45, 0.70, 0.93),
    "blue": (0.12, 0.25, 0.78),
    "purple": (0.48, 0.18, 0.66),
    "pink": (0.93, 0.50, 0.68),
    "brown": (0.42, 0.26, 0.13),
    "white": (0.93, 0.93, 0.91),
    "grey": (0.50, 0.51, 0.53),
    "black": (0.09, 0.09, 0.10),
}
PATTERNED = 0.4
"""Share of the things that have a pattern."""
ROUGHNESS = (0.25, 0.9)
SHINY = 0.12
"""Share of the things that are metallic."""
OWN_ROUGHNESS = (0.5, 0.95)


class Looks:
    """Hands out colours, each once as long as there are others, so that words tell things apart."""

    def __init__(self, rng: np.random.Generator, catalogue: Catalogue) -> None:
        self._rng, self._catalogue = rng, catalogue
        self._left: list[str] = []
        self._worn: set[str] = set()

    def thing(self) -> tuple[str, Material]:
        """Adjectives such as "dotted red", and the material they stand for."""
        if not self._left:
            self._left = [str(name) for name in self._rng.permutation(list(COLOURS))]
        name = self._left.pop()
        colour, texture, words = COLOURS[name], None, name
        if self._rng.random() < PATTERNED:
            pattern = str(self._rng.choice(list(self._catalogue.patterns)))
            texture = self._texture(pattern, colour, (0.12, 0.4))
            words = f"{self._catalogue.patterns[pattern]} {name}"
            if own := self._own((0.2, 0.6)):
                self._worn.add(own.name)
                return surface_of(own.name).replace(" ", "-"), self._made_of(own)
        return words, self._material(colour, texture, float(self._rng.random() < SHINY))

    def floor(self) -> Material:
        """A patterned ground in a muted colour."""
        if own := self._own((0.8, 2.5)):
            return self._made_of(own)
        colour = self._muted(0.35, 0.75)
        return self._material(
            colour, self._texture(str(self._rng.choice(self._catalogue.floors)), colour, (0.5, 1.6)), 0.0
        )

    def wall(self) -> Material:
        """A patterned wall in a light muted colour."""
        if own := self._own((0.8, 2.5)):
            return self._made_of(own)
        colour = self._muted(0.5, 0.85)
        return self._material(
            colour, self._texture(str(self._rng.choice(self._catalogue.walls)), colour, (0.6, 2.0)), 0.0
        )

    def sky(self) -> Texture:
        """What lies behind everything."""
        theirs = self._catalogue.owned.skies if self._catalogue.owned else ()
        if self._catalogue.takes_own(self._rng, theirs):
            return Texture(name=theirs[int(self._rng.integers(len(theirs)))])
        return Texture(name="sky", seed=self._seed())

    def skin(self) -> Material:
        """Of a hand."""
        light = float(self._rng.uniform(0.45, 1.0))
        return Material(colour=(0.95 * light, 0.74 * light, 0.60 * light), roughness=0.7)

    def _muted(self, low: float, high: float) -> Colour:
        grey = self._rng.uniform(low, high)
        red, green, blue = (float(value) for value in np.clip(grey + self._rng.uniform(-0.1, 0.1, 3), 0, 1))
        return (red, green, blue)

    def _own(self, scale: tuple[float, float]) -> Texture | None:
        """A picture of the user's that no thing bears yet, its width in metres in that range; or None."""
        owned = self._catalogue.owned
        theirs = [name for name in owned.surfaces if name not in self._worn] if owned else []
        if not self._catalogue.takes_own(self._rng, theirs):
            return None
        return Texture(name=theirs[int(self._rng.integers(len(theirs)))], scale=float(self._rng.uniform(*scale)))

    def _made_of(self, texture: Texture) -> Material:
        return Material(texture=texture, roughness=float(self._rng.uniform(*OWN_ROUGHNESS)))

    def _texture(self, name: str, colour: Colour, scale: tuple[float, float]) -> Texture:
        red, green, blue = (0.6 * value + (0.35 if max(colour) < 0.3 else 0.0) for value in colour)
        size = float(self._rng.uniform(*scale))
        return Texture(name=name, seed=self._seed(), scale=size, colours=(colour, (red, green, blue)))

    def _material(self, colour: Colour, texture: Texture | None, metallic: float) -> Material:
        roughness = float(self._rng.uniform(*ROUGHNESS))
        return Material(colour=colour, texture=texture, roughness=roughness, metallic=metallic * 0.8)

    def _seed(self) -> int:
        return int(self._rng.integers(2**31))
