"""The embedded reasoner: consequences that motion, contact, light and support give away, without any learned model.

What stops, turns or sets off where it touches the object, or what the object has set moving, is a link of a chain of
causes; what touches the object, never moves and stands on nothing else would fall. Each claim says how sure it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from cleanplate.errors import InputError
from cleanplate.masks.reasoning import Kind, Reasoning, RemovedWith, Thing
from cleanplate.masks.track import Mask, Track
from cleanplate.media.clip import Clip
from cleanplate.motion.flow import make_flow
from cleanplate.progress import Progress
from cleanplate.reason.backdrop import backdrops
from cleanplate.reason.bearing import borne
from cleanplate.reason.consequences import claims, entries, movers_of, unclaimed
from cleanplate.reason.contact import Claim, Effect
from cleanplate.reason.debris import spread
from cleanplate.reason.findings import Writer
from cleanplate.reason.footage import Footage, footage_of
from cleanplate.reason.footing import shade, shade_thing
from cleanplate.reason.gravity import Gravity, down
from cleanplate.reason.light import looks_at, reflections, shadows, travels
from cleanplate.reason.store import MaskStore
from cleanplate.reason.sunlight import sun_of

AROUND = 48
"""Frames before and after the object shows that are looked at: what it did goes on when it has left."""
_ALONG = (Effect.GOES_WITH, Effect.CARRIED)
"""What goes where the object goes does not fall besides; what is struck later may well have rested on it before."""


class PhysicsReasoner:
    """Reasons from motion, contact, support and light (`pipeline.protocols.Reasoner`).

    Args:
        gravity: degrees clockwise from down in the picture at which things fall, for a camera that did not stand
            upright; "auto" is 0 on the first picture and follows the camera's roll; by default the file tells.
    """

    name = "physics"

    def __init__(self, gravity: float | Literal["auto"] | None = None) -> None:
        self._gravity = gravity

    def reason(self, clip: Clip, tracks: Sequence[Track], frames: range, folder: Path, progress: Progress) -> Reasoning:
        """The document; an empty `affected` means that nothing was found, not that nothing is there."""
        shown = [n for track in tracks for n in track.frames if n in frames]
        if not shown:
            raise InputError(
                "none of the selected objects shows on the frames of this edit",
                where=", ".join(track.name for track in tracks),
                remedy="Select the object on a frame where it is seen.",
            )
        looked = range(max(min(shown) - AROUND, frames.start), min(max(shown) + AROUND + 1, frames.stop))
        gravity = Gravity.of(self._gravity, clip.info)
        with progress.task("Looking at what moves", len(looked)) as tick:
            footage = footage_of(clip, tracks, looked, folder, tick, turns=gravity.turns)
        footage, note = gravity.levelled(footage, folder)
        writer = Writer(footage, folder, len(clip))
        affected, belongings, sentences = consequences(footage, [track.name for track in tracks], writer)
        return Reasoning(
            frames=len(clip),
            height=footage.size[0],
            width=footage.size[1],
            grid=writer.grid,
            removed=tuple(track.name for track in tracks),
            removed_with=tuple(belongings),
            affected=tuple(affected),
            gravity=down(footage),
            scene_after=" ".join(sentences) or "The same scene with nothing there.",
            notes=(note,),
        )


def consequences(
    footage: Footage, names: Sequence[str], writer: Writer
) -> tuple[list[Thing], list[RemovedWith], list[str]]:
    """What the objects did, what goes with them, and sentences on the scene without them."""
    backs = backdrops(footage)
    owners = range(1, len(names) + 1)
    suns = [
        sun_of(footage, owner, looks_at(footage, owner), backs if travels(footage, owner) else ()) for owner in owners
    ]
    cast = [shadows(footage, backs, owner, sun) for owner, sun in zip(owners, suns, strict=True)]
    light = [found for found in (*cast, *(reflections(footage, owner) for owner in owners)) if found]
    seen = [found for found in light if found.seen_free]
    explained = [_union([found.masks.get(at) for found in seen]) for at in range(len(footage))]
    movers, changing = movers_of(footage, backs, explained)
    chosen = claims(footage, movers, make_flow(), len(names))
    debris = spread(footage, chosen, changing)
    known = [claim_masks(footage, chosen, at) + [found.masks.get(at) for found in light] for at in range(len(footage))]
    spare = [_union(some) for some in known]
    along = [claim for claim in chosen if claim.contact.effect in _ALONG]
    fall: list[Claim] = []
    for owner in owners:
        fall += unclaimed(footage, borne(footage, owner, spare), [*along, *fall])
    chosen += fall
    handled = entries(footage, chosen, list(names), writer, suns)
    affected = [found.thing(writer, names[found.owner - 1]) for found in light] + handled.affected
    if debris and handled.affected:
        affected.append(_debris(debris, writer, handled.affected[0].id))
    for owner, name in enumerate(names, start=1):
        if shades := shade(footage, owner):
            affected.append(shade_thing(writer, shades, owner, name))
    return affected, handled.belongings, handled.sentences


def _debris(masks: MaskStore, writer: Writer, cause: str) -> Thing:
    first = writer.frame(min(masks))
    return writer.thing(
        "debris",
        "what flies off or spreads",
        Kind.OTHER,
        masks,
        caused_by=cause,
        why=f"From frame {first} on the picture changes beside what was hit, and on from there.",
        confidence=0.5,
    )


def claim_masks(footage: Footage, chosen: Sequence[Claim], at: int) -> list[Mask | None]:
    """Where the claimed things are on a picture, those that are affected by then."""
    blobs = [claim.mover.on(at) for claim in chosen if claim.contact.onset <= at]
    return [None if blob is None else blob.mask(footage.shape) for blob in blobs]


def _union(masks: Sequence[Mask | None]) -> Mask | None:
    some = [mask for mask in masks if mask is not None]
    return np.logical_or.reduce(some) if some else None
