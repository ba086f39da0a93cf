"""What the object bears, holds or props: things that touch it and never move by themselves, by the way gravity pulls.

A thing that touches the object from above, high on it, rests on it. A small thing that touches it elsewhere, clear of
the ground as far as the object's foot tells where that is, or that the object lies around, hangs from it or is held by
it. All of them would fall. What reaches down to the ground beside the object may lean on it; what lies under the object
carries it, unless it reaches far below or is small, and touches it with its upper end: then the object has hold of it.

What is found is followed from picture to picture, so that each thing is a claim of its own, with the role that it has
most often. A thing found so that moves was moved, and would have stayed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cleanplate.masks.brush import dilate
from cleanplate.masks.track import Mask, mask_box
from cleanplate.reason.agents import Agent
from cleanplate.reason.beside import Beside, things_beside
from cleanplate.reason.blobs import Blob, blob_of
from cleanplate.reason.contact import Claim, Contact, Effect
from cleanplate.reason.footage import Footage
from cleanplate.reason.movers import Mover, link

_HIGH = 0.65
"""Share of the object's height, from its top, in which things rest on it."""
_FROM_ABOVE, _FROM_BELOW = 0.5, 0.35
"""Shares of the common border at which a thing lies above, or below, to rest on the object or hang from it."""
_HUNG, _HELD, _GRIPPED = 0.45, 0.6, 1.0
"""Largest areas of what hangs, of what is held, and of what hangs far below its foot, as shares of the object's."""
_DEEP = 0.5
"""Share of the object's height that is far below its foot."""
_AROUND = 0.25
"""Share of the common border at which a thing lies above, and below, to be held in the midst of the object."""
_UPPER = 0.5
"""Share of its height, from its top, in which a thing is touched by what has hold of it."""
_CLEAR = 0.15
"""Share of the object's height by which a thing must end above its foot to be clear of the ground."""
_ALONG = 0.3
"""Share of the object's height along which a thing beside it must touch it to lean on it."""
_MOVED, _MOVED_BY = 6.0, 0.2
"""Small pixels, and share of its size, that a thing beside the object has travelled when it was moved."""
_STANDS = 0.3
"""Least height of what stands beside the object, as a share of the object's."""
_OFTEN = 0.5
"""Share of the object's pictures on which a thing must be found."""
_SURE = {Effect.RESTS_ON: 0.55, Effect.HELD: 0.4, Effect.HANGS: 0.35, Effect.LEANS: 0.25, Effect.CARRIED: 0.3}
"""Confidence of what is found on every picture."""
_RIM = 2.0


def borne(footage: Footage, owner: int, spare: Sequence[Mask | None]) -> list[Claim]:
    """What one object bears or holds for as long as it is seen; `spare` is explained already, by position."""
    agent = Agent(footage, owner)
    present = [at for at in range(len(footage)) if agent.mask(at).any()]
    roles: dict[int, Effect] = {}
    found: list[list[Blob]] = []
    for at in range(len(footage)):
        there, explained = agent.mask(at), spare[at]
        found.append([])
        for one in things_beside(footage, owner, at) if there.any() else ():
            role = role_of(one, there)
            if role is not None and not _known(one.mask, explained):
                found[at].append(blob_of(footage, at, one.mask))
                roles[id(found[at][-1])] = role
    enough = max(3, _OFTEN * len(present))
    things = [mover for mover in link(found) if len(mover.blobs) >= enough]
    offers = [(mover, _often([roles[id(blob)] for blob in mover.blobs])) for mover in things]
    return [
        _claim(mover, effect, agent, len(present))
        for mover, effect in offers
        if effect is not Effect.CARRIED or _moved(mover)
    ]


def _moved(mover: Mover) -> bool:
    return mover.travel > max(_MOVED, _MOVED_BY * mover.reach)


def _claim(mover: Mover, effect: Effect, agent: Agent, pictures: int) -> Claim:
    if effect is Effect.LEANS and _moved(mover):
        effect = Effect.CARRIED
    sure = _SURE[effect] * len(mover.blobs) / pictures
    return Claim(mover, Contact(effect, mover.first, np.zeros(2), sure), agent)


def _often(roles: list[Effect]) -> Effect:
    """The most frequent one, of equals the surest."""
    return max(_SURE, key=lambda effect: (roles.count(effect), _SURE[effect]))


def role_of(beside: Beside, there: Mask) -> Effect | None:
    """What the object does for what touches it: bears, holds or suspends it; carries it, if it moves; or None."""
    top, _, foot, _ = mask_box(there) or (0, 0, 0, 0)
    highest, _, bottom, _ = mask_box(beside.mask) or (0, 0, 0, 0)
    touch = np.flatnonzero((dilate(there, _RIM) & beside.mask).any(axis=1))
    if not len(touch):
        return None
    height, share = foot - top, float(beside.mask.sum() / there.sum())
    clear = bottom < foot - _CLEAR * height
    if beside.above >= _FROM_ABOVE:
        return Effect.RESTS_ON if touch.mean() < top + _HIGH * height else None
    around = min(beside.above, beside.below) >= _AROUND
    by_its_top = bottom > foot and touch.mean() < highest + _UPPER * (bottom - highest)
    far = by_its_top and share < _GRIPPED and bottom - foot > _DEEP * height
    hung = touch.mean() > top + _HIGH * height and (share < _HUNG or far)
    if not around and (beside.below >= _FROM_BELOW or (hung and by_its_top)):
        return Effect.HANGS if hung else None
    if share < _HELD and clear:
        return Effect.HELD
    if around or bottom - highest < _STANDS * height:
        return None
    return Effect.LEANS if len(touch) > _ALONG * height else Effect.CARRIED


def _known(mask: Mask, explained: Mask | None) -> bool:
    return explained is not None and float((mask & explained).sum()) > 0.3 * float(mask.sum())
