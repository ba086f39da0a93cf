"""Turns what Kubric's container rendered into pairs in VOID's layout, with quadmasks from truth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from cleanplate.errors import InputError
from cleanplate.worlds.camera import shot_at
from cleanplate.worlds.counterfactual import Counterfactual, compared, counterfactual
from cleanplate.worlds.formats.metadata import Changed, VoidMetadata
from cleanplate.worlds.formats.void_layout import VoidFrame, VoidWriter
from cleanplate.worlds.kubric.export import ALTERED, ORIGINAL, simulated_there
from cleanplate.worlds.kubric.outputs import World
from cleanplate.worlds.pairs import BROKEN_PROMISE
from cleanplate.worlds.produce import Made, Stopwatch
from cleanplate.worlds.protocols import Trajectories, View
from cleanplate.worlds.render.particles import with_particles
from cleanplate.worlds.scene import Scene
from cleanplate.worlds.truth import changed_at, gridded, truth_labels

TOLERANCE = 8
"""Codes of 255 by which Kubric's denoised pictures may differ where nothing has changed."""
NOT_RENDERED = "not rendered yet"


@dataclass(frozen=True)
class ImportJob:
    """One pair.

    Attributes:
        source: the folder that was exported and that the worker ran in; `key` is the scene's in it.
        out: folder of the data set.
        grid: the affected area in whole cells.
        extras: also depth and flow.
    """

    source: Path
    key: str
    out: Path
    grid: bool = False
    extras: bool = False
    lossy: bool = False
    assets: Path | None = None

    def make(self) -> Made:
        """Read, compare and write it; what is not rendered yet, or breaks its promise in Kubric, is left out."""
        writer = VoidWriter(self.out, lossy=self.lossy)
        if writer.has(self.key):
            return Made(self.key, kept=True)
        worlds = tuple(World(self.source / "out" / self.key / name) for name in (ORIGINAL, ALTERED))
        if not all(world.whole for world in worlds):
            return Made(self.key, skipped=NOT_RENDERED)
        watch, scene = Stopwatch(), self._scene()
        both = watch.run("compare", lambda: self._compared(scene, worlds[0], worlds[1]))
        if not both.kept_promise:
            return Made(self.key, watch.seconds, skipped=BROKEN_PROMISE)
        frames = self._frames(scene, both, worlds[0], worlds[1])
        watch.run("write", lambda: writer.write(self.key, frames, self._metadata(scene, both)))
        return Made(self.key, watch.seconds)

    def _scene(self) -> Scene:
        path = self.source / "scenes" / self.key / "scene.json"
        try:
            return Scene.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            raise InputError("this is no scene", where=str(path), remedy="Export it again.") from error

    def _compared(self, scene: Scene, original: World, altered: World) -> Counterfactual:
        """By Kubric's own poses where it simulated, else by ours, which it followed."""
        if not simulated_there(scene):
            return counterfactual(scene, assets=self.assets)
        return compared(scene, original.trajectories(scene, self.assets), altered.trajectories(scene, self.assets))

    def _frames(self, scene: Scene, both: Counterfactual, original: World, altered: World) -> Iterator[VoidFrame]:
        gone = [place for place, body in enumerate(scene.bodies) if body.name in both.removed]
        for frame in range(scene.frames):
            full = _view(original, scene, both.original, frame)
            less = _view(altered, scene, both.altered, frame)
            labels = truth_labels(full, less, gone, changed_at(scene, both, frame), TOLERANCE)
            yield VoidFrame(
                rgb_full=full.rgb,
                rgb_removed=less.rgb,
                mask=gridded(labels) if self.grid else labels,
                depth=full.depth if self.extras else None,
                flow=_flow(original, frame, scene.frames) if self.extras else None,
            )

    def _metadata(self, scene: Scene, both: Counterfactual) -> VoidMetadata:
        return VoidMetadata(
            scene=scene.digest,
            family=scene.family,
            seed=scene.seed,
            removed=both.removed,
            changed=tuple(
                Changed(name=c.name, onset=c.onset or 0, metres=c.displacement, degrees=c.rotation)
                for c in both.changed
            ),
            instruction=scene.instruction,
            rate=scene.rate,
            facts={"renderer": "kubric", "grid": self.grid, "promises": scene.promises},
        )


def jobs_of(
    source: Path, out: Path, *, grid: bool = False, extras: bool = False, lossy: bool = False
) -> list[ImportJob]:
    """One for each scene that was exported. Raises InputError where there are none."""
    scenes = source / "scenes"
    keys = sorted(path.name for path in scenes.iterdir() if path.is_dir()) if scenes.is_dir() else []
    keys = [key for key in keys if not key.startswith(".")]
    if not keys:
        raise InputError(
            "no exported scenes lie here", where=str(source), remedy="Run: cleanplate worlds kubric-export"
        )
    return [ImportJob(source, key, out, grid, extras, lossy) for key in keys]


def _view(world: World, scene: Scene, ways: Trajectories, frame: int) -> View:
    """What Kubric rendered, with the particles that it does not know."""
    shot = shot_at(scene, frame)
    return with_particles(world.view(scene, frame, shot), scene, ways, frame, shot)


def _flow(world: World, frame: int, frames: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """To the next frame; after the last one nothing is known."""
    flow = world.flow(frame)
    return flow if frame + 1 < frames else np.full_like(flow, np.nan)
