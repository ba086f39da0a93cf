"""The loss, against what it says by hand; and the ablations' graphs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from cleanplate.models.codecs.pixel import PixelCodec
from cleanplate.models.mixture.config import layered
from cleanplate.models.mixture.model import Mixture
from cleanplate.models.tokens.memory import Share
from cleanplate.train.texts import KeptTexts
from cleanplate.train.vera.batches import Batcher
from cleanplate.train.vera.clips import Example, ExampleDataset
from cleanplate.train.vera.objective import Latents, draw_noise, losses, total
from cleanplate.train.vera.recipe import Recipe, Sparse
from cleanplate.train.vera.start import start
from drawn_layers import GEOMETRY, HashedWords, made_clips, small_recipe

RECIPE = small_recipe()
BRANCHES = ("edit", "alpha", "composite")


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> list[Example]:
    dataset = ExampleDataset(made_clips(tmp_path_factory.mktemp("clips")), RECIPE)
    return [dataset.whole(0), dataset.whole(1)]


def batcher(recipe: Recipe = RECIPE) -> Batcher:
    return Batcher(recipe, PixelCodec(recipe.system.stride), KeptTexts(HashedWords()), torch.device("cpu"))


@pytest.fixture(scope="module")
def latents(examples: list[Example]) -> Latents:
    return batcher().latents(examples)


def test_videos_come_to_the_model_as_the_codec_has_them(examples: list[Example], latents: Latents) -> None:
    codec = PixelCodec(RECIPE.system.stride)
    for name in ("edit", "composite"):
        video = torch.stack([getattr(example, name) for example in examples]).float() / 255
        torch.testing.assert_close((codec.decode(latents.clean[name]) + 1) / 2, video, rtol=0, atol=1e-5)
    alpha = torch.stack([example.alpha for example in examples]).float() / 255
    decoded = (codec.decode(latents.clean["alpha"]) + 1) / 2
    torch.testing.assert_close(decoded, alpha[:, None].expand_as(decoded), rtol=0, atol=1e-5)
    assert latents.present["preserve"].tolist() == [example.preserve is not None for example in examples]
    assert set(latents.present["preserve"].tolist()) == {True, False}


class Answers(Mixture):
    """Says what it is told to."""

    answer: Mapping[str, Tensor]

    def forward(self, videos: Mapping[str, Tensor], *rest: Any, **more: Any) -> dict[str, Tensor]:
        return dict(self.answer)


@pytest.mark.parametrize("prediction", ["velocity", "sample"])
def test_the_right_answer_costs_nothing_and_a_wrong_one_its_square(latents: Latents, prediction: str) -> None:
    recipe = small_recipe(system=RECIPE.system.model_copy(update={"prediction": prediction}), floor=0.5)
    noise = draw_noise(latents, recipe)
    model = Answers(recipe.system.transformer)
    level = noise.level_B.view(-1, 1, 1, 1, 1)
    right = {
        name: noise.by_branch[name] - clean if prediction == "velocity" else clean
        for name, clean in latents.clean.items()
    }
    model.answer = right
    assert all(float(error) < 1e-10 for error in losses(model, latents, noise, recipe).values())
    model.answer = {name: video + 0.3 for name, video in right.items()}
    by = torch.ones_like(level) if prediction == "velocity" else 1 / level.clamp(min=0.5)
    for error in losses(model, latents, noise, recipe).values():
        torch.testing.assert_close(error, (0.09 * by.square()).mean(), rtol=1e-4, atol=0)


def test_noise_hangs_on_seed_and_position_only(latents: Latents) -> None:
    both = draw_noise(latents, RECIPE)
    for place in range(2):
        alone = draw_noise(latents.only(place), RECIPE)
        assert torch.equal(alone.level_B, both.level_B[place : place + 1])
        assert all(torch.equal(alone.by_branch[n], both.by_branch[n][place : place + 1]) for n in BRANCHES)
    other = draw_noise(latents, small_recipe(seed=1))
    assert not torch.equal(other.level_B, both.level_B)
    assert not torch.equal(both.by_branch["edit"], both.by_branch["alpha"])


def test_levels_are_uniform_and_then_shifted() -> None:
    many = Latents({"edit": torch.zeros(4000, 1, 1, 1, 1)}, {}, {}, torch.zeros(4000, 1, 1), range(4000))
    levels = draw_noise(many, small_recipe(shift=5.0)).level_B
    back = levels / (5 - 4 * levels)
    assert abs(float(back.mean()) - 0.5) < 0.02
    assert abs(float(back.var()) - 1 / 12) < 0.005


def test_a_sparse_step_computes_what_changes_and_the_context(examples: list[Example], latents: Latents) -> None:
    recipe = small_recipe(sparse=Sparse(part=1.0, whole=1.0, grow=0))
    shares = batcher(recipe).shares(examples[:1], 0)
    assert shares is not None
    alpha = latents.clean["alpha"][:1]
    changed = (alpha > alpha.min()).any(dim=1).flatten().nonzero()[:, 0]
    assert set(changed.tolist()) <= set(shares["edit"].asked.tolist())  # type: ignore[union-attr]
    assert len(shares["edit"].asked) < alpha[0, 0].numel()  # type: ignore[arg-type]
    assert len(shares["composite"].asked) == alpha[0, 0].numel()  # type: ignore[arg-type]
    everything = {name: Share(torch.arange(alpha[0, 0].numel())) for name in BRANCHES}
    model, noise = start(RECIPE), draw_noise(latents, RECIPE)
    for name, error in losses(model, latents, noise, RECIPE, everything).items():
        torch.testing.assert_close(error, losses(model, latents, noise, RECIPE)[name])
    assert batcher(small_recipe()).shares(examples, 0) is None


def _gradients(recipe: Recipe, latents: Latents) -> dict[str, float]:
    model = start(recipe)
    for head in model.outputs.values():
        nn.init.normal_(head.get_submodule("projection").weight, generator=torch.Generator().manual_seed(1))  # type: ignore[arg-type]
    torch.autograd.backward([total(losses(model, latents, draw_noise(latents, recipe), recipe), recipe)])
    return {name: float(p.grad.abs().sum()) if p.grad is not None else 0.0 for name, p in model.named_parameters()}


def test_every_weight_learns(latents: Latents) -> None:
    still = [name for name, size in _gradients(RECIPE, latents).items() if not size]
    # A key's bias shifts all scores of a query alike, and softmax does not see it; rounding may leave it at nothing.
    assert not [name for name in still if not name.endswith("to_k.bias")]


def test_without_supervision_the_composite_only_serves_the_others(latents: Latents) -> None:
    found = _gradients(small_recipe(weights={"edit": 1.0, "alpha": 1.0, "composite": 0.0}), latents)
    assert found["outputs.composite.projection.weight"] == 0
    assert found["blocks.0.towers.composite.attention.to_v.weight"] > 0
    assert found["conditions.source.weight"] > 0


def test_without_joint_attention_nothing_of_the_source_reaches_the_edit(latents: Latents) -> None:
    recipe = small_recipe(
        layered("none", **GEOMETRY, joint=False), weights={"edit": 1.0, "alpha": 1.0, "composite": 0.0}
    )
    found = _gradients(recipe, latents)
    assert found["conditions.source.weight"] == 0
    assert found["blocks.0.towers.edit.attention.to_v.weight"] > 0


def test_one_tower_learns_from_all_branches(latents: Latents) -> None:
    recipe = small_recipe(layered("own", **GEOMETRY, one_tower=True))
    found = _gradients(recipe, latents)
    assert {name.split(".")[1] for name in found if name.startswith("inputs.")} == {"all"}
    alone = _gradients(recipe.model_copy(update={"weights": {"edit": 0.0, "alpha": 0.0, "composite": 1.0}}), latents)
    assert 0 < alone["outputs.all.projection.weight"] != found["outputs.all.projection.weight"]


def test_clips_without_a_mask_teach_its_embedding_nothing(examples: list[Example]) -> None:
    unmasked = [example for example in examples if example.preserve is None]
    found = _gradients(RECIPE, batcher().latents(unmasked))
    assert found["conditions.preserve.weight"] == 0
    assert found["conditions.source.weight"] > 0
