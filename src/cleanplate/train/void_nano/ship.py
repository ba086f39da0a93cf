"""void-nano into the package.

``python -m cleanplate.train.void_nano.ship RUN [OUT [PAIRS]]`` writes OUT, by default the package's own folder, and
prints the line for the table of models (`models.catalogue.shipped.SHIPPED`).
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch

from cleanplate.models.catalogue.shipped import FOLDER, NANO, card_of
from cleanplate.models.mixture.model import Mixture
from cleanplate.models.moving.ask import Asking, ask
from cleanplate.models.moving.domain import DOMAIN, Domain, domain_of, thresholds
from cleanplate.models.moving.facts import ANSWERED
from cleanplate.train import shipping
from cleanplate.train.noise import normal
from cleanplate.train.order import Purpose
from cleanplate.train.void_nano.objective import lesson
from cleanplate.train.void_nano.pairs import held_back
from cleanplate.train.void_nano.recipe import Recipe
from cleanplate.train.void_nano.recipes import RECIPES
from cleanplate.train.void_nano.run import DATA

SUMMARY = "removes things, and moves what they held by the plate's own pixels; trained on simulated worlds"


def ship(run: Path, out: Path, data: Path | None = None) -> str:
    """Write a folder with config, weights and card; the SHA-256 of the weights. See `shipping.ship`, also for errors.

    Args:
        data: folder of the run's pairs, where that is not in the run's; those held back say what is in the model's
            domain.
    """
    recipe = shipping.recipe_of(Recipe, run)
    parcel = shipping.Parcel(
        name=NANO,
        command=shipping.command_of("void", recipe, RECIPES),
        recipe=recipe,
        system=recipe.delivered,
        start=recipe.start,
        clip=(recipe.system.limits.frames, recipe.pairs.rows, recipe.pairs.columns),
        batch=recipe.pairs.batch,
        more=lambda model: {DOMAIN: _domain(model, recipe, data or run / DATA)},
    )
    return shipping.ship(run, out, parcel)


def line_of(digest: str) -> str:
    """What is added to the table of models."""
    return shipping.line_of(NANO, SUMMARY, digest)


def _domain(model: Mixture, recipe: Recipe, data: Path) -> dict[str, float]:
    """What 95 of 100 of the pairs that are held back keep to."""
    found: list[Domain] = []
    sampling = recipe.delivered.sampling
    for number, example in enumerate(held_back(data, recipe)):
        given = lesson(example, recipe, torch.device("cpu"))
        if given.reach is not None:
            noise = normal(
                (1, ANSWERED, *given.scene.shape[2:]), recipe.seed, Purpose.POSTERIOR, number, torch.device("cpu")
            )
            asking = Asking(model, given.scene, given.reach, sampling, noise)
            found.append(domain_of(asking, ask(asking)))
    return thresholds(found) if found else {}


def main(arguments: list[str]) -> None:
    """``RUN [OUT [PAIRS]]``."""
    run, *more = map(Path, arguments)
    out = more[0] if more else FOLDER / NANO
    print(line_of(ship(run, out, more[1] if len(more) > 1 else None)))
    print(f"{card_of(out).get(DOMAIN)}: what is in its domain")


if __name__ == "__main__":
    main(sys.argv[1:])
