"""``worlds-removal-75``: 50 pairs of families that models are trained on, 25 of four that none has seen."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, cycle, islice
from pathlib import Path

import numpy as np

from cleanplate.masks.labels import affected, removed
from cleanplate.worlds.counterfactual import Counterfactual, counterfactual
from cleanplate.worlds.evaluation.manifest import Entry, Manifest, content_of
from cleanplate.worlds.families import FAMILIES, TRAINING, sample
from cleanplate.worlds.formats.void_layout import VoidWriter, scan
from cleanplate.worlds.pairs import PairJob
from cleanplate.worlds.render.tiny import Tiny
from cleanplate.worlds.scene import Scene
from cleanplate.worlds.seeds import RESERVED
from cleanplate.worlds.truth import changed_at, truth_labels

SEEN, UNSEEN = 50, 25
_LOOK = (64, 112)
"""Height and width at which a candidate is looked at."""
_SMALLEST = 0.004
"""Share of the frame that a removed thing takes at the start, at least."""
_SLIGHTEST = 0.003
"""Share of the frames that changes beside it over the clip, at least, where the family promises a change."""


def choose() -> Iterator[Entry]:
    """The samples, without their content: the first reserved seeds of each family that show what they are about."""
    held_out = [name for name in FAMILIES if name not in TRAINING]
    for families, number in ((TRAINING, SEEN), (tuple(held_out), UNSEEN)):
        seeds = {family: count(RESERVED) for family in families}
        for family in islice(cycle(families), number):
            seed = next(seed for seed in seeds[family] if _is_clear(sample(family, seed)))
            yield Entry(
                key=f"{family}-{seed:012d}",
                kind=family,
                task="remove",
                seed=seed,
                strata={"family": "seen" if family in TRAINING else "unseen"},
                scene=sample(family, seed).digest,
            )


def jobs(manifest: Manifest, out: Path) -> list[PairJob]:
    """What makes the samples of a manifest."""
    return [
        PairJob(
            sample(entry.kind, entry.seed).model_copy(update={"frames": manifest.frames}),
            out,
            manifest.height,
            manifest.width,
        )
        for entry in manifest.samples
    ]


def finish(out: Path, manifest: Manifest) -> list[Path]:
    """Write the list of samples."""
    return [VoidWriter(out).write_list()]


def content(out: Path, manifest: Manifest) -> dict[str, str]:
    """SHA-256 of the pictures and masks of every sample that was made, by its key."""
    there = {sample.name: sample for sample in scan(out)}
    return {
        entry.key: content_of((f.rgb_full, f.rgb_removed, f.mask) for f in there[entry.key].frames())
        for entry in manifest.samples
        if entry.key in there
    }


def _is_clear(scene: Scene) -> bool:
    """Whether its promise is kept, and what goes and what changes can be seen."""
    worlds = counterfactual(scene)
    if not worlds.kept_promise:
        return False
    gone = [place for place, body in enumerate(scene.bodies) if body.name in worlds.removed]
    taken, changed = zip(*_areas(scene, worlds, gone), strict=True)
    return taken[0] >= _SMALLEST and (not scene.promises or float(np.mean(changed)) >= _SLIGHTEST)


def _areas(scene: Scene, worlds: Counterfactual, gone: list[int]) -> Iterator[tuple[float, float]]:
    """Shares of each frame that are removed, and that are affected."""
    both = (Tiny().render(scene, path, *_LOOK) for path in (worlds.original, worlds.altered))
    for number, (full, less) in enumerate(zip(*both, strict=True)):
        labels = truth_labels(full, less, gone, changed_at(scene, worlds, number))
        yield float(removed(labels).mean()), float(affected(labels).mean())
