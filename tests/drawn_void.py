"""A tiny VOID with drawn weights, as its repositories have it: two passes, codec, text encoder, tokenizer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKLCogVideoX, CogVideoXTransformer3DModel
from safetensors.torch import save_file
from torch import Tensor
from transformers import T5Config, T5EncoderModel

from cleanplate.models.void.config import VoidConfig
from cleanplate.models.void.layouts import spelled
from drawn_parts import TEXT_DIM, tokenizer

torch.set_num_threads(1)  # tensors this small are slower on more, all the more beside other tests
CONFIG = VoidConfig(heads=2, head_dim=16, layers=2, channels=4, in_channels=12, text_dim=TEXT_DIM, time_dim=8)
BASE = CONFIG.model_copy(update={"in_channels": 9})
"""What it is trained from: one channel of mask."""


def transformer(config: VoidConfig = CONFIG, seed: int = 0, deviation: float = 1.0) -> CogVideoXTransformer3DModel:
    """Every weight is drawn: zeros or ones would hide a slip.

    Args:
        deviation: of what a layer makes of unit inputs.
    """
    torch.manual_seed(seed)
    model = CogVideoXTransformer3DModel(**config.arguments).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=deviation * parameter.shape[-1] ** -0.5)
    return model


def autoencoder(seed: int = 0, **changes: Any) -> AutoencoderKLCogVideoX:
    """With CogVideoX's stride of 4 x 8 x 8 and the transformer's channels."""
    torch.manual_seed(seed)
    geometry: dict[str, Any] = {"block_out_channels": (8, 8, 8, 8), "norm_num_groups": 4, "layers_per_block": 1}
    kinds = {f"{way}_block_types": (f"CogVideoX{way.title()}Block3D",) * 4 for way in ("down", "up")}
    return AutoencoderKLCogVideoX(
        **geometry | changes, **kinds, latent_channels=CONFIG.channels, scaling_factor=0.7
    ).eval()


def t5(**changes: Any) -> T5EncoderModel:
    """Large enough weights that every token matters."""
    torch.manual_seed(1)
    geometry = {"vocab_size": 256, "d_model": TEXT_DIM, "d_kv": 6, "d_ff": 16, "num_layers": 2, "num_heads": 2}
    model = T5EncoderModel(T5Config(**geometry | {"feed_forward_proj": "gated-gelu"} | changes)).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    return model


def weights(seed: int = 0, config: VoidConfig = CONFIG, dtype: torch.dtype = torch.float32) -> dict[str, Tensor]:
    """A pass, under the published names."""
    return {name: tensor.to(dtype) for name, tensor in transformer(config, seed).state_dict().items()}


def in_comfys_layout(published: dict[str, Tensor]) -> dict[str, Tensor]:
    """The same weights as ComfyUI's repack has them."""
    return {spelled(name, "comfy"): tensor for name, tensor in published.items()}


def write_passes(folder: Path, dtype: torch.dtype = torch.float32) -> Path:
    """`void_pass1.safetensors` and `void_pass2.safetensors`, each with weights of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in (1, 2):
        save_file(weights(number, dtype=dtype), folder / f"void_pass{number}.safetensors")
    return folder


def write_parts(folder: Path) -> Path:
    """`vae`, `text_encoder` and `tokenizer`, as the base's repository has them."""
    autoencoder().save_pretrained(folder / "vae")
    t5().save_pretrained(folder / "text_encoder")
    tokenizer().save_pretrained(folder / "tokenizer")
    return folder


def write_void(folder: Path, dtype: torch.dtype = torch.float32) -> Path:
    """All that a run needs, in one folder."""
    return write_parts(write_passes(folder, dtype))
