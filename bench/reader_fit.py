"""Calibrate what reads layers (`cleanplate.metrics.reading`), and say how many true layers it reads rightly.

    python bench/reader_fit.py --out src/cleanplate/metrics/reader.json

Everything is drawn at training seeds: those to learn from from 300,000 on, those to tell the share from 400,000 on.
Names are scored by ridge regression on descriptions of outlines and places.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from layered_clips import Case, drawn
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from cleanplate.files import write_text
from cleanplate.metrics.reading import WORDS, Names, complies, panorama, reader
from cleanplate.metrics.shapes import pieces
from cleanplate.metrics.words import asked
from cleanplate.worlds.layered.clip import Task, Tier

SIZES = ((64, 112), (128, 224))
_LEARNT, _TOLD = 300_000, 400_000
_RIDGE = 0.03
Rows = list[tuple[str, NDArray[np.float32]]]


def outlines(tier: Tier, count: int, size: tuple[int, int]) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Of things that are alone in their layer, on its first frame."""
    for case in drawn(tier, Task.ADD, range(_LEARNT, _LEARNT + count), size, 1):
        found = pieces(case.edit[0], case.real_alpha[0])
        if found:
            yield asked(case.instruction).nouns[0].kind, found[0].outline


def panoramas(count: int, size: tuple[int, int]) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Of new backgrounds."""
    for case in drawn(Tier.SYNTHETIC, Task.BACKGROUND, range(_LEARNT, _LEARNT + count), size, 1):
        yield asked(case.instruction).scene, panorama(case.edit[0], case.real_alpha[0])


def fitted(rows: Rows) -> Names:
    """Ridge regression on which name it is; names count alike, however often they come."""
    names = sorted({name for name, _ in rows})
    described = np.stack([one for _, one in rows]).astype(np.float64)
    mean, scale = described.mean(axis=0), described.std(axis=0) + 1e-3
    x = np.column_stack([(described - mean) / scale, np.ones(len(rows))])
    y = np.array([[name == other for other in names] for name, _ in rows], np.float64)
    weight = (1 / y.sum(axis=0))[y.argmax(axis=1)][:, None] * len(rows) / len(names)
    held = _RIDGE * len(rows) * np.eye(x.shape[1])
    held[-1, -1] = 0
    return Names(tuple(names), np.linalg.solve(x.T @ (weight * x) + held, x.T @ (weight * y)), mean, scale)


def as_json(names: Names) -> dict[str, object]:
    """Four digits are enough."""
    arrays = {name: np.round(getattr(names, name), 4).tolist() for name in ("weights", "mean", "scale")}
    return {"names": list(names.names), **arrays}


def told(cases: Sequence[Case]) -> dict[str, tuple[int, int]]:
    """By word, how many are right and how many were judged; ``all`` is all words of a clip."""
    counts = dict.fromkeys((*WORDS, "all"), (0, 0))
    for case in cases:
        answers = complies(case.edit, case.real_alpha, asked(case.instruction), apart=case.apart)
        for word, right in (answers | {"all": all(answers.values())}).items():
            counts[word] = counts[word][0] + right, counts[word][1] + 1
    return counts


def main(arguments: Sequence[str] | None = None) -> None:
    """Fit, write, and print a table over true layers that were not learnt from."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, help="fit anew and write here; otherwise only the table")
    parser.add_argument(
        "--clips", type=int, default=60, help="to tell the share by, of each task; rendered ones a quarter"
    )
    options = parser.parse_args(arguments)
    if options.out:
        things = [*outlines(Tier.SYNTHETIC, 1000, SIZES[0]), *outlines(Tier.SYNTHETIC, 250, SIZES[1])]
        things += outlines(Tier.SINGLE, 100, SIZES[0])
        places = [*panoramas(250, SIZES[0]), *panoramas(60, SIZES[1])]
        write_text(options.out, json.dumps({"kind": as_json(fitted(things)), "scene": as_json(fitted(places))}) + "\n")
        reader.cache_clear()
    table = Table("true layers", "clips", *WORDS, "all")
    for tier in Tier:
        for task in Task:
            count = options.clips if tier is Tier.SYNTHETIC else options.clips // 4
            cases = list(drawn(tier, task, range(_TOLD, _TOLD + count), SIZES[0], 16))
            counts = told(cases)
            table.add_row(
                f"{tier}, {task}", str(len(cases)), *(f"{a / b:.1%}" if b else "-" for a, b in counts.values())
            )
    Console(width=140).print(table)


if __name__ == "__main__":
    main()
