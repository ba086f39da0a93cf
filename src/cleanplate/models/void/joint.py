"""CogVideoX's transformer of which a call may ask a part: diffusers' modules, driven from here.

Diffusers' own forward computes every token at every call. Here a call says which tokens of text and video take part, as
calls of `Mixture` do: what is computed comes out as it would beside the others, whose keys and values may be of an
earlier call. Asking for all of them is diffusers' call, to the bit.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor

from cleanplate.models.running.transformer import Transformer
from cleanplate.models.tokens.attention import Attend, KeysValues, attend
from cleanplate.models.tokens.memory import Memory, Share
from cleanplate.models.tokens.patches import Grid
from cleanplate.models.tokens.rotary import Turn
from cleanplate.models.void.attention import JointProcessor
from cleanplate.models.void.config import PATCH

if TYPE_CHECKING:
    from diffusers import CogVideoXTransformer3DModel

TEXT, VIDEO = "text", "video"
_ALL: Mapping[str, Share] = MappingProxyType({})


class _Call(NamedTuple):
    """What is the same for all blocks in one call."""

    time_BE: Tensor
    at: Turn
    parts: Mapping[str, Share]
    memory: Memory

    @property
    def leaves(self) -> bool:
        """Keys and values for later calls."""
        return any(share.stored for share in self.parts.values())


class VoidTransformer(Transformer):
    """Takes diffusers' model over; its parts are this one's from then on.

    Args:
        model: of CogVideoX 1.5, for sampling; gradients do not pass everywhere.
    """

    def __init__(self, model: CogVideoXTransformer3DModel) -> None:
        super().__init__()
        model.set_attn_processor(JointProcessor())
        self.patch_embed: Any = model.patch_embed
        self.time_proj: Any = model.time_proj
        self.time_embedding: Any = model.time_embedding
        self.blocks = model.transformer_blocks
        self.norm_final: Any = model.norm_final
        self.norm_out: Any = model.norm_out
        self.proj_out: Any = model.proj_out
        self.attend = attend
        self.crew = None

    def forward(
        self,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor,
        timestep: Tensor,
        image_rotary_emb: tuple[Tensor, Tensor],
        *,
        shares: Mapping[str, Share] = _ALL,
        memory: Memory | None = None,
        return_dict: bool = False,
    ) -> tuple[Tensor]:
        """The velocity, with the arguments of diffusers' class.

        Args:
            hidden_states: noisy, mask and source, B x F x 3 C x H x W.
            encoder_hidden_states: the text, B x S x D.
            timestep: B.
            image_rotary_emb: cosines and sines of all tokens of the video, see `rotary`.
            shares: of text and video, which tokens take part; all where it names none.
            memory: what shares store into and recall from.
            return_dict: as diffusers' pipelines say it; the answer is a tuple either way.

        Returns:
            B x F x C x H x W; zeros at tokens that were not computed.

        Raises:
            KeyError: a share recalls what no call has stored.
        """
        frames, rows, columns = (hidden_states.shape[axis] for axis in (1, 3, 4))
        grid = frames // PATCH[0], rows // PATCH[1], columns // PATCH[2]
        lengths = {TEXT: encoder_hidden_states.shape[1], VIDEO: prod(grid)}
        parts = {name: shares.get(name, Share()) for name in lengths}
        memory = Memory() if memory is None else memory
        if self.crew is not None:
            parts = self.crew.split(parts, lengths, hidden_states.device)
        time_BE = self.time_embedding(self.time_proj(timestep).to(hidden_states.dtype))
        text, video = self._tokens(encoder_hidden_states, hidden_states, parts)
        call = _Call(time_BE, _turn(image_rotary_emb, parts[VIDEO].asked), parts, memory)
        for index in range(len(self.blocks)):
            text, video = self._block(index, text, video, call)
        patches = self.proj_out(self.norm_out(self.norm_final(video), temb=time_BE))
        answer = _video(_scattered(patches, parts[VIDEO].asked, prod(grid)), grid)
        return (answer if self.crew is None else self.crew.joined({VIDEO: answer})[VIDEO],)

    def _tokens(self, text: Tensor, video: Tensor, parts: Mapping[str, Share]) -> tuple[Tensor, Tensor]:
        """Those of text and video that take part."""
        words = text.shape[1]
        x_BLD: Tensor = self.patch_embed(text, video)
        return _picked(x_BLD[:, :words], parts[TEXT].asked), _picked(x_BLD[:, words:], parts[VIDEO].asked)

    def _block(self, index: int, text: Tensor, video: Tensor, call: _Call) -> tuple[Tensor, Tensor]:
        """Text and video after one block. Nothing else of it stays alive but what goes into the memory."""
        recalled = [
            (keys.to(video), values.to(video))
            for name, share in call.parts.items()
            for keys, values in call.memory.recall(index, name, share)
        ]
        leave = _Leave(index, text.shape[1], call) if call.leaves else None
        given = {"kernel": self._kernel(), "recalled": recalled, "leave": leave}
        video, text = self.blocks[index](video, text, call.time_BE, call.at, attention_kwargs=given)
        return text, video

    def _kernel(self) -> Attend:
        return self.attend if self.crew is None else self.crew.attention(self.attend)


class _Leave:
    """Puts what shares store of a block's keys and values into the memory.

    Left out of compiled blocks: what it holds differs from block to block, and each would be compiled by itself.
    """

    def __init__(self, index: int, words: int, call: _Call) -> None:
        self._index, self._words, self._call = index, words, call

    @torch.compiler.disable  # type: ignore[untyped-decorator]
    def __call__(self, keys_values: KeysValues) -> None:
        (keys, values), words, (_, _, parts, memory) = keys_values, self._words, self._call
        memory.store(self._index, TEXT, parts[TEXT], (keys[:, :words], values[:, :words]))
        memory.store(self._index, VIDEO, parts[VIDEO], (keys[:, words:], values[:, words:]))


def _picked(x_BLD: Tensor, asked: Tensor | None) -> Tensor:
    return x_BLD if asked is None else x_BLD[:, asked]


def _turn(rotary: tuple[Tensor, Tensor], asked: Tensor | None) -> Turn:
    """Diffusers' cosines and sines have every angle twice, for both channels of a pair."""
    cosines, sines = (part[:, ::2] if asked is None else part[asked, ::2] for part in rotary)
    return cosines, sines


def _scattered(patches_BAP: Tensor, asked: Tensor | None, tokens: int) -> Tensor:
    if asked is None:
        return patches_BAP
    everywhere = patches_BAP.new_zeros(patches_BAP.shape[0], tokens, patches_BAP.shape[2])
    return everywhere.index_copy(1, asked, patches_BAP)


def _video(patches_BLP: Tensor, grid: Grid) -> Tensor:
    """B x F x C x H x W of patches whose samples are in the order channel, frame, row, column."""
    clips, (frames, rows, columns), (time, tall, wide) = patches_BLP.shape[0], grid, PATCH
    cut = patches_BLP.reshape(clips, frames, rows, columns, -1, time, tall, wide)
    return cut.permute(0, 1, 5, 4, 2, 6, 3, 7).reshape(clips, frames * time, -1, rows * tall, columns * wide)
