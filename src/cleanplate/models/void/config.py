"""What VOID's transformer is made of. Read without torch, so that models can be listed anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

from pydantic import BaseModel, ConfigDict

from cleanplate.models.mixture.config import Positive

Shape = tuple[int, ...]
PATCH = (2, 2, 2)
"""Frames, rows and columns of a latent that make a token."""
STRIDE = (4, 8, 8)
"""Frames, rows and columns of a video that a latent stands for."""
SAMPLES = prod(PATCH)
"""Of one channel of a latent, in a token."""
_BLOCK = "transformer_blocks."


class VoidConfig(BaseModel):
    """A CogVideoX 1.5 transformer that reads three latent videos at a time; the defaults are the published one's.

    Attributes:
        heads, head_dim: of its attention; a head's channels are a multiple of 16, for the rotary embedding.
        layers: blocks.
        channels: of a latent video.
        in_channels: of the latent videos that it reads, joined: noisy, mask, source.
        text_dim: channels of the text encoder's output.
        time_dim: channels of the embedded time.
        frames, rows, columns: of the latents for which it was made, as its config has them; nothing is computed with
            the frames, and the others only bound the rotary embedding.
        tokens: of text.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    heads: Positive = 48
    head_dim: Positive = 64
    layers: Positive = 42
    channels: Positive = 16
    in_channels: Positive = 48
    text_dim: Positive = 4096
    time_dim: Positive = 512
    frames: Positive = 85
    rows: Positive = 384
    columns: Positive = 680
    tokens: Positive = 226

    @property
    def dim(self) -> int:
        """Channels of a token."""
        return self.heads * self.head_dim

    @property
    def arguments(self) -> dict[str, Any]:
        """What diffusers' CogVideoXTransformer3DModel is made with.

        `patch_bias` is false as in the published config, where only transformers without patches of time read it.
        """
        time, side, _ = PATCH
        return {
            "num_attention_heads": self.heads,
            "attention_head_dim": self.head_dim,
            "in_channels": self.in_channels,
            "out_channels": self.channels,
            "flip_sin_to_cos": True,
            "freq_shift": 0,
            "time_embed_dim": self.time_dim,
            "ofs_embed_dim": None,
            "text_embed_dim": self.text_dim,
            "num_layers": self.layers,
            "dropout": 0.0,
            "attention_bias": True,
            "sample_width": self.columns,
            "sample_height": self.rows,
            "sample_frames": self.frames,
            "patch_size": side,
            "patch_size_t": time,
            "temporal_compression_ratio": STRIDE[0],
            "max_text_seq_length": self.tokens,
            "activation_fn": "gelu-approximate",
            "timestep_activation_fn": "silu",
            "norm_elementwise_affine": True,
            "norm_eps": 1e-5,
            "spatial_interpolation_scale": 1.875,
            "temporal_interpolation_scale": 1.0,
            "use_rotary_positional_embeddings": True,
            "use_learned_positional_embeddings": False,
            "patch_bias": False,
        }


PUBLISHED = VoidConfig()
"""That of `void_pass1` and of `void_pass2`."""


def geometry(shapes: Mapping[str, Shape]) -> VoidConfig:
    """What a checkpoint's tensors tell of the config, under diffusers' names.

    Raises:
        KeyError: a tensor that tells of it is missing.
        ValueError: one of them has a shape that no CogVideoX transformer has.
    """
    dim, samples = shapes["patch_embed.proj.weight"]
    outputs, _ = shapes["proj_out.weight"]
    _, text_dim = shapes["patch_embed.text_proj.weight"]
    time_dim, _ = shapes["time_embedding.linear_1.weight"]
    (head_dim,) = shapes[f"{_BLOCK}0.attn1.norm_q.weight"]
    return VoidConfig(
        heads=dim // head_dim,
        head_dim=head_dim,
        layers=len({name.split(".")[1] for name in shapes if name.startswith(_BLOCK)}),
        channels=outputs // SAMPLES,
        in_channels=samples // SAMPLES,
        text_dim=text_dim,
        time_dim=time_dim,
    )
