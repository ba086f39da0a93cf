"""A text encoder by transformers: a tokenizer and a model whose last hidden states are the tokens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn import functional

from cleanplate.errors import InputError, missing_extra
from cleanplate.models.text.cleaning import clean
from cleanplate.models.text.protocol import Cut, Encoded
from cleanplate.models.weights.checkpoint import Checkpoint

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


class TransformersEncoder:
    """Implements `TextEncoder`.

    Args:
        name: in the table of text encoders.
        tokenizer: one that knows the place of a token in its text.
        model: in evaluation mode.
        tokens: the most that it reads.
        raw: texts are neither cleaned nor told from the padding after them: the model reads `tokens` tokens of every
            text, and answers as many states, as CogVideoX's does. Otherwise padding is no part of a text.
        together: texts of one length that go through the model together, at most. None lets an accelerator choose, and
            takes one by one on a processor, so that no bit of a text's states depends on the others.
    """

    def __init__(
        self,
        name: str,
        tokenizer: PreTrainedTokenizerBase,
        model: PreTrainedModel,
        tokens: int,
        *,
        raw: bool = False,
        together: int | None = None,
    ) -> None:
        self.name, self.tokens = name, tokens
        self.channels = int(model.config.hidden_size)
        self._tokenizer, self._model, self._raw = tokenizer, model, raw
        self._together = together or (1 if model.device.type == "cpu" else _TOGETHER)

    @torch.no_grad()
    def encode(self, texts: Sequence[str]) -> Encoded:
        """See the protocol. A text is encoded without padding, so that nothing of it has to be masked; or see `raw`."""
        read = [self._read(text if self._raw else clean(text)) for text in texts]
        rows = torch.zeros(len(read), self.tokens, self.channels)
        for places in _alike([len(ids) for ids, _ in read], self._together):
            states_BSD = self._states([read[place][0] for place in places])
            rows[places, : states_BSD.shape[1]] = states_BSD
        return Encoded(rows, tuple(cut for _, cut in read))

    def _read(self, text: str) -> tuple[list[int], Cut | None]:
        """The text's tokens, and what of it they leave out."""
        whole = self._tokenizer(text, return_offsets_mapping=True, add_special_tokens=False, verbose=False)
        ids: list[int] = self._tokenizer(text, truncation=True, max_length=self.tokens)["input_ids"]
        special = self._tokenizer.num_special_tokens_to_add()
        kept = len(ids) - special
        left = len(whole["input_ids"]) - kept
        return ids, Cut(left, text[whole["offset_mapping"][kept][0] :].strip()) if left > 0 else None

    def _states(self, texts: list[list[int]]) -> Tensor:
        """Of texts of one length: B x S x D float32, on the CPU."""
        if self._raw:
            texts = [ids + [self._tokenizer.pad_token_id] * (self.tokens - len(ids)) for ids in texts]
        rows = torch.tensor(texts, device=self._model.device)
        states: Tensor = self._model(input_ids=rows, attention_mask=torch.ones_like(rows)).last_hidden_state
        return states.float().cpu()


def _alike(lengths: Sequence[int], most: int) -> Iterator[list[int]]:
    """Places of equal lengths, so many together at most."""
    for length in sorted(set(lengths)):
        places = [place for place, other in enumerate(lengths) if other == length]
        yield from (places[first : first + most] for first in range(0, len(places), most))


def padded(states_SD: Tensor, tokens: int) -> Tensor:
    """Zeros after the last token."""
    return functional.pad(states_SD, (0, 0, 0, tokens - len(states_SD)))


def load_model(kind: str, folder: Path, dtype: torch.dtype, device: str | None = None) -> PreTrainedModel:
    """A model of transformers' class `kind`, from safetensors in a folder, in evaluation mode.

    Raises:
        InputError: no such folder, a pickle, half a download, or weights of another model.
        ResourceError: transformers is not installed.
    """
    transformers = imported()
    Checkpoint.open(folder)
    try:
        with _without_bars(transformers.logging):
            model, report = getattr(transformers, kind).from_pretrained(
                folder, dtype=dtype, use_safetensors=True, local_files_only=True, output_loading_info=True
            )
    except (OSError, ValueError, RuntimeError) as error:
        raise InputError("the text encoder cannot be loaded", where=str(folder), remedy=_REMEDY) from error
    wrong = [*report["missing_keys"], *report["unexpected_keys"], *(row[0] for row in report["mismatched_keys"])]
    if wrong:
        raise InputError(f"these are not the text encoder's weights: {wrong[0]}", where=str(folder), remedy=_REMEDY)
    loaded: PreTrainedModel = model.eval().to(device or "cpu")
    return loaded


def load_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    """The tokenizer of a folder. Raises InputError for a folder without one, ResourceError without a package."""
    if any(folder.glob("*.model")) and not (folder / "tokenizer.json").is_file():
        _require_sentencepiece()
    try:
        tokenizer = imported().AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError, KeyError) as error:
        raise InputError("the tokenizer cannot be loaded", where=str(folder), remedy=_REMEDY) from error
    if not tokenizer.is_fast:
        raise InputError("this tokenizer cannot tell where its tokens lie", where=str(folder), remedy=_REMEDY)
    loaded: PreTrainedTokenizerBase = tokenizer
    return loaded


def _require_sentencepiece() -> None:
    """What transformers wants for the tokenizers of older repositories. Raises ResourceError without it."""
    for package in ("google.protobuf", "sentencepiece"):
        try:
            import_module(package)
        except ImportError as error:
            raise missing_extra(package, "learned") from error


@contextmanager
def _without_bars(logging: Any) -> Iterator[None]:
    """Transformers' own progress bars would run across ours."""
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


def imported() -> Any:
    """The package transformers. Raises ResourceError without it."""
    try:
        import transformers
    except ImportError as error:
        raise missing_extra(error.name or "transformers", "learned") from error
    return transformers


_TOGETHER = 64
_REMEDY = "Name the folder of the text encoder that the model was trained with."
