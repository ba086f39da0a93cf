"""Which runs an ablation bench is made of: the whole recipe of an embedded model and its ablations, by seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cleanplate.errors import InputError, UsageError
from cleanplate.progress import Progress
from cleanplate.train.loop import RECIPE
from cleanplate.train.vera_nano import door as vera
from cleanplate.train.vera_nano import recipes as layering
from cleanplate.train.vera_nano.recipe import Recipe as Layering
from cleanplate.train.void_nano import door as void
from cleanplate.train.void_nano import recipes as removing
from cleanplate.train.void_nano.recipe import Recipe as Removing

SYSTEMS = ("vera", "void")
JUDGED = "judged.json"
"""What a run's model was found to be worth, in its folder."""
BASES = ("nano", "nano-gpu", "nano-few", "nano-smoke")
"""A recipe that only one system has is that one's alone."""


@dataclass(frozen=True)
class Run:
    """One training.

    Attributes:
        label: `vera`, `vera-regenerate` and so on: the same for all seeds.
        folder: of the run.
    """

    label: str
    recipe: Layering | Removing
    folder: Path

    @property
    def system(self) -> str:
        """Whose it is."""
        return self.label.partition("-")[0]

    @property
    def judged(self) -> bool:
        """Whether it has been. Raises InputError for a run there with another recipe."""
        if not (self.folder / JUDGED).is_file():
            return False
        if (self.folder / RECIPE).read_text(encoding="utf-8") != self.recipe.model_dump_json(indent=1) + "\n":
            remedy = "Name another folder with --out, or give the same --steps and --base."
            raise InputError("the run there was made by another recipe", where=str(self.folder), remedy=remedy)
        return True

    def train(self, data: Path, progress: Progress) -> Path:
        """The folder of the trained model; a run that was stopped goes on. See `vera_nano.run.train` for errors."""
        kept = data / f"{self.system}-nano"
        if isinstance(self.recipe, Layering):
            return vera.run(self.recipe, kept, self.folder, progress)
        return void.run(self.recipe, kept, self.folder, progress)


def runs(base: str, steps: int | None, seeds: int, out: Path, only: Sequence[str] = ()) -> list[Run]:
    """All of them, or those whose labels are or begin with one that is named; every label before the next seed.

    Raises:
        UsageError: a name that begins none.
    """
    found: dict[str, Layering | Removing] = {}
    for system, table in (("vera", layering), ("void", removing)):
        if base not in table.RECIPES:
            continue
        whole = table.RECIPES[base]
        found[system] = whole
        found |= {f"{system}-{name}": table.ablated(whole, name) for name in table.ABLATIONS}
    for name in only:
        if name not in found:
            raise UsageError(f"there is no run '{name}'", remedy=f"Name some of: {', '.join(found)}.")
    chosen = [label for label in found if not only or label in only or label.partition("-")[0] in only]
    return [
        Run(label, _with(found[label], steps, seed), out / "runs" / f"{label}-seed{seed}")
        for seed in range(seeds)
        for label in chosen
    ]


def _with(recipe: Layering | Removing, steps: int | None, seed: int) -> Layering | Removing:
    changed = {"seed": seed} if steps is None else {"seed": seed, "steps": steps}
    return type(recipe).model_validate(dict(recipe) | changed)
