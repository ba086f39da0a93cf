"""From a plan to a stored layer: windows are drawn, laid onto the plate, and let go."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from cleanplate.edit.layer import Layer, LayerWriter
from cleanplate.engines.learned.size import WorkingSize
from cleanplate.engines.vera.closer import CloserDraughtsman
from cleanplate.engines.vera.draw import Draughtsman, Drawn, Scenery
from cleanplate.engines.vera.finish import grain_of
from cleanplate.engines.vera.footage import Footage
from cleanplate.engines.vera.frames import Frames
from cleanplate.engines.vera.onto import Onto
from cleanplate.engines.vera.parts import Parts
from cleanplate.engines.vera.reel import Reel
from cleanplate.engines.vera.schedule import Window
from cleanplate.media.clip import Clip
from cleanplate.models.running.settings import Running
from cleanplate.models.sampling.sampler import Moment
from cleanplate.models.sampling.settings import Sampling
from cleanplate.pipeline.protocols import WORK, Scene
from cleanplate.progress import Progress, Tick

_COMPOSITE = "composite.mp4"


@dataclass(frozen=True)
class Job:
    """What is to be drawn.

    Attributes:
        texts: the instruction, what guidance leads away from, and where there are close-ups the instruction for one.
        windows: of the whole edit.
        size, first: see `Outline`.
        closeup: side of the close-up in which each window is drawn again; None draws it once.
        guided, edges: see `Onto`.
        finished: outlines are sharpened, and the plate's grain is added.
    """

    scene: Scene
    texts: tuple[str, ...]
    seed: int
    sampling: Sampling
    running: Running
    windows: tuple[Window, ...]
    size: WorkingSize
    first: WorkingSize
    closeup: int | None
    guided: bool
    edges: bool
    finished: bool = False


class Production:
    """Makes the layer of a job in a folder; made again on the same folder after a kill, it goes on."""

    def __init__(self, job: Job, parts: Parts, folder: Path) -> None:
        self._job, self._parts, self._folder = job, parts, folder
        self._reel = Reel(folder / WORK)
        self._draughtsman: Draughtsman | CloserDraughtsman | None = None
        info = job.scene.clip.info
        onto = Onto(info, job.size, job.scene.permitted, guided=job.guided, edges=job.edges)
        if job.finished:
            onto = replace(onto, factor=info.height / job.size.coded[0], grain=grain_of(job.scene.clip))
        self._onto = onto

    def run(self, progress: Progress) -> Layer:
        """Draw and lay all frames."""
        job, info = self._job, self._job.scene.clip.info
        frames = sorted({n for window in job.windows for n in window.frames})
        total = len(job.windows) * job.sampling.steps * (1 if job.closeup is None else 2) + len(frames)
        again = Clip.open(info.path, rate=info.rate if info.is_sequence else None)
        with again as plate, LayerWriter(self._folder, info) as writer, progress.task("Drawing", total) as tick:
            footage = Footage(plate, job.scene.permitted, job.size)
            made = Frames(job.windows, self._reel, self._drawing(footage, tick), footage, info)
            for frame in frames:
                if frame >= writer.next_frame:
                    self._lay(frame, made, writer)
                tick()
            return writer.close()

    def composite(self) -> Path:
        """The composite branch of the model as a video, made when it is not there yet."""
        out = self._folder / WORK / _COMPOSITE
        if not out.is_file():
            self._reel.write_composite(self._job.windows, self._job.scene.clip.info, out)
        return out

    def _lay(self, frame: int, made: Frames, writer: LayerWriter) -> None:
        stored = writer.next_frame
        patch = self._onto.patch(self._job.scene.clip.frame(frame), made.at(frame))
        if patch is not None:
            writer.write(frame, [patch])
        if writer.next_frame > stored:  # a segment is whole; what came before it is not asked for again
            made.let_go(writer.next_frame)

    def _drawing(self, footage: Footage, tick: Tick) -> Any:
        def draw(window: Window, head: Drawn | None) -> Drawn:
            scenery = Scenery(
                footage.video(window.keys),
                footage.mask(window.keys),
                head,
                _seed(self._job.seed, window.number),
            )
            return self._loaded().draw(scenery, lambda moment: _ticked(moment, tick))

        return draw

    def _loaded(self) -> Draughtsman | CloserDraughtsman:
        """The model in memory; the text is read before, so that its encoder and the model are never there together."""
        if self._draughtsman is None:
            job = self._job
            encoded = self._parts.read(job.texts).tokens_BSD
            parts = self._parts.model(job.running), self._parts.codec(job.running), self._parts.system()

            def draughtsman(text: Tensor) -> Draughtsman:
                texts = text, encoded[1:2] if job.sampling.guidance > 1 else None
                return Draughtsman(*parts, texts=texts, settings=job.sampling, masked=job.scene.masked)

            whole, first = draughtsman(encoded[:1]), (job.first.rows, job.first.columns)
            if job.closeup is None:
                self._draughtsman = whole
            else:
                self._draughtsman = CloserDraughtsman(whole, draughtsman(encoded[2:]), first, job.closeup)
        return self._draughtsman


def _ticked(moment: Moment, tick: Tick) -> None:
    tick()


def _seed(seed: int, window: int) -> int:
    """Another for every window."""
    words = np.random.SeedSequence([seed % (1 << 64), window]).generate_state(2, np.uint32)
    return int(words[0]) << 32 | int(words[1])
