"""From what the user names to a run: the recipe, the data, and the parts that go with the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cleanplate.errors import missing_extra
from cleanplate.progress import Progress
from cleanplate.train.door import chosen
from cleanplate.train.void.recipe import Recipe
from cleanplate.train.void.recipes import RECIPES, SECOND

if TYPE_CHECKING:
    import torch

    from cleanplate.models.codecs.protocol import Codec
    from cleanplate.models.text.cache import CachedEncoder


def recipe_of(config: str, number: int | None, changes: Mapping[str, Any]) -> Recipe:
    """A recipe of a pass by its name or from a JSON file, with some of its fields changed. See `door.chosen`.

    Args:
        number: of the pass; None is the first, or that of the file.
    """
    recipes = SECOND if number == 2 else RECIPES
    given = changes if number is None else {**changes, "number": number}
    return chosen(Recipe, recipes, config, given, _REMEDY)


def run(recipe: Recipe, init: str | None, data: Sequence[Path], out: Path, progress: Progress) -> Path:
    """Train, or go on. See `run.train`, which says what is raised.

    Args:
        init: weights to start from, see `_start`; None leaves what the recipe says.
    """
    try:
        from cleanplate.train.accelerated import process
        from cleanplate.train.void.run import train
        from cleanplate.train.void.samples import samples_of
    except ImportError as error:
        raise missing_extra(error.name or "torch", "train") from error

    samples = samples_of(data)
    if init is not None:
        recipe = recipe.model_copy(update={"start": _start(init, recipe.number)})
    beside = None if recipe.start is None else _beside(recipe.start)
    here = process()
    codec, encoder = _codec(recipe, beside, here.device), _encoder(recipe, beside, here.device)
    with here.main_process_first():
        encoder.prepare(["", *(sample.text for sample in samples)], progress)
    return train(recipe, samples, out, codec=codec, encoder=encoder, progress=progress)


def _start(init: str, number: int) -> Path:
    """A file; the pass of that number of a folder or of a row of the table; what else the folder has, the first pass
    say, where it has no such pass.
    """
    from cleanplate.models.store.void import numbered, weights_of

    path = Path(init).absolute()
    if path.is_file():
        return path
    if path.is_dir():
        return weights_of(path, number if number in numbered(path) else 1)
    return weights_of(init, number)


def _beside(start: Path) -> Path:
    """The folder in which codec and text encoder may lie."""
    return start.parent if start.is_file() or (start.parent / "vae").is_dir() else start


def _codec(recipe: Recipe, beside: Path | None, device: torch.device) -> Codec:
    import torch

    from cleanplate.models.codecs.pixel import PixelCodec
    from cleanplate.models.store.void import codec_of
    from cleanplate.models.void.config import STRIDE

    if recipe.codec == "pixel":
        return PixelCodec(STRIDE)
    dtype = torch.float32 if device.type == "cpu" else torch.bfloat16
    return codec_of(beside, recipe.transformer, dtype=dtype, device=str(device))


def _encoder(recipe: Recipe, beside: Path | None, device: torch.device) -> CachedEncoder:
    import torch

    from cleanplate.models.store.mixtures import cached
    from cleanplate.models.store.void import text_encoder_of
    from cleanplate.models.text import minilm

    if recipe.text == "t5-xxl":
        return text_encoder_of(beside, recipe.transformer, device=str(device))
    load, channels = partial(minilm.load, torch.float32, str(device)), recipe.transformer.text_dim
    where = (minilm.folder(), minilm.folder())
    return cached(minilm.NAME, where, load, tokens=minilm.TOKENS, channels=channels, dtype=torch.float32)


_REMEDY = "docs/how-to/train-void.md says what a recipe holds; `--config tiny --print` shows one."
