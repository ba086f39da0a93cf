"""Diffusers' Wan2.1 transformer with drawn weights, and the names that the Wan2.1 repository has for them."""

from __future__ import annotations

import torch
from diffusers import WanTransformer3DModel
from diffusers.loaders.single_file_utils import convert_wan_transformer_to_diffusers
from torch import Tensor

from cleanplate.models.mixture.config import MixtureConfig, plain
from drawn_models import TINY

CONFIG = plain(**TINY)


def wan(config: MixtureConfig = CONFIG, seed: int = 0) -> WanTransformer3DModel:
    """Every weight is drawn: zeros or ones would hide a slip."""
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


def original_names(layers: int) -> list[str]:
    """As the modules of wan/modules/model.py in the Wan2.1 repository spell them, for text to video."""

    def both(*modules: str) -> list[str]:
        return [f"{module}.{part}" for module in modules for part in ("weight", "bias")]

    names = both("patch_embedding", "text_embedding.0", "text_embedding.2", "time_embedding.0", "time_embedding.2")
    names += [*both("time_projection.1", "head.head"), "head.modulation"]
    for block in (f"blocks.{index}" for index in range(layers)):
        names += [f"{block}.modulation", *both(f"{block}.norm3", f"{block}.ffn.0", f"{block}.ffn.2")]
        for attention in (f"{block}.self_attn", f"{block}.cross_attn"):
            names += both(*(f"{attention}.{letter}" for letter in "qkvo"))
            names += [f"{attention}.norm_q.weight", f"{attention}.norm_k.weight"]
    return names


def diffusers_name(layers: int) -> dict[str, str]:
    """By original name, as diffusers' own conversion has it."""
    converted = convert_wan_transformer_to_diffusers({name: name for name in original_names(layers)})
    return {theirs: ours for ours, theirs in converted.items()}


def in_original_layout(model: WanTransformer3DModel) -> dict[str, Tensor]:
    """The model's weights under their original names."""
    weights = model.state_dict()
    return {name: weights[theirs] for name, theirs in diffusers_name(len(model.blocks)).items()}
