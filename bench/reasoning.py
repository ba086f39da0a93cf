"""Reasoners on `worlds`: the affected region of their quadmasks against the exact one, over time.

    python bench/reasoning.py [--reasoner physics] [--set judged|development] [--clips N] [--folder FOLDER]
    python bench/reasoning.py --set development --clips N --plates FOLDER
    python bench/reasoning.py --set development --clips N --reasoner somebody --answers FOLDER
    python bench/reasoning.py --errors FILE --set development --clips 500 --size 112x64

`oracle` is the truth written as reasoning.json, `path-oracle` the same with one path and one size a thing in place of
cells for each frame; the other names are of registered reasoners. With `--answers` somebody has answered elsewhere:
FOLDER holds CLIP.json, in words and cells, which is laid on the clip as in use, or CLIP, a folder that `cleanplate
reason` wrote. `--plates` writes the clips as videos by their names, for whoever is to answer. The removed object is
called "object", and its track is the truth: selection is not judged.

*Cells*: the ordinary quadmask, affected areas in whole cells, against the exact quadmask in whole cells. *Pixels*: the
quadmask by the pixel against the exact one. Figures are of all samples of a row's clips together; `x non-keep` is the
mean over clips of the region that may change over the true one, in cells. Clips and answers are kept in the folder, so
that a stopped run goes on. `worlds-removal-75` is for judging; work on `--set development`.
`--errors` writes what the reasoner gets wrong as a distribution (`reasoning_errors.py`).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from reasoning_clips import Truth, Wanted, clip, development, judged
from reasoning_errors import Gathered
from reasoning_oracle import OBJECT, oracle
from reasoning_scores import LANDED, Drawn, Score, pooled, score
from rich.console import Console
from rich.progress import track as bar
from rich.table import Table

from cleanplate.edit.package import REASONING, TRACKS
from cleanplate.files import write_text
from cleanplate.masks.build import BuildRules, draw, open_things
from cleanplate.masks.labels import Labels
from cleanplate.masks.reasoning import Kind, Reasoning, read_reasoning
from cleanplate.masks.track import Track, TrackWriter
from cleanplate.media.clip import Clip
from cleanplate.pipeline.registry import grounding, segmenter
from cleanplate.pipeline.registry import reasoner as registered
from cleanplate.progress import Silent
from cleanplate.worlds.formats.clips import Samples, clip_writer

RATE = Fraction(12)
SUPPORT = ("support", "tower")
"""Families in which something stands on what is removed."""


def main() -> None:
    """Make, ask, draw, compare and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reasoner", default="physics")
    parser.add_argument("--answers", type=Path, help="folder of documents, for a reasoner that has answered elsewhere")
    parser.add_argument("--plates", type=Path, help="write the clips there as videos, and stop")
    parser.add_argument("--set", choices=("judged", "development"), default="judged")
    parser.add_argument("--clips", type=int, default=63, help="of the development set")
    parser.add_argument("--size", default="224x128", help="of the development set")
    parser.add_argument("--folder", type=Path, default=Path("bench-out/reasoning"))
    parser.add_argument("--errors", type=Path, help="where to write the reasoner's errors as a distribution")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    width, height = (int(side) for side in options.size.split("x"))
    wanted = judged() if options.set == "judged" else development(options.clips, (height, width))
    if options.plates:
        write_plates(wanted, options.folder, options.plates)
        return
    console = Console(width=140)
    scores, wrong = [], Gathered()
    for truth, drawn in measured(wanted, options.folder, options.reasoner, options.answers):
        scores.append(score(truth, drawn))
        wrong.add(truth, drawn)
    for title, rows in tables(scores):
        console.print(table(f"{options.reasoner}, {len(scores)} clips: {title}", rows))
    if options.errors:
        command = f"bench/reasoning.py --errors --set {options.set} --clips {options.clips} --size {options.size}"
        write_text(options.errors, wrong.errors(options.reasoner, command).model_dump_json(indent=1) + "\n")


def measured(
    wanted: Sequence[Wanted], folder: Path, reasoner: str, answers: Path | None = None
) -> Iterator[tuple[Truth, Drawn]]:
    """The clips with what the reasoner's quadmasks say."""
    for one in bar(wanted, description=reasoner):
        truth = clip(folder / "clips", one)
        if truth is None:
            continue
        if not truth.published:
            raise SystemExit(f"{one.key}: its pictures are not the published ones, so its figures would mean nothing")
        object_track, place = true_track(truth, folder / "work" / one.key), folder / reasoner / one.key
        if answers:
            document, beside = answered(answers, truth, object_track, place)
        else:
            document, beside = answer(reasoner, truth, object_track, place)
        yield truth, drawn_of(document, beside, object_track)


def write_plates(wanted: Sequence[Wanted], folder: Path, plates: Path) -> None:
    """The clips as lossless videos."""
    plates.mkdir(parents=True, exist_ok=True)
    for one in bar(wanted, description="plates"):
        if truth := clip(folder / "clips", one):
            write_plate(truth, plates / f"{one.key}.mkv")


