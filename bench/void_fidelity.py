"""How near to the truth VOID's pictures come when they are laid onto a plate, on `worlds`, where the truth is known.

    python bench/void_fidelity.py [--folder FOLDER] [--size 768x432] [--frames 24] [--seed 3] [FAMILY ...]

Both worlds of a scene are rendered at the plate's size and at 24 frames a second. What a model would draw is the truth
on a grid of a third of the size, at every second frame, with a codec's marks (blur, noise in blocks, colours that are
off), so that what is measured is laying and not drawing. PSNR is that of what may change against the truth: of the
drawn pictures alone (nearest beat, blend, and along the motion), and of the plate with the layer over it.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from cleanplate.edit.composite import composite_planes
from cleanplate.engines.void.framing import Framing, whole
from cleanplate.engines.void.lay.laying import Laying
from cleanplate.engines.void.timing import Span
from cleanplate.masks.labels import KEEP
from cleanplate.masks.quadmask import QuadMask, QuadMaskWriter
from cleanplate.media.clip import Clip
from cleanplate.media.ffv1 import Ffv1Writer
from cleanplate.media.formats import pixel_format
from cleanplate.media.frame import ColourTags
from cleanplate.motion.between import between
from cleanplate.motion.flow import make_flow
from cleanplate.worlds.counterfactual import counterfactual
from cleanplate.worlds.families import sample
from cleanplate.worlds.render.tiny import Tiny
from cleanplate.worlds.truth import changed_at, gridded, truth_labels

Real = NDArray[np.float32]
FAMILIES = ("collide", "tower", "held", "struck", "person-pushes", "shadow")
RATE, STEP, FACTOR = 24, 2, 3
_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)


class Drawn:
    """The truth on the model's grid, with a codec's marks."""

    def __init__(self, truth: list[NDArray[np.uint8]], framing: Framing) -> None:
        self._truth, self._size = truth, framing.size.coded

    def __len__(self) -> int:
        return len(self._truth)

    def at(self, place: int) -> Real:
        small = cv2.resize(self._truth[place].astype(np.float32) / 255, self._size[::-1], interpolation=cv2.INTER_AREA)
        rng = np.random.default_rng([11, place])
        fine = cv2.GaussianBlur(rng.normal(0, 1, small.shape).astype(np.float32), (0, 0), 0.8)
        coarse = rng.normal(0, 1, (*(-(-side // 8) for side in self._size), 3)).astype(np.float32)
        noise = fine / fine.std() + 0.5 * cv2.resize(coarse, self._size[::-1], interpolation=cv2.INTER_LINEAR)
        across = np.linspace(-0.01, 0.02, self._size[1], dtype=np.float32)[None, :, None]
        off = across * np.array([1, -0.5, 1.5], np.float32)
        return np.asarray(np.clip(cv2.GaussianBlur(small, (0, 0), 0.5) + 0.005 * noise + off, 0, 1), np.float32)


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("families", nargs="*", default=FAMILIES)
    parser.add_argument("--folder", type=Path, default=Path("bench-out/fidelity"))
    parser.add_argument("--size", default="768x432")
    parser.add_argument("--frames", type=int, default=24)
    parser.add_argument("--seed", type=int, default=3)
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    width, height = (int(side) for side in asked.size.split("x"))
    table: Table | None = None
    for family in asked.families:
        found = measure(rendered(asked.folder, family, asked.seed, (asked.frames, height, width)))
        table = table or Table("family", *found, title="PSNR, dB, of what may change")
        table.add_row(family, *(f"{value:.2f}" for value in found.values()))
    Console().print(table)


def rendered(folder: Path, family: str, seed: int, shape: tuple[int, int, int]) -> Path:
    """Plate, truth and labels of a scene, T x H x W each, kept in the folder."""
    frames, height, width = shape
    path = folder / f"{family}-{seed}-{frames}-{width}x{height}.npz"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        scene = sample(family, seed)
        slower = {"rate": float(RATE), "frames": frames, "steps": max(1, round(scene.steps * scene.rate / RATE))}
        scene = scene.model_copy(update=slower)
        both = counterfactual(scene)
        gone = [place for place, body in enumerate(scene.bodies) if body.name in both.removed]
        rows = []
        pairs = zip(*(Tiny().render(scene, way, height, width) for way in (both.original, both.altered)), strict=True)
        for number, (full, less) in enumerate(pairs):
            labels = gridded(truth_labels(full, less, gone, changed_at(scene, both, number)))
            rows.append((full.rgb, less.rgb, labels))
        plate, truth, labels = (np.stack(column) for column in zip(*rows, strict=True))
        np.savez(path, plate=plate, truth=truth, labels=labels)
    return path


def measure(path: Path) -> dict[str, float]:
    """PSNR by what was laid, the mean over frames."""
    with np.load(path) as kept, tempfile.TemporaryDirectory() as name:
        plates, truth, masks = kept["plate"], kept["truth"], kept["labels"]
        clip, quadmask = stored(Path(name), plates, masks)
        height, width = masks.shape[1:]
        framing = whole(clip.info, height * width // FACTOR**2, (2, 2))
        beats = tuple(sorted({*range(0, len(plates), STEP), len(plates) - 1}))
        drawn, span = Drawn([truth[n] for n in beats], framing), Span(beats, 0)
        made = {
            "nearest": alone(drawn, span, lambda a, b, time: a if time < 0.5 else b),
            "blend": alone(drawn, span, lambda a, b, time: a + np.float32(time) * (b - a)),
            "motion": alone(drawn, span, moved),
            "laid": laid(Laying(clip, quadmask, span, framing, folder=Path(name, "a"), background=False), drawn, clip),
            "laid, background": laid(Laying(clip, quadmask, span, framing, folder=Path(name, "b")), drawn, clip),
        }
        return {
            kind: float(np.mean([psnr(one, truth[n], masks[n] != KEEP) for n, one in enumerate(frames)]))
            for kind, frames in made.items()
        }


def stored(folder: Path, plates: NDArray[np.uint8], masks: NDArray[np.uint8]) -> tuple[Clip, QuadMask]:
    """The plate (RGB) and its quadmask as files."""
    height, width = masks.shape[1:]
    rate, colour = Fraction(RATE), ColourTags(matrix="gbr", range="full")
    with Ffv1Writer(
        folder / "plate.mkv", pixel_format("gbrp"), height, width, colour=colour, time_base=1 / rate, rate=rate
    ) as plate:
        for number, picture in enumerate(plates):
            plate.write(tuple(np.ascontiguousarray(picture[..., c]) for c in range(3)), number)
    with QuadMaskWriter(folder / "quadmask.mkv", height=height, width=width, rate=rate) as mask:
        for labels in masks:
            mask.write(labels)
    return Clip.open(folder / "plate.mkv"), QuadMask.open(folder / "quadmask.mkv")


def alone(drawn: Drawn, span: Span, make: Callable[[Real, Real, float], Real]) -> Iterator[Real]:
    """What was drawn, on the grid, at every frame of the plate."""
    for place, (a, b) in enumerate(zip(span.frames, span.frames[1:], strict=False)):
        for frame in range(a, b):
            yield drawn.at(place) if frame == a else make(drawn.at(place), drawn.at(place + 1), (frame - a) / (b - a))
    yield drawn.at(len(drawn) - 1)


def moved(a: Real, b: Real, time: float) -> Real:
    """Along the motion."""
    grays = [np.rint(np.clip(one @ _LUMA, 0, 1) * 255).astype(np.uint8) for one in (a, b)]
    return between(a, b, (make_flow()(*grays), make_flow()(*grays[::-1])), time)


def laid(laying: Laying, drawn: Drawn, clip: Clip) -> Iterator[Real]:
    """The plate with the layer over it, frame by frame."""
    for frame, patch in laying.patches(drawn):
        planes = composite_planes(clip.frame(frame).planes, () if patch is None else (patch,), clip.info.format, None)
        yield np.asarray(np.dstack(planes), np.float32) / np.float32(255)


def psnr(made: Real, truth: NDArray[np.uint8], where: NDArray[np.bool_]) -> float:
    """Of some pixels; what is smaller is brought up by a cubic."""
    if made.shape != truth.shape:
        made = cv2.resize(made, truth.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    error = (np.clip(made, 0, 1) - truth.astype(np.float32) / 255)[where]
    return float(-10 * np.log10(max(1e-9, float(np.mean(np.square(error))))))


if __name__ == "__main__":
    main()
