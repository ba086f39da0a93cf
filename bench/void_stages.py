"""What a removal by VOID costs beside its networks, stage by stage, for a 1080p frame of the edit.

    python bench/void_stages.py [--frames 50] [--size 1920x1080] [--threads 2] [--no-background]

The plate is drawn: a disc moves over a textured ground, with a region below it that is affected, 12 % of the picture in
all. Networks are left out: pictures that would come out of the codec are the plate's own, on the model's grid. Both
passes are counted. The limit is `LIMIT` seconds a frame of the plate. What the loop over windows costs inside a pass is
`bench/void_sampling.py`'s.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from memory import RATE, disc, draw_plate
from rich.console import Console
from rich.table import Table

from cleanplate.ahead import ahead
from cleanplate.edit.layer import LayerWriter
from cleanplate.edit.patch import Patch
from cleanplate.engines.void.conditioning import masks, plates
from cleanplate.engines.void.footage import Footage
from cleanplate.engines.void.latents import stored
from cleanplate.engines.void.lay.laying import Laying
from cleanplate.engines.void.noise import latent_noise
from cleanplate.engines.void.outline import Outline, Take
from cleanplate.engines.void.pictures import Pictures
from cleanplate.engines.void.screening import write_screening
from cleanplate.engines.void.settings import Settings
from cleanplate.engines.void.verdict import scores_of
from cleanplate.engines.void.warping import warped_noise
from cleanplate.masks.labels import AFFECTED, KEEP, REMOVE, Labels
from cleanplate.masks.quadmask import QuadMask, QuadMaskWriter
from cleanplate.media.clip import Clip
from cleanplate.models.void.config import PUBLISHED
from cleanplate.motion.flow import make_flow
from cleanplate.pipeline.protocols import Scene

LIMIT = 0.35


class Stages:
    """Seconds of the wall and of the processor, by name of a stage."""

    def __init__(self) -> None:
        self.taken: dict[str, tuple[float, float]] = {}

    def __call__(self, name: str, work: Callable[[], Any]) -> Any:
        """What the work returns."""
        start = time.perf_counter(), time.process_time()
        made = work()
        self.taken[name] = time.perf_counter() - start[0], time.process_time() - start[1]
        print(f"{name}: {self.taken[name][1]:.1f} s of the processor", file=sys.stderr, flush=True)
        return made


def main() -> int:
    """Draw, measure, print; 1 when the limit is passed."""
    asked = _arguments()
    cv2.setNumThreads(asked.threads)
    torch.set_num_threads(asked.threads)
    width, height = map(int, asked.size.split("x"))
    with tempfile.TemporaryDirectory() as name:
        folder, stages = Path(name), Stages()
        draw_plate(folder / "plate.mp4", asked.frames, width, height)
        with Clip.open(folder / "plate.mp4") as clip:
            quadmask = _quadmask(folder / "quadmask.mkv", asked.frames, width, height)
            outline = Outline.of(PUBLISHED, quadmask, clip.info, Settings())
            for take in outline.takes:
                _measure(stages, clip, quadmask, take, folder, background=asked.background)
    return _told(stages, asked.frames)


def _measure(stages: Stages, clip: Clip, quadmask: QuadMask, take: Take, folder: Path, *, background: bool) -> None:
    footage = Footage(clip, quadmask, take.span, take.framing)
    stages("quadmask to the model's grid", lambda: _last(masks(footage.labels())))
    stages("plate to the model's grid", lambda: _last(plates(footage.pictures(), 0)))
    drawn = list(islice(footage.pictures(), len(take.span.frames)))
    size = take.framing.size
    cut = [picture[: size.rows, : size.columns] for picture in drawn]
    known = (take.shape[0], 2 * take.shape[1], *take.shape[2:])
    stages("latents to disk", lambda: stored(latent_noise(0, 0, known), known, folder / "known.npy"))
    for number in (1, 2):
        kept = folder / f"drawn{number}.npy"
        stages(f"pictures of pass {number} to disk", partial(Pictures.write, kept, cut))
    with Pictures(folder / "drawn1.npy") as first, Pictures(folder / "drawn2.npy") as second:
        stages("morph check", lambda: scores_of(first, take.span.frames, take.framing, Scene(clip, quadmask)))
        stages("flow and warped noise", lambda: _last(warped_noise(first, take, make_flow(), 0)))
        laying = Laying(clip, quadmask, take.span, take.framing, folder=folder / "lay", background=background)
        with LayerWriter(folder / "layer", clip.info) as writer:
            patches = ahead(pair for pair in laying.patches(second))  # as in a removal, beside the writing
            stages("laid onto the plate, layer to disk", partial(_store, writer, patches))
    paths = [folder / "drawn1.npy", folder / "drawn2.npy"]
    stages("video to look at", lambda: write_screening([(take, paths)], clip.info, folder / "passes.mp4"))


def _told(stages: Stages, frames: int) -> int:
    table = Table("stage", "wall, s a frame", "processor, s a frame", title=f"{frames} frames of the plate")
    for name, (wall, cpu) in stages.taken.items():
        table.add_row(name, f"{wall / frames:.3f}", f"{cpu / frames:.3f}")
    wall, cpu = (sum(column) / frames for column in zip(*stages.taken.values(), strict=True))
    table.add_row("all", f"{wall:.3f}", f"{cpu:.3f}")
    Console().print(table)
    print(f"limit {LIMIT} s a frame")
    return int(wall > LIMIT)


def _quadmask(path: Path, frames: int, width: int, height: int) -> QuadMask:
    with QuadMaskWriter(
        path,
        height=height,
        width=width,
        rate=Fraction(RATE),
        time_base=Fraction(1, RATE),
        pts=np.arange(frames),
    ) as writer:
        for labels in _labels(frames, width, height):
            writer.write(labels)
    return QuadMask.open(path)


def _labels(frames: int, width: int, height: int) -> Iterator[Labels]:
    """The disc goes; from the twentieth frame on, what lies below it is affected."""
    radius = height // 12 + 4
    for number in range(frames):
        labels = np.full((height, width), KEEP, np.uint8)
        x, y = disc(number, width, height)
        if number >= 20:
            labels[y : y + height // 3, max(0, x - 2 * radius) : x + 2 * radius] = AFFECTED
        cv2.circle(labels, (x, y), radius, REMOVE, -1)
        yield labels


def _store(writer: LayerWriter, patches: Iterable[tuple[int, Patch | None]]) -> None:
    for frame, patch in patches:
        if patch is not None:
            writer.write(frame, [patch])


def _last(items: Iterable[Any]) -> None:
    for _ in items:
        pass


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=50)
    parser.add_argument("--size", default="1920x1080")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--no-background", dest="background", action="store_false", help="as --set background=no")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
