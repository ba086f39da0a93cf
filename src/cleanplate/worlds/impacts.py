"""Watches a simulation for impacts: when, where and how fast two bodies meet, to the simulator's own step."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cleanplate.worlds.protocols import Contact, Impact
from cleanplate.worlds.quaternion import as_vec3

Array = NDArray[np.float64]
Motion = tuple[Array, Array, Array]
"""Mass centre, velocity and spin."""

SLOWEST = 0.3
"""Metres a second: slower meetings are no impacts."""
_MEMORY = 4
"""Steps: Bullet's solver brakes bodies before they touch, so their speed is looked up a little earlier."""


class ImpactWatch:
    """Sees every step before and after. Its state is who touches whom, and the last motions."""

    def __init__(self, call: Callable[..., Any], bodies: Mapping[str, int], touching: Collection[Contact]) -> None:
        """Watch `bodies` (names to PyBullet's numbers) through `call`; who touches already makes no impact."""
        self._call, self._bodies = call, bodies
        self._names = {number: name for name, number in bodies.items()}
        self._touching = set(touching)
        self._motions: deque[dict[str, Motion]] = deque(maxlen=_MEMORY)
        self.impacts: list[Impact] = []

    def before_step(self) -> None:
        """To be called before the simulator goes on."""
        self._motions.append({name: self._motion(number) for name, number in self._bodies.items()})

    def after_step(self, time: float, nearest: float) -> None:
        """To be called at `time` after a step; bodies nearer than `nearest` metres touch."""
        points = [point for point in self._call("getContactPoints") if point[8] <= nearest]
        met: dict[Contact, list[Any]] = {}
        for point in points:
            met.setdefault(frozenset((self._names[point[1]], self._names[point[2]])), []).append(point)
        for pair in sorted(met.keys() - self._touching, key=sorted):
            impact = self._impact(time, met[pair])
            if impact.speed >= SLOWEST:
                self.impacts.append(impact)
        self._touching = set(met)

    def _impact(self, time: float, points: list[Any]) -> Impact:
        """Of the contact points of one pair: their middle, at the highest speed of approach of the last steps."""
        first, second = self._names[points[0][1]], self._names[points[0][2]]
        place, normal = (np.mean([point[column] for point in points], axis=0) for column in (5, 7))
        normal = normal / max(float(np.linalg.norm(normal)), 1e-9)
        speeds = [_at(motions[first], place) - _at(motions[second], place) for motions in self._motions]
        fastest = min(speeds, key=lambda speed: float(speed @ normal))
        return Impact(time, (first, second), as_vec3(place), as_vec3(normal), as_vec3(fastest))

    def _motion(self, number: int) -> Motion:
        centre, _ = self._call("getBasePositionAndOrientation", number)
        velocity, spin = self._call("getBaseVelocity", number)
        return np.asarray(centre), np.asarray(velocity), np.asarray(spin)


def _at(motion: Motion, place: Array) -> Array:
    """Velocity of a body at a place."""
    centre, velocity, spin = motion
    return np.asarray(velocity + np.cross(spin, place - centre))
