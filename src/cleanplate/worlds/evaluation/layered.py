"""``worlds-layered-141``: 72 additions and 69 background changes, even over motion, camera, things and scene."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import count, product
from pathlib import Path

from cleanplate.worlds.evaluation.manifest import Entry, Manifest, content_of
from cleanplate.worlds.formats.vera_layout import VeraDataset, VeraWriter
from cleanplate.worlds.layered.clip import LayeredClip, Task, Tier
from cleanplate.worlds.layered.job import LayeredJob, jobs_for, subset_of
from cleanplate.worlds.seeds import RESERVED

NUMBERS = {Task.ADD: 72, Task.BACKGROUND: 69}
STRATA: Mapping[str, tuple[str, str]] = {
    "motion": ("slow", "fast"),
    "camera": ("fixed", "moving"),
    "things": ("one", "many"),
    "scene": ("simple", "busy"),
}
FAST = 0.12
"""Share of the frame's width by which the thing goes sideways over the clip."""
_SMALLEST = 0.005
"""Share of the first frame that the thing covers, at least."""
_LOOK = (64, 112)
"""Height and width at which a candidate is looked at."""
_LENGTH = 24


def choose() -> Iterator[Entry]:
    """The samples, without their content: reserved seeds in order, each taken if its stratum still wants one."""
    wanted = {
        (task, cell): number // 16 + (place < number % 16)
        for task, number in NUMBERS.items()
        for place, cell in enumerate(product(*STRATA.values()))
    }
    taken: Counter[tuple[Task, tuple[str, ...]]] = Counter()
    for seed in count(RESERVED):
        (job,) = jobs_for(Path(), 1, seed, size=_LOOK, length=_LENGTH)
        clip = job.clip()
        strata = strata_of(clip)
        place = clip.task, tuple(strata.values())
        if taken[place] < wanted[place] and next(clip.frames()).coverage.mean() >= _SMALLEST:
            taken[place] += 1
            yield _entry(clip, strata)
        if taken.total() == sum(NUMBERS.values()):
            return


def strata_of(clip: LayeredClip) -> dict[str, str]:
    """By what the figures of a clip are told apart."""
    facts = clip.facts
    answers = (
        float(facts["motion"]) >= FAST,
        facts["camera"] != "fixed",
        int(facts["objects"]) > 1,
        bool(facts["busy"]),
    )
    return {name: words[answer] for (name, words), answer in zip(STRATA.items(), answers, strict=True)}


def jobs(manifest: Manifest, out: Path) -> list[LayeredJob]:
    """What makes the samples of a manifest."""
    size, length = (manifest.height, manifest.width), manifest.frames
    return [
        LayeredJob(out, Tier(entry.kind), Task(entry.task), entry.seed, *size, length) for entry in manifest.samples
    ]


def finish(out: Path, manifest: Manifest) -> list[Path]:
    """Write the lists of samples."""
    return [VeraWriter(out, subset).write_lines() for subset in _subsets(manifest)]


def content(out: Path, manifest: Manifest) -> dict[str, str]:
    """SHA-256 of the pictures of every sample that was made, by its key."""
    wanted = {entry.key for entry in manifest.samples}
    return {
        sample.record.video_id: content_of(
            (f.input, f.edit_rgb, f.edit_alpha, f.composite, f.mask, f.preserved) for f in sample.frames()
        )
        for sample in VeraDataset.of_folder(out)
        if sample.record.video_id in wanted
    }


def _entry(clip: LayeredClip, strata: dict[str, str]) -> Entry:
    words = "\n".join((subset_of(clip), clip.instruction, clip.target_caption, clip.source_caption))
    return Entry(
        key=f"{clip.seed:012d}",
        kind=clip.tier.value,
        task=clip.task.value,
        seed=clip.seed,
        strata=strata,
        scene=hashlib.sha256(words.encode()).hexdigest(),
    )


def _subsets(manifest: Manifest) -> list[str]:
    return sorted({f"{entry.kind}-{entry.task}" for entry in manifest.samples})
