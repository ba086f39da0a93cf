"""Weights in 8 bits: how far they are off, how small they are, and what is left alone."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from cleanplate.models.mixture.config import layered
from cleanplate.models.running.fp8 import STORED, SmallLinear, scaled, shrink
from drawn_models import BRANCHES, TINY, Inputs, drawn, vera

LARGER: dict[str, Any] = TINY | {"dim": 96, "heads": 4, "ffn_dim": 256, "text_dim": 32}


@given(st.integers(0, 99), st.floats(-6, 6))
@settings(max_examples=30)
def test_no_weight_is_off_by_more_than_half_a_step(seed: int, magnitude: float) -> None:
    weight = torch.randn(6, 33, generator=torch.Generator().manual_seed(seed)) * 10**magnitude
    stored, scale = scaled(weight)
    error = (stored.float() * scale - weight).abs()
    smallest = 2.0**-9 * scale  # E4M3's subnormal step
    assert (error <= torch.maximum(weight.abs() / 16, smallest / 2) * (1 + 1e-5)).all()
    assert torch.equal(stored.float().abs().amax(dim=1), torch.full((6,), torch.finfo(STORED).max))


def test_rows_of_zeros_stay_zero() -> None:
    stored, scale = scaled(torch.zeros(3, 4))
    assert not (stored.float() * scale).any()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_layer_answers_in_the_type_it_is_asked_in(dtype: torch.dtype) -> None:
    generator = torch.Generator().manual_seed(0)
    layer = nn.Linear(64, 32).to(dtype)
    nn.init.normal_(layer.weight, std=0.1, generator=generator)
    x = torch.randn(5, 64, generator=generator).to(dtype)
    got, expected = SmallLinear(layer)(x), layer(x)
    assert got.dtype == dtype
    assert ((got - expected).float().norm() / expected.float().norm()) < 0.04


def test_a_model_is_off_by_a_few_hundredths_and_a_quarter_as_large() -> None:
    config = layered(**LARGER)
    exact, small, inputs = drawn(config), shrink(drawn(config)), Inputs((2, 3, 4))
    inputs.text = torch.randn(1, 5, LARGER["text_dim"], generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        expected, got = exact(*inputs.all), small(*inputs.all)
    for name in BRANCHES:
        assert 1e-4 < (got[name] - expected[name]).norm() / expected[name].norm() < 0.1
    held = [sum(part.nbytes for part in model.blocks.parameters()) for model in (exact, small)]
    assert held[1] < 0.3 * held[0]


def test_only_linear_layers_of_blocks_are_changed() -> None:
    before, after = dict(vera().named_parameters()), dict(shrink(vera()).named_parameters())
    changed = {name for name in before if after[name].dtype is STORED}
    layers = {f"{name}.weight" for name, module in vera().named_modules() if isinstance(module, nn.Linear)}
    assert changed == {name for name in layers if name.startswith("blocks.")}
    assert {name for name in after if name not in before} == {f"{name.removesuffix('weight')}scale" for name in changed}
    assert all(torch.equal(after[name], before[name]) for name in before if name not in changed)
