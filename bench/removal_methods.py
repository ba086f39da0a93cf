"""What the removal bench compares: doing nothing, filling in, engines of the table, and nano models by themselves."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from removal_clips import Case

from cleanplate.engines.void_nano.settings import Settings
from cleanplate.errors import RefusalError
from cleanplate.files import atomic
from cleanplate.masks.labels import KEEP
from cleanplate.models.moving.ask import Asking, ask, reach_of
from cleanplate.models.moving.compose import compose
from cleanplate.models.moving.facts import ANSWERED
from cleanplate.models.moving.scene import pictures, told
from cleanplate.models.store.loading import load
from cleanplate.pipeline.edits import Remove
from cleanplate.pipeline.remove import remove
from cleanplate.report.morph import MEASUREMENT
from cleanplate.worlds.formats.clips import Samples, clip_writer, read_pictures

Pictures = NDArray[np.uint8]
"""T x H x W x 3."""
Method = Callable[[Case], Pictures]
_RATE = Fraction(12)
_BRIDGE = 3


def plate(case: Case) -> Pictures:
    """Nothing is done."""
    return case.moves.plate


def mean_background(case: Case) -> Pictures:
    """The mean colour of what a frame keeps, wherever it may change."""
    made = case.moves.plate.copy()
    for frame, keep in zip(made, case.labels == KEEP, strict=True):
        frame[~keep] = np.rint(frame[keep].mean(axis=0)) if keep.any() else 127
    return made


def inpainted(case: Case) -> Pictures:
    """OpenCV's fast marching (Telea 2004), frame by frame."""
    pairs = zip(case.moves.plate, case.labels != KEEP, strict=True)
    filled = [cv2.inpaint(frame, hole.astype(np.uint8), _BRIDGE, cv2.INPAINT_TELEA) for frame, hole in pairs]
    return np.asarray(np.stack(filled), np.uint8)


class ByEngine:
    """An engine of the table, through the whole pipeline; what it refuses is left as it is.

    Args:
        settings: of the engine, by name.

    Attributes:
        refused: why, by the clips' keys.
        morphing: clips by key, in whose first pass something moves that does not keep its shape: by the morph check, of
            an engine that makes one.
    """

    def __init__(self, name: str, weights: str | None = None, settings: Mapping[str, Any] | None = None) -> None:
        self._name, self._weights, self._settings = name, weights, settings
        self.refused: dict[str, str] = {}
        self.morphing: set[str] = set()

    def __call__(self, case: Case) -> Pictures:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            source, mask = folder / "plate.mkv", folder / "mask.mkv"
            _write(source, case.moves.plate, Samples.RGB)
            _write(mask, case.labels, Samples.GRAY)
            try:
                package = remove(
                    source,
                    Remove(mask=mask),
                    folder / "shot",
                    engine=self._name,
                    weights=self._weights,
                    settings=self._settings,
                )
            except RefusalError as error:
                self.refused[case.planned.key] = error.what
                return case.moves.plate
            checked: Any = package.shot.measurements.get(MEASUREMENT)
            if checked is not None and any(thing["morphs"] for thing in checked["things"]):
                self.morphing.add(case.planned.key)
            return np.stack(list(read_pictures(package.composite)))


def by_model(folder: Path) -> Method:
    """void-nano at its working size, without an engine: over the clean plate that it was trained over."""
    model, system = load(folder)
    settings = Settings().sampling(system.sampling)

    @torch.no_grad()
    def made(case: Case) -> Pictures:
        source, keep = case.moves.plate, case.labels == KEEP
        clean = np.where(keep[..., None], source, case.moves.clean)
        reach = None
        if settings.economy is not None:
            reach = reach_of(torch.from_numpy(~keep), system.transformer.patch, settings.economy)
        if reach is None:
            return source
        frames, rows, columns = keep.shape
        noise = torch.randn((1, ANSWERED, frames, rows, columns), generator=torch.Generator().manual_seed(0))
        said = ask(Asking(model, told(source, clean, case.labels, system.mask), reach, settings, noise))
        drawn = compose(pictures(source), pictures(clean), said).clamp(0, 1).permute(0, 2, 3, 1).numpy()
        return np.where(keep[..., None], source, np.rint(drawn * 255).astype(np.uint8))

    return made


def kept(name: str, method: Method, folder: Path) -> Method:
    """The same, done once a clip."""

    def made(case: Case) -> Pictures:
        path = folder / name / f"{case.planned.key}.npy"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            with atomic(path) as partial, open(partial, "wb") as file:
                np.save(file, method(case))
        return np.asarray(np.load(path, allow_pickle=False), np.uint8)

    return made


def _write(path: Path, frames: NDArray[np.uint8], samples: Samples) -> None:
    with clip_writer(path, samples, frames.shape[1], frames.shape[2], _RATE) as writer:
        for frame in frames:
            writer.write(frame)
