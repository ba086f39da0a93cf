"""Where a thing is before and after it stands out from the backdrop: its last whole blob, carried along the flow.

Blobs catch what is fast; the flow carries what is slow or at rest, and what the backdrop has swallowed.
"""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.masks.track import Mask, mask_box
from cleanplate.motion.flow import Flow
from cleanplate.motion.warp import send
from cleanplate.reason.blobs import Blob, blob_of
from cleanplate.reason.footage import Footage
from cleanplate.reason.movers import Mover

_WHOLE = 0.7
"""Share of the median area from which a blob shows the whole thing."""
_AGAIN = 45.0
"""Change of mean colour, in levels, after which it is not the same thing any more."""
_MARGIN = 24
_CHOICE = 4
"""Blobs at either end among which the whole one is looked for."""


def follow_through(footage: Footage, mover: Mover, flow: Flow) -> Mover:
    """The mover over as many pictures as it can be followed, without gaps."""
    ends = mover.blobs[:_CHOICE], mover.blobs[::-1][:_CHOICE]
    first, last = (_whole(end, mover.area) for end in ends)
    if first.at >= last.at:
        first, last = mover.blobs[0], mover.blobs[-1]
    between = [blob for blob in mover.blobs if first.at <= blob.at <= last.at]
    middle = [first]
    for earlier, later in pairwise(between):
        middle += [_between(footage, earlier, later, at) for at in range(earlier.at + 1, later.at)]
        middle.append(later)
    before = _carry(footage, first, range(first.at - 1, -1, -1), flow)
    after = _carry(footage, last, range(last.at + 1, len(footage)), flow)
    return Mover([*before[::-1], *middle, *after])


def carried_to(footage: Footage, blob: Blob, at: int, flow: Flow) -> Blob | None:
    """The blob moved along the median flow to a neighbouring picture; None when it is not to be seen there."""
    y0, x0, y1, x1 = blob.box
    height, width = footage.shape
    near = np.s_[max(y0 - _MARGIN, 0) : min(y1 + _MARGIN, height), max(x0 - _MARGIN, 0) : min(x1 + _MARGIN, width)]
    here, there = (cv2.cvtColor(np.ascontiguousarray(footage.rgb[n][near]), cv2.COLOR_RGB2GRAY) for n in (blob.at, at))
    mask = blob.mask(footage.shape)
    shift = np.median(flow(here, there)[mask[near]], axis=0)
    moved = translated(mask, shift) & ~footage.object(at)
    if moved.sum() < max(blob.area / 2, 1) or mask_box(moved) is None:
        return None
    found = blob_of(footage, at, moved)
    return found if np.linalg.norm(np.subtract(found.colour, blob.colour)) < _AGAIN else None


def _between(footage: Footage, earlier: Blob, later: Blob, at: int) -> Blob:
    """Where a thing went unseen: its earlier shape, on the straight way to the later one."""
    t = (at - earlier.at) / (later.at - earlier.at)
    steadied = (1 - t) * np.asarray(earlier.centre) + t * np.asarray(later.centre)
    here = send(footage.between(0, at), steadied[None])[0]
    was = send(footage.between(0, earlier.at), np.asarray(earlier.centre)[None])[0]
    moved = translated(earlier.mask(footage.shape), (here - was).astype(np.float32))
    return blob_of(footage, at, moved if moved.any() else earlier.mask(footage.shape))


def translated(mask: Mask, shift: NDArray[np.float32]) -> Mask:
    """The mask moved by (x, y) pixels, cut at the frame."""
    matrix = np.array([[1, 0, shift[0]], [0, 1, shift[1]]], dtype=np.float64)
    moved: Mask = cv2.warpAffine(mask.astype(np.float32), matrix, mask.shape[::-1], flags=cv2.INTER_LINEAR) >= 0.5
    return moved


def _carry(footage: Footage, start: Blob, positions: range, flow: Flow) -> list[Blob]:
    carried = []
    blob: Blob | None = start
    for at in positions:
        blob = carried_to(footage, blob, at, flow) if blob is not None else None
        if blob is None or np.linalg.norm(np.subtract(blob.colour, start.colour)) > _AGAIN:
            break
        carried.append(blob)
    return carried


def _whole(end: list[Blob], area: float) -> Blob:
    return next((blob for blob in end if blob.area >= _WHOLE * area), end[0])
