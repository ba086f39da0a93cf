"""Counterfactual pairs as the model is shown them: cut to length, brought to size, with their masks and noise."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from cleanplate.engines.void.footage import shrunk
from cleanplate.engines.void.timing import without_consequences
from cleanplate.errors import InputError
from cleanplate.masks.labels import REMOVE, affected
from cleanplate.media.probe import ClipInfo
from cleanplate.models.void.config import STRIDE
from cleanplate.train.order import Order, Place, Portion, Purpose, drawn
from cleanplate.train.void.buckets import Bucket, allowed, bucket, longest
from cleanplate.train.void.masks import Change, drawn_change
from cleanplate.train.void.recipe import Recipe
from cleanplate.train.void.warped import Noises
from cleanplate.worlds.formats.void_layout import VoidSample

_STEP = STRIDE[1]
_AS_IT_IS = Change(everything=False, unforeseen=False, reach=None, untold=False)


@dataclass(frozen=True)
class Example:
    """One clip.

    Attributes:
        plate, target: as it was, and as it is to be; T x H x W x 3 uint8.
        labels: T x H x W uint8 of 0, 127 and 255; on the first frame nothing is affected.
        warped: for the second pass, noise that moves with the target; T' x C x H' x W' float32.
        text: the scene afterwards; empty where it is not shown.
        told: whether the model is told mask and plate.
        position: of the example in the run.
    """

    plate: Tensor
    target: Tensor
    labels: Tensor
    warped: Tensor | None
    text: str
    told: bool
    position: int


@dataclass(frozen=True)
class Cut:
    """What of a sample is shown.

    Attributes:
        start: its first frame.
        top, left: where it is cut out of the whole picture, on the codec's stride.
    """

    bucket: Bucket
    start: int
    top: int
    left: int

    @property
    def frames(self) -> range:
        """Of the sample."""
        return range(self.start, self.start + self.bucket.frames)


class ExampleDataset(Dataset[list[Example]]):
    """By step, the examples that one process takes.

    Args:
        noises: for the second pass.

    Attributes:
        count: samples.
    """

    def __init__(
        self,
        samples: Sequence[VoidSample],
        recipe: Recipe,
        noises: Noises | None = None,
        *,
        rank: int = 0,
        ranks: int = 1,
    ) -> None:
        self._samples, self._recipe, self._noises = samples, recipe, noises
        self._portion = Portion(recipe.clips.batch, rank, ranks)
        self.count = len(samples)
        self._order = Order(self.count, recipe.seed)
        self._infos: dict[int, ClipInfo] = {}
        self._latest: dict[int, int] = {}

    def __getitem__(self, step: int) -> list[Example]:
        return [self.example(place) for place in self._order.share(step, self._portion)]

    def whole(self, index: int) -> Example:
        """The beginning of one sample, its middle, with its text, and its mask as it is."""
        info = self._info(index)
        size = longest(self._recipe.clips, allowed(self._recipe.clips.sizes, info.height, info.width))
        shape = self._bucket(index, size)
        top, left = (side // (2 * _STEP) * _STEP for side in shape.spare)
        return self._shown(index, Cut(shape, 0, top, left), _AS_IT_IS, self._samples[index].text, index)

    def example(self, place: Place) -> Example:
        """What stands at a place of the order. All clips of a step are of one size, as far as they are large enough."""
        recipe, index, position = self._recipe, place.example, place.position
        random = drawn(recipe.seed, Purpose.CUT, position)
        cut = self._cut(index, drawn(recipe.seed, Purpose.STEP, position // recipe.clips.batch).random(), random)
        text = "" if random.random() < recipe.drop_text else self._samples[index].text
        size = (cut.bucket.rows, cut.bucket.columns)
        change = drawn_change(recipe.masks, size, drawn(recipe.seed, Purpose.MASK, position))
        return self._shown(index, cut, change, text, position)

    def _cut(self, index: int, lot: float, random: np.random.Generator) -> Cut:
        """Of the size on which a lot in 0..1 falls, anywhere."""
        info = self._info(index)
        sizes = allowed(self._recipe.clips.sizes, info.height, info.width)
        shape = self._bucket(index, sizes[int(lot * len(sizes))])
        start = int(random.integers(min(len(info) - shape.frames, self._latest_start(index)) + 1))
        top, left = (_STEP * int(random.integers(side // _STEP + 1)) for side in shape.spare)
        return Cut(shape, start, top, left)

    def _bucket(self, index: int, size: int) -> Bucket:
        info = self._info(index)
        try:
            return bucket(self._recipe.clips, size, len(info), info.height, info.width)
        except ValueError as error:
            raise InputError(f"{len(info)} frames are too few", where=str(info.path), remedy="5 are enough.") from error

    def _info(self, index: int) -> ClipInfo:
        if index not in self._infos:
            self._infos[index] = self._samples[index].info()
        return self._infos[index]

    def _latest_start(self, index: int) -> int:
        """The last frame on which nothing is affected yet, nor before it: a clip begins with the removed things alone.

        As where the model is used. 0 for a sample on which something is affected at once.
        """
        if index not in self._latest:
            with closing(self._samples[index].labels()) as labels:
                first = next((place for place, frame in enumerate(labels) if affected(frame).any()), None)
            self._latest[index] = len(self._info(index)) if first is None else max(0, first - 1)
        return self._latest[index]

    def _shown(self, index: int, cut: Cut, change: Change, text: str, position: int) -> Example:
        sample, shape = self._samples[index], cut.bucket
        size = (shape.frames, shape.rows, shape.columns)
        plate, target = (np.empty((*size, 3), np.uint8) for _ in range(2))
        labels = np.empty(size, np.uint8)
        count = 0
        with closing(sample.frames(extras=False)) as frames:
            for frame in islice(frames, cut.start, cut.start + shape.frames):
                plate[count] = _cut_out(covered(frame.rgb_full, shape.covering), cut)
                target[count] = _cut_out(covered(frame.rgb_removed, shape.covering), cut)
                mask = frame.mask if count else without_consequences(frame.mask)[0]
                labels[count] = _cut_out(shrunk(mask, shape.covering), cut)
                count += 1
        if count < shape.frames:
            raise InputError(f"this clip ends after {cut.start + count} frames", where=str(sample.folder))
        labels = change.of_clip(labels)
        told = not (change.untold and (labels == REMOVE).all())
        warped = self._noises.of(sample, cut.frames, shape.covering) if self._noises else None
        return Example(
            plate=torch.from_numpy(plate),
            target=torch.from_numpy(target),
            labels=torch.from_numpy(labels),
            warped=None if warped is None else torch.from_numpy(_cut_latents(warped, cut)),
            text=text,
            told=told,
            position=position,
        )


def covered(picture: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """A picture at another size, averaged over areas where it shrinks."""
    if picture.shape[:2] == size:
        return picture
    shrinks = size[0] <= picture.shape[0] and size[1] <= picture.shape[1]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, size[::-1], interpolation=how), np.uint8)


def _cut_out(picture: NDArray[np.uint8], cut: Cut) -> NDArray[np.uint8]:
    return picture[cut.top : cut.top + cut.bucket.rows, cut.left : cut.left + cut.bucket.columns]


def _cut_latents(noise_TCHW: NDArray[np.float32], cut: Cut) -> NDArray[np.float32]:
    top, left, rows, columns = (side // _STEP for side in (cut.top, cut.left, cut.bucket.rows, cut.bucket.columns))
    return np.ascontiguousarray(noise_TCHW[:, :, top : top + rows, left : left + columns])
