"""Vision-language models of Qwen's kind (Qwen2-VL, Qwen2.5-VL, Qwen3-VL), by transformers.

Their inputs are built here, since their own processor wants torchvision, for videos that nobody shows it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cleanplate.errors import InputError, ResourceError, missing_extra

if TYPE_CHECKING:
    import torch

_IMAGE, _BEGIN, _END = "<|image_pad|>", "<|vision_start|>", "<|vision_end|>"
_TURN, _TURNED = "<|im_start|>", "<|im_end|>"
_SPECIAL = (_IMAGE, _BEGIN, _END, _TURN, _TURNED)
_KIND = "Name a folder or a hub repository of a Qwen2-VL, Qwen2.5-VL or Qwen3-VL model."

Picture = NDArray[np.uint8]
"""h x w x 3, R'G'B'."""
Turn = tuple[str, Sequence[str | Picture]]
"""Who speaks (system, user, assistant), and what: texts and pictures in order."""


@dataclass(frozen=True)
class Written:
    """What a model wrote.

    Attributes:
        ended: by itself, not at a limit.
        late: it ran out of time.
        tokens: (read, written).
    """

    text: str
    ended: bool
    late: bool
    tokens: tuple[int, int]


class QwenVision:
    """A loaded model. Made by `load`."""

    def __init__(self, tokenizer: Any, pictures: Any, model: Any) -> None:
        self._tokenizer, self._pictures, self._model = tokenizer, pictures, model

    def write(self, turns: Sequence[Turn], tokens: int, seconds: float) -> Written:
        """The model's next turn. The likeliest token is always taken: same turns, same text.

        Args:
            tokens: written at most.
            seconds: after which it stops.
        Raises:
            ResourceError: the accelerator has too little memory.
        """
        import torch

        inputs = self._inputs(turns)
        read = int(inputs["input_ids"].shape[1])
        start = time.monotonic()
        try:
            with torch.inference_mode():
                whole = self._model.generate(**inputs, max_new_tokens=tokens, max_time=seconds, do_sample=False)
        except torch.OutOfMemoryError as error:
            what = f"the accelerator has too little memory for {read:,} tokens"
            raise ResourceError(what, remedy="Show fewer or smaller pictures, or take a smaller model.") from error
        new = whole[0, read:].tolist()
        ended = bool(new) and new[-1] in self._ends()
        late = not ended and time.monotonic() - start >= seconds
        return Written(self._tokenizer.decode(new, skip_special_tokens=True), ended, late, (read, len(new)))

    def _inputs(self, turns: Sequence[Turn]) -> dict[str, torch.Tensor]:
        import torch

        images = [part for _, parts in turns for part in parts if not isinstance(part, str)]
        seen = self._pictures(images=images, return_tensors="pt") if images else {}
        counts = (seen["image_grid_thw"].prod(dim=1) // self._pictures.merge_size**2).tolist() if images else []
        ids = self._tokenizer(conversation(turns, counts), return_tensors="pt", add_special_tokens=False)["input_ids"]
        image = self._tokenizer.convert_tokens_to_ids(_IMAGE)
        inputs = {
            "input_ids": ids,
            "attention_mask": torch.ones_like(ids),
            "mm_token_type_ids": (ids == image).int(),
        }
        if images:
            inputs |= {
                "pixel_values": seen["pixel_values"].to(self._model.dtype),
                "image_grid_thw": seen["image_grid_thw"],
            }
        return {name: value.to(self._model.device) for name, value in inputs.items()}

    def _ends(self) -> set[int]:
        told = self._model.generation_config.eos_token_id
        ends = [*(told if isinstance(told, list) else [told]), self._tokenizer.eos_token_id]
        return {int(end) for end in (*ends, self._tokenizer.convert_tokens_to_ids(_TURNED)) if end is not None}


def load(folder: Path, device: str | None = None) -> QwenVision:
    """A model from config.json, tokenizer, preprocessor_config.json and safetensors; nothing is fetched.

    Args:
        device: of torch; None takes CUDA where there is one.
    Raises:
        ResourceError: torch or transformers is not installed.
        InputError: a model that does not load, or of another kind.
    """
    try:
        import torch
        from safetensors import SafetensorError
        from transformers import AutoImageProcessor, AutoModelForImageTextToText, AutoTokenizer
    except ImportError as error:
        raise missing_extra(error.name or "transformers", "learned") from error
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    dtype = torch.float32 if device == "cpu" else torch.bfloat16
    options = {"local_files_only": True, "trust_remote_code": False}
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, **options)
        pictures = AutoImageProcessor.from_pretrained(folder, backend="pil", **options)
        model = AutoModelForImageTextToText.from_pretrained(folder, dtype=dtype, use_safetensors=True, **options)
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise InputError("this model cannot be loaded", where=str(folder), remedy=_KIND) from error
    known = {tokenizer.convert_tokens_to_ids(token) for token in _SPECIAL} - {None, tokenizer.unk_token_id}
    if len(known) < len(_SPECIAL) or not hasattr(pictures, "merge_size"):
        raise InputError("this model is not of Qwen's kind", where=str(folder), remedy=_KIND)
    return QwenVision(tokenizer, pictures, model.eval().to(device))


def conversation(turns: Sequence[Turn], counts: Iterable[int]) -> str:
    """Turns in the family's own form (ChatML), each picture as so many image tokens, and the beginning of the next."""
    left = iter(counts)

    def part(content: str | Picture) -> str:
        return content if isinstance(content, str) else f"{_BEGIN}{_IMAGE * next(left)}{_END}"

    said = (f"{_TURN}{who}\n{''.join(map(part, parts))}{_TURNED}\n" for who, parts in turns)
    return "".join(said) + f"{_TURN}assistant\n"
