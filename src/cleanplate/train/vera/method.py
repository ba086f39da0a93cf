"""What both recipes of layers bring to the loop, Vera's and vera-nano's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from torch import Tensor
from torch.utils.data import Dataset

from cleanplate.errors import UsageError
from cleanplate.models.store.loading import save
from cleanplate.train.adapters import plain
from cleanplate.train.feeding import steps_from
from cleanplate.train.vera.clips import Example
from cleanplate.train.vera.recipe import Recipe
from cleanplate.train.vera.start import start


class Layers:
    """A part of `Method`: where clips come from, and what is delivered; what is minimised and shown is left to each.

    Args:
        clips: by step, those that this process takes.
    """

    result = "model"

    def __init__(self, recipe: Recipe, clips: Dataset[list[Example]]) -> None:
        self._settings, self._clips = recipe, clips

    def examples(self, steps: range) -> Iterator[list[Example]]:
        """See `Method`."""
        return steps_from(self._clips, steps, self._settings.clips.workers)

    def parts(self, examples: Sequence[Example]) -> list[Sequence[Example]]:
        """See `Method`. Raises UsageError where they do not divide what this process takes."""
        count = self._settings.accumulate
        if len(examples) % count:
            raise UsageError(
                f"{count} parts do not divide the {len(examples)} clips that each process takes",
                remedy="Start fewer processes, or change `accumulate` in the recipe.",
            )
        return [examples[first::count] for first in range(count)]

    def deliver(self, weights: dict[str, Tensor], place: Path) -> None:
        """A model in our format; adapters are added to what they adapt."""
        bare = start(self._settings)
        bare.load_state_dict(weights)
        save(plain(bare), self._settings.system, place)
