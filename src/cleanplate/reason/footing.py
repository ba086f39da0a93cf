"""Where the object stands: the ground at its foot lies in its shade, however soft the light is.

Light comes from everywhere above, and what stands on the ground keeps some of it off the ground beside its foot; so the
picture there is another without it, even where no shadow has an outline. That holds for whatever stands on a ground; a
picture that looks alike from top to bottom shows none, and nothing is said of it.
"""

from __future__ import annotations

import math

import numpy as np

from cleanplate.masks.reasoning import Kind, Thing
from cleanplate.masks.track import Mask, mask_box
from cleanplate.reason.findings import Writer
from cleanplate.reason.footage import Footage
from cleanplate.reason.store import MaskStore

CONFIDENCE = 0.5
_BANDS = 8
"""Parts of the picture's height whose colours are compared."""
_UNLIKE = 15.0
"""Levels by which the ground's colour must differ from that of a band above it."""
_LOW = 0.5
"""Share of the object's height, from its foot up, in which the ground behind it is near."""
_SOFT = 0.75
"""Confidence in the outline of the shade."""
_FEW = 64


def ground_seen(footage: Footage, at: int) -> bool:
    """True when the lowest band of a picture has another colour than some band above it: a floor before something."""
    height, free = footage.shape[0], ~footage.object(at)
    bands = [slice(height * n // _BANDS, height * (n + 1) // _BANDS) for n in range(_BANDS)]
    colours = [np.median(footage.rgb[at][band][free[band]], axis=0) for band in bands if free[band].sum() >= _FEW]
    return any(float(np.abs(colour - colours[-1]).max()) > _UNLIKE for colour in colours[:-1])


def at_foot(there: Mask) -> Mask:
    """h x w: the lower half of an object, before the ground that is nearest."""
    top, _, bottom, _ = mask_box(there) or (0, 0, 0, 0)
    low = there.copy()
    low[: math.floor(bottom - _LOW * (bottom - top))] = False
    return low


def shade(footage: Footage, owner: int) -> MaskStore:
    """Where one object's shade on the ground is, by position; empty where no ground is to be seen."""
    masks = MaskStore()
    for at in range(len(footage)):
        there: Mask = footage.owner[at] == owner
        if there.any() and ground_seen(footage, at):
            masks.put(at, at_foot(there))
    return masks


def shade_thing(writer: Writer, masks: MaskStore, owner: int, name: str) -> Thing:
    """The document's entry of it."""
    return writer.thing(
        f"shade-{owner}",
        f"shade at the foot of the {name}",
        Kind.SHADOW,
        masks,
        caused_by=name,
        why=f"The {name} stands before a ground, and what stands there keeps light off the ground at its foot; "
        "this is told of things in general and not seen.",
        confidence=CONFIDENCE,
        placed=_SOFT,
    )
