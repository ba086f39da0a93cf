"""Crumbs, dust, smoke and droplets that bodies give off where something hits them.

Everything follows from the impacts of the rigid bodies, the emitters' own seeds, and closed forms (`flights`); equal
impacts give equal particles, whatever else goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cleanplate.worlds import quaternion
from cleanplate.worlds.effects.flights import drifts, fading, flights
from cleanplate.worlds.protocols import Impact, Particles, Trajectories
from cleanplate.worlds.scene import Box, Emitter, Scene, Vec3

Array = NDArray[np.float64]
Rows = NDArray[np.float32]

HARDEST = 4.0
"""Metres a second of approach from which on an emitter gives off all it has."""
MOST = 8
"""Impacts of one body that count."""
_LATE = 0.12
"""Seconds over which the puffs of an impact leave."""


def particles_of(scene: Scene, rigid: Trajectories, impacts: Sequence[Impact]) -> dict[str, tuple[Particles, ...]]:
    """What the emitters of bodies that are there give off, by body."""
    given: dict[str, tuple[Particles, ...]] = {}
    for emitter in scene.emitters:
        hits = [hit for hit in impacts if emitter.owner in hit.bodies and hit.speed >= emitter.faster][:MOST]
        if emitter.owner in rigid.names and hits:
            bursts = [_burst(scene, emitter, hit, len(rigid)) for hit in hits]
            frames = tuple(np.concatenate(rows) for rows in zip(*bursts, strict=True))
            made = Particles(frames, soft=emitter.kind in ("dust", "smoke"))
            given[emitter.owner] = (*given.get(emitter.owner, ()), made)
    return given


@dataclass(frozen=True)
class _Burst:
    """What one impact throws out of one emitter.

    Attributes:
        rng: its own.
        count: of particles.
        times: seconds since the impact, on each frame.
    """

    emitter: Emitter
    hit: Impact
    rng: np.random.Generator
    count: int
    times: Array
    gravity: Array
    ground: float

    @property
    def outwards(self) -> Array:
        """Unit vector out of the owner's surface where it was hit."""
        return np.asarray(self.hit.normal) * (1 if self.hit.bodies[1] == self.emitter.owner else -1)

    @property
    def onwards(self) -> Array:
        """Unit vector along which the other body came."""
        velocity = np.asarray(self.hit.velocity) * (1 if self.hit.bodies[1] == self.emitter.owner else -1)
        return np.asarray(velocity / max(float(np.linalg.norm(velocity)), 1e-9))

    def sizes(self) -> Array:
        """Radii, more small ones than large ones."""
        least, most = self.emitter.size
        return np.asarray(least * (most / least) ** self.rng.random(self.count) ** 1.6)

    def colours(self, spread: float) -> Array:
        """N x 3 around the emitter's colour: lighter and darker ones."""
        lighter, tint = self.rng.uniform(-1, 1, (self.count, 1)), self.rng.uniform(-1, 1, (self.count, 3))
        return np.asarray(np.clip(np.asarray(self.emitter.colour) * (1 + spread * (lighter + 0.2 * tint)), 0, 1))


def _burst(scene: Scene, emitter: Emitter, hit: Impact, frames: int) -> list[Rows]:
    """What one impact throws out: for each frame n x 8."""
    other = next(name for name in hit.bodies if name != emitter.owner)
    number = [body.name for body in scene.bodies].index(other)
    rng = np.random.default_rng([emitter.seed, number, round(hit.time * 1e6)])
    count = max(1, round(emitter.amount * min(hit.speed / HARDEST, 1.0)))
    times = np.arange(frames) / scene.rate - hit.time
    return _KINDS[emitter.kind](
        _Burst(emitter, hit, rng, count, times, np.asarray(scene.gravity), ground(scene, hit.place))
    )


def _debris(burst: _Burst) -> list[Rows]:
    """Crumbs: most are small and fast; they bounce, and lie there in the end."""
    rng, count, speed = burst.rng, burst.count, burst.hit.speed
    size = burst.sizes()
    ways = 0.7 * burst.outwards + 0.5 * burst.onwards + (0.0, 0.0, 0.5) + rng.normal(0, 0.6, (count, 3))
    ways[:, 2] = np.abs(ways[:, 2])
    slower = np.clip((burst.emitter.size[0] / size) ** 0.5, 0.35, 1.0)
    thrown = speed * rng.uniform(0.25, 0.95, count) * slower
    velocity = ways / np.linalg.norm(ways, axis=1, keepdims=True) * thrown[:, None]
    start = np.asarray(burst.hit.place) + rng.normal(0, 0.02, (count, 3)) + 0.5 * size[:, None] * burst.outwards
    level = burst.ground + 0.7 * size
    places = flights(start, velocity, level, burst.times, burst.gravity, bounce=0.35, grip=0.45)
    opacity = np.where(burst.times[:, None] > 0, np.ones(count), 0.0)
    return _rows(places, np.broadcast_to(size, opacity.shape), opacity, burst.colours(0.25))


