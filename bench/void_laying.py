"""What it costs to lay VOID's pictures onto a plate, without and with background from `propagate`.

    python bench/void_laying.py [--data FOLDER] [--frames 24] [--close] [CLIP ...]

Plates are real (`void/CLIP` of the data folder) or `made`: 1920x1080 at 24 frames a second, an object with its shadow
in an affected region of a quarter of the frame. What was drawn is the plate with the removed object smoothed away, on
the model's grid of 384x672. Every clip runs in a process of its own, on two threads.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.engines.void.footage import Footage
from cleanplate.engines.void.framing import Framing, close, whole
from cleanplate.engines.void.lay.laying import Laying
from cleanplate.engines.void.timing import Span, spans
from cleanplate.masks.codec import read_mask_file
from cleanplate.masks.labels import AFFECTED, KEEP, REMOVE
from cleanplate.masks.quadmask import QuadMask, QuadMaskWriter
from cleanplate.media.clip import Clip
from cleanplate.media.ffv1 import Ffv1Writer
from cleanplate.media.formats import pixel_format
from cleanplate.media.frame import ColourTags
from cleanplate.motion.membrane import complete

CLIPS = ("made", "moving_ball", "lime")
LIMIT = 0.2
"""Seconds a 1080p frame on two threads, without background."""
_SIZE, _RATE, _AREA = (1080, 1920), 24, 1920 * 1080


class Smoothed:
    """The plate on the model's grid, what changes filled smoothly."""

    def __init__(self, clip: Clip, quadmask: QuadMask, span: Span, framing: Framing) -> None:
        footage = Footage(clip, quadmask, span, framing)
        rows, columns = framing.size.rows, framing.size.columns
        both = zip(footage.pictures(), footage.labels(), strict=True)
        self._shown = [
            complete(picture[:rows, :columns], labels[:rows, :columns] == KEEP)
            for (picture, labels), _ in zip(both, span.frames, strict=False)
        ]

    def __len__(self) -> int:
        return len(self._shown)

    def at(self, place: int) -> NDArray[np.float32]:
        return self._shown[place]


def main() -> int:
    """Measure; 1 when the made clip takes longer than the limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", nargs="*", default=CLIPS)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("CLEANPLATE_DATA", "../shared/data")))
    parser.add_argument("--frames", type=int, default=24)
    parser.add_argument("--close", action="store_true", help="a close crop in place of the whole frame")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.here:
        return measure(asked.clips[0], asked.data, asked.frames, cropped=asked.close)
    given = [f"--data={asked.data}", f"--frames={asked.frames}", "--here", *(["--close"] if asked.close else [])]
    runs = [subprocess.run([sys.executable, __file__, clip, *given], check=False) for clip in asked.clips]
    return int(any(run.returncode for run in runs))


def measure(name: str, data: Path, frames: int, *, cropped: bool) -> int:
    """One clip, in this process, told in a line."""
    cv2.setNumThreads(2)
    with tempfile.TemporaryDirectory() as folder:
        clip, quadmask = made(Path(folder), frames) if name == "made" else real(Path(folder), data / "void" / name)
        span = shortened(spans(quadmask.summaries, clip.info)[0], frames)
        seen = [quadmask.summaries[frame] for frame in range(span.frames[0], span.frames[-1] + 1)]
        framing = close(seen, clip.info) if cropped else whole(clip.info)
        drawn = Smoothed(clip, quadmask, span, framing)
        told, slow = list[str](), False
        for background in (False, True):
            work = Path(folder, f"work-{background}")
            laying = Laying(clip, quadmask, span, framing, folder=work, background=background)
            start, processor = time.perf_counter(), time.process_time()
            count = sum(1 for _ in laying.patches(drawn))
            wall, spent = (
                (now - then) / count for now, then in ((time.perf_counter(), start), (time.process_time(), processor))
            )
            told.append(f"{'with' if background else 'without'} background {wall:.3f} s ({spent:.3f} s of processor)")
            slow |= name == "made" and not background and spent > 2 * LIMIT
    area = float(np.mean([sum(one.counts[:-1]) for one in seen])) / (clip.info.height * clip.info.width)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    size = f"{clip.info.width} x {clip.info.height}, {area:.0%} of it may change"
    print(f"{name:<12} {size}, a frame: {'; '.join(told)}; peak {memory:.2f} GB", flush=True)
    return int(slow)


def made(folder: Path, frames: int) -> tuple[Clip, QuadMask]:
    """A textured still ground, a box that crosses it, its shadow."""
    rate, fmt = Fraction(_RATE), pixel_format("yuv420p")
    with (
        Ffv1Writer(folder / "plate.mkv", fmt, *_SIZE, colour=ColourTags(), time_base=1 / rate, rate=rate) as plate,
        QuadMaskWriter(folder / "quadmask.mkv", height=_SIZE[0], width=_SIZE[1], rate=rate) as mask,
    ):
        for number, (planes, labels) in enumerate(pictures(frames)):
            plate.write(planes, number)
            mask.write(labels)
    return Clip.open(folder / "plate.mkv"), QuadMask.open(folder / "quadmask.mkv")


def pictures(frames: int) -> Iterator[tuple[tuple[NDArray[np.uint8], ...], NDArray[np.uint8]]]:
    """Planes and labels."""
    rng = np.random.default_rng(0)
    noise = cv2.GaussianBlur(rng.normal(0, 1, _SIZE).astype(np.float32), (0, 0), 1.5)
    ground = 120 + 60 * noise
    for number in range(frames):
        luma, labels = ground + rng.normal(0, 1.5, _SIZE), np.full(_SIZE, KEEP, np.uint8)
        x = 500 + 12 * number
        luma[760:840, x : x + 260] *= 0.6
        luma[400:800, x : x + 160] = 200
        labels[300:840, 440:1440] = AFFECTED
        labels[394:806, x - 6 : x + 166] = REMOVE
        chroma = np.full((_SIZE[0] // 2, _SIZE[1] // 2), 128, np.uint8)
        yield (np.clip(np.rint(luma), 16, 235).astype(np.uint8), chroma, chroma), labels


def real(folder: Path, where: Path) -> tuple[Clip, QuadMask]:
    """A published sample."""
    clip = Clip.open(where / "input_video.mp4")
    quadmask, _ = read_mask_file(where / "quadmask.mp4", clip.info, folder / "quadmask.mkv")
    return clip, quadmask


def shortened(span: Span, frames: int) -> Span:
    """To so many frames of the plate, two beats at least."""
    kept = [frame for frame in span.frames if frame < span.frames[0] + frames]
    return replace(span, frames=tuple(kept if len(kept) > 1 else span.frames[:2]))


if __name__ == "__main__":
    sys.exit(main())
