"""A model of vera-nano's kind by itself, without an engine: all are asked alike, whether they make layers or not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from layered_clips import Case, Codes
from layered_methods import Method, Result, by_difference
from torch import Tensor

from cleanplate.engines.learned.device import device_name
from cleanplate.engines.vera.draw import noise_of
from cleanplate.errors import InputError
from cleanplate.models.catalogue.system import System
from cleanplate.models.codecs.pixel import PixelCodec
from cleanplate.models.codecs.protocol import as_alpha
from cleanplate.models.sampling.question import Question
from cleanplate.models.sampling.sampler import sample
from cleanplate.models.store.loading import load
from cleanplate.models.store.mixtures import text_encoder_of
from cleanplate.models.text.protocol import TextEncoder
from cleanplate.worlds.layered.alpha import over

_CLEAR = 4
"""Codes of alpha below which it becomes nothing, as in an edit."""


def by_model(folder: Path, seed: int, encoder: TextEncoder | None = None) -> Method:
    """What the model in a folder makes of clips of the size that it was trained on, told source and words.

    A model that makes no layers says the whole picture; its layer is read off what differs from the plate.

    Args:
        encoder: that it reads with, where it is not the system's.

    Raises:
        InputError: no such model; and, of a clip, another size than it was trained on.
    """
    device = torch.device(device_name())
    model, system = load(folder, torch.float32)
    model.to(device)
    texts, codec = encoder or text_encoder_of(system, device=str(device)), PixelCodec(system.stride)
    names = [branch.name for branch in system.transformer.branches]

    @torch.no_grad()
    def made(case: Case) -> Result:
        _require_size(case, system)
        source = codec.encode(_signed(case.source)).to(device)
        words = texts.encode([case.instruction, ""]).tokens_BSD.to(device)
        noise = noise_of(tuple(source.shape), seed << 32 | int(case.key))
        anything = torch.zeros(source.shape[2:], dtype=torch.bool, device=device)
        question = Question(words[:1], words[1:], {"source": source}, content_THW=anything)
        asked = {name: noise[name].to(device) for name in names}
        said = sample(model, asked, question, system.sampling, prediction=system.prediction)
        videos = {name: codec.decode(latents).cpu() for name, latents in said.items()}
        if "alpha" not in videos:
            return by_difference(case.source, _codes(videos["composite"]))
        edit, alpha = _codes(videos["edit"]), np.rint(255 * as_alpha(videos["alpha"])[0].numpy()).astype(np.uint8)
        alpha[alpha < _CLEAR] = 0
        composite = np.stack([over(*frame) for frame in zip(edit, alpha, case.source, strict=True)])
        return Result(composite, edit, np.float32(1 / 255) * alpha)

    return made


def _require_size(case: Case, system: System) -> None:
    frames, rows, columns = case.alpha.shape
    limits, patch = system.limits, system.transformer.patch
    if (
        frames > limits.frames
        or rows * columns > limits.pixels
        or any(side % step for side, step in zip((frames, rows, columns), patch, strict=True))
    ):
        side = round((limits.pixels * 4 / 7) ** 0.5)
        raise InputError(
            f"a clip of {frames} frames of {columns}x{rows} is none that this model was trained on",
            where=case.key,
            remedy=f"Give --frames {limits.frames} and --size {limits.pixels // side}x{side}, or use --engine.",
        )


def _signed(pictures_THWC: Codes) -> Tensor:
    """1 x 3 x T x H x W in -1..1."""
    return torch.from_numpy(pictures_THWC).permute(3, 0, 1, 2)[None].float() / 127.5 - 1


def _codes(video_B3THW: Tensor) -> Codes:
    levels = ((video_B3THW[0].permute(1, 2, 3, 0) + 1) * 127.5).clamp(0, 255).round()
    return np.asarray(levels.to(torch.uint8).numpy())
