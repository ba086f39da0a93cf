"""`ShotPackage`: the folder that one edit writes, opened with care for where its names lead."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Self

from cleanplate.edit.layer import Layer
from cleanplate.edit.layer_index import INDEX
from cleanplate.edit.manifest import Run, Shot, read_run, read_shot, to_text
from cleanplate.edit.region import BoxRegion, PermittedRegion, QuadMaskRegion, whole_frame
from cleanplate.errors import PackageError
from cleanplate.files import disk_errors, sha256, write_text
from cleanplate.masks.quadmask import QuadMask
from cleanplate.media.probe import ClipInfo

SHOT, RUN = "shot.json", "run.json"
COMPOSITE, COMPOSITE_FRAMES = "composite.mkv", "composite"
LAYER, TRACKS, EXTRA, EXPORT = "layer", "tracks", "extra", "export"
QUADMASK, REASONING, ANSWER, REGION = "quadmask.mkv", "reasoning.json", "answer.json", "region.mkv"
PREVIEW, TIMELINE, REPORT = "preview.mp4", "timeline.otio", "report.html"
GENERATED, MOTION = "generated.mp4", "motion.mkv"


class ShotPackage:
    """A finished shot.

    Attributes:
        folder: where it lies.
        shot: its manifest.
    """

    def __init__(self, folder: Path, shot: Shot) -> None:
        self.folder, self.shot = folder, shot

    @classmethod
    def open(cls, folder: Path | str) -> Self:
        """Open a finished package.

        Raises:
            PackageError: no package, an unfinished one, one of another version, or one whose names lead elsewhere.
        """
        folder = Path(folder)
        if not folder.is_dir():
            raise PackageError("there is no such folder", where=str(folder), remedy="Give the folder of a shot.")
        if not (folder / SHOT).is_file():
            raise PackageError(
                f"the folder holds no {SHOT}, so it is no finished shot",
                where=str(folder),
                remedy="If a run was interrupted, run the same command again.",
            )
        package = cls(folder, read_shot(folder / SHOT))
        shot = package.shot
        required = [shot.composite, shot.quadmask, shot.reasoning, shot.region.file, f"{LAYER}/{INDEX}"]
        for name in (*required, *(f"{TRACKS}/{track}" for track in shot.tracks)):
            if name is not None and not package.path(name).exists():
                raise PackageError(f"'{name}' is missing", where=str(folder), remedy="Make the shot again.")
        return package

    @classmethod
    def write(cls, folder: Path, shot: Shot, run: Run | None = None) -> Self:
        """Write the manifests, shot.json last: with it the package is finished. Raises as `open` does."""
        with disk_errors(folder):
            if run is not None:
                write_text(folder / RUN, to_text(run))
            write_text(folder / SHOT, to_text(shot))
        return cls.open(folder)

    def path(self, name: str) -> Path:
        """The path of a file in the package. Raises PackageError when the name, or a link, leads out of the folder."""
        path = self.folder / name
        if not path.resolve().is_relative_to(self.folder.resolve()):
            raise PackageError(f"'{name}' leads out of the package", where=str(self.folder), remedy="Do not trust it.")
        return path

    @property
    def run(self) -> Run | None:
        """Timings of the run, where they were kept."""
        path = self.path(RUN)
        return read_run(path) if path.is_file() else None

    @property
    def composite(self) -> Path:
        """The master: a file, or a folder of EXR frames for float plates."""
        return self.path(self.shot.composite)

    @property
    def source(self) -> Path:
        """Where the plate was when the shot was made; a relative path counts from the package."""
        return self.folder / self.shot.source.path

    def layer(self) -> Layer:
        """The stored layer."""
        return Layer.open(self.path(LAYER))

    def quadmask(self) -> QuadMask | None:
        """The quadmask of a removal."""
        return None if self.shot.quadmask is None else QuadMask.open(self.path(self.shot.quadmask))

    def region(self, info: ClipInfo) -> PermittedRegion:
        """The permitted region on the plate `info`. Raises PackageError when it belongs to another plate."""
        record = self.shot.region
        frames = range(record.frames[0], record.frames[1] + 1)
        if record.file is not None:
            quadmask = QuadMask.open(self.path(record.file))
            if (len(quadmask), quadmask.height, quadmask.width) != (len(info), info.height, info.width):
                raise PackageError("the region is not of the plate's size and length", where=str(quadmask.path))
            return QuadMaskRegion(quadmask)
        if record.box is not None:
            return BoxRegion(info.height, info.width, record.box, frames)
        return whole_frame(info.height, info.width, frames)

    def changed_files(self) -> tuple[str, ...]:
        """Names of recorded files that no longer are what was written. Reads them whole."""
        recorded: Mapping[str, str] = self.shot.hashes
        return tuple(
            name
            for name, digest in recorded.items()
            if not self.path(name).is_file() or sha256(self.path(name)) != digest
        )
