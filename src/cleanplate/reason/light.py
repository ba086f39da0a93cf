"""What the object does to the light: its shadow and its reflection, gathered over time into findings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cleanplate.masks.brush import dilate
from cleanplate.masks.reasoning import Kind, Thing
from cleanplate.masks.track import Mask
from cleanplate.motion.warp import warp_homography
from cleanplate.reason.backdrop import Backdrop
from cleanplate.reason.contact import object_path
from cleanplate.reason.findings import Writer
from cleanplate.reason.footage import Footage, neighbours
from cleanplate.reason.reflection import mirror_image
from cleanplate.reason.shadow import cast_shadow, standing_shadow
from cleanplate.reason.store import MaskStore

_OFTEN = 0.5
"""Share of the object's frames on which a light effect must be found."""
_TRAVELS = 0.5
"""Distance, as a share of its size, from which an object moves enough to uncover what its shadow covers."""
_LOOKS = 7
"""Pictures on which a still object's surroundings are looked at."""
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
                else f"A soft dark area lies at the foot of the {cause}, which never moves: probably its shadow."
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


def shadows(footage: Footage, backs: list[Backdrop], owner: int) -> LightFinding:
    """The shadow that one object casts."""
    path = object_path(footage, owner)
    if not travels(footage, owner):
        return LightFinding(Kind.SHADOW, owner, _standing(footage, owner), False, 0.35)
    masks = MaskStore()
    for at in path[:, 0].astype(int):
        masks.put(int(at), cast_shadow(footage, backs, owner, int(at)))
    return LightFinding(Kind.SHADOW, owner, _steady(masks, len(path)), True, 0.8)


def reflections(footage: Footage, owner: int) -> LightFinding:
    """The mirror image below one object."""
    masks, scores = MaskStore(), []
    path = object_path(footage, owner)
    for at in path[:, 0].astype(int):
        image = mirror_image(footage, owner, int(at))
        if image is not None:
            masks.put(int(at), dilate(image.mask, _WAVES) & ~footage.object(int(at)))
            scores.append(image.score)
    sure = round(0.9 * float(np.mean(scores)), 2) if scores else 0.0
    return LightFinding(Kind.REFLECTION, owner, _steady(masks, len(path)), travels(footage, owner), sure)


def travels(footage: Footage, owner: int) -> bool:
    """True when an object moves far enough, or comes and goes, so that what is beside it is also seen without it."""
    path = object_path(footage, owner)
    if not len(path):
        return False
    areas = [int((footage.owner[int(at)] == owner).sum()) for at in path[:, 0]]
    moved = np.linalg.norm(path[:, 1:] - np.median(path[:, 1:], axis=0), axis=1).max()
    return bool(moved > _TRAVELS * np.sqrt(np.median(areas)) or len(path) < _OFTEN * len(footage))


def _steady(masks: MaskStore, frames: int) -> MaskStore:
    """The masks, or none when the effect is seen too seldom to be one of the object's."""
    return masks if len(masks) >= max(3, _OFTEN * frames) else MaskStore()


def _standing(footage: Footage, owner: int) -> MaskStore:
    """One shape for the whole time: what most looks agree on, carried along with the camera."""
    present = object_path(footage, owner)[:, 0].astype(int)
    if not len(present):
        return MaskStore()
    anchor = int(present[len(present) // 2])
    looks = [int(present[n]) for n in neighbours(len(present), len(present) // 2, len(present), _LOOKS)]
    votes = [_seen_from(footage, standing_shadow(footage, owner, at), at, anchor) for at in looks]
    agreed = np.mean(votes, axis=0) > _OFTEN
    masks = MaskStore()
    for at in present:
        masks.put(int(at), _seen_from(footage, agreed, anchor, int(at)) & ~footage.object(int(at)))
    return masks


def _seen_from(footage: Footage, mask: Mask, at: int, other: int) -> Mask:
    """A mask of picture `at` on the grid of picture `other`."""
    warped: Mask = warp_homography(mask.astype(np.float32), footage.between(other, at), footage.shape) >= 0.5
    return warped