def _splash(burst: _Burst) -> list[Rows]:
    """Droplets: a crown that goes up and out, and is gone where it meets the water again."""
    rng, count, speed = burst.rng, burst.count, burst.hit.speed
    size = burst.sizes()
    turn, tilt = rng.uniform(0, 2 * np.pi, count), np.radians(rng.uniform(8, 40, count))
    ways = np.stack([np.sin(tilt) * np.cos(turn), np.sin(tilt) * np.sin(turn), np.cos(tilt)], axis=1)
    velocity = speed * (ways * rng.uniform(0.25, 0.75, (count, 1)) + 0.15 * burst.onwards)
    velocity[:, 2] = np.abs(velocity[:, 2])
    ring = 0.07 + 0.05 * speed / HARDEST
    start = np.asarray(burst.hit.place) + ring * rng.uniform(0.4, 1, (count, 1)) * ways * (1.0, 1.0, 0.0)
    level = np.full(count, burst.hit.place[2])
    places = flights(start, velocity, level, burst.times, burst.gravity, bounce=0.0, grip=1.0)
    opacity = np.where((burst.times[:, None] > 0) & (places[..., 2] > level + 1e-6), 0.85, 0.0)
    return _rows(places, np.broadcast_to(size, opacity.shape), opacity, burst.colours(0.06))


def _dust(burst: _Burst) -> list[Rows]:
    """Puffs that shoot out, stop soon, and hang in the air."""
    rng, count = burst.rng, burst.count
    ways = 0.8 * burst.outwards + 0.4 * burst.onwards + rng.normal(0, 0.55, (count, 3))
    ways[:, 2] = 0.25 + 0.6 * np.abs(ways[:, 2])
    velocity = ways * (0.55 * burst.hit.speed * rng.uniform(0.1, 1.0, (count, 1)))
    lift, life = rng.uniform(0.0, 0.08, count), rng.uniform(0.9, 2.4, count)
    return _puffs(burst, velocity, lift, life, 3.0)


def _smoke(burst: _Burst) -> list[Rows]:
    """Puffs that rise from where it was hit."""
    rng, count = burst.rng, burst.count
    ways = 0.3 * burst.outwards + rng.normal(0, 0.35, (count, 3)) + (0.0, 0.0, 0.4)
    velocity = ways * (0.4 * burst.hit.speed * rng.uniform(0.1, 1.0, (count, 1)))
    lift, life = rng.uniform(0.25, 0.7, count), rng.uniform(1.2, 3.0, count)
    return _puffs(burst, velocity, lift, life, 4.0)


def _puffs(burst: _Burst, velocity: Array, lift: Array, life: Array, growth: float) -> list[Rows]:
    """Balls of fine dust: what is in them stays the same as they grow, so they thin out, and settle as they age."""
    rng, count, size = burst.rng, burst.count, burst.sizes()
    since = burst.times[:, None] - rng.uniform(0, _LATE, count) * rng.integers(0, 2, count)
    aged = np.maximum(since, 0)
    start = np.asarray(burst.hit.place) + rng.normal(0, 0.6, (count, 3)) * size[:, None]
    places = drifts(start, velocity, since, drag=rng.uniform(3.0, 6.0, count), lift=lift)
    swirl, phase = 0.5 * size[:, None] * rng.normal(0, 1, (count, 3)), rng.uniform(0, 2 * np.pi, (count, 3))
    places += swirl * np.sin(1.7 * aged[..., None] + phase) * (1 - np.exp(-2 * aged[..., None]))
    radius = size * (1 + growth * (1 - np.exp(-1.6 * aged)) + 0.4 * aged)
    places[..., 2] = np.maximum(places[..., 2], burst.ground + 0.25 * radius)
    density = rng.uniform(0.35, 0.75, count)
    opacity = np.where(since > 0, density * (size / radius) ** 0.8 * fading(since, life=life), 0.0)
    return _rows(places, radius, opacity, burst.colours(0.08))


def ground(scene: Scene, place: Vec3) -> float:
    """Height of the highest level face of the set under a place; far below where there is none."""
    tops = [-100.0]
    for body in scene.bodies:
        if body.mass or body.path or not body.solid or not isinstance(body.shape, Box):
            continue
        offset = quaternion.rotate(quaternion.conjugate(body.orientation), np.subtract(place, body.position))
        level = abs(float(quaternion.rotate(body.orientation, (0.0, 0.0, 1.0))[2])) > 0.999
        top = body.position[2] + body.shape.half[2]
        if level and (np.abs(offset[:2]) <= body.shape.half[:2]).all() and top <= place[2] + 0.01:
            tops.append(top)
    return max(tops)


def _rows(places: Array, radius: Array, opacity: Array, colours: Array) -> list[Rows]:
    """T frames of n x 8."""
    frames, count = opacity.shape
    table = np.concatenate(
        [places, radius[..., None], opacity[..., None], np.broadcast_to(colours, (frames, count, 3))], axis=-1
    )
    return list(table.astype(np.float32))


_KINDS: dict[str, Callable[[_Burst], list[Rows]]] = {
    "debris": _debris,
    "splash": _splash,
    "dust": _dust,
    "smoke": _smoke,
}
