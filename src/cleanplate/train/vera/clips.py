"""Layered clips as tensors: cut to length, brought to size."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from cleanplate.errors import InputError
from cleanplate.train.order import Order, Place, Portion, Purpose, drawn
from cleanplate.train.vera.recipe import Clips, Recipe
from cleanplate.worlds.formats.vera_layout import VeraDataset, VeraFrame, VeraSample

Array = NDArray[np.uint8]


@dataclass(frozen=True)
class Example:
    """One clip, uint8.

    Attributes:
        source, edit, composite: 3 x T x H x W.
        alpha: T x H x W.
        preserve: T x H x W, 255 where it must stay; None where the clip has none, or where it is not shown.
        text: the instruction; empty where it is not shown.
        position: of the example in the run.
    """

    source: Tensor
    edit: Tensor
    composite: Tensor
    alpha: Tensor
    preserve: Tensor | None
    text: str
    position: int


class ExampleDataset(Dataset[list[Example]]):
    """By step, the examples that one process takes.

    Attributes:
        samples: of one data set or several.
    """

    def __init__(self, samples: Sequence[VeraSample], recipe: Recipe, rank: int = 0, ranks: int = 1) -> None:
        if not samples:
            raise InputError("there are no layered clips to train on", remedy="Make some: cleanplate worlds layered.")
        self.samples, self._recipe = samples, recipe
        self._portion = Portion(recipe.clips.batch, rank, ranks)
        self._order = Order(len(samples), recipe.seed)
        self._kept: OrderedDict[int, dict[str, Array]] = OrderedDict()

    def __getitem__(self, step: int) -> list[Example]:
        return [self.example(place) for place in self._order.share(step, self._portion)]

    def whole(self, index: int) -> Example:
        """The first frames of one sample, with its text and mask."""
        return self._cut(index, 0, index, text=True, mask=True)

    def example(self, place: Place) -> Example:
        """What stands at a place of the order: text and mask are left out by chance, and the cut is drawn."""
        recipe, random = self._recipe, drawn(self._recipe.seed, Purpose.CUT, place.position)
        spare = len(self._arrays(place.example)["input"]) - recipe.clips.frames
        start = int(random.integers(spare + 1))
        text, mask = random.random() >= recipe.drop_text, random.random() >= recipe.drop_mask
        return self._cut(place.example, start, place.position, text=text, mask=mask)

    def _cut(self, index: int, start: int, position: int, *, text: bool, mask: bool) -> Example:
        arrays, frames = self._arrays(index), slice(start, start + self._recipe.clips.frames)
        return Example(
            source=_video(arrays["input"][frames]),
            edit=_video(arrays["edit_rgb"][frames]),
            composite=_video(arrays["composite"][frames]),
            alpha=torch.from_numpy(arrays["edit_alpha"][frames]),
            preserve=torch.from_numpy(arrays["mask"][frames]) if mask and "mask" in arrays else None,
            text=self.samples[index].record.instruction if text else "",
            position=position,
        )

    def _arrays(self, index: int) -> dict[str, Array]:
        """A whole clip at the working size, from memory if it is there."""
        if index in self._kept:
            self._kept.move_to_end(index)
            return self._kept[index]
        arrays = load(self.samples[index], self._recipe.clips)
        self._kept[index] = arrays
        while self.kept_bytes > self._recipe.clips.kept and len(self._kept) > 1:
            self._kept.popitem(last=False)
        return arrays

    @property
    def kept_bytes(self) -> int:
        """Of the clips in memory."""
        return sum(array.nbytes for arrays in self._kept.values() for array in arrays.values())


def samples_of(datasets: Sequence[VeraDataset]) -> list[VeraSample]:
    """Every sample that has a layer. Raises InputError for lines that do not parse, or that lack an answer."""
    samples = [sample for dataset in datasets for sample in dataset]
    for sample in samples:
        if absent := {"edit_rgb", "edit_alpha", "composite"} - sample.record.paths.keys():
            raise InputError(
                f"this clip has no {', '.join(sorted(absent))}", where=sample.name, remedy="Train on training data."
            )
    return samples


def load(sample: VeraSample, clips: Clips) -> dict[str, Array]:
    """All frames of a sample by role, at the working size; a clip that is too short repeats its last frame.

    Raises:
        InputError: a clip is missing, damaged or of another size than the others.
    """
    frames = [_sized(frame, clips) for frame in sample.frames()]
    if not frames:
        raise InputError("this clip has no frames", where=sample.name)
    frames += [frames[-1]] * (clips.frames - len(frames))
    return {role: np.stack([frame[role] for frame in frames]) for role in frames[0]}


def _sized(frame: VeraFrame, clips: Clips) -> dict[str, Array]:
    roles: dict[str, Any] = {
        "input": frame.input,
        "edit_rgb": frame.edit_rgb,
        "edit_alpha": frame.edit_alpha,
        "composite": frame.composite,
        "mask": frame.mask,
    }
    pictures = {role: picture for role, picture in roles.items() if picture is not None}
    if frame.input.shape[:2] == (clips.rows, clips.columns):
        return pictures
    sized = {role: _resized(picture, clips) for role, picture in pictures.items()}
    sized["edit_rgb"] = _coloured(frame, sized, clips)
    return sized


def _coloured(frame: VeraFrame, sized: dict[str, Array], clips: Clips) -> Array:
    """The layer's colour, weighed by alpha: what is clear must not stain the edge of what is not."""
    assert frame.edit_rgb is not None  # noqa: S101
    assert frame.edit_alpha is not None  # noqa: S101
    alpha = frame.edit_alpha.astype(np.float32)[..., None]
    weighed = _resized(frame.edit_rgb * alpha, clips)
    weight = _resized(alpha, clips)[..., None]
    straight = np.divide(weighed, weight, out=sized["edit_rgb"].astype(np.float32), where=weight > 0)
    rounded: Array = straight.round().clip(0, 255).astype(np.uint8)
    return rounded


def _resized(picture: NDArray[Any], clips: Clips) -> NDArray[Any]:
    sized: NDArray[Any] = cv2.resize(picture, (clips.columns, clips.rows), interpolation=cv2.INTER_AREA)
    return sized


def _video(frames_THWC: Array) -> Tensor:
    return torch.from_numpy(frames_THWC).permute(3, 0, 1, 2)
