"""The noise that the second pass starts from: it moves as pictures do, the first pass's or given ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import cv2
import numpy as np
import torch
from torch import Tensor

from cleanplate.engines.void.footage import Real
from cleanplate.engines.void.noise import warped_seed
from cleanplate.engines.void.outline import Take
from cleanplate.motion.flow import Flow, Gray, LearnedFlow
from cleanplate.motion.noise.stream import flows_between, warped_latents


def warped_noise(pictures: Iterable[Real], take: Take, flow: Flow, seed: int) -> Iterator[Tensor]:
    """Latent frames, C x H x W; the mirrored tail of a padded span moves as the tail does.

    Args:
        pictures: in which things move as they shall, one for each of the frames that the model sees.
        flow: the method that follows them.
    """
    _, channels, rows, columns = take.shape
    seen = (_seen(picture, take, colour=isinstance(flow, LearnedFlow)) for picture in pictures)
    flows = flows_between(seen, flow)
    made = warped_latents(flows, (rows, columns), seed=warped_seed(seed, take.number), channels=channels)
    return map(torch.from_numpy, made)


def _seen(picture: Real, take: Take, *, colour: bool) -> Gray:
    """On the model's grid, so that the flow moves the noise as it is."""
    seen = picture if colour else cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    below, beside = take.framing.rows - seen.shape[0], take.framing.columns - seen.shape[1]
    filled = cv2.copyMakeBorder(seen, 0, below, 0, beside, cv2.BORDER_REPLICATE)
    return np.asarray(np.rint(filled * 255), np.uint8)
