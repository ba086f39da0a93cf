"""What follows the motion of rigid bodies without steering it: soft surfaces, water, skin, droplets and smoke.

`follow` is the one door. Each effect is a pure function of a scene and its rigid trajectories, so that both worlds of a
counterfactual come from the same rule.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from cleanplate.worlds.effects.cushion import cushions
from cleanplate.worlds.effects.particles import particles_of
from cleanplate.worlds.effects.skin import skins
from cleanplate.worlds.effects.splashes import entries
from cleanplate.worlds.effects.water import waters
from cleanplate.worlds.protocols import Trajectories
from cleanplate.worlds.scene import Scene


def follow(scene: Scene, rigid: Trajectories, assets: Path | None = None) -> Trajectories:
    """The same trajectories with what their bodies do to soft things, and what they give off.

    Args:
        assets: folder of the user's meshes.

    Raises:
        InputError: a mesh is missing or broken.
    """
    soft = cushions(scene, rigid, assets) | waters(scene, rigid) | skins(scene, rigid)
    impacts = (*rigid.impacts, *(entries(scene, rigid, assets) if scene.emitters else ()))
    return replace(rigid, deforming=soft, particles=particles_of(scene, rigid, impacts))
