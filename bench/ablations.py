"""What the claims of both papers come to at our scale: ablations of the embedded models, trained and judged alike.

    python bench/ablations.py --steps 2000 --seeds 3 --out FOLDER       all of them, on a processor or an accelerator
    python bench/ablations.py --steps 2000 --base nano-gpu --only vera void-binary --out FOLDER

Every run trains by the same recipe but for what its name says (`train/*/recipes.py`, decision 038), with the same data,
seeds and steps, and is judged on clips that nothing is trained on. The tables show means over seeds and clips with
intervals of 95 % by bootstrap over both, and below them how far each is from the whole recipe on the same seeds and
clips. FOLDER/ablations.json has every clip of every run that has been judged there. Ctrl-C stops it; the same command
goes on.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from ablation_judges import SHOWN, Figure, Judged, interval, judge_layers, judge_removals
from ablation_runs import BASES, JUDGED, Run, runs
from rich.console import Console
from rich.table import Table

from cleanplate.cli.console import Screen
from cleanplate.files import write_text
from cleanplate.metrics.composition import Interval
from cleanplate.models.text.protocol import TextEncoder
from cleanplate.train.vera_nano.recipe import Recipe as Layering

ByLabel = dict[str, dict[int, Judged]]
"""By label and seed."""


def judge(run: Run, model: Path, data: Path, count: int | None, encoder: TextEncoder | None = None) -> None:
    """Write what its model is worth into the run's folder.

    Args:
        encoder: that a model reads with, where it is not its system's.
    """
    if isinstance(run.recipe, Layering):
        found = judge_layers(model, run.recipe, data / "judged-layers", count, encoder)
    else:
        found = judge_removals(model, run.recipe, data / "judged-removals", count)
    plain = {key: {name: asdict(figure) for name, figure in figures.items()} for key, figures in found.items()}
    write_text(run.folder / JUDGED, json.dumps(plain) + "\n")


def gathered(finished: Iterable[Run]) -> ByLabel:
    """What is known of these runs."""
    found: ByLabel = {}
    for run in finished:
        plain = json.loads((run.folder / JUDGED).read_text(encoding="utf-8"))
        read = {key: {name: Figure(**one) for name, one in figures.items()} for key, figures in plain.items()}
        found.setdefault(run.label, {})[run.recipe.seed] = read
    return found


def tables(found: ByLabel) -> Iterable[Table]:
    """By job, figures of every ablation, and how far they are from those of the whole recipe."""
    for job, figures in SHOWN.items():
        rows = _having(found, job)
        if not rows:
            continue
        table = Table(job, "seeds", *figures, title=f"{job}: means over seeds and clips, 95 %")
        for label, seeds in rows.items():
            judged = list(seeds.values())
            table.add_row(label, str(len(judged)), *(_said(interval(judged, job, figure)) for figure in figures))
        yield table
        table = Table(job, "seeds", *figures, title=f"{job}: more than the whole recipe, same seeds and clips, 95 %")
        for label, seeds in rows.items():
            whole = found.get(label.partition("-")[0], {})
            same = sorted(set(seeds) & set(whole))
            if "-" in label and same:
                ours, theirs = ([one[seed] for seed in same] for one in (seeds, whole))
                cells = (_said(interval(ours, job, figure, theirs), signed=True) for figure in figures)
                table.add_row(label, str(len(same)), *cells)
        if table.row_count:
            yield table


def as_json(found: ByLabel, finished: Sequence[Run]) -> str:
    """Every clip of every run, with its recipe, and the figures of the tables; what is not known is null."""
    figures = {
        job: {
            label: {figure: _plain(interval(list(seeds.values()), job, figure)) for figure in names}
            for label, seeds in _having(found, job).items()
        }
        for job, names in SHOWN.items()
    }
    made = {
        run.folder.name: {
            "recipe": run.recipe.model_dump(mode="json"),
            "clips": {
                key: {name: figure.value for name, figure in one.items()}
                for key, one in found[run.label][run.recipe.seed].items()
            },
        }
        for run in finished
    }
    return json.dumps({"figures": figures, "runs": made}, indent=1) + "\n"


def main(arguments: Sequence[str] | None = None, encoder: TextEncoder | None = None) -> None:
    """Train and judge what has not been yet, and print the tables."""
    options = _options(arguments)
    data = options.data or options.out / "data"
    screen, console = Screen(as_json=False), Console(width=200)
    for run in runs(options.base, options.steps, options.seeds, options.out, options.only):
        if not run.judged:
            console.print(run.folder.name)
            judge(run, run.train(data, screen.progress()), data, options.clips, encoder)
    finished = [run for run in runs(options.base, options.steps, options.seeds, options.out) if run.judged]
    found = gathered(finished)
    for table in tables(found):
        console.print(table)
    write_text(options.out / "ablations.json", as_json(found, finished))


def _having(found: ByLabel, job: str) -> ByLabel:
    """Those that were judged by it."""
    return {
        label: seeds
        for label, seeds in found.items()
        if any(key.startswith(f"{job}/") for one in seeds.values() for key in one)
    }


def _said(one: Interval, *, signed: bool = False) -> str:
    if math.isnan(one.value):
        return "-"
    sign = "+" if signed else ""
    return f"{one.value:{sign}.3f} ({one.low:{sign}.3f} to {one.high:{sign}.3f})"


def _plain(one: Interval) -> list[float | None]:
    return [None if math.isnan(value) else value for value in (one.value, one.low, one.high)]


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", choices=BASES, default="nano", help="the recipe that is ablated")
    parser.add_argument("--steps", type=int, help="of every run; the recipe's otherwise")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", nargs="+", default=[], help="vera, void, vera-regenerate, ...; all otherwise")
    parser.add_argument("--clips", type=int, help="that are judged: the first so many; all otherwise")
    parser.add_argument("--data", type=Path, help="where stock, worlds and clips are kept; in --out otherwise")
    parser.add_argument("--out", type=Path, default=Path("bench-out/ablations"))
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
