"""From a plan to a stored layer, stage by stage. What a stage has made is on disk, whole or not there."""

from __future__ import annotations

import gc
import json
import shutil
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch

from cleanplate.ahead import ahead
from cleanplate.edit.layer import Layer, LayerWriter
from cleanplate.edit.patch import Patch
from cleanplate.engines.learned.device import device_name
from cleanplate.engines.void.footage import Footage
from cleanplate.engines.void.latents import mapped
from cleanplate.engines.void.lay.laying import Laying
from cleanplate.engines.void.meter import Meter
from cleanplate.engines.void.noise import latent_noise
from cleanplate.engines.void.outline import Outline, Take
from cleanplate.engines.void.parts import Parts
from cleanplate.engines.void.pictures import Pictures
from cleanplate.engines.void.result import as_video, pictures
from cleanplate.engines.void.sampler import Moment, Scheduler, Task, sample
from cleanplate.engines.void.screening import write_screening
from cleanplate.engines.void.sparing import Sparing, may_change, tokens_of
from cleanplate.engines.void.stages import LAY, TELL, decoding, sampling
from cleanplate.engines.void.telling import tell
from cleanplate.engines.void.velocity import Velocity
from cleanplate.engines.void.verdict import FOLLOWING, Verdict, judged, read_verdict, scores_of
from cleanplate.engines.void.warping import warped_noise
from cleanplate.files import disk_errors, write_text
from cleanplate.masks.quadmask import QuadMask
from cleanplate.media.clip import Clip
from cleanplate.models.void.schedule import scheduler
from cleanplate.motion.flow import Flow
from cleanplate.pipeline.protocols import WORK, Scene
from cleanplate.progress import Progress

_SCREENING = "passes.mp4"


@dataclass(frozen=True)
class Job:
    """What is to be drawn.

    Attributes:
        prompt: the scene after the removal.
        flow: follows the motion that the second pass keeps.
        key: of all that is drawn, beside its span: weights and parameters.
        worth: of each stage on the bar, see `Meter`.
    """

    scene: Scene
    quadmask: QuadMask
    outline: Outline
    prompt: str
    seed: int
    flow: Flow
    key: str
    worth: Mapping[str, int]


