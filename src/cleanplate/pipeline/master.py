"""The master: the stored layer over the plate, frame by frame, losslessly, in segments of ten seconds.

A killed run goes on behind the last whole segment. Frames outside the edit are the decoder's own samples.
"""

from __future__ import annotations

import shutil
from fractions import Fraction
from pathlib import Path

from cleanplate.edit.composite import composite_planes, siting_of
from cleanplate.edit.layer import SEGMENT_SECONDS, Layer
from cleanplate.edit.package import COMPOSITE, COMPOSITE_FRAMES, EXTRA
from cleanplate.files import atomic, disk_errors
from cleanplate.media.clip import Clip
from cleanplate.media.exr_write import write_exr_like
from cleanplate.media.ffv1 import Ffv1Writer
from cleanplate.media.frame import Frame, Plane
from cleanplate.media.join import JoinResult, join_master
from cleanplate.media.probe import ClipInfo
from cleanplate.progress import Progress, Tick

SEGMENTS = ".composite"


def master_name(info: ClipInfo) -> str:
    """Where the master lies in a package: a file, or a folder of EXR files for float plates."""
    return COMPOSITE_FRAMES if info.format.is_float else COMPOSITE


def write_master(clip: Clip, layer: Layer, folder: Path, threads: int, progress: Progress) -> JoinResult:
    """Write the master into `folder`; called again after a kill, it redoes one segment at most.

    The segments stay in ``SEGMENTS``, until the caller knows that it need not call again.

    Raises:
        InputError: a frame of the plate cannot be decoded.
        PackageError: the layer cannot be read.
        ResourceError: the disk is full, or may not be written to.
    """
    layer.require_fit(clip.info)
    with progress.task("Compositing", len(clip)) as tick:
        if clip.info.format.is_float:
            return _write_stills(clip, layer, folder / COMPOSITE_FRAMES, threads, tick)
        segments = _write_segments(clip, layer, folder / SEGMENTS, threads, tick)
    return join_master(segments, clip.info, folder / COMPOSITE, folder / EXTRA)


def segment_length(info: ClipInfo) -> int:
    """Frames of one segment."""
    return max(1, round(info.rate * SEGMENT_SECONDS))


def _write_segments(clip: Clip, layer: Layer, folder: Path, threads: int, tick: Tick) -> list[Path]:
    info, length = clip.info, segment_length(clip.info)
    with disk_errors(folder):
        folder.mkdir(exist_ok=True)
    starts = range(0, len(clip), length)
    paths = [folder / f"{number:06d}.mkv" for number in range(len(starts))]
    done = next((n for n, path in enumerate(paths) if not path.is_file()), len(paths))
    tick(min(done * length, len(clip)))
    frames = clip.frames(min(done * length, len(clip)))
    for start, path in list(zip(starts, paths, strict=True))[done:]:
        with _writer(path, info) as writer:
            for _ in range(start, min(start + length, len(clip))):
                frame = next(frames)
                writer.write(_composited(frame, layer, info, threads), frame.pts)
                tick()
    frames.close()
    return paths


def _write_stills(clip: Clip, layer: Layer, folder: Path, threads: int, tick: Tick) -> JoinResult:
    """One EXR file a frame, under the source's names, with everything else that the source's files hold."""
    with disk_errors(folder):
        folder.mkdir(exist_ok=True)
    targets = [folder / file.name for file in clip.info.files]
    done = next((n for n, path in enumerate(targets) if not path.is_file()), len(targets))
    tick(done)
    for frame in clip.frames(done):
        source, target = clip.info.files[frame.index], targets[frame.index]
        if layer.box(frame.index) is None:
            with disk_errors(target), atomic(target) as partial:
                shutil.copyfile(source, partial)
        else:
            write_exr_like(source, _composited(frame, layer, clip.info, threads), target)
        tick()
    return JoinResult(len(clip), Fraction(0), ())


def _composited(frame: Frame, layer: Layer, info: ClipInfo, threads: int) -> tuple[Plane, ...]:
    return composite_planes(frame.planes, layer.patches(frame.index), info.format, siting_of(info), threads=threads)


def _writer(path: Path, info: ClipInfo) -> Ffv1Writer:
    return Ffv1Writer(
        path,
        info.format,
        info.height,
        info.width,
        colour=info.colour,
        time_base=info.time_base,
        rate=info.rate,
        sample_aspect=info.sample_aspect,
        rotation=info.rotation,
        field_order=info.field_order,
    )
