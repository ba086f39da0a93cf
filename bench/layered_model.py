"""A model of vera-nano's kind by itself, without an engine: all are asked alike, whether they make layers or not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from layered_clips import Case, Codes
from layered_methods import Method, Result, by_difference
from torch import Tensor

from cleanplate.engines.learned.device import device_name
from cleanplate.engines.vera.closer import CloserDraughtsman
from cleanplate.engines.vera.draw import BRANCHES, COMPOSITE, Draughtsman, Scenery, noise_of
from cleanplate.errors import InputError
from cleanplate.models.catalogue.system import System
from cleanplate.models.closeup import worded
from cleanplate.models.codecs.protocol import Codec
from cleanplate.models.mixture.model import Mixture
from cleanplate.models.sampling.question import Question
from cleanplate.models.sampling.sampler import sample
from cleanplate.models.store.loading import load
from cleanplate.models.store.mixtures import codec_of, text_encoder_of
from cleanplate.models.text.protocol import TextEncoder
from cleanplate.worlds.layered.alpha import over
from cleanplate.worlds.layered.clip import Task

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
    texts, codec = encoder or text_encoder_of(system, device=str(device)), codec_of(system, folder, device=str(device))

    def made(case: Case) -> Result:
        _require_size(case, system)
        words = texts.encode([case.instruction, "", worded(case.instruction)]).tokens_BSD
        scenery = Scenery(
            _signed(case.source), torch.ones(case.alpha.shape, dtype=torch.bool), None, seed << 32 | int(case.key)
        )
        if not set(BRANCHES) <= {branch.name for branch in system.transformer.branches}:
            return by_difference(case.source, _anew(model, codec, system, words, scenery))
        whole, near = (
            Draughtsman(model, codec, system, texts=(text, words[1:2]), settings=system.sampling, masked=False)
            for text in (words[:1], words[2:])
        )
        closer = system.closeup if case.task is Task.ADD else None
        size = (int(case.alpha.shape[1]), int(case.alpha.shape[2]))
        drawn = (CloserDraughtsman(whole, near, size, closer) if closer else whole).draw(scenery)
        edit, alpha = _codes(drawn.edit_3THW), np.rint(255 * drawn.alpha_THW.numpy()).astype(np.uint8)
        alpha[alpha < _CLEAR] = 0
        composite = np.stack([over(*frame) for frame in zip(edit, alpha, case.source, strict=True)])
        return Result(composite, edit, np.float32(1 / 255) * alpha)

    return made


@torch.no_grad()
def _anew(model: Mixture, codec: Codec, system: System, words_BSD: Tensor, scenery: Scenery) -> Codes:
    """The whole picture, by a model that makes no layers."""
    source = codec.encode(scenery.source_3THW[None])
    anything = torch.zeros(source.shape[2:], dtype=torch.bool, device=source.device)
    words_BSD = words_BSD.to(source.device)
    question = Question(words_BSD[:1], words_BSD[1:2], {"source": source}, content_THW=anything)
    noise = {COMPOSITE: noise_of(source.shape, scenery.seed)[COMPOSITE].to(source.device)}
    said = sample(model, noise, question, system.sampling, prediction=system.prediction)
    return _codes((codec.decode(said[COMPOSITE])[0].cpu() + 1) / 2)


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
    """3 x T x H x W in -1..1."""
    return torch.from_numpy(pictures_THWC).permute(3, 0, 1, 2).float() / 127.5 - 1


def _codes(video_3THW: Tensor) -> Codes:
    """Of R'G'B' in 0..1."""
    levels = (video_3THW.permute(1, 2, 3, 0) * 255).clamp(0, 255).round()
    return np.asarray(levels.to(torch.uint8).numpy())
