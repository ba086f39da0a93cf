"""How well things are removed, where it is known what would have happened without them.

    python bench/removal.py                                   42 held-back pairs of training families, at 112x64
    python bench/removal.py --clips 12 --model nano-run/model    and a model by itself, over a known clean plate
    python bench/removal.py --engine void-nano --weights FOLDER  and an engine, as it is delivered
    python bench/removal.py --size 448x256 --engine void-nano --weights FOLDER --pass2 never --pass2 auto --pass2 always
                                                              and what its second pass does where it is called for
    python bench/removal.py --set judged                      worlds-removal-75, which nothing is to be fitted to

Figures: E, the counterfactual trajectory error (0 the truth, 1 doing nothing) over all things and frames, the part of
them that is lost, median and 90th percentile of E over clips; PSNR, SSIM and a distance by VGG's features where the
truth may differ from the plate, means over clips. docs/reference/metrics.md defines them. Clips, and what needs no
weights, are kept in the folder.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import get_args

import cv2
import numpy as np
import torch
import vgg
from removal_clips import Case, cases, judged_pairs, validation_pairs
from removal_methods import ByEngine, Method, Pictures, by_model, inpainted, kept, mean_background, plate
from rich.console import Console
from rich.progress import track as bar
from rich.table import Table

from cleanplate.engines.propagate.engine import VERSION
from cleanplate.engines.void.settings import PassTwo
from cleanplate.files import write_text
from cleanplate.metrics.features import Features, distance
from cleanplate.metrics.pictures import psnr, ssim
from cleanplate.metrics.trajectory import Sight, error, lost, sights
from cleanplate.worlds.families import TRAINING

_SETS = {"validation": (validation_pairs, "112x64"), "judged": (judged_pairs, "224x128")}
_SEEN_EVERY = 4
"""Frames between those that VGG looks at."""
COLUMNS = ("E", "lost", "median", "90 %", "PSNR", "SSIM", "VGG")


@dataclass(frozen=True)
class Score:
    """One method on one clip; `features` is NaN without VGG."""

    key: str
    family: str
    sights: tuple[Sight, ...]
    psnr: float
    ssim: float
    features: float


def score(case: Case, made: Pictures, true_features: Mapping[int, Sequence[Features]]) -> Score:
    """Measure a result, T x H x W x 3 uint8."""
    result, truth = (np.float32(1 / 255) * one for one in (made, case.moves.truth))
    where = case.changes
    apart = [distance(vgg.features(made[n]), true, where[n]) for n, true in true_features.items()]
    return Score(
        case.planned.key,
        case.planned.family,
        tuple(sights(result, case.asked)),
        psnr(result, truth, where),
        ssim(result, truth, where),
        float(np.mean(apart)) if apart else math.nan,
    )


def summary(scores: Sequence[Score]) -> dict[str, float]:
    """Over clips; NaN where there is nothing to tell."""
    everything = [sight for one in scores for sight in one.sights]
    errors = [error(one.sights) for one in scores if one.sights]
    low, high = np.percentile(errors, (50, 90)) if errors else (math.nan, math.nan)
    means = [float(np.mean(values)) for values in zip(*((s.psnr, s.ssim, s.features) for s in scores), strict=True)]
    return dict(zip(COLUMNS, (error(everything), lost(everything), float(low), float(high), *means), strict=True))


def measured(chosen: Iterable[Case], methods: Mapping[str, Method], *, look: bool) -> dict[str, list[Score]]:
    """All methods on all clips on which something changes."""
    found: dict[str, list[Score]] = {name: [] for name in methods}
    for case in chosen:
        if not case.changes.any():
            continue
        frames = [n for n in range(0, len(case.changes), _SEEN_EVERY) if look and case.changes[n].any()]
        true = {n: vgg.features(case.moves.truth[n]) for n in frames}
        for name, method in methods.items():
            found[name].append(score(case, method(case), true))
    return found


def groups(scores: Sequence[Score], morphing: Collection[str]) -> dict[str, list[Score]]:
    """All of them, seen and unseen families apart, and clips on which a second pass is called for, given by key."""
    parted = {
        "all": list(scores),
        "seen families": [one for one in scores if one.family in TRAINING],
        "unseen families": [one for one in scores if one.family not in TRAINING],
    }
    parted = {name: some for name, some in parted.items() if some and (name == "all" or len(some) < len(scores))}
    called = [one for one in scores if one.key in morphing]
    return parted | ({"a second pass is called for": called} if called else {})


def by_family(scores: Sequence[Score]) -> dict[str, list[Score]]:
    """In the order in which they come."""
    return {family: [s for s in scores if s.family == family] for family in dict.fromkeys(s.family for s in scores)}


def report(found: Mapping[str, Sequence[Score]], morphing: Collection[str], console: Console) -> None:
    """Tables: the figures of all methods in each group, and E and what is lost by family."""
    for group in groups(next(iter(found.values())), morphing):
        some = {name: groups(scores, morphing)[group] for name, scores in found.items()}
        count = len(next(iter(some.values())))
        pairs = len([sight for one in next(iter(some.values())) for sight in one.sights])
        table = Table("", *COLUMNS, title=f"{group}: {count} clips, {pairs} things on frames")
        for name, scores in some.items():
            table.add_row(name, *(_said(column, value) for column, value in summary(scores).items()))
        console.print(table)
    table = Table("E (lost)", "clips", *found, title="by family")
    for family, scores in by_family(next(iter(found.values()))).items():
        rows = [summary(by_family(every)[family]) for every in found.values()]
        table.add_row(family, str(len(scores)), *(_pair(row) for row in rows))
    console.print(table)


def _pair(row: Mapping[str, float]) -> str:
    return "-" if math.isnan(row["E"]) else f"{row['E']:.2f} ({row['lost']:.0%})"


def _said(column: str, value: float) -> str:
    if math.isnan(value):
        return "-"
    return f"{value:.0%}" if column == "lost" else f"{value:.1f}" if column == "PSNR" else f"{value:.3f}"


def tell_refusals(
    refused: Mapping[str, Mapping[str, str]], found: Mapping[str, Sequence[Score]], console: Console
) -> None:
    """How many clips an engine left as they are. Ends the program where an engine refused them all."""
    for name, reasons in refused.items():
        if reasons:
            count, first = len(found[name]), next(iter(reasons.values()))
            told = f"{name} refused {len(reasons)} of {count} clips, which count as left as they are: {first}"
            if len(reasons) == count:
                raise SystemExit(told)
            console.print(told)


def as_json(found: Mapping[str, Sequence[Score]], morphing: Collection[str], options: argparse.Namespace) -> str:
    """Everything that the tables say, every clip, and those that call for a second pass; what is not known is null."""

    def plain(some: Sequence[Score]) -> dict[str, float | None]:
        return {column: None if math.isnan(value) else value for column, value in summary(some).items()}

    methods = {
        name: {
            "groups": {group: plain(some) for group, some in groups(scores, morphing).items()},
            "families": {family: plain(some) for family, some in by_family(scores).items()},
            "clips": {one.key: plain([one]) for one in scores},
        }
        for name, scores in found.items()
    }
    about = {"set": options.set, "size": options.size, "second_pass_called_for": sorted(morphing)}
    return json.dumps({**about, "methods": methods}, indent=1) + "\n"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print the tables."""
    options = _options(arguments)
    cv2.setNumThreads(1)
    torch.set_num_threads(options.threads)
    planned, size = _SETS[options.set]
    options.size = options.size or size
    width, height = map(int, options.size.split("x"))
    wanted = planned(options.clips, (height, width))
    console = Console(width=140)
    look = vgg.there()
    if not look:
        console.print(f"VGG's column stays empty. {vgg.REMEDY}")
    chosen = bar(cases(wanted, options.folder / "clips"), total=len(wanted), description=options.set)
    methods = _methods(options)
    found = measured(chosen, methods, look=look)
    morphing = {key for method in methods.values() if isinstance(method, ByEngine) for key in method.morphing}
    refused = {name: method.refused for name, method in methods.items() if isinstance(method, ByEngine)}
    tell_refusals(refused, found, console)
    report(found, morphing, console)
    if options.json:
        write_text(options.json, as_json(found, morphing, options))


