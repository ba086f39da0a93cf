"""The mixture of three branches: what it is indifferent to, what it reads, what learns."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from cleanplate.models.mixture.config import Branch, MixtureConfig, layered, moving, plain
from cleanplate.models.mixture.embeddings import places, pooled
from cleanplate.models.mixture.initial import initialise
from cleanplate.models.mixture.model import Mixture
from cleanplate.models.tokens.patches import from_patches, grid_of, to_patches
from cleanplate.models.tokens.rotary import axis_channels, turn, turns
from drawn_models import BRANCHES, TINY, Inputs, drawn, vera

MODEL = vera()


@torch.inference_mode()
def answer(model: Mixture, inputs: Inputs, **changes: Any) -> dict[str, Tensor]:
    given = dict(zip(("videos", "time_B", "text_BSD", "conditions"), inputs.all, strict=True)) | changes
    answered: dict[str, Tensor] = model(**given)
    return answered


def learn(model: Mixture, inputs: Inputs) -> None:
    """Leave gradients of all branches' predictions."""
    torch.autograd.backward([video.square().mean() for video in model(*inputs.all).values()])


def same(got: dict[str, Tensor], expected: dict[str, Tensor], tolerance: float = 1e-5) -> None:
    assert set(got) == set(expected)
    for name, video in expected.items():
        torch.testing.assert_close(got[name], video, rtol=0, atol=tolerance)


def differs(one: Tensor, other: Tensor) -> bool:
    return bool((one - other).abs().max() > 1e-3)


@pytest.mark.parametrize("order", [(2, 0, 1), (1, 0, 2)])
def test_the_order_of_branches_means_nothing(order: tuple[int, ...]) -> None:
    config = MODEL.config.model_copy(update={"branches": tuple(MODEL.config.branches[n] for n in order)})
    other = Mixture(config).eval()
    other.load_state_dict(MODEL.state_dict())
    inputs = Inputs((2, 3, 2))
    same(answer(other, inputs), answer(MODEL, inputs))


def test_clips_of_a_batch_do_not_see_each_other() -> None:
    both = Inputs((2, 2, 3), clips=2)
    together = answer(MODEL, both)
    for n in range(2):
        conditions = {name: video[n : n + 1] for name, video in both.conditions.items()}
        videos = {name: video[n : n + 1] for name, video in both.videos.items()}
        alone = MODEL(videos, both.time[n : n + 1], both.text[n : n + 1], conditions)
        same(alone, {name: video[n : n + 1] for name, video in together.items()})


@pytest.mark.parametrize("name", ["source", "preserve"])
def test_every_branch_learns_of_a_condition_by_joint_attention_alone(name: str) -> None:
    inputs = Inputs((2, 3, 2))
    other = inputs.conditions | {name: inputs.conditions[name].flip(2)}
    before, after = answer(MODEL, inputs), answer(MODEL, inputs, conditions=other)
    assert all(differs(before[branch], after[branch]) for branch in BRANCHES)
    apart = drawn(MODEL.config.model_copy(update={"joint": False}))
    before, after = answer(apart, inputs), answer(apart, inputs, conditions=other)
    takes = {"source": "composite", "preserve": "alpha"}[name]
    assert {branch for branch in BRANCHES if differs(before[branch], after[branch])} == {takes}


def test_without_joint_attention_only_the_text_reaches_branches_that_read_it() -> None:
    apart = drawn(MODEL.config.model_copy(update={"joint": False}))
    inputs = Inputs((2, 3, 2))
    before, after = answer(apart, inputs), answer(apart, inputs, text_BSD=inputs.text + 1)
    assert {branch for branch in BRANCHES if differs(before[branch], after[branch])} == {"edit", "composite"}


def test_a_condition_that_is_absent_is_not_a_black_one() -> None:
    inputs = Inputs((1, 2, 2), clips=2)
    source = {"source": inputs.conditions["source"]}
    without = answer(MODEL, inputs, conditions=source)
    black = answer(MODEL, inputs, conditions=inputs.conditions | {"preserve": torch.zeros_like(source["source"])})
    assert differs(without["alpha"], black["alpha"])
    nowhere = {"preserve": torch.tensor([False, False])}
    same(answer(MODEL, inputs, present=nowhere), without)
    second = answer(MODEL, inputs, present={"preserve": torch.tensor([False, True])})
    torch.testing.assert_close(second["edit"][0], without["edit"][0], rtol=0, atol=1e-5)
    torch.testing.assert_close(second["edit"][1], answer(MODEL, inputs)["edit"][1], rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    "config",
    [
        layered("none", **TINY),
        layered("own", **TINY),
        layered("shared", **TINY),
        layered("none", **TINY, joint=False),
        layered("own", **TINY, one_tower=True),
    ],
)
@pytest.mark.parametrize("checkpointing", [False, True])
def test_gradients_reach_every_parameter(config: MixtureConfig, checkpointing: bool) -> None:
    model, inputs = drawn(config), Inputs((2, 2, 2))
    model.checkpointing = checkpointing
    learn(model, inputs)
    idle = [name for name, part in model.named_parameters() if part.grad is None or not part.grad.any()]
    assert idle == []


