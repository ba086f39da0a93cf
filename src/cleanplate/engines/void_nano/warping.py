"""The noise that the second pass starts from: it moves as what comes of the first one does."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, repeat

import cv2
import numpy as np
import torch
from torch import Tensor

from cleanplate.engines.void.footage import Real
from cleanplate.engines.void.framing import Framing
from cleanplate.engines.void.noise import warped_seed
from cleanplate.engines.void.pictures import Pictures
from cleanplate.models.moving.facts import ANSWERED
from cleanplate.motion.flow import Flow, FlowField, Gray
from cleanplate.motion.noise.stream import flows_between, scaled_flow, warped_latents

_CELLS = 4
"""Of noise along each side of a pixel of the model's grid: things go less than a pixel from beat to beat."""


def warped_noise(pictures: Pictures, framing: Framing, length: int, flow: Flow, seed: int) -> Tensor:
    """1 x 6 x T x H x W, standard normal.

    Args:
        pictures: of the beats, upright, of any size over what is framed.
        framing: as the model sees it.
        length: beats that the model is given; from the last picture on nothing moves.
    """
    rows, columns = framing.rows, framing.columns
    still = repeat(np.zeros((rows, columns, 2), np.float32), length - len(pictures))
    flows = (_filled(one, framing) for one in flows_between(map(_gray, pictures), flow))
    made: Iterator[Real] = warped_latents(
        chain(flows, still),
        (rows, columns),
        seed=warped_seed(seed, 0),
        channels=ANSWERED,
        cells=_CELLS,
        time_stride=1,
    )
    return torch.from_numpy(np.stack(list(made), axis=1))[None]


def _filled(flow: FlowField, framing: Framing) -> FlowField:
    """On the cells of noise, its last row and column repeated up to the model's grid."""
    size = framing.size
    fine = scaled_flow(flow, (size.rows * _CELLS, size.columns * _CELLS))
    below, beside = (
        (whole - own) * _CELLS for whole, own in ((framing.rows, size.rows), (framing.columns, size.columns))
    )
    return np.asarray(cv2.copyMakeBorder(fine, 0, below, 0, beside, cv2.BORDER_REPLICATE), np.float32)


def _gray(picture: Real) -> Gray:
    return np.asarray(np.rint(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) * 255), np.uint8)
