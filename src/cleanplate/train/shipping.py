"""From a training run to what the package brings along: weights in 16 bits, and a card of how they came about."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors.torch import save_file
from torch.utils.flop_counter import FlopCounterMode

from cleanplate import __version__
from cleanplate.errors import InputError
from cleanplate.files import sha256, whole_folder, write_text
from cleanplate.models.catalogue.shipped import CARD, WEIGHTS
from cleanplate.models.catalogue.system import System
from cleanplate.models.catalogue.written import write_config
from cleanplate.models.mixture.config import MixtureConfig
from cleanplate.models.mixture.model import Mixture, skeleton
from cleanplate.models.store.loading import load
from cleanplate.train.curves import lines_of
from cleanplate.train.loop import RECIPE
from cleanplate.train.recipe import Common

MODEL = "model"
"""Folder of a finished run's model."""
_MOST = 25_000_000
"""Bytes of weights that the package brings along at most."""
R = TypeVar("R", bound=Common)


@dataclass(frozen=True)
class Parcel:
    """What is shipped of a run.

    Attributes:
        name: of the model.
        command: that trains it.
        recipe: of the run.
        system: as it is delivered.
        start: folder of the weights that the run began with, of which the card tells the SHA-256; None if it drew them.
        clip: frames, rows and columns of a training clip; `batch` of them are a step.
        more: what else its card says, told by the model as it will be shipped.
    """

    name: str
    command: str
    recipe: Common
    system: System
    start: Path | None
    clip: tuple[int, int, int]
    batch: int
    more: Callable[[Mixture], Mapping[str, Any]] = lambda _: {}


def recipe_of(kind: type[R], run: Path) -> R:
    """That of a run. Raises InputError where there is none of that kind."""
    try:
        return kind.model_validate_json((run / RECIPE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            "this is no run of that model's training", where=str(run), remedy="Name the folder that --out named."
        ) from error


def command_of(system: str, recipe: R, recipes: Mapping[str, R]) -> str:
    """What trains by this recipe: by its name if only steps and seed are others, else by the file in the run."""
    free = {"steps": recipe.steps, "seed": recipe.seed}
    same = (name for name, one in recipes.items() if one.model_copy(update=free) == recipe)
    config = next(same, RECIPE)
    return f"cleanplate train {system} --config {config} --steps {recipe.steps} --seed {recipe.seed} --out RUN"


def ship(run: Path, out: Path, parcel: Parcel) -> str:
    """Write a folder with config, weights and card; the SHA-256 of the weights.

    Args:
        run: folder of a finished training run.

    Raises:
        InputError: the run is not finished or has no curves, there is something at `out`, or the weights are too large.
    """
    scores = last_look(run)
    model, _ = load(run / MODEL, torch.float32)
    halves = {name: tensor.half().contiguous() for name, tensor in model.state_dict().items()}
    if sum(tensor.nbytes for tensor in halves.values()) > _MOST:
        raise InputError(f"these weights take more than {_MOST // 1_000_000} MB", where=str(run / MODEL))
    model.load_state_dict({name: tensor.float() for name, tensor in halves.items()})
    with whole_folder(out) as partial:
        write_config(parcel.system, partial)
        save_file(halves, partial / WEIGHTS)
        card = _card(model, parcel) | {"scores": scores, "sha256": sha256(partial / WEIGHTS)} | dict(parcel.more(model))
        write_text(partial / CARD, json.dumps(card, indent=1) + "\n")
    return str(card["sha256"])


def ship_part(run: Path, out: Path, recipe: Common, told: Mapping[str, Any]) -> str:
    """Write the folder of what a model needs beside its transformer, with a card; the SHA-256 of its weights.

    Args:
        run: folder of a finished training run, which has written 16 bits already.
        told: what its card says first: name, command and so on.

    Raises:
        InputError: the run is not finished or has no curves, or there is something at `out`.
    """
    scores = last_look(run)
    with whole_folder(out) as partial:
        shutil.copytree(run / MODEL, partial, dirs_exist_ok=True)
        digest = sha256(partial / WEIGHTS)
        trained = {"seed": recipe.seed, "steps": recipe.steps, "recipe": recipe.model_dump(mode="json")}
        card = {**told, "version": __version__, **trained, "scores": scores, "sha256": digest}
        write_text(partial / CARD, json.dumps(card, indent=1) + "\n")
    return digest


def line_of(name: str, summary: str, digest: str) -> str:
    """What is added to the table of models (`models.catalogue.shipped.SHIPPED`)."""
    return f'"{name}": Shipped(\n    "{summary}",\n    "{digest}",\n)'


@torch.no_grad()
def operations(config: MixtureConfig, clip: tuple[int, int, int], words: int = 128) -> int:
    """Floating-point operations of answering about a whole clip once, counted without doing them.

    Args:
        clip: frames, rows and columns, of latents.
        words: tokens of the text, where the model reads one.
    """
    with torch.device("meta"):
        videos = {branch.name: torch.empty(1, config.channels, *clip) for branch in config.branches}
        told = {name: torch.empty(1, config.told, *clip) for name in config.conditions}
        text = torch.empty(1, words, config.text_dim) if config.reads else None
        with FlopCounterMode(display=False) as counter:
            skeleton(config)(videos, torch.empty(1), text, told)
    return int(counter.get_total_flops())


def _card(model: Mixture, parcel: Parcel) -> dict[str, Any]:
    recipe, start = parcel.recipe, parcel.start
    return {
        "name": parcel.name,
        "version": __version__,
        "command": parcel.command,
        "seed": recipe.seed,
        "steps": recipe.steps,
        "lessons": recipe.steps * parcel.batch,
        "parameters": sum(part.numel() for part in model.parameters()),
        "operations": operations(model.config, parcel.clip),
        "recipe": recipe.model_dump(mode="json", exclude={"system", "start"}),
        "start": None if start is None else sha256(start / WEIGHTS),
    }


def last_look(run: Path) -> dict[str, float]:
    """What the last look at the clips that are held back found."""
    looks = [line for line in lines_of(run) if any(name.startswith("sampled ") for name in line)]
    if not looks:
        raise InputError(
            "this run has no figures of clips that were held back",
            where=str(run / "curves.jsonl"),
            remedy="Train to the end, and keep curves.jsonl beside the model.",
        )
    return looks[-1]
