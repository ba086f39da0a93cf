"""The finder into the package.

``python -m cleanplate.train.nano_finder.ship RUN [OUT]`` writes OUT, by default the package's own folder, and prints
the SHA-256 for the table (`models.catalogue.shipped.PARTS`).
"""

from __future__ import annotations

import sys
from pathlib import Path

from cleanplate.models.catalogue.shipped import FINDER, FOLDER
from cleanplate.models.finding.finder import Finder
from cleanplate.train import shipping
from cleanplate.train.nano_finder.recipe import Recipe
from cleanplate.train.nano_finder.recipes import RECIPES


def ship(run: Path, out: Path) -> str:
    """Write a folder with config, weights and card; the SHA-256 of the weights. See `shipping.ship_part`."""
    recipe = shipping.recipe_of(Recipe, run)
    told = {
        "name": FINDER,
        "command": shipping.command_of("finder", recipe, RECIPES),
        "pictures": recipe.steps * recipe.clips.batch * recipe.each,
        "parameters": sum(part.numel() for part in Finder(recipe.shape).parameters()),
    }
    return shipping.ship_part(run, out, recipe, told)


def main(arguments: list[str]) -> None:
    """``RUN [OUT]``."""
    run, *more = map(Path, arguments)
    print(ship(run, more[0] if more else FOLDER / FINDER))


if __name__ == "__main__":
    main(sys.argv[1:])
