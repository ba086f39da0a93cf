"""What the object does to a thing: contact, then a change of motion.

All speeds are in pixels of the small, steadied pictures per frame.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.reason.agents import Agent, slope_around
from cleanplate.reason.footage import Footage
from cleanplate.reason.movers import REST, Mover

TOUCH = 7.0
"""Gap in small pixels that counts as touching; the rim that belongs to the object's edge is part of it."""
CLOSE = 40
"""Small pixels: things that never come nearer to the object are none of its doing."""
_MOVING = 1.5
_TURN = 0.5
"""Change of velocity, as a share of the speed before, that a contact must explain."""
_BEFORE, _AFTER = 4, 5
"""Frames over which the velocity before and after the contact is measured."""
_FRESH = 3
"""Frames after the first touch within which a change of motion is put down to it."""
EDGE = 0.03
"""Share of the longer side that is the frame's edge; steadying leaves it unknown."""
_MOST_OF_IT = 0.6
"""Share of its largest view from which a view shows most of a thing."""
_GIVES_WAY, _SOON = 5.0, 16
"""Pixels, or a tenth of its size, that a pushed thing moves at least; frames within which it does."""
_TOGETHER = 0.4
"""Difference of two velocities, as a share of the larger, under which they are one motion."""
_WHILE = 5
"""Frames that two things must move together for."""
_GOES_ON = 0.35
"""Speed afterwards, as a share of that before, from which a thing was turned aside and not stopped."""
_HIDDEN, _BEHIND = 0.6, 0.6
"""Share of its area that a thing keeps where it is hidden, and what is left of the confidence then."""
_LINK = 0.8
"""What is left of the confidence from one link of a chain of causes to the next."""
_CHAINED = 6
"""Touching pictures on which a thing that was set moving is held to have moved the next one."""


class Effect(StrEnum):
    """What an object did to a thing."""

    GOES_WITH = "goes with"
    CARRIED = "carried"
    RESTS_ON = "rests on"
    STOPPED = "stopped"
    STRUCK = "struck"
    HELD = "held"
    HANGS = "hangs"
    LEANS = "leans"
    PUSHED = "pushed"


@dataclass(frozen=True)
class Contact:
    """One effect of one object on one thing.

    Attributes:
        onset: position of the first picture on which the thing moves otherwise than it would alone.
        before: the thing's velocity (x, y) up to there.
        moved_before: it was moving before the contact.
        confidence: 0..1.
    """

    effect: Effect
    onset: int
    before: NDArray[np.float64]
    confidence: float

    @property
    def moved_before(self) -> bool:
        return float(np.linalg.norm(self.before)) > REST


@dataclass(frozen=True)
class Claim:
    """A thing, what was done to it, and by what."""

    mover: Mover
    contact: Contact
    agent: Agent

    def as_agent(self) -> Agent:
        """The thing, as it acts on others."""
        return Agent(
            self.agent.footage, self.agent.owner, self.mover, self.contact.onset, _LINK * self.contact.confidence
        )


