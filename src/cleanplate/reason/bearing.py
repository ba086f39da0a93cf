"""What the object bears, holds or props: things that touch it and never move by themselves, by the way gravity pulls.

A thing that touches the object from above, high on it, rests on it. A small thing that touches it elsewhere, clear of
the ground as far as the object's foot tells where that is, hangs from it or is held by it. Both would fall. What
reaches down to the ground beside the object may lean on it; what lies under the object carries it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cleanplate.masks.brush import dilate
from cleanplate.masks.track import Mask, mask_box
from cleanplate.reason.agents import Agent
from cleanplate.reason.beside import Beside, things_beside
from cleanplate.reason.blobs import blob_of
from cleanplate.reason.contact import Claim, Contact, Effect
from cleanplate.reason.footage import Footage
from cleanplate.reason.movers import Mover

_HIGH = 0.65
"""Share of the object's height, from its top, in which things rest on it."""
_FROM_ABOVE, _FROM_BELOW = 0.5, 0.35
"""Shares of the common border at which a thing lies above, or below, to rest on the object or hang from it."""
_HUNG, _HELD = 0.45, 0.6
"""Largest areas of what hangs and of what is held, as shares of the object's."""
_CLEAR = 0.15
"""Share of the object's height by which a thing must end above its foot to be clear of the ground."""
_ALONG = 0.3
"""Share of the object's height along which a thing beside it must touch it to lean on it."""
_OFTEN = 0.5
"""Share of the object's pictures on which a thing must be found."""
_SURE = {Effect.RESTS_ON: 0.55, Effect.HELD: 0.4, Effect.HANGS: 0.35, Effect.LEANS: 0.25}
"""Confidence of what is found on every picture."""
_RIM = 2.0


def borne(footage: Footage, owner: int, spare: Sequence[Mask | None]) -> list[Claim]:
    """What one object bears or holds for as long as it is seen; `spare` is explained already, by position."""
    agent = Agent(footage, owner)
    present = [at for at in range(len(footage)) if agent.mask(at).any()]
    found: dict[Effect, Mover] = {}
    for at in present:
        explained = spare[at]
        there = agent.mask(at)
        roles = [(role_of(one, there), one) for one in things_beside(footage, owner, at)]
        for effect in _SURE:
            some = [one.mask for role, one in roles if role is effect and not _known(one.mask, explained)]
            if some:
                found.setdefault(effect, Mover()).blobs.append(blob_of(footage, at, np.logical_or.reduce(some)))
    return [
        Claim(mover, Contact(effect, mover.first, np.zeros(2), _SURE[effect] * len(mover.blobs) / len(present)), agent)
        for effect, mover in found.items()
        if len(mover.blobs) >= max(3, _OFTEN * len(present))
    ]


def role_of(beside: Beside, there: Mask) -> Effect | None:
    """What the object does for a thing that touches it: bears, holds or suspends it, or None."""
    top, _, foot, _ = mask_box(there) or (0, 0, 0, 0)
    _, _, bottom, _ = mask_box(beside.mask) or (0, 0, 0, 0)
    touch = np.flatnonzero((dilate(there, _RIM) & beside.mask).any(axis=1))
    if not len(touch):
        return None
    height, share = foot - top, float(beside.mask.sum() / there.sum())
    if beside.above >= _FROM_ABOVE:
        return Effect.RESTS_ON if touch.mean() < top + _HIGH * height else None
    if beside.below >= _FROM_BELOW:
        return Effect.HANGS if share < _HUNG and touch.mean() > top + _HIGH * height else None
    if share < _HELD and bottom < foot - _CLEAR * height:
        return Effect.HELD
    return Effect.LEANS if len(touch) > _ALONG * height else None


def _known(mask: Mask, explained: Mask | None) -> bool:
    return explained is not None and float((mask & explained).sum()) > 0.3 * float(mask.sum())
