"""Things of everyday shapes that stand upright."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cleanplate.worlds.scene import Box, Cylinder, Mesh, Part, Shape, Sphere


@dataclass(frozen=True)
class Thing:
    """A shape that stands.

    Attributes:
        word: for people.
        shape, parts: around a middle that is `height` / 2 above what it stands on.
        height: metres from its foot to its top; a knob on top counts not.
        radius: of a circle from above that holds it.
        seat: half the width of a square on its top on which others can stand.
        own: fields of its `Body` that are not up to the scene, such as the material that it comes with.
    """

    word: str
    shape: Shape
    height: float
    radius: float
    seat: float
    parts: tuple[Part, ...] = ()
    own: Mapping[str, Any] = field(default_factory=dict)


def box(rng: np.random.Generator, size: float) -> Thing:
    """Of three edges."""
    width, depth, height = (size * float(value) for value in rng.uniform(0.6, 1.0, 3))
    half = (width / 2, depth / 2, height / 2)
    return Thing("box", Box(half=half), height, float(np.hypot(width, depth)) / 2, min(width, depth) / 2)


def cube(rng: np.random.Generator, size: float) -> Thing:
    """Of one edge."""
    edge = 0.85 * size
    half = (edge / 2, edge / 2, edge / 2)
    return Thing("cube", Box(half=half), edge, edge * float(np.sqrt(0.5)), edge / 2)


def drum(rng: np.random.Generator, size: float) -> Thing:
    """A cylinder."""
    radius, height = size * float(rng.uniform(0.3, 0.5)), size * float(rng.uniform(0.6, 1.0))
    return Thing("drum", Cylinder(radius=radius, height=height), height, radius, radius * float(np.sqrt(0.5)))


def bucket(rng: np.random.Generator, size: float) -> Thing:
    """Narrower at its top."""
    width, height = size * float(rng.uniform(0.7, 1.0)), size * float(rng.uniform(0.7, 1.0))
    return Thing("bucket", Mesh(asset="bucket", scale=(width, width, height)), height, width / 2, 0.26 * width)


def hexagon(rng: np.random.Generator, size: float) -> Thing:
    """A block of six sides."""
    width, height = size * float(rng.uniform(0.8, 1.0)), size * float(rng.uniform(0.6, 1.0))
    return Thing("hexagonal block", Mesh(asset="hexagon", scale=(width, width, height)), height, width / 2, 0.3 * width)


def cone(rng: np.random.Generator, size: float) -> Thing:
    """With a point."""
    width = size * float(rng.uniform(0.6, 0.9))
    return Thing("cone", Mesh(asset="cone", scale=(width, width, size)), size, width / 2, 0.0)


def pyramid(rng: np.random.Generator, size: float) -> Thing:
    """With a square foot."""
    width, height = 0.9 * size, size * float(rng.uniform(0.6, 1.0))
    shape = Mesh(asset="pyramid", scale=(width, width, height))
    return Thing("pyramid", shape, height, width * float(np.sqrt(0.5)), 0.0)


def jar(rng: np.random.Generator, size: float) -> Thing:
    """A drum with a round knob on its lid."""
    radius, height = size * float(rng.uniform(0.28, 0.4)), size * float(rng.uniform(0.6, 0.8))
    knob = Part(shape=Sphere(radius=0.3 * radius), position=(0.0, 0.0, height / 2 + 0.2 * radius))
    return Thing("jar", Cylinder(radius=radius, height=height), height, radius, 0.0, (knob,))


def bottle(rng: np.random.Generator, size: float) -> Thing:
    """A drum with a neck."""
    radius, height = size * float(rng.uniform(0.16, 0.22)), 0.65 * size
    neck = Part(shape=Cylinder(radius=0.4 * radius, height=0.35 * size), position=(0.0, 0.0, 0.5 * size))
    return Thing("bottle", Cylinder(radius=radius, height=height), height, radius, 0.0, (neck,))
