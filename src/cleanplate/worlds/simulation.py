"""How a scene goes on: rigid bodies first, then what follows their motion."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from cleanplate.worlds.bullet import simulate_rigid
from cleanplate.worlds.effects import follow
from cleanplate.worlds.protocols import Trajectories
from cleanplate.worlds.scene import Scene


def simulate(scene: Scene, without: Collection[str] = (), assets: Path | None = None) -> Trajectories:
    """The scene without the named bodies (`bullet.simulate_rigid`), with soft surfaces and particles.

    Raises:
        InputError: a name is no body's, or a mesh is missing or broken.
        ResourceError: PyBullet is not installed.
    """
    return follow(scene, simulate_rigid(scene, without, assets), assets)
