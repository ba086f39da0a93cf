"""What was sampled, decoded onto the span's own frames: what had only filled it up is cut off again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

import numpy as np
import torch
from torch import Tensor

from cleanplate.engines.void.footage import Real
from cleanplate.engines.void.framing import Framing
from cleanplate.engines.void.latents import Latents
from cleanplate.engines.void.timing import Span


def as_video(latents_FCHW: Latents) -> Tensor:
    """1 x C x F x H x W as the codec takes them; still on disk."""
    return torch.from_numpy(latents_FCHW).transpose(0, 1)[None]


def pictures(decoded: Iterable[Tensor], span: Span, framing: Framing) -> Iterator[Real]:
    """Rows x columns x 3 R'G'B' in 0..1, upright, one for each of the span's frames and no more.

    Args:
        decoded: 1 x 3 x T x H x W in -1..1 at a time; not asked for what a mirrored tail would come to.

    Raises:
        ValueError: there are too few.
    """
    size, count = framing.size, 0
    for frame in islice((frame for piece in decoded for frame in piece[0].unbind(dim=1)), len(span.frames)):
        shown = ((frame.float() + 1) / 2).clamp(0, 1).permute(1, 2, 0).cpu().numpy()
        yield np.ascontiguousarray(shown[: size.rows, : size.columns])
        count += 1
    if count < len(span.frames):
        raise ValueError(f"{count} frames came out for {len(span.frames)}")
