"""What is said about memory against what is measured, and what is proposed where it is too little."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
import torch
from torch import Tensor

from cleanplate.models.catalogue.system import Limits, System
from cleanplate.models.catalogue.table import MODELS
from cleanplate.models.footprint import Region as Parts
from cleanplate.models.footprint import fitting, footprint, parameters, tokens_of
from cleanplate.models.mixture.config import MixtureConfig, layered, moving, plain
from cleanplate.models.mixture.counting import size_of
from cleanplate.models.running.fp8 import shrink
from cleanplate.models.running.settings import DType, Running
from cleanplate.models.sampling.question import Question
from cleanplate.models.sampling.sampler import sample
from cleanplate.models.sampling.settings import Sampling
from cleanplate.models.sparse.caching import Caching
from cleanplate.models.sparse.economy import Economy
from cleanplate.models.sparse.region import Region
from drawn_models import BRANCHES, TINY, Inputs, drawn
from measured import peak_of

GRID = (4, 10, 12)
SMALL: dict[str, Any] = TINY | {"dim": 96, "heads": 4, "layers": 4, "text_dim": 12}
CARD_12, CARD_24 = 12 * 10**9, 24 * 10**9
PUBLISHED = (49, 480, 832)


@pytest.mark.parametrize(
    "config",
    [
        *(row.system.transformer for row in MODELS.values()),
        layered("own", **TINY),
        layered("none", **TINY),
        layered("own", **TINY, one_tower=True),
        layered("shared", **TINY, waves=3),
        plain(**TINY),
        moving(**TINY, condition_channels=7),
    ],
)
def test_parameters_are_counted_without_making_them(config: MixtureConfig) -> None:
    assert parameters(config) == size_of(config).parameters


def no_workspace(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """In the place of attention: what kernels take for themselves is theirs."""
    return torch.zeros(q.shape, dtype=q.dtype)


def system(**geometry: int) -> System:
    return System(transformer=layered("shared", **SMALL | geometry), limits=Limits(frames=9))


def question_of(inputs: Inputs, region: Region | None) -> Question:
    return Question(inputs.text, inputs.text.flip(1), {"source": inputs.conditions["source"]}, region=region)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("fp8", [False, True])
@pytest.mark.parametrize("inner", [256, 1200])
def test_a_call_takes_what_was_said(dtype: DType, fp8: bool, inner: int) -> None:
    of, inputs, kind = system(ffn_dim=inner), Inputs(GRID), getattr(torch, dtype)
    model = drawn(of.transformer).to(kind).requires_grad_(False)
    model.attend = no_workspace
    if fp8:
        shrink(model)
    given = [{name: video.to(kind) for name, video in part.items()} for part in (inputs.videos, inputs.conditions)]
    with torch.inference_mode():
        measured = peak_of(lambda: model(given[0], inputs.time, inputs.text.to(kind), given[1]))
    said = footprint(of, GRID, Running(dtype=dtype, fp8=fp8), Sampling())
    assert 1.0 <= said.activations / measured <= 1.15
    held = sum(part.nbytes for part in model.parameters())
    assert said.weights == pytest.approx(held, rel=1e-6)


ECONOMY = Economy(ring=0, ring_frames=0, refresh=2)


@pytest.mark.parametrize(
    "settings",
    [
        Sampling(),
        Sampling(batched=True),
        Sampling(guidance=1),
        Sampling(cache=Caching(warmup=1, order=2, threshold=float("inf"), skips=1)),
        Sampling(economy=ECONOMY),
        Sampling(economy=ECONOMY, batched=True, cache=Caching(warmup=1, order=1, threshold=None)),
    ],
)
def test_sampling_takes_what_was_said(settings: Sampling) -> None:
    of, inputs, tokens = system(ffn_dim=512), Inputs(GRID), torch.zeros(GRID, dtype=torch.bool)
    tokens[:, 2:5, 3:7] = True
    share = float(tokens.float().mean())
    region = Region.of(tokens, ECONOMY) if settings.economy is not None else None
    model = drawn(of.transformer).requires_grad_(False)
    model.attend = no_workspace
    settings = settings.model_copy(update={"steps": 7})
    question = question_of(inputs, region)
    sample(model, inputs.videos, question, settings.model_copy(update={"steps": 1}))  # what is made once and for all
    measured = peak_of(lambda: sample(model, inputs.videos, question, settings))
    said = footprint(of, GRID, Running(dtype="float32"), settings, Parts(share, 1 - share))
    assert 1.0 <= (said.activations + said.kept + said.latents) / measured <= 1.2


@pytest.mark.slow
def test_wans_decoder_takes_what_was_said() -> None:
    from diffusers import AutoencoderKLWan

    decoder, of = AutoencoderKLWan().eval(), MODELS["vera-1.3b"].system
    held = sum(part.nbytes for part in decoder.parameters())
    latents = torch.randn(1, 16, 3, 8, 12, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        measured = peak_of(lambda: decoder.decode(latents).sample)
    said = footprint(of, tokens_of(of, 9, 64, 96), Running(dtype="float32"), Sampling())
    assert 1.0 <= said.codec / (measured + held) <= 1.1


def test_the_published_sizes_run_on_cards_of_12_and_24_gb() -> None:
    small, large = (MODELS[name].system for name in ("vera-1.3b", "vera-14b"))
    grid = tokens_of(small, *PUBLISHED)
    assert grid == (13, 30, 52)
    assert fitting(small, grid, CARD_12) == Running(tile=256)
    assert footprint(small, grid, Running(tile=256), Sampling()).peak < CARD_12 - 600_000_000
    assert fitting(large, grid, CARD_24) == Running(tile=256, offload=True)
    assert footprint(large, grid, Running(tile=256, offload=True), Sampling()).peak < CARD_24 - 600_000_000


def test_what_is_proposed_fits_and_what_is_gentler_does_not() -> None:
    of = MODELS["vera-14b"].system
    grid = tokens_of(of, *PUBLISHED)
    found = [fitting(of, grid, size * 10**9) for size in range(1, 120)]
    assert found[0] is None
    ways = list(dict.fromkeys(found))
    waiting = Running(tile=256, offload=True)
    assert ways == [None, waiting.model_copy(update={"fp8": True}), waiting, Running(tile=256), Running()]
    for size, way in enumerate(found, start=1):
        if way is not None:
            assert footprint(of, grid, way, Sampling()).peak < size * 10**9


def test_a_small_model_without_a_codec_is_never_tiled() -> None:
    of = System(transformer=plain(**TINY | {"channels": 48}), codec="pixel", stride=(4, 2, 2), limits=Limits(frames=9))
    assert fitting(of, (3, 8, 8), 10**9) == Running()
    assert fitting(of, (3, 8, 8), 600_000_001) is None


def test_asking_needs_no_torch() -> None:
    asking = (
        "import sys, cleanplate.models.footprint, cleanplate.models.running.settings; sys.exit('torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", asking], check=True)


def test_more_is_never_said_to_take_less() -> None:
    of = system(ffn_dim=512)
    plainly = footprint(of, GRID, Running(), Sampling())
    assert footprint(of, (8, 10, 12), Running(), Sampling()).peak > plainly.peak
    assert footprint(of, GRID, Running(dtype="float32"), Sampling()).peak > plainly.peak
    assert footprint(of, GRID, Running(), Sampling(batched=True)).activations > plainly.activations
    assert footprint(of, GRID, Running(), Sampling(cache=Caching())).kept > plainly.kept == 0
    assert footprint(of, GRID, Running(offload=True), Sampling()).weights < plainly.weights
    kept = [footprint(of, GRID, Running(), Sampling(economy=ECONOMY), Parts(0.1, part)).kept for part in (0.2, 0.9)]
    assert kept[0] < kept[1]
    assert set(BRANCHES) == {branch.name for branch in of.transformer.branches}
