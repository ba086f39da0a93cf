"""From a window to the answer that is delivered: the first one, or a second one that goes on from it.

What comes of the first answer is put together as it would be delivered, and goes through the morph check. Where that
finds a thing that does not keep its shape, the model is asked once more: from its first answer under noise that moves
as its first result does, so that what it says of a thing's parts goes along with them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from torch import Tensor

from cleanplate.engines.learned.device import device_name
from cleanplate.engines.void.footage import Real
from cleanplate.engines.void.framing import finer
from cleanplate.engines.void.lay.plate import Plate
from cleanplate.engines.void.pictures import Pictures
from cleanplate.engines.void.verdict import Verdict, judged, read_verdict, scores_of
from cleanplate.engines.void_nano.answer import Answer
from cleanplate.engines.void_nano.asking import Asked, asked
from cleanplate.engines.void_nano.clean import CleanPlate
from cleanplate.engines.void_nano.composed import composed
from cleanplate.engines.void_nano.laying import Laying
from cleanplate.engines.void_nano.moving import Moving
from cleanplate.engines.void_nano.outline import Outline
from cleanplate.engines.void_nano.telling import tell
from cleanplate.engines.void_nano.warping import warped_noise
from cleanplate.engines.void_nano.window import Window
from cleanplate.files import write_text
from cleanplate.models.store import moving as store
from cleanplate.motion.flow import make_flow
from cleanplate.pipeline.protocols import Scene
from cleanplate.progress import Progress, Tick

_FINER = 4
"""Times the model's grid: how large things are looked at, and their motion is measured."""
_UNASKED = Verdict(False, "nothing that may change is large enough for the model to be asked", ())


class Passes:
    """Asks about a window; what was said and found lies in a folder, whole or not there.

    Args:
        weights: as the user names them.
    """

    def __init__(
        self,
        scene: Scene,
        plate: Plate,
        clean: CleanPlate,
        outline: Outline,
        window: Window,
        *,
        weights: str,
        folder: Path,
        seed: int,
    ) -> None:
        self._scene, self._plate, self._clean, self._outline, self._window = scene, plate, clean, outline, window
        self._weights, self._folder, self._seed = weights, folder, seed

    def run(self, progress: Progress) -> tuple[Moving, Verdict]:
        """What moves by the answer that is delivered, and why it is that one."""
        with progress.task("Asking", len(self._window.frames) + 2) as tick:
            first = self._first()
            tick()
            verdict = self._verdict(first, tick)
            answer = self._second() if verdict.refine else first
            tick()
        return self._moving(answer), verdict

    def _first(self) -> Answer:
        path = self._folder / "answer1.npz"
        if not path.is_file():
            self._answer(None if self._asked is None else self._asked.said).save(path)
        return Answer.load(path)

    def _verdict(self, first: Answer, tick: Tick) -> Verdict:
        """Of the morph check; kept, so that a run that goes on goes the same way."""
        note = self._folder / "verdict.json"
        if note.is_file():
            tick(len(self._window.frames))
        else:
            write_text(note, json.dumps(self._judged(first, tick).document()))
        return read_verdict(note)

    def _judged(self, first: Answer, tick: Tick) -> Verdict:
        if self._asked is None:
            tick(len(self._window.frames))
            return _UNASKED
        plate, frames, settings = self._plate, self._window.frames, self._outline.settings
        fine = replace(plate, framing=finer(plate.framing, plate.info, _FINER))
        laying = Laying(plate, self._clean, self._moving(first), settings.residual)
        Pictures.write(self._drawn, _counted(composed(fine, laying, self._window), tick))
        with Pictures(self._drawn) as drawn:
            scores = scores_of(drawn, frames, fine.framing, self._scene)
        return judged(scores, frames, settings.pass2, settings.threshold)

    def _second(self) -> Answer:
        path = self._folder / "answer2.npz"
        if not path.is_file():
            assert self._asked is not None  # noqa: S101
            framing, settings = self._plate.framing, self._outline.settings
            with Pictures(self._drawn) as drawn:
                noise = warped_noise(drawn, framing, self._window.length, make_flow(), self._seed)
            self._answer(self._asked.again(noise, settings.second)).save(path)
        return Answer.load(path)

    @cached_property
    def _asked(self) -> Asked | None:
        """The model and its first answer. Asked anew by a run that goes on; the same comes of it."""
        model, system = store.model_of(self._weights, device_name())
        given = tell(self._plate, self._clean, self._window)
        return asked(model, system, given, self._outline.settings, self._seed)

    def _answer(self, said: Tensor | None) -> Answer:
        framing, beats = self._plate.framing, len(self._window.frames)
        if said is None or self._asked is None:
            return Answer.nothing(framing, beats)
        return Answer.of(said, self._asked.question.reach.inside, framing, beats, rigid=self._asked.question.rigid)

    def _moving(self, answer: Answer) -> Moving:
        return Moving(self._plate, self._clean, answer, self._window)

    @property
    def _drawn(self) -> Path:
        """Pictures of what comes of the first answer."""
        return self._folder / "drawn1.npy"


def _counted(pictures: Iterator[Real], tick: Tick) -> Iterator[Real]:
    for picture in pictures:
        yield picture
        tick()
