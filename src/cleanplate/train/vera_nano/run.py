"""Training vera-nano, from the first step to the model that is delivered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.optim import AdamW, Optimizer

from cleanplate.models.codecs.pixel import PixelCodec
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
from cleanplate.train.vera.preview import draw, scores, sheet
from cleanplate.train.vera.start import groups, start
from cleanplate.train.vera_nano.objective import draw_noise, losses, total
from cleanplate.train.vera_nano.recipe import Recipe
from cleanplate.train.vera_nano.shelf import MixedDataset, held_back

if TYPE_CHECKING:
    from accelerate import Accelerator

DATA = "stock"
_SHOWN = 8


def train(
    recipe: Recipe, out: Path, data: Path | None = None, *, encoder: TextEncoder, progress: Progress | None = None
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
    method = _Layers(recipe, data or out / DATA, encoder, accelerator)
    return Loop(method, bare, optimiser, recipe=recipe, accelerator=accelerator, out=out).run(progress)


class _Layers(Layers):
    """Implements `Method`: clips out of stock, and three branches that say what they should be."""

    def __init__(self, recipe: Recipe, data: Path, encoder: TextEncoder, accelerator: Accelerator) -> None:
        self._recipe, self._data = recipe, data
        self._codec, self._texts = PixelCodec(recipe.system.stride), KeptTexts(encoder)
        self._batcher = Batcher(recipe, self._codec, self._texts, accelerator.device)
        clips = MixedDataset(data, recipe, rank=accelerator.process_index, ranks=accelerator.num_processes)
        super().__init__(recipe, clips)
        self._held: list[Example] | None = None

    def losses(self, model: Mixture, part: Sequence[Example], step: int) -> dict[str, Tensor]:
        """By branch, and of the result."""
        latents, shares = self._batcher.latents(part), self._batcher.shares(part, step)
        return losses(model, latents, draw_noise(latents, self._recipe), self._recipe, shares)

    def total(self, errors: Mapping[str, Tensor]) -> Tensor:
        """See `Method`."""
        return total(errors, self._recipe)

    @torch.no_grad()
    def preview(self, model: Mixture) -> Preview:
        """The clips that are held back: sampled, and the errors at the levels of training."""
        if self._held is None:
            self._held = held_back(self._data, self._recipe)
        latents = self._batcher.latents(self._held)
        anything = torch.zeros(latents.clean["alpha"].shape[2:], dtype=torch.bool)  # at first there is nothing to see
        made = draw(model, latents, self._texts.of([""]), self._codec, self._recipe, content_THW=anything)
        figures: dict[str, list[float]] = {}
        for one, truth in zip(made, self._held, strict=True):
            job = "background" if float(truth.alpha.float().mean()) > 127 else "add"
            for name, figure in scores(one, truth).items():
                figures.setdefault(f"{name} {job}", []).append(figure)
        for place in range(len(self._held)):
            part = latents.only(place)
            for name, error in losses(model, part, draw_noise(part, self._recipe), self._recipe).items():
                figures.setdefault(f"error {name}", []).append(float(error))
        means = {name: sum(found) / len(found) for name, found in sorted(figures.items())}
        return Preview(means, sheet(made[:_SHOWN], self._held[:_SHOWN]))
