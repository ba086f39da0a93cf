"""The morph check on `worlds`: truth that must not trigger it, against the same truth with synthetic morphing.

    python bench/morph.py [--folder FOLDER] [--count 63] [--held-out 24] [--size 224x128] [--fit]

For families by turns the world without the removed things is rendered, and the things that are changed and move
there are followed from their masks on frame 0: as they are, with a warp of 10 % of their size, and with one other kind
of morphing (`bench/morphing.py`). Clips and measures are kept in the folder, so that a stopped run goes on. The weights
and the threshold are fitted on the families of `FIT` alone; the table says what the constants in
`cleanplate.engines.void.morph.score` do on the families that the fit has not seen.
"""

from __future__ import annotations

import argparse
import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from morphing import MORPHS
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from cleanplate.engines.void.morph.check import Start, morph_scores
from cleanplate.engines.void.morph.drift import Drift
from cleanplate.engines.void.morph.score import THRESHOLD, TOP, WEIGHTS, MorphScore, score_of
from cleanplate.worlds.counterfactual import counterfactual
from cleanplate.worlds.families import FAMILIES, TRAINING, sample
from cleanplate.worlds.render.tiny import Tiny

FIT = (
    "tower",
    "blocked",
    "struck",
    "collide",
    "crash",
    "cushion",
    "dominoes",
    "pile",
    "person-holds",
    "person-lap",
    "person-kicks",
)
UNSEEN = tuple(name for name in FAMILIES if name not in FIT)
HELD_OUT = tuple(name for name in FAMILIES if name not in TRAINING)
TRUTH = "truth"
OTHERS = tuple(kind for kind in MORPHS if kind != "warp")
_THINGS = 2
"""Of one clip at most."""
LARGE = 20
"""Pixels of size of things that stand in a row of their own; at 672 x 384 they have three times as many."""
_AREA = 100
"""Pixels that a thing has on the first frame at least; 10 % of its size is one of them."""
_SEEN = 60
"""Pixels that it has on most frames."""
_GOES = 0.25
"""Of its size: how far it goes at least."""


@dataclass(frozen=True)
class Measured:
    """One thing in one clip."""

    family: str
    seed: int
    thing: str
    kind: str
    size: float
    moved: float
    lost: int | None
    drifts: tuple[Drift, ...]

    def score(self, weights: Drift = WEIGHTS) -> float:
        return score_of(self.drifts, weights)


@dataclass(frozen=True)
class Clip:
    """A rendered world: T x H x W x 3 uint8, and by thing its masks (T x H x W bool)."""

    family: str
    seed: int
    rgb: NDArray[np.uint8]
    masks: dict[str, NDArray[np.bool_]]


def main() -> None:
    """Make, measure, fit where asked, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path("bench-out/morph"))
    parser.add_argument("--count", type=int, default=63, help="clips of families that models are trained on, by turns")
    parser.add_argument("--held-out", type=int, default=24, help="clips of the other families, by turns")
    parser.add_argument("--size", default="224x128")
    parser.add_argument("--fit", action="store_true")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    width, height = (int(side) for side in options.size.split("x"))
    for families, count in ((TRAINING, options.count), (HELD_OUT, options.held_out)):
        for seed in range(1, count + 1):
            measure(options.folder, families[seed % len(families)], seed, height, width)
    found = list(read(options.folder))
    if options.fit:
        weights, threshold = fit([one for one in found if one.family in FIT])
        print(json.dumps({**asdict(weights), "threshold": round(threshold, 2)}))
    report(found)


def measure(folder: Path, family: str, seed: int, height: int, width: int) -> None:
    """Measure one clip's things, unless that was done."""
    out = folder / f"{family}-{seed:012d}.json"
    if out.exists():
        return
    clip = make(folder, family, seed, height, width)
    rows = [asdict(one) for one in measured(clip)] if clip else []
    out.write_text(json.dumps(rows))


def make(folder: Path, family: str, seed: int, height: int, width: int) -> Clip | None:
    """The world without the removed things; None for a scene in which nothing is changed."""
    path = folder / f"{family}-{seed:012d}.npz"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        scene = sample(family, seed)
        both = counterfactual(scene)
        if not both.changed:
            return None
        views = list(Tiny().render(scene, both.altered, height, width))
        names = [body.name for body in scene.bodies]
        np.savez(
            path,
            rgb=np.stack([view.rgb for view in views]),
            inst=np.stack([view.instance for view in views]),
            things=[names.index(change.name) for change in both.changed],
            names=names,
        )
    with np.load(path) as kept:
        names, inst = kept["names"], kept["inst"]
        return Clip(family, seed, kept["rgb"], {str(names[one]): inst == one for one in kept["things"]})


