"""What the object does to the light: its shadow and its reflection, gathered over time into findings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cleanplate.masks.brush import dilate
from cleanplate.masks.reasoning import Kind, Thing
from cleanplate.masks.track import Mask
from cleanplate.motion.warp import warp_homography
from cleanplate.reason.agents import Agent
from cleanplate.reason.backdrop import Backdrop
from cleanplate.reason.findings import Writer
from cleanplate.reason.footage import Footage, neighbours
from cleanplate.reason.reflection import mirror_image
from cleanplate.reason.shadow import cast_shadow, standing_shadow
from cleanplate.reason.store import MaskStore
from cleanplate.reason.sunlight import Sun

_OFTEN = 0.5
"""Share of the object's frames on which a light effect must be found."""
_TRAVELS = 0.5
"""Distance, as a share of its size, from which an object moves enough to uncover what its shadow covers."""
_LOOKS = 9
"""Pictures on which an effect is looked for before all are searched."""
_WAVES = 2.0
"""Pixels around a mirror image that belong to it."""


@dataclass(frozen=True)
class LightFinding:
    """A shadow or a reflection over time; false when there is none.

    Attributes:
        seen_free: its places were also seen without it, so it is certain that the object causes it.
    """

    kind: Kind
    owner: int
    masks: MaskStore
    seen_free: bool
    confidence: float

    def __bool__(self) -> bool:
        return len(self.masks) > 0

    def thing(self, writer: Writer, cause: str) -> Thing:
        """Its entry in the document; the track is written."""
        first = writer.frame(min(self.masks))
        if self.kind is Kind.SHADOW:
            why = (
                f"From frame {first} on this area moves with the {cause}; it is darker than the same place is "
                f"when the {cause} is elsewhere, and keeps its colour and texture."
                if self.seen_free
                else f"A dark area lies at the foot of the {cause}, as its shadow would: probably its shadow."
            )
        else:
            why = f"From frame {first} on the area below the {cause} shows it upside down: its reflection."
        return writer.thing(
            f"{self.kind.value}-{self.owner}",
            f"{self.kind.value} of the {cause}",
            self.kind,
            self.masks,
            caused_by=cause,
            why=why,
            confidence=self.confidence,
            was_moving=self.seen_free,
        )


def shadows(footage: Footage, backs: list[Backdrop], owner: int, sun: Sun | None = None) -> LightFinding:
    """The shadow that one object casts: as it is seen, or else where the light says that it falls."""
    if travels(footage, owner):
        masks = _gathered(footage, owner, lambda at: cast_shadow(footage, backs, owner, at))
        if masks:
            return LightFinding(Kind.SHADOW, owner, masks, True, 0.8)
    elif masks := _standing(footage, owner):
        return LightFinding(Kind.SHADOW, owner, masks, False, 0.35)
    masks = MaskStore()
    if sun is not None:
        for at in _present(footage, owner):
            there = footage.owner[at] == owner
            masks.put(at, sun.shadow(there, sun.ground(there)) & ~footage.object(at))
    return LightFinding(Kind.SHADOW, owner, masks, False, min(sun.confidence, 0.45) if sun else 0.0)


def looks_at(footage: Footage, owner: int) -> list[int]:
    """Half a dozen positions, evenly over the time that an object shows."""
    return _spread(_present(footage, owner))[::2]


def reflections(footage: Footage, owner: int) -> LightFinding:
    """The mirror image below one object."""
    scores = []

    def image(at: int) -> Mask:
        found = mirror_image(footage, owner, at)
        if found is None:
            return np.zeros(footage.shape, dtype=np.bool_)
        scores.append(found.score)
        return dilate(found.mask, _WAVES) & ~footage.object(at)

    masks = _gathered(footage, owner, image)
    sure = 0.9 * float(np.mean(scores)) if scores else 0.0
    return LightFinding(Kind.REFLECTION, owner, masks, travels(footage, owner), sure)


def travels(footage: Footage, owner: int) -> bool:
    """True when an object moves far enough, or comes and goes, so that what is beside it is also seen without it."""
    path = Agent(footage, owner).path()
    if not len(path):
        return False
    areas = [int((footage.owner[int(at)] == owner).sum()) for at in path[:, 0]]
    moved = np.linalg.norm(path[:, 1:] - np.median(path[:, 1:], axis=0), axis=1).max()
    return bool(moved > _TRAVELS * np.sqrt(np.median(areas)) or len(path) < _OFTEN * len(footage))


def _gathered(footage: Footage, owner: int, look: Callable[[int], Mask]) -> MaskStore:
    """An effect over time, or nothing when it is seen too seldom to be the object's; a few looks decide first."""
    masks, present = MaskStore(), _present(footage, owner)
    if sum(bool(look(at).any()) for at in _spread(present)) < _OFTEN * len(_spread(present)):
        return masks
    for at in present:
        masks.put(at, look(at))
    return masks if len(masks) >= max(3, _OFTEN * len(present)) else MaskStore()


def _present(footage: Footage, owner: int) -> list[int]:
    return [int(at) for at in Agent(footage, owner).path()[:, 0]]


def _spread(present: list[int]) -> list[int]:
    """A few positions, evenly over the time that the object shows."""
    return [present[n] for n in neighbours(len(present), len(present) // 2, len(present), _LOOKS)] if present else []


def _standing(footage: Footage, owner: int) -> MaskStore:
    """One shape for the whole time: what most looks agree on, carried along with the camera."""
    present = _present(footage, owner)
    if not present:
        return MaskStore()
    anchor, looks = present[len(present) // 2], _spread(present)
    votes = [_seen_from(footage, standing_shadow(footage, owner, at), at, anchor) for at in looks]
    agreed = np.mean(votes, axis=0) > _OFTEN
    masks = MaskStore()
    for at in present:
        masks.put(at, _seen_from(footage, agreed, anchor, at) & ~footage.object(at))
    return masks


def _seen_from(footage: Footage, mask: Mask, at: int, other: int) -> Mask:
    """A mask of picture `at` on the grid of picture `other`."""
    warped: Mask = warp_homography(mask.astype(np.float32), footage.between(other, at), footage.shape) >= 0.5
    return warped
