"""Shadows and reflections per frame: of the cells that an answer names, what the light shows to be one."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from cleanplate.masks.brush import dilate, erode
from cleanplate.masks.reasoning import Kind, Thing
from cleanplate.masks.track import Mask
from cleanplate.reason.backdrop import backdrop_for
from cleanplate.reason.ground.view import View
from cleanplate.reason.light import reflections, shadows
from cleanplate.reason.reflection import mirror_image
from cleanplate.reason.shadow import light_ratio, standing_shadow
from cleanplate.reason.store import MaskStore

_LIGHTEST = 0.93
"""Ratio of light, shadowed to lit, in places that an answer says are shadowed."""
_SHARE = 0.05
"""Share of the named cells that must be shown to be shadow or reflection for a look to count."""
_OFTEN = 0.5
"""Share of the looks that must count."""


def shade_masks(thing: Thing, view: View, owner: int, positions: Iterable[int]) -> MaskStore:
    """Small masks by position of one shadow or reflection; empty when the light shows none where it is said to be.

    Args:
        owner: number of the removed object that it comes from, 1 for the first.
    """
    if not thing.cells_by_time:
        found = (
            shadows(view.footage, view.backs, owner) if thing.kind is Kind.SHADOW else reflections(view.footage, owner)
        )
        return found.masks
    masks, looks, counted = MaskStore(), 0, 0
    for at in positions:
        cells = thing.cells_on(view.footage.frames[at])
        if not cells:
            continue
        region = view.region(cells)
        mask = _shown(thing.kind, view, owner, at) & view.around(region) & ~view.footage.object(at)
        masks.put(at, mask)
        looks += 1
        counted += int(mask.sum()) >= _SHARE * max(int((region & ~view.footage.object(at)).sum()), 1)
    return masks if counted >= max(1.0, _OFTEN * looks) else MaskStore()


def _shown(kind: Kind, view: View, owner: int, at: int) -> Mask:
    """h x w: every place on a picture that may be part of it."""
    if kind is Kind.SHADOW:
        darker = darkened(view, at)
        return darker if darker.any() else standing_shadow(view.footage, owner, at)
    image = mirror_image(view.footage, owner, at)
    differing = view.differing(at)
    return differing if image is None else differing | image.mask


def darkened(view: View, at: int) -> Mask:
    """h x w: what is darker than the scene's free view with its colour kept."""
    behind, known = backdrop_for(view.backs, at).seen_from(view.footage, at)
    ratio, plain = light_ratio(view.footage.rgb[at], behind)
    dark = plain & known & (ratio < _LIGHTEST) & ~view.footage.object(at)
    return np.asarray(dilate(erode(dark, 1.0), 1.5))
