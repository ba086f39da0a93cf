"""A layered clip from a shot: what `remove` took out of real footage, as the layer that would put it back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from cleanplate.edit.package import ShotPackage
from cleanplate.masks.brush import dilate
from cleanplate.masks.labels import removed
from cleanplate.masks.track import Mask
from cleanplate.media.clip import Clip
from cleanplate.media.colour import picture
from cleanplate.worlds.harvest.casts import Casts
from cleanplate.worlds.harvest.matting import matted
from cleanplate.worlds.harvest.plate import fitted
from cleanplate.worlds.layered.alpha import Picture, layer_between, over
from cleanplate.worlds.layered.clip import LayeredClip, LayeredFrame, Task, Tier
from cleanplate.worlds.layered.wording import Facts, add_instruction, caption

SUBSET = f"{Tier.SINGLE}-{Task.ADD}"
"""Where what is harvested belongs."""
_BAND = 0.006
"""Half the width of the band in which the matte may be soft, in shares of the frame's width."""
_STAYS = "Invents no motion"
"""How the engine begins to tell of things that should move otherwise once the thing is gone, and do not."""
_GRAIN = 10
"""Codes of 8 bits up to which plate and clean plate differ by grain; more is an effect, such as a shadow."""


@dataclass(frozen=True)
class Rim:
    """Pixels inside and outside the removed region's edge between which the thing's own edge lies."""

    inner: int
    outer: int

    @classmethod
    def of(cls, width: int, grown: int) -> Rim:
        """For frames of that width, and a region that has grown by so many pixels."""
        band = max(1, round(_BAND * width))
        return cls(grown + band, max(1, band - grown))


def harvested(package: ShotPackage, noun: str, *, height: int, seed: int = 0) -> LayeredClip:
    """The removed thing, and what it cast, as an addition to the clean plate.

    Args:
        package: of a removal; its plate has to lie where it was.
        noun: what people call the thing.
        height: of the frames; the width follows, both even.
    """
    with Clip.open(package.source) as clip:
        info, length = clip.info, len(clip)
    width = round(height * info.width / info.height / 2) * 2
    size = height, width
    grown = round(int(str(package.shot.edit.get("grow", 0))) * height / info.height)
    rng = np.random.default_rng([seed, 0x4A25])
    facts = _facts(package, noun, size)
    return LayeredClip(
        task=Task.ADD,
        tier=Tier.SINGLE,
        seed=seed,
        rate=float(info.rate),
        length=length,
        subject=noun,
        instruction=add_instruction(facts, rng),
        target_caption=caption(facts),
        source_caption=caption(facts, with_thing=False),
        draw=lambda: _frames(package, size, grown),
        facts=_facts_of(facts, package),
    )


def _facts_of(said: Facts, package: ShotPackage) -> dict[str, str | float | int]:
    """What the clip is, and what a person who judges the layer wants to know of the removal."""
    found: dict[str, str | float | int] = {"camera": said.camera, "motion": round(abs(said.moves), 4), "objects": 1}
    found["place"] = "real footage"
    unseen = package.shot.measurements.get("never_seen")
    if isinstance(unseen, float | int):
        found["seen"] = round(1 - unseen, 4)
    still = [note for note in package.shot.notes if note.startswith(_STAYS)]
    if told := " ".join((*package.shot.warnings, *still)):
        found["warnings"] = told
    return found


def _frames(package: ShotPackage, size: tuple[int, int], grown: int) -> Iterator[LayeredFrame]:
    rim = Rim.of(size[1], grown)
    quadmask = package.quadmask()
    if quadmask is None:
        raise ValueError("a harvest begins with a removal")
    casts = Casts(package)
    with Clip.open(package.source) as plate, Clip.open(package.composite) as clean:
        for before, after, labels in zip(plate.frames(), clean.frames(), quadmask, strict=True):
            with_it, without = (picture(f, c.info, size) for f, c in ((before, plate), (after, clean)))
            may_be = fitted(casts.at(before.index, labels), size)
            yield _frame(with_it, without, fitted(removed(labels), size), may_be, rim)


def _frame(with_it: Picture, without: Picture, gone: Mask, may_be: Mask, rim: Rim) -> LayeredFrame:
    """The layer of one frame; grain is left to the clean plate, so the composite is made anew from the layer.

    The thing has its own colour and matte. What it cast is what else differs where something of the kind may be, with
    the rim beside it: there the removed region, grown, lies over a shadow that touches the thing.
    """
    thing = matted(with_it, gone, rim.inner, rim.outer)
    near = dilate(may_be, rim.inner) & (gone | thing.unsure)
    differs = np.abs(with_it.astype(int) - without).max(axis=2) > _GRAIN
    cast = _without_specks(differs & (may_be | near) & (thing.alpha < 1))
    edit, alpha = layer_between(without, with_it, np.where(cast, thing.alpha, 0).astype(np.float32))
    alpha = np.where(cast, alpha, np.ceil(thing.alpha * 255 - 1e-6)).astype(np.uint8)
    edit = np.where(cast[..., None], edit, thing.colour)
    nothing = np.zeros(gone.shape, np.bool_)
    return LayeredFrame(without, without, edit, alpha, over(edit, alpha, without), nothing, thing.alpha)


def _without_specks(mask: Mask) -> Mask:
    """Grain lights up single pixels; what is cast has an area."""
    return np.asarray(cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)) > 0)


def _facts(package: ShotPackage, noun: str, size: tuple[int, int]) -> Facts:
    """What can be said of the thing from where the quadmask has it, at the start and at the end."""
    quadmask = package.quadmask()
    seen = quadmask.changed_frames if quadmask is not None else []
    if quadmask is None or not seen:
        raise ValueError("a harvest begins with a removal")
    places = []
    for number in (seen[0], seen[-1]):
        y0, x0, y1, x1 = quadmask.box_of_change(number) or (0, 0, 1, 1)
        places.append(((x0 + x1) / 2 / quadmask.width, (y0 + y1) / 2 / quadmask.height, (y1 - y0) / quadmask.height))
    quadmask.close()
    (x, y, tall), (later, _, _) = places
    return Facts(noun, "the light of the scene", "the scene as it was filmed", "as filmed", (x, y), later - x, tall)
