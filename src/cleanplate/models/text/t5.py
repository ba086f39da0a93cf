"""T5 v1.1 XXL, which reads for CogVideoX and VOID."""

from __future__ import annotations

from pathlib import Path

import torch

from cleanplate.models.text.encoder import TransformersEncoder, load_model, load_tokenizer

NAME = "t5-xxl"
TOKENS = 226


def load(
    text_encoder: Path, tokenizer: Path, dtype: torch.dtype = torch.bfloat16, device: str | None = None
) -> TransformersEncoder:
    """The encoder half of T5 of two folders, as the hub has them under `text_encoder` and `tokenizer`.

    Texts are padded to 226 tokens, and the padding is read with them: no mask was there when CogVideoX was trained.

    Raises:
        InputError: no such folders, a pickle, half a download, or weights of another model.
        ResourceError: transformers is not installed.
    """
    model = load_model("T5EncoderModel", text_encoder, dtype, device)
    return TransformersEncoder(NAME, load_tokenizer(tokenizer), model, TOKENS, raw=True)
