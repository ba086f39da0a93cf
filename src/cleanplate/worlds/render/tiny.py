"""The renderer `tiny`: PyBullet's software renderer finds the surfaces; textures, light and shadows are laid on here.

What does not move is looked at once a clip: for the suns always, for the camera when it stands still.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cleanplate.worlds.camera import Shot, shot_at
from cleanplate.worlds.inertia import parts
from cleanplate.worlds.protocols import Trajectories, View
from cleanplate.worlds.render.atlas import skin
from cleanplate.worlds.render.backdrop import Backdrop
from cleanplate.worlds.render.mirror import Mirror, mirror_among
from cleanplate.worlds.render.particles import with_particles
from cleanplate.worlds.render.pixels import view_of
from cleanplate.worlds.render.shading import Piece, Posed, Samples, Surroundings, rays_of, shade
from cleanplate.worlds.render.shadows import sun
from cleanplate.worlds.render.soft import solid_of
from cleanplate.worlds.render.stage import Look
from cleanplate.worlds.render.surfaces import solid
from cleanplate.worlds.render.troupe import Troupe
from cleanplate.worlds.scene import Part, Scene

_MAPPED = 1024
"""Texels along each side of a picture that covers a whole thing."""


@dataclass(frozen=True)
class Tiny:
    """The fast renderer.

    Attributes:
        samples: samples a pixel, along each side.
        assets: folder of the user's meshes and pictures.
    """

    samples: int = 2
    assets: Path | None = None
    name: str = "tiny"

    def render(self, scene: Scene, trajectories: Trajectories, height: int, width: int) -> Iterator[View]:
        """One view a frame, the same bytes for the same arguments.

        Raises:
            InputError: a texture or a mesh is missing or broken.
            ResourceError: PyBullet is not installed.
        """
        size = (height * self.samples, width * self.samples)
        suns = tuple(sun(light, scene, min(3 * size[0] // 2, 1024)) for light in scene.lights)
        surroundings = Surroundings(suns, Backdrop(scene.backdrop, self.assets))
        shots = [shot_at(scene, frame) for frame in range(len(trajectories))]
        pieces = self._pieces(scene, trajectories, size[0])
        with ExitStack() as stack:
            still, moving = (
                stack.enter_context(Troupe(scene, trajectories, pieces, numbers))
                for numbers in _still_and_moving(trajectories, pieces, scene)
            )
            clip = _Clip(still, moving, surroundings, size)
            for frame, shot in enumerate(shots):
                light, seen = clip.frame(frame, shot)
                body = np.array([*(piece.body for piece in pieces), -1], np.int16)[seen.part]
                view = view_of(light, body, seen.depth, len(scene.bodies), self.samples)
                yield with_particles(view, scene, trajectories, frame, shot)

    def _pieces(self, scene: Scene, trajectories: Trajectories, rows: int) -> list[Piece]:
        """The parts of the bodies that are there, their textures as fine as so many rows of samples can show."""
        texels = 2 ** int(np.clip(np.rint(np.log2(rows)), 6, 9))
        pieces = []
        for number, body in enumerate(scene.bodies):
            if not body.drawn or body.name not in trajectories.names:
                continue
            soft = body.name in trajectories.deforming
            for part in (Part(shape=body.shape),) if soft else parts(body):
                material = part.material or body.material
                mapped = material.texture is not None and material.texture.mapped
                pieces.append(
                    Piece(
                        number,
                        solid_of(part.shape, trajectories, body.name)
                        if soft
                        else solid(part.shape, self.assets, mapped=mapped),
                        np.array(part.position),
                        np.array(part.orientation),
                        material,
                        skin(material, _MAPPED if mapped else texels, self.assets),
                    )
                )
        return pieces


class _Clip:
    """What a clip's frames have in common."""

    def __init__(self, still: Troupe, moving: Troupe, surroundings: Surroundings, size: tuple[int, int]) -> None:
        self._still, self._moving = still, moving
        self._surroundings, self._size = surroundings, size
        self._at_rest = still.pose(0)
        self._still_maps = [still.shadow(sun) for sun in surroundings.suns]
        self._seen: tuple[Shot, Look, Samples, NDArray[np.float32]] | None = None
        self._mirror = mirror_among(self._at_rest.items())
        self._below: tuple[Shot, Look] | None = None

    def frame(self, frame: int, shot: Shot) -> tuple[NDArray[np.float32], Look]:
        """Light (H x W x 3) and what the samples meet."""
        posed = self._moving.pose(frame)
        maps = [
            np.minimum(still, self._moving.shadow(sun))
            for still, sun in zip(self._still_maps, self._surroundings.suns, strict=True)
        ]
        still, at_rest, behind = self._set(shot)
        moving = self._moving.look(shot, self._size)
        nearer = np.flatnonzero((moving.depth <= still.depth) & (moving.part >= 0))
        ahead = shade(moving, nearer, shot, posed, self._surroundings)
        light = behind.copy()
        light[at_rest.index] = at_rest.light(maps)
        light[ahead.index] = ahead.light(maps)
        seen = moving.before(still)
        if self._mirror and self._mirror.is_before(shot):
            self._reflect(self._mirror, light, seen, shot, (posed, maps))
        return light.reshape(*self._size, 3), seen

    def _reflect(
        self,
        mirror: Mirror,
        light: NDArray[np.float32],
        seen: Look,
        shot: Shot,
        now: tuple[dict[int, Posed], list[NDArray[np.float32]]],
    ) -> None:
        """Lay on the floor what it mirrors of the bodies, in place of the backdrop behind them."""
        posed, maps = now
        below = self._moving.look(mirror.shot(shot), self._size).before(self._from_below(mirror, shot))
        index = np.flatnonzero((seen.part == mirror.number) & (below.part[:, ::-1] >= 0))
        depth = seen.depth.ravel()[index][:, None]
        index = index[mirror.holds(shot.eye.astype(np.float32) + rays_of(shot, index, *self._size) * depth)]
        everyone = {**self._at_rest, **posed}
        met = shade(below, self._flipped(index), mirror.shot(shot), everyone, self._surroundings)
        index = self._flipped(met.index)
        share, behind = mirror.share(shot, index, self._size, self._surroundings.backdrop)
        light[index] += share * (met.light(maps) - behind)

    def _from_below(self, mirror: Mirror, shot: Shot) -> Look:
        """What does not move as the mirror shows it; once only while the camera stands still."""
        if self._below is None or self._below[0] != shot:
            with self._still.hidden(mirror.number):
                self._below = (shot, self._still.look(mirror.shot(shot), self._size))
        return self._below[1]

    def _flipped(self, index: NDArray[np.intp]) -> NDArray[np.intp]:
        """The same places in the picture turned from left to right."""
        width = self._size[1]
        return index + width - 1 - 2 * (index % width)

    def _set(self, shot: Shot) -> tuple[Look, Samples, NDArray[np.float32]]:
        """What does not move, and the light of the backdrop; once only while the camera stands still."""
        if self._seen is None or self._seen[0] != shot:
            seen = self._still.look(shot, self._size)
            index = np.flatnonzero(seen.part >= 0)
            samples = shade(seen, index, shot, self._at_rest, self._surroundings)
            behind = np.zeros((seen.part.size, 3), np.float32)
            empty = np.flatnonzero(seen.part < 0)
            behind[empty] = self._surroundings.backdrop.seen(rays_of(shot, empty, *self._size))
            self._seen = (shot, seen, samples, behind)
        return self._seen[1:]


def _still_and_moving(trajectories: Trajectories, pieces: Sequence[Piece], scene: Scene) -> tuple[list[int], list[int]]:
    """Numbers of the pieces of bodies that never move at all, and of the others."""
    rest = (trajectories.positions == trajectories.positions[:1]).all(axis=(0, 2))
    rest &= (trajectories.orientations == trajectories.orientations[:1]).all(axis=(0, 2))
    for name, one in trajectories.deforming.items():
        rest[trajectories.index(name)] = (one.vertices == one.vertices[:1]).all()
    still = [bool(rest[trajectories.index(scene.bodies[piece.body].name)]) for piece in pieces]
    return [n for n, one in enumerate(still) if one], [n for n, one in enumerate(still) if not one]
