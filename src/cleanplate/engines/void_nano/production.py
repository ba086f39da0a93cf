"""From a plan to a stored layer: fill, ask, lay. What a stage has made is on disk, whole or not there."""

from __future__ import annotations

from pathlib import Path

from cleanplate.edit.layer import Layer, LayerWriter
from cleanplate.engines.void.lay.plate import Plate
from cleanplate.engines.void.verdict import Verdict
from cleanplate.engines.void_nano.clean import CleanPlate
from cleanplate.engines.void_nano.laying import Laying
from cleanplate.engines.void_nano.moving import Moving
from cleanplate.engines.void_nano.outline import Outline
from cleanplate.engines.void_nano.passes import Passes
from cleanplate.engines.void_nano.window import Window
from cleanplate.files import disk_errors
from cleanplate.masks.quadmask import QuadMask
from cleanplate.pipeline.protocols import WORK, Scene
from cleanplate.progress import Progress


class Production:
    """Makes the layer of a scene in a folder; made again on the same folder after a kill, it goes on.

    Args:
        weights: as the user names them.
    """

    def __init__(
        self, scene: Scene, quadmask: QuadMask, outline: Outline, weights: str, folder: Path, *, seed: int
    ) -> None:
        self._scene, self._quadmask, self._outline = scene, quadmask, outline
        self._weights, self._folder, self._seed = weights, folder, seed
        self._plate = Plate(scene.clip, quadmask, outline.framing)
        self._clean = CleanPlate(folder / WORK / "clean")

    def run(self, progress: Progress) -> tuple[Layer, Verdict | None]:
        """Make all of it; also what the morph check found, where the model was asked."""
        with disk_errors(self._folder):
            runs, frames = self._outline.runs, len(self._outline.areas)
            with progress.task("Filling", frames) as tick:
                self._clean.make(self._scene, self._quadmask, runs, self._seed, tick)
            moving, verdict = self._moving(progress)
            with progress.task("Laying", frames) as tick, LayerWriter(self._folder, self._scene.clip.info) as writer:
                laying = Laying(self._plate, self._clean, moving, self._outline.settings.residual)
                for run in runs:
                    start = min(max(run.start, writer.next_frame), run.stop)
                    tick(start - run.start)
                    for frame, patch in laying.patches(range(start, run.stop)):
                        if patch is not None:
                            writer.write(frame, [patch])
                        tick()
                return writer.close(), verdict

    def _moving(self, progress: Progress) -> tuple[Moving | None, Verdict | None]:
        """What moves, and by which pass; nothing where the model is not asked."""
        window = self._outline.window
        if not isinstance(window, Window):
            return None, None
        passes = Passes(
            self._scene,
            self._plate,
            self._clean,
            self._outline,
            window,
            weights=self._weights,
            folder=self._folder / WORK,
            seed=self._seed,
        )
        return passes.run(progress)
