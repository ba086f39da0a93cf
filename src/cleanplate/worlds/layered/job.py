"""A layered clip, from its seed to its place in Vera's layout."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from cleanplate.errors import UsageError
from cleanplate.worlds.assets import Library
from cleanplate.worlds.formats.vera_layout import VeraFrame, VeraWriter
from cleanplate.worlds.layered.clip import LayeredClip, LayeredFrame, Task, Tier
from cleanplate.worlds.layered.rendered import sample_rendered
from cleanplate.worlds.layered.synthetic import sample_synthetic
from cleanplate.worlds.produce import Made, Stopwatch

_EDIT_TYPES = {Task.ADD: "obj_add", Task.BACKGROUND: "background_replace"}

TURNS = tuple((tier, task) for tier in Tier for task in Task)
"""What comes after what: as many additions as background changes, as many of each tier."""
SUBSETS = tuple(f"{tier}-{task}" for tier, task in TURNS)
"""Their names in the data set."""


@dataclass(frozen=True)
class LayeredJob:
    """One clip.

    Attributes:
        out: folder of the data set.
        sprites: pictures to draw things from; drawn ones otherwise.
        library: the user's pictures for floors and skies of what is rendered.
    """

    out: Path
    tier: Tier
    task: Task
    seed: int
    height: int
    width: int
    length: int
    sprites: tuple[Path, ...] = ()
    lossy: bool = False
    library: Library | None = None

    def clip(self) -> LayeredClip:
        """The clip by its seed."""
        if self.tier is not Tier.SYNTHETIC:
            return sample_rendered(
                self.task,
                self.tier,
                self.seed,
                height=self.height,
                width=self.width,
                length=self.length,
                library=self.library,
            )
        return sample_synthetic(
            self.task, self.seed, height=self.height, width=self.width, length=self.length, sprites=self.sprites
        )

    def make(self) -> Made:
        """Draw and write it."""
        watch = Stopwatch()
        return write_clip(self.clip(), self.out, watch=watch, lossy=self.lossy)


def jobs_for(
    out: Path,
    count: int,
    seed: int,
    *,
    size: tuple[int, int],
    length: int,
    sprites: Sequence[Path] = (),
    lossy: bool = False,
    library: Library | None = None,
    only: Collection[str] = (),
) -> list[LayeredJob]:
    """`count` clips with seeds from `seed` on; tier and task hang on the seed alone.

    Args:
        only: subsets to make; seeds of others are passed over. Empty makes all.

    Raises:
        UsageError: no such subset.
    """
    if unknown := sorted(set(only) - set(SUBSETS)):
        raise UsageError(f"there is no subset '{unknown[0]}'", remedy=f"Choose of: {', '.join(SUBSETS)}.")
    seeds = (n for n in itertools.count(seed) if not only or SUBSETS[n % len(TURNS)] in only)
    return [
        LayeredJob(out, *TURNS[n % len(TURNS)], n, *size, length, tuple(sprites), lossy, library)
        for n in itertools.islice(seeds, count)
    ]


def subset_of(clip: LayeredClip) -> str:
    """The name of the subset in which a clip belongs."""
    return f"{clip.tier}-{clip.task}"


def write_clip(clip: LayeredClip, out: Path, *, watch: Stopwatch, lossy: bool = False) -> Made:
    """Write a clip unless it is there already."""
    key = f"{clip.seed:012d}"
    writer = VeraWriter(out, subset_of(clip), lossy=lossy)
    if writer.has(key):
        return Made(key, kept=True)
    record = {
        "instruction": clip.instruction,
        "target_caption": clip.target_caption,
        "source_caption": clip.source_caption,
        "subject_type": clip.subject,
        "edit_type": _EDIT_TYPES[clip.task],
        "metadata": dict(clip.facts) | {"tier": str(clip.tier), "seed": clip.seed},
    }
    frames = (vera_frame(frame, clip.task) for frame in watch.watch("draw", clip.frames()))
    rate = Fraction(clip.rate).limit_denominator(1001)
    watch.run("write", lambda: writer.write(key, frames, rate, record))
    watch.add("write", -watch.seconds.get("draw", 0.0))
    return Made(key, watch.seconds)


def write_lines(out: Path, jobs: Sequence[LayeredJob]) -> list[Path]:
    """The JSON Lines of every subset that the jobs belong to."""
    subsets = sorted({f"{job.tier}-{job.task}" for job in jobs})
    return [VeraWriter(out, subset).write_lines() for subset in subsets]


def vera_frame(frame: LayeredFrame, task: Task) -> VeraFrame:
    """The same in Vera's words; what it lies over is told where that is not the input."""
    background = task is Task.BACKGROUND
    return VeraFrame(
        input=frame.source,
        edit_rgb=frame.edit,
        edit_alpha=frame.alpha,
        composite=frame.composite,
        mask=np.where(frame.subject, 255, 0).astype(np.uint8) if background else None,
        preserved=frame.preserved if background else None,
    )
