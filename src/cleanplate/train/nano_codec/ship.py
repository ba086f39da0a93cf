"""The autoencoder into the package.

``python -m cleanplate.train.nano_codec.ship RUN [OUT]`` writes OUT, by default the package's own folder, and prints the
SHA-256 for the table (`models.catalogue.shipped.PARTS`).
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

from cleanplate import __version__
from cleanplate.files import sha256, whole_folder, write_text
from cleanplate.models.catalogue.shipped import CARD, CODEC, FOLDER, WEIGHTS
from cleanplate.models.codecs.nano import NanoAutoencoder
from cleanplate.train import shipping
from cleanplate.train.nano_codec.recipe import Recipe
from cleanplate.train.nano_codec.recipes import RECIPES


def ship(run: Path, out: Path) -> str:
    """Write a folder with config, weights and card; the SHA-256 of the weights.

    Raises:
        InputError: the run is not finished or has no curves, or there is something at `out`.
    """
    recipe, scores = shipping.recipe_of(Recipe, run), shipping.last_look(run)
    with whole_folder(out) as partial:
        shutil.copytree(run / shipping.MODEL, partial, dirs_exist_ok=True)
        digest = sha256(partial / WEIGHTS)
        write_text(partial / CARD, json.dumps(_card(recipe, scores) | {"sha256": digest}, indent=1) + "\n")
    return digest


def _card(recipe: Recipe, scores: dict[str, float]) -> dict[str, Any]:
    parameters = sum(part.numel() for part in NanoAutoencoder(recipe.shape).parameters())
    return {
        "name": CODEC,
        "version": __version__,
        "command": shipping.command_of("codec", recipe, RECIPES),
        "seed": recipe.seed,
        "steps": recipe.steps,
        "pictures": recipe.steps * recipe.clips.batch * recipe.pictures.each,
        "parameters": parameters,
        "recipe": recipe.model_dump(mode="json"),
        "scores": scores,
    }


def main(arguments: list[str]) -> None:
    """``RUN [OUT]``."""
    run, *more = map(Path, arguments)
    print(ship(run, more[0] if more else FOLDER / CODEC))


if __name__ == "__main__":
    main(sys.argv[1:])
