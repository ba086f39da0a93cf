"""Kernels of attention agree; those of other packages are called as their authors say; compiled blocks agree."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor

from cleanplate.errors import ResourceError, UsageError
from cleanplate.models.mixture.config import layered
from cleanplate.models.running.compiled import compile_blocks
from cleanplate.models.sparse.economy import Economy, Phase
from cleanplate.models.sparse.region import Region
from cleanplate.models.tokens.attention import attend
from cleanplate.models.tokens.backends import KERNELS, kernel
from cleanplate.models.tokens.memory import Memory
from drawn_models import BRANCHES, TINY, Inputs, drawn, vera


def drawn_qkv() -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    q, k, v = (torch.randn(2, length, 3, 16, generator=generator) for length in (5, 7, 7))
    return q, k, v


def by_hand(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    scores = torch.einsum("bane,bkne->bnak", q, k) / q.shape[-1] ** 0.5
    return torch.einsum("bnak,bkne->bane", scores.softmax(dim=-1), v)


def test_the_default_is_the_formula() -> None:
    assert kernel("sdpa") is attend
    torch.testing.assert_close(kernel("sdpa")(*drawn_qkv()), by_hand(*drawn_qkv()), rtol=0, atol=1e-6)


@pytest.mark.slow
def test_flex_is_the_formula() -> None:
    torch.testing.assert_close(kernel("flex")(*drawn_qkv()), by_hand(*drawn_qkv()), rtol=0, atol=1e-6)


def _flash_attn_func(q: Tensor, k: Tensor, v: Tensor, dropout_p: float = 0.0) -> Tensor:
    """Its documentation: q is (batch_size, seqlen, nheads, headdim)."""
    return by_hand(q, k, v)


def _sageattn(q: Tensor, k: Tensor, v: Tensor, tensor_layout: str = "HND") -> Tensor:
    """Its documentation: HND is (batch_size, head_num, seq_len, head_dim), NHD (batch_size, seq_len, head_num, ...)."""
    assert tensor_layout == "NHD"
    return by_hand(q, k, v)


def _memory_efficient_attention(query: Tensor, key: Tensor, value: Tensor, attn_bias: Any = None) -> Tensor:
    """Its documentation: tensors are [B, M, H, K]."""
    return by_hand(query, key, value)


PACKAGES = {
    "flash": ("flash_attn", _flash_attn_func),
    "sage": ("sageattention", _sageattn),
    "xformers": ("xformers.ops", _memory_efficient_attention),
}


@pytest.mark.parametrize("name", PACKAGES)
def test_other_packages_get_what_they_document(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module, function = PACKAGES[name]
    for level in (module.partition(".")[0], module):
        monkeypatch.setitem(sys.modules, level, ModuleType(level))
    setattr(sys.modules[module], function.__name__.lstrip("_"), function)
    torch.testing.assert_close(kernel(name)(*drawn_qkv()), attend(*drawn_qkv()), rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_that_is_not_there_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module = PACKAGES[name][0]
    monkeypatch.setitem(sys.modules, module.partition(".")[0], None)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ResourceError, match=f"'{name}' needs {module}.*choose 'sdpa'"):
        kernel(name)


def test_a_kernel_that_nobody_knows() -> None:
    with pytest.raises(UsageError, match=r"'fast'.*sdpa, flex, flash, sage, xformers"):
        kernel("fast")
    assert set(KERNELS) == {"sdpa", "flex", *PACKAGES}


def test_a_model_takes_any_kernel() -> None:
    model, inputs = vera(), Inputs((2, 3, 4))
    with torch.inference_mode():
        before = model(*inputs.all)
        model.attend = by_hand
        after = model(*inputs.all)
    for name in BRANCHES:
        torch.testing.assert_close(after[name], before[name], rtol=0, atol=1e-5)


@pytest.mark.slow
def test_compiled_blocks_answer_alike_from_few_graphs() -> None:
    torch._dynamo.reset()
    torch._dynamo.utils.counters.clear()
    config = layered(**TINY | {"layers": 5})
    plain, fast, inputs = drawn(config), compile_blocks(drawn(config)), Inputs((2, 4, 4))
    one = torch.zeros(2, 4, 4, dtype=torch.bool)
    one[0, 1, 1] = True
    region = Region.of(one, Economy(ring=1, ring_frames=0))
    phases = (Phase.FRESH, Phase.REUSED, Phase.FROZEN)
    calls = [{}, *({"shares": region.shares(BRANCHES, phase)} for phase in phases)]
    memories = Memory(), Memory()
    with torch.inference_mode():
        for given in calls:
            expected = plain(*inputs.all, **given, memory=memories[0])
            got = fast(*inputs.all, **given, memory=memories[1])
            for name, video in expected.items():
                torch.testing.assert_close(got[name], video, rtol=0, atol=1e-5)
    assert torch._dynamo.utils.counters["stats"]["unique_graphs"] <= len(calls)
