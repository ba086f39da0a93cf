"""From what the user names to a run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cleanplate.errors import missing_extra
from cleanplate.progress import Progress
from cleanplate.train.door import NANO_REMEDY, chosen
from cleanplate.train.nano_finder.recipe import Recipe
from cleanplate.train.nano_finder.recipes import RECIPES


def recipe_of(config: str, changes: Mapping[str, Any]) -> Recipe:
    """A recipe by its name or from a JSON file, with some of its fields changed. See `door.chosen`, also for errors."""
    return chosen(Recipe, RECIPES, config, changes, NANO_REMEDY)


def run(recipe: Recipe, data: Path | None, out: Path, progress: Progress) -> Path:
    """Train, or go on. See `run.train`, which says what is raised."""
    try:
        from cleanplate.train.nano_finder.run import train
    except ImportError as error:
        raise missing_extra(error.name or "torch", "train") from error
    return train(recipe, out, data, progress=progress)
