"""With one branch the mixture is Wan2.1's transformer: against diffusers', with the same random weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers.models.transformers.transformer_wan import WanRotaryPosEmbed
from safetensors.torch import save_file
from torch import Tensor

from cleanplate.models.mixture.config import layered, plain
from cleanplate.models.store.loading import from_wan
from cleanplate.models.tokens.rotary import turns
from drawn_models import TINY
from drawn_wan import CONFIG, in_original_layout, wan


def same(got: Tensor, expected: Tensor) -> None:
    torch.testing.assert_close(got, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("shape", "geometry"),
    [
        ((1, 4, 3, 6, 10), {}),
        ((2, 4, 1, 2, 2), {}),
        ((1, 4, 5, 4, 34), {"heads": 3, "dim": 3 * 14}),
        ((2, 6, 4, 4, 6), {"patch": (2, 2, 2), "channels": 6}),
        ((1, 16, 2, 12, 8), {"heads": 1, "dim": 128, "channels": 16, "layers": 2}),
    ],
)
@torch.inference_mode()
def test_one_branch_is_wan(shape: tuple[int, ...], geometry: dict[str, Any], tmp_path: Path) -> None:
    config = plain(**(TINY | geometry))
    theirs = wan(config, seed=sum(shape))
    theirs.save_pretrained(tmp_path / "wan")
    ours = from_wan(config, tmp_path / "wan")
    video, text = torch.randn(shape), torch.randn(shape[0], 7, config.text_dim)
    time = torch.tensor([3.0, 981.25])[: shape[0]]
    expected = theirs(video, time, text, return_dict=False)[0]
    same(ours({"video": video}, time, text)["video"], expected)


def test_positions_are_wans_at_its_own_size() -> None:
    """At 81 frames of 832 x 480: small clips would not show a slip in the slow turns."""
    theirs = WanRotaryPosEmbed(128, (1, 2, 2), 1024)(torch.empty(1, 16, 21, 60, 104, device="meta"))
    for ours, part in zip(turns((21, 30, 52), 128), theirs, strict=True):
        torch.testing.assert_close(ours, part[0, :, 0, 0::2], rtol=0, atol=1e-7)


@torch.inference_mode()
def test_the_original_layout_gives_the_same_model(tmp_path: Path) -> None:
    theirs = wan()
    save_file(in_original_layout(theirs), tmp_path / "wan.safetensors")
    ours = from_wan(CONFIG, tmp_path / "wan.safetensors")
    video, time, text = torch.randn(1, 4, 2, 4, 6), torch.tensor([500.0]), torch.randn(1, 4, CONFIG.text_dim)
    same(ours({"video": video}, time, text)["video"], theirs(video, time, text, return_dict=False)[0])


@pytest.mark.parametrize("cross_attention", ["own", "shared"])
@torch.inference_mode()
def test_three_copies_of_wan_on_one_video_are_wan(cross_attention: Any, tmp_path: Path) -> None:
    """A softmax over three copies of the same keys is the one over one copy: joint attention and shared positions."""
    theirs = wan()
    theirs.save_pretrained(tmp_path / "wan")
    ours = from_wan(layered(cross_attention, **TINY), tmp_path / "wan")
    video, time, text = torch.randn(1, 4, 3, 4, 6), torch.tensor([700.0]), torch.randn(1, 4, CONFIG.text_dim)
    expected = theirs(video, time, text, return_dict=False)[0]
    conditions = {"source": torch.randn_like(video), "preserve": torch.randn_like(video)}
    for got in ours(dict.fromkeys(("edit", "alpha", "composite"), video), time, text, conditions).values():
        same(got, expected)


@torch.inference_mode()
def test_branches_that_do_not_attend_to_each_other_are_wan_each(tmp_path: Path) -> None:
    theirs = wan()
    theirs.save_pretrained(tmp_path / "wan")
    ours = from_wan(layered("own", **TINY, joint=False), tmp_path / "wan")
    videos = {name: torch.randn(1, 4, 3, 4, 6) for name in ("edit", "alpha", "composite")}
    time, text = torch.tensor([20.0]), torch.randn(1, 4, CONFIG.text_dim)
    for name, got in ours(videos, time, text).items():
        same(got, theirs(videos[name], time, text, return_dict=False)[0])
