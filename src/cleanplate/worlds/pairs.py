"""A counterfactual pair, from its scene to its place in VOID's layout."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from cleanplate.progress import Progress
from cleanplate.worlds.afterwards import afterwards
from cleanplate.worlds.counterfactual import Counterfactual, counterfactual
from cleanplate.worlds.families import TRAINING
from cleanplate.worlds.flow import flow
from cleanplate.worlds.formats.metadata import Changed, VoidMetadata
from cleanplate.worlds.formats.void_layout import VoidFrame, VoidWriter
from cleanplate.worlds.pinned import require_same
from cleanplate.worlds.produce import Made, Stopwatch, Summary, produce
from cleanplate.worlds.protocols import Renderer, View
from cleanplate.worlds.render.tiny import Tiny
from cleanplate.worlds.scene import Scene
from cleanplate.worlds.seeds import RESERVED
from cleanplate.worlds.soundness import unsound
from cleanplate.worlds.truth import TOLERANCES, changed_at, gridded, truth_labels

PATIENCE = 3
"""Times as many seeds as pairs that may be tried."""
BROKEN_PROMISE = "nothing changes in a scene that promises it"


@dataclass(frozen=True)
class PairJob:
    """One pair.

    Attributes:
        out: folder of the data set.
        grid: the affected area in whole cells, as VOID was trained; by the pixel otherwise.
        assets: folder of meshes and pictures that the scene names.
        extras: also the world in which the removed things are there and not seen, depth, and flow.
    """

    scene: Scene
    out: Path
    height: int
    width: int
    grid: bool = False
    extras: bool = False
    lossy: bool = False
    renderer: Renderer = field(default_factory=Tiny)
    assets: Path | None = None

    @property
    def key(self) -> str:
        """The sample's name: its family and seed."""
        return f"{self.scene.family}-{self.scene.seed:012d}"

    def make(self) -> Made:
        """Simulate, render and write it; a scene that breaks its promise or looks wrong is left out.

        Raises:
            InputError: a file that the scene is made of is gone, or another one.
        """
        writer = VoidWriter(self.out, lossy=self.lossy)
        if writer.has(self.key):
            return Made(self.key, kept=True)
        require_same(self.scene, self.assets)
        watch = Stopwatch()
        worlds = watch.run("simulate", lambda: counterfactual(self.scene, assets=self.assets))
        if not worlds.kept_promise:
            return Made(self.key, watch.seconds, skipped=BROKEN_PROMISE)
        if reason := watch.run("check", lambda: unsound(self.scene, worlds, self.assets)):
            return Made(self.key, watch.seconds, skipped=reason)
        frames = watch.watch("render", self._frames(worlds))
        watch.run("write", lambda: writer.write(self.key, frames, self._metadata(worlds)))
        watch.add("write", -watch.seconds.get("render", 0.0))
        return Made(self.key, watch.seconds)

    def _frames(self, worlds: Counterfactual) -> Iterator[VoidFrame]:
        scene, size = self.scene, (self.height, self.width)
        gone = [place for place, body in enumerate(scene.bodies) if body.name in worlds.removed]
        tolerance = TOLERANCES[self.renderer.name]
        both = zip(
            self.renderer.render(scene, worlds.original, *size),
            self.renderer.render(scene, worlds.altered, *size),
            strict=True,
        )
        unseen = self._unseen(worlds) if self.extras else None
        for number, (full, less) in enumerate(both):
            labels = truth_labels(full, less, gone, changed_at(scene, worlds, number), tolerance)
            yield VoidFrame(
                rgb_full=full.rgb,
                rgb_removed=less.rgb,
                mask=gridded(labels) if self.grid else labels,
                invisible=next(unseen) if unseen else None,
                depth=full.depth if self.extras else None,
                flow=self._flow(worlds, full, number) if self.extras else None,
            )

    def _flow(self, worlds: Counterfactual, view: View, frame: int) -> NDArray[np.float32]:
        """To the next frame; after the last one nothing is known."""
        if frame + 1 == len(worlds.original):
            return np.full((*view.depth.shape, 2), np.nan, np.float32)
        return flow(self.scene, worlds.original, view, frame, frame + 1)

    def _unseen(self, worlds: Counterfactual) -> Iterator[NDArray[np.uint8]]:
        path = worlds.original.without(worlds.removed)
        return (view.rgb for view in self.renderer.render(self.scene, path, self.height, self.width))

    def _metadata(self, worlds: Counterfactual) -> VoidMetadata:
        scene = self.scene
        return VoidMetadata(
            scene=scene.digest,
            family=scene.family,
            seed=scene.seed,
            removed=worlds.removed,
            changed=tuple(
                Changed(name=c.name, onset=c.onset or 0, metres=c.displacement, degrees=c.rotation)
                for c in worlds.changed
            ),
            instruction=scene.instruction,
            caption=afterwards(scene, worlds.altered),
            rate=scene.rate,
            facts=self._facts(),
        )

    def _facts(self) -> dict[str, JsonValue]:
        scene = self.scene
        held_out = scene.seed >= RESERVED or scene.family not in TRAINING
        return {
            "renderer": self.renderer.name,
            "grid": self.grid,
            "promises": scene.promises,
            "held_out": held_out,
        }


def make_pairs(
    count: int,
    seed: int,
    job_of: Callable[[str, int], PairJob],
    families: Sequence[str],
    *,
    workers: int = 1,
    progress: Progress | None = None,
) -> Summary:
    """`count` pairs, families by turns, seeds from `seed` on.

    A seed whose scene is left out is replaced by the next one behind the last, so which seeds are used does not
    depend on the number of workers. After `PATIENCE` times as many seeds it gives up.
    """
    total, used = None, 0
    while total is None or (total.made + total.kept < count and used < PATIENCE * count):
        missing = count - (total.made + total.kept if total else 0)
        seeds = range(seed + used, seed + used + missing)
        jobs = [job_of(families[n % len(families)], n) for n in seeds]
        summary = produce(jobs, workers=workers, progress=progress, name="counterfactual pairs")
        total, used = (summary if total is None else total + summary), used + missing
    return total
