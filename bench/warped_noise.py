"""Warped noise for frames of 384x672, 16 channels, beside the flow that it follows (OpenCV's DIS).

    python bench/warped_noise.py [--threads 2] [--published] [--raft FOLDER | --raft drawn] [CLIP ...]

Drawn textures in known motion, and clips from files. Processor seconds for a frame, of all threads: the means
of DIS and the noise, and the longest that one took for both. Deviation and neighbours' correlation are of the last
latent, which white noise has at 1 ± 0.0028 and 0 ± 0.0039. `--published` adds the published resampling's field of
1920x2880. `--raft` adds RAFT's seconds, and how far its flow lies from DIS's on average, in pixels, of the first
`RAFT_PAIRS` pairs; with drawn weights (`drawn`) only the seconds mean anything.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice, pairwise
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from cleanplate.media.clip import Clip
from cleanplate.media.colour import luma8
from cleanplate.motion.flow import Flow, Gray, make_flow
from cleanplate.motion.noise.field import advance, fresh_field
from cleanplate.motion.noise.published import FIELD_SIZE, looked_at
from cleanplate.motion.noise.stream import CELLS, CHANNELS, gathered, scaled_flow
from cleanplate.pipeline import registry

SIZE = (384, 672)
FRAMES = 21
DRAWN = "drawn"
LIMIT = 0.6
RAFT_PAIRS = 2

Places = Callable[[float, NDArray[np.float32], NDArray[np.float32]], tuple[NDArray[np.float32], NDArray[np.float32]]]
MOTIONS: dict[str, Places] = {
    "still": lambda t, x, y: (x, y),
    "pan of 2.3 pixels": lambda t, x, y: (x + 2.3 * t, y - 0.7 * t),
    "growing by 1 %": lambda t, x, y: (x * 1.01**-t, y * 1.01**-t),
    "shrinking by 1 %": lambda t, x, y: (x * 1.01**t, y * 1.01**t),
    "waves": lambda t, x, y: (x + 6 * np.sin(y / 40 + t / 3), y + 6 * np.sin(x / 50 + t / 4)),
}


def drawn(motion: Places) -> Iterator[Gray]:
    """A texture in motion."""
    noise = np.random.default_rng(0).normal(0, 1, (1024, 1024)).astype(np.float32)
    texture = sum(cv2.GaussianBlur(noise, (0, 0), sigma) * sigma for sigma in (1.5, 4.0, 12.0))
    low, high = np.percentile(texture, (1, 99))
    y, x = np.mgrid[: SIZE[0], : SIZE[1]].astype(np.float32)
    x, y = x - SIZE[1] / 2, y - SIZE[0] / 2
    for frame in range(FRAMES):
        places = [np.asarray(axis + 512, np.float32) for axis in motion(float(frame), x, y)]
        seen = cv2.remap(texture, places[0], places[1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_WRAP)
        yield np.clip((seen - low) / (high - low) * 255, 0, 255).astype(np.uint8)


def filmed(path: Path) -> Iterator[Gray]:
    """The first frames of a file."""
    with Clip.open(path) as clip:
        for frame in clip.frames(0, min(FRAMES, len(clip))):
            yield luma8(frame, clip.info, SIZE)


def measure(pictures: Iterable[Gray], field_size: tuple[int, int], cells: int, *, published: bool) -> tuple[str, ...]:
    """A row of the table: DIS, noise, the slowest frame, deviation, neighbours."""
    flow, rng = make_flow(), np.random.default_rng(1)
    field = fresh_field(*field_size, CHANNELS, rng)
    times = []
    for a, b in pairwise(pictures):
        begin = time.process_time()
        found = flow(a, b)
        between = time.process_time()
        field = advance(field, scaled_flow(found, field_size), rng, published=published)
        latent = gathered(field.noise, cells)
        times.append((between - begin, time.process_time() - between))
    dis, noise = np.mean(times, axis=0)
    slowest = max(sum(pair) for pair in times)
    beside = float((latent[:, :, 1:] * latent[:, :, :-1]).mean())
    return f"{dis:.3f}", f"{noise:.3f}", f"{slowest:.3f}", f"{latent.std():.4f}", f"{beside:+.4f}"


def beside_raft(pictures: Iterable[Gray], raft: Flow) -> tuple[str, str]:
    """Seconds for a pair by RAFT, and pixels between its flow and that of DIS."""
    dis, taken, apart = make_flow(), [], []
    for a, b in islice(pairwise(pictures), RAFT_PAIRS):
        begin = time.perf_counter()
        found = raft(a, b)
        taken.append(time.perf_counter() - begin)
        apart.append(float(np.linalg.norm(found - dis(a, b), axis=2).mean()))
    return f"{np.mean(taken):.3f}", f"{np.mean(apart):.2f}"


def raft_of(weights: str) -> Flow:
    """By weights of a folder or file, or by drawn ones."""
    import torch

    if weights != DRAWN:
        return registry.flow("raft", weights)
    from cleanplate.models.flow.method import RaftFlow
    from cleanplate.models.flow.raft import Raft

    torch.manual_seed(0)
    return RaftFlow(lambda: Raft().eval().requires_grad_(False), DRAWN)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", nargs="*", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--published", action="store_true")
    parser.add_argument("--raft", help=f"a folder or file of its weights, or '{DRAWN}'")
    options = parser.parse_args(arguments)
    cv2.setNumThreads(options.threads)
    raft = raft_of(options.raft) if options.raft else None
    whose = "RAFT, drawn weights" if options.raft == DRAWN else "RAFT"
    more = [whose, "from DIS"] if raft else []
    table = Table("motion", "DIS", "noise", f"slowest (limit {LIMIT})", "deviation", "neighbours", *more)
    sources: list[tuple[str, Callable[[], Iterator[Gray]]]] = [
        *((name, partial(drawn, motion)) for name, motion in MOTIONS.items()),
        *((path.parent.name, partial(filmed, path)) for path in options.clips),
    ]
    for name, pictures in sources:
        beside = beside_raft(pictures(), raft) if raft else ()
        table.add_row(name, *measure(pictures(), SIZE, CELLS, published=False), *beside)
    if options.published:
        looks = (looked_at(picture) for picture in list(drawn(MOTIONS["waves"]))[:4])
        table.add_row("waves, published", *measure(looks, FIELD_SIZE, FIELD_SIZE[0] // 60, published=True))
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
