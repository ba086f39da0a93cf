"""Moving pictures along homographies and flows, and between grids of different size.

Pixel centres lie on whole numbers. A homography is 3 x 3 float64 and sends points (x, y, 1) of a target picture to the
source picture that is sampled ("backward" warping), so `warp_homography(source, H, size)` looks like the target.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Homography = NDArray[np.float64]
"""3 x 3, sends target points to source points."""
Grid = NDArray[np.float32]
"""H x W x 2: for every target pixel the (x, y) of the source that it shows."""
Box = tuple[int, int, int, int]
"""(y0, x0, y1, x1), ends exclusive."""

IDENTITY: Homography = np.eye(3)


def pixel_grid(box: Box) -> Grid:
    """The (x, y) of every pixel of `box`."""
    y0, x0, y1, x1 = box
    xs, ys = np.meshgrid(np.arange(x0, x1, dtype=np.float32), np.arange(y0, y1, dtype=np.float32))
    return np.stack([xs, ys], axis=2)


def send_grid(matrix: Homography, places: Grid) -> Grid:
    """A grid of places through a homography; float64 inside, since float32 loses 0.001 pixel on an 8k frame."""
    x, y = places[..., 0].astype(np.float64), places[..., 1].astype(np.float64)
    (a, b, c), (d, e, f), (g, h, i) = matrix
    depth = g * x + h * y + i
    return np.stack([(a * x + b * y + c) / depth, (d * x + e * y + f) / depth], axis=2).astype(np.float32)


def send(matrix: Homography, points: NDArray[Any]) -> NDArray[np.float64]:
    """Points (N x 2) through a homography."""
    lifted = np.column_stack([np.asarray(points, np.float64), np.ones(len(points))]) @ matrix.T
    return np.asarray(lifted[:, :2] / lifted[:, 2:])


def resample(source: NDArray[Any], grid: Grid, *, kernel: int = cv2.INTER_LANCZOS4) -> NDArray[Any]:
    """The source (H x W or H x W x C) seen through `grid`; beyond its edges the edge goes on."""
    return np.asarray(cv2.remap(source, grid, None, kernel, borderMode=cv2.BORDER_REPLICATE))


def covers(grid: Grid, height: int, width: int) -> NDArray[np.bool_]:
    """Where the grid points into a source of that size."""
    x, y = grid[..., 0], grid[..., 1]
    return np.asarray((x >= 0) & (y >= 0) & (x <= width - 1) & (y <= height - 1))


def flow_warp(source: NDArray[Any], flow: NDArray[np.float32], *, kernel: int = cv2.INTER_LINEAR) -> NDArray[Any]:
    """source(x + flow(x)): what `source` looks like from the picture that the flow starts at."""
    height, width = flow.shape[:2]
    return resample(source, flow + pixel_grid((0, 0, height, width)), kernel=kernel)


def warp_homography(
    source: NDArray[Any], matrix: Homography, size: tuple[int, int], *, kernel: int = cv2.INTER_LINEAR
) -> NDArray[Any]:
    """source(matrix(x)) on a grid of `size` (height, width)."""
    return np.asarray(
        cv2.warpPerspective(
            source, matrix, size[::-1], flags=kernel | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE
        )
    )


def scaling(scale_x: float, scale_y: float) -> Homography:
    """The homography from a grid to one `scale` times as large over the same picture (areas align, not centres)."""
    return np.array([[scale_x, 0, (scale_x - 1) / 2], [0, scale_y, (scale_y - 1) / 2], [0, 0, 1]], dtype=np.float64)


def rescaled(matrix: Homography, scale_x: float, scale_y: float) -> Homography:
    """The same camera motion on grids `scale` times as large."""
    up = scaling(scale_x, scale_y)
    return np.asarray(up @ matrix @ np.linalg.inv(up))
