"""Things that the object stopped, pushed, carried or bears, from the movers near it to entries of the document."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from cleanplate.masks.reasoning import Kind, RemovedWith, Thing
from cleanplate.masks.track import Mask, mask_box
from cleanplate.motion.flow import Flow
from cleanplate.reason.agents import Agent
from cleanplate.reason.backdrop import Backdrop
from cleanplate.reason.blobs import SMALLEST, Blob, find_blobs
from cleanplate.reason.contact import CLOSE, Claim, Effect, gaps, judge
from cleanplate.reason.findings import Writer
from cleanplate.reason.follow import follow_through
from cleanplate.reason.footage import Footage
from cleanplate.reason.instead import Otherwise, falls, goes_on, ground_of, rests_at, stays
from cleanplate.reason.movers import Mover, link
from cleanplate.reason.resting import resting_blobs
from cleanplate.reason.store import MaskStore
from cleanplate.reason.sunlight import Sun
from cleanplate.reason.words import colour_name, instead_of, why_of

MOST = 5
"""Things claimed at most, the surest first."""
_TRAVEL = 6.0
"""Small pixels that a thing must move to count."""
_SHARE = 0.004
"""Smallest thing as a share of the object's area."""
_LETS_GO = (Effect.STOPPED, Effect.STRUCK, Effect.RESTS_ON, Effect.HELD, Effect.HANGS)
"""Effects on what would move without the object."""
_DEEP = 2.0
"""Heights of a hanging thing within which the ground is looked for below it."""
_LOW = 0.5
"""Share of the height of what holds a thing, within which the ground is below it."""
_WIDE = 1.6
"""Widths of what bears a thing, from which the thing lies on something else, too."""
_SAME = 0.5
"""Share of the smaller of two things that the other covers when both are one."""
_LINKS = 3
"""Length of a chain of causes."""


@dataclass
class Handled:
    """What was found about the things around the objects."""

    affected: list[Thing] = field(default_factory=list)
    belongings: list[RemovedWith] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Said:
    """What an entry says about a thing in words; `cause` is an id."""

    ident: str
    name: str
    cause: str
    why: str


def movers_of(
    footage: Footage, backs: list[Backdrop], explained: list[Mask | None]
) -> tuple[list[Mover], list[list[Blob]]]:
    """Everything that moves by itself in the steadied pictures, outside the objects and what is explained already.

    Also all that differs from the backdrop, by picture.
    """
    things, ghosts = find_blobs(footage, backs, explained)
    still = resting_blobs(footage, backs, ghosts)
    together = [moving + resting for moving, resting in zip(things, still, strict=True)]
    return [mover for mover in link(together) if mover.travel >= _TRAVEL], things


def claims(footage: Footage, movers: list[Mover], flow: Flow, objects: int) -> list[Claim]:
    """The graph of contacts: what the objects did to which mover, and what those did to others.

    At most one claim a mover, the surest `MOST` of each link of the chain, no thing twice; a cause stands before what
    it causes.
    """
    followed: dict[int, Mover] = {}

    def whole(mover: Mover) -> Mover:
        if id(mover) not in followed:
            followed[id(mover)] = follow_through(footage, mover, flow)
        return followed[id(mover)]

    chosen: list[Claim] = []
    agents = [Agent(footage, owner) for owner in range(1, objects + 1)]
    for _ in range(_LINKS):
        found = [claim for agent in agents for claim in _done_by(footage, agent, movers, whole)]
        found.sort(key=lambda claim: (-claim.contact.confidence, -claim.mover.area))
        fresh: list[Claim] = []
        for claim in found:
            if len(fresh) < MOST:
                fresh += unclaimed(footage, [claim], [*chosen, *fresh])
        chosen += fresh
        agents = [claim.as_agent() for claim in fresh if claim.contact.effect is not Effect.GOES_WITH]
    return chosen


def _done_by(footage: Footage, agent: Agent, movers: list[Mover], whole: Callable[[Mover], Mover]) -> Iterator[Claim]:
    """What one agent did to the movers near it; `whole` follows a mover through the clip."""
    size = max(int(agent.mask(at).sum()) for at in range(len(footage)))
    for mover in movers:
        small = mover.area < max(SMALLEST, _SHARE * size)
        if small or min(gaps(mover, agent).values(), default=np.inf) > CLOSE:
            continue
        contact = judge(footage, whole(mover), agent)
        if contact is not None:
            yield Claim(whole(mover), contact, agent)


