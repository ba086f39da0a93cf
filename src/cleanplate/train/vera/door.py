"""From what the user names to a run: the recipe, the data, and the parts that go with the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cleanplate.errors import InputError, UsageError, missing_extra
from cleanplate.progress import Progress
from cleanplate.train.vera.recipe import Recipe
from cleanplate.train.vera.recipes import RECIPES


def recipe_of(config: str, changes: Mapping[str, Any]) -> Recipe:
    """A recipe by its name or from a JSON file, with some of its fields changed.

    Raises:
        InputError: a file that is no recipe, naming the field.
        UsageError: neither a name nor a file, or a change that does not fit.
    """
    if config in RECIPES:
        recipe = RECIPES[config]
    elif not (file := Path(config)).is_file():
        remedy = f"Choose one of {', '.join(RECIPES)}, or name a JSON file."
        raise UsageError(f"there is no recipe '{config}'", remedy=remedy)
    else:
        try:
            recipe = Recipe.model_validate_json(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise InputError(f"this is no recipe: {_first(error)}", where=config, remedy=_REMEDY) from error
    try:
        return Recipe.model_validate(recipe.model_dump() | dict(changes))
    except ValidationError as error:
        raise UsageError(f"the recipe does not fit: {_first(error)}", remedy=_REMEDY) from error


def run(recipe: Recipe, data: Sequence[Path], out: Path, progress: Progress) -> Path:
    """Train, or go on. See `run.train`, which says what is raised."""
    try:
        from cleanplate.models.store import codec_of, text_encoder_of
        from cleanplate.train.vera.clips import samples_of
        from cleanplate.train.vera.run import train
    except ImportError as error:
        raise missing_extra(error.name or "torch", "train") from error
    from cleanplate.worlds.formats.vera_layout import VeraDataset

    samples = samples_of([VeraDataset.of_folder(folder) for folder in data])
    codec = codec_of(recipe.system, recipe.start)
    encoder = text_encoder_of(recipe.system, recipe.start)
    encoder.prepare(["", *(sample.record.instruction for sample in samples)], progress)
    return train(recipe, samples, out, codec=codec, encoder=encoder, progress=progress)


def _first(error: Exception) -> str:
    """What is wrong, in one line."""
    if not isinstance(error, ValidationError):
        return str(error)
    found = error.errors()[0]
    place = ".".join(str(part) for part in found["loc"])
    return f"{place}: {found['msg']}" if place else str(found["msg"])


_REMEDY = "docs/how-to/train-vera.md says what a recipe holds; `--config overfit --print` shows one."
