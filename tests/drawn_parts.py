"""Tiny codecs and text encoders with drawn weights, as diffusers and transformers write them."""

from __future__ import annotations

import string
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKLWan
from transformers import T5Tokenizer, UMT5Config, UMT5EncoderModel

TEXT_DIM = 12
WORDS = ("add", "a", "red", "ball", "the", "dog", "snow")


def autoencoder(**changes: Any) -> AutoencoderKLWan:
    """Of Wan's kind, with its stride of 4 x 8 x 8 and channels for `drawn_models.TINY`."""
    torch.manual_seed(0)
    geometry = {"base_dim": 4, "z_dim": 4, "dim_mult": [1, 1, 1, 1], "num_res_blocks": 1} | changes
    return AutoencoderKLWan(**geometry, latents_mean=[0.1] * 4, latents_std=[0.9] * 4).eval()


def umt5(**changes: Any) -> UMT5EncoderModel:
    """Large enough weights that every token matters."""
    torch.manual_seed(1)
    geometry = {"vocab_size": 256, "d_model": TEXT_DIM, "d_kv": 6, "d_ff": 16, "num_layers": 2, "num_heads": 2}
    model = UMT5EncoderModel(UMT5Config(**geometry | changes)).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    return model


def tokenizer() -> T5Tokenizer:
    """Of T5's kind: a few whole words, and letters for all others."""
    special = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -3.0)]
    words = [(f"▁{word}", -2.0) for word in WORDS]
    letters = [(letter, -4.0) for letter in string.ascii_letters + string.digits + string.punctuation]
    return T5Tokenizer(vocab=[*special, *words, *letters], extra_ids=0)


def write_parts(folder: Path) -> Path:
    """`vae`, `text_encoder` and `tokenizer`, as a Wan2.1 repository has them."""
    autoencoder().save_pretrained(folder / "vae")
    umt5().save_pretrained(folder / "text_encoder")
    tokenizer().save_pretrained(folder / "tokenizer")
    return folder
