"""Training void-nano, from the first step to the model that is delivered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.optim import AdamW, Optimizer

from cleanplate.models.mixture.block import JointBlock
from cleanplate.models.mixture.model import Mixture
from cleanplate.models.store.loading import save
from cleanplate.progress import Progress
from cleanplate.train.accelerated import accelerator_of
from cleanplate.train.feeding import steps_from
from cleanplate.train.loop import Loop, Preview
from cleanplate.train.muon import muon_for
from cleanplate.train.starting import begun
from cleanplate.train.void_nano.objective import errors, lesson
from cleanplate.train.void_nano.pairs import Example, PairDataset, held_back
from cleanplate.train.void_nano.preview import drawn, scores, sheet
from cleanplate.train.void_nano.recipe import Recipe

if TYPE_CHECKING:
    from accelerate import Accelerator

DATA = "pairs"


def train(recipe: Recipe, out: Path, data: Path | None = None, *, progress: Progress | None = None) -> Path:
    """Run the recipe, or go on where a run in the same folder was stopped.

    Args:
        out: folder of the run: checkpoints, curves, previews and, in the end, the model.
        data: folder where pairs are kept that several runs may share; in `out` otherwise.

    Returns:
        the folder of the trained model, in our format.

    Raises:
        InputError: damaged data, a run there with another recipe, or weights to start from of another model.
        ResourceError: a package is missing.
        CleanplateError: the loss is no number any more.
    """
    accelerator = accelerator_of(recipe.precision, recipe.sharding, JointBlock)
    bare = begun(recipe.system.transformer, recipe.start, recipe.seed).train()
    bare.checkpointing = recipe.checkpointing
    rates = recipe.rates
    if rates.matrices is None:
        optimiser: Optimizer = AdamW(
            bare.parameters(), rates.rate, betas=rates.betas, weight_decay=rates.decay, fused=True
        )
    else:
        optimiser = muon_for(bare, (rates.matrices, rates.rate), rates.betas, rates.decay)
    method = _Moves(recipe, data or out / DATA, accelerator)
    return Loop(method, bare, optimiser, recipe=recipe, accelerator=accelerator, out=out).run(progress)


class _Moves:
    """Implements `Method`: pairs of worlds, and where pixels come from."""

    result = "model"

    def __init__(self, recipe: Recipe, data: Path, accelerator: Accelerator) -> None:
        self._recipe, self._data, self._device = recipe, data, accelerator.device
        self._pairs = PairDataset(data, recipe, rank=accelerator.process_index, ranks=accelerator.num_processes)
        self._held: Sequence[Example] | None = None

    def examples(self, steps: range) -> Iterator[list[Example]]:
        """See `Method`."""
        return steps_from(self._pairs, steps, self._recipe.pairs.workers)

    def parts(self, examples: Sequence[Example]) -> list[Sequence[Example]]:
        """One by one: what is computed differs from pair to pair."""
        return [[example] for example in examples]

    def losses(self, model: Mixture, part: Sequence[Example], step: int) -> dict[str, Tensor]:
        """See `Method`; `step` makes no difference here."""
        (example,) = part
        return errors(model, lesson(example, self._recipe, self._device), self._recipe, example.position)

    def total(self, errors: Mapping[str, Tensor]) -> Tensor:
        """See `Method`."""
        return torch.stack([self._recipe.weights[name] * error for name, error in errors.items()]).sum()

    def preview(self, model: Mixture) -> Preview:
        """The pairs that are held back."""
        if self._held is None:
            self._held = held_back(self._data, self._recipe)
        given = [lesson(example, self._recipe, self._device) for example in self._held]
        made = [drawn(model, one, self._recipe, number) for number, one in enumerate(given)]
        found = [scores(one, lesson) for one, lesson in zip(made, given, strict=True)]
        means = {name: sum(score[name] for score in found) / len(found) for name in found[0]}
        return Preview(means, sheet(made, given))

    def deliver(self, weights: dict[str, Tensor], place: Path) -> None:
        """A model in our format."""
        bare = Mixture(self._recipe.system.transformer)
        bare.load_state_dict(weights)
        save(bare, self._recipe.delivered, place)
