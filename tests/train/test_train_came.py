"""CAME against the paper's equations, written out."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from cleanplate.train.came import Came

RATE, BETAS, EPS, DECAY = 0.1, (0.9, 0.99, 0.999), (1e-30, 1e-16), 0.01
Real = NDArray[np.float64]


def by_the_paper(weight: Real, gradients: list[Real]) -> Real:
    """Algorithm 2 of arXiv 2307.02047, without its bias corrections, as its authors run it."""
    n, m = weight.shape
    r, c, mean, far_r, far_c = np.zeros(n), np.zeros(m), np.zeros((n, m)), np.zeros(n), np.zeros(m)
    for g in gradients:
        squares = g**2 + EPS[0]
        r = BETAS[1] * r + (1 - BETAS[1]) * squares.mean(axis=1)
        c = BETAS[1] * c + (1 - BETAS[1]) * squares.mean(axis=0)
        u = g / np.sqrt(np.outer(r, c) / r.mean())
        u = u / max(1.0, np.sqrt((u**2).mean()))
        mean = BETAS[0] * mean + (1 - BETAS[0]) * u
        distance = (u - mean) ** 2 + EPS[1]
        far_r = BETAS[2] * far_r + (1 - BETAS[2]) * distance.mean(axis=1)
        far_c = BETAS[2] * far_c + (1 - BETAS[2]) * distance.mean(axis=0)
        confident = mean / np.sqrt(np.outer(far_r, far_c) / far_r.mean())
        weight = weight - RATE * DECAY * weight - RATE * confident
    return weight


def stepped(weight: Real, gradients: list[Real]) -> Real:
    parameter = nn.Parameter(torch.from_numpy(weight.copy()))
    optimiser = Came([parameter], RATE, BETAS, eps=EPS, weight_decay=DECAY)
    for gradient in gradients:
        parameter.grad = torch.from_numpy(gradient)
        optimiser.step()
    return np.asarray(parameter.detach())


def test_steps_are_the_papers() -> None:
    random = np.random.default_rng(0)
    weight, gradients = random.normal(size=(3, 4)), [random.normal(size=(3, 4)) for _ in range(3)]
    np.testing.assert_allclose(stepped(weight, gradients), by_the_paper(weight, gradients), rtol=1e-12)


def test_one_step_by_hand() -> None:
    """Of one gradient, u is ±10 before it is held to 1, m is u / 10, and its distance 0.9 of u, times √0.001."""
    weight, gradient = np.zeros((2, 2)), np.array([[2.0, -2.0], [2.0, 2.0]])
    expected = -RATE * np.sign(gradient) * 0.1 / (0.9 * np.sqrt(0.001))
    np.testing.assert_allclose(stepped(weight, [gradient]), expected, rtol=1e-12)


def test_a_bias_has_a_moment_for_each_weight_and_no_doubt() -> None:
    weight, gradient = np.ones(3), np.array([1.0, -2.0, 4.0])
    expected = (1 - RATE * DECAY) * weight - RATE * 0.1 * np.sign(gradient)
    np.testing.assert_allclose(stepped(weight, [gradient]), expected, rtol=1e-12)


def test_it_keeps_rows_and_columns_instead_of_a_second_moment() -> None:
    parameter = nn.Parameter(torch.zeros(64, 32))
    optimiser = Came([parameter], RATE)
    parameter.grad = torch.ones(64, 32)
    optimiser.step()
    assert sum(tensor.numel() for tensor in optimiser.state[parameter].values()) == 64 * 32 + 2 * (64 + 32)


def test_it_goes_down() -> None:
    parameter = nn.Parameter(torch.full((4, 4), 3.0))
    optimiser = Came([parameter], 0.01)

    def closure() -> float:
        optimiser.zero_grad()
        loss = parameter.square().sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return float(loss.detach())

    losses = [optimiser.step(closure) or 0.0 for _ in range(50)]
    assert losses[-1] == pytest.approx(0, abs=1.0)
    assert losses[0] == pytest.approx(144)
