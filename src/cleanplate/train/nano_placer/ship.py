"""The placer into the package.

``python -m cleanplate.train.nano_placer.ship RUN [OUT]`` writes OUT, by default the package's own folder, and prints
the SHA-256 for the table (`models.catalogue.shipped.PARTS`).
"""

from __future__ import annotations

import sys
from pathlib import Path

from cleanplate.models.catalogue.shipped import FOLDER, PLACER
from cleanplate.models.placing.placer import Placer
from cleanplate.train import shipping
from cleanplate.train.nano_placer.recipe import Recipe
from cleanplate.train.nano_placer.recipes import RECIPES


def ship(run: Path, out: Path) -> str:
    """Write a folder with config, weights and card; the SHA-256 of the weights. See `shipping.ship_part`."""
    recipe = shipping.recipe_of(Recipe, run)
    told = {
        "name": PLACER,
        "command": shipping.command_of("placer", recipe, RECIPES),
        "additions": recipe.additions,
        "parameters": sum(part.numel() for part in Placer(recipe.shape).parameters()),
    }
    return shipping.ship_part(run, out, recipe, told)


def main(arguments: list[str]) -> None:
    """``RUN [OUT]``."""
    run, *more = map(Path, arguments)
    print(ship(run, more[0] if more else FOLDER / PLACER))


if __name__ == "__main__":
    main(sys.argv[1:])
