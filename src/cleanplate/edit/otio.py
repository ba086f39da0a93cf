"""`timeline.otio`: the plate on track 1, the layer above it on track 2, for any program that reads OpenTimelineIO."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import opentimelineio as otio

from cleanplate.edit.layer_index import COLOUR, COLOUR_EXR, MATTE
from cleanplate.edit.manifest import spans_of
from cleanplate.files import atomic
from cleanplate.media.probe import ClipInfo

_EXR_PREFIX, _, _ = COLOUR_EXR.partition("{")
MATTE_MEDIA = "matte"
"""Key of the matte among a layer clip's media references."""


def write_timeline(path: Path, info: ClipInfo, layer_folder: Path, frames: Sequence[int], *, title: str) -> None:
    """Write the timeline; addresses of files are relative to it.

    Frames are counted at the plate's nominal rate; where that varies, shot.json has the exact times.

    Args:
        frames: numbers of the plate's frames that the layer covers, rising.
    """
    timeline = otio.schema.Timeline(name=title, global_start_time=_time(0, info))
    plate = otio.schema.Track(name="plate", kind=otio.schema.TrackKind.Video)
    plate.append(_clip(info.path.stem, _plate_media(path, info), 0, len(info), info))
    layer = otio.schema.Track(name="layer", kind=otio.schema.TrackKind.Video)
    layer.extend(_layer_items(path, info, layer_folder, frames))
    timeline.tracks.extend([plate, layer])
    timeline.metadata["cleanplate"] = {"constant_rate": info.is_constant_rate, "exact_times": "shot.json"}
    with atomic(path) as partial:
        otio.adapters.write_to_file(timeline, str(partial))


def _layer_items(path: Path, info: ClipInfo, folder: Path, frames: Sequence[int]) -> list[Any]:
    """Gaps and clips that alternate; a layer's files keep the plate's times, so a clip begins where it lies."""
    items: list[Any] = []
    end = 0
    for first, last in spans_of(list(frames)):
        if first > end:
            items.append(otio.schema.Gap(source_range=_range(end, first, info)))
        clip = _clip("layer", _layer_media(path, info, folder, frames), first, last + 1, info)
        if not info.format.is_float:
            matte = _reference(path, folder / MATTE, frames[0], frames[-1] + 1, info)
            clip.set_media_references(clip.media_references() | {MATTE_MEDIA: matte}, clip.DEFAULT_MEDIA_KEY)
        items.append(clip)
        end = last + 1
    return items


def _clip(name: str, media: Any, start: int, stop: int, info: ClipInfo) -> Any:
    return otio.schema.Clip(name=name, media_reference=media, source_range=_range(start, stop, info))


def _plate_media(path: Path, info: ClipInfo) -> Any:
    if not info.is_sequence or len(info.files) == 1:
        return _reference(path, info.files[0], 0, len(info), info)
    first = info.files[0]
    digits = len(first.stem) - len(first.stem.rstrip("0123456789"))
    prefix = first.stem[: len(first.stem) - digits]
    number = int(first.stem[len(prefix) :])
    return _sequence(
        path,
        first.parent,
        info,
        affixes=(prefix, first.suffix),
        numbering=(number, digits),
        extent=(0, len(info)),
    )


def _layer_media(path: Path, info: ClipInfo, folder: Path, frames: Sequence[int]) -> Any:
    extent = frames[0], frames[-1] + 1
    if not info.format.is_float:
        return _reference(path, folder / COLOUR, *extent, info)
    return _sequence(path, folder, info, affixes=(_EXR_PREFIX, ".exr"), numbering=(frames[0], 8), extent=extent)


def _reference(path: Path, media: Path, start: int, stop: int, info: ClipInfo) -> Any:
    return otio.schema.ExternalReference(target_url=_address(path, media), available_range=_range(start, stop, info))


def _sequence(
    path: Path,
    folder: Path,
    info: ClipInfo,
    *,
    affixes: tuple[str, str],
    numbering: tuple[int, int],
    extent: tuple[int, int],
) -> Any:
    """An image sequence: (prefix, suffix) of its names, (first number, digits), half-open range of frames."""
    return otio.schema.ImageSequenceReference(
        target_url_base=_address(path, folder) + "/",
        name_prefix=affixes[0],
        name_suffix=affixes[1],
        start_frame=numbering[0],
        frame_zero_padding=numbering[1],
        rate=float(info.rate),
        available_range=_range(*extent, info),
    )


def _address(path: Path, media: Path) -> str:
    """A relative URL."""
    return quote(Path(os.path.relpath(media.absolute(), path.parent.absolute())).as_posix())


def _range(start: int, stop: int, info: ClipInfo) -> Any:
    return otio.opentime.TimeRange(_time(start, info), _time(stop - start, info))


def _time(frame: int, info: ClipInfo) -> Any:
    return otio.opentime.RationalTime(frame, float(info.rate))