def test_checkpointing_changes_nothing() -> None:
    gradients = []
    for checkpointing in (False, True):
        model = vera()
        model.checkpointing = checkpointing
        learn(model, Inputs((2, 2, 2)))
        gradients.append([part.grad for part in model.parameters()])
    for kept, again in zip(*gradients, strict=True):
        assert kept is not None
        assert again is not None
        torch.testing.assert_close(again, kept, rtol=0, atol=1e-6)


def test_the_papers_ablations_change_the_graph() -> None:
    three, one = (sum(p.numel() for p in Mixture(layered("own", **TINY, one_tower=o)).parameters()) for o in (0, 1))
    tower = sum(p.numel() for name, p in Mixture(plain(**TINY)).named_parameters() if "embedder" not in name)
    projection = 6 * TINY["dim"] * (TINY["dim"] + 1)
    assert three - one == 2 * (tower - projection)
    model, inputs = drawn(layered("own", **TINY, one_tower=True)), Inputs((1, 2, 2))
    video = inputs.videos["edit"]
    alike = answer(model, inputs, videos=dict.fromkeys(BRANCHES, video), conditions={})
    assert differs(alike["edit"], alike["alpha"]), "layer embeddings tell the branches apart"


def test_a_new_model_is_drawn_from_its_generator_and_predicts_nothing() -> None:
    one, two, other = (initialise(Mixture(MODEL.config), torch.Generator().manual_seed(seed)) for seed in (1, 1, 2))
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))
    assert not torch.equal(one.time_projection.weight, other.time_projection.weight)
    assert not any(video.any() for video in answer(one, Inputs((1, 2, 2))).values())
    zero = {name for name, part in one.named_parameters() if not name.endswith("bias") and not part.any()}
    heads = {f"outputs.{name}.projection.weight" for name in BRANCHES}
    assert zero == heads | {"layer_embeddings.alpha", "layer_embeddings.composite"} | {
        f"conditions.{name}.weight" for name in ("source", "preserve")
    }


@pytest.mark.parametrize("waves", [0, 2])
def test_tokens_know_their_places_where_they_are_told(waves: int) -> None:
    """Rotation tells how far tokens are apart, which means nothing where all of them are alike."""
    model, inputs = drawn(plain(**TINY, waves=waves)), Inputs((2, 3, 4))
    alike = {"video": torch.ones_like(inputs.videos["edit"])}
    patches = to_patches(answer(model, inputs, videos=alike, conditions={})["video"], (1, 2, 2))[0]
    assert differs(patches[0], patches[-1]) == bool(waves)


def test_places_are_parts_of_the_sides() -> None:
    small, large = places((2, 3, 5), 4, torch.device("cpu")), places((6, 9, 15), 4, torch.device("cpu"))
    assert small.shape == (30, 24)
    middles = large.view(6, 9, 15, 24)[1::3, 1::3, 1::3].reshape(30, 24)
    torch.testing.assert_close(middles, small, rtol=0, atol=2e-5)
    assert len(torch.unique(small, dim=0)) == 30


def test_words_are_pooled_as_large_as_one_and_without_padding() -> None:
    tokens = torch.randn(2, 5, 4, generator=torch.Generator().manual_seed(0))
    read = torch.tensor([[True, True, False, True, True], [False] * 5])
    found = pooled(tokens, read)
    torch.testing.assert_close(found[0], (tokens[0].sum(dim=0) - tokens[0, 2]) / 2)
    assert not found[1].any()


def test_pooled_words_reach_a_branch_that_reads_none() -> None:
    """`layered` has no text for alpha; without joint attention its words come by modulation alone."""
    changed = {"joint": False, "pooled": True}
    config = MixtureConfig.model_validate(dict(MODEL.config) | changed)
    model, without = Mixture(config).eval(), Mixture(config.model_copy(update={"pooled": False})).eval()
    for one in (model, without):
        one.load_state_dict(MODEL.state_dict())
    inputs = Inputs((2, 2, 2))
    for one, heard in ((model, True), (without, False)):
        before, after = (answer(one, inputs, text_BSD=text) for text in (inputs.all[2], inputs.all[2].flip(2)))
        assert differs(before["alpha"], after["alpha"]) == heard
    assert "pooled" not in MODEL.config.model_dump()


def test_half_precision_is_nearly_the_same() -> None:
    inputs, model = Inputs((2, 3, 4)), vera().bfloat16()
    videos, conditions = (
        {name: video.bfloat16() for name, video in kind.items()} for kind in (inputs.videos, inputs.conditions)
    )
    half = answer(model, inputs, videos=videos, conditions=conditions, text_BSD=inputs.text.bfloat16())
    for name, video in answer(MODEL, inputs).items():
        assert half[name].dtype == torch.bfloat16
        assert (half[name] - video).square().mean().sqrt() < 0.02 * video.std()


