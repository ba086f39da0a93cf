"""UMT5-XXL, which reads for Wan2.1 and Vera."""

from __future__ import annotations

from pathlib import Path

import torch

from cleanplate.models.text.encoder import TransformersEncoder, load_model, load_tokenizer

NAME = "umt5-xxl"
TOKENS = 512


def load(
    text_encoder: Path, tokenizer: Path, dtype: torch.dtype = torch.bfloat16, device: str | None = None
) -> TransformersEncoder:
    """The encoder half of UMT5 of two folders, as the hub has them under `text_encoder` and `tokenizer`.

    Raises:
        InputError: no such folders, a pickle, half a download, or weights of another model.
        ResourceError: transformers is not installed.
    """
    model = load_model("UMT5EncoderModel", text_encoder, dtype, device)
    return TransformersEncoder(NAME, load_tokenizer(tokenizer), model, TOKENS)
