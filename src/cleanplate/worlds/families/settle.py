"""Lets things come to rest before a clip starts."""

from __future__ import annotations

from cleanplate.worlds.bullet import simulate_rigid
from cleanplate.worlds.families.set import Stage
from cleanplate.worlds.protocols import Trajectories
from cleanplate.worlds.quaternion import as_quaternion, as_vec3
from cleanplate.worlds.scene import Camera, Pose, Scene

SECONDS = 4


def settle(stage: Stage, first: int) -> Trajectories:
    """Moves the stage's bodies from number `first` on to where they rest after some seconds; gives how they fell.

    What the camera has to see is then only where they ended.
    """
    camera = Camera(poses=(Pose(time=0.0, eye=(0.0, -5.0, 2.0), target=(0.0, 0.0, 0.0)),))
    bodies = tuple(stage.bodies)
    scene = Scene(family="settle", seed=0, bodies=bodies, camera=camera, frames=SECONDS * 12, rate=12.0)
    ways = simulate_rigid(scene, assets=stage.assets)
    stage.forget_views()
    for place in range(first, len(bodies)):
        pose = {
            "position": as_vec3(ways.positions[-1, place].round(6)),
            "orientation": as_quaternion(ways.orientations[-1, place]),
        }
        stage.bodies[place] = bodies[place].model_copy(update=pose)
        stage.show(stage.bodies[place])
    return ways
