"""What VOID is trained on: the engine's own conventions, the published noise, and the loss by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from cleanplate.engines.void.conditioning import masks, noisy, plates
from cleanplate.motion.noise.blend import published_std
from cleanplate.train.noise import normal
from cleanplate.train.order import Purpose
from cleanplate.train.texts import KeptTexts
from cleanplate.train.void.batches import Batcher, Latents, video, video_of
from cleanplate.train.void.clips import Example, ExampleDataset
from cleanplate.train.void.objective import level, loss
from cleanplate.train.void.recipe import Recipe, Warped
from drawn_layers import HashedWords
from drawn_pairs import COLUMNS, ROWS, codec, made_pairs, small_recipe

SILENT = (-100.0, 0.0)
"""Of the logarithm: no noise on the plate."""


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Example:
    return ExampleDataset(made_pairs(tmp_path_factory.mktemp("pairs"), 1), small_recipe()).whole(0)


def batcher(recipe: Recipe) -> Batcher:
    return Batcher(recipe, codec(), KeptTexts(HashedWords()), torch.device("cpu"))


def test_without_its_noise_the_model_is_told_what_the_engine_tells_it(example: Example) -> None:
    latents = batcher(small_recipe(noise=SILENT, posterior="mode")).latents(example)
    labels, pictures = example.labels.numpy(), example.plate.numpy().astype(np.float32) / 255
    told = (video(masks(labels)), video(plates(iter(pictures), seed=0, strength=0)))
    mask, plate = (codec().encode(part[None]).transpose(1, 2) for part in told)
    assert torch.equal(latents.known_1FCHW, torch.cat((mask, plate), dim=2))
    assert torch.equal(latents.clean_1FCHW, codec().encode(video_of(example.target)[None]).transpose(1, 2))
    assert {round(float(value), 6) for value in np.unique(told[0])} == {0.0, 0.501961, 1.0}
    assert torch.equal(latents.text_1SD, HashedWords().encode([example.text]).tokens_BSD)


def test_the_plates_noise_is_drawn_for_each_clip_and_leaves_black_alone(example: Example) -> None:
    """Its deviation is exp(N(-3, 0.5))."""
    made = batcher(small_recipe())
    plate = torch.full((3, 2, 32, 32), -0.5)
    plate[:, :, :8] = -1
    noises = [made._noisy(plate, position) - plate for position in range(200)]
    deviations = np.log([float(noise[:, :, 8:].std()) for noise in noises])
    assert all((noise[:, :, :8] == 0).all() for noise in noises)
    assert deviations.mean() == pytest.approx(-3, abs=0.1)
    assert deviations.std() == pytest.approx(0.5, abs=0.07)
    assert torch.equal(made._noisy(plate, 3) - plate, noises[3])


def test_what_the_codec_believes_is_drawn_from(example: Example) -> None:
    """As far as it believes it, whatever else comes with the clip: each video has a draw of its own."""
    drawn = batcher(small_recipe(noise=SILENT)).latents(example)
    best = batcher(small_recipe(noise=SILENT, posterior="mode")).latents(example)
    mean, deviation = (part.transpose(1, 2) for part in codec().posterior(video_of(example.target)[None]))
    assert torch.equal(mean, best.clean_1FCHW)
    unit = (drawn.clean_1FCHW - best.clean_1FCHW) / deviation
    assert float(unit.std()) == pytest.approx(1, abs=0.1)
    assert torch.allclose(unit, normal(unit.shape, 0, Purpose.POSTERIOR, 0), atol=1e-3)
    mask_unit = (drawn.known_1FCHW - best.known_1FCHW)[:, :, : unit.shape[2]]
    assert not torch.allclose(mask_unit / deviation, unit, atol=0.1)


def test_where_nothing_is_told_there_are_zeros(example: Example) -> None:
    latents = batcher(small_recipe()).latents(replace(example, told=False))
    assert not latents.known_1FCHW.any()
    assert latents.clean_1FCHW.any()


@pytest.mark.parametrize("as_published", [False, True])
def test_degraded_noise_keeps_its_deviation_but_as_published(example: Example, as_published: bool) -> None:
    """γ is drawn from 0 to 0.3; the published divisor lets the deviation rise to 1.31, 1.162 in the mean square."""
    recipe = small_recipe(number=2, warped=Warped(as_published=as_published))
    made, warped = batcher(recipe), normal((4, 4, 24, 32), 9, Purpose.NOISE, 0)
    noises = [made._noise(replace(example, warped=warped, position=position), warped[None]) for position in range(300)]
    deviations = np.array([float(noise.std()) for noise in noises])
    if as_published:
        assert np.sqrt((deviations**2).mean()) == pytest.approx(1.162, abs=0.01)
        assert deviations.max() == pytest.approx(published_std(0.3), abs=0.03)
    else:
        assert np.abs(deviations - 1).max() < 0.03
    likeness = [float((noise[0] * warped).mean() / noise.std()) for noise in noises]
    assert 0.7 < min(likeness) < 0.95 < max(likeness) <= 1.01


def test_levels_are_uniform() -> None:
    levels = [level(small_recipe(), position) for position in range(4000)]
    assert (min(levels), max(levels)) == pytest.approx((0, 999), abs=3)
    assert np.mean(levels) == pytest.approx(499.5, abs=15)


class Answers(torch.nn.Module):
    """Says what it is told to, and keeps what it was asked."""

    def __init__(self, answer: Tensor) -> None:
        super().__init__()
        self.answer = answer

    def forward(self, **asked: Any) -> tuple[Tensor]:
        self.asked = asked
        return (self.answer,)


def test_the_loss_by_hand() -> None:
    """v = √a ε - √(1 - a) x, of x_t = √a x + √(1 - a) ε."""
    shape = (1, 2, 4, ROWS // 8, COLUMNS // 8)
    clean, noise, answer = (normal(shape, 1, Purpose.NOISE, place) for place in range(3))
    known, text = normal((1, 2, 8, *shape[3:]), 1, Purpose.MASK, 0), normal((1, 6, 12), 1, Purpose.MASK, 1)
    latents = Latents(clean, known, noise, text, position=7)
    recipe, model = small_recipe(), Answers(answer)
    found = loss(model, latents, recipe)
    time = level(recipe, 7)
    betas = torch.linspace(0.00085**0.5, 0.012**0.5, 1000, dtype=torch.float64) ** 2
    roots = (1 - betas).cumprod(0).sqrt()
    clean64, noise64, answer64 = (part.double() for part in (clean, noise, answer))
    root = (roots[time] - roots[-1]) * roots[0] / (roots[0] - roots[-1])
    rest = (1 - root**2).sqrt()
    wrong = answer64 - (root * noise64 - rest * clean64)
    torch.testing.assert_close(found.double(), wrong.square().mean(), rtol=1e-5, atol=0)
    expected = torch.cat((root * clean64 + rest * noise64, known), dim=2).float()
    torch.testing.assert_close(model.asked["hidden_states"], expected, rtol=0, atol=1e-5)
    assert model.asked["timestep"].tolist() == [time]
    assert torch.equal(model.asked["encoder_hidden_states"], text)


def test_more_noise_on_the_plate_is_the_engines_formula() -> None:
    video_3HW = torch.tensor([-1.0, -0.999, 0.5]).view(3, 1, 1)
    assert noisy(video_3HW, torch.ones(3, 1, 1), 0.1).flatten().tolist() == pytest.approx([-1, -0.899, 0.6])
