"""The minimum cut of a picture's pixel grid, by its convex relaxation.

The energy is that of Boykov and Jolly (2001): a cost for each pixel's label, and a cost for each pair of neighbours
that disagree, low across edges. Its relaxation to labels in 0..1 has the same minimum (Chan, Esedoglu and Nikolova,
2006) and is found by the primal-dual iteration of Chambolle and Pock (2011), which needs array arithmetic only.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]
"""H x W float32."""

_STEP = np.float32(1 / np.sqrt(8))
"""Primal and dual step: their product times the squared norm of the gradient (8) may not exceed 1."""
_CHECK_EVERY = 20


def edge_weights(picture: NDArray[np.float32], strength: float, floor: float = 0.04) -> tuple[Field, Field]:
    """Costs of cutting between horizontal and vertical neighbours: high in flat areas, low across edges.

    Args:
        picture: H x W x C.
        strength: cost in a flat area.
        floor: the share of `strength` that remains across the strongest edge.

    Returns:
        Two H x W arrays; [y, x] joins (y, x) to its right and to its lower neighbour. The last column (row) is zero.
    """
    right = np.square(np.diff(picture, axis=1)).sum(axis=2)
    down = np.square(np.diff(picture, axis=0)).sum(axis=2)
    # Contrast is relative to the picture's own: beta of GrabCut (Rother et al., 2004).
    contrast = 2 * float(right.sum() + down.sum()) / max(right.size + down.size, 1) + 1e-6
    weights = []
    for squares, axis in ((right, 1), (down, 0)):
        weight = strength * (floor + (1 - floor) * np.exp(-squares / contrast))
        pad = [(0, 0), (0, 0)]
        pad[axis] = (0, 1)
        weights.append(np.pad(weight, pad).astype(np.float32))
    return weights[0], weights[1]


def minimum_cut(log_odds: Field, weights: tuple[Field, Field], iterations: int = 50, settled: float = 1e-3) -> Field:
    """Labels in 0..1 that minimise  -sum(log_odds * u) + sum(weight * |u_i - u_j|).

    Args:
        log_odds: H x W; positive where a pixel rather belongs to the object.
        weights: see `edge_weights`.
        iterations: at most so many.
        settled: mean change of a label over twenty iterations under which they stop.
    """
    across, down = weights
    u = (log_odds > 0).astype(np.float32)
    lead = u.copy()
    dual_x, dual_y = np.zeros_like(u), np.zeros_like(u)
    pull = _STEP * log_odds
    checked = u
    for iteration in range(1, iterations + 1):
        dual_x[:, :-1] += _STEP * (lead[:, 1:] - lead[:, :-1])
        dual_y[:-1] += _STEP * (lead[1:] - lead[:-1])
        np.clip(dual_x, -across, across, out=dual_x)
        np.clip(dual_y, -down, down, out=dual_y)
        divergence = dual_x + dual_y
        divergence[:, 1:] -= dual_x[:, :-1]
        divergence[1:] -= dual_y[:-1]
        moved = np.clip(u + _STEP * divergence + pull, 0, 1)
        lead = 2 * moved - u
        u = moved
        if iteration % _CHECK_EVERY == 0:
            if float(np.abs(u - checked).mean()) < settled:
                break
            checked = u
    return u
