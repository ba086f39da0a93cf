"""The loop that every recipe goes through: steps, checkpoints, curves, previews, and the average that is delivered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

import numpy as np
import torch
from diffusers.training_utils import EMAModel
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim import Optimizer

from cleanplate.errors import CleanplateError
from cleanplate.files import write_text
from cleanplate.progress import Progress, Silent
from cleanplate.train.accelerated import part_of_a_step, unwrapped
from cleanplate.train.checkpoints import Checkpoints, State, named_whole, spread_into, whole_state
from cleanplate.train.curves import Curves
from cleanplate.train.rates import factor
from cleanplate.train.recipe import Common

if TYPE_CHECKING:
    from accelerate import Accelerator

RECIPE, CHECKPOINTS = "recipe.json", "checkpoints"
E = TypeVar("E")


@dataclass(frozen=True)
class Preview:
    """What a model makes of some clips.

    Attributes:
        figures: how near it came, by name.
        picture: of them, H x W x 3, sRGB.
    """

    figures: Mapping[str, float]
    picture: NDArray[np.uint8]


class Method(Protocol[E]):
    """What one recipe brings to the loop, on each process. E is an example.

    Attributes:
        result: name of what is delivered, in the folder of the run.
    """

    result: str

    def examples(self, steps: range) -> Iterator[Sequence[E]]:
        """What this process learns from, step by step."""
        ...

    def parts(self, examples: Sequence[E]) -> Sequence[Sequence[E]]:
        """What of a step goes through the model together; all parts weigh the same."""
        ...

    def losses(self, model: Any, part: Sequence[E], step: int) -> dict[str, Tensor]:
        """The errors of a part, by name."""
        ...

    def total(self, errors: Mapping[str, Tensor]) -> Tensor:
        """What is minimised."""
        ...

    def preview(self, model: Any) -> Preview:
        """What the model makes of some clips; called on all processes."""
        ...

    def deliver(self, weights: dict[str, Tensor], place: Path) -> None:
        """Write the trained model; called on the first process alone.

        Args:
            weights: under the model's own names, averaged, on the CPU.
        """
        ...


class Loop(Generic[E]):
    """One run on one process, from where it stands.

    Args:
        bare: the model that learns, not wrapped yet.
        optimiser: of its learning parameters, its groups at their full rates.
        out: folder of the run: checkpoints, curves, previews and, in the end, the model.

    Attributes:
        done: steps that are finished.

    Raises:
        InputError: damaged checkpoints, or a run there with another recipe.
    """

    def __init__(
        self,
        method: Method[E],
        bare: nn.Module,
        optimiser: Optimizer,
        *,
        recipe: Common,
        accelerator: Accelerator,
        out: Path,
    ) -> None:
        self._method, self._recipe, self._accelerator, self._out = method, recipe, accelerator, out
        self._full_rates = [group["lr"] for group in optimiser.param_groups]
        self._model, self._optimiser = accelerator.prepare(bare, optimiser)
        self._mean = EMAModel(self._learning, decay=recipe.ema, foreach=True)
        self._checkpoints = Checkpoints(out / CHECKPOINTS, writes=accelerator.is_main_process)
        self.done = 0
        self._restore()
        self._curves = Curves(out, self.done) if accelerator.is_main_process else None
        if self._curves:
            write_text(out / RECIPE, recipe.model_dump_json(indent=1) + "\n")

    def run(self, progress: Progress | None = None) -> Path:
        """The steps that are left, then what is delivered.

        Raises:
            InputError: damaged data.
            CleanplateError: the loss is no number any more.
        """
        try:
            with (progress or Silent()).task("Training", self._recipe.steps - self.done) as tick:
                for examples in self._method.examples(range(self.done, self._recipe.steps)):
                    self._step(examples)
                    tick()
            return self._deliver()
        except KeyboardInterrupt:
            self._keep()
            raise
        finally:
            if self._curves:
                self._curves.close()
            self._accelerator.end_training()

    @property
    def _learning(self) -> list[nn.Parameter]:
        return [part for part in unwrapped(self._accelerator, self._model).parameters() if part.requires_grad]

    def _step(self, examples: Sequence[E]) -> None:
        """One step of the optimiser, and what is due after it."""
        recipe, every, rates = self._recipe, self._recipe.every, self._recipe.rates
        for group, full in zip(self._optimiser.param_groups, self._full_rates, strict=True):
            group["lr"] = full * factor(self.done, recipe.steps, rates.warmup, rates.shape, rates.cycles)
        errors = self._learn(examples)
        norm = self._accelerator.clip_grad_norm_(self._learning, rates.clip)
        self._optimiser.step()
        self._optimiser.zero_grad()
        self._mean.step(self._learning)
        self.done += 1
        if self.done % every.log == 0:
            self._log(errors, norm)
        if self.done % every.preview == 0 or self.done == recipe.steps:
            self._preview()
        if self.done % every.save == 0 or self.done == recipe.steps:
            self._keep()

    def _learn(self, examples: Sequence[E]) -> dict[str, Tensor]:
        """Gradients of one step, part by part; the mean errors by name."""
        parts = self._method.parts(examples)
        sums: dict[str, Tensor] = {}
        for number, part in enumerate(parts, 1):
            with part_of_a_step(self._accelerator, self._model, last=number == len(parts)):
                errors = self._method.losses(self._model, part, self.done)
                self._accelerator.backward(self._method.total(errors) / len(parts))
            for name, error in errors.items():
                sums[name] = sums.get(name, torch.zeros(())) + error.detach().cpu() / len(parts)
        return sums

    def _log(self, errors: Mapping[str, Tensor], norm: Tensor | float | None) -> None:
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
        """With the averaged weights."""
        with self._averaged() as model:
            preview = self._method.preview(model)
        if self._curves:
            self._curves.note(self.done, {f"sampled {name}": figure for name, figure in preview.figures.items()})
            self._curves.show(self.done, "samples", preview.picture)
            self._curves.draw()

    @contextmanager
    def _averaged(self) -> Iterator[nn.Module]:
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

    def _keep(self) -> None:
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

    def _deliver(self) -> Path:
        place = self._out / self._method.result
        with self._averaged() as model:
            weights = whole_state(model)
        if self._accelerator.is_main_process and not place.exists():
            self._method.deliver(weights, place)
        self._accelerator.wait_for_everyone()
        return place
