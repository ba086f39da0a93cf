"""A procedural body: the meshes of skin and clothes in a pose with limbs apart, and how they hang on the bones."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache, partial

import numpy as np
from numpy.typing import NDArray

from cleanplate.worlds import quaternion
from cleanplate.worlds.people.figure import BONES, ENDS, bones_at, bound, figure, height_of
from cleanplate.worlds.people.flesh import Chunk, Lump, chunks
from cleanplate.worlds.people.nets import surface_of
from cleanplate.worlds.people.skeleton import Array, Skeleton
from cleanplate.worlds.scene import Build, Skin

_SOFT = 0.016
"""Metres over which a vertex passes from one bone to the next."""
_LEAST = 0.03
"""Weights below this share are dropped."""
_REACH = {"hips": 0.1, "spine": 0.1, "chest": 0.11, "neck": 0.055, "head": 0.09, "arm": 0.048, "forearm": 0.038}
_REACH |= {"hand": 0.03, "upleg": 0.078, "leg": 0.05, "foot": 0.04}
"""Metres of flesh around a bone, by which distances from bones are told."""


@dataclass(frozen=True)
class Rest:
    """A piece as it is made.

    Attributes:
        vertices: V x 3, metres, in the pose of `figure.bound`.
        faces: F x 3, counter-clockwise from outside.
        weights: V x B: how much each of `BONES` moves a vertex; rows add up to 1.
        positions, orientations: B x 3 and B x 4: where the bones are in that pose.
    """

    vertices: Array
    faces: NDArray[np.int32]
    weights: Array
    positions: Array
    orientations: Array


@lru_cache(maxsize=64)
def rest(skin: Skin) -> Rest:
    """The piece of skin or clothes, made once."""
    skeleton = skeleton_of(skin.build)
    positions, orientations = (values[0] for values in bones_at(bound(skeleton)))
    flesh = _Flesh(skeleton, skin.build, dict(zip(BONES, zip(positions, orientations, strict=True), strict=True)))
    vertices, faces, weights = [], [], []
    count = 0
    for chunk in chunks(skin.piece, skin.build):
        mesh = surface_of(partial(flesh.distance, chunk), *flesh.box(chunk), chunk.cell * flesh.skeleton_scale)
        vertices.append(mesh.vertices)
        faces.append(mesh.faces + count)
        weights.append(flesh.weights(mesh.vertices, {lump.bone for lump in chunk.lumps}))
        count += len(mesh.vertices)
    return Rest(
        np.concatenate(vertices),
        np.concatenate(faces).astype(np.int32),
        np.concatenate(weights),
        positions,
        orientations,
    )


def skeleton_of(build: Build) -> Skeleton:
    """The bones of somebody of that build."""
    standard = figure(build.height, breadth=build.breadth)
    if not build.bones:
        return standard
    return Skeleton(standard.names, standard.parents, np.array(build.bones, np.float64))


def build_of(skeleton: Skeleton, like: Build | None = None) -> Build:
    """Somebody `like` another with these bones (those of the figure, of any length)."""
    bones = tuple(quaternion.as_vec3(offset) for offset in skeleton.offsets)
    return (like or Build()).model_copy(update={"height": round(height_of(skeleton), 4), "bones": bones})


@dataclass(frozen=True)
class _Flesh:
    """Distances from lumps on somebody's bones."""

    skeleton: Skeleton
    build: Build
    frames: dict[str, tuple[Array, Array]]

    def distance(self, chunk: Chunk, points: Array) -> Array:
        """Signed, metres: lumps flow into each other."""
        near = np.stack([self._from_lump(lump, points) for lump in chunk.lumps])
        least = near.min(axis=0)
        found = least - chunk.blend * np.log(np.exp((least - near) / chunk.blend).sum(axis=0))
        for plane, sign in ((chunk.below, 1.0), (chunk.above, -1.0)):
            if plane is not None:
                position, turn = self.frames[plane[0]]
                level = quaternion.rotate(quaternion.conjugate(turn), points - position)[:, 2]
                found = np.maximum(found, sign * (level - plane[1] * self._scale(plane[0])[2]))
        if chunk.hole is not None:
            found = np.maximum(found, -self._from_lump(chunk.hole, points))
        return np.asarray(found)

    def box(self, chunk: Chunk) -> tuple[Array, Array]:
        """Corners of a box that holds the chunk."""
        ends = []
        for lump in chunk.lumps:
            position, turn = self.frames[lump.bone]
            for end, radius in zip((lump.start, lump.end), lump.radii, strict=True):
                reach = radius * self._girth(lump) * self._scale(lump.bone)[0] * max(lump.squash) + chunk.blend
                middle = position + quaternion.rotate(turn, np.multiply(end, self._scale(lump.bone)))
                ends.append((middle - reach, middle + reach))
        return np.min([low for low, _ in ends], axis=0), np.max([high for _, high in ends], axis=0)

    def weights(self, vertices: Array, bones: set[str]) -> Array:
        """V x B, by how much nearer a vertex is to one bone than to the others."""
        scale = self.skeleton_scale
        near = np.full((len(vertices), len(BONES)), np.inf)
        for number, bone in enumerate(BONES):
            if bone in bones:
                near[:, number] = self._from_bone(bone, vertices) - _REACH[bone.rsplit(" ", 1)[-1]] * scale
        share = np.exp((near.min(axis=1, keepdims=True) - near) / (_SOFT * scale))
        share /= share.sum(axis=1, keepdims=True)
        share[share < _LEAST] = 0
        return np.asarray(share / share.sum(axis=1, keepdims=True))

    @cached_property
    def skeleton_scale(self) -> float:
        """The person's height over the standard figure's."""
        return height_of(self.skeleton) / height_of(figure())

    def _from_bone(self, bone: str, points: Array) -> Array:
        position, turn = self.frames[bone]
        end = self.skeleton.offsets[self.skeleton.index(ENDS[bone])]
        away = points - position
        if bone == "hips":
            # It lies across, between the legs.
            half = abs(float(self.skeleton.offsets[self.skeleton.index("left upleg")][1]))
            away = away.copy()
            away[:, 1] -= np.clip(away[:, 1], -half, half)
            return np.asarray(np.linalg.norm(away, axis=1))
        along = quaternion.rotate(turn, end)
        share = np.clip(away @ along / (along @ along), 0, 1)
        return np.asarray(np.linalg.norm(away - share[:, None] * along, axis=1))

    def _from_lump(self, lump: Lump, points: Array) -> Array:
        position, turn = self.frames[lump.bone]
        scale, girth = self._scale(lump.bone), self._girth(lump)
        squash = np.array(lump.squash)
        local = quaternion.rotate(quaternion.conjugate(turn), points - position)
        start, end = np.multiply(lump.start, scale), np.multiply(lump.end, scale)
        r0, r1 = (radius * scale[0] * girth for radius in lump.radii)
        axis = (end - start) / squash
        away = (local - start) / squash
        length = max(float(axis @ axis), 1e-12)
        share = np.clip(away @ axis / length, 0, 1)
        distance = np.linalg.norm(away - share[:, None] * axis, axis=1) - (r0 + (r1 - r0) * share)
        distance = distance * float(squash.min())
        if lump.cut:
            along = (end - start) / np.linalg.norm(end - start)
            distance = np.maximum(distance, (local - end) @ along)
        return np.asarray(distance)

    def _scale(self, bone: str) -> Array:
        """Of the lumps on a bone: with the person's height across it, with its length along it."""
        standard, across = figure(), self.skeleton_scale
        along = across
        if not bone.endswith("foot"):
            lengths = [float(np.linalg.norm(one.offsets[one.index(ENDS[bone])])) for one in (self.skeleton, standard)]
            along = lengths[0] / lengths[1]
        return np.array([across, across, along])

    def _girth(self, lump: Lump) -> float:
        if not lump.fat:
            return 1.0
        return self.build.girth if lump.bone in {"hips", "spine", "chest"} else (1 + self.build.girth) / 2


def piece_names(build: Build) -> tuple[str, ...]:
    """The pieces that somebody of that build has."""
    return tuple(
        piece for piece in ("skin", "shirt", "trousers", "shoes", "hair", "eyes") if piece != "hair" or build.hair
    )
