"""Things that the object stopped, pushed, carried or bears, from the movers near it to entries of the document."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from cleanplate.masks.reasoning import Kind, RemovedWith, Thing
from cleanplate.masks.track import Mask
from cleanplate.motion.flow import Flow
from cleanplate.motion.warp import send
from cleanplate.reason.backdrop import Backdrop
from cleanplate.reason.blobs import SMALLEST, find_blobs
from cleanplate.reason.contact import CLOSE, EDGE, Contact, Effect, gaps, judge, lowest
from cleanplate.reason.findings import Place, Writer
from cleanplate.reason.follow import follow_through
from cleanplate.reason.footage import Footage
from cleanplate.reason.movers import Mover, link
from cleanplate.reason.resting import resting_blobs
from cleanplate.reason.store import MaskStore
from cleanplate.reason.words import colour_name, instead_of, why_of

MOST = 5
"""Things claimed at most, the surest first."""
_TRAVEL = 6.0
"""Small pixels that a thing must move to count."""
_SHARE = 0.004
"""Smallest thing as a share of the object's area."""
_SAME = 0.5
"""Share of the smaller of two things that the other covers when both are one."""
_KEYFRAMES = 4
_FALL = 10
"""Frames that a fall is drawn over: pictures alone do not tell how far away things are."""


@dataclass
class Handled:
    """What was found about the things around the objects."""

    affected: list[Thing] = field(default_factory=list)
    belongings: list[RemovedWith] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Claim:
    """A thing, what was done to it, and by which object."""

    mover: Mover
    contact: Contact
    owner: int


def movers_of(footage: Footage, backs: list[Backdrop], explained: list[Mask | None]) -> list[Mover]:
    """Everything that moves by itself in the steadied pictures, outside the objects and what is explained already."""
    things, ghosts = find_blobs(footage, backs, explained)
    still = resting_blobs(footage, backs, ghosts)
    together = [moving + resting for moving, resting in zip(things, still, strict=True)]
    return [mover for mover in link(together) if mover.travel >= _TRAVEL]


def claims(footage: Footage, movers: list[Mover], flow: Flow, objects: int) -> list[Claim]:
    """What the objects did to which mover: at most one claim a mover, the surest `MOST`, no thing twice."""
    found = []
    for owner in range(1, objects + 1):
        size = max(int((footage.owner[at] == owner).sum()) for at in range(len(footage)))
        for mover in movers:
            if (
                mover.area < max(SMALLEST, _SHARE * size)
                or min(gaps(footage, mover, owner).values(), default=np.inf) > CLOSE
            ):
                continue
            whole = follow_through(footage, mover, flow)
            contact = judge(footage, whole, owner)
            if contact is not None:
                found.append(Claim(whole, contact, owner))
    found.sort(key=lambda claim: (-claim.contact.confidence, -claim.mover.area))
    chosen: list[Claim] = []
    for claim in found:
        if len(chosen) < MOST and not any(_same_thing(claim.mover, other.mover, footage) for other in chosen):
            chosen.append(claim)
    return chosen


def entries(footage: Footage, chosen: list[Claim], names: list[str], writer: Writer) -> Handled:
    """The document's entries of the claims, tracks written."""
    handled = Handled()
    used: set[str] = set(names)
    for number, claim in enumerate(chosen, start=1):
        colours = np.mean([blob.colour for blob in claim.mover.blobs], axis=0)
        name = _unused(f"{colour_name((colours[0], colours[1], colours[2]))} thing", used)
        cause = names[claim.owner - 1]
        why = why_of(claim.contact, name, cause, writer.frame(claim.contact.onset))
        if claim.contact.effect is Effect.GOES_WITH:
            handled.belongings.append(
                writer.belonging(
                    f"with-{number}",
                    name,
                    _masks(footage, claim.mover, claim.mover.first),
                    removed_with=cause,
                    why=why,
                    confidence=claim.contact.confidence,
                )
            )
        else:
            ident = f"thing-{number}"
            handled.affected.append(_affected(footage, claim, writer, ident=ident, name=name, cause=cause, why=why))
            handled.sentences.append(instead_of(claim.contact, name))
    return handled


def _affected(footage: Footage, claim: Claim, writer: Writer, *, ident: str, name: str, cause: str, why: str) -> Thing:
    contact, mover = claim.contact, claim.mover
    path, rest = _instead(footage, claim)
    return writer.thing(
        ident,
        name,
        Kind.OBJECT,
        _masks(footage, mover, contact.onset),
        caused_by=cause,
        why=why,
        confidence=contact.confidence,
        path=path,
        rest=rest,
        will_move=contact.effect in (Effect.STOPPED, Effect.RESTS_ON),
        was_moving=contact.moved_before or contact.effect in (Effect.PUSHED, Effect.CARRIED),
        should_have_stayed=contact.effect in (Effect.PUSHED, Effect.CARRIED) and not contact.moved_before,
    )


def _instead(footage: Footage, claim: Claim) -> tuple[tuple[Place, ...], Place | None]:
    """Where the thing would go, and where it would rest, without the object."""
    contact, mover = claim.contact, claim.mover
    start = min(mover.blobs, key=lambda blob: abs(blob.at - max(contact.onset - 1, mover.first)))
    x, y = start.centre
    match contact.effect:
        case Effect.STOPPED:
            return _onwards(footage, start.at, (x, y), contact, mover.last), None
        case Effect.RESTS_ON:
            ground = lowest(footage, claim.owner, start.at) - (start.box[2] - start.box[0]) / 2
            landed = min(start.at + _FALL, mover.last)
            fall = _place(footage, start.at, x, y), _place(footage, landed, x, max(y, ground))
            return (fall if landed > start.at else fall[:1]), fall[-1]
        case _:
            return (), _place(footage, start.at, x, y)


def _onwards(footage: Footage, at: int, centre: tuple[float, float], contact: Contact, last: int) -> tuple[Place, ...]:
    """Straight on at the speed before the contact, until it leaves the picture or the thing is last seen."""
    height, width = footage.shape
    margin = EDGE * max(height, width)
    positions = []
    for later in range(at, last + 1):
        x, y = np.asarray(centre) + contact.before * (later - at)
        place = _place(footage, later, float(x), float(y))
        positions.append(place)
        if not (-margin <= place.x <= width + margin and -margin <= place.y <= height + margin):
            break
    keys = sorted({round(k) for k in np.linspace(0, len(positions) - 1, min(_KEYFRAMES, len(positions)))})
    return tuple(positions[key] for key in keys)


def _place(footage: Footage, at: int, x: float, y: float) -> Place:
    """A steadied point as it lies on a picture."""
    here_x, here_y = send(footage.between(0, at), np.array([[x, y]]))[0]
    return Place(at, float(here_y), float(here_x))


def _masks(footage: Footage, mover: Mover, first: int) -> MaskStore:
    masks = MaskStore()
    for blob in mover.blobs:
        if blob.at >= first:
            masks.put(blob.at, blob.mask(footage.shape))
    return masks


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
