"""From what the user names to a run: the recipe, the data, and the parts that go with the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cleanplate.errors import missing_extra
from cleanplate.progress import Progress
from cleanplate.train.door import chosen
from cleanplate.train.vera.recipe import Recipe
from cleanplate.train.vera.recipes import RECIPES


def recipe_of(config: str, changes: Mapping[str, Any]) -> Recipe:
    """A recipe by its name or from a JSON file, with some of its fields changed. See `door.chosen`, also for errors."""
    return chosen(Recipe, RECIPES, config, changes, _REMEDY)


def run(recipe: Recipe, data: Sequence[Path], out: Path, progress: Progress) -> Path:
    """Train, or go on. See `run.train`, which says what is raised."""
    try:
        from cleanplate.models.store.mixtures import codec_of, text_encoder_of
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


_REMEDY = "docs/how-to/train-vera.md says what a recipe holds; `--config overfit --print` shows one."
