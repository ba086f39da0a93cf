"""Warped noise for a whole clip, a latent at a time: what a second pass of diffusion starts from.

The field has one cell for each pixel of the frame that the model sees, so that a flow of that frame moves it as it is;
a latent's sample is the sum of its cells. Only one field is held, however long the clip.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.errors import InputError
from cleanplate.motion.flow import Flow, FlowField, Gray
from cleanplate.motion.noise.field import NoiseField, advance, fresh_field

Latent = NDArray[np.float32]
"""C x h x w, N(0, 1)."""

CHANNELS = 16
CELLS = 8
"""Cells along each side of a latent's sample: pixels of the model's frame, for a codec that strides by eight."""
TIME_STRIDE = 4


def flows_between(pictures: Iterable[Gray], flow: Flow) -> Iterator[FlowField]:
    """The flow of each picture to the next: one fewer than there are pictures."""
    for a, b in pairwise(pictures):
        yield flow(a, b)


def warped_fields(
    flows: Iterable[FlowField], size: tuple[int, int], *, seed: int, channels: int = CHANNELS, published: bool = False
) -> Iterator[NoiseField]:
    """The field of every frame: one more than there are flows.

    Every step's new noise is drawn from (`seed`, frame), so that a frame's noise depends on the flows before it alone.

    Args:
        flows: of each frame to the next, of any size over the same picture.
        size: height and width of the field, in cells.
        seed: zero or more.

    Raises:
        InputError: a flow that is not H x W x 2 or not finite.
    """
    field = fresh_field(*size, channels, _rng(seed, 0))
    yield field
    for frame, flow in enumerate(flows, start=1):
        field = advance(field, _fitted(flow, size, frame), _rng(seed, frame), published=published)
        yield field


def warped_latents(
    flows: Iterable[FlowField],
    latent_size: tuple[int, int],
    *,
    seed: int,
    channels: int = CHANNELS,
    cells: int = CELLS,
    time_stride: int = TIME_STRIDE,
) -> Iterator[Latent]:
    """The initial noise of each latent: latent n carries the noise of frame 4n.

    Args:
        flows: 4(n - 1) of them for n latents.
        latent_size: height and width of a latent, such as 48 x 84 for frames of 384 x 672.
        seed: zero or more.
        cells: along each side of a latent's sample.
        time_stride: frames from one latent to the next.
    """
    height, width = latent_size
    fields = warped_fields(flows, (height * cells, width * cells), seed=seed, channels=channels)
    for frame, field in enumerate(fields):
        if frame % time_stride == 0:
            yield gathered(field.noise, cells)


def gathered(noise: NDArray[np.float32], cells: int) -> Latent:
    """Noise of H x W x C cells as C x H/cells x W/cells samples, each the sum of its cells over √(their number)."""
    height, width, channels = noise.shape
    blocks = noise.reshape(height // cells, cells, width // cells, cells * channels).sum(axis=1)
    sums = blocks.reshape(height // cells, width // cells, cells, channels).sum(axis=2)
    return np.ascontiguousarray((sums / np.float32(cells)).transpose(2, 0, 1))


def scaled_flow(flow: FlowField, size: tuple[int, int]) -> FlowField:
    """The same motion over a grid of another size."""
    height, width = flow.shape[:2]
    if (height, width) == size:
        return flow
    resized = cv2.resize(flow, size[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(resized * np.array([size[1] / width, size[0] / height], np.float32))


def _fitted(flow: FlowField, size: tuple[int, int], frame: int) -> FlowField:
    if flow.ndim != 3 or flow.shape[2] != 2 or not np.isfinite(flow).all():
        raise InputError(
            f"a motion of shape {flow.shape}, or one that is not finite, moves no noise", where=f"frame {frame}"
        )
    return scaled_flow(flow, size)


def _rng(seed: int, frame: int) -> np.random.Generator:
    return np.random.default_rng([seed, frame])
