"""How well words and cells become the published quadmasks: `python -m bench.grounding`.

Each published clip is selected by one click (or by the published ones), reasoned by an answer that was written by hand,
in words and cells, by looking at clip and mask (`tests/reason/published`), and laid on the clip. The quadmask is
compared with the published one label by label: intersection over union, over the whole clip.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from selection import published_selection

from cleanplate.edit.package import QUADMASK
from cleanplate.masks.labels import AFFECTED, KEEP, LABELS, OVERLAP, REMOVE, affected, changed, removed
from cleanplate.masks.quadmask import Labels, QuadMask
from cleanplate.masks.reasoning import read_reasoning
from cleanplate.masks.selection import Click, Selection
from cleanplate.pipeline.edits import Remove
from cleanplate.pipeline.remove import mask

CLIPS = ("lime", "moving_ball", "pillow", "ducky-float")
ANSWERS = Path(__file__).parents[1] / "tests" / "reason" / "published"
CLICKS = {
    "lime": Click(x=2452, y=1588, frame=0),
    "moving_ball": Click(x=2920, y=880, frame=0),
    "pillow": Click(x=1507, y=724, frame=0),
    "ducky-float": Click(x=730, y=333, frame=36),
}
"""One point on the object each."""
NAMES = {REMOVE: "remove", OVERLAP: "overlap", AFFECTED: "affected", KEEP: "keep"}
_FULL_RANGE = np.clip(np.rint((np.arange(256) - 16.0) * 255 / 219), 0, 255)
_SNAPPED = np.asarray(LABELS, np.uint8)[np.abs(_FULL_RANGE[:, None] - np.asarray(LABELS)).argmin(axis=1)]


@dataclass(frozen=True)
class Agreement:
    """Of one clip: intersection over union by label, and of the regions that labels make up together."""

    clip: str
    labels: dict[str, float]
    regions: dict[str, float]
    seconds: float

    def row(self) -> list[str]:
        values = [*self.labels.values(), *self.regions.values()]
        return [self.clip, *(f"{value:.3f}" for value in values), f"{self.seconds:.0f}"]


def selection_for(folder: Path, *, one_click: bool) -> Selection:
    """What is pointed at on a published clip, named as its answer names the object."""
    name = read_reasoning(ANSWERS / f"{folder.name}.json").removed[0]
    if one_click:
        return Selection(name=name, clicks=(CLICKS[folder.name],))
    return published_selection(folder).model_copy(update={"name": name})


def published_labels(folder: Path) -> Iterator[Labels]:
    """The published quadmask, frame by frame; its luma is of limited range."""
    with av.open(str(folder / "quadmask.mp4")) as container:
        for frame in container.decode(video=0):
            plane = frame.planes[0]
            codes = np.frombuffer(bytes(plane), np.uint8).reshape(frame.height, plane.line_size)[:, : frame.width]
            yield _SNAPPED[codes]


def compare(made: Iterator[Labels], truth: Iterator[Labels]) -> tuple[dict[str, float], dict[str, float]]:
    """Intersection over union over the whole clip, by label and by region."""
    counts = {name: np.zeros(2, np.int64) for name in (*NAMES.values(), "object", "consequences", "may change")}

    def add(name: str, a: NDArray[np.bool_], b: NDArray[np.bool_]) -> None:
        counts[name] += (int((a & b).sum()), int((a | b).sum()))

    for ours, theirs in zip(made, truth, strict=True):
        for label, name in NAMES.items():
            add(name, ours == label, theirs == label)
        add("object", removed(ours), removed(theirs))
        add("consequences", affected(ours), affected(theirs))
        add("may change", changed(ours), changed(theirs))
    shares = {name: float(both / either) if either else 1.0 for name, (both, either) in counts.items()}
    by_label = {name: shares.pop(name) for name in NAMES.values()}
    return by_label, shares


def measure(folder: Path, scratch: Path, *, one_click: bool = True) -> Agreement:
    """One clip from its click to the comparison."""
    began = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    edit = Remove(selections=(selection_for(folder, one_click=one_click),), reasoning=ANSWERS / f"{folder.name}.json")
    out, _ = mask(folder / "input_video.mp4", edit, scratch / folder.name)
    seconds = sum(resource.getrusage(resource.RUSAGE_SELF)[:2]) - began
    quadmask = QuadMask.open(out / QUADMASK)
    labels, regions = compare(iter(quadmask), published_labels(folder))
    quadmask.close()
    return Agreement(folder.name, labels, regions, seconds)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = Path(os.environ.get("CLEANPLATE_DATA", Path(__file__).parents[2] / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=default)
    parser.add_argument("--published-clicks", action="store_true", help="all the published clicks in place of one")
    parser.add_argument("--out", type=Path, help="keep the masks in this folder")
    parser.add_argument("clips", nargs="*", default=CLIPS)
    given = parser.parse_args(arguments)
    columns = ("clip", *NAMES.values(), "object", "consequences", "may change", "CPU s")
    print("".join(f"{column:>13}" for column in columns))
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.out or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        for name in given.clips:
            found = measure(given.data / "void" / name, folder, one_click=not given.published_clicks)
            print("".join(f"{value:>13}" for value in found.row()), flush=True)


if __name__ == "__main__":
    main()
