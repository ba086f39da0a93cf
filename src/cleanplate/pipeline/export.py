"""The layer in the formats that other programs read, on request."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cleanplate.edit.layer import Layer, layer_format
from cleanplate.edit.patch import ALPHA_PEAK
from cleanplate.errors import UsageError
from cleanplate.files import disk_errors
from cleanplate.media.clip import Clip
from cleanplate.media.colour import codes_to_rgb, resolve
from cleanplate.media.exr_write import write_exr_layers
from cleanplate.media.painted import Painted
from cleanplate.media.png import write_png_sequence
from cleanplate.media.probe import ClipInfo
from cleanplate.media.prores import write_prores4444
from cleanplate.progress import Progress, Tick


@dataclass(frozen=True)
class Export:
    """One row: the name in ``export/`` and who writes it."""

    path: str
    write: Callable[[Iterable[Painted], ClipInfo, Path], object]


EXPORTS: Mapping[str, Export] = {
    "prores4444": Export("layer.mov", write_prores4444),
    "exr": Export("exr", write_exr_layers),
    "png": Export("png", write_png_sequence),
}


def require_known(names: Iterable[str]) -> None:
    """Raise UsageError when a name is not one of `EXPORTS`; to be asked before any work."""
    for name in names:
        if name not in EXPORTS:
            raise UsageError(f"there is no export '{name}'", remedy=f"Choose from: {', '.join(EXPORTS)}.")


def write_export(name: str, clip: Clip, layer: Layer, folder: Path, progress: Progress) -> Path:
    """Write the layer over the whole length of the clip; `name` is a known one."""
    export = EXPORTS[name]
    with disk_errors(folder):
        folder.mkdir(exist_ok=True)
    with progress.task(f"Exporting {name}", len(layer)) as tick:
        export.write(_painted(clip.info, layer, tick), clip.info, folder / export.path)
    return folder / export.path


def _painted(info: ClipInfo, layer: Layer, tick: Tick) -> Iterator[Painted]:
    """The stored layer as straight R'G'B' and alpha, where it has content."""
    tags, fmt = resolve(info.colour, info.format, info.height), layer_format(info.format)
    for number, patches in layer:
        rgb = np.zeros((info.height, info.width, 3), np.float32)
        alpha = np.zeros((info.height, info.width), np.float32)
        for patch in patches:
            y0, x0, y1, x1 = patch.box
            rgb[y0:y1, x0:x1] = codes_to_rgb(patch.colour.astype(np.float32), fmt, tags)
            alpha[y0:y1, x0:x1] = patch.alpha / np.float32(ALPHA_PEAK)
        yield number, rgb, alpha
        tick()
