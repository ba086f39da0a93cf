"""Where a thing would be without the object: straight on, on the ground below, or where it was. Masks over time.

Pictures do not tell how far away things are, so a fall takes a few frames whatever its height, and what lies between a
thing and the ground below counts as swept until then; what rolls on may be slowed by friction, so its place is a range.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cleanplate.masks.brush import dilate
from cleanplate.masks.track import Mask, mask_box
from cleanplate.motion.warp import send
from cleanplate.reason.blobs import Blob
from cleanplate.reason.contact import EDGE, Contact
from cleanplate.reason.findings import Place
from cleanplate.reason.follow import translated
from cleanplate.reason.footage import Footage
from cleanplate.reason.store import MaskStore

FALL = 5
"""Frames that a fall is drawn over."""
_SLOWED = (0.7, 0.85, 1.0)
"""Shares of the speed before the contact at which a thing goes on: it may be rolling, sliding or flying."""
_KEYFRAMES = 4
_TUMBLES = 0.12
"""Of its size, by which a thing may come to lie otherwise than it stood."""
_BASE = 0.05
"""How far above its lowest point the middle of an object's foot lies, as a share of its height."""


@dataclass(frozen=True)
class Otherwise:
    """Where a thing would be: masks by position, a path for people, and where it would come to rest."""

    masks: MaskStore
    path: tuple[Place, ...] = ()
    rest: Place | None = None


def stays(footage: Footage, start: Blob) -> Otherwise:
    """Where it was, to the end."""
    masks = MaskStore()
    for at in range(start.at, len(footage)):
        masks.put(at, _brought(footage, start, at, np.asarray(start.centre)))
    return Otherwise(masks, rest=_place(footage, start.at, *start.centre))


def goes_on(footage: Footage, start: Blob, contact: Contact, last: int) -> Otherwise:
    """Straight on at the speed before the contact or less, until it leaves the picture; `path` ends at `last`."""
    height, width = footage.shape
    margin = EDGE * max(height, width)
    masks, positions = MaskStore(), list[Place]()
    gone = False
    for later in range(start.at, len(footage)):
        ways = [np.asarray(start.centre) + share * contact.before * (later - start.at) for share in _SLOWED]
        places = np.logical_or.reduce([_brought(footage, start, later, way) for way in ways])
        masks.put(later, np.asarray(places))
        place = _place(footage, later, float(ways[-1][0]), float(ways[-1][1]))
        if later <= last and not gone:
            positions.append(place)
        gone |= not (-margin <= place.x <= width + margin and -margin <= place.y <= height + margin)
    keys = sorted({round(k) for k in np.linspace(0, len(positions) - 1, min(_KEYFRAMES, len(positions)))})
    return Otherwise(masks, tuple(positions[key] for key in keys))


def falls(footage: Footage, start: Blob, ground: float, last: int, *, sure: bool = True) -> Otherwise:
    """Down to y = `ground` of the picture on which it starts: ballistic, the way swept until it has landed.

    Args:
        sure: that the ground is there; otherwise it may lie anywhere on the way, and all of it counts as swept.
    """
    box = start.box
    x, y = send(footage.between(0, start.at), np.asarray(start.centre)[None])[0]
    drop = max(0.0, ground - box[2])
    masks = MaskStore()
    for at in range(start.at, len(footage)):
        share = min(1.0, (at - start.at + 1) / FALL)
        steps = np.linspace(0.0, 1.0, 5) if share < 1 or not sure else np.array([1.0])
        fallen = [_lowered(footage, start, at, float(step) * share**2 * drop) for step in steps]
        masks.put(at, dilate(np.asarray(np.logical_or.reduce(fallen)), _TUMBLES * start.reach))
    landed = min(start.at + FALL, last)
    lands = Place(landed, float(y + drop), float(x))
    path = (Place(start.at, float(y), float(x)), lands)
    return Otherwise(masks, path if landed > start.at else path[:1], lands)


def ground_of(there: Mask) -> float:
    """The y of the ground under what an object bears: the middle of its foot."""
    box = mask_box(there)
    return float(box[2] - _BASE * (box[2] - box[0])) if box else float(there.shape[0] - 1)


def rests_at(thing: Mask, there: Mask) -> float:
    """The y at which a thing rests on what is below it: the lowest rows of it in the columns that both have.

    What is found together may reach lower beside; a thing that shares no column with what holds it ends at its foot.
    """
    own = thing.any(axis=0)
    over = own & there.any(axis=0) & (np.argmax(thing, axis=0) < np.argmax(there, axis=0))
    columns = over if over.any() else own
    return float(np.median(thing.shape[0] - np.argmax(thing[::-1, columns], axis=0)))


def _brought(footage: Footage, blob: Blob, at: int, steadied: NDArray[np.float64]) -> Mask:
    """The blob's shape with its middle at a steadied point, as seen on a picture."""
    there = send(footage.between(0, at), steadied[None])[0]
    was = send(footage.between(0, blob.at), np.asarray(blob.centre)[None])[0]
    return translated(blob.mask(footage.shape), (there - was).astype(np.float32))


def _lowered(footage: Footage, blob: Blob, at: int, by: float) -> Mask:
    was = send(footage.between(0, blob.at), np.asarray(blob.centre)[None])
    steadied = send(footage.between(blob.at, 0), was + np.array([[0.0, by]]))[0]
    return _brought(footage, blob, at, steadied)


def _place(footage: Footage, at: int, x: float, y: float) -> Place:
    """A steadied point as it lies on a picture."""
    here_x, here_y = send(footage.between(0, at), np.array([[x, y]]))[0]
    return Place(at, float(here_y), float(here_x))
