"""Good and bad cases of additions and changes of background, as one picture for a card.

    python bench/layered_cases.py --engine vera-nano --out docs/images/vera-nano-cases.jpg
    python bench/layered_cases.py --model vera-run/model --out cases.png     a model by itself

Of clips of the validation seeds: additions with the most words right and backgrounds with the best hole for the subject
above, those with the least below. From left to right, half-way and at the end: plate, result, its matte, and a true
answer; what the words leave open may be another.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from case_sheet import Row, save, sheet
from layered import score
from layered_clips import Case, cases, validation_jobs
from layered_methods import Method, Result, by_engine
from layered_model import by_model
from rich.console import Console
from rich.progress import track

from cleanplate.errors import InputError
from cleanplate.metrics.reading import WORDS
from cleanplate.worlds.layered.clip import Task

_HEADS = ("plate", "result", "matte", "a truth")


@dataclass(frozen=True)
class Shown:
    """What a method made of a clip, and how good that is: words that are right, or the IoU of the subject's hole."""

    case: Case
    made: Result
    worth: float


def shown(chosen: Iterable[Case], method: Method, task: Task) -> list[Shown]:
    """Of the clips of a task, the best first."""
    found = []
    for case in chosen:
        if case.task is task and (made := method(case)) is not None and made.alpha is not None:
            scores = score(case, made)
            read = [scores[word] for word in WORDS if word in scores]
            found.append(Shown(case, made, float(np.mean(read)) if task is Task.ADD else scores["IoU"]))
    return sorted(found, key=lambda one: -one.worth)


def row(one: Shown) -> Row:
    """With the first words of the instruction."""
    told = one.case.instruction.split(". ")[0]
    worth = f"{one.worth:.0%} of the words" if one.case.task is Task.ADD else f"IoU {one.worth:.2f}"
    assert one.made.alpha is not None
    matte = np.rint(255 * one.made.alpha).astype(np.uint8)[..., None].repeat(3, axis=-1)
    return Row(f"{told}: {worth}", (one.case.source, one.made.composite, matte, one.case.composite))


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw them."""
    options = _options(arguments)
    torch.set_num_threads(1)
    width, height = map(int, options.size.split("x"))
    jobs = validation_jobs(options.clips, (height, width), options.frames)
    method = by_model(options.model, 0) if options.model else by_engine(options.engine, options.weights, 0)
    chosen = list(track(cases(jobs, options.folder / "clips"), total=len(jobs), console=Console(stderr=True)))
    rows = []
    for task in Task:
        found = shown(track(chosen, description=str(task), console=Console(stderr=True)), method, task)
        if not found:
            raise InputError(f"no clip was made for '{task}'", remedy="Take more, with --clips.")
        most = min(options.each, len(found) // 2)
        rows += [row(one) for one in (*found[:most], *found[-most:])]
    save(sheet(_HEADS, rows), options.out)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", default="vera-nano", help="of the table of engines")
    parser.add_argument("--weights", type=Path, help="of the engine")
    parser.add_argument("--model", type=Path, help="folder of a nano model, instead of an engine")
    parser.add_argument("--size", default="112x64", help="width x height")
    parser.add_argument("--frames", type=int, default=16)
    parser.add_argument("--clips", type=int, default=18, help="of the validation seeds")
    parser.add_argument("--each", type=int, default=2, help="good ones, and bad ones, of each task")
    parser.add_argument("--folder", type=Path, default=Path("bench-out/layered"))
    parser.add_argument("--out", type=Path, required=True)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