def answer(reasoner: str, truth: Truth, object_track: Track, folder: Path) -> tuple[Reasoning, Path]:
    """A reasoner's document, kept in a folder with its tracks."""
    if reasoner in ("oracle", "path-oracle"):
        return oracle(truth, outlined=reasoner == "oracle"), folder
    path = folder / "reasoning.json"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with opened_plate(truth, folder) as plate:
            found = registered(reasoner).reason(plate, [object_track], range(len(plate)), folder, Silent())
        write_text(path, found.to_json())
    return read_reasoning(path), folder


def answered(answers: Path, truth: Truth, object_track: Track, folder: Path) -> tuple[Reasoning, Path]:
    """Somebody's document of a clip, and the folder of its tracks; words and cells are laid on the clip in `folder`."""
    key = truth.wanted.key
    if (answers / key).is_dir():
        return read_reasoning(answers / key / REASONING), answers / key / TRACKS
    path = answers / f"{key}.json"
    if not path.is_file():
        raise SystemExit(f"{path}: no answer to this clip; --plates FOLDER writes it as a video to look at")
    document = read_reasoning(path)
    length, height, width = truth.labels.shape
    document.require_fit(length, height, width, str(path))
    if document.removed != (OBJECT,):
        raise SystemExit(f"{path}: removed is {list(document.removed)}; here it is called '{OBJECT}'")
    ground, _ = grounding()
    folder.mkdir(parents=True, exist_ok=True)
    with opened_plate(truth, folder) as plate:
        frames, follower = range(len(plate)), segmenter("classic")
        laid = ground(document, plate, [object_track], frames, folder, segmenter=follower, progress=Silent())
    return laid, folder


@contextmanager
def opened_plate(truth: Truth, folder: Path) -> Iterator[Clip]:
    """The clip as a file in the folder, for as long as it is open."""
    path = folder / "plate.mkv"
    write_plate(truth, path)
    with Clip.open(path) as opened:
        yield opened
    path.unlink()


def write_plate(truth: Truth, path: Path) -> None:
    """The clip as a lossless video."""
    _, height, width = truth.labels.shape
    with clip_writer(path, Samples.RGB, height, width, RATE) as writer:
        for picture in truth.rgb:
            writer.write(picture)


def true_track(truth: Truth, folder: Path) -> Track:
    """The removed objects as they are."""
    path = folder / "object.track"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        length, height, width = truth.labels.shape
        with TrackWriter(path, name=OBJECT, length=length, height=height, width=width) as writer:
            for number, mask in enumerate(truth.remove):
                writer.write(number, mask)
    return Track(path)


def drawn_of(document: Reasoning, folder: Path, object_track: Track) -> Drawn:
    """The quadmasks that a document leads to."""
    things = open_things(document, folder)

    def labels(said: Reasoning, *, precise: bool = False) -> Labels:
        rules = BuildRules(pixel_precise=precise)
        return np.stack(list(draw([object_track], said, things, rules, range(said.frames))))

    objects = [thing for thing in document.affected if thing.kind is Kind.OBJECT]
    light = [thing for thing in document.affected if thing.kind is not Kind.OBJECT]
    some = [document.model_copy(update={"affected": tuple(part)}) for part in (objects, light)]
    return Drawn(labels(document), labels(document, precise=True), labels(some[0]), labels(some[1]))


def tables(scores: Sequence[Score]) -> Iterator[tuple[str, list[tuple[str, Sequence[Score]]]]]:
    """Titles and rows."""
    yield "all", [("all", scores), *_groups(scores, lambda one: one.strata)]
    yield "families", _groups(scores, lambda one: one.family)


def table(title: str, rows: Sequence[tuple[str, Sequence[Score]]]) -> Table:
    """Precision, recall and IoU of each row's clips."""
    shown = Table(title=title)
    for name in ("", "clips", "cells P", "R", "IoU", "pixels P", "R", "IoU", "objects P", "R", "light P", "R"):
        shown.add_column(name, justify="right" if name else "left")
    for name in ("x non-keep", "landed"):
        shown.add_column(name, justify="right")
    for name, some in rows:
        cells, pixels, objects, light = (pooled(some, what) for what in ("cells", "pixels", "objects", "light"))
        figures = [cells.precision, cells.recall, cells.iou, pixels.precision, pixels.recall, pixels.iou]
        figures += [objects.precision, objects.recall, light.precision, light.recall]
        ratio = float(np.mean([one.found / one.true for one in some]))
        fallen = [share for one in some for share in one.landings]
        landed = f"{sum(share >= LANDED for share in fallen)}/{len(fallen)}"
        shown.add_row(name, str(len(some)), *(f"{figure:.2f}" for figure in figures), f"{ratio:.2f}", landed)
    return shown


def _groups(scores: Sequence[Score], of: Callable[[Score], str]) -> list[tuple[str, Sequence[Score]]]:
    names = sorted({of(one) for one in scores})
    return [(name, [one for one in scores if of(one) == name]) for name in names]


if __name__ == "__main__":
    main()
