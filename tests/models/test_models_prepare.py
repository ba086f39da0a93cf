"""Made ready: every setting is carried out, and together they answer as they should."""

from __future__ import annotations

from typing import get_args

import pytest
import torch

from cleanplate.models.running.fp8 import STORED
from cleanplate.models.running.prepare import prepared
from cleanplate.models.running.settings import Attention, Running
from cleanplate.models.tokens.backends import KERNELS
from drawn_models import BRANCHES, Inputs, vera

CPU = torch.device("cpu")


def answers(running: Running) -> dict[str, torch.Tensor]:
    model, inputs = prepared(vera(), running, CPU), Inputs((2, 3, 4))
    kind = getattr(torch, running.dtype)
    videos, conditions = (
        {name: video.to(kind) for name, video in given.items()} for given in (inputs.videos, inputs.conditions)
    )
    with torch.inference_mode():
        answered: dict[str, torch.Tensor] = model(videos, inputs.time, inputs.text.to(kind), conditions)
    return answered


def test_plainly_nothing_changes() -> None:
    inputs = Inputs((2, 3, 4))
    with torch.inference_mode():
        expected = vera()(*inputs.all)
    got = answers(Running(dtype="float32"))
    assert all(torch.equal(got[name], expected[name]) for name in BRANCHES)


@pytest.mark.parametrize("fp8", [False, True])
@pytest.mark.parametrize("offload", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_all_goes_together(fp8: bool, offload: bool, dtype: str) -> None:
    exact = answers(Running(dtype="float32"))
    got = answers(Running.model_validate({"dtype": dtype, "fp8": fp8, "offload": offload}))
    for name in BRANCHES:
        error = (got[name].float() - exact[name]).norm() / exact[name].norm()
        assert error < 0.1
        assert got[name].dtype == getattr(torch, dtype)
        assert bool(error > 1e-4) == (fp8 or dtype == "bfloat16")


def test_what_was_asked_for_is_done() -> None:
    model = prepared(vera(), Running(fp8=True), CPU)
    kinds = {part.dtype for part in model.parameters()}
    assert kinds == {torch.bfloat16, torch.float32, STORED}
    assert not any(part.requires_grad for part in model.parameters())
    assert model.attend is KERNELS["sdpa"]()
    assert set(KERNELS) == set(get_args(Attention))