@pytest.mark.slow
def test_blocks_compile_whole_and_as_one_graph() -> None:
    inputs, model = Inputs((2, 3, 4)), vera()
    torch._dynamo.reset()
    for block in model.blocks:
        block.compile(fullgraph=True)
    same(answer(model, inputs), answer(MODEL, inputs))
    assert torch._dynamo.utils.counters["stats"]["unique_graphs"] == 1


def test_a_model_without_text_reads_its_scene() -> None:
    model = drawn(moving(**TINY, condition_channels=7))
    generator = torch.Generator().manual_seed(1)
    video, scene = (torch.randn((1, channels, 2, 4, 6), generator=generator) for channels in (4, 7))
    time = torch.tensor([300.0])
    with torch.inference_mode():
        said = model({"moves": video}, time, None, {"scene": scene})["moves"]
        assert said.shape == video.shape
        assert differs(said, model({"moves": video}, time, None, {"scene": scene.flip(3)})["moves"])
    with pytest.raises(ValueError, match="text belongs"):
        model({"moves": video}, time, torch.zeros(1, 5, 12), {"scene": scene})
    with pytest.raises(ValueError, match="differ in shape"):
        model({"moves": video}, time, None, {"scene": video})
    assert initialise(model, generator)({"moves": video}, time, None, {"scene": scene})["moves"].abs().max() == 0


def test_calls_that_make_no_sense() -> None:
    inputs = Inputs((1, 2, 2))
    video = inputs.videos["edit"]
    for changes, said in (
        ({"videos": {"edit": video}}, "branches are"),
        ({"conditions": {"depth": video}}, "depth"),
        ({"conditions": {"source": video[:, :, :, :2]}}, "differ in shape"),
        ({"videos": dict.fromkeys(BRANCHES, video[..., :3]), "conditions": {}}, "do not tile"),
    ):
        with pytest.raises(ValueError, match=said):
            answer(MODEL, inputs, **changes)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"heads": 5}, "do not divide"),
        ({"heads": 6}, "do not divide"),
        ({"branches": (Branch(name="a"), Branch(name="a"))}, "one name"),
        ({"branches": (Branch(name="a"), Branch(name="b", cross_attention="none")), "one_tower": True}, "one way"),
        ({"depth": 3}, "Extra inputs"),
        ({"layers": 0}, "greater than 0"),
    ],
)
def test_configs_that_make_no_sense(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        MixtureConfig.model_validate({"branches": (Branch(name="video"),), **TINY, **changes})


patches = st.tuples(st.integers(1, 2), st.integers(1, 3), st.integers(1, 3))
grids = st.tuples(st.integers(1, 3), st.integers(1, 4), st.integers(1, 4))


@given(grids, patches)
def test_patches_are_those_of_a_convolution_and_of_wans_output(
    grid: tuple[int, int, int], patch: tuple[int, int, int]
) -> None:
    size = [g * p for g, p in zip(grid, patch, strict=True)]
    video = torch.randn(2, 3, *size, generator=torch.Generator().manual_seed(0))
    assert grid_of(video, patch) == grid
    kernel = torch.randn(5, 3, *patch, generator=torch.Generator().manual_seed(1))
    convolved = torch.nn.functional.conv3d(video, kernel, stride=patch).flatten(2).transpose(1, 2)
    cut = to_patches(video, patch)
    torch.testing.assert_close(cut @ kernel.flatten(1).T, convolved, rtol=0, atol=1e-4)
    channels_last = cut.reshape(*cut.shape[:2], 3, -1).transpose(2, 3).flatten(2)
    assert torch.equal(from_patches(channels_last, grid, patch), video)


@given(st.sampled_from([6, 8, 12, 32, 128]), grids)
def test_attention_sees_only_how_far_apart_tokens_are(head_dim: int, grid: tuple[int, int, int]) -> None:
    assert sum(axis_channels(head_dim)) == head_dim
    larger = (grid[0] + 2, grid[1] + 1, grid[2] + 3)
    generator = torch.Generator().manual_seed(0)
    query, key = (torch.randn(1, 1, 1, head_dim, generator=generator) for _ in range(2))

    def scores(shift: tuple[int, int, int]) -> Tensor:
        cos, sin = (part.view(*larger, -1) for part in turns(larger, head_dim))
        (t, h, w), (a, b, c) = shift, (s + g - 1 for s, g in zip(shift, grid, strict=True))
        here, there = (cos[t, h, w][None], sin[t, h, w][None]), (cos[a, b, c][None], sin[a, b, c][None])
        return (turn(query, here) * turn(key, there)).sum()

    torch.testing.assert_close(scores((2, 1, 3)), scores((0, 0, 0)), rtol=0, atol=1e-4)
