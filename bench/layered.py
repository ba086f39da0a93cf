"""How well layers come of words, where the true layer is known.

    python bench/layered.py                                                60 clips at training seeds, 112x64, 16 frames
    python bench/layered.py --engine vera-nano --weights FOLDER --seeds 3  an engine, as it is delivered
    python bench/layered.py --model nano=RUN/model --model regenerate=RUN/model   models by themselves, layers or not
    python bench/layered.py --results other=FOLDER [--results ...]         results as KEY.npz; see `from_folder`
    python bench/layered.py --set judged                                   worlds-layered-141, for judging alone

The same NAME given again is another seed of the same method: figures are means over seeds and clips with intervals of
95 % by bootstrap over both. docs/reference/metrics.md defines them. The row `truth` says how far the reader of words is
to be trusted, `another layer` what complies by chance.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
import vgg
from layered_clips import Case, cases, judged_jobs, validation_jobs
from layered_methods import Method, Result, another, by_engine, from_folder, graph_cut, nothing, truth
from layered_model import by_model
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track as bar
from rich.table import Table

from cleanplate.errors import UsageError
from cleanplate.files import write_text
from cleanplate.metrics.composition import Interval, kernel_interval, mean_interval
from cleanplate.metrics.mattes import connectivity_error, gradient_error, overlap, preserved
from cleanplate.metrics.pictures import psnr
from cleanplate.metrics.reading import WORDS, complies
from cleanplate.metrics.words import asked
from cleanplate.worlds.layered.clip import Task

_SETS = {"validation": (validation_jobs, "112x64", 16), "judged": (judged_jobs, "224x128", 24)}
FIGURES = ("preserved", "kept", "PSNR", "IoU", "gradient", "connectivity", "complies", *WORDS)
Scores = Mapping[str, float]
Runs = dict[str, list[list[Scores]]]
"""By method, for each seed the figures of every clip."""
_LOOKED_AT = 3
"""Frames of a composite that VGG sees."""


def score(case: Case, made: Result | None) -> Scores:
    """Figures of one result; NaN, or missing, where there is nothing to tell.

    Of a background change it is the subject's matte that is judged, the hole in the layer: most of the layer is easy.
    """
    if made is None:
        return {"complies": 0.0}
    truth, result = (np.float32(1 / 255) * one for one in (case.composite, made.composite))
    parts = {"kept": case.alpha == 0, "PSNR": case.alpha > 0}
    found = {name: psnr(result, truth, where) for name, where in parts.items() if where.any()}
    if case.task is Task.ADD:
        found["preserved"] = preserved(case.source, made.composite, case.real_alpha)
    if made.edit is None or made.alpha is None:
        return found
    alpha, true = (one if case.task is Task.ADD else 1 - one for one in (made.alpha, case.real_alpha))
    pairs = list(zip(alpha, true, strict=True))
    found["IoU"] = overlap(alpha, true)
    found["gradient"] = float(np.mean([gradient_error(*pair) for pair in pairs]))
    found["connectivity"] = float(np.mean([connectivity_error(*pair) for pair in pairs]))
    words = complies(made.edit, made.alpha, asked(case.instruction), apart=case.apart)
    return found | {word: float(right) for word, right in words.items()} | {"complies": float(all(words.values()))}


def table_of(runs: Sequence[Sequence[Scores]], figure: str, chosen: NDArray[np.bool_]) -> Interval:
    """One figure over some clips and all seeds."""
    values = np.array([[one.get(figure, math.nan) for one in run] for run in runs])
    return mean_interval(values[:, chosen])


def report(console: Console, found: Runs, shown: Sequence[Case], distances: Mapping[str, Interval]) -> None:
    """By task, and what complies and overlaps by stratum."""
    for task in Task:
        chosen = np.array([case.task is task for case in shown])
        if not chosen.any():
            continue
        table = Table("", *FIGURES, title=f"{task}: {int(chosen.sum())} clips")
        for name, runs in found.items():
            table.add_row(name, *(_said(table_of(runs, figure, chosen), len(runs) > 1) for figure in FIGURES))
        console.print(table)
    names = [name for name in found if name != "truth"]
    table = Table("complies, IoU", "clips", *names, title="by stratum")
    for stratum, chosen in strata(shown).items():
        cells = [[table_of(found[name], figure, chosen).value for figure in ("complies", "IoU")] for name in names]
        table.add_row(stratum, str(int(chosen.sum())), *(f"{a:.0%}, {b:.2f}" for a, b in cells))
    console.print(table)
    if distances:
        table = Table("kernel distance of composites", "x 1000", "95 %", title="to the true composites, VGG features")
        for name, one in distances.items():
            table.add_row(name, f"{1000 * one.value:.2f}", f"{1000 * one.low:.2f} to {1000 * one.high:.2f}")
        console.print(table)


def strata(shown: Sequence[Case]) -> dict[str, NDArray[np.bool_]]:
    """Which clips are in each, tiers among them."""
    labels = [{f"{name}: {value}" for name, value in case.strata.items()} | {f"tier: {case.tier}"} for case in shown]
    return {one: np.array([one in some for some in labels]) for one in sorted(set().union(*labels))}


def looked_at(composite: NDArray[np.uint8]) -> NDArray[np.float64]:
    """What VGG sees in the deepest layer, on average over the picture, of some frames; rows with squares of mean 1."""
    frames = np.linspace(0, len(composite) - 1, _LOOKED_AT).round().astype(int)
    rows = np.stack([vgg.features(composite[n])[-1].mean(axis=(1, 2)) for n in frames]).astype(np.float64)
    return np.asarray(rows / np.sqrt(np.square(rows).mean(axis=1, keepdims=True) + 1e-12))


def measured(shown: Sequence[Case], methods: Mapping[str, Sequence[Method]]) -> tuple[Runs, dict[str, Interval]]:
    """All figures of all methods."""
    found: Runs = {name: [[] for _ in seeds] for name, seeds in methods.items()}
    seen: dict[str, list[NDArray[np.float64]]] = {name: [] for name in methods}
    for case in bar(shown, description="measured"):
        for name, seeds in methods.items():
            for number, method in enumerate(seeds):
                made = method(case)
                found[name][number].append(score(case, made))
                if vgg.there() and made is not None:
                    seen[name].append(looked_at(made.composite))
    rows = {name: np.concatenate(some) for name, some in seen.items() if some}
    distances = {name: kernel_interval(some, rows["truth"]) for name, some in rows.items() if name != "truth"}
    return found, distances


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print the tables."""
    options = _options(arguments)
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    jobs, size, length = _SETS[options.set]
    width, height = map(int, (options.size or size).split("x"))
    wanted = jobs(options.clips, (height, width), options.frames or length)
    drawn = cases(wanted, options.folder / "clips")
    shown = list(bar(drawn, total=len(wanted), description=options.set))
    console = Console(width=180)
    if not vgg.there():
        console.print(f"There will be no kernel distances. {vgg.REMEDY}")
    found, distances = measured(shown, _methods(options, shown))
    report(console, found, shown, distances)
    if options.json:
        write_text(options.json, as_json(found, shown, distances))


