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

import cv2
import numpy as np
from removal_clips import Case, cases, validation_pairs
from removal_methods import ByEngine, Method, Pictures, by_model
from rich.console import Console
from rich.progress import track

from cleanplate.errors import InputError
from cleanplate.files import atomic
from cleanplate.metrics.trajectory import error, sights
from cleanplate.worlds.families import TRAINING

_TIMES = (0.5, 1.0)
_WIDTH, _GAP, _HEAD = 240, 8, 22
_PAPER, _INK = 255, (30, 30, 30)
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


def sheet(rows: Sequence[Shown]) -> Pictures:
    """H x W x 3, a row for each."""
    return np.vstack([_heads(), *(_row(one) for one in rows)])


def _row(one: Shown) -> Pictures:
    line = np.full((_HEAD, _wide(), 3), _PAPER, np.uint8)
    _write(line, f"{one.case.planned.family}: E {one.error:.2f}", _GAP)
    tracks = (one.case.moves.plate, one.made, one.case.moves.truth)
    frames = [round(time * (len(one.made) - 1)) for time in _TIMES]
    pictures = [_large(track[frame]) for frame in frames for track in tracks]
    gap = np.full((pictures[0].shape[0], _GAP, 3), _PAPER, np.uint8)
    return np.vstack([line, np.hstack([part for picture in pictures for part in (gap, picture)] + [gap])])


def _heads() -> Pictures:
    line = np.full((_HEAD, _wide(), 3), _PAPER, np.uint8)
    for number, head in enumerate(_HEADS * len(_TIMES)):
        _write(line, head, _GAP + number * (_WIDTH + _GAP))
    return line


def _wide() -> int:
    return len(_TIMES) * len(_HEADS) * (_WIDTH + _GAP) + _GAP


def _large(picture: Pictures) -> Pictures:
    size = (_WIDTH, round(picture.shape[0] * _WIDTH / picture.shape[1]))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC), np.uint8)


def _write(line: Pictures, words: str, left: int) -> None:
    cv2.putText(line, words, (left, _HEAD - 6), cv2.FONT_HERSHEY_SIMPLEX, 0.5, _INK, 1, cv2.LINE_AA)


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
    written, picture = cv2.imencode(options.out.suffix, sheet([*found[:most], *found[-most:]])[..., ::-1])
    if not written:
        raise InputError(f"{options.out.suffix} is no kind of picture", where=str(options.out), remedy="Take .png.")
    with atomic(options.out) as partial:
        partial.write_bytes(picture.tobytes())
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
