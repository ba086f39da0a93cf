"""Examples to what the model sees: through codec and text encoder, in the conventions of the published training.

F latent frames, C channels, H W of latents, S D tokens and channels of the text.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import exp
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor

from cleanplate.engines.void.conditioning import masks, noisy, plate_video
from cleanplate.models.codecs.protocol import Codec
from cleanplate.motion.noise.blend import degraded, degraded_as_published
from cleanplate.train.noise import normal
from cleanplate.train.order import Purpose, drawn
from cleanplate.train.texts import KeptTexts
from cleanplate.train.void.clips import Example
from cleanplate.train.void.recipe import Recipe

_TARGET, _MASK, _PLATE = range(3)
"""Videos of an example, each with latents drawn by itself."""


@runtime_checkable
class Believing(Protocol):
    """A codec that says how sure it is of its latents."""

    def posterior(self, video_B3THW: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation."""
        ...


@dataclass(frozen=True)
class Latents:
    """One clip as the model sees it.

    Attributes:
        clean_1FCHW: what is to be drawn.
        known_1FCHW: mask and plate, 2 C channels; nothing but zeros where they are not told.
        noise_1FCHW: what the drawing starts from.
        text_1SD: the encoded description.
        position: of the clip in the run.
    """

    clean_1FCHW: Tensor
    known_1FCHW: Tensor
    noise_1FCHW: Tensor
    text_1SD: Tensor
    position: int


class Batcher:
    """Brings examples into the model's form.

    Args:
        device: where the model is.
    """

    def __init__(self, recipe: Recipe, codec: Codec, texts: KeptTexts, device: torch.device) -> None:
        self._recipe, self._codec, self._texts, self._device = recipe, codec, texts, device

    @torch.no_grad()
    def latents(self, example: Example) -> Latents:
        """Everything that is drawn hangs on the seed and the example's position."""
        position = example.position
        clean = self._coded(video_of(example.target), position, _TARGET)
        mask = self._coded(video(masks(example.labels.numpy())), position, _MASK)
        plate = self._coded(self._noisy(video_of(example.plate), position), position, _PLATE)
        return Latents(
            clean_1FCHW=clean,
            known_1FCHW=torch.cat((mask, plate), dim=2) * example.told,
            noise_1FCHW=self._noise(example, clean),
            text_1SD=self._texts.of([example.text]).to(self._device),
            position=position,
        )

    def _noisy(self, plate_3THW: Tensor, position: int) -> Tensor:
        """Exactly black samples stay so."""
        mean, deviation = self._recipe.noise
        random = drawn(self._recipe.seed, Purpose.PLATE, position)
        plate = plate_3THW.to(self._device)
        noise = normal(plate.shape, self._recipe.seed, Purpose.PLATE, position, self._device)
        return noisy(plate, noise, exp(mean + deviation * random.standard_normal()))

    def _coded(self, video_3THW: Tensor, position: int, which: int) -> Tensor:
        """1 x F x C x H x W."""
        video_13THW = video_3THW[None].to(self._device)
        if self._recipe.posterior == "mode" or not isinstance(self._codec, Believing):
            return self._codec.encode(video_13THW).transpose(1, 2).to(self._device)
        mean, deviation = (part.transpose(1, 2).to(self._device) for part in self._codec.posterior(video_13THW))
        return mean + deviation * normal(
            mean.shape, self._recipe.seed, Purpose.POSTERIOR, 3 * position + which, self._device
        )

    def _noise(self, example: Example, clean_1FCHW: Tensor) -> Tensor:
        seed, position = self._recipe.seed, example.position
        if example.warped is None:
            return normal(clean_1FCHW.shape, seed, Purpose.NOISE, position, self._device)
        warped, settings = example.warped.numpy(), self._recipe.warped
        random = drawn(seed, Purpose.DEGRADED, position)
        part = random.random() * settings.fresh
        blend = degraded_as_published if settings.as_published else degraded
        return torch.from_numpy(blend(warped, random.standard_normal(warped.shape, np.float32), part))[None].to(
            self._device
        )


def video(frames: Iterable[Tensor]) -> Tensor:
    """3 x T x H x W of frames of 3 x H x W."""
    return torch.stack(list(frames), dim=1)


def video_of(frames_THW3: Tensor) -> Tensor:
    """3 x T x H x W in -1..1 of uint8 frames."""
    return video(plate_video(frame.astype(np.float32) / 255) for frame in frames_THW3.numpy())
