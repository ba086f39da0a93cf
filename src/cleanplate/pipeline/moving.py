"""Where the motion of a result may come from, beside who draws it: another shot of the plate, or a video."""

from __future__ import annotations

from pathlib import Path

from cleanplate.edit.package import MOTION, SHOT, ShotPackage
from cleanplate.errors import InputError
from cleanplate.media.clip import Clip
from cleanplate.media.probe import ClipInfo
from cleanplate.pipeline.protocols import Motion

_REMEDY = "Give a shot of this plate, or a video with a frame for each of its frames, in its size."


def motion_of(path: Path, plate: Clip) -> Motion:
    """What was found there.

    Args:
        path: the folder of a shot: what its engine said of motion, or else its composite. Or a video, images.

    Raises:
        InputError: a shot of another plate, or pictures of another number or size.
        PackageError: an unfinished shot.
    """
    video = path
    if (path / SHOT).is_file():
        package = ShotPackage.open(path)
        if package.shot.source.sha256 != plate.source_hash:
            raise InputError("this is a shot of another plate", where=str(path), remedy=_REMEDY)
        video = own if (own := package.path(MOTION)).is_file() else package.composite
    rate = plate.info.rate if video.is_dir() or "%" in video.name else None
    with Clip.open(video, rate=rate) as clip:
        if (found := _extent(clip.info)) != (wanted := _extent(plate.info)):
            raise InputError(f"the motion has {found}, the plate {wanted}", where=str(video), remedy=_REMEDY)
        return Motion(video, clip.source_hash, rate)


def _extent(info: ClipInfo) -> str:
    """In words: all that must be the plate's, for a part of the picture to be the same part of both."""
    turned = f", turned by {info.rotation} degrees" if info.rotation and not info.is_sequence else ""
    return f"{len(info)} frames of {info.width} x {info.height}{turned}"
