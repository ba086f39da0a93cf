"""The morph check on `worlds`: truth that must not trigger it, against the same truth with synthetic morphing.

    python bench/morph.py [--folder FOLDER] [--training 126] [--held-out 48] [--fit WEIGHTS.py]

For families by turns the world without the removed things is rendered (`morph_clips.py`), and the things that are
changed and move there are followed from their masks on frame 0: as they are, with a warp of 10 % of their size, and
with one other kind of morphing by turns (`morphing.py`), all with a decoder's softness and grain. Clips and measures
are kept in the folder, so that a stopped run goes on. `--fit` makes the weights and the threshold anew,
of the families that models are trained on alone (`morph_fit.py`). The first table is of those families, each judged by
weights that were fitted without it; the others are of the held-out families by the package's own weights.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
from morph_clips import Seen, things
from morph_fit import HOLDS, Example, Fit, auc, example, fitted, left_out, recall
from morphing import MORPHS, decoded
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from cleanplate.engines.void.morph.check import Start, morph_scores
from cleanplate.engines.void.morph.drift import Drift
from cleanplate.engines.void.morph.score import THRESHOLD, departures, pooled
from cleanplate.worlds.families import FAMILIES, TRAINING

HELD_OUT = tuple(name for name in FAMILIES if name not in TRAINING)
MODELS_GRID, SMALL_GRID = (384, 672), (224, 384)
FRESH = 101
"""First clip of the held-out families: those before it were looked at while the check was made. These were judged, and
their failures looked at, once: a check that is made anew needs later ones."""
_LARGE = 16
"""Clips at the model's grid; the others are smaller, and take a third of the time."""
TRUTH, MAIN = "truth", "warp 10 %"
OTHERS = tuple(kind for kind in MORPHS if kind != MAIN)
ALARMS = 0.05
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Measured:
    """One thing in one clip; `pixels` that it has on the first frame."""

    family: str
    seed: int
    thing: str
    kind: str
    pixels: int
    lost: int | None
    drifts: dict[int, Drift]

    @property
    def score(self) -> float:
        """By the package's weights."""
        return pooled(departures(self.drifts).values())

    @property
    def example(self) -> Example:
        """For the fit."""
        return example(self.drifts, self.family, self.kind, self.kind != TRUTH)


def main() -> None:
    """Make, measure, fit where asked, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path("bench-out/morph"))
    parser.add_argument("--training", type=int, default=126, help="clips of families that models are trained on")
    parser.add_argument("--held-out", type=int, default=48, help="clips of the other families")
    parser.add_argument("--fit", type=Path, help="where to write the weights that were fitted")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    clips = [(TRAINING, seed) for seed in range(1, options.training + 1)]
    clips += [(HELD_OUT, seed) for seed in range(FRESH, FRESH + options.held_out)]
    for families, seed in track(clips, "Clips", console=Console(stderr=True)):
        measure(options.folder, families, seed)
    rows = list(read(options.folder))
    known, unseen = ([row for row in rows if row.family in group] for group in (TRAINING, HELD_OUT))
    examples = [row.example for row in known]
    hold, odds = best(examples)
    if options.fit:
        options.fit.write_text(module(fitted(examples, hold), odds[[row.kind == TRUTH for row in known]]))
    console = Console(width=100)
    console.print(table(f"Training families, each left out of its fit (hold {hold:g})", known, odds, by_kind))
    scores = np.array([row.score for row in unseen])
    for title, group in (("Held-out families", by_kind), ("Held-out families, one by one", by_family)):
        console.print(table(title, unseen, scores, group, THRESHOLD))


def measure(folder: Path, families: Sequence[str], seed: int) -> None:
    """Measure one clip's things, unless that was done, or nothing moves in that family but what goes."""
    family = families[seed % len(families)]
    out = folder / f"{family}-{seed:06d}.json"
    if out.exists() or not FAMILIES[family].promises:
        return
    height, width = MODELS_GRID if families is TRAINING and seed <= _LARGE else SMALL_GRID
    found = enumerate(things(folder / "clips", family, seed, height, width))
    turn = seed // len(families) + len(family)
    rows = [asdict(one) for number, seen in found for one in measured(seen, number, OTHERS[(turn + 3 * number) % 7])]
    out.write_text(json.dumps(rows))


