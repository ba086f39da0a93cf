"""vera-nano into the package.

``python -m cleanplate.train.vera_nano.ship RUN [OUT]`` writes OUT, by default the package's own folder, and prints the
line for the table of models (`models.catalogue.shipped.SHIPPED`).
"""

from __future__ import annotations

import sys
from pathlib import Path

from cleanplate.errors import InputError
from cleanplate.models.catalogue.shipped import FOLDER, VERA_NANO
from cleanplate.train import shipping
from cleanplate.train.vera_nano.objective import LAYERS
from cleanplate.train.vera_nano.recipe import Recipe
from cleanplate.train.vera_nano.recipes import RECIPES

SUMMARY = "adds things and changes backgrounds in a few words; trained on made worlds"


def ship(run: Path, out: Path) -> str:
    """Write a folder with config, weights and card; the SHA-256 of the weights. See `shipping.ship`, also for errors.

    Raises:
        InputError: an ablation, which makes no layers.
    """
    recipe = shipping.recipe_of(Recipe, run)
    clips, (frames, rows, columns) = recipe.clips, recipe.system.stride
    if not {branch.name for branch in recipe.system.transformer.branches} >= LAYERS:
        raise InputError("this model makes no layers", where=str(run), remedy="Name a run of another recipe.")
    parcel = shipping.Parcel(
        name=VERA_NANO,
        command=shipping.command_of("vera", recipe, RECIPES),
        recipe=recipe,
        system=recipe.system,
        start=recipe.start,
        clip=(clips.frames // frames, clips.rows // rows, clips.columns // columns),
        batch=clips.batch,
    )
    return shipping.ship(run, out, parcel)


def line_of(digest: str) -> str:
    """What is added to the table of models."""
    return shipping.line_of(VERA_NANO, SUMMARY, digest)


def main(arguments: list[str]) -> None:
    """``RUN [OUT]``."""
    run, *more = map(Path, arguments)
    print(line_of(ship(run, more[0] if more else FOLDER / VERA_NANO)))


if __name__ == "__main__":
    main(sys.argv[1:])