def entries(
    footage: Footage, chosen: list[Claim], names: list[str], writer: Writer, suns: Sequence[Sun | None]
) -> Handled:
    """The document's entries of the claims, tracks written.

    Args:
        chosen: causes before effects.
        suns: by owner, what its own shadow told.
    """
    handled = Handled()
    used: set[str] = set(names)
    known: dict[int, tuple[str, str]] = {}
    for number, claim in enumerate(chosen, start=1):
        colours = np.mean([blob.colour for blob in claim.mover.blobs], axis=0)
        name = _unused(f"{colour_name((colours[0], colours[1], colours[2]))} thing", used)
        cause, cause_name = _cause(claim, names, known)
        why = why_of(claim.contact, name, cause_name, writer.frame(claim.contact.onset))
        if claim.contact.effect is Effect.GOES_WITH:
            handled.belongings.append(
                writer.belonging(
                    f"with-{number}",
                    name,
                    masks_of(footage, claim.mover, claim.mover.first),
                    removed_with=cause,
                    why=why,
                    confidence=claim.contact.confidence,
                )
            )
        else:
            said = _Said(f"thing-{number}", name, cause, why)
            known[id(claim.mover)] = said.ident, name
            handled.affected.append(_affected(footage, claim, writer, said, suns[claim.agent.owner - 1]))
            handled.sentences.append(instead_of(claim.contact, name))
    return handled


def _cause(claim: Claim, names: list[str], known: dict[int, tuple[str, str]]) -> tuple[str, str]:
    """The id, and the name for people, of what did it."""
    if claim.agent.mover is None:
        return names[claim.agent.owner - 1], names[claim.agent.owner - 1]
    return known[id(claim.agent.mover)]


def _affected(footage: Footage, claim: Claim, writer: Writer, said: _Said, sun: Sun | None) -> Thing:
    """The thing, where it is and where it would be."""
    contact, mover = claim.contact, claim.mover
    otherwise, here = _otherwise(footage, claim, sun), masks_of(footage, mover, contact.onset)
    return writer.thing(
        said.ident,
        said.name,
        Kind.OBJECT,
        here,
        caused_by=said.cause,
        why=said.why,
        confidence=contact.confidence,
        path=otherwise.path,
        rest=otherwise.rest,
        instead=otherwise.masks,
        will_move=contact.effect in _LETS_GO,
        was_moving=contact.moved_before or contact.effect in (Effect.PUSHED, Effect.CARRIED),
        should_have_stayed=contact.effect in (Effect.PUSHED, Effect.CARRIED) and not contact.moved_before,
    )


def _otherwise(footage: Footage, claim: Claim, sun: Sun | None) -> Otherwise:
    """Where the thing would be without the object."""
    contact, mover = claim.contact, claim.mover
    start = min(mover.blobs, key=lambda blob: abs(blob.at - max(contact.onset - 1, mover.first)))
    match contact.effect:
        case Effect.STOPPED | Effect.STRUCK:
            return goes_on(footage, start, contact, mover.last)
        case Effect.RESTS_ON | Effect.HELD:
            return _drops(footage, claim, start)
        case Effect.HANGS if sun and sun.lifted:
            return falls(footage, start, sun.ground(claim.agent.mask(start.at)), mover.last, sure=False)
        case Effect.HANGS:
            top, _, foot, _ = mask_box(claim.agent.mask(start.at)) or start.box
            deep = min(_DEEP * (start.box[2] - start.box[0]), _LOW * (foot - top))
            return falls(footage, start, start.box[2] + deep, mover.last, sure=False)
        case Effect.LEANS:
            return Otherwise(MaskStore())
        case _:
            return stays(footage, start)


def _drops(footage: Footage, claim: Claim, start: Blob) -> Otherwise:
    """A thing that loses what bears it: down by as much as what bears it stands high.

    What stands on that thing in turn, and what sticks out far and may lie on something else, too, could stop anywhere.
    """
    root = Agent(footage, claim.agent.owner).mask(start.at)
    below = claim.agent.mask(start.at)
    beyond = start.box[2] - rests_at(start.mask(footage.shape), below)
    wide = start.box[3] - start.box[1] > _WIDE * int(below.any(axis=0).sum())
    sure = claim.agent.mover is None and not wide
    return falls(footage, start, ground_of(root if root.any() else below) + beyond, claim.mover.last, sure=sure)


def masks_of(footage: Footage, mover: Mover, first: int) -> MaskStore:
    """Where a thing is, from a position on."""
    masks = MaskStore()
    for blob in mover.blobs:
        if blob.at >= first:
            masks.put(blob.at, blob.mask(footage.shape))
    return masks


def unclaimed(footage: Footage, found: Sequence[Claim], chosen: Sequence[Claim]) -> list[Claim]:
    """Those about things that nothing else is claimed of, each thing once."""
    new: list[Claim] = []
    for claim in found:
        if not any(_same_thing(claim.mover, other.mover, footage) for other in (*chosen, *new)):
            new.append(claim)
    return new


def _same_thing(a: Mover, b: Mover, footage: Footage) -> bool:
    """True when on most pictures that show both, one covers half of the other."""
    theirs = {blob.at: blob for blob in b.blobs}
    shared = [(blob, theirs[blob.at]) for blob in a.blobs if blob.at in theirs]
    covered = [
        int((p.mask(footage.shape) & q.mask(footage.shape)).sum()) > _SAME * min(p.area, q.area) for p, q in shared
    ]
    return bool(covered) and float(np.mean(covered)) > 0.3


def _unused(name: str, used: set[str]) -> str:
    """The name, numbered when another thing bears it."""
    numbered, count = name, 1
    while numbered in used:
        count += 1
        numbered = f"{name} {count}"
    used.add(numbered)
    return numbered
