"""Plates as files, and shots made of them by the public command line, as a user would. What is finished is kept."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from figures import Codes, Result
from numpy.typing import NDArray

from cleanplate import Clip, ShotPackage, __version__
from cleanplate.edit.package import SHOT
from cleanplate.files import atomic, sha256, write_text
from cleanplate.models.catalogue.shipped import SHIPPED
from cleanplate.report.shrink import shrink
from cleanplate.worlds.formats.clips import Samples, clip_writer, read_pictures

_SOUND_RATE = 48_000


class CommandError(Exception):
    """A command that ended with an error, which it has told already; `code` is its exit code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def write_plate(frames: Codes, rate: int, path: Path) -> None:
    """H.264 with a quiet tone, so that there is sound to carry along."""
    with atomic(path) as partial, av.open(str(partial), "w", options={"fflags": "+bitexact"}) as file:
        options = {"crf": "15", "preset": "veryfast", "threads": "2"}
        video, sound = file.add_stream("libx264", rate=rate, options=options), file.add_stream("aac", rate=_SOUND_RATE)
        video.height, video.width, video.pix_fmt = *frames.shape[1:3], "yuv420p"
        for frame in frames:
            file.mux(video.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        file.mux(video.encode(None))
        seconds = np.arange(len(frames) * _SOUND_RATE // rate) / _SOUND_RATE
        tone = (0.05 * np.sin(2 * np.pi * 220 * seconds)).astype(np.float32)
        for start in range(0, len(tone), 1024):
            chunk = av.AudioFrame.from_ndarray(tone[None, start : start + 1024], format="fltp", layout="mono")
            chunk.sample_rate, chunk.pts, chunk.time_base = _SOUND_RATE, start, Fraction(1, _SOUND_RATE)
            file.mux(sound.encode(chunk))
        file.mux(sound.encode(None))


def write_mask(labels: NDArray[np.uint8], rate: int, path: Path) -> None:
    """Codes as a clip, T x H x W."""
    height, width = labels.shape[1:]
    with clip_writer(path, Samples.GRAY, height, width, Fraction(rate)) as writer:
        for frame in labels:
            writer.write(frame)


@dataclass(frozen=True)
class Order:
    """What a user would type.

    Attributes:
        words: the command and its options, without the plate, the mask and where the shot goes.
        mask: a quadmask for ``--mask``, or of a change of background what stays, for ``--keep-mask``.
        weights: of the engine, for ``--weights``; None for those that the package brings.
    """

    words: tuple[str, ...]
    plate: Path
    engine: str
    mask: Path | None = None
    weights: Path | None = None

    def command(self, place: Callable[[Path], str] = str) -> list[str]:
        """All of it; `place` says how files are named."""
        mask = "--keep-mask" if self.words[0] == "background" else "--mask"
        files = {mask: self.mask, "--weights": self.weights}
        options = [part for name, path in files.items() if path is not None for part in (name, place(path))]
        return ["cleanplate", self.words[0], place(self.plate), *self.words[1:], *options, "--engine", self.engine]

    @property
    def told(self) -> str:
        """Everything that a shot depends on, to know one again that is there already."""
        hashes = [sha256(path) for path in (self.plate, self.mask) if path is not None]
        brought = SHIPPED[self.engine].sha256 if self.weights is None and self.engine in SHIPPED else ""
        return "\n".join([__version__, brought, *hashes, shlex.join(self.command())])


def make_shot(order: Order, out: Path) -> ShotPackage:
    """Run a command, unless its shot is there already.

    Raises:
        CommandError: the command ended with an error. What it had finished is kept for the next time.
    """
    note, told = out.with_suffix(".told"), order.told
    if not (note.exists() and note.read_text(encoding="utf-8") == told and (out / SHOT).exists()):
        note.unlink(missing_ok=True)
        shutil.rmtree(out, ignore_errors=True)
        command = [*order.command(), "--out", str(out)]
        print(f"\n$ {shlex.join(command)}", flush=True)
        with subprocess.Popen([str(Path(sys.executable).with_name(command[0])), *command[1:]]) as running:
            code = running.wait()
        if code:
            raise CommandError(code)
        write_text(note, told)
    return ShotPackage.open(out)


def pictures(path: Path) -> Codes:
    """All frames of a clip."""
    return np.stack(list(read_pictures(path)))


def result_of(package: ShotPackage) -> Result:
    """What a shot shows, and its layer in R'G'B'."""
    composite = pictures(package.composite)
    edit, alpha = np.zeros_like(composite), np.zeros(composite.shape[:3], np.float32)
    with Clip.open(package.source) as clip, package.layer() as layer:
        for frame, patches in layer:
            drawn = shrink(patches, clip.info, (clip.info.height, clip.info.width))
            alpha[frame] = drawn.alpha
            share = np.maximum(drawn.alpha, 1e-6)[..., None]
            edit[frame] = np.rint(255 * np.clip(drawn.premultiplied / share, 0, 1))
    return Result(composite, edit, alpha)
