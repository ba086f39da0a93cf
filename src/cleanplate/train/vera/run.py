"""Training Vera, from the first step to the weights that are delivered.

The three branches learn together: at each step every clip gets one noise level, its edit, alpha and composite are
noised to it, and the mixture says what the noise was. Text and mask are left out at times, so that guidance has
something to lead away from and text alone is enough. What is delivered is the average of the weights over the steps.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch
from diffusers.training_utils import EMAModel
from torch import Tensor, nn
from torch.optim import AdamW

from cleanplate.errors import CleanplateError
from cleanplate.files import write_text
from cleanplate.models.block import JointBlock
from cleanplate.models.codecs.protocol import Codec
from cleanplate.models.loading import save
from cleanplate.models.mixture import Mixture
from cleanplate.models.text.protocol import TextEncoder
from cleanplate.progress import Progress, Silent
from cleanplate.train.accelerated import accelerator_of, part_of_a_step, unwrapped
from cleanplate.train.checkpoints import Checkpoints, State, named_whole, spread_into, whole_state
from cleanplate.train.curves import Curves
from cleanplate.train.rates import factor
from cleanplate.train.vera.batches import Batcher
from cleanplate.train.vera.clips import Example, ExampleDataset, steps_from
from cleanplate.train.vera.objective import draw_noise, losses, total
from cleanplate.train.vera.preview import draw, scores, sheet
from cleanplate.train.vera.recipe import Recipe
from cleanplate.train.vera.start import groups, plain, start
from cleanplate.train.vera.texts import KeptTexts
from cleanplate.worlds.formats.vera_layout import VeraSample

MODEL, RECIPE, CHECKPOINTS = "model", "recipe.json", "checkpoints"
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
    run = _Run(recipe, samples, out, codec, encoder)
    try:
        with (progress or Silent()).task("Training", recipe.steps - run.done) as tick:
            for examples in run.examples():
                run.step(examples)
                tick()
        return run.deliver()
    except KeyboardInterrupt:
        run.keep()
        raise
    finally:
        run.close()


class _Run:
    """The state of one run on one process.

    Attributes:
        done: steps that are finished.
    """

    def __init__(
        self, recipe: Recipe, samples: Sequence[VeraSample], out: Path, codec: Codec, encoder: TextEncoder
    ) -> None:
        self._recipe, self._out, self._codec = recipe, out, codec
        self._accelerator = accelerator_of(recipe.precision, recipe.sharding, JointBlock)
        bare = start(recipe)
        optimiser = AdamW(groups(bare, recipe), betas=recipe.rates.betas, weight_decay=recipe.rates.decay, fused=True)
        self._full_rates = [group["lr"] for group in optimiser.param_groups]
        self._model, self._optimiser = self._accelerator.prepare(bare, optimiser)
        self._mean = EMAModel(self._learning, decay=recipe.ema, foreach=True)
        self._texts = KeptTexts(encoder)
        self._batcher = Batcher(recipe, codec, self._texts, self._accelerator.device)
        ranks = (self._accelerator.process_index, self._accelerator.num_processes)
        self._data = ExampleDataset(samples, recipe, *ranks)
        self._checkpoints = Checkpoints(out / CHECKPOINTS, writes=self._accelerator.is_main_process)
        self.done = 0
        self._restore()
        self._curves = Curves(out, self.done) if self._accelerator.is_main_process else None
        if self._curves:
            write_text(out / RECIPE, recipe.model_dump_json(indent=1) + "\n")

    @property
    def _learning(self) -> list[nn.Parameter]:
        return [part for part in unwrapped(self._accelerator, self._model).parameters() if part.requires_grad]

    def examples(self) -> Iterator[list[Example]]:
        """Of every step that is left."""
        return steps_from(self._data, range(self.done, self._recipe.steps), self._recipe.clips.workers)

    def step(self, examples: Sequence[Example]) -> None:
        """One step of the optimiser, and what is due after it."""
        recipe, every = self._recipe, self._recipe.every
        for group, full in zip(self._optimiser.param_groups, self._full_rates, strict=True):
            group["lr"] = full * factor(self.done, recipe.steps, recipe.rates.warmup, recipe.rates.shape)
        errors = self._learn(examples)
        norm = self._accelerator.clip_grad_norm_(self._learning, recipe.rates.clip)
        self._optimiser.step()
        self._optimiser.zero_grad()
        self._mean.step(self._learning)
        self.done += 1
        if self.done % every.log == 0:
            self._log(errors, norm)
        if self.done % every.preview == 0 or self.done == recipe.steps:
            self._preview()
        if self.done % every.save == 0 or self.done == recipe.steps:
            self.keep()

    def _learn(self, examples: Sequence[Example]) -> dict[str, Tensor]:
        """Gradients of one step, part by part; the mean errors by branch."""
        parts = [examples[first :: self._recipe.accumulate] for first in range(self._recipe.accumulate)]
        sums: dict[str, Tensor] = {}
        for number, part in enumerate(parts, 1):
            latents = self._batcher.latents(part)
            shares = self._batcher.shares(part, self.done)
            with part_of_a_step(self._accelerator, self._model, last=number == len(parts)):
                errors = losses(self._model, latents, draw_noise(latents, self._recipe), self._recipe, shares)
                self._accelerator.backward(total(errors, self._recipe) / len(parts))
            for name, error in errors.items():
                sums[name] = sums.get(name, torch.zeros(())) + error.detach().cpu() / len(parts)
        return sums

    def _log(self, errors: dict[str, Tensor], norm: Tensor | float | None) -> None:
        means = {name: float(self._accelerator.reduce(error, "mean")) for name, error in errors.items()}
        if not all(torch.isfinite(torch.tensor(list(means.values())))):
            raise CleanplateError(
                f"at step {self.done} the loss is no number any more",
                remedy="Train with a lower rate, or in float32; the last checkpoint is kept.",
            )
        if self._curves:
            figures = {f"loss {name}": mean for name, mean in means.items()}
            rates = {"rate": float(self._optimiser.param_groups[0]["lr"]), "gradient": float(norm or 0.0)}
            self._curves.note(self.done, figures | rates)

    def _preview(self) -> None:
        """Sample the first clips of the data with the averaged weights."""
        held = [self._data.whole(index) for index in range(min(_PREVIEWED, len(self._data.samples)))]
        latents = self._batcher.latents(held)
        with self._averaged() as model:
            made = draw(model, latents, self._texts.of([""]), self._codec, self._recipe)
        if self._curves:
            found = [scores(one, truth) for one, truth in zip(made, held, strict=True)]
            means = {name: sum(score[name] for score in found) / len(found) for name in found[0]}
            self._curves.note(self.done, {f"sampled {name}": mean for name, mean in means.items()})
            self._curves.show(self.done, "samples", sheet(made, held))
            self._curves.draw()

    @contextmanager
    def _averaged(self) -> Iterator[Mixture]:
        """The model with the average of its weights, for as long as the block lasts."""
        model = unwrapped(self._accelerator, self._model)
        self._mean.store(self._learning)
        self._mean.copy_to(self._learning)
        model.eval()
        try:
            yield model
        finally:
            self._mean.restore(self._learning)
            model.train()

    def keep(self) -> None:
        """A checkpoint of the steps done so far."""
        model = unwrapped(self._accelerator, self._model)
        means = named_whole(model, self._mean.shadow_params)
        self._checkpoints.save(State(self.done, self._recipe.model_dump_json()), self._model, self._optimiser, means)

    def _restore(self) -> None:
        found = self._checkpoints.restore(self._recipe.model_dump_json(), self._model, self._optimiser)
        if found is not None:
            self.done, means = found
            model = unwrapped(self._accelerator, self._model)
            names = [name for name, part in model.named_parameters() if part.requires_grad]
            for name, mean in zip(names, self._mean.shadow_params, strict=True):
                spread_into(mean, means[name])
            self._mean.optimization_step = self.done

    def deliver(self) -> Path:
        """The averaged weights as a model in our format; adapters are added to what they adapt."""
        folder = self._out / MODEL
        with self._averaged() as model:
            whole = whole_state(model)
        if self._accelerator.is_main_process and not folder.exists():
            bare = start(self._recipe)
            bare.load_state_dict(whole)
            save(plain(bare), self._recipe.system, folder)
        self._accelerator.wait_for_everyone()
        return folder

    def close(self) -> None:
        """Let files and processes go."""
        if self._curves:
            self._curves.close()
        self._accelerator.end_training()
