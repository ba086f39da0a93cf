"""A drawn plate whose square falls when its shelf is gone, the exact answer to it, and random weights of void-nano."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cleanplate.masks.labels import combine
from cleanplate.masks.quadmask import QuadMaskWriter
from cleanplate.media.colour import rgb_to_codes
from cleanplate.media.ffv1 import Ffv1Writer
from cleanplate.media.formats import pixel_format
from cleanplate.media.frame import ColourTags
from cleanplate.models.catalogue.small import void_nano
from cleanplate.models.catalogue.system import System
from cleanplate.models.mixture.initial import initialise
from cleanplate.models.mixture.model import Mixture
from cleanplate.models.moving.scene import answer
from cleanplate.models.store.loading import save
from cleanplate.worlds.moves import Moves

Pixels = NDArray[np.uint8]
FRAMES, ROWS, COLUMNS, FACTOR = 6, 24, 40, 4
"""Of the model's grid; the plate is so many times as large."""
_SIDE, _LEFT, _TOP, _FALL = 24, 64, 8, 6


@dataclass(frozen=True)
class Fall:
    """Frames of the plate and of what would have been, sRGB; labels; and how far the square has fallen, in pixels."""

    plate: Pixels
    truth: Pixels
    labels: Pixels
    fallen: tuple[int, ...]


def fall(frames: int = FRAMES) -> Fall:
    """The square bears stripes of one pixel, which no grid of the model's size could hold."""
    random = np.random.default_rng(3)
    size = (ROWS * FACTOR, COLUMNS * FACTOR)
    ground = np.tile(
        cv2.GaussianBlur(random.integers(40, 200, (1, size[1], 3)).astype(np.uint8), (9, 1), 3), (size[0], 1, 1)
    )
    face = np.tile(np.array([[[230, 220, 90], [30, 60, 160]]], np.uint8), (_SIDE, _SIDE // 2, 1))
    face[::4] = 255 - face[::4]
    across, shelf = slice(_LEFT, _LEFT + _SIDE), np.zeros(size, bool)
    shelf[_TOP + _SIDE : _TOP + _SIDE + 6, _LEFT - 8 : _LEFT + _SIDE + 8] = True
    plates, truths, labels = [], [], []
    fallen = tuple(_FALL * n for n in range(1, frames + 1))
    for down in fallen:
        plate, truth = ground.copy(), ground.copy()
        here, there = slice(_TOP, _TOP + _SIDE), slice(_TOP + down, _TOP + down + _SIDE)
        plate[shelf] = 20
        plate[here, across], truth[there, across] = face, face
        plates.append(plate)
        truths.append(truth)
        labels.append(combine(shelf, (plate != truth).any(axis=-1) & ~shelf))
    return Fall(np.stack(plates), np.stack(truths), np.stack(labels), fallen)


def exact(drawn: Fall, length: int) -> Tensor:
    """What a model that knows would say, T x 6 x rows x columns; nothing beyond the last beat."""
    shift, seen = torch.zeros(length, 2, ROWS, COLUMNS), torch.zeros(length, ROWS, COLUMNS)
    for beat, down in enumerate(drawn.fallen[:length]):
        cover = np.zeros((ROWS * FACTOR, COLUMNS * FACTOR), np.float32)
        cover[_TOP + down : _TOP + down + _SIDE, _LEFT : _LEFT + _SIDE] = 1
        seen[beat] = torch.from_numpy(cv2.resize(cover, (COLUMNS, ROWS), interpolation=cv2.INTER_AREA))
        shift[beat, 1] = -down / FACTOR * (seen[beat] > 0)
    return answer(shift, seen, torch.zeros(length, 3, ROWS, COLUMNS))


def by_hand(said: Tensor) -> SimpleNamespace:
    """An answer, T x 6 x rows x columns, as if a model had said it of every pixel by itself."""
    inside = torch.ones(said[:, 0].shape, dtype=torch.bool)
    return SimpleNamespace(said=said, question=SimpleNamespace(rigid=False, reach=SimpleNamespace(inside=inside)))


def write_fall(folder: Path, drawn: Fall | Moves, pixels: str = "gbrp", rate: int = 12) -> Path:
    """`plate.mkv` and `quadmask.mkv` in a folder, which is returned."""
    folder.mkdir(parents=True, exist_ok=True)
    fmt, (height, width) = pixel_format(pixels), drawn.labels.shape[1:]
    tags = ColourTags(matrix="gbr", range="full")
    base = Fraction(1, rate)
    with Ffv1Writer(folder / "plate.mkv", fmt, height, width, colour=tags, time_base=base, rate=1 / base) as writer:
        for number, picture in enumerate(drawn.plate):
            codes = rgb_to_codes(picture.astype(np.float32) / 255, fmt, tags)
            planes = (np.rint(codes[..., component]).astype(fmt.dtype) for component in range(3))
            writer.write(tuple(map(np.ascontiguousarray, planes)), number)
    with QuadMaskWriter(folder / "quadmask.mkv", height=height, width=width, rate=1 / base) as masks:
        for labels in drawn.labels:
            masks.write(labels)
    return folder


def system(frames: int = 8) -> System:
    """Of one small block."""
    geometry = {"dim": 32, "layers": 1, "heads": 2, "ffn_dim": 48, "frequency_dim": 16, "waves": 3}
    return void_nano(frames=frames, pixels=ROWS * COLUMNS, **geometry)


def write_nano(folder: Path, frames: int = 8) -> Path:
    """A model of random weights that says something everywhere."""
    made = system(frames)
    model = initialise(Mixture(made.transformer), torch.Generator().manual_seed(0))
    with torch.no_grad():
        for part in model.parameters():
            part.add_(0.05 * torch.randn(part.shape, generator=torch.Generator().manual_seed(part.numel())))
    save(model, made, folder)
    return folder
