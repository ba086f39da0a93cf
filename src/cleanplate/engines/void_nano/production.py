"""From a plan to a stored layer: fill, ask, lay. What a stage has made is on disk, whole or not there."""

from __future__ import annotations

from pathlib import Path

from cleanplate.edit.layer import Layer, LayerWriter
from cleanplate.engines.learned.device import device_name
from cleanplate.engines.void.lay.plate import Plate
from cleanplate.engines.void_nano.answer import Answer
from cleanplate.engines.void_nano.asking import asked
from cleanplate.engines.void_nano.clean import CleanPlate
from cleanplate.engines.void_nano.laying import Laying
from cleanplate.engines.void_nano.moving import Moving
from cleanplate.engines.void_nano.outline import Outline
from cleanplate.engines.void_nano.telling import tell
from cleanplate.engines.void_nano.window import Window
from cleanplate.files import disk_errors
from cleanplate.masks.quadmask import QuadMask
from cleanplate.models.store import moving as store
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

    def run(self, progress: Progress) -> Layer:
        """All of it."""
        with disk_errors(self._folder):
            runs, frames = self._outline.runs, len(self._outline.areas)
            with progress.task("Filling", frames) as tick:
                self._clean.make(self._scene, self._quadmask, runs, self._seed, tick)
            moving = self._moving(progress)
            with progress.task("Laying", frames) as tick, LayerWriter(self._folder, self._scene.clip.info) as writer:
                laying = Laying(self._plate, self._clean, moving, self._outline.settings.residual)
                for run in runs:
                    start = min(max(run.start, writer.next_frame), run.stop)
                    tick(start - run.start)
                    for frame, patch in laying.patches(range(start, run.stop)):
                        if patch is not None:
                            writer.write(frame, [patch])
                        tick()
                return writer.close()

    def _moving(self, progress: Progress) -> Moving | None:
        """What the model says; None where it is not asked."""
        window, path = self._outline.window, self._folder / WORK / "answer.npz"
        if not isinstance(window, Window):
            return None
        if not path.is_file():
            with progress.task("Asking", 1) as tick:
                self._ask(window, path)
                tick()
        return Moving(self._plate, self._clean, Answer.load(path), window)

    def _ask(self, window: Window, path: Path) -> None:
        framing, beats = self._outline.framing, len(window.frames)
        model, system = store.model_of(self._weights, device_name())
        given = tell(self._plate, self._clean, window)
        found = asked(model, system, given, self._outline.settings, self._seed)
        answer = Answer.nothing(framing, beats)
        if found is not None:
            answer = Answer.of(found.said, found.reach.inside, framing, beats)
        answer.save(path)
