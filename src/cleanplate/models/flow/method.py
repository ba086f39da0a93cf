"""RAFT as a method of optical flow, see `motion.flow`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import pad

from cleanplate.models.flow.geometry import ITERATIONS, LEAST_SIDE, STRIDE
from cleanplate.models.flow.raft import Raft
from cleanplate.motion.flow import FlowField

Picture = NDArray[np.uint8]
"""H x W x 3 R'G'B', or H x W."""


class RaftFlow:
    """Flow by RAFT, of pairs of any size. The network is loaded for the first pair.

    Deterministic on a processor with a given number of threads.

    Args:
        load: gives the network, on the CPU.
        digest: tells its weights from others.
    """

    def __init__(self, load: Callable[[], Raft], digest: str, iterations: int = ITERATIONS) -> None:
        self._load, self.digest, self._iterations = load, digest, iterations
        self._model: Raft | None = None
        self._seen: tuple[Picture, Tensor] | None = None

    @torch.inference_mode()
    def __call__(self, a: Picture, b: Picture) -> FlowField:
        """Flow of `a` towards `b`. In a run of pairs, what is known of `b` serves when it is the next pair's `a`."""
        if a.shape != b.shape:
            raise ValueError(f"flow between pictures of {a.shape} and {b.shape}")
        if self._model is None:
            self._model = self._load().to("cuda" if torch.cuda.is_available() else "cpu")
        device = next(self._model.parameters()).device
        first, second = _tensor(a).to(device), _tensor(b).to(device)
        known = self._seen[1] if self._seen is not None and self._seen[0] is a else self._model.features(first)
        features = self._model.features(second)
        self._seen = b, features
        flow = self._model(first, second, known=(known, features), iterations=self._iterations)[
            0, :, : a.shape[0], : a.shape[1]
        ]
        return np.ascontiguousarray(flow.permute(1, 2, 0).cpu().numpy())


def _tensor(picture: Picture) -> Tensor:
    """1 x 3 x H x W in -1..1, filled up below and beside to what the network bears."""
    rgb = picture if picture.ndim == 3 else np.repeat(picture[..., None], 3, axis=2)
    found = torch.from_numpy(np.ascontiguousarray(rgb)).permute(2, 0, 1)[None].float() / 127.5 - 1
    below, beside = (max(LEAST_SIDE, side + -side % STRIDE) - side for side in rgb.shape[:2])
    return pad(found, (0, beside, 0, below), mode="replicate") if below or beside else found
