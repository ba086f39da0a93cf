"""Muon against torch's own, which rounds to bfloat16 on the way, and against what it promises."""

from __future__ import annotations

from copy import deepcopy

import pytest
import torch
from torch import Tensor, nn

from cleanplate.train.muon import Muon, muon_for, orthogonal

RATE, DECAY = 0.05, 0.1


@pytest.mark.parametrize("shape", [(12, 12), (8, 24), (24, 8)])
def test_steps_are_torchs(shape: tuple[int, int]) -> None:
    random = torch.Generator().manual_seed(sum(shape))
    first, gradients = torch.randn(shape, generator=random), torch.randn(3, *shape, generator=random)
    ours, theirs, bias = (nn.Parameter(one.clone()) for one in (first, first, torch.zeros(2)))
    optimisers = (
        (ours, Muon([ours], [bias], (RATE, RATE), decay=DECAY)),
        (theirs, torch.optim.Muon([theirs], lr=RATE, weight_decay=DECAY, adjust_lr_fn="match_rms_adamw")),
    )
    for weight, optimiser in optimisers:
        for gradient in gradients:
            weight.grad = gradient.clone()
            optimiser.step()
    moved, apart = (theirs - first).norm(), (ours - theirs).norm()
    assert apart < 0.02 * moved, "bfloat16 has three digits"


@pytest.mark.parametrize("shape", [(16, 16), (6, 40), (40, 6)])
def test_singular_values_come_near_one_and_directions_stay(shape: tuple[int, int]) -> None:
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    turned = orthogonal(matrix)
    values = torch.linalg.svdvals(turned)
    assert float(values.min()) > 0.65
    assert float(values.max()) < 1.25
    left, _, right = torch.linalg.svd(matrix, full_matrices=False)
    assert float((left @ right * turned).sum()) == pytest.approx(float(values.sum()), rel=1e-6)
    torch.testing.assert_close(orthogonal(3e4 * matrix), turned)


def test_what_is_no_matrix_of_a_block_learns_by_adamw() -> None:
    def taught(other: Tensor, optimiser: torch.optim.Optimizer) -> Tensor:
        for value in (1.0, -2.0, 0.5):
            other.grad = torch.full_like(other, value)
            optimiser.step()
        return other.detach()

    alone, beside, matrix = (nn.Parameter(torch.ones(shape)) for shape in ((5,), (5,), (4, 4)))
    adam = torch.optim.AdamW([alone], RATE, betas=(0.9, 0.99), weight_decay=DECAY)
    both = Muon([matrix], [beside], (1.0, RATE), betas=(0.9, 0.99), decay=DECAY)
    torch.testing.assert_close(taught(beside, both), taught(alone, adam))
    assert (matrix == 1).all(), "no gradient, no step"


def test_blocks_matrices_are_told_from_everything_else() -> None:
    model = nn.ModuleDict({"blocks": nn.ModuleList([nn.Linear(3, 3)]), "head": nn.Linear(3, 2)})
    matrices, others = (group["params"] for group in muon_for(model, (0.1, 0.1), (0.9, 0.99), 0.0).param_groups)
    assert [one.shape for one in matrices] == [(3, 3)]
    assert [tuple(one.shape) for one in others] == [(3,), (2, 3), (2,)]


def test_it_goes_down_and_takes_up_where_it_was() -> None:
    def start() -> tuple[nn.Parameter, nn.Parameter, Muon]:
        matrix, bias = nn.Parameter(torch.full((4, 4), 3.0) + torch.eye(4)), nn.Parameter(torch.full((4,), 3.0))
        return matrix, bias, Muon([matrix], [bias], (0.05, 0.05))

    def step(matrix: nn.Parameter, bias: nn.Parameter, optimiser: Muon) -> float:
        optimiser.zero_grad()
        loss = (matrix.square().sum() + bias.square().sum()).sqrt()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        return loss.item()

    matrix, bias, optimiser = start()
    losses = [step(matrix, bias, optimiser) for _ in range(6)]
    assert losses[-1] < losses[0]
    again_matrix, again_bias, again = start()
    again.load_state_dict(deepcopy(optimiser.state_dict()))
    for new, old in ((again_matrix, matrix), (again_bias, bias)):
        new.data.copy_(old.data)
    assert step(again_matrix, again_bias, again) == step(matrix, bias, optimiser)
    torch.testing.assert_close(again_matrix, matrix, rtol=0, atol=0)
