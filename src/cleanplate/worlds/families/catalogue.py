"""What scenes are furnished with: one catalogue for training, another that only held-out scenes draw from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cleanplate.worlds.families import things, unseen_things
from cleanplate.worlds.families.things import Thing

Maker = Callable[[np.random.Generator, float], Thing]
"""Makes a thing whose height or width, whichever is more, is so many metres."""


OWN_SHARE = 0.5
"""Of what there is of the user's own, so much of it is taken instead of ours."""


@dataclass(frozen=True)
class Owned:
    """Assets of the user's.

    Attributes:
        folder: where they lie; all names are relative to it.
        flat, pointed: makers of things, as in `Catalogue`.
        surfaces: pictures for floors, walls and things.
        skies: pictures of all directions.
    """

    folder: Path
    flat: tuple[Maker, ...] = ()
    pointed: tuple[Maker, ...] = ()
    surfaces: tuple[str, ...] = ()
    skies: tuple[str, ...] = ()


@dataclass(frozen=True)
class Catalogue:
    """Shapes and patterns.

    Attributes:
        flat, pointed: makers of things; others can stand on the flat ones.
        patterns: textures of things, and the word for each.
        floors, walls: textures of the set.
        owned: the user's own; without them nothing is drawn from the random state for them either.
    """

    flat: tuple[Maker, ...]
    pointed: tuple[Maker, ...]
    patterns: Mapping[str, str]
    floors: tuple[str, ...]
    walls: tuple[str, ...]
    owned: Owned | None = None

    def thing(self, rng: np.random.Generator, size: tuple[float, float], *, flat: bool = False) -> Thing:
        """One whose height or width, whichever is more, lies in `size` (m). `flat` things have a flat wide top."""
        makers = self.flat if flat else (*self.flat, *self.pointed)
        if self.owned:
            theirs = self.owned.flat if flat else (*self.owned.flat, *self.owned.pointed)
            makers = theirs if self.takes_own(rng, theirs) else makers
        return makers[int(rng.integers(len(makers)))](rng, float(rng.uniform(*size)))

    def takes_own(self, rng: np.random.Generator, theirs: Sequence[object]) -> bool:
        """Whether something comes from the user's assets this time; never where there are none of the kind."""
        return bool(theirs) and float(rng.random()) < OWN_SHARE


COMMON = Catalogue(
    flat=(things.box, things.cube, things.drum, things.bucket, things.hexagon),
    pointed=(things.cone, things.pyramid, things.jar, things.bottle),
    patterns={"checker": "checked", "stripes": "striped", "dots": "dotted", "wood": "wooden", "marble": "marble"},
    floors=("wood", "checker", "marble", "noise", "bricks", "stripes"),
    walls=("bricks", "noise", "wood", "stripes"),
)

UNSEEN = Catalogue(
    flat=(unseen_things.barrel, unseen_things.stool, unseen_things.chest),
    pointed=(unseen_things.house, unseen_things.mushroom, unseen_things.lamp),
    patterns={"fabric": "woven", "speckle": "speckled", "grid": "squared"},
    floors=("fabric", "grass", "speckle", "grid"),
    walls=("fabric", "speckle", "grid"),
)
"""For scenes that no training run sees; nothing in it stands in `COMMON`."""
