"""Work and memory before VOID's network: plate and quadmask decoded, resized and masked to the model's grid.

    python bench/void_inputs.py [--data FOLDER] [--crop] [CLIP ...]

The mask file is read once, into the lossless quadmask that every removal has; plate and quadmask are then walked
through once, up to the tensors that the codec takes. Every clip runs in a process of its own. The published code takes
37 CPU seconds and 10.2 GiB for `lime`, and decodes each file twice.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from cleanplate.engines.void.conditioning import masks, plates
from cleanplate.engines.void.footage import Footage
from cleanplate.engines.void.framing import close, whole
from cleanplate.engines.void.timing import spans
from cleanplate.masks.codec import read_mask_file
from cleanplate.media.clip import Clip

CLIPS = ("lime", "moving_ball", "pillow", "ducky-float")
CPU_LIMIT, MEMORY_LIMIT = 15.0, 1.5e9


def main() -> int:
    """Measure; 1 when a limit is passed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", nargs="*", default=CLIPS)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("CLEANPLATE_DATA", "../shared/data")))
    parser.add_argument("--crop", action="store_true", help="a close crop in place of the whole frame")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.here:
        return measure(asked.data / "void" / asked.clips[0], crop=asked.crop)
    given = [f"--data={asked.data}", "--here", *(["--crop"] if asked.crop else [])]
    runs = [subprocess.run([sys.executable, __file__, clip, *given], check=False) for clip in asked.clips]
    return int(any(run.returncode for run in runs))


def measure(folder: Path, *, crop: bool) -> int:
    """One clip, in this process, told in a line."""
    start, stages = time.process_time(), list[float]()
    with tempfile.TemporaryDirectory() as name, Clip.open(folder / "input_video.mp4") as clip:
        quadmask, _ = read_mask_file(folder / "quadmask.mp4", clip.info, Path(name, "quadmask.mkv"))
        stages.append(time.process_time() - start)
        told = list[str]()
        for number, span in enumerate(spans(quadmask.summaries, clip.info)):
            seen = [quadmask.summaries[frame] for frame in range(span.frames[0], span.frames[-1] + 1)]
            framing = close(seen, clip.info) if crop else whole(clip.info)
            footage = Footage(clip, quadmask, span, framing)
            given = sum(1 for _ in masks(footage.labels()))
            stages.append(time.process_time() - start)
            given += sum(1 for _ in plates(footage.pictures(), seed=0, span=number))
            stages.append(time.process_time() - start)
            told.append(f"{len(span.frames)} frames as {given // 2} of {framing.rows} x {framing.columns}")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(
        f"{folder.name:<12} {clip.info.width} x {clip.info.height}, {'; '.join(told)}: {stages[-1]:5.1f} CPU seconds "
        f"(mask file {stages[0]:.1f}, quadmask {stages[1] - stages[0]:.1f}, plate {stages[-1] - stages[-2]:.1f}), "
        f"peak {memory / 1e9:.2f} GB",
        flush=True,
    )
    return int(stages[-1] > CPU_LIMIT or memory > MEMORY_LIMIT)


if __name__ == "__main__":
    sys.exit(main())
