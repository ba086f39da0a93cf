"""The noise that the second pass starts from: it moves as the first pass's pictures do."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import torch
from torch import Tensor

from cleanplate.engines.void.footage import Real
from cleanplate.engines.void.noise import warped_seed
from cleanplate.engines.void.outline import Take
from cleanplate.engines.void.pictures import Pictures
from cleanplate.motion.flow import Gray, make_flow
from cleanplate.motion.noise.stream import flows_between, warped_latents


def warped_noise(first: Pictures, take: Take, flow: str, seed: int) -> Iterator[Tensor]:
    """Latent frames, C x H x W; the mirrored tail of a padded span moves as the tail does.

    Args:
        first: the first pass's pictures, one for each of the span's frames.
        flow: the method that follows them.
    """
    _, channels, rows, columns = take.shape
    grays = (_gray(first.at(place), take) for place in take.span.order)
    flows = flows_between(grays, make_flow(flow))
    made = warped_latents(flows, (rows, columns), seed=warped_seed(seed, take.number), channels=channels)
    return map(torch.from_numpy, made)


def _gray(picture: Real, take: Take) -> Gray:
    """On the model's grid, so that the flow moves the noise as it is."""
    gray = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    below, beside = take.framing.rows - gray.shape[0], take.framing.columns - gray.shape[1]
    filled = cv2.copyMakeBorder(gray, 0, below, 0, beside, cv2.BORDER_REPLICATE)
    return np.asarray(np.rint(filled * 255), np.uint8)
