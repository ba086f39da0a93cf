"""With one branch the mixture is Wan2.1's transformer: against diffusers', with the same random weights."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from diffusers import WanTransformer3DModel

from cleanplate.models.config import MixtureConfig, plain
from cleanplate.models.loading import from_wan

TINY = {"dim": 48, "layers": 3, "heads": 2, "ffn_dim": 80, "channels": 4, "text_dim": 20, "frequency_dim": 32}


def wan(config: MixtureConfig, seed: int) -> WanTransformer3DModel:
    """Diffusers' model of this geometry, every weight drawn: zeros or ones would hide a slip."""
    torch.manual_seed(seed)
    model = WanTransformer3DModel(
        patch_size=config.patch,
        num_attention_heads=config.heads,
        attention_head_dim=config.head_dim,
        in_channels=config.channels,
        out_channels=config.channels,
        text_dim=config.text_dim,
        freq_dim=config.frequency_dim,
        ffn_dim=config.ffn_dim,
        num_layers=config.layers,
    ).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=parameter.shape[-1] ** -0.5)
    return model


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
def test_one_branch_is_wan(shape: tuple[int, ...], geometry: dict[str, int], tmp_path: Path) -> None:
    config = plain(**(TINY | geometry))
    theirs = wan(config, seed=sum(shape))
    theirs.save_pretrained(tmp_path / "wan")
    ours = from_wan(config, tmp_path / "wan")
    video, text = torch.randn(shape), torch.randn(shape[0], 7, config.text_dim)
    time = torch.tensor([3.0, 981.25])[: shape[0]]
    with torch.inference_mode():
        expected = theirs(video, time, text, return_dict=False)[0]
        got = ours({"video": video}, time, text)["video"]
    torch.testing.assert_close(got, expected, rtol=0, atol=1e-5)
