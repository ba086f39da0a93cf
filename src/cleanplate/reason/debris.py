"""What follows a blow: whatever differs from the backdrop beside the things that were hit, and beside that in turn.

Crumbs, dust, ripples and shadows of what was moved have no place of their own before, and are no things to follow; but
they begin where the blow was and spread from there. No piece of it is larger than what was hit: that is a thing of its
own, or a picture that was steadied badly.
"""

from __future__ import annotations

import numpy as np

from cleanplate.masks.brush import dilate
from cleanplate.masks.track import Mask
from cleanplate.reason.blobs import Blob
from cleanplate.reason.contact import TOUCH, Claim, Effect
from cleanplate.reason.footage import Footage
from cleanplate.reason.store import MaskStore

_BLOWS = (Effect.PUSHED, Effect.STRUCK, Effect.STOPPED)
_LASTS = 4
"""Pictures on which it must be seen."""


def spread(footage: Footage, chosen: list[Claim], things: list[list[Blob]]) -> MaskStore:
    """Where it is, by position, beyond the claimed things; `things` are all blobs of every picture."""
    blows = [claim for claim in chosen if claim.contact.effect in _BLOWS]
    largest = max((claim.mover.area for claim in blows), default=0.0)
    found = MaskStore()
    before = np.zeros(footage.shape, np.bool_)
    for at in range(min((claim.contact.onset for claim in blows), default=len(footage)), len(footage)):
        hit = _claimed(footage, [claim for claim in blows if claim.contact.onset <= at], at)
        near = dilate(hit | before, TOUCH)
        masks = [blob.mask(footage.shape) for blob in things[at] if blob.area <= largest]
        now = np.logical_or.reduce([np.zeros_like(hit), *(mask for mask in masks if (mask & near).any())])
        found.put(at, now & ~dilate(_claimed(footage, chosen, at), TOUCH / 2))
        before = now
    return found if len(found) >= _LASTS else MaskStore()


def _claimed(footage: Footage, claims: list[Claim], at: int) -> Mask:
    blobs = [claim.mover.on(at) for claim in claims]
    masks = [blob.mask(footage.shape) for blob in blobs if blob is not None]
    return np.asarray(np.logical_or.reduce([np.zeros(footage.shape, np.bool_), *masks]))
