"""Good and bad cases of a method, as one picture for its card.

    python bench/removal_cases.py --engine void-nano --out docs/images/void-nano-cases.jpg
    python bench/removal_cases.py --model nano-run/model --out cases.png   a model by itself, over a known clean plate

Of the held-back pairs of training families, one of each family: those with the least E above, those with the most
below. From left to right, half-way and at the end: what the camera saw, what was made of it, and what would truly have
been seen.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from case_sheet import Pictures, Row, save, sheet
from removal_clips import Case, cases, validation_pairs
from removal_methods import ByEngine, Method, by_model
from rich.console import Console
from rich.progress import track

from cleanplate.errors import InputError
from cleanplate.metrics.trajectory import error, sights
from cleanplate.worlds.families import TRAINING

_HEADS = ("plate", "result", "truth")


@dataclass(frozen=True)
class Shown:
    """What a method made of a clip, and its error E."""

    case: Case
    made: Pictures
    error: float


def shown(chosen: Iterable[Case], method: Method) -> list[Shown]:
    """Of every clip on which something is to be found, the first of each family."""
    found: dict[str, Shown] = {}
    for case in chosen:
        if case.asked and case.planned.family not in found:
            made = method(case)
            found[case.planned.family] = Shown(case, made, error(tuple(sights(np.float32(1 / 255) * made, case.asked))))
    return sorted(found.values(), key=lambda one: one.error)


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw them."""
    options = _options(arguments)
    width, height = map(int, options.size.split("x"))
    planned = validation_pairs(options.clips, (height, width))
    method = by_model(options.model) if options.model else ByEngine(options.engine, options.weights)
    chosen = track(cases(planned, options.folder / "clips"), total=len(planned), console=Console(stderr=True))
    found = shown(chosen, method)
    if not found:
        raise InputError("nothing moves in these clips", remedy="Take more, with --clips.")
    most = min(options.each, len(found) // 2)
    rows = [
        Row(f"{one.case.planned.family}: E {one.error:.2f}", (one.case.moves.plate, one.made, one.case.moves.truth))
        for one in (*found[:most], *found[-most:])
    ]
    save(sheet(_HEADS, rows), options.out)
    print("\n".join(f"{one.case.planned.key}: E {one.error:.3f}" for one in found))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", default="void-nano", help="of the table of engines")
    parser.add_argument("--weights", help="of the engine")
    parser.add_argument("--model", type=Path, help="folder of a nano model, instead of an engine")
    parser.add_argument("--size", default="112x64", help="width x height")
    parser.add_argument("--clips", type=int, default=len(TRAINING), help="held-back pairs, by turns of the families")
    parser.add_argument("--each", type=int, default=3, help="good ones, and bad ones")
    parser.add_argument("--folder", type=Path, default=Path("bench-out/removal"))
    parser.add_argument("--out", type=Path, required=True)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
