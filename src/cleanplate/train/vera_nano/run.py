"""Training vera-nano, from the first step to the model that is delivered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.optim import AdamW, Optimizer

from cleanplate.models.codecs.protocol import Codec
from cleanplate.models.mixture.block import JointBlock
from cleanplate.models.mixture.model import Mixture
from cleanplate.models.text.protocol import TextEncoder
from cleanplate.progress import Progress
from cleanplate.train.accelerated import accelerator_of
from cleanplate.train.loop import Loop, Preview
from cleanplate.train.muon import muon_for
from cleanplate.train.texts import KeptTexts
from cleanplate.train.vera.batches import Batcher
from cleanplate.train.vera.clips import Example
from cleanplate.train.vera.method import Layers
from cleanplate.train.vera.objective import Latents
from cleanplate.train.vera.preview import Made, draw, scores, sheet
from cleanplate.train.vera.start import groups, start
from cleanplate.train.vera_nano.objective import covered_by, draw_noise, losses, total
from cleanplate.train.vera_nano.recipe import Recipe
from cleanplate.train.vera_nano.shelf import MixedDataset, held_back, held_closer

if TYPE_CHECKING:
    from accelerate import Accelerator

DATA = "stock"
_SHOWN = 8
"""Clips of each kind in a preview's picture."""


def train(
    recipe: Recipe,
    out: Path,
    data: Path | None = None,
    *,
    codec: Codec,
    encoder: TextEncoder,
    progress: Progress | None = None,
) -> Path:
    """Run the recipe, or go on where a run in the same folder was stopped.

    Args:
        out: folder of the run: checkpoints, curves, previews and, in the end, the model.
        data: folder where stock is kept that several runs may share; in `out` otherwise.

    Returns:
        the folder of the trained model, in our format.

    Raises:
        InputError: damaged data, or a run there with another recipe.
        ResourceError: a package is missing.
        CleanplateError: the loss is no number any more.
    """
    accelerator = accelerator_of(recipe.precision, recipe.sharding, JointBlock)
    bare = start(recipe)
    rates = recipe.rates
    if rates.matrices is None:
        optimiser: Optimizer = AdamW(groups(bare, recipe), betas=rates.betas, weight_decay=rates.decay, fused=True)
    else:
        optimiser = muon_for(bare, (rates.matrices, rates.new), rates.betas, rates.decay)
    method = _Layers(recipe, data or out / DATA, codec, encoder, accelerator)
    return Loop(method, bare, optimiser, recipe=recipe, accelerator=accelerator, out=out).run(progress)


class _Layers(Layers):
    """Implements `Method`: clips out of stock, and three branches that say what they should be."""

    def __init__(
        self, recipe: Recipe, data: Path, codec: Codec, encoder: TextEncoder, accelerator: Accelerator
    ) -> None:
        self._recipe, self._data = recipe, data
        self._codec, self._texts = codec, KeptTexts(encoder)
        self._batcher, self._device = Batcher(recipe, codec, self._texts, accelerator.device), accelerator.device
        clips = MixedDataset(data, recipe, rank=accelerator.process_index, ranks=accelerator.num_processes)
        super().__init__(recipe, clips)
        self._held: dict[str, list[Example]] | None = None

    def losses(self, model: Mixture, part: Sequence[Example], step: int) -> dict[str, Tensor]:
        """By branch, and of the result."""
        latents, shares = self._batcher.latents(part), self._batcher.shares(part, step)
        noise, covered = draw_noise(latents, self._recipe), self._covered(part)
        return losses(model, latents, noise, self._recipe, covered_B1THW=covered, shares=shares)

    def total(self, errors: Mapping[str, Tensor]) -> Tensor:
        """See `Method`."""
        return total(errors, self._recipe)

    @torch.no_grad()
    def preview(self, model: Mixture) -> Preview:
        """The clips that are held back, whole ones and close-ups: sampled, and the errors at the levels of training."""
        if self._held is None:
            found = held_back(self._data, self._recipe) | {"close": held_closer(self._data, self._recipe)}
            self._held = {job: examples for job, examples in found.items() if examples}
        figures, sheets = defaultdict[str, list[float]](list), []
        for job, examples in self._held.items():
            latents = self._batcher.latents(examples)
            made = self._made(model, latents)
            for place, (one, truth) in enumerate(zip(made, examples, strict=True)):
                for name, figure in scores(one, truth).items():
                    figures[f"{name} {job}"].append(figure)
                for name, error in self._errors(model, latents.only(place), truth).items():
                    figures[f"error {name}"].append(float(error))
            sheets.append(sheet(made[:_SHOWN], examples[:_SHOWN]))
        means = {name: sum(found) / len(found) for name, found in sorted(figures.items())}
        return Preview(means, _below(sheets))

    def _made(self, model: Mixture, latents: Latents) -> list[Made]:
        anything = torch.zeros(latents.clean["alpha"].shape[2:], dtype=torch.bool)  # at first there is nothing to see
        return draw(model, latents, self._texts.of([""]), self._codec, self._recipe, content_THW=anything)

    def _errors(self, model: Mixture, one: Latents, truth: Example) -> dict[str, Tensor]:
        noise = draw_noise(one, self._recipe)
        return losses(model, one, noise, self._recipe, covered_B1THW=self._covered([truth]))

    def _covered(self, examples: Sequence[Example]) -> Tensor:
        return covered_by(examples, self._codec.stride).to(self._device)


def _below(sheets: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """One below the other, black beside the narrower."""
    width = max(sheet.shape[1] for sheet in sheets)
    return np.concatenate([np.pad(one, ((0, 0), (0, width - one.shape[1]), (0, 0))) for one in sheets])
