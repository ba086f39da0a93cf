"""Skinned motion in binary glTF (as HUMOTO's sequences come): a skin's joints, and things that move beside it."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cleanplate.errors import InputError
from cleanplate.worlds import quaternion
from cleanplate.worlds.meshes import TriangleMesh
from cleanplate.worlds.people.gltf import Gltf
from cleanplate.worlds.people.skeleton import Array, Motion, Skeleton

_REMEDY = "Export it again as a binary glTF 2.0 file with its skin and its animation."


@dataclass(frozen=True)
class Tracked:
    """A thing that is moved as a whole.

    Attributes:
        mesh: in its own frame, its scale applied.
        positions, orientations: T x 3 and T x 4, in the file's units, y up.
    """

    name: str
    mesh: TriangleMesh
    positions: Array
    orientations: Array


def read_glb(path: Path, *, rate: float = 30.0) -> Motion:
    """The motion of the file's first skin, sampled at `rate`: in its own units, y up.

    Raises:
        InputError: there is no such file, it is no binary glTF, or it holds no skin that moves.
    """
    with _told(path):
        return _motion(Gltf(path), rate)


def read_things(path: Path, *, rate: float = 30.0) -> tuple[Tracked, ...]:
    """The meshes without a skin, each with its way, sampled as by `read_glb`.

    Raises:
        InputError: there is no such file, or it is no binary glTF.
    """
    with _told(path):
        document = Gltf(path)
        moments = document.moments(rate)
        found = []
        for number, node in enumerate(document.nodes):
            if "mesh" in node and "skin" not in node:
                placed = document.placed(number, moments)
                scale = np.linalg.norm(placed[0, :3, :3], axis=0)
                if (scale < 1e-9).any():
                    continue
                mesh = document.mesh(int(node["mesh"])).scaled(quaternion.as_vec3(scale))
                name = str(node.get("name", f"thing {number}"))
                found.append(Tracked(name, mesh, placed[:, :3, 3], _turns(placed)))
        return tuple(found)


def _motion(document: Gltf, rate: float) -> Motion:
    if not document.is_animated():
        raise ValueError("it has no animation")
    joints, moments = document.joints(), document.moments(rate)
    places = {node: number for number, node in enumerate(joints)}
    parents = tuple(places.get(document.parents.get(node, -1), -1) for node in joints)
    if parents.count(-1) != 1:
        raise ValueError("its skin has more than one root")
    placed = [document.placed(node, moments) for node in joints]
    turns = [_turns(one) for one in placed]
    offsets, local = np.zeros((len(joints), 3)), np.stack(turns, axis=1)
    for joint, parent in enumerate(parents):
        if parent >= 0:
            back = quaternion.conjugate(turns[parent])
            away = quaternion.rotate(back, placed[joint][:, :3, 3] - placed[parent][:, :3, 3])
            offsets[joint], local[:, joint] = away.mean(axis=0), quaternion.multiply(back, turns[joint])
    names = tuple(str(document.nodes[node].get("name", f"joint {node}")) for node in joints)
    return Motion(Skeleton(names, parents, offsets), rate, placed[0][:, :3, 3], local)


def _turns(placed: Array) -> Array:
    """T x 4: how frames (T x 4 x 4) are turned, each quaternion next to the one before it."""
    axes = placed[:, :3, :3]
    lengths = np.linalg.norm(axes, axis=1, keepdims=True)
    if (lengths < 1e-9).any() or (np.linalg.det(axes) < 0).any():
        raise ValueError("a node is flat or mirrored")
    turns = np.stack([quaternion.from_matrix(matrix) for matrix in axes / lengths])
    flips = np.cumprod(np.where((turns[1:] * turns[:-1]).sum(-1) < 0, -1.0, 1.0))
    turns[1:] *= flips[:, None]
    return turns


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """What is wrong with a file, as one error."""
    try:
        yield
    except OSError as error:
        raise InputError("it cannot be read", where=str(path), remedy="Check the path.") from error
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, struct.error, RecursionError) as error:
        raise InputError(f"this is no glTF that can be used ({error})", where=str(path), remedy=_REMEDY) from error
