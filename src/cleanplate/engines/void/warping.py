"""The noise that the second pass starts from: it moves as pictures do, the first pass's or given ones."""

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
from cleanplate.motion.flow import Flow, FlowField, Gray, LearnedFlow
from cleanplate.motion.noise.stream import warped_latents


def warped_noise(pictures: Pictures, take: Take, flow: Flow, seed: int) -> Iterator[Tensor]:
    """Latent frames, C x H x W; the mirrored tail of a padded span moves as the tail does.

    Args:
        pictures: in which things move as they shall, one for each of the span's frames.
        flow: the method that follows them.
    """
    _, channels, rows, columns = take.shape
    flows = ahead(_flows(_Seen(pictures, take, colour=isinstance(flow, LearnedFlow)), take.span.order, flow))
    made = warped_latents(flows, (rows, columns), seed=warped_seed(seed, take.number), channels=channels)
    return map(torch.from_numpy, made)


def _flows(seen: _Seen, order: Sequence[int], flow: Flow) -> Generator[FlowField, None, None]:
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
            found = flow(seen.at(a), seen.at(b)) if a != b else np.zeros((*seen.at(a).shape[:2], 2), np.float32)
        if to_come[pair]:
            held[pair] = found
        yield found


class _Seen:
    """Pictures as the flow is shown them; each pair of neighbours is made once.

    Args:
        colour: it is shown more than grays.
    """

    def __init__(self, pictures: Pictures, take: Take, *, colour: bool) -> None:
        self._pictures, self._take, self._colour = pictures, take, colour
        self._held = dict[int, Gray]()

    def at(self, place: int) -> Gray:
        if place not in self._held:
            self._held = {other: shown for other, shown in self._held.items() if abs(other - place) < 2}
            self._held[place] = self._shown(self._pictures.at(place))
        return self._held[place]

    def _shown(self, picture: Real) -> Gray:
        """On the model's grid, so that the flow moves the noise as it is."""
        framing = self._take.framing
        shown = picture if self._colour else cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
        below, beside = framing.rows - shown.shape[0], framing.columns - shown.shape[1]
        filled = cv2.copyMakeBorder(shown, 0, below, 0, beside, cv2.BORDER_REPLICATE)
        return np.asarray(np.rint(filled * 255), np.uint8)
