"""How well void-nano tells made worlds from footage.

    python bench/domain.py --published DATA/void --footage DATA/clips --weights FOLDER --json domain.json

`auto` lets void-nano run by itself where its own answers say that it knows the clip (`models.moving.domain`). Asked are
worlds that training held back; published clips with their published quadmasks, from several frames on; and footage
under the quadmasks of worlds. Told is the part of each that counts as known, and the area under the curve of worlds
against footage, over the larger of the two measures in parts of its threshold.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from itertools import cycle, islice
from pathlib import Path

import cv2
import numpy as np
from grounding import published_labels
from numpy.typing import NDArray
from removal_clips import cases, validation_pairs
from rich.console import Console
from rich.progress import track
from rich.table import Table

from cleanplate.engines.void_nano.engine import NanoEngine
from cleanplate.files import write_text
from cleanplate.masks.quadmask import QuadMask, QuadMaskWriter
from cleanplate.media.clip import Clip
from cleanplate.models.catalogue.shipped import NANO
from cleanplate.pipeline.protocols import Scene
from cleanplate.worlds.formats.clips import Samples, clip_writer, read_pictures

_BEATS, _RATE = 24, Fraction(12)
_ROWS, _COLUMNS = 256, 448
"""Four times the model's grid, which is what it is shown on a first look."""
_STARTS = 6
Pictures = NDArray[np.uint8]


@dataclass(frozen=True)
class Piece:
    """Two seconds with a quadmask, T x H x W (x 3)."""

    plate: Pictures
    labels: NDArray[np.uint8]


def worlds(count: int | None, folder: Path) -> Iterator[Piece]:
    """Those that are held back, as the removal bench has them."""
    for case in cases(validation_pairs(count, (_ROWS, _COLUMNS)), folder):
        yield Piece(case.moves.plate, case.labels)


def published(folder: Path) -> Iterator[Piece]:
    """Each clip with its own quadmask, from frames spread over it."""
    for one in sorted(path for path in folder.iterdir() if (path / "quadmask.mp4").exists()):
        source = one / "input_video.mp4"
        plate, labels = _beats(source), _sized(_every(list(published_labels(one)), source), cv2.INTER_NEAREST)
        for start in _starts(len(plate)):
            cut = slice(start, start + _BEATS)
            yield Piece(plate[cut], labels[cut])


def footage(folder: Path, masks: Sequence[Piece]) -> Iterator[Piece]:
    """Each clip under the quadmasks of worlds, by turns."""
    turn = cycle(masks)
    for one in sorted(folder.glob("*.mp4")):
        plate = _beats(one)
        for start in _starts(len(plate)):
            mask = next(turn)
            yield Piece(plate[start : start + _BEATS][: len(mask.labels)], mask.labels[: len(plate) - start])


def scored(engine: NanoEngine, piece: Piece) -> tuple[float, bool] | None:
    """The larger measure in parts of its threshold, and whether the engine would run by itself; None where it would not
    be asked."""
    with tempfile.TemporaryDirectory() as place:
        source, mask = Path(place) / "plate.mkv", Path(place) / "quadmask.mkv"
        height, width = piece.labels.shape[1:]
        with clip_writer(source, Samples.RGB, height, width, _RATE) as writer:
            for frame in piece.plate:
                writer.write(frame)
        with QuadMaskWriter(mask, height=height, width=width, rate=_RATE) as labels:
            for frame in piece.labels:
                labels.write(frame)
        with Clip.open(source) as clip:
            scene = Scene(clip, QuadMask.open(mask))
            found, most = engine.domain(scene, 0), engine.thresholds()
    if found is None:
        return None
    return max(value / max(most[name], 1e-9) for name, value in asdict(found).items()), found.within(most)


def area(inside: Sequence[float], outside: Sequence[float]) -> float:
    """Under the curve: how often a world scores lower than footage does, ties half."""
    a, b = np.asarray(inside)[:, None], np.asarray(outside)[None]
    return float(((a < b) + 0.5 * (a == b)).mean())


def _beats(path: Path) -> Pictures:
    """Twelve pictures a second."""
    return _sized(_every(list(read_pictures(path, _COLUMNS)), path), cv2.INTER_AREA)


def _sized(frames: Sequence[NDArray[np.uint8]], how: int) -> NDArray[np.uint8]:
    return np.stack([cv2.resize(frame, (_COLUMNS, _ROWS), interpolation=how) for frame in frames]).astype(np.uint8)


def _every(frames: Sequence[NDArray[np.uint8]], path: Path) -> list[NDArray[np.uint8]]:
    with Clip.open(path) as clip:
        step = float(clip.info.rate / _RATE)
    return [frames[int(place)] for place in np.arange(0, len(frames), step)]


def _starts(length: int) -> list[int]:
    last = max(0, length - _BEATS)
    return sorted({round(part * last) for part in np.linspace(0, 1, _STARTS)})


def main(arguments: Sequence[str] | None = None) -> None:
    """Ask, and tell."""
    options = _options(arguments)
    engine, masks = NanoEngine(NANO, options.weights), list(islice(worlds(options.clips, options.folder), 12))
    sets = {"worlds": worlds(options.clips, options.folder)}
    sets |= {} if options.published is None else {"published clips": published(options.published)}
    sets |= {} if options.footage is None else {"footage, made quadmasks": footage(options.footage, masks)}
    found = {}
    for name, pieces in sets.items():
        asked = [scored(engine, piece) for piece in track(list(pieces), name, console=Console(stderr=True))]
        found[name] = [one for one in asked if one is not None]
    table = Table("set", "asked", "known", "area under the curve against worlds")
    told = {}
    for name, of in found.items():
        known, against = sum(known for _, known in of), None
        if name != "worlds" and of:
            against = area([score for score, _ in found["worlds"]], [score for score, _ in of])
        told[name] = {"asked": len(of), "known": known, "area": against, "scores": [score for score, _ in of]}
        table.add_row(name, str(len(of)), str(known), "" if against is None else f"{against:.3f}")
    Console().print(table)
    if options.json:
        write_text(options.json, json.dumps(told, indent=1) + "\n")


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--published", type=Path, help="folders with input_video.mp4 and quadmask.mp4")
    parser.add_argument("--footage", type=Path, help="folder of clips")
    parser.add_argument("--weights", help="of void-nano; those of the package otherwise")
    parser.add_argument("--clips", type=int, help="the first so many worlds; all otherwise")
    parser.add_argument("--folder", type=Path, default=Path("bench-out/domain"))
    parser.add_argument("--json", type=Path, help="also write the figures here")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
