"""What the passes have drawn, as a video to look at: the whole picture, the first pass beside the second."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cleanplate.engines.void.footage import Real
from cleanplate.engines.void.outline import Take
from cleanplate.engines.void.pictures import Pictures
from cleanplate.media.formats import pixel_format
from cleanplate.media.frame import ColourTags, Frame
from cleanplate.media.preview import write_preview
from cleanplate.media.probe import ClipInfo

Drawn = tuple[Take, Sequence[Path]]
"""A take, and the files of the passes that ran."""
Picture = NDArray[np.uint8]


def write_screening(drawn: Sequence[Drawn], info: ClipInfo, out: Path) -> None:
    """All beats of all spans on the plate's own times, each once; black where a pass did not run.

    Raises:
        ResourceError: the disk is full.
    """
    sizes = [(take.framing.size.rows, take.framing.size.columns) for take, _ in drawn]
    across = max(len(paths) for _, paths in drawn)
    canvas = max(rows for rows, _ in sizes), max(columns for _, columns in sizes) * across, 3
    beats = [frame for take, _ in drawn for frame in take.span.frames]
    times = info.pts[sorted(set(beats))]
    shown = replace(
        info,
        height=canvas[0],
        width=canvas[1],
        format=pixel_format("gbrp"),
        colour=ColourTags(matrix="gbr", range="full"),
        pts=times,
        rotation=0,
        sample_aspect=Fraction(1),
        clean_aperture=None,
    )
    pictures = enumerate(_pictures(drawn, canvas))
    frames = (Frame(place, int(times[place]), tuple(np.moveaxis(picture, 2, 0))) for place, picture in pictures)
    write_preview(frames, shown, out, sound=False)


def _pictures(drawn: Sequence[Drawn], canvas: tuple[int, int, int]) -> Iterator[Picture]:
    """Of every beat; of one that two spans share, the earlier span's: nothing changes there."""
    last = -1
    for take, paths in drawn:
        with ExitStack() as stack:
            passes = [stack.enter_context(Pictures(path)) for path in paths]
            for place, frame in enumerate(take.span.frames):
                if frame > last:
                    last = frame
                    yield _side_by_side([one.at(place) for one in passes], canvas)


def _side_by_side(pictures: Sequence[Real], canvas: tuple[int, int, int]) -> Picture:
    whole = np.zeros(canvas, np.uint8)
    for number, picture in enumerate(pictures):
        rows, columns = picture.shape[:2]
        whole[:rows, number * columns : (number + 1) * columns] = np.rint(picture * 255)
    return whole
