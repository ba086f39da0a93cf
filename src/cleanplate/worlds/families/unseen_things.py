"""Things that stand only in scenes held out from training: no model has met their shapes."""

from __future__ import annotations

import numpy as np

from cleanplate.worlds.families.things import Thing
from cleanplate.worlds.scene import Box, Cylinder, Mesh, Part, Sphere


def barrel(rng: np.random.Generator, size: float) -> Thing:
    """Widest in the middle."""
    width, height = size * float(rng.uniform(0.6, 0.8)), size * float(rng.uniform(0.8, 1.0))
    scale = (width, width, height / 2)
    halves = tuple(
        Part(shape=Mesh(asset=asset, scale=scale), position=(0.0, 0.0, side * height / 4))
        for asset, side in (("pot", -1), ("bucket", 1))
    )
    core = Cylinder(radius=0.3 * width, height=0.98 * height)
    return Thing("barrel", core, height, width / 2, 0.24 * width, halves)


def stool(rng: np.random.Generator, size: float) -> Thing:
    """A round seat on a column with a round foot."""
    radius, height = size * float(rng.uniform(0.34, 0.48)), size * float(rng.uniform(0.7, 1.0))
    seat, foot = 0.16 * height, 0.1 * height
    discs = (
        Part(shape=Cylinder(radius=radius, height=seat), position=(0.0, 0.0, (height - seat) / 2)),
        Part(shape=Cylinder(radius=0.85 * radius, height=foot), position=(0.0, 0.0, (foot - height) / 2)),
    )
    column = Cylinder(radius=0.28 * radius, height=0.98 * height)
    return Thing("stool", column, height, radius, 0.6 * radius, discs)


def chest(rng: np.random.Generator, size: float) -> Thing:
    """A box with a lid that stands out on all sides."""
    width, depth, height = (size * float(value) for value in rng.uniform(0.65, 1.0, 3))
    lid = 0.22 * height
    top = Part(shape=Box(half=(width / 2, depth / 2, lid / 2)), position=(0.0, 0.0, (height - lid) / 2))
    body = Box(half=(0.44 * width, 0.44 * depth, 0.49 * height))
    foot = Part(shape=Box(half=(0.46 * width, 0.46 * depth, 0.04 * height)), position=(0.0, 0.0, -0.46 * height))
    return Thing("chest", body, height, float(np.hypot(width, depth)) / 2, min(width, depth) / 2, (top, foot))


def house(rng: np.random.Generator, size: float) -> Thing:
    """A box under a pointed roof."""
    edge, height = 0.7 * size, size * float(rng.uniform(0.4, 0.55))
    tall = 0.45 * size
    roof = Part(
        shape=Mesh(asset="pyramid", scale=(1.1 * edge, 1.1 * edge, tall)), position=(0.0, 0.0, (height + tall) / 2)
    )
    half = (edge / 2, edge / 2, height / 2)
    return Thing("toy house", Box(half=half), height, 0.55 * edge * float(np.sqrt(2)), 0.0, (roof,))


def mushroom(rng: np.random.Generator, size: float) -> Thing:
    """A ball on a stem."""
    stem, height = size * float(rng.uniform(0.2, 0.26)), 0.7 * size
    cap = Part(shape=Sphere(radius=0.36 * size), position=(0.0, 0.0, height / 2))
    return Thing("mushroom", Cylinder(radius=stem, height=height), height, 0.36 * size, 0.0, (cap,))


def lamp(rng: np.random.Generator, size: float) -> Thing:
    """A shade on a column with a round foot."""
    radius, height = size * float(rng.uniform(0.28, 0.36)), size
    shade, foot = 0.4 * height, 0.08 * height
    parts = (
        Part(
            shape=Mesh(asset="bucket", scale=(2 * radius, 2 * radius, shade)), position=(0.0, 0.0, (height - shade) / 2)
        ),
        Part(shape=Cylinder(radius=0.8 * radius, height=foot), position=(0.0, 0.0, (foot - height) / 2)),
    )
    return Thing("lamp", Cylinder(radius=0.14 * radius, height=0.98 * height), height, radius, 0.0, parts)