def measured(seen: Seen, number: int, other: str) -> Iterator[Measured]:
    """A thing as it is, warped, and morphed in another way."""
    start = Start(seen.thing, 0, seen.masks[0])
    for kind in (TRUTH, MAIN, other):
        rng = np.random.default_rng([seen.seed, number])
        clip = list(seen.rgb) if kind == TRUTH else MORPHS[kind](list(seen.rgb), list(seen.masks), rng)
        (score,) = morph_scores(decoded(clip, rng), [start])
        yield Measured(seen.family, seen.seed, seen.thing, kind, int(start.mask.sum()), score.lost, dict(score.drifts))


def read(folder: Path) -> Iterator[Measured]:
    """Everything measured so far."""
    for path in sorted(folder.glob("*.json")):
        for row in json.loads(path.read_text()):
            drifts = {int(frame): Drift(**one) for frame, one in row["drifts"].items()}
            yield Measured(**{**row, "drifts": drifts})


def best(examples: Sequence[Example]) -> tuple[float, Floats]:
    """How strongly weights are held small, for most of the area of all kinds and of warps of 10 %; odds by families."""
    tried = {hold: left_out(examples, hold) for hold in HOLDS}
    truth, main, every = (np.array([one.kind in kinds for one in examples]) for kinds in ((TRUTH,), (MAIN,), MORPHS))
    merit = {hold: auc(odds[truth], odds[main]) + auc(odds[truth], odds[every]) for hold, odds in tried.items()}
    hold = max(merit, key=lambda one: merit[one])
    return hold, tried[hold]


def module(fit: Fit, truth: Floats) -> str:
    """The package's module of weights: the threshold is a departure, which grows with the square root of odds.

    Args:
        truth: odds of unmorphed things by weights that were fitted without their family.
    """
    limit = float(np.exp(np.quantile(truth, 1 - ALARMS) / 2))
    wavers, changes = (
        "".join(
            f'    "{name}": ({usual:.3f}, {spread:.3f}, {weight:.4f}),\n'
            for name, (usual, spread, weight) in table.items()
        )
        for table in fit.tables()
    )
    return _MODULE.format(wavers=wavers, changes=changes, limit=limit, alarms=ALARMS, count=len(truth))


_MODULE = '''"""What each piece of evidence weighs.

Made by ``python bench/morph.py --fit`` of those families of `worlds` that models are trained on.
"""

WAVERS: dict[str, tuple[float, float, float]] = {{
{wavers}}}
"""By name: what is usual, its spread, and the weight of each spread above it, in the logarithm of odds."""
CHANGES: dict[str, tuple[float, float, float]] = {{
{changes}}}
"""The same of what changes at once."""
THRESHOLD = {limit:.2f}
"""Exceeded by {alarms:.0%} of {count} unmorphed things, by weights that were fitted without their families."""
'''

Group = Callable[[Measured], str]


def by_kind(row: Measured) -> str:
    """Of morphing."""
    return row.kind


def by_family(row: Measured) -> str:
    """And roughly by kind."""
    return f"{row.family}: {'truth' if row.kind == TRUTH else 'warp 10 %' if row.kind == MAIN else 'other morphs'}"


def table(title: str, rows: Sequence[Measured], scores: Floats, group: Group, limit: float | None = None) -> Table:
    """For each group: things, area against all truth, share found at 5 % false alarms, share above the threshold."""
    shown = Table(
        "", "things", "AUC", "found at 5 % false alarms", *(["above the threshold"] if limit else []), title=title
    )
    truth = scores[[row.kind == TRUTH for row in rows]]
    for name in sorted({group(row) for row in rows}, key=lambda one: (TRUTH not in one, one)):
        here = scores[[group(row) == name for row in rows]]
        above = [] if limit is None else [f"{(here > limit).mean():.0%}"]
        shown.add_row(name, str(len(here)), f"{auc(truth, here):.3f}", f"{recall(truth, here, ALARMS):.0%}", *above)
    return shown


if __name__ == "__main__":
    main()
