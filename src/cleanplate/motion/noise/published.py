"""The published resampling of warped noise, step by step, for comparison with results of the released code.

72 frames whatever the length, of which the middle 480 x 720 is looked at; a field of 1920 x 2880 cells summed to
60 x 90 and then stretched over the latents. The stretching leaves a standard deviation of 0.66 and neighbours that
depend on one another, and moves what is off centre too far: `stream.warped_latents` has none of this.

In order: the frames of `frames_looked_at`, each through `looked_at`; their flows, by `stream.flows_between`; and
`published_latents`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from cleanplate.motion.flow import FlowField, Gray
from cleanplate.motion.noise.stream import CHANNELS, Latent, gathered, warped_fields

FRAMES = 72
CROP = (480, 720)
FLOW_SIZE = (240, 360)
FIELD_SIZE = (1920, 2880)
_CELLS = 32


def frames_looked_at(length: int) -> NDArray[np.intp]:
    """The frames of a clip of `length` that are looked at: 72, the nearest ones evenly spread; short clips repeat."""
    return np.asarray(np.rint(np.arange(FRAMES) * (length - 1) / (FRAMES - 1)), np.intp)


def latents_from(count: int) -> NDArray[np.intp]:
    """Which of the 72 noises each of `count` latents takes."""
    return np.linspace(0, FRAMES - 1, count).astype(np.intp)


def looked_at(picture: Gray) -> Gray:
    """A picture scaled to cover 480 x 720, its middle cut out, and halved: 240 x 360."""
    height, width = picture.shape
    scale = max(CROP[0] / height, CROP[1] / width)
    covering = (round(height * scale), round(width * scale))
    resized = cv2.resize(picture, covering[::-1], interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    y, x = (covering[0] - CROP[0]) // 2, (covering[1] - CROP[1]) // 2
    middle = resized[y : y + CROP[0], x : x + CROP[1]]
    return np.asarray(cv2.resize(middle, FLOW_SIZE[::-1], interpolation=cv2.INTER_AREA), np.uint8)


def published_latents(
    flows: Iterable[FlowField], latent_size: tuple[int, int], *, count: int, seed: int, channels: int = CHANNELS
) -> Iterator[Latent]:
    """The initial noise of `count` latents, from the 71 flows between the 72 pictures looked at.

    Holds 5.5 million cells of `channels` numbers, at times four-fold: 1.7 GB at the peak with 16 channels.
    """
    wanted = latents_from(count).tolist()
    fields = warped_fields(flows, FIELD_SIZE, seed=seed, channels=channels, published=True)
    for index, field in enumerate(fields):
        for _ in range(wanted.count(index)):
            yield stretched(gathered(field.noise, _CELLS), latent_size)


def stretched(latent: Latent, size: tuple[int, int]) -> Latent:
    """Each channel by bilinear interpolation to `size`, through half precision, as it is stored on the way."""
    stored = latent.astype(np.float16).astype(np.float32)
    return np.stack([cv2.resize(channel, size[::-1], interpolation=cv2.INTER_LINEAR) for channel in stored])
