"""Real footage end to end: `remove --mask --engine propagate` on the published clips, then what the acceptance asks.

    python bench/footage.py [--data FOLDER] [--out FOLDER] [CLIP ...]

For each clip: the package's size, the samples that differ outside the edit (`verify`, made anew), the touched area over
the non-keep area, and the share of the remove area's pixels that changed. Finished packages in the folder are measured
as they are; delete them to run anew.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from cleanplate.edit.package import ShotPackage
from cleanplate.edit.verify import verify
from cleanplate.masks.labels import removed
from cleanplate.masks.quadmask import QuadMask
from cleanplate.media.clip import Clip
from cleanplate.pipeline.edits import Remove
from cleanplate.pipeline.remove import remove

CLIPS = ("lime", "moving_ball", "pillow", "ducky-float")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", nargs="*", default=CLIPS)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("CLEANPLATE_DATA", "../shared/data")))
    parser.add_argument("--out", type=Path, default=Path("bench-out/footage"))
    options = parser.parse_args(arguments)
    table = Table("clip", "size", "seconds", "differ", "touched / non-keep", "remove area changed", "proof")
    for name in options.clips:
        table.add_row(name, *measure(options.data / "void" / name, options.out / name))
    Console().print(table)


def measure(data: Path, out: Path) -> list[str]:
    """One row of the table."""
    out.parent.mkdir(parents=True, exist_ok=True)
    start = time.monotonic()
    fresh = not out.exists()
    if fresh:
        remove(data / "input_video.mp4", Remove(mask=data / "quadmask.mp4"), out)
    seconds = f"{time.monotonic() - start:.0f}" if fresh else "-"
    package = ShotPackage.open(out)
    proof = verify(package, source=data / "input_video.mp4")
    differ = proof.alpha_zero.differing, proof.outside_region.differing
    ratio = proof.touched / proof.permitted
    with Clip.open(data / "input_video.mp4") as plate, Clip.open(package.composite) as composite:
        size = f"{composite.info.width} x {composite.info.height}"
        changed = changed_share(plate, composite, QuadMask.open(out / "quadmask.mkv"))
    return [size, seconds, f"{differ[0]} and {differ[1]}", f"{ratio:.3f}", f"{changed:.1%}", str(proof.passed)]


def changed_share(plate: Clip, composite: Clip, quadmask: QuadMask) -> float:
    """Share of the pixels labelled remove or overlap whose luma changed, over the whole clip."""
    changed = total = 0
    for before, after, labels in zip(plate.frames(), composite.frames(), quadmask, strict=True):
        area = removed(labels)
        total += int(np.count_nonzero(area))
        changed += int(np.count_nonzero(area & (before.planes[0] != after.planes[0])))
    return changed / total


if __name__ == "__main__":
    main()
