"""Windows on disk: what was drawn, until the layer has been made of it. No clip is ever in memory as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from cleanplate.engines.vera.draw import Drawn
from cleanplate.engines.vera.schedule import Window
from cleanplate.engines.vera.sheet import Sheet
from cleanplate.files import atomic, disk_errors
from cleanplate.media.ffv1 import Ffv1Writer, read_ffv1
from cleanplate.media.formats import pixel_format
from cleanplate.media.frame import ColourTags, Frame
from cleanplate.media.preview import write_preview
from cleanplate.media.probe import ClipInfo

_PEAK = 65535
_RGB, _TAGS = pixel_format("gbrp"), ColourTags(matrix="gbr", range="full")


class Reel:
    """Edit and alpha of a window are one array file of 16-bit codes; its composite is a lossless video.

    A window is there when its array file is. What is used of it is always what was stored, so that a run that goes on
    after a kill uses the same.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with disk_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)

    def has(self, window: Window) -> bool:
        return self._sheets(window).is_file()

    def store(self, window: Window, drawn: Drawn) -> None:
        """Keep a window, whole or not at all."""
        planes = torch.cat((drawn.edit_3THW, drawn.alpha_THW[None])).permute(1, 2, 3, 0)
        codes = np.rint(planes.numpy() * np.float32(_PEAK)).astype(np.uint16)
        shown = (drawn.composite_3THW * 255).round().to(torch.uint8).numpy()
        with disk_errors(self._folder):
            self._store_composite(window, shown)
            with atomic(self._sheets(window)) as partial:
                np.save(partial, codes)

    def sheet(self, window: Window, place: int) -> Sheet:
        """One frame of a window that is there, counted from its first."""
        codes = self._codes(window)[place].astype(np.float32) / np.float32(_PEAK)
        return Sheet(codes[..., :3], codes[..., 3])

    def tail(self, window: Window, count: int) -> Drawn:
        """The last frames of a window."""
        codes = torch.from_numpy(self._codes(window)[-count:].astype(np.float32) / np.float32(_PEAK))
        shown = np.stack([np.stack(planes) for planes in self._composites(window, len(window.keys) - count)], axis=1)
        edit = codes[..., :3].permute(3, 0, 1, 2)
        return Drawn(edit.contiguous(), codes[..., 3].contiguous(), torch.from_numpy(shown.astype(np.float32) / 255))

    def drop(self, window: Window) -> None:
        """Let go of edit and alpha; the composite stays."""
        self._sheets(window).unlink(missing_ok=True)

    def write_composite(self, windows: tuple[Window, ...], info: ClipInfo, out: Path) -> Path:
        """All composites as one small video on the plate's own time; of a frame drawn twice, the earlier."""
        keys = [key for window in windows for key in window.keys[window.head :]]
        rows, columns = next(self._composites(windows[0], 0))[0].shape
        pictures = replace(
            info,
            height=int(rows),
            width=int(columns),
            format=_RGB,
            colour=_TAGS,
            pts=info.pts[keys],
            rotation=0,
            sample_aspect=Fraction(1),
            clean_aperture=None,
        )
        frames = (
            Frame(number, int(info.pts[keys[number]]), planes)
            for number, planes in enumerate(p for window in windows for p in self._composites(window, window.head))
        )
        write_preview(frames, pictures, out, sound=False)
        return out

    def _store_composite(self, window: Window, shown: NDArray[np.uint8]) -> None:
        size = shown.shape[2:]
        writer = Ffv1Writer(
            self._composite(window), _RGB, *size, colour=_TAGS, time_base=Fraction(1, 25), rate=Fraction(25)
        )
        with writer:
            for number in range(shown.shape[1]):
                writer.write(tuple(shown[:, number]), number)

    def _composites(self, window: Window, start: int) -> Iterator[tuple[NDArray[Any], ...]]:
        return (planes for _, planes in read_ffv1(self._composite(window), start))

    def _codes(self, window: Window) -> NDArray[np.uint16]:
        codes: NDArray[np.uint16] = np.load(self._sheets(window), mmap_mode="r")
        return codes

    def _sheets(self, window: Window) -> Path:
        return self._folder / f"{window.number:06d}.npy"

    def _composite(self, window: Window) -> Path:
        return self._folder / f"{window.number:06d}.mkv"
