"""A field of white noise and one step of it along a flow (Burgert et al., Go-with-the-Flow, CVPR 2025).

Cells that move alone keep their value. Where the picture expands, a cell is split among those that copy it; where it
contracts, the cells that meet are merged. What enters the picture is new noise. Each frame so stays white and of unit
variance, whatever the flow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cleanplate.motion.noise.groups import Rows, merge, split
from cleanplate.motion.noise.paths import OUTSIDE, Indices, Moves, Paths, find_paths

_LEAST_WEIGHT = 1e-5
_FORGETTING = 0.9999
"""Exponent of the weights at each step: it pulls them towards 1."""


@dataclass(frozen=True)
class NoiseField:
    """Noise on a grid of cells, with what the next step has to know.

    Attributes:
        noise: H x W x C float32, white, N(0, 1).
        weight: H x W float32 above zero: how much picture a cell stands for. It decides who is heard in a merger.
        rest: H x W x 2 float32: how far the cell's picture lies from the cell's middle, (dx, dy) in cells, each in
            -0.5..0.5. Without it a motion under half a cell a frame would never show.
    """

    noise: NDArray[np.float32]
    weight: NDArray[np.float32]
    rest: NDArray[np.float32]


def fresh_field(height: int, width: int, channels: int, rng: np.random.Generator) -> NoiseField:
    """The noise of a first frame."""
    return NoiseField(
        rng.standard_normal((height, width, channels), np.float32),
        np.ones((height, width), np.float32),
        np.zeros((height, width, 2), np.float32),
    )


def advance(field: NoiseField, flow: Moves, rng: np.random.Generator, *, published: bool = False) -> NoiseField:
    """The next frame's field.

    Args:
        flow: H x W x 2, (dx, dy) in cells, from this frame to the next.
        rng: gives the new noise; how much is drawn depends on the flow.
        published: as the published code steps: what rounding to whole cells leaves over is lost, and what leaves the
            picture comes back as new noise on its own place.
    """
    moves = flow if published else flow + field.rest
    paths = find_paths(moves, published=published)
    height, width, channels = field.noise.shape
    noise, copies = _split(field.noise.reshape(-1, channels), paths, rng)
    thinned, of_holes = _thinned(field.weight.ravel(), paths)
    arrivals = _arrivals(paths)
    moved = _landed(noise, thinned, arrivals)
    moved[paths.holes] = copies
    weight = _at_targets(thinned, arrivals)
    rest = field.rest if published else _left_over(moves, thinned, weight, paths, arrivals)
    weight[paths.holes] = of_holes
    return NoiseField(moved.reshape(height, width, channels), _settled(weight).reshape(height, width), rest)


@dataclass(frozen=True)
class _Arrivals:
    """What lands, told by where: most cells take over one other, and only those that meet are summed.

    Attributes:
        single: P; the cell that lands on each, one of those that meet there, or itself for a hole.
        places: the cells on which several land, rising.
        sizes: how many.
        members: the cells that meet there, one place after another, rising at each.
    """

    single: Indices
    places: Indices
    sizes: Indices
    members: Indices


def _arrivals(paths: Paths) -> _Arrivals:
    single = np.arange(len(paths.arrivals))
    single[paths.target] = paths.source
    places = np.flatnonzero(paths.arrivals > 1)
    met = np.flatnonzero(paths.arrivals[paths.target] > 1)
    members = paths.source[met[np.argsort(paths.target[met], kind="stable")]]
    return _Arrivals(single, places, paths.arrivals[places], members)


def _split(noise: Rows, paths: Paths, rng: np.random.Generator) -> tuple[Rows, Rows]:
    """The cells' noise once those that are copied have been split (P x C), and the holes' noise (E x C).

    The published code also takes their common mean from all that is new: about 0.002 with a cell for each of 384 x 672
    pixels. Here new noise is drawn as it is.
    """
    known = np.flatnonzero(paths.origin != OUTSIDE)
    copied = np.bincount(paths.origin[known], minlength=len(noise)) > 0
    staying = np.flatnonzero(copied & ~paths.gone)
    owner = np.concatenate([staying, paths.origin[known]])
    order = np.argsort(owner, kind="stable")
    shared = np.flatnonzero(copied)
    sizes = np.bincount(owner, minlength=len(noise))[shared]
    parts = np.empty((len(owner), noise.shape[1]), np.float32)
    parts[order] = split(noise[shared], sizes, rng.standard_normal(parts.shape, np.float32))
    rest = noise.copy()
    rest[staying] = parts[: len(staying)]
    renewed = paths.source[paths.gone[paths.source]]
    rest[renewed] = rng.standard_normal((len(renewed), noise.shape[1]), np.float32)
    holes = rng.standard_normal((len(paths.holes), noise.shape[1]), np.float32)
    holes[known] = parts[len(staying) :]
    return rest, holes


def _thinned(weight: NDArray[np.float32], paths: Paths) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The cells' weights divided among their copies, and the holes' weights.

    All that comes from nowhere shares one weight of 1, with a share too for each cell that needed no copy: next to
    noise with a history, new noise weighs nearly nothing.
    """
    known = paths.origin != OUTSIDE
    copies = np.bincount(paths.origin[known], minlength=len(weight)) + ~paths.gone
    nowhere = np.float32(1 / max(1, len(weight) - int(known.sum()) + int(paths.gone.sum())))
    shares = weight / np.maximum(copies, 1).astype(np.float32)
    holes = np.where(known, shares[paths.origin], nowhere)
    return np.where(paths.gone, nowhere, shares), holes


def _landed(noise: Rows, weight: NDArray[np.float32], arrivals: _Arrivals) -> Rows:
    """The noise of the cells on which something lands (P x C); anything in the holes."""
    moved = noise.take(arrivals.single, axis=0)
    members = arrivals.members
    moved[arrivals.places] = merge(noise[members], weight[members], arrivals.sizes)
    return moved


def _left_over(
    moves: Moves, thinned: NDArray[np.float32], weight: NDArray[np.float64], paths: Paths, arrivals: _Arrivals
) -> NDArray[np.float32]:
    """What rounding left of the moves, where they landed (H x W x 2); of those that meet, by weight; zero in holes."""
    over = (moves - np.rint(moves)).reshape(-1, 2)
    rest = over.take(arrivals.single, axis=0)
    members = arrivals.members
    parts = over[members].astype(np.float64) * thinned[members, None].astype(np.float64)
    for axis in (0, 1):
        rest[arrivals.places, axis] = _summed(parts[:, axis], arrivals) / weight[arrivals.places]
    rest[paths.holes] = 0
    return rest.reshape(moves.shape)


def _at_targets(values: NDArray[np.float32], arrivals: _Arrivals) -> NDArray[np.float64]:
    """Values of the cells that land, summed over the cells on which they do (P); anything in the holes."""
    landed = values.take(arrivals.single).astype(np.float64)
    landed[arrivals.places] = _summed(values[arrivals.members].astype(np.float64), arrivals)
    return landed


def _summed(values: NDArray[np.float64], arrivals: _Arrivals) -> NDArray[np.float64]:
    """Of the members at each place, one after another, in float64."""
    place = np.repeat(np.arange(len(arrivals.places)), arrivals.sizes)
    return np.asarray(np.bincount(place, values, len(arrivals.places)), np.float64)


def _settled(weight: NDArray[np.float64]) -> NDArray[np.float32]:
    return np.asarray((weight / weight.mean() + _LEAST_WEIGHT) ** _FORGETTING, np.float32)
