"""Compositing against FFmpeg's `overlay`: 1080p yuv420p, soft alpha everywhere. `python bench/compositing.py`.

Both sides get the same plate and the same layer as raw files in memory, on the same processors, which both are pinned
to; rounds alternate between them and the best of each counts. The layer is what cleanplate stores, 10-bit 4:4:4 with a
16-bit matte; FFmpeg gets it as yuva444p10le. A second table gives FFmpeg a layer of its own liking, 8-bit yuva420p: a
third of the bytes and a quarter of the chroma, so it does less. `whole` is from file to nothing; `net` is less what
reading both inputs to nothing takes. In the third task both decode H.264 and encode FFV1 with the same options.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any, Self

import cv2
import imageio_ffmpeg
import numpy as np

from cleanplate.edit.composite import composite_planes
from cleanplate.edit.patch import Patch
from cleanplate.media.clip import Clip
from cleanplate.media.ffv1 import Ffv1Writer
from cleanplate.media.formats import pixel_format
from cleanplate.media.frame import ColourTags, Plane, Siting

HEIGHT, WIDTH, FRAMES = 1080, 1920, 40
FORMAT = pixel_format("yuv420p")
FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()
AREAS = {"100 %": (1080, 1920), "10 %": (342, 606)}
PLACES = {"100 %": (0, 0), "10 %": (50, 100)}
FFMPEG_LAYERS = {"the same": "yuva444p10le", "8-bit 4:2:0": "yuva420p"}
FFV1 = ["-c:v", "ffv1", "-level", "3", "-g", "1", "-slices", "16", "-slicecrc", "1"]


@dataclass(frozen=True)
class Row:
    """Milliseconds a frame, and our speed as a multiple of FFmpeg's."""

    task: str
    layer: str
    area: str
    threads: int
    ffmpeg: float
    ours: float
    speed: float

    @classmethod
    def of(cls, task: str, layer: str, area: str, threads: int, times: tuple[float, float]) -> Self:
        theirs, ours = times
        return cls(task, layer, area, threads, round(theirs, 3), round(ours, 3), round(theirs / ours, 3))


def main() -> None:
    """Measure, print a table, write figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    processors = sorted(os.sched_getaffinity(0))
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        inputs = Inputs(Path(folder))
        rows: list[Row] = []
        for threads in (1, 2):
            os.sched_setaffinity(0, processors[:threads])
            rows += _measure(inputs, threads, options.rounds)
    _show(rows)
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")


class Inputs:
    """The files of the comparison."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.plate, self.coded = folder, folder / "plate.yuv", folder / "plate.mp4"
        drawn = f"testsrc2=s={WIDTH}x{HEIGHT}:r=25,noise=alls=6:allf=t"
        frames = ["-frames:v", str(FRAMES), "-pix_fmt", "yuv420p"]
        _ffmpeg("-f", "lavfi", "-i", drawn, *frames, "-c:v", "libx264", "-preset", "veryfast", str(self.coded))
        _ffmpeg("-i", str(self.coded), "-f", "rawvideo", str(self.plate))
        for area in AREAS:
            self._write_layer(area)

    def layer(self, area: str, kind: str) -> Path:
        """`kind`: stored (planes, then a 16-bit matte), yuva444p10le or yuva420p."""
        return self.folder / f"layer-{AREAS[area][0]}.{kind}"

    def _write_layer(self, area: str) -> None:
        rng, (height, width) = np.random.default_rng(0), AREAS[area]
        with ExitStack() as stack:
            stored, same, small = (
                stack.enter_context(self.layer(area, k).open("wb")) for k in ("stored", *FFMPEG_LAYERS.values())
            )
            for _ in range(FRAMES):
                planes = rng.integers(64, 940, (3, height, width), dtype=np.uint16)
                alpha = rng.integers(1, 65535, (height, width), dtype=np.uint16)
                stored.write(planes.tobytes() + alpha.tobytes())
                same.write(planes.tobytes() + (alpha >> 6).tobytes())
                eight = (planes >> 2).astype(np.uint8)
                small.write(
                    eight[0].tobytes() + eight[1:, ::2, ::2].tobytes() + (alpha >> 8).astype(np.uint8).tobytes()
                )


def _ffmpeg(*arguments: str, threads: int = 1) -> None:
    counts = ["-threads", str(threads), "-filter_threads", str(threads), "-filter_complex_threads", str(threads)]
    subprocess.run([FFMPEG, "-v", "error", "-y", *counts, *arguments], check=True)


def _measure(inputs: Inputs, threads: int, rounds: int) -> Iterator[Row]:
    for area in AREAS:
        jobs: dict[str, Callable[[], None]] = {
            "ours": partial(_our_overlay, inputs, area, threads),
            "our reading": partial(_our_reading, inputs, area),
            "our FFV1": partial(_our_encode, inputs, area, threads),
        }
        for layer in FFMPEG_LAYERS:
            jobs[layer] = partial(_ffmpeg_overlay, inputs, area, layer, threads)
            jobs[f"{layer} reading"] = partial(_ffmpeg_reading, inputs, area, layer, threads)
            jobs[f"{layer} FFV1"] = partial(_ffmpeg_encode, inputs, area, layer, threads)
        best = _fastest(jobs, rounds)
        for layer in FFMPEG_LAYERS:
            net = best[layer] - best[f"{layer} reading"], best["ours"] - best["our reading"]
            yield Row.of("composite, whole", layer, area, threads, (best[layer], best["ours"]))
            yield Row.of("composite, net", layer, area, threads, net)
            yield Row.of("decode, composite, FFV1", layer, area, threads, (best[f"{layer} FFV1"], best["our FFV1"]))


