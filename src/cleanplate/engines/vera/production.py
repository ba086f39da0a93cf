"""From a plan to a stored layer: windows are drawn, laid onto the plate, and let go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from cleanplate.edit.layer import Layer, LayerWriter
from cleanplate.engines.learned.size import WorkingSize
from cleanplate.engines.vera.closer import Thing, drawn_close
from cleanplate.engines.vera.draw import Draughtsman, Drawn, Scenery
from cleanplate.engines.vera.finish import grain_of
from cleanplate.engines.vera.footage import Footage
from cleanplate.engines.vera.frames import Frames
from cleanplate.engines.vera.onto import Onto
from cleanplate.engines.vera.parts import Parts
from cleanplate.engines.vera.placement import Placement, Stage, placements
from cleanplate.engines.vera.reel import Reel
from cleanplate.engines.vera.schedule import Window
from cleanplate.engines.vera.subject import drawn_behind
from cleanplate.media.clip import Clip
from cleanplate.models.finding.finder import Finder
from cleanplate.models.running.settings import Running
from cleanplate.models.sampling.sampler import Moment
from cleanplate.models.sampling.settings import Sampling
from cleanplate.pipeline.protocols import WORK, Scene
from cleanplate.progress import Progress, Tick

_COMPOSITE = "composite.mp4"
_PLACING = 1 << 32
"""Stands where a window's number does in the seed of where things go."""


@dataclass(frozen=True)
class Job:
    """What is to be drawn.

    Attributes:
        texts: the instruction, and what guidance leads away from.
        things: that are drawn in close-ups; none where frames are drawn whole.
        kept: names of what is looked for in the plate and left alone; None where nothing is looked for.
        windows: of the whole edit.
        frames: of all windows, in order.
        size: see `Outline`.
        guided, edges: see `Onto`.
        finished: outlines are sharpened, and the plate's grain is added.
    """

    scene: Scene
    texts: tuple[str, str]
    things: tuple[Thing, ...]
    kept: tuple[str, ...] | None
    seed: int
    sampling: Sampling
    running: Running
    windows: tuple[Window, ...]
    frames: Sequence[int]
    size: WorkingSize
    guided: bool
    edges: bool
    finished: bool = False


class Production:
    """Makes the layer of a job in a folder; made again on the same folder after a kill, it goes on."""

    def __init__(self, job: Job, parts: Parts, folder: Path) -> None:
        self._job, self._parts, self._folder = job, parts, folder
        self._reel = Reel(folder / WORK)
        self._artists: list[Draughtsman] = []
        self._placements: list[Placement] = []
        self._finder: Finder | None = None
        info = job.scene.clip.info
        onto = Onto(info, job.size, job.scene.permitted, guided=job.guided, edges=job.edges)
        if job.finished:
            onto = replace(onto, factor=info.height / job.size.coded[0], grain=grain_of(job.scene.clip))
        self._onto = onto

    def run(self, progress: Progress) -> Layer:
        """Draw and lay all frames."""
        job, info = self._job, self._job.scene.clip.info
        total = len(job.windows) * job.sampling.steps * max(1, len(job.things)) + len(job.frames)
        again = Clip.open(info.path, rate=info.rate if info.is_sequence else None)
        with again as plate, LayerWriter(self._folder, info) as writer, progress.task("Drawing", total) as tick:
            footage = Footage(plate, job.scene.permitted, job.size)
            made = Frames(job.windows, self._reel, self._drawing(footage, tick), footage, info)
            for frame in job.frames:
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
            job, keys = self._job, window.keys
            scenery = Scenery(footage.video(keys), footage.mask(keys), head, _seed(job.seed, window.number))
            self._load()
            if not self._placements:
                return self._drawn_whole(scenery, lambda moment: _ticked(moment, tick))
            aims = [placement.aim(keys, (job.size.rows, job.size.columns)) for placement in self._placements]
            things, side = list(zip(self._artists, aims, strict=True)), self._parts.system().closeup
            return drawn_close(things, scenery, side or 0, lambda moment: _ticked(moment, tick))

        return draw

    def _drawn_whole(self, scenery: Scenery, watch: Callable[[Moment], None]) -> Drawn:
        """Behind what is found to stay, if that is looked for."""
        if self._finder is None:
            return self._artists[0].draw(scenery, watch)
        return drawn_behind(self._finder, self._job.kept or (), self._artists[0], scenery, watch)

    def _load(self) -> None:
        """Bring the model into memory, unless it is there; and say where things go.

        The text is read before, so that its encoder and the model are never there together.
        """
        if self._artists:
            return
        job = self._job
        read = self._parts.read((*job.texts, *(thing.seen for thing in job.things))).tokens_BSD
        (text, negative), seen = read[:2, None], read[2:, None]
        if job.things:
            stage = Stage.of(job.scene, job.size, job.frames)
            self._placements = where(job.things, stage, self._parts, job.seed)
        if job.kept is not None:
            self._finder = self._parts.finder()
        parts = self._parts.model(job.running), self._parts.codec(job.running), self._parts.system()
        away = negative if job.sampling.guidance > 1 else None
        self._artists = [
            Draughtsman(*parts, texts=(words, away), settings=job.sampling, masked=job.scene.masked)
            for words in (seen if job.things else text[None])
        ]


def where(things: Sequence[Thing], stage: Stage, parts: Parts, seed: int) -> list[Placement]:
    """Where things are drawn. Raises InputError where the words say a place in which nothing may change."""
    told = parts.read([thing.told for thing in things]).tokens_BSD
    return placements(parts.placer(), told, stage, _seed(seed, _PLACING))


def _ticked(moment: Moment, tick: Tick) -> None:
    tick()


def _seed(seed: int, window: int) -> int:
    """Another for every window."""
    words = np.random.SeedSequence([seed % (1 << 64), window]).generate_state(2, np.uint32)
    return int(words[0]) << 32 | int(words[1])
