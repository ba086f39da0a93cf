"""Training the finder, from the first step to the folder that models name. B pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional
from torch.optim import AdamW

from cleanplate.models.finding.finder import Finder, save
from cleanplate.models.text.words import WordEncoder
from cleanplate.progress import Progress
from cleanplate.train.accelerated import accelerator_of
from cleanplate.train.feeding import steps_from
from cleanplate.train.loop import Loop, Preview
from cleanplate.train.nano_finder.recipe import Recipe
from cleanplate.train.nano_finder.subjects import Lesson, SubjectDataset, held_back
from cleanplate.train.sheet import sheet_of
from cleanplate.train.texts import KeptTexts

if TYPE_CHECKING:
    from accelerate import Accelerator

DATA = "stock"
_SHOWN, _ROW = 24, 6
"""Pictures of a preview, in rows of so many."""


def train(recipe: Recipe, out: Path, data: Path | None = None, *, progress: Progress | None = None) -> Path:
    """Run the recipe, or go on where a run in the same folder was stopped.

    Args:
        out: folder of the run: checkpoints, curves, previews and, in the end, the finder.
        data: folder of stock, which vera-nano's runs may share; in `out` otherwise.

    Returns:
        the folder of the finder.

    Raises:
        InputError: damaged data, or a run there with another recipe.
        ResourceError: a package is missing.
        CleanplateError: the loss is no number any more.
    """
    accelerator = accelerator_of(recipe.precision, recipe.sharding, Finder)
    torch.manual_seed(recipe.seed)
    bare, rates = Finder(recipe.shape), recipe.rates
    optimiser = AdamW(bare.parameters(), rates.new, betas=rates.betas, weight_decay=rates.decay, fused=True)
    method = _Subjects(recipe, data or out / DATA, accelerator)
    return Loop(method, bare, optimiser, recipe=recipe, accelerator=accelerator, out=out).run(progress)


class _Subjects:
    """Implements `Method`: pictures, what is named of them, and where that is."""

    result = "model"

    def __init__(self, recipe: Recipe, data: Path, accelerator: Accelerator) -> None:
        self._recipe, self._data, self._device = recipe, data, accelerator.device
        rank, ranks = accelerator.process_index, accelerator.num_processes
        self._subjects = SubjectDataset(data, recipe, rank=rank, ranks=ranks)
        self._texts = KeptTexts(WordEncoder(recipe.shape.text_dim))
        self._held: list[list[Lesson]] | None = None

    def examples(self, steps: range) -> Iterator[list[Lesson]]:
        """See `Method`."""
        return steps_from(self._subjects, steps, self._recipe.clips.workers)

    def parts(self, examples: Sequence[Lesson]) -> list[Sequence[Lesson]]:
        """See `Method`."""
        return [examples]

    def losses(self, model: Finder, part: Sequence[Lesson], step: int) -> dict[str, Tensor]:
        """Of pixels, by cross entropy, and of outlines, by Dice's measure (Milletari et al., arXiv 1606.04797)."""
        pictures, mattes, text = self._tensors(part)
        logits = model(pictures, text)
        said, both = logits.sigmoid(), (1, 2)
        common = 2 * (said * mattes).sum(dim=both) + 1
        dice = common / (said.sum(dim=both) + mattes.sum(dim=both) + 1)
        pixels = functional.binary_cross_entropy_with_logits(logits, mattes)
        return {"pixels": pixels, "outline": 1 - dice.mean()}

    def total(self, errors: Mapping[str, Tensor]) -> Tensor:
        """See `Method`."""
        return self._recipe.pixels * errors["pixels"] + errors["outline"]

    @torch.no_grad()
    def preview(self, model: Finder) -> Preview:
        """Held-back pictures: how well what is named is found, also beside something else, and without any name."""
        if self._held is None:
            self._held = [held_back(self._data, self._recipe, others=others) for others in (False, True)]
        alone, beside = map(self._tensors, self._held)
        said = {
            "iou": (model(alone[0], alone[2]), alone[1]),
            "iou beside others": (model(beside[0], beside[2]), beside[1]),
            "iou when nothing is named": (model(alone[0], torch.zeros_like(alone[2])), alone[1]),
        }
        mattes = beside[1], said["iou beside others"][0].sigmoid()
        shown = [(beside[0] + 1) / 2, *(matte[:, None].expand(-1, 3, -1, -1) for matte in mattes)]
        return Preview(
            {name: _overlap(*pair) for name, pair in said.items()}, sheet_of(torch.stack(shown)[:, :_SHOWN], _ROW)
        )

    @torch.no_grad()
    def deliver(self, weights: dict[str, Tensor], place: Path) -> None:
        """See `Method`."""
        finder = Finder(self._recipe.shape)
        finder.load_state_dict(weights)
        save(finder, place)

    def _tensors(self, lessons: Sequence[Lesson]) -> tuple[Tensor, Tensor, Tensor]:
        """Pictures in -1..1, mattes in 0..1, and words."""
        pictures = torch.stack([lesson.picture_3HW for lesson in lessons]).to(self._device).float() / 127.5 - 1
        mattes = torch.stack([lesson.matte_HW for lesson in lessons]).to(self._device).float() / 255
        return pictures, mattes, self._texts.of([lesson.text for lesson in lessons]).to(self._device)


def _overlap(logits_BHW: Tensor, mattes_BHW: Tensor) -> float:
    """The mean IoU at one half, of pictures in which there is anything; 0 where there are none."""
    said, true = logits_BHW > 0, mattes_BHW > 0.5
    seen = true.any(dim=(1, 2))
    overlaps = (said & true).sum(dim=(1, 2)) / (said | true).sum(dim=(1, 2)).clamp(min=1)
    return float(overlaps[seen].mean()) if seen.any() else 0.0
