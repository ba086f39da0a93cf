"""Skin and clothes that bones carry along: dual quaternion skinning (Kavan et al., 2007)."""

from __future__ import annotations

import numpy as np

from cleanplate.worlds import quaternion
from cleanplate.worlds.people.figure import ABOVE, BONES
from cleanplate.worlds.people.skeleton import Array
from cleanplate.worlds.people.skin import Rest, rest
from cleanplate.worlds.protocols import Deforming, Trajectories
from cleanplate.worlds.scene import Scene, Skin

_ABOVE = tuple(BONES.index(ABOVE.get(bone, bone)) for bone in BONES)
"""The bone that carries each; the first one carries itself."""


def skins(scene: Scene, rigid: Trajectories) -> dict[str, Deforming]:
    """The surfaces of all pieces of skin whose bones are there, by the names of their bodies."""
    found = {}
    for body in scene.bodies:
        if isinstance(body.shape, Skin) and body.name in rigid.names:
            places = [rigid.index(f"{body.shape.person}.{bone}") for bone in BONES]
            made = rest(body.shape)
            vertices = carried(made, rigid.positions[:, places], rigid.orientations[:, places])
            found[body.name] = Deforming(vertices.astype(np.float32), made.faces, made.vertices.astype(np.float32))
    return found


def carried(made: Rest, positions: Array, orientations: Array) -> Array:
    """T x V x 3: where the vertices are when bones are at `positions` (T x B x 3), turned as `orientations` (x 4)."""
    turns = _alike(quaternion.multiply(orientations, quaternion.conjugate(made.orientations)))
    shifts = positions - quaternion.rotate(turns, made.positions)
    duals = quaternion.multiply(np.concatenate([shifts, np.zeros_like(shifts[..., :1])], axis=-1), turns) / 2
    real, dual = np.matmul(made.weights, turns), np.matmul(made.weights, duals)
    length = np.linalg.norm(real, axis=-1, keepdims=True)
    real, dual = real / length, dual / length
    moved = 2 * quaternion.multiply(dual, quaternion.conjugate(real))[..., :3]
    return quaternion.rotate(real, made.vertices) + moved


def _alike(turns: Array) -> Array:
    """The same rotations, each quaternion in the half of that of the bone above it, so that they can be mixed."""
    found = turns.copy()
    for bone, above in enumerate(_ABOVE):
        away = (found[:, bone] * found[:, above]).sum(axis=-1) < 0
        found[away, bone] *= -1
    return found