def measured(clip: Clip) -> Iterator[Measured]:
    """Every thing that is large enough and moves: as it is, warped, and morphed in one other way."""
    things = [(name, masks) for name, masks in clip.masks.items() if _worth(masks)]
    for place, (name, masks) in enumerate(things[:_THINGS]):
        rng = np.random.default_rng([clip.seed, place])
        other = OTHERS[(clip.seed + place) % len(OTHERS)]
        for kind in (TRUTH, "warp", other):
            pictures = list(clip.rgb) if kind == TRUTH else MORPHS[kind](list(clip.rgb), list(masks), rng)
            (score,) = morph_scores(pictures, [Start(name, 0, masks[0])])
            yield _record(clip, kind, score)


def _record(clip: Clip, kind: str, score: MorphScore) -> Measured:
    size = float(np.sqrt(clip.masks[score.thing][0].sum()))
    return Measured(clip.family, clip.seed, score.thing, kind, size, score.moved, score.lost, score.drifts)


def _worth(masks: NDArray[np.bool_]) -> bool:
    areas = masks.sum(axis=(1, 2))
    if areas[0] < _AREA or np.count_nonzero(areas < _SEEN) > len(masks) // 4:
        return False
    middles = np.array([np.argwhere(mask).mean(axis=0) for mask in masks if mask.any()])
    return bool(np.linalg.norm(middles - middles[0], axis=1).max() >= _GOES * np.sqrt(areas[0]))


def read(folder: Path) -> Iterator[Measured]:
    """Everything measured so far."""
    for path in sorted(folder.glob("*.json")):
        for row in json.loads(path.read_text()):
            yield Measured(**{**row, "drifts": tuple(Drift(**one) for one in row["drifts"])})


def fit(rows: Sequence[Measured]) -> tuple[Drift, float]:
    """Round weights that tell truth from morphs best, and the threshold that 5 % of the truth exceed."""
    steps = (0.0, 0.1, 0.3, 1.0)
    choices = itertools.product(steps, (0.3, 1.0), steps, steps, (0.0, 0.03, 0.1), (0.0, 0.05, 0.1, 0.2))
    tables = {kind: [_table(row) for row in rows if row.kind == kind and row.drifts] for kind in (TRUTH, *MORPHS)}
    weights = max((Drift(*one) for one in choices), key=lambda one: _merit(tables, one))
    return weights, float(np.quantile([row.score(weights) for row in rows if row.kind == TRUTH], 0.95))


def _merit(tables: dict[str, list[NDArray[np.float64]]], weights: Drift) -> float:
    *counts, share = astuple(weights)
    scores = {
        kind: [_top(np.linalg.norm(one[:, :-1] * counts, axis=1) / (1 + share * one[:, -1])) for one in each]
        for kind, each in tables.items()
    }
    areas = {kind: auc(scores[TRUTH], scores[kind]) for kind in MORPHS if scores[kind]}
    return areas["warp"] + float(np.mean(list(areas.values())))


def _table(row: Measured) -> NDArray[np.float64]:
    return np.array([astuple(one) for one in row.drifts])


def _top(curve: NDArray[np.float64]) -> float:
    return float(np.sort(curve)[-TOP:].mean())


def auc(low: Sequence[float], high: Sequence[float]) -> float:
    """How often one of `high` exceeds one of `low`, ties counting half."""
    above = np.subtract.outer(np.array(high), np.array(low))
    return float(((above > 0) + 0.5 * (above == 0)).mean())


def report(rows: Sequence[Measured]) -> None:
    """A table of what the package's constants do on either set of families."""
    table = Table("families", "kind", "things", "AUC", f"above {THRESHOLD:g} %", "found at 5 % false alarms")
    groups = (("fit", FIT, 0), ("unseen", UNSEEN, 0), (f"unseen, {LARGE} pixels or more", UNSEEN, LARGE))
    for name, families, least in groups:
        here = [row for row in rows if row.family in families and row.size >= least]
        truth = [row.score() for row in here if row.kind == TRUTH]
        if not truth:
            continue
        limit = float(np.quantile(truth, 0.95))
        for kind in (TRUTH, *MORPHS):
            scores = np.array([row.score() for row in here if row.kind == kind])
            if len(scores):
                figures: list[Any] = [
                    len(scores),
                    f"{auc(truth, list(scores)):.3f}",
                    f"{(scores > THRESHOLD).mean():.1%}",
                ]
                table.add_row(name, kind, *map(str, figures), f"{(scores > limit).mean():.1%}")
    Console().print(table)


if __name__ == "__main__":
    main()
