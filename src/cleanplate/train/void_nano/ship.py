"""From a training run to what the package brings along: weights in 16 bits, and a card that says what they are worth.

``python -m cleanplate.train.void_nano.ship RUN [OUT]`` writes OUT, by default the package's own folder, and prints the
line for the table of models (`models.catalogue.shipped.SHIPPED`).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from cleanplate import __version__
from cleanplate.errors import InputError
from cleanplate.files import sha256, whole_folder, write_text
from cleanplate.models.catalogue.shipped import CARD, FOLDER, NANO, WEIGHTS, card_of
from cleanplate.models.catalogue.written import write_config
from cleanplate.models.mixture.model import Mixture
from cleanplate.models.moving.ask import ask
from cleanplate.models.moving.domain import DOMAIN, Domain, domain_of, thresholds
from cleanplate.models.moving.facts import ANSWERED
from cleanplate.models.store.loading import load
from cleanplate.train.loop import RECIPE
from cleanplate.train.noise import normal
from cleanplate.train.order import Purpose
from cleanplate.train.void_nano.objective import lesson
from cleanplate.train.void_nano.pairs import held_back
from cleanplate.train.void_nano.recipe import Recipe
from cleanplate.train.void_nano.run import DATA

_MOST = 25_000_000
"""Bytes of weights that the package brings along at most."""


def ship(run: Path, out: Path, data: Path | None = None) -> str:
    """Write a folder with config, weights and card; the SHA-256 of the weights.

    Args:
        run: folder of a finished training run.
        data: folder of its pairs, where that is not in the run's; those held back say what is in the model's domain.
    Raises:
        InputError: the run is not finished, there is something at `out`, or the weights are too large.
    """
    model_folder, recipe = run / "model", _recipe(run)
    model, system = load(model_folder, torch.float32)
    halves = {name: tensor.half().contiguous() for name, tensor in model.state_dict().items()}
    if sum(tensor.nbytes for tensor in halves.values()) > _MOST:
        raise InputError(f"these weights take more than {_MOST // 1_000_000} MB", where=str(model_folder))
    model.load_state_dict({name: tensor.float() for name, tensor in halves.items()})
    with whole_folder(out) as partial:
        write_config(system, partial)
        save_file(halves, partial / WEIGHTS)
        digest = sha256(partial / WEIGHTS)
        card = _card(run, recipe) | {"sha256": digest, DOMAIN: _domain(model, recipe, data or run / DATA)}
        write_text(partial / CARD, json.dumps(card, indent=1) + "\n")
    return digest


def line_of(digest: str) -> str:
    """What is added to the table of models."""
    summary = "removes things, and moves what they held by the plate's own pixels; trained on simulated worlds"
    return f'"{NANO}": Shipped(\n    "{summary}",\n    "{digest}",\n)'


def _recipe(run: Path) -> Recipe:
    try:
        return Recipe.model_validate_json((run / RECIPE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError("this is no run of void-nano's training", where=str(run)) from error


def _card(run: Path, recipe: Recipe) -> dict[str, Any]:
    """How it was trained, and what the last look at the pairs that are held back found."""
    lines = [json.loads(line) for line in (run / "curves.jsonl").read_text(encoding="utf-8").splitlines()]
    looks = [line for line in lines if any(name.startswith("sampled ") for name in line)]
    return {
        "name": NANO,
        "version": __version__,
        "command": f"cleanplate train void --config nano --steps {recipe.steps} --seed {recipe.seed} --out RUN",
        "seed": recipe.seed,
        "steps": recipe.steps,
        "scores": looks[-1] if looks else {},
        "recipe": recipe.model_dump(mode="json", exclude={"system"}),
    }


def _domain(model: Mixture, recipe: Recipe, data: Path) -> dict[str, float]:
    """What 95 of 100 of the pairs that are held back keep to."""
    found: list[Domain] = []
    sampling = recipe.system.sampling.model_copy(update={"economy": recipe.economy})
    for number, example in enumerate(held_back(data, recipe)):
        given = lesson(example, recipe, torch.device("cpu"))
        if given.reach is not None:
            noise = normal(
                (1, ANSWERED, *given.scene.shape[2:]), recipe.seed, Purpose.POSTERIOR, number, torch.device("cpu")
            )
            said = ask(model, given.scene, given.reach, sampling, noise)
            found.append(domain_of(model, given.scene, given.reach, sampling, noise=noise, said=said))
    return thresholds(found) if found else {}


def main(arguments: list[str]) -> None:
    """``RUN [OUT [DATA]]``."""
    run, *more = map(Path, arguments)
    out = more[0] if more else FOLDER / NANO
    print(line_of(ship(run, out, more[1] if len(more) > 1 else None)))
    print(f"{card_of(out).get(DOMAIN)}: what is in its domain")


if __name__ == "__main__":
    main(sys.argv[1:])