def _methods(options: argparse.Namespace) -> dict[str, Method]:
    alone: dict[str, Method] = {"input": plate, "mean background": mean_background, "OpenCV inpaint": inpainted}
    alone["propagate"] = kept(f"propagate-{VERSION}", ByEngine("propagate"), options.folder / "results")
    engines: dict[str, Method] = {name: ByEngine(name, options.weights) for name in options.engine if not options.pass2}
    for name, when in product(options.engine, options.pass2):
        engines[f"{name}, pass2={when}"] = ByEngine(name, options.weights, {"pass2": when})
    models = {f"model {folder}": by_model(folder) for folder in options.model}
    return alone | engines | models


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", choices=_SETS, default="validation")
    parser.add_argument("--size", help="width x height; the set's own otherwise")
    parser.add_argument("--clips", type=int, help="the first so many; all otherwise")
    parser.add_argument("--model", type=Path, action="append", default=[], help="folder of a nano model; may repeat")
    parser.add_argument("--engine", action="append", default=[], help="of the table of engines; may repeat")
    parser.add_argument("--weights", help="of the engines")
    parser.add_argument(
        "--pass2",
        choices=get_args(PassTwo),
        action="append",
        default=[],
        help="when the engines' second pass runs; may repeat, and each is a method",
    )
    parser.add_argument("--folder", type=Path, default=Path("bench-out/removal"))
    parser.add_argument("--json", type=Path, help="also write the figures here")
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
