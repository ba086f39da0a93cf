"""From the base's 33 channels to VOID's 48: the mask gets sixteen channels where it had one.

CogVideoX-Fun's inpainting model reads noise, a mask of one channel, and video; VOID reads the mask through the codec,
as sixteen. The first layer's weights are `torch.nn.Linear`'s, with a patch's channels slowest among its inputs.
"""

from __future__ import annotations

import torch
from torch import Tensor

from cleanplate.models.void.config import SAMPLES, VoidConfig


def narrow(config: VoidConfig) -> VoidConfig:
    """The base that a VOID is trained from."""
    return config.model_copy(update={"in_channels": 2 * config.channels + 1})


def widened(weight_OI: Tensor, channels: int) -> Tensor:
    """The first layer of VOID as its training began: every channel of the mask gets a copy of the one, unscaled.

    Args:
        weight_OI: of the base, O x (2 C + 1) P for patches of P samples.
        channels: C, of a latent video.

    Returns:
        O x 3 C P.
    """
    own = channels * SAMPLES
    noise, mask, video = weight_OI[:, :own], weight_OI[:, own:-own], weight_OI[:, -own:]
    return torch.cat((noise, mask.repeat(1, channels), video), dim=1)
