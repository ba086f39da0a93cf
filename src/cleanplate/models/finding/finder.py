"""What a picture shows of the things that are named: a small U-Net that hears the words at every size.

Convolutions that halve the picture and double it again (Ronneberger et al., arXiv 1505.04597), each scaled and shifted
by what the words say (Perez et al., arXiv 1709.07871). B pictures, H W rows and columns, S words of D channels.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import torch
from torch import Tensor, nn
from torch.nn import functional

from cleanplate.models.finding.shape import FINDER, GROUPS, Shape
from cleanplate.models.text.words import WordEncoder
from cleanplate.models.weights import described

_SHOWN = 0.5
"""Of a pixel, or of what is claimed of a thing."""
_COLOURS, _PATCH = 3, 2
"""The finest convolutions see 2 x 2 pixels as one: a quarter of the work."""


class Finder(nn.Module):
    """Says of every pixel whether it shows what the words name."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        fine, *coarser = shape.widths
        self.words = nn.Linear(shape.text_dim, shape.told)
        self.heard = nn.Linear(shape.told, shape.told)
        self.first = _Block(_COLOURS * _PATCH**2, fine, shape.told)
        self.down = nn.ModuleList(
            _Block(above, here, shape.told) for above, here in zip(shape.widths, coarser, strict=False)
        )
        self.up = nn.ModuleList(
            _Block(below + here, here, shape.told)
            for below, here in zip(shape.widths[:0:-1], shape.widths[-2::-1], strict=True)
        )
        self.head = nn.Conv2d(fine, _PATCH**2, 1)

    def forward(self, pictures_B3HW: Tensor, text_BSD: Tensor) -> Tensor:
        """Logits, B x H x W.

        Args:
            pictures_B3HW: R'G'B' in -1..1; sides are multiples of `shape.step`.
            text_BSD: zeros after the last word; nothing but zeros asks for whatever stands out.
        """
        told_BE = self._heard(text_BSD)
        seen = [self.first(functional.pixel_unshuffle(pictures_B3HW, _PATCH), told_BE)]
        for block in self.down:
            seen.append(block(functional.avg_pool2d(seen[-1], 2), told_BE))
        x_BCHW = seen.pop()
        for block in self.up:
            larger = functional.interpolate(x_BCHW, scale_factor=2.0)
            x_BCHW = block(torch.cat((larger, seen.pop()), dim=1), told_BE)
        logits: Tensor = functional.pixel_shuffle(self.head(x_BCHW), _PATCH)[:, 0]
        return logits

    def _heard(self, text_BSD: Tensor) -> Tensor:
        """What the words say, B x E: their mean, after one layer each."""
        read = text_BSD.any(dim=-1, keepdim=True).to(text_BSD.dtype)
        words = (functional.silu(self.words(text_BSD)) * read).sum(dim=1) / read.sum(dim=1).clamp(min=1)
        return functional.silu(self.heard(words))


class _Block(nn.Module):
    """Two convolutions; what is between them is scaled and shifted by words."""

    def __init__(self, taken: int, given: int, told: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(taken, given, 3, padding=1)
        self.norm = nn.GroupNorm(GROUPS, given)
        self.words = nn.Linear(told, 2 * given)
        self.second = nn.Conv2d(given, given, 3, padding=1)

    def forward(self, x_BCHW: Tensor, told_BE: Tensor) -> Tensor:
        scale, shift = self.words(told_BE)[:, :, None, None].chunk(2, dim=1)
        between = functional.silu(self.norm(self.first(x_BCHW)) * (1 + scale) + shift)
        return functional.silu(self.second(between))


KIND = described.Kind(FINDER, Shape, Finder, "finder", "Name a folder that `cleanplate train finder` wrote.")


def found(finder: Finder, video_3THW: Tensor, names: Sequence[str]) -> Tensor:
    """How much of each pixel shows one of the things that are named, T x H x W in 0..1, frame by frame.

    Args:
        video_3THW: R'G'B' in -1..1, of any size.
        names: ``red ball``; without any, whatever stands out is found.
    """
    standing_out = seen(finder, video_3THW, ())
    return completed(seen(finder, video_3THW, names), standing_out) if names else standing_out


@torch.no_grad()
def seen(finder: Finder, video_3THW: Tensor, names: Sequence[str]) -> Tensor:
    """What the finder says by itself; see `found`."""
    text_1SD = WordEncoder(finder.shape.text_dim).encode([text_of(names)]).tokens_BSD
    rows, columns = video_3THW.shape[2:]
    more = (-columns % finder.shape.step, -rows % finder.shape.step)
    pictures_T3HW = functional.pad(video_3THW.transpose(0, 1).float(), (0, more[0], 0, more[1]), mode="replicate")
    logits = torch.cat([finder(picture_3HW[None], text_1SD) for picture_3HW in pictures_T3HW])
    return logits.sigmoid()[:, :rows, :columns]


def completed(named_THW: Tensor, standing_out_THW: Tensor) -> Tensor:
    """Things are claimed whole: a connected part of what stands out is, where most of it is claimed by its name.

    By its name a striped kite is found where it has the colour that was named, and by itself all of it is.
    """
    whole_THW = torch.zeros_like(named_THW)
    for named_HW, standing_out_HW, whole_HW in zip(named_THW, standing_out_THW, whole_THW, strict=True):
        count, parts = cv2.connectedComponents((standing_out_HW > _SHOWN).to(torch.uint8).numpy())
        for part_HW in (torch.from_numpy(parts == number) for number in range(1, count)):
            if named_HW[part_HW].mean() > _SHOWN:
                whole_HW[part_HW] = standing_out_HW[part_HW]
    return torch.maximum(named_THW, whole_THW)


def text_of(names: Sequence[str]) -> str:
    """Names as it reads them."""
    return ", ".join(names)


def save(finder: Finder, folder: Path) -> None:
    """See `described.save`."""
    described.save(finder, finder.shape, KIND, folder)


def load(folder: Path) -> Finder:
    """See `described.load`."""
    return described.load(KIND, folder)
