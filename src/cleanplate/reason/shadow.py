"""The object's shadow: places that its light does not reach, darker with their colour and texture kept.

Where the object moved, each place was also seen without its shadow, so the ratio of the two views decides (intensity
ratio and kept chromaticity, as in Horprasert et al., ICCV-FRAME 1999). Where it never moved, a soft dark region at its
foot, on a ground that is otherwise even, is taken for its shadow with little confidence.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.masks.brush import dilate, erode
from cleanplate.masks.track import Mask, mask_box
from cleanplate.reason.backdrop import Backdrop, backdrop_for
from cleanplate.reason.blobs import parts
from cleanplate.reason.footage import Footage, Picture

_GAMMA = 2.2
"""Codes are light to about this power."""
_DARKEST, _LIGHTEST = 0.05, 0.88
"""Ratio of light, shadowed to lit."""
_TINT = 0.14
"""How far the channels' ratios may part: skylight fills shadows with blue."""
_TEXTURE = 0.06
"""Standard deviation of the detail of the log ratio: in a shadow the ground's texture cancels."""
_DARK = 12
"""Codes too dark to tell a ratio from."""
_NEAR = 8.0
"""Pixels from the object within which its shadow begins."""
_SMALLEST = 0.01
"""Smallest shadow as a share of the object's area."""
_UNEVEN = 4.0
"""Standard deviations of the ground's brightness that a still object's shadow must fall below."""


def cast_shadow(footage: Footage, backs: list[Backdrop], owner: int, at: int) -> Mask:
    """h x w: the shadow of a moving object on one picture, by comparison with the free view of the same places."""
    there = footage.owner[at] == owner
    nothing = np.zeros(footage.shape, dtype=np.bool_)
    if not there.any():
        return nothing
    behind, known = backdrop_for(backs, at).seen_from(footage, at)
    ratio, plain = light_ratio(footage.rgb[at], behind)
    dark = plain & known & (ratio < _LIGHTEST) & (ratio > _DARKEST) & ~dilate(footage.object(at), 1)
    dark = dilate(erode(dark, 1.0), 1.5) & ~footage.object(at)
    close = dilate(there, _NEAR)
    found = nothing
    for part in parts(dark, max(20, int(_SMALLEST * there.sum()))):
        if (part & close).any() and _keeps_texture(ratio, part):
            found = found | part
    return found


def light_ratio(now: Picture, lit: Picture) -> tuple[NDArray[np.float32], Mask]:
    """h x w: how much of the light is left, and where the channels agree that it is a shadow at all."""
    a, b = (cv2.blur(p, (3, 3)).astype(np.float32) for p in (now, lit))
    channels = ((a + 1) / (b + 1)) ** _GAMMA
    ratio: NDArray[np.float32] = channels.mean(axis=2)
    plain: Mask = (np.ptp(channels, axis=2) < _TINT + 0.25 * (1 - ratio)) & (b.min(axis=2) > _DARK)
    return ratio, plain


def standing_shadow(footage: Footage, owner: int, at: int) -> Mask:
    """h x w: the shadow of an object that never moved, from one picture; empty where the ground is uneven."""
    there = footage.owner[at] == owner
    box = mask_box(there)
    nothing = np.zeros(footage.shape, dtype=np.bool_)
    if box is None:
        return nothing
    height, width = box[2] - box[0], box[3] - box[1]
    reach = 0.5 * (height + width)
    log = np.log(cv2.GaussianBlur(footage.rgb[at], (0, 0), max(1.0, reach / 20)).astype(np.float32) + 4)
    around = dilate(there, reach) & ~dilate(footage.object(at), 3)
    around[: (box[0] + box[2]) // 2] = False
    ground = around & ~dilate(there, reach / 2)
    if ground.sum() < 0.2 * there.sum():
        return nothing
    light = _levelled(log, ground, around)
    spread = 1.4826 * float(np.median(np.abs(light[ground])))
    ratio = np.exp(light.mean(axis=2) * _GAMMA)
    tint = np.ptp(light, axis=2)
    dark = around & (light.mean(axis=2) < -_UNEVEN * spread) & (ratio < _LIGHTEST) & (tint < _TINT)
    dark = dilate(erode(dark, 1.5), 1.5) & around
    found = nothing
    for part in parts(dark, max(40, int(2 * _SMALLEST * there.sum()))):
        if (part & dilate(there, _NEAR)).any() and part.sum() < 1.5 * there.sum():
            found = found | part
    return found


def _levelled(log: NDArray[np.float32], ground: Mask, around: Mask) -> NDArray[np.float32]:
    """h x w x 3: log codes less a plane fitted to the ground; zero outside `around`."""
    ys, xs = np.nonzero(ground)
    design = np.column_stack([xs, ys, np.ones(len(xs))])
    plane = np.linalg.lstsq(design, log[ground], rcond=None)[0]
    level = np.zeros_like(log)
    ys, xs = np.nonzero(around)
    level[around] = log[around] - np.column_stack([xs, ys, np.ones(len(xs))]) @ plane
    return level


def _keeps_texture(ratio: NDArray[np.float32], part: Mask) -> bool:
    """True when the ratio is smooth over a region: the ground's texture shows through."""
    inner = erode(part, 2)
    if inner.sum() < 12:
        inner = part
    weight = inner.astype(np.float32)
    log = np.log(np.maximum(ratio, 1e-3)) / _GAMMA
    smooth = cv2.GaussianBlur(log * weight, (0, 0), 3) / np.maximum(cv2.GaussianBlur(weight, (0, 0), 3), 1e-3)
    return float(np.std((log - smooth)[inner])) < _TEXTURE
