"""What differs from the backdrop on each picture, as connected blobs.

A thing that lies still for most of a segment becomes part of the backdrop; on the pictures where it is elsewhere its
place differs too. Such a "ghost" is told from a thing by where the outline is: a thing has its edge in the picture, a
ghost in the backdrop (as in surveillance; Cucchiara et al., PAMI 2003). A ghost's place is where the thing rests on the
pictures that do not differ there (`reason.resting`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.masks.brush import dilate, erode
from cleanplate.masks.track import Mask, MaskBox, mask_box
from cleanplate.motion.warp import send
from cleanplate.reason.backdrop import Backdrop, backdrop_for, difference
from cleanplate.reason.footage import Footage, Picture

SMALLEST = 30
"""Pixels of the smallest blob."""
_RIM = 3
"""Pixels around the objects that belong to their soft or missed edges."""
_OUTLINE = 1.25
"""How much stronger the outline must be in the backdrop for a blob to be a ghost."""


@dataclass(frozen=True)
class Blob:
    """One connected region on one picture.

    Attributes:
        box: (y0, x0, y1, x1), ends exclusive.
        inside: boolean mask of the box.
        centre: (x, y) in the steadied coordinates of the first picture.
        colour: mean R'G'B'.
    """

    at: int
    box: MaskBox
    inside: Mask
    centre: tuple[float, float]
    area: int
    colour: tuple[float, float, float]

    def mask(self, shape: tuple[int, int]) -> Mask:
        """h x w."""
        mask = np.zeros(shape, dtype=np.bool_)
        y0, x0, y1, x1 = self.box
        mask[y0:y1, x0:x1] = self.inside
        return mask

    @property
    def reach(self) -> float:
        """Diameter of the disc of the same area."""
        return 2 * float(np.sqrt(self.area / np.pi))


def blob_of(footage: Footage, at: int, mask: Mask) -> Blob:
    """The blob that a non-empty mask makes."""
    ys, xs = np.nonzero(mask)
    box = (int(ys.min()), int(xs.min()), int(ys.max()) + 1, int(xs.max()) + 1)
    x, y = send(footage.between(at, 0), np.array([[xs.mean(), ys.mean()]]))[0]
    red, green, blue = footage.rgb[at][mask].mean(axis=0)
    inside = mask[box[0] : box[2], box[1] : box[3]].copy()
    return Blob(at, box, inside, (float(x), float(y)), len(ys), (float(red), float(green), float(blue)))


def parts(mask: Mask, smallest: int = SMALLEST) -> Iterator[Mask]:
    """The 8-connected parts of at least `smallest` pixels."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    for number in range(1, count):
        if stats[number, cv2.CC_STAT_AREA] >= smallest:
            yield labels == number


def changed_at(footage: Footage, backs: list[Backdrop], at: int, spare: Mask | None = None) -> Mask:
    """h x w: what differs from the backdrop on a picture, outside the objects and outside `spare`."""
    back = backdrop_for(backs, at)
    behind, known = back.seen_from(footage, at)
    mask = (difference(footage.rgb[at], behind) > back.noise) & known & ~dilate(footage.object(at), _RIM)
    if spare is not None:
        mask &= ~spare
    return dilate(erode(mask, 1.0), 2.0) & ~dilate(footage.object(at), 1)


def find_blobs(
    footage: Footage, backs: list[Backdrop], spare: list[Mask | None]
) -> tuple[list[list[Blob]], list[list[Blob]]]:
    """Per picture: the things that differ from the backdrop, and the ghosts of things that rest in it.

    `spare` are regions per picture that are explained already.
    """
    things: list[list[Blob]] = []
    ghosts: list[list[Blob]] = []
    for at in range(len(footage)):
        behind, _ = backdrop_for(backs, at).seen_from(footage, at)
        things.append([])
        ghosts.append([])
        for part in parts(changed_at(footage, backs, at, spare[at])):
            kind = ghosts if is_ghost(part, footage.rgb[at], behind) else things
            kind[at].append(blob_of(footage, at, part))
    return things, ghosts


def is_ghost(part: Mask, now: Picture, behind: Picture) -> bool:
    """True when the outline of a differing region lies in the backdrop rather than in the picture."""
    y0, x0, y1, x1 = mask_box(part) or (0, 0, 0, 0)
    near = np.s_[max(y0 - 4, 0) : y1 + 4, max(x0 - 4, 0) : x1 + 4]
    band = dilate(part[near], 2) & ~erode(part[near], 2)
    return _edge(behind[near], band) > _OUTLINE * _edge(now[near], band)


def _edge(image: Picture, band: Mask) -> float:
    gray = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    strength: NDArray[np.float32] = np.hypot(cv2.Sobel(gray, cv2.CV_32F, 1, 0), cv2.Sobel(gray, cv2.CV_32F, 0, 1))
    return float(strength[band].mean())
