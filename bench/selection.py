"""How well the embedded segmenter follows what was clicked, on the published clips: `python -m bench.selection`.

The truth is the published primary region, labels 0 and 63 of quadmask.mp4; the clicks are the published ones. For
moving_ball none are published: one click on the duck's breast, at (2920, 880) of frame 0.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from cleanplate.masks.selection import Click, Selection
from cleanplate.masks.track import LOST_BELOW, Track
from cleanplate.media.clip import Clip
from cleanplate.progress import Silent
from cleanplate.select.classic import ClassicSegmenter

CLIPS = ("lime", "moving_ball", "pillow", "ducky-float")
_OWN_CLICKS = {"moving_ball": (Click(x=2920, y=880, frame=0),)}
_HALF = 0.5


@dataclass(frozen=True)
class Score:
    """One clip's row of the table."""

    clip: str
    frames: int
    mean: float
    least: float
    poor: int
    poor_and_warned: int
    false_warnings: int
    seconds: float

    def row(self) -> str:
        warned = f"{self.poor_and_warned}/{self.poor}"
        false = f"{self.false_warnings}/{self.frames - self.poor}"
        return f"{self.clip:14}{self.mean:8.3f}{self.least:8.2f}{warned:>14}{false:>10}{self.seconds:9.1f}"


def published_selection(folder: Path) -> Selection:
    """The clicks that made the published mask, or our own where none are published."""
    file = folder / "segmentation_info.json"
    if not file.exists():
        return Selection(name=folder.name, clicks=_OWN_CLICKS[folder.name])
    by_frame = json.loads(file.read_text())["primary_points_by_frame"]
    clicks = tuple(Click(x=x, y=y, frame=int(frame)) for frame, points in by_frame.items() for x, y in points)
    return Selection(name=folder.name, clicks=clicks)


def published_region(folder: Path) -> Iterator[NDArray[np.bool_]]:
    """The primary region on every frame, H x W: the two darkest of four labels, stored in limited range."""
    with av.open(str(folder / "quadmask.mp4")) as container:
        for frame in container.decode(video=0):
            plane = frame.planes[0]
            codes = np.frombuffer(bytes(plane), np.uint8).reshape(frame.height, plane.line_size)[:, : frame.width]
            yield (codes.astype(np.float32) - 16) * 255 / 219 < (63 + 127) / 2


def iou(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    """Intersection over union; 1 where both are empty."""
    union = int((a | b).sum())
    return float((a & b).sum()) / union if union else 1.0


def measure(folder: Path, scratch: Path) -> Score:
    """Segment one clip from its clicks and compare every frame."""
    began = time.perf_counter()
    with Clip.open(folder / "input_video.mp4") as clip:
        out = scratch / f"{folder.name}.track"
        track = ClassicSegmenter().segment(clip, published_selection(folder), range(len(clip)), out, Silent())
    return score(folder.name, track, published_region(folder), time.perf_counter() - began)


def score(name: str, track: Track, truth: Iterator[NDArray[np.bool_]], seconds: float) -> Score:
    """Compare a track with the truth, frame by frame."""
    found = np.array([iou(track.mask(n), region) for n, region in enumerate(truth)])
    poor, warned = found < _HALF, track.confidence < LOST_BELOW
    return Score(
        clip=name,
        frames=len(found),
        mean=float(found.mean()),
        least=float(found.min()),
        poor=int(poor.sum()),
        poor_and_warned=int((poor & warned).sum()),
        false_warnings=int((~poor & warned).sum()),
        seconds=seconds,
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    default = Path(os.environ.get("CLEANPLATE_DATA", Path(__file__).parents[2] / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=default)
    parser.add_argument("clips", nargs="*", default=CLIPS)
    given = parser.parse_args()
    print(f"{'clip':14}{'mean IoU':>8}{'least':>8}{'poor, warned':>14}{'false':>10}{'seconds':>9}")
    with tempfile.TemporaryDirectory() as scratch:
        for name in given.clips:
            print(measure(given.data / "void" / name, Path(scratch)).row(), flush=True)


if __name__ == "__main__":
    main()
