"""Small scenes and trajectories made by hand, for tests of what draws and compares them."""

from __future__ import annotations

import numpy as np

from cleanplate.worlds.protocols import Trajectories
from cleanplate.worlds.scene import (
    Body,
    Box,
    Camera,
    Capsule,
    Cylinder,
    Light,
    Material,
    Mesh,
    Part,
    Pose,
    Role,
    Scene,
    Shape,
    Sphere,
    Texture,
)

FLOOR = Body(
    name="floor",
    role=Role.SET,
    shape=Box(half=(20, 20, 0.1)),
    mass=0,
    position=(0, 0, -0.1),
    material=Material(colour=(0.6, 0.5, 0.4), texture=Texture(name="checker", scale=1.0)),
)


def still(scene: Scene, frames: int = 1) -> Trajectories:
    """Everything rests where it starts."""
    positions = np.array([body.position for body in scene.bodies], np.float64)
    orientations = np.array([body.orientation for body in scene.bodies], np.float64)
    return Trajectories(
        tuple(body.name for body in scene.bodies),
        np.repeat(positions[None], frames, 0),
        np.repeat(orientations[None], frames, 0),
        (frozenset(),) * frames,
    )


def moved(trajectories: Trajectories, name: str, way: tuple[float, float, float]) -> Trajectories:
    """The same, with one body going `way` metres a frame."""
    positions = trajectories.positions.copy()
    steps = np.arange(len(trajectories))[:, None]
    positions[:, trajectories.index(name)] += steps * np.asarray(way)
    return Trajectories(trajectories.names, positions, trajectories.orientations, trajectories.contacts)


def scene_of(*bodies: Body, eye: tuple[float, float, float] = (0.0, -4.0, 1.5), **changes: object) -> Scene:
    """A scene with a fixed camera that looks at the middle."""
    values: dict[str, object] = {
        "family": "test",
        "seed": 0,
        "bodies": bodies,
        "camera": Camera(poses=(Pose(time=0, eye=eye, target=(0, 0, 0.3)),)),
        "frames": 3,
        **changes,
    }
    return Scene.model_validate(values)


def thing(name: str, shape: Shape, x: float, y: float, z: float, **changes: object) -> Body:
    """A body there."""
    return Body.model_validate({"name": name, "shape": shape, "position": (x, y, z), **changes})


def parlour() -> Scene:
    """One of everything."""
    return scene_of(
        FLOOR.model_copy(
            update={"material": Material(texture=Texture(name="wood", scale=1.5), colour=(0.62, 0.45, 0.3))}
        ),
        thing("ball", Sphere(radius=0.3), -0.2, -0.6, 0.3, material=Material(colour=(0.8, 0.15, 0.1), roughness=0.25)),
        thing(
            "crate",
            Box(half=(0.3, 0.3, 0.3)),
            0.7,
            0.2,
            0.3,
            orientation=(0, 0, 0.259, 0.966),
            material=Material(colour=(0.75, 0.55, 0.3), texture=Texture(name="bricks", scale=0.6)),
        ),
        thing(
            "can",
            Cylinder(radius=0.15, height=0.4),
            -0.9,
            0.0,
            0.2,
            material=Material(colour=(0.75, 0.75, 0.78), metallic=0.9, roughness=0.3),
        ),
        thing(
            "pill",
            Capsule(radius=0.15, height=0.3),
            0.25,
            -0.9,
            0.15,
            orientation=(0, 0.707106781, 0, 0.707106781),
            material=Material(texture=Texture(name="stripes", scale=0.25, colours=((0.9, 0.8, 0.2), (0.2, 0.3, 0.7)))),
        ),
        thing(
            "cone",
            Mesh(asset="cone", scale=(0.5, 0.5, 0.6)),
            -1.3,
            0.6,
            0.3,
            material=Material(colour=(0.95, 0.45, 0.1)),
        ),
        thing(
            "pot",
            Mesh(asset="pot", scale=(0.5, 0.5, 0.5)),
            1.5,
            0.4,
            0.25,
            material=Material(colour=(0.5, 0.3, 0.6), texture=Texture(name="dots", scale=0.3)),
        ),
        thing(
            "table",
            Box(half=(0.5, 0.35, 0.03)),
            -0.2,
            1.2,
            0.57,
            parts=tuple(
                Part(shape=Cylinder(radius=0.03, height=0.54), position=(x, y, -0.3))
                for x in (-0.45, 0.45)
                for y in (-0.3, 0.3)
            ),
            material=Material(colour=(0.35, 0.4, 0.45)),
        ),
        lights=(Light(),),
    )
