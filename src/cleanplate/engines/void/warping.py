"""The noise that the second pass starts from: it moves as the first pass's pictures do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from itertools import pairwise

import cv2
import numpy as np
import torch
from torch import Tensor

from cleanplate.ahead import ahead
from cleanplate.engines.void.footage import Real
from cleanplate.engines.void.noise import warped_seed
from cleanplate.engines.void.outline import Take
from cleanplate.engines.void.pictures import Pictures
from cleanplate.motion.flow import Flow, FlowField, Gray, make_flow
from cleanplate.motion.noise.stream import warped_latents


def warped_noise(first: Pictures, take: Take, flow: str, seed: int) -> Iterator[Tensor]:
    """Latent frames, C x H x W; the mirrored tail of a padded span moves as the tail does.

    Args:
        first: the first pass's pictures, one for each of the span's frames.
        flow: the method that follows them.
    """
    _, channels, rows, columns = take.shape
    flows = ahead(_flows(_Grays(first, take), take.span.order, make_flow(flow)))
    made = warped_latents(flows, (rows, columns), seed=warped_seed(seed, take.number), channels=channels)
    return map(torch.from_numpy, made)


def _flows(grays: _Grays, order: Sequence[int], flow: Flow) -> Generator[FlowField, None, None]:
    """Of each picture to the next. A tail that goes to and fro asks for the same again: what it will ask for is held.

    Where a tail turns it stands for a frame, and nothing moves.
    """
    to_come = Counter(pairwise(order))
    held = dict[tuple[int, int], FlowField]()
    for pair in pairwise(order):
        a, b = pair
        to_come[pair] -= 1
        found = held.pop(pair, None)
        if found is None:
            found = flow(grays.at(a), grays.at(b)) if a != b else np.zeros((*grays.at(a).shape, 2), np.float32)
        if to_come[pair]:
            held[pair] = found
        yield found


class _Grays:
    """Pictures as the flow is shown them; each pair of neighbours is made once."""

    def __init__(self, pictures: Pictures, take: Take) -> None:
        self._pictures, self._take = pictures, take
        self._held = dict[int, Gray]()

    def at(self, place: int) -> Gray:
        if place not in self._held:
            self._held = {other: gray for other, gray in self._held.items() if abs(other - place) < 2}
            self._held[place] = _gray(self._pictures.at(place), self._take)
        return self._held[place]


def _gray(picture: Real, take: Take) -> Gray:
    """On the model's grid, so that the flow moves the noise as it is."""
    gray = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    below, beside = take.framing.rows - gray.shape[0], take.framing.columns - gray.shape[1]
    filled = cv2.copyMakeBorder(gray, 0, below, 0, beside, cv2.BORDER_REPLICATE)
    return np.asarray(np.rint(filled * 255), np.uint8)
