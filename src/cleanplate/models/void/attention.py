"""CogVideoX's attention, over text and video together, as a processor of diffusers' class.

It computes what diffusers' own does, with a kernel of choice, and lets keys and values of other calls take part. What
it sees of this call can be kept for later ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from cleanplate.models.tokens.attention import Attend, KeysValues, attend
from cleanplate.models.tokens.rotary import Turn, turn


class JointProcessor:
    """Serves diffusers' `Attention` with norms of queries and keys, as CogVideoX has it. Holds nothing."""

    def __call__(
        self,
        attn: Any,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor,
        attention_mask: None = None,
        *,
        image_rotary_emb: Turn,
        kernel: Attend = attend,
        recalled: Sequence[KeysValues] = (),
        leave: Callable[[KeysValues], object] | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Video and text after attention, projected.

        Args:
            attn: diffusers' module, whose layers compute.
            hidden_states: B x A x D, tokens of the video.
            encoder_hidden_states: B x S x D, tokens of the text; there may be none.
            attention_mask: none; diffusers' module names it.
            image_rotary_emb: the places of the video's tokens.
            kernel: see `models.tokens.backends`.
            recalled: keys and values that are looked at besides.
            leave: takes the keys and values of this call, text before video.
        """
        words = encoder_hidden_states.shape[1]
        x_BAD = torch.cat((encoder_hidden_states, hidden_states), dim=1)
        q_BANE, k_BANE = (
            _placed(norm(layer(x_BAD).unflatten(2, (attn.heads, -1))), words, image_rotary_emb)
            for layer, norm in ((attn.to_q, attn.norm_q), (attn.to_k, attn.norm_k))
        )
        v_BANE = attn.to_v(x_BAD).unflatten(2, (attn.heads, -1))
        if leave is not None:
            leave((k_BANE, v_BANE))
        if recalled:
            k_BANE, v_BANE = (torch.cat(parts, dim=1) for parts in zip((k_BANE, v_BANE), *recalled, strict=True))
        made: Tensor = attn.to_out[0](kernel(q_BANE, k_BANE, v_BANE).flatten(2))
        return made[:, words:], made[:, :words]


def _placed(x_BANE: Tensor, words: int, at: Turn) -> Tensor:
    """The video's tokens turned to their places; words have none."""
    return torch.cat((x_BANE[:, :words], turn(x_BANE[:, words:], at)), dim=1)
