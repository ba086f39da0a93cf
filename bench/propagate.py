"""How good `propagate` is where the truth is known, beside OpenCV's Telea frame by frame.

    python bench/propagate.py [--quick]

PSNR is taken over the hole's pixels that some other frame shows (by the known geometry), between the composite with its
grain and the clean background *without* grain in the frame's own exposure, over three 8-bit channels; so grain of 2.5
codes alone caps it at 40.2 dB. Flicker is the spread of the change of that error from frame to frame: in the hole, over
the same figure of the untouched plate around it.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parent))

from drawn_worlds import PEAK_8, World, WorldFootage

from cleanplate.engines.propagate.cleaner import Cleaner, Settings
from cleanplate.engines.propagate.survey import make_survey

WORLDS = (
    World("still camera", camera=0, grain=2.0),
    World("homography camera", camera=60, grain=1.5),
    World("fast homography camera", camera=160, grain=1.5, travel=0.3),
    World("parallax, grain, drift", camera=60, parallax=0.35, grain=2.5, drift=0.10),
    World("never seen in part", camera=0, grain=2.0, travel=0.12),
)


@dataclass(frozen=True)
class Score:
    """Figures of one method on one world: dB inside revealed pixels, flicker ratio, share never seen, time."""

    world: str
    method: str
    psnr: float
    flicker: float
    never_seen: float
    truly_unseen: float
    seconds_a_frame: float


Result = tuple[NDArray[np.float32], float]
"""A composite (H x W x 3, 8-bit codes) and the share of its hole that no frame showed."""


def propagate(footage: WorldFootage, folder: Path) -> Iterator[Result]:
    """The engine's composites, rounded to 8 bits as in a delivered plate."""
    survey = make_survey(footage, range(footage.length), folder, lambda advance=1: None)
    cleaner = Cleaner(footage, survey, range(footage.length), Settings(seed=1), folder=folder, start=0)
    for frame in range(footage.length):
        composite = footage.picture(frame).astype(np.float32)
        pieces, counts = cleaner.fill(frame)
        for piece in pieces:
            y0, x0, y1, x1 = piece.box
            part = composite[y0:y1, x0:x1]
            part += (piece.colour * (PEAK_8 / footage.peak) - part) * piece.alpha[..., None]
        yield np.clip(np.rint(composite), 0, 255), counts.never_seen / max(1, counts.hole)


def telea(footage: WorldFootage, _: Path) -> Iterator[Result]:
    """OpenCV's fast marching inpainting of each frame by itself."""
    for frame in range(footage.length):
        mask = cv2.dilate(footage.hole(frame).astype(np.uint8), np.ones((5, 5), np.uint8))
        yield cv2.inpaint(footage.picture(frame), mask, 5, cv2.INPAINT_TELEA).astype(np.float32), 1.0


def score(world: World, method: str) -> Score:
    """Run one method over one world."""
    footage = WorldFootage(world)
    squares, revealed, unseen, holes = 0.0, 0, 0.0, 0
    inner: list[float] = []
    outer: list[float] = []
    shares: list[float] = []
    before: tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.bool_]] | None = None
    spent = 0.0
    with tempfile.TemporaryDirectory() as folder:
        results = {"propagate": propagate, "telea": telea}[method](footage, Path(folder))
        for frame in range(world.length):
            begin = time.perf_counter()
            composite, share = next(results)
            spent += time.perf_counter() - begin
            error = composite - footage.truth(frame)
            hole, shown = footage.hole(frame), footage.revealed(frame)
            squares += float((error[shown] ** 2).sum())
            revealed += int(shown.sum())
            unseen, holes = unseen + float((hole & ~shown).sum()), holes + int(hole.sum())
            shares.append(share)
            around = cv2.dilate(hole.astype(np.uint8), np.ones((41, 41), np.uint8)).astype(bool)
            around &= cv2.dilate(hole.astype(np.uint8), np.ones((17, 17), np.uint8)) == 0
            if before is not None:
                change = error - before[0]
                inner.append(float(np.square(change[shown & before[1]]).mean()))
                outer.append(float(np.square(change[around & before[2]]).mean()))
            before = error, shown, around
    psnr = 10 * np.log10(PEAK_8**2 / (squares / max(1, 3 * revealed)))
    return Score(
        world.name,
        method,
        float(psnr),
        float(np.sqrt(np.mean(inner) / np.mean(outer))),
        float(np.mean(shares)),
        unseen / max(1, holes),
        spent / world.length,
    )


def main() -> None:
    """Print the table."""
    print(
        f"{'clip':26} {'method':10} {'dB revealed':>11} {'flicker':>8} {'never seen':>11} {'(truth)':>8} {'s/frame':>8}"
    )
    for world in WORLDS[1:4:2] if "--quick" in sys.argv else WORLDS:
        for method in ("propagate", "telea"):
            s = score(world, method)
            print(
                f"{s.world:26} {s.method:10} {s.psnr:11.2f} {s.flicker:8.2f} {s.never_seen:10.1%} {s.truly_unseen:8.1%}"
                f" {s.seconds_a_frame:8.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
