"""What the model makes of a clip that it was not trained on, by the engine's own sampler and in its conventions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cleanplate.engines.void.conditioning import masks, plates
from cleanplate.engines.void.noise import latent_noise
from cleanplate.engines.void.result import as_video
from cleanplate.engines.void.sampler import Task, sample
from cleanplate.engines.void.velocity import Velocity
from cleanplate.masks.labels import KEEP
from cleanplate.models.codecs.protocol import Codec
from cleanplate.models.void.rotary import rotary
from cleanplate.models.void.schedule import scheduler
from cleanplate.train.void.batches import video
from cleanplate.train.void.clips import Example
from cleanplate.train.void.recipe import Recipe

_SHOWN = 3


@dataclass(frozen=True)
class Texts:
    """Encoded, 1 x S x D each.

    Attributes:
        wanted: the scene afterwards.
        negative: what guidance leads away from.
    """

    wanted: Tensor
    negative: Tensor


def draw(
    model: Any, example: Example, texts: Texts, *, codec: Codec, recipe: Recipe, folder: Path, device: torch.device
) -> Tensor:
    """3 x T x H x W in 0..1, on the CPU. A second pass starts from the noise of the clip that it should make.

    Args:
        folder: where latents lie as they are drawn.
    """
    pictures = (frame.astype(np.float32) / 255 for frame in example.plate.numpy())
    told = (video(masks(example.labels.numpy())), video(plates(pictures, recipe.seed)))
    mask, plate = (codec.encode(part[None].to(device)) for part in told)
    known = torch.cat((mask, plate), dim=1)[0].transpose(0, 1).float().cpu().numpy()
    shape = (len(known), known.shape[1] // 2, *known.shape[2:])
    noise = example.warped if example.warped is not None else torch.stack([*latent_noise(recipe.seed, 0, shape)])
    places = partial(rotary, recipe.transformer, device=device)
    guidance = recipe.sampling.guidance
    ask = Velocity(model, places, texts.wanted.to(device), texts.negative.to(device), guidance=guidance)
    with TemporaryDirectory(prefix=".preview-", dir=folder) as inside:
        task = Task(known, lambda: iter(noise), "preview", size=len(known), overlap=0)
        drawn = sample(ask, scheduler(recipe.sampling.steps), task, Path(inside), device=device)
        decoded = codec.decode(as_video(np.array(drawn)).to(device))
    return ((decoded[0].float().cpu() + 1) / 2).clamp(0, 1)


def scores(made_3THW: Tensor, truth: Example) -> dict[str, float]:
    """How near it came.

    Returns:
        ``psnr``: in dB, where the mask is not to be kept; ``kept``: the same where it is.
    """
    wrong = (made_3THW - truth.target.permute(3, 0, 1, 2).float() / 255).square().mean(dim=0)
    keep = truth.labels == KEEP
    return {name: _decibels(wrong[where]) for name, where in (("psnr", ~keep), ("kept", keep)) if where.any()}


def sheet(made: Sequence[Tensor], truths: Sequence[Example]) -> NDArray[np.uint8]:
    """Rows of frames, clip below clip: plate, quadmask, what was drawn, truth."""
    width = max(truth.plate.shape[2] for truth in truths)
    rows = [_row(one, truth, frame, width) for one, truth in zip(made, truths, strict=True) for frame in _frames(truth)]
    return np.concatenate(rows)


def _frames(truth: Example) -> list[int]:
    return [int(frame) for frame in np.linspace(0, len(truth.plate) - 1, _SHOWN).round()]


def _row(made_3THW: Tensor, truth: Example, frame: int, width: int) -> NDArray[np.uint8]:
    drawn = (made_3THW[:, frame].permute(1, 2, 0) * 255).round().to(torch.uint8)
    mask = truth.labels[frame][..., None].expand(-1, -1, 3)
    cells = [cell.numpy() for cell in (truth.plate[frame], mask, drawn, truth.target[frame])]
    return np.concatenate([np.pad(cell, ((0, 0), (0, width - cell.shape[1]), (0, 0))) for cell in cells], axis=1)


def _decibels(squares: Tensor) -> float:
    return float(-10 * torch.log10(squares.mean().clamp(min=1e-10)))
