"""Quadmasks from what really happened: the same scene rendered with and without the removed things."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from cleanplate.masks import labels as algebra
from cleanplate.masks.grid import gridify
from cleanplate.masks.labels import Labels, combine
from cleanplate.masks.reasoning import Grid
from cleanplate.masks.track import Mask
from cleanplate.worlds.counterfactual import Counterfactual
from cleanplate.worlds.protocols import View
from cleanplate.worlds.scene import Scene

TOLERANCES = {"tiny": 2, "blender": 8}
"""Codes of 255 by which a renderer's pixels may differ although nothing has changed there."""


def truth_labels(
    original: View, altered: View, removed: Sequence[int], changed: Sequence[int], tolerance: int = TOLERANCES["tiny"]
) -> Labels:
    """The exact quadmask of one frame.

    Remove is where the removed things are seen in the original; affected is where changed things are seen in either
    world, and whatever else looks different: shadows, reflections, what stands still but was hidden.

    Args:
        original, altered: the frame with and without the removed things.
        removed, changed: places in the scene's bodies; `changed` on this frame.
        tolerance: codes by which any channel may differ.
    """
    remove = seen(original, removed)
    things = seen(original, changed) | seen(altered, changed)
    return combine(remove, things | (differing(original, altered, tolerance) & ~remove))


def changed_at(scene: Scene, both: Counterfactual, frame: int) -> list[int]:
    """Places in the scene's bodies of what is changed on a frame: from its onset to its end.

    What changes its shape is left out: a ripple does not make the whole pond a changed thing, and shows by itself.
    """
    now = {
        change.name
        for change in both.changed
        if change.name not in both.original.deforming
        and change.onset is not None
        and change.end is not None
        and change.onset <= frame < change.end
    }
    return [place for place, body in enumerate(scene.bodies) if body.name in now]


def seen(view: View, bodies: Sequence[int]) -> Mask:
    """Where any of the bodies covers any part of a pixel."""
    return np.asarray((view.coverage[list(bodies)] > 0).any(axis=0))


def differing(a: View, b: View, tolerance: int) -> Mask:
    """Where any channel differs by more than `tolerance` codes."""
    return np.asarray(cv2.absdiff(a.rgb, b.rgb).max(axis=-1) > tolerance)


def gridded(labels: Labels) -> Labels:
    """The affected region in whole cells of the grid, the removed one by the pixel, as in VOID's masks."""
    grid = Grid.of(*labels.shape)
    return combine(algebra.removed(labels), gridify(algebra.affected(labels), grid))
