"""Training Vera, from the first step to the weights that are delivered.

The three branches learn together: at each step every clip gets one noise level, its edit, alpha and composite are
noised to it, and the mixture says what the noise was. Text and mask are left out at times, so that guidance has
something to lead away from and text alone is enough. What is delivered is the average of the weights over the steps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from torch import Tensor
from torch.optim import AdamW

from cleanplate.models.codecs.protocol import Codec
from cleanplate.models.mixture.block import JointBlock
from cleanplate.models.mixture.model import Mixture
from cleanplate.models.text.protocol import TextEncoder
from cleanplate.progress import Progress
from cleanplate.train.accelerated import accelerator_of
from cleanplate.train.loop import Loop, Preview
from cleanplate.train.texts import KeptTexts
from cleanplate.train.vera.batches import Batcher
from cleanplate.train.vera.clips import Example, ExampleDataset
from cleanplate.train.vera.method import Layers
from cleanplate.train.vera.objective import draw_noise, losses, total
from cleanplate.train.vera.preview import draw, scores, sheet
from cleanplate.train.vera.recipe import Recipe
from cleanplate.train.vera.start import groups, start
from cleanplate.worlds.formats.vera_layout import VeraSample

if TYPE_CHECKING:
    from accelerate import Accelerator

_PREVIEWED = 4


def train(
    recipe: Recipe,
    samples: Sequence[VeraSample],
    out: Path,
    *,
    codec: Codec,
    encoder: TextEncoder,
    progress: Progress | None = None,
) -> Path:
    """Run the recipe, or go on where a run in the same folder was stopped.

    Args:
        samples: what to learn from; the order of training follows from the recipe's seed.
        out: folder of the run: checkpoints, curves, previews and, in the end, the model.

    Returns:
        the folder of the trained model, in our format.

    Raises:
        InputError: damaged data, or a run there with another recipe.
        ResourceError: a package is missing.
        CleanplateError: the loss is no number any more.
    """
    accelerator = accelerator_of(recipe.precision, recipe.sharding, JointBlock)
    bare = start(recipe)
    optimiser = AdamW(groups(bare, recipe), betas=recipe.rates.betas, weight_decay=recipe.rates.decay, fused=True)
    method = _Layers(recipe, samples, codec, encoder, accelerator)
    return Loop(method, bare, optimiser, recipe=recipe, accelerator=accelerator, out=out).run(progress)


class _Layers(Layers):
    """Implements `Method`: layered clips, and flow matching of three branches."""

    def __init__(
        self,
        recipe: Recipe,
        samples: Sequence[VeraSample],
        codec: Codec,
        encoder: TextEncoder,
        accelerator: Accelerator,
    ) -> None:
        self._recipe, self._codec, self._texts = recipe, codec, KeptTexts(encoder)
        self._batcher = Batcher(recipe, codec, self._texts, accelerator.device)
        self._data = ExampleDataset(samples, recipe, accelerator.process_index, accelerator.num_processes)
        super().__init__(recipe, self._data)

    def losses(self, model: Mixture, part: Sequence[Example], step: int) -> dict[str, Tensor]:
        """By branch."""
        latents, shares = self._batcher.latents(part), self._batcher.shares(part, step)
        return losses(model, latents, draw_noise(latents, self._recipe), self._recipe, shares)

    def total(self, errors: Mapping[str, Tensor]) -> Tensor:
        """See `Method`."""
        return total(errors, self._recipe)

    def preview(self, model: Mixture) -> Preview:
        """The first clips of the data."""
        held = [self._data.whole(index) for index in range(min(_PREVIEWED, len(self._data.samples)))]
        made = draw(model, self._batcher.latents(held), self._texts.of([""]), self._codec, self._recipe)
        found = [scores(one, truth) for one, truth in zip(made, held, strict=True)]
        means = {name: sum(score[name] for score in found) / len(found) for name in found[0]}
        return Preview(means, sheet(made, held))
