"""From a wanted thing to a candidate: cut out, remove, matte, write. A candidate is no part of the data set yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from cleanplate.edit.package import ShotPackage
from cleanplate.errors import CleanplateError
from cleanplate.files import disk_errors
from cleanplate.masks.codec import MaskKind
from cleanplate.media.clip import Clip
from cleanplate.pipeline.edits import Remove
from cleanplate.pipeline.remove import remove
from cleanplate.progress import Progress, Silent, Tick
from cleanplate.worlds.formats.vera_layout import VeraWriter
from cleanplate.worlds.harvest.layer import SUBSET, harvested
from cleanplate.worlds.harvest.plate import on_plate, write_mask, write_plate
from cleanplate.worlds.harvest.wanted import Wanted
from cleanplate.worlds.layered.clip import LayeredClip, LayeredFrame
from cleanplate.worlds.layered.job import write_clip
from cleanplate.worlds.produce import Made, Stopwatch

CANDIDATES, WORK = "candidates", ".work"
PLATE, SHOT = "plate.mkv", "shot"
_MASKS = {MaskKind.BINARY: "binary.mkv", MaskKind.QUADMASK: "quadmask.mkv"}


@dataclass(frozen=True)
class HarvestJob:
    """One row.

    Attributes:
        out: the harvest's folder; shots are kept in its `.work`, candidates in its `candidates`.
        progress: told of every stage, where the job runs in this process.
    """

    wanted: Wanted
    out: Path
    lossy: bool = False
    progress: Progress = field(default_factory=Silent, compare=False)

    def make(self) -> Made:
        """Make the candidate; what cannot be made is told by the row's place, and stops no other."""
        try:
            with disk_errors(self.out):
                return self._made()
        except CleanplateError as error:
            return Made(self.wanted.key, skipped=f"{self.wanted.where}: {error}")

    def _made(self) -> Made:
        seed = self.wanted.seed
        if VeraWriter(self.out / CANDIDATES, SUBSET).has(sample_key(seed)):
            return Made(self.wanted.key, kept=True)
        watch = Stopwatch()
        package = watch.run("remove", self._shot)
        clip = harvested(package, self.wanted.noun, height=self.wanted.cut.size[0], seed=seed)
        clip = replace(clip, facts={**clip.facts, "clip": self.wanted.clip.name, "first": self.wanted.cut.frames.start})
        with self.progress.task("Matting", clip.length) as tick:
            ticking = replace(clip, draw=lambda: _ticking(clip, tick))
            return write_clip(ticking, self.out / CANDIDATES, watch=watch, lossy=self.lossy)

    def _shot(self) -> ShotPackage:
        """The removal, from the last whole stage of an earlier try."""
        wanted, folder = self.wanted, work_folder(self.out, self.wanted.seed)
        if (folder / SHOT).is_dir():
            return ShotPackage.open(folder / SHOT)
        folder.mkdir(parents=True, exist_ok=True)
        plate = folder / PLATE
        with Clip.open(wanted.clip) as clip:
            if not plate.is_file():
                write_plate(clip, wanted.cut, plate, self.progress)
            edit = self._edit(clip, folder)
        return remove(plate, edit, folder / SHOT, progress=self.progress)

    def _edit(self, clip: Clip, folder: Path) -> Remove:
        wanted = self.wanted
        if wanted.selection is not None:
            selection = on_plate(wanted.selection, clip.info, wanted.cut)
            return Remove(selections=(selection,), segmenter=wanted.segmenter, weights=wanted.weights, grow=wanted.grow)
        found = next(((kind, folder / name) for kind, name in _MASKS.items() if (folder / name).is_file()), None)
        kind, path = found or self._cut_mask(clip, folder)
        return Remove(mask=path, mask_kind=kind, grow=wanted.grow)

    def _cut_mask(self, clip: Clip, folder: Path) -> tuple[MaskKind, Path]:
        wanted, cut = self.wanted, folder / "cut.mkv"
        assert wanted.mask is not None  # noqa: S101
        kind = write_mask(clip, wanted.cut, wanted.mask, wanted.mask_kind, cut)
        return kind, cut.rename(folder / _MASKS[kind])


def _ticking(clip: LayeredClip, tick: Tick) -> Iterator[LayeredFrame]:
    for frame in clip.frames():
        yield frame
        tick()


def sample_key(seed: int) -> str:
    """What a sample of that seed is called."""
    return f"{seed:012d}"


def work_folder(out: Path, seed: int) -> Path:
    """Where a candidate's plate and shot lie."""
    return out / WORK / sample_key(seed)
