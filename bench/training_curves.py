"""Curves of training runs side by side, as SVG: one figure over steps, lessons or operations.

    python bench/training_curves.py --figure "sampled PSNR" --over operations --out curves.svg flow=RUN adamw=RUN

Folders with commas between them are runs of which each went on from the one before: one curve.

Lessons are steps times clips a step. Operations are at most: three times those of answering about a whole clip for each
lesson, whatever part of the clips was computed.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np

from cleanplate.errors import CleanplateError, InputError, UsageError
from cleanplate.files import write_text
from cleanplate.train import shipping
from cleanplate.train.curves import FILE, lines_of
from cleanplate.train.vera_nano.recipe import Recipe as Layering
from cleanplate.train.void_nano.recipe import Recipe as Removing

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 720, 400, 60, 40, 24, 170
_INKS = ("#c0392b", "#2471a3", "#1e8449", "#8e44ad", "#b9770e", "#17202a", "#138d75", "#a04000")
_TICKS = 5
_LEARNING = 3
OVER = ("steps", "lessons", "operations")
Curve = Sequence[tuple[float, float]]


def curve_of(runs: Sequence[Path], figure: str, over: str) -> Curve:
    """Points of runs of which each goes on from the one before.

    Raises:
        InputError: no run of a nano model, or none that has such a figure.
    """
    points: list[tuple[float, float]] = []
    before, names = 0.0, set()
    for run in runs:
        lines = lines_of(run)
        if not lines:
            raise InputError("nothing was noted here", where=str(run / FILE), remedy="Name the folder of a run.")
        unit = 1.0 if over == "steps" else _unit(run, over)
        points += [(before + unit * line["step"], float(line[figure])) for line in lines if figure in line]
        before += unit * lines[-1]["step"]
        names |= {name for line in lines for name in line if name != "step"}
    if not points:
        where = ", ".join(str(run / FILE) for run in runs)
        raise InputError(f"there is no figure '{figure}'", where=where, remedy=f"It has: {', '.join(sorted(names))}.")
    return points


def drawn(curves: Mapping[str, Curve], figure: str, over: str) -> str:
    """A picture of them: axes from the least to the most, names with the last value beside."""
    xs, ys = (np.array([point[axis] for curve in curves.values() for point in curve]) for axis in (0, 1))
    across, up = (0.0, float(xs.max())), (float(ys.min()), float(ys.max()))
    inside = (WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM)

    def x(value: float) -> float:
        return LEFT + inside[0] * (value - across[0]) / ((across[1] - across[0]) or 1)

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - inside[1] * (value - up[0]) / ((up[1] - up[0]) or 1)

    parts = [f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>', _text(LEFT, 16, figure)]
    parts.append(_text(WIDTH - RIGHT, HEIGHT - 6, over, anchor="end"))
    for value in np.linspace(*up, _TICKS):
        parts.append(f'<path d="M{LEFT} {y(value):.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        parts.append(_text(LEFT - 6, y(value) + 4, f"{value:.3g}", anchor="end"))
    below = HEIGHT - BOTTOM + 16
    parts += [_text(x(value), below, _told(value), anchor="middle") for value in np.linspace(*across, _TICKS)[1:]]
    for number, (name, curve) in enumerate(curves.items()):
        ink = _INKS[number % len(_INKS)]
        points = " ".join(f"{x(at):.1f},{y(value):.1f}" for at, value in curve)
        parts.append(f'<polyline points="{points}" fill="none" stroke="{ink}" stroke-width="2"/>')
        parts.append(_text(WIDTH - RIGHT + 10, TOP + 14 + 18 * number, f"{name} {curve[-1][1]:.3g}", ink=ink))
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
    head += 'font-size="12">'
    return "\n".join([head, *parts, "</svg>"]) + "\n"


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw."""
    options = _options(arguments)
    curves = {}
    for given in options.runs:
        name, _, folders = given.partition("=")
        if not folders:
            raise UsageError(f"'{given}' names no run", remedy="Give NAME=FOLDER.")
        curves[name] = curve_of([Path(folder) for folder in folders.split(",")], options.figure, options.over)
    write_text(options.out, drawn(curves, options.figure, options.over))


def _unit(run: Path, over: str) -> float:
    """Lessons, or operations, of a step."""
    try:
        layers = shipping.recipe_of(Layering, run)
        clips = layers.clips
        batch, clip = clips.batch, (clips.frames, clips.rows, clips.columns)
        system = layers.system
    except CleanplateError:
        pairs = shipping.recipe_of(Removing, run)
        batch, system = pairs.pairs.batch, pairs.system
        clip = (system.limits.frames, pairs.pairs.rows, pairs.pairs.columns)
    each = _LEARNING * shipping.operations(system.transformer, clip) if over == "operations" else 1
    return float(batch * each)


def _told(value: float) -> str:
    """Steps and lessons in full, operations by their power."""
    return f"{value:,.0f}" if 1000 <= value < 1e7 else f"{value:.2g}"


def _text(x: float, y: float, words: str, *, ink: str = "#333", anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{ink}" text-anchor="{anchor}">{escape(words)}</text>'


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", metavar="NAME=FOLDER[,FOLDER...]")
    parser.add_argument("--figure", required=True, help="as curves.jsonl calls it")
    parser.add_argument("--over", choices=OVER, default="lessons")
    parser.add_argument("--out", type=Path, required=True)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
