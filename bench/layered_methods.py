"""What the layered bench compares: doing nothing, another clip's layer, graph cut, engines, results from folders."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from layered_clips import Case, Codes
from numpy.typing import NDArray

from cleanplate.edit.layer_format import layer_scale
from cleanplate.edit.patch import ALPHA_PEAK
from cleanplate.errors import CleanplateError, InputError
from cleanplate.media.clip import Clip
from cleanplate.pipeline.add import add, replace_background
from cleanplate.pipeline.edits import Add, ReplaceBackground
from cleanplate.pipeline.make import Order
from cleanplate.worlds.formats.clips import Samples, clip_writer, read_pictures
from cleanplate.worlds.layered.alpha import over
from cleanplate.worlds.layered.clip import Task

_RATE = Fraction(16)
_ROUNDS = 3
_STANDS_OUT = 24
"""Codes of difference from which a pixel is likely to be the thing."""
_INSET = 0.1
"""Of the frame, to each side: what lies there is taken for background."""


@dataclass(frozen=True)
class Result:
    """T x H x W x 3 uint8, and alpha T x H x W in 0..1; without layers, only the composite."""

    composite: Codes
    edit: Codes | None = None
    alpha: NDArray[np.float32] | None = None


Method = Callable[[Case], Result | None]
"""None where it cannot: what it refuses counts as nothing done in the reading, and is left out elsewhere."""


def truth(case: Case) -> Result:
    """The answer."""
    return Result(case.composite, case.edit, case.real_alpha)


def nothing(case: Case) -> Result:
    """The plate and an empty layer."""
    return Result(case.source, np.zeros_like(case.edit), np.zeros(case.alpha.shape, np.float32))


def another(others: dict[Task, list[Case]]) -> Method:
    """The true layer of the next clip of the same task: what chance complies."""

    def made(case: Case) -> Result:
        some = others[case.task]
        other = some[(next(n for n, one in enumerate(some) if one.key == case.key) + 1) % len(some)]
        frames = zip(other.edit, other.alpha, case.source, strict=True)
        return Result(np.stack([over(*frame) for frame in frames]), other.edit, other.real_alpha)

    return made


def graph_cut(case: Case) -> Result:
    """Alpha by graph cut (grabCut, Rother et al. 2004), frame by frame, with the colours of the answer.

    Of an addition it is shown the true composite, and begins with what differs from the plate; of a background change
    it sees the plate alone, and begins with its middle.
    """
    if case.task is Task.ADD:
        alpha = _apart(case.source, case.composite)
        return Result(np.where(alpha[..., None] > 0, case.composite, case.source), case.composite, alpha)
    masks = [1 - _cut(frame, _middle(frame.shape[:2])) for frame in case.source]
    alpha = np.stack(masks).astype(np.float32)
    return Result(np.where(alpha[..., None] > 0, case.edit, case.source), case.edit, alpha)


def by_difference(source: Codes, composite: Codes) -> Result:
    """A picture that was made anew, with the layer that can be cut out of it: where it differs from the plate.

    The picture is judged as it is; the layer is for reading words and outlines off it.
    """
    return Result(composite, composite, _apart(source, composite))


def by_engine(name: str, weights: str | None, seed: int) -> Method:
    """An engine of the table, through the whole pipeline, without a mask; None where it refuses."""

    def made(case: Case) -> Result | None:
        order = Order(name, weights=weights, seed=seed)
        with tempfile.TemporaryDirectory() as place:
            source, shot = Path(place) / "plate.mkv", Path(place) / "shot"
            height, width = case.source.shape[1:3]
            with clip_writer(source, Samples.RGB, height, width, _RATE) as writer:
                for frame in case.source:
                    writer.write(frame)
            try:
                if case.task is Task.ADD:
                    package = add(source, Add(instruction=case.instruction), shot, order)
                else:
                    package = replace_background(source, ReplaceBackground(instruction=case.instruction), shot, order)
            except CleanplateError as error:
                print(f"{name}, {case.key}: {error.what}")
                return None
            with Clip.open(source) as clip, package.layer() as layer:
                scale = layer_scale(clip.info.format)
                edit, alpha = np.zeros_like(case.source), np.zeros(case.alpha.shape, np.float32)
                for n, patches in layer:
                    for patch in patches:
                        y0, x0, y1, x1 = patch.box
                        edit[n, y0:y1, x0:x1] = np.rint(patch.colour / scale)
                        alpha[n, y0:y1, x0:x1] = patch.alpha / ALPHA_PEAK
            return Result(np.stack(list(read_pictures(package.composite))), edit, alpha)

    return made


def from_folder(folder: Path) -> Method:
    """What another program made: KEY.npz with `composite` and, where it has layers, `edit` and `alpha`, all uint8.

    Raises:
        InputError: another size than the clip's.
    """

    def made(case: Case) -> Result | None:
        path = folder / f"{case.key}.npz"
        if not path.exists():
            return None
        with np.load(path, allow_pickle=False) as kept:
            arrays = {name: kept[name] for name in kept.files}
        if arrays["composite"].shape != case.composite.shape:
            raise InputError(f"{arrays['composite'].shape} is not the clip's {case.composite.shape}", where=str(path))
        alpha = np.float32(1 / 255) * arrays["alpha"] if "alpha" in arrays else None
        return Result(arrays["composite"], arrays.get("edit"), alpha)

    return made


def _apart(source: Codes, composite: Codes) -> NDArray[np.float32]:
    """T x H x W, 0 or 1: graph cut round what differs most, frame by frame."""
    pairs = zip(source, composite, strict=True)
    return np.stack([_cut(after, _differing(before, after)) for before, after in pairs]).astype(np.float32)


def _differing(before: Codes, after: Codes) -> Codes:
    """Marks for graph cut: what differs most, in one piece, is likely; what does not at all is background."""
    apart = cv2.absdiff(before, after).max(axis=-1)
    _, pieces, facts, _ = cv2.connectedComponentsWithStats((apart > _STANDS_OUT).astype(np.uint8))
    marks = np.full(apart.shape, cv2.GC_BGD, np.uint8)
    marks[cv2.dilate(apart, np.ones((5, 5), np.uint8)) > 2] = cv2.GC_PR_BGD
    if len(facts) > 1:
        marks[pieces == 1 + int(facts[1:, cv2.CC_STAT_AREA].argmax())] = cv2.GC_PR_FGD
    return marks


def _middle(size: tuple[int, ...]) -> Codes:
    marks = np.full(size, cv2.GC_BGD, np.uint8)
    y, x = (round(_INSET * side) for side in size)
    marks[y : size[0] - y, x : size[1] - x] = cv2.GC_PR_FGD
    return marks


def _cut(picture: Codes, marks: Codes) -> NDArray[np.uint8]:
    likely = marks == cv2.GC_PR_FGD
    if not likely.any() or likely.all():
        return np.asarray(likely, np.uint8)
    cv2.setRNGSeed(0)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(np.ascontiguousarray(picture), marks, None, *models, _ROUNDS, cv2.GC_INIT_WITH_MASK)
    return np.asarray(np.isin(marks, (cv2.GC_FGD, cv2.GC_PR_FGD)), np.uint8)