def _fastest(jobs: dict[str, Callable[[], None]], rounds: int) -> dict[str, float]:
    """Milliseconds a frame of each job's best round."""
    best = dict.fromkeys(jobs, float("inf"))
    for _ in range(rounds):
        for name, job in jobs.items():
            start = time.perf_counter()
            job()
            best[name] = min(best[name], (time.perf_counter() - start) * 1e3 / FRAMES)
    return best


def _raw(path: Path, form: str, height: int, width: int) -> list[str]:
    return ["-f", "rawvideo", "-pix_fmt", form, "-s", f"{width}x{height}", "-r", "25", "-i", str(path)]


def _layer_input(inputs: Inputs, area: str, layer: str) -> list[str]:
    form = FFMPEG_LAYERS[layer]
    return _raw(inputs.layer(area, form), form, *AREAS[area])


def _overlay(area: str) -> list[str]:
    y, x = PLACES[area]
    return ["-filter_complex", f"[0][1]overlay=x={x}:y={y}:format=yuv420"]


def _ffmpeg_reading(inputs: Inputs, area: str, layer: str, threads: int) -> None:
    sinks = ["-map", "0:v", "-f", "null", "-", "-map", "1:v", "-f", "null", "-"]
    _ffmpeg(*_raw(inputs.plate, "yuv420p", HEIGHT, WIDTH), *_layer_input(inputs, area, layer), *sinks, threads=threads)


def _ffmpeg_overlay(inputs: Inputs, area: str, layer: str, threads: int) -> None:
    plate = _raw(inputs.plate, "yuv420p", HEIGHT, WIDTH)
    _ffmpeg(*plate, *_layer_input(inputs, area, layer), *_overlay(area), "-f", "null", "-", threads=threads)


def _ffmpeg_encode(inputs: Inputs, area: str, layer: str, threads: int) -> None:
    plate, out = ["-i", str(inputs.coded)], str(inputs.folder / "theirs.mkv")
    sink = [*FFV1, "-threads", str(threads), out]
    _ffmpeg(*plate, *_layer_input(inputs, area, layer), *_overlay(area), *sink, threads=threads)


def _our_patches(inputs: Inputs, area: str) -> Iterator[Patch]:
    frames = np.memmap(inputs.layer(area, "stored"), np.uint16, "r", shape=(FRAMES, 4, *AREAS[area]))
    for frame in frames:
        yield Patch(*PLACES[area], np.moveaxis(np.asarray(frame[:3]), 0, -1), np.asarray(frame[3]))


def _our_planes(inputs: Inputs) -> Iterator[tuple[Plane, ...]]:
    luma, chroma = HEIGHT * WIDTH, HEIGHT * WIDTH // 4
    for frame in np.memmap(inputs.plate, np.uint8, "r", shape=(FRAMES, luma + 2 * chroma)):
        y, cb, cr = np.split(np.asarray(frame), [luma, luma + chroma])
        yield y.reshape(HEIGHT, WIDTH), cb.reshape(HEIGHT // 2, -1), cr.reshape(HEIGHT // 2, -1)


def _our_reading(inputs: Inputs, area: str) -> None:
    """Read every byte of both files once."""
    for planes, patch in zip(_our_planes(inputs), _our_patches(inputs, area), strict=True):
        for array in (*planes, *np.moveaxis(patch.colour, -1, 0), patch.alpha):
            cv2.countNonZero(array)


def _our_overlay(inputs: Inputs, area: str, threads: int) -> None:
    for planes, patch in zip(_our_planes(inputs), _our_patches(inputs, area), strict=True):
        composite_planes(planes, [patch], FORMAT, Siting.LEFT, threads=threads)


def _our_encode(inputs: Inputs, area: str, threads: int) -> None:
    tags = ColourTags(range="limited", siting=Siting.LEFT)
    out = inputs.folder / "ours.mkv"
    kind: dict[str, Any] = {"colour": tags, "time_base": Fraction(1, 25), "rate": Fraction(25), "threads": threads}
    with Clip.open(inputs.coded) as clip, Ffv1Writer(out, FORMAT, HEIGHT, WIDTH, **kind) as writer:
        for frame, patch in zip(clip.frames(), _our_patches(inputs, area), strict=True):
            planes = composite_planes(frame.planes, [patch], FORMAT, Siting.LEFT, threads=threads)
            writer.write(planes, frame.index)


def _show(rows: list[Row]) -> None:
    print(f"{'task':24} {'FFmpeg layer':>13} {'area':>6} {'threads':>7} {'ffmpeg ms':>10} {'ours ms':>9} {'speed':>6}")
    for r in rows:
        print(f"{r.task:24} {r.layer:>13} {r.area:>6} {r.threads:>7} {r.ffmpeg:>10.2f} {r.ours:>9.2f} {r.speed:>5.2f}x")


if __name__ == "__main__":
    main()
