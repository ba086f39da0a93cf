"""A layered clip from a shot: what `remove` took out of real footage, as the layer that would put it back."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cleanplate.edit.package import ShotPackage
from cleanplate.masks.labels import Labels, changed, removed
from cleanplate.media.clip import Clip
from cleanplate.media.colour import picture
from cleanplate.worlds.harvest.matting import soft_matte
from cleanplate.worlds.harvest.plate import fitted
from cleanplate.worlds.layered.alpha import Picture, edit_colour, least_alpha, over
from cleanplate.worlds.layered.clip import LayeredClip, LayeredFrame, Task, Tier
from cleanplate.worlds.layered.wording import Facts, add_instruction, caption

SUBSET = f"{Tier.SINGLE}-{Task.ADD}"
"""Where what is harvested belongs."""
_BAND = 0.006
"""Half the width of the band in which the matte may be soft, in shares of the frame's width."""
_GRAIN = 10
"""Codes of 8 bits up to which plate and clean plate differ by grain; more is an effect, such as a shadow."""


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
        draw=lambda: _frames(package, size),
        facts={"camera": facts.camera, "motion": abs(facts.moves), "objects": 1, "place": "real footage"},
    )


def _frames(package: ShotPackage, size: tuple[int, int]) -> Iterator[LayeredFrame]:
    band = max(1, round(_BAND * size[1]))
    quadmask = package.quadmask()
    if quadmask is None:
        raise ValueError("a harvest begins with a removal")
    with Clip.open(package.source) as plate, Clip.open(package.composite) as clean:
        for before, after, labels in zip(plate.frames(), clean.frames(), quadmask, strict=True):
            with_it, without = (picture(f, c.info, size) for f, c in ((before, plate), (after, clean)))
            yield _frame(with_it, without, labels, band)


def _frame(with_it: Picture, without: Picture, labels: Labels, band: int) -> LayeredFrame:
    """The layer of one frame; grain is left to the clean plate, so the composite is made anew from the layer."""
    size = with_it.shape[:2]
    coverage = soft_matte(with_it, fitted(removed(labels), size), band)
    coverage[coverage < 2 / 255] = 0
    cast = np.abs(with_it.astype(int) - without).max(axis=2) > _GRAIN
    touched = (coverage > 0) | (cast & fitted(changed(labels), size))
    wanted = np.where(touched[..., None], with_it, without).astype(np.uint8)
    alpha = least_alpha(without, wanted, coverage)
    edit = edit_colour(without, wanted, alpha)
    nothing = np.zeros(size, np.bool_)
    return LayeredFrame(without, without, edit, alpha, over(edit, alpha, without), nothing, coverage)


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
