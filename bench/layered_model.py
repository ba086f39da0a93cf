"""A model of vera-nano's kind by itself, without an engine: all are asked alike, whether they make layers or not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from layered_clips import Case, Codes
from layered_methods import Method, Result, by_difference
from torch import Tensor

from cleanplate.engines.learned.device import device_name
from cleanplate.engines.vera.closer import drawn_close, things_of
from cleanplate.engines.vera.draw import BRANCHES, COMPOSITE, Draughtsman, Scenery, noise_of
from cleanplate.engines.vera.placement import Stage, placements
from cleanplate.errors import InputError
from cleanplate.models.catalogue.system import System
from cleanplate.models.catalogue.vocabulary import NANO
from cleanplate.models.closeup import Aim, cropped, pasted
from cleanplate.models.codecs.protocol import Codec
from cleanplate.models.mixture.model import Mixture
from cleanplate.models.placing.placer import Placer
from cleanplate.models.sampling.question import Question
from cleanplate.models.sampling.sampler import sample
from cleanplate.models.store.loading import load
from cleanplate.models.store.mixtures import codec_of, placer_of, text_encoder_of
from cleanplate.models.text.protocol import TextEncoder
from cleanplate.worlds.layered.alpha import over
from cleanplate.worlds.layered.clip import Task

_CLEAR = 4
"""Codes of alpha below which it becomes nothing, as in an edit."""


def by_model(folder: Path, seed: int, encoder: TextEncoder | None = None) -> Method:
    """What the model in a folder makes of clips of the size that it was trained on, told source and words.

    A model that makes no layers says the whole picture; its layer is read off what differs from the plate. What
    stays is the model's own to find, as that is compared.

    Args:
        encoder: that it reads with, where it is not the system's.

    Raises:
        InputError: no such model; and, of a clip, another size than it was trained on.
    """
    device = torch.device(device_name())
    model, system = load(folder, torch.float32)
    model.to(device)
    texts, codec = encoder or text_encoder_of(system, device=str(device)), codec_of(system, folder, device=str(device))

    placer = None if system.closeup is None else placer_of(system, folder)

    def made(case: Case) -> Result:
        _require_size(case, system)
        anywhere = torch.ones(case.alpha.shape, dtype=torch.bool)
        scenery = Scenery(_signed(case.source), anywhere, None, seed << 32 | int(case.key))
        asked, nothing = _asked(case, placer, texts, scenery.seed), texts.encode([""]).tokens_BSD
        if not set(BRANCHES) <= {branch.name for branch in system.transformer.branches}:
            return by_difference(case.source, _anew(model, codec, system, (asked, nothing), scenery))
        artists = [
            Draughtsman(
                model, codec, system, texts=(words, nothing), settings=system.sampling, masked=False, judged=True
            )
            for words, _ in asked
        ]
        aims = [aim for _, aim in asked if aim is not None]
        things = list(zip(artists, aims, strict=False))
        drawn = drawn_close(things, scenery, system.closeup or 0) if things else artists[0].draw(scenery)
        edit, alpha = _codes(drawn.edit_3THW), np.rint(255 * drawn.alpha_THW.numpy()).astype(np.uint8)
        alpha[alpha < _CLEAR] = 0
        composite = np.stack([over(*frame) for frame in zip(edit, alpha, case.source, strict=True)])
        return Result(composite, edit, np.float32(1 / 255) * alpha)

    return made


def _asked(case: Case, placer: Placer | None, texts: TextEncoder, seed: int) -> list[tuple[Tensor, Aim | None]]:
    """What is asked for each thing that is added, and where; or of the whole frame, where nothing places close-ups."""
    if case.task is not Task.ADD or placer is None:
        return [(texts.encode([case.instruction]).tokens_BSD, None)]
    things = things_of(case.instruction, NANO)
    read = texts.encode([*(thing.told for thing in things), *(thing.seen for thing in things)]).tokens_BSD
    frames, rows, columns = case.alpha.shape
    stage = Stage((0, frames - 1), columns / rows)
    places = placements(placer, read[: len(things)], stage, seed)
    aims = (place.aim(range(frames), (rows, columns)) for place in places)
    return [(words[None], aim) for words, aim in zip(read[len(things) :], aims, strict=True)]


@torch.no_grad()
def _anew(
    model: Mixture, codec: Codec, system: System, told: tuple[list[tuple[Tensor, Aim | None]], Tensor], scenery: Scenery
) -> Codes:
    """The whole picture, or what is seen in windows one after the other, by a model that makes no layers."""
    asked, nothing = told
    picture = scenery.source_3THW
    for number, (words, aim) in enumerate(asked):
        near = picture if aim is None else cropped(picture, aim, system.closeup or 0)
        source = codec.encode(near[None])
        anything = torch.zeros(source.shape[2:], dtype=torch.bool, device=source.device)
        question = Question(
            words.to(source.device), nothing.to(source.device), {"source": source}, content_THW=anything
        )
        noise = {COMPOSITE: noise_of(source.shape, scenery.seed + number)[COMPOSITE].to(source.device)}
        said = sample(model, noise, question, system.sampling, prediction=system.prediction)
        new = codec.decode(said[COMPOSITE])[0].cpu()
        picture = new if aim is None else pasted(new, aim, picture)
    return _codes((picture + 1) / 2)


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
