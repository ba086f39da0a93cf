"""Training VOID, from the first step to the weights that are delivered.

At each step every clip gets a noise level, the clip as it should be is noised to it, and the transformer, told mask
and plate as in use, says the velocity. The second pass differs in the noise alone: it moves with the clip, and part of
it is replaced, so that the model leans on it without trusting it. What is delivered is the average of the weights over
the steps, in the layout of the published files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from diffusers.models.transformers.cogvideox_transformer_3d import CogVideoXBlock
from safetensors.torch import save_file
from torch import Tensor

from cleanplate.files import atomic, disk_errors
from cleanplate.models.codecs.protocol import Codec
from cleanplate.models.text.protocol import TextEncoder
from cleanplate.progress import Progress
from cleanplate.train.accelerated import accelerator_of
from cleanplate.train.adapters import plain
from cleanplate.train.feeding import steps_from
from cleanplate.train.loop import Loop, Preview
from cleanplate.train.texts import KeptTexts
from cleanplate.train.void.batches import Batcher
from cleanplate.train.void.clips import Example, ExampleDataset
from cleanplate.train.void.objective import loss
from cleanplate.train.void.preview import Texts, draw, scores, sheet
from cleanplate.train.void.recipe import Recipe
from cleanplate.train.void.samples import parted
from cleanplate.train.void.start import optimiser_of, start
from cleanplate.train.void.warped import Noises
from cleanplate.worlds.formats.void_layout import VoidSample

if TYPE_CHECKING:
    from accelerate import Accelerator

NOISE = "noise"


def train(
    recipe: Recipe,
    samples: Sequence[VoidSample],
    out: Path,
    *,
    codec: Codec,
    encoder: TextEncoder,
    progress: Progress | None = None,
) -> Path:
    """Run the recipe, or go on where a run in the same folder was stopped.

    Args:
        samples: what to learn from, but for the last, which are held back; the order follows from the recipe's seed.
        out: folder of the run: checkpoints, curves, previews, warped noise and, in the end, the weights.

    Returns:
        the file of the trained pass, `void_pass1.safetensors` or `void_pass2.safetensors`.

    Raises:
        InputError: damaged data, or a run there with another recipe.
        ResourceError: a package is missing, or the disk is full.
        CleanplateError: the loss is no number any more.
    """
    accelerator = accelerator_of(recipe.precision, recipe.sharding, CogVideoXBlock)
    bare = start(recipe)
    method = _Pairs(recipe, samples, out, codec=codec, encoder=encoder, accelerator=accelerator)
    optimiser = optimiser_of(bare, recipe.rates)
    return Loop(method, bare, optimiser, recipe=recipe, accelerator=accelerator, out=out).run(progress)


class _Pairs:
    """Implements `Method`: counterfactual pairs, and the velocity of the world without what was removed."""

    def __init__(
        self,
        recipe: Recipe,
        samples: Sequence[VoidSample],
        out: Path,
        *,
        codec: Codec,
        encoder: TextEncoder,
        accelerator: Accelerator,
    ) -> None:
        self.result = f"void_pass{recipe.number}.safetensors"
        self._recipe, self._out, self._codec, self._texts = recipe, out, codec, KeptTexts(encoder)
        self._device: torch.device = accelerator.device
        self._batcher = Batcher(recipe, codec, self._texts, self._device)
        channels, flow = recipe.transformer.channels, recipe.warped.flow
        noises = Noises(out / NOISE, flow, channels=channels, seed=recipe.seed) if recipe.number == 2 else None
        learned, held = parted(samples, recipe.clips.held)
        ranks = {"rank": accelerator.process_index, "ranks": accelerator.num_processes}
        self._data = ExampleDataset(learned, recipe, noises, **ranks)
        self._held = ExampleDataset(held, recipe, noises)

    def examples(self, steps: range) -> Iterator[list[Example]]:
        """See `Method`."""
        return steps_from(self._data, steps, self._recipe.clips.workers)

    def parts(self, examples: Sequence[Example]) -> list[Sequence[Example]]:
        """Clip by clip: they may be of different sizes."""
        return [[example] for example in examples]

    def losses(self, model: Any, part: Sequence[Example], step: int) -> dict[str, Tensor]:
        """See `Method`; `step` makes no difference here."""
        (example,) = part
        return {"velocity": loss(model, self._batcher.latents(example), self._recipe)}

    def total(self, errors: Mapping[str, Tensor]) -> Tensor:
        """See `Method`."""
        return errors["velocity"]

    def preview(self, model: Any) -> Preview:
        """The clips that are held back."""
        held = [self._held.whole(index) for index in range(self._held.count)]
        made = [self._drawn(model, example) for example in held]
        found = [scores(one, truth) for one, truth in zip(made, held, strict=True)]
        names = dict.fromkeys(name for score in found for name in score)
        each = {name: [score[name] for score in found if name in score] for name in names}
        return Preview({name: sum(values) / len(values) for name, values in each.items()}, sheet(made, held))

    def deliver(self, weights: dict[str, Tensor], place: Path) -> None:
        """Under the published names; adapters are added to what they adapt."""
        if self._recipe.lora is not None:
            bare = start(self._recipe)
            bare.load_state_dict(weights)
            weights = plain(bare).state_dict()
        dtype: torch.dtype = getattr(torch, self._recipe.stored)
        stored = {name: tensor.to(dtype).contiguous() for name, tensor in weights.items()}
        with disk_errors(place), atomic(place) as partial:
            save_file(stored, partial, {"format": "pt"})

    def _drawn(self, model: Any, example: Example) -> Tensor:
        texts = Texts(self._texts.of([example.text]), self._texts.of([""]))
        return draw(
            model,
            example,
            texts,
            codec=self._codec,
            recipe=self._recipe,
            folder=self._out,
            device=self._device,
        )