def as_json(found: Runs, shown: Sequence[Case], distances: Mapping[str, Interval]) -> str:
    """What the tables say, and every clip; what is not known is null."""
    groups = {str(task): np.array([case.task is task for case in shown]) for task in Task} | strata(shown)
    methods = {
        name: {
            "groups": {
                group: {figure: _plain(table_of(runs, figure, chosen)) for figure in FIGURES}
                for group, chosen in groups.items()
            },
            "clips": [{case.key: dict(one) for case, one in zip(shown, run, strict=True)} for run in runs],
            "kernel distance": _plain(distances[name]) if name in distances else None,
        }
        for name, runs in found.items()
    }
    return json.dumps(methods, indent=1) + "\n"


def _plain(one: Interval) -> list[float | None]:
    return [None if math.isnan(value) else value for value in (one.value, one.low, one.high)]


def _said(one: Interval, several: bool) -> str:
    if math.isnan(one.value):
        return "-"
    return f"{one.value:.3f}" + (f" ({one.low:.3f} to {one.high:.3f})" if several else "")


def _methods(options: argparse.Namespace, shown: Sequence[Case]) -> dict[str, list[Method]]:
    others = {task: [case for case in shown if case.task is task] for task in Task}
    plain: dict[str, list[Method]] = {"truth": [truth], "input": [nothing], "another layer": [another(others)]}
    plain["graph cut"] = [graph_cut]
    for name in options.engine:
        plain[name] = [by_engine(name, options.weights, seed) for seed in range(options.seeds)]
    for name, folder in _named(options.model, "--model"):
        plain.setdefault(name, []).append(by_model(folder, len(plain.get(name, ()))))
    for name, folder in _named(options.results, "--results"):
        plain.setdefault(name, []).append(from_folder(folder))
    return plain


def _named(given: Sequence[str], option: str) -> Iterator[tuple[str, Path]]:
    """NAME=FOLDER, read. Raises UsageError for what names no folder."""
    for one in given:
        name, _, folder = one.partition("=")
        if not folder or not Path(folder).is_dir():
            raise UsageError(f"'{one}' names no folder", remedy=f"Give {option} NAME=FOLDER.")
        yield name, Path(folder)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", choices=_SETS, default="validation")
    parser.add_argument("--size", help="width x height; the set's own otherwise")
    parser.add_argument("--frames", type=int, help="the set's own number otherwise")
    parser.add_argument("--clips", type=int, help="the first so many")
    parser.add_argument("--engine", action="append", default=[], help="of the table of engines; may repeat")
    parser.add_argument("--weights", help="of the engines")
    parser.add_argument("--seeds", type=int, default=1, help="of the engines")
    parser.add_argument("--model", action="append", default=[], help="NAME=FOLDER of a trained model; may repeat")
    parser.add_argument("--results", action="append", default=[], help="NAME=FOLDER; may repeat")
    parser.add_argument("--folder", type=Path, default=Path("bench-out/layered"))
    parser.add_argument("--json", type=Path, help="also write the figures here")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