def gaps(mover: Mover, agent: Agent) -> dict[int, float]:
    """Position -> distance in pixels between the thing and what may act on it, where both show; inf beyond `CLOSE`."""
    found = {}
    for blob in mover.blobs:
        there = agent.mask(blob.at)
        if not there.any():
            continue
        y0, x0, y1, x1 = blob.box
        top, left = max(y0 - CLOSE, 0), max(x0 - CLOSE, 0)
        near = there[top : y1 + CLOSE, left : x1 + CLOSE]
        found[blob.at] = np.inf
        if near.any():
            away = cv2.distanceTransform((~near).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
            gap = float(away[y0 - top : y1 - top, x0 - left : x1 - left][blob.inside].min())
            found[blob.at] = gap if gap <= CLOSE else np.inf
    return found


def judge(footage: Footage, mover: Mover, agent: Agent) -> Contact | None:
    """What an agent did to the thing, or None when nothing shows."""
    distance = gaps(mover, agent)
    path = agent.path()
    together = _moving_together(mover, path, distance)
    if together and agent.mover is None:
        return _carried(mover, agent, together, distance)
    if _reaches_in(footage, mover, agent):
        return None
    touching = [at for at in sorted(distance) if distance[at] <= TOUCH + _speed(mover, at) / 2 and at >= agent.since]
    fresh = [at for at in touching if any(distance.get(at - n, np.inf) > TOUCH for n in range(1, _FRESH + 1))]
    if agent.mover is not None:
        fresh = touching[:_CHAINED]
    for at in fresh:
        contact = _turned(mover, agent, at) or _pushed(mover, path, distance, at)
        if contact is not None:
            onset = max(contact.onset, agent.since + 1) if agent.mover is not None else contact.onset
            return replace(contact, onset=onset, confidence=agent.trust * contact.confidence)
    return None


def _turned(mover: Mover, agent: Agent, at: int) -> Contact | None:
    """A thing that moved into the agent and goes on otherwise: an abrupt change of velocity."""
    if at - mover.first < 2 or mover.last - at < 2:
        return None
    before, after = mover.velocity(at - _BEFORE, at), mover.velocity(at + 1, at + _AFTER)
    speed, step = float(np.linalg.norm(before)), mover.velocity(at, at + 1)
    if speed < _MOVING or min(np.linalg.norm(step - before), np.linalg.norm(after - before)) < _TURN * speed:
        return None
    falling = before[1] > abs(before[0]) and np.linalg.norm(after) < _MOVING
    effect = Effect.STRUCK if np.linalg.norm(after) > _GOES_ON * speed else Effect.STOPPED
    if falling and lies_on(mover, agent, mover.last):
        effect = Effect.RESTS_ON
    sure = min(0.9, 0.5 + 0.1 * speed / _MOVING)
    return Contact(effect, at + 1, before, sure * (_BEHIND if passes_behind(mover, agent, at) else 1.0))


def passes_behind(mover: Mover, agent: Agent, at: int) -> bool:
    """Order of occlusion: what shrinks where it meets the agent is being hidden by it, and need not touch it."""
    blob = mover.on(at)
    soon = [b.area for b in mover.blobs if at < b.at <= at + _AFTER]
    before = [b.area for b in mover.blobs if at - 2 * _BEFORE <= b.at < at - 1]
    if blob is None or not soon or not before:
        return False
    grown = agent.mask(at).sum() / max(agent.mask(max(at - _BEFORE, 0)).sum(), 1)
    return float(np.median(soon)) < _HIDDEN * float(np.median(before)) and grown > _HIDDEN


def _pushed(mover: Mover, path: NDArray[np.float64], distance: dict[int, float], at: int) -> Contact | None:
    """A thing at rest that sets off, or gives way, while the agent moves against it."""
    before = mover.velocity(at - 2 * _BEFORE, at)
    if at - mover.first < 2 or np.linalg.norm(before) >= REST or np.linalg.norm(slope_around(path, at, _BEFORE)) < REST:
        return None
    here = np.asarray(next(blob.centre for blob in mover.blobs if blob.at == at))
    far = max(_GIVES_WAY, 0.1 * mover.reach)
    for blob in mover.blobs:
        if at < blob.at <= at + _SOON and np.linalg.norm(np.asarray(blob.centre) - here) >= far:
            return Contact(Effect.PUSHED, _leant_on(path, distance, at) + 1, before, 0.7)
    return None


def _leant_on(path: NDArray[np.float64], distance: dict[int, float], at: int) -> int:
    """The first position of the run up to `at` on which the agent moves and touches: a slow push shows late."""
    while distance.get(at - 1, np.inf) <= TOUCH and np.linalg.norm(slope_around(path, at - 1, _BEFORE)) >= REST:
        at -= 1
    return at


def _reaches_in(footage: Footage, mover: Mover, agent: Agent) -> bool:
    """True for what is larger than the object and reaches in from outside the picture: a person, who moves alone."""
    height, width = footage.shape
    edge, most = EDGE * max(height, width), max(blob.area for blob in mover.blobs)
    whole = [blob for blob in mover.blobs if blob.area > _MOST_OF_IT * most]
    at_edge = [min(b.box[0], b.box[1]) <= edge or b.box[2] >= height - edge or b.box[3] >= width - edge for b in whole]
    sizes = [int(agent.mask(blob.at).sum()) for blob in mover.blobs]
    return float(np.mean(at_edge)) > 0.5 and most > float(np.median(sizes))


def _moving_together(mover: Mover, path: NDArray[np.float64], distance: dict[int, float]) -> list[int]:
    """Positions on which object and thing touch and move as one; empty when they mostly do not."""
    both_move, as_one = [], []
    for at in sorted(distance):
        mine, its = slope_around(path, at, 2), mover.velocity(at - 2, at + 2)
        larger = max(float(np.linalg.norm(mine)), float(np.linalg.norm(its)))
        if distance[at] > TOUCH or larger < _MOVING:
            continue
        both_move.append(at)
        if np.linalg.norm(mine - its) < _TOGETHER * larger:
            as_one.append(at)
    enough = len(as_one) >= _WHILE and len(as_one) >= 0.7 * len(both_move)
    return as_one if enough else []


def _carried(mover: Mover, agent: Agent, together: list[int], distance: dict[int, float]) -> Contact:
    before = mover.velocity(mover.first, together[0] - 1)
    if lies_on(mover, agent, together[len(together) // 2]):
        return Contact(Effect.RESTS_ON, together[0], before, 0.6)
    always = sum(gap <= TOUCH for gap in distance.values()) >= 0.9 * len(distance)
    return Contact(Effect.GOES_WITH if always else Effect.CARRIED, together[0], before, 0.7)


def lies_on(mover: Mover, agent: Agent, at: int) -> bool:
    """True when the thing touches the agent from above: over it, its lowest points near the agent's top there."""
    blob = mover.on(at)
    if blob is None:
        return False
    there = agent.mask(at)
    thing = blob.mask(there.shape)
    shared = thing.any(axis=0) & there.any(axis=0)
    if shared.sum() < 0.5 * thing.any(axis=0).sum():
        return False
    bottom = thing.shape[0] - 1 - np.argmax(thing[::-1, shared], axis=0)
    top = np.argmax(there[:, shared], axis=0)
    return bool(np.abs(np.median(top - bottom)) <= TOUCH)


def _speed(mover: Mover, at: int) -> float:
    return float(np.linalg.norm(mover.velocity(at - 2, at)))