class Production:
    """Makes the layer of a job in a folder; made again on the same folder after a kill, it goes on.

    Never are two of the networks in memory together; what goes from one to the next lies on disk.
    """

    def __init__(self, job: Job, parts: Parts, folder: Path) -> None:
        self._job, self._parts, self._folder, self._work = job, parts, folder, folder / WORK
        with disk_errors(self._work):
            self._work.mkdir(parents=True, exist_ok=True)
        info = job.scene.clip.info
        self._opened = partial(Clip.open, info.path, rate=info.rate if info.is_sequence else None)
        self._meter = Meter(lambda advance=1: None, {})

    def run(self, progress: Progress) -> tuple[Layer, tuple[Verdict, ...]]:
        """Draw and lay all spans; also what the morph check found of each."""
        takes = self._job.outline.takes
        with progress.task("Drawing", sum(self._job.worth.values())) as tick, disk_errors(self._work):
            self._meter = Meter(tick, self._job.worth)
            self._tell(takes)
            if not self._job.outline.guided:
                self._sample(takes, 1)
                self._decode(takes, 1)
            verdicts = tuple(self._verdict(take) for take in takes)
            refined = [take for take, verdict in zip(takes, verdicts, strict=True) if verdict.refine]
            self._sample(refined, 2)
            self._decode(refined, 2)
            return self._lay(takes), verdicts

    def screening(self) -> Path:
        """What the passes have drawn as a video, made when it is not there yet."""
        out = self._work / _SCREENING
        if not out.is_file():
            drawn = [(take, self._drawn(take)) for take in self._job.outline.takes]
            write_screening(drawn, self._job.scene.clip.info, out)
        return out

    def _tell(self, takes: Sequence[Take]) -> None:
        """Mask and plate through the codec."""
        settings = self._job.outline.settings
        missing = [take for take in takes if not self._known(take).is_file()]
        with self._stage(TELL, takes, missing) as watch, self._opened() as plate:
            if not missing:
                return
            codec = self._parts.codec(settings.running)
            for take in missing:
                footage = Footage(plate, self._job.quadmask, take.span, take.framing)
                tell(footage, take, codec, self._known(take), seed=self._job.seed, noise=settings.noise, watch=watch)

    def _sample(self, takes: Sequence[Take], number: int) -> None:
        """From noise to latents. Texts are read before the transformer comes, so that their encoder is gone by then."""
        settings = self._job.outline.settings
        missing = [take for take in takes if not self._sampled(take, number)]
        with self._stage(sampling(number), takes, missing) as watch:
            if not missing:
                return
            texts = self._parts.read([self._job.prompt, settings.negative]).tokens_BSD.to(device_name())
            transformer = self._parts.transformer(number, settings.running)
            for take in missing:
                how = (settings.first, settings.second)[number - 1]
                ask = Velocity(
                    transformer,
                    self._parts.rotary(),
                    texts[:1],
                    texts[1:] if how.guidance > 1 else None,
                    guidance=how.guidance,
                    dtype=getattr(torch, settings.running.dtype),
                    batched=settings.batched,
                    sparing=self._sparing(take),
                )
                self._sample_one(ask, scheduler(how.steps), take, number, watch)

    def _sample_one(
        self, ask: Velocity, steps: Scheduler, take: Take, number: int, watch: Callable[[Take, float], None]
    ) -> None:
        settings, course = self._job.outline.settings, self._at(take, f"pass{number}")
        task = Task(
            known=mapped(self._known(take)),
            noise=partial(self._noise, take, number),
            key=f"{self._job.key} {take.number} {number}",
            size=settings.size,
            overlap=settings.overlap,
            every=settings.refresh,
        )

        def told(moment: Moment) -> None:
            watch(take, _share(moment))

        latents: Any = sample(ask, steps, task, course, device=device_name(), watch=told)
        Path(latents.filename).replace(self._latents(take, number))
        shutil.rmtree(course)

    def _sparing(self, take: Take) -> Sparing | None:
        """What of a take is not computed at every step; what several windows keep lies on disk."""
        settings, job = self._job.outline.settings, self._job
        if settings.economy is None:
            return None
        footage = Footage(job.scene.clip, job.quadmask, take.span, take.framing)
        changing = may_change(footage.labels(), take.span.length).to(device_name())
        parts = tokens_of(changing, take.windows, settings.economy)
        return Sparing(parts, settings.economy, self._at(take, "kept") if len(take.windows) > 1 else None)

    def _noise(self, take: Take, number: int) -> Iterator[torch.Tensor]:
        if number == 1:
            yield from latent_noise(self._job.seed, take.number, take.shape)
            return
        with Pictures(self._moving(take)) as moving:
            yield from warped_noise(moving, take, self._job.flow, self._job.seed)

    def _moving(self, take: Take) -> Path:
        """The pictures whose motion the second pass keeps: given, or the first pass's."""
        motion, brought = self._job.scene.motion, self._at(take, "moving.npy")
        if motion is None:
            return self._pictures(take, 1)
        if not brought.is_file():
            with motion.open() as clip:
                Pictures.write(brought, Footage(clip, self._job.quadmask, take.span, take.framing).beats())
        return brought

    def _decode(self, takes: Sequence[Take], number: int) -> None:
        """From latents to pictures; the latents are let go."""
        missing = [take for take in takes if not self._pictures(take, number).is_file()]
        with self._stage(decoding(number), takes, missing) as watch:
            if not missing:
                return
            codec = self._parts.codec(self._job.outline.settings.running)
            for take in missing:
                latents = as_video(mapped(self._latents(take, number)))
                drawn = pictures(codec.decoding(latents), take.span, take.framing)
                Pictures.write(self._pictures(take, number), _watched(drawn, take, watch))
                self._latents(take, number).unlink()

    def _verdict(self, take: Take) -> Verdict:
        """Of the morph check; kept, so that a run that goes on goes the same way."""
        if self._job.outline.guided:
            return FOLLOWING
        note, settings = self._at(take, "verdict.json"), self._job.outline.settings
        if not note.is_file():
            frames = take.span.frames
            with Pictures(self._pictures(take, 1)) as first:
                scores = scores_of(first, frames, take.framing, self._job.scene)
            write_text(note, json.dumps(judged(scores, frames, settings.pass2, settings.threshold).document()))
        return read_verdict(note)

    def _lay(self, takes: Sequence[Take]) -> Layer:
        info = self._job.scene.clip.info
        with (
            self._opened() as plate,
            LayerWriter(self._folder, info) as writer,
            self._stage(LAY, takes, takes) as watch,
        ):
            for take in takes:
                for frame, patch in ahead(self._patches(plate, take, writer.next_frame)):
                    if patch is not None:
                        writer.write(frame, [patch])
                    watch(take, (frame + 1 - take.frames.start) / len(take.frames))
            return writer.close()

    def _patches(self, plate: Clip, take: Take, start: int) -> Generator[tuple[int, Patch | None], None, None]:
        job, last = self._job, self._drawn(take)[-1]
        folder = last.with_suffix(".lay")
        folder.mkdir(exist_ok=True)
        laying = Laying(
            plate,
            job.quadmask,
            take.span,
            take.framing,
            folder=folder,
            background=job.outline.settings.background,
            grain=job.outline.settings.grain,
            seed=job.seed,
        )
        with Pictures(last) as drawn:
            yield from laying.patches(drawn, start=start)

    @contextmanager
    def _stage(
        self, name: str, takes: Sequence[Take], missing: Sequence[Take]
    ) -> Iterator[Callable[[Take, float], None]]:
        """What the stage tells of its advance. The network of the stage before is let go first."""
        if missing:
            gc.collect()
            torch.cuda.empty_cache()  # nothing without CUDA
        done = len(takes) - len(missing)

        def watch(take: Take, share: float) -> None:
            self._meter.reached(name, (done + missing.index(take) + share) / len(takes))

        yield watch
        self._meter.reached(name, 1)

    def _sampled(self, take: Take, number: int) -> bool:
        return self._latents(take, number).is_file() or self._pictures(take, number).is_file()

    def _at(self, take: Take, name: str) -> Path:
        return self._work / f"span{take.number:03d}.{name}"

    def _known(self, take: Take) -> Path:
        return self._at(take, "known.npy")

    def _latents(self, take: Take, number: int) -> Path:
        return self._at(take, f"pass{number}.npy")

    def _pictures(self, take: Take, number: int) -> Path:
        return self._at(take, f"drawn{number}.npy")

    def _drawn(self, take: Take) -> list[Path]:
        """Pictures of the passes that ran."""
        return [path for number in (1, 2) if (path := self._pictures(take, number)).is_file()]


def _share(moment: Moment) -> float:
    """Of a pass that is done."""
    return (moment.step + (moment.window + 1) / moment.windows) / moment.steps


def _watched(items: Iterator[Any], take: Take, watch: Callable[[Take, float], None]) -> Iterator[Any]:
    for place, item in enumerate(items):
        yield item
        watch(take, (place + 1) / len(take.span.frames))
