"""RAFT with drawn weights, the same for everybody: each tensor's numbers come of its name and shape alone, by numpy."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from zlib import crc32

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import Tensor

from cleanplate.models.catalogue.flows import write_config
from cleanplate.models.flow.loading import shapes

SIZE = (128, 160)


def weights(named: Mapping[str, tuple[int, ...]], seed: int = 5) -> dict[str, Tensor]:
    """By name: convolutions that keep deviations, small biases, positive variances."""
    return {name: torch.from_numpy(_tensor(name, shape, seed)) for name, shape in named.items()}


def in_the_authors_layout(published: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The same weights under the names of their repository, written out by hand here: the mapping's other direction."""
    theirs = {}
    for name, tensor in published.items():
        *path, last = name.split(".")
        match path:
            case [("feature_encoder" | "context_encoder") as encoder, *rest]:
                net = "fnet" if encoder == "feature_encoder" else "cnet"
                theirs[".".join(["module", net, *_in_an_encoder(rest), last])] = tensor.clone()
                if rest[-2:] == ["downsample", "1"]:
                    theirs[".".join(["module", net, *rest[:2], "norm3", last])] = tensor.clone()
            case ["update_block", "motion_encoder", part, *_]:
                new = part.replace("convcorr", "convc").replace("convflow", "convf")
                theirs[f"module.update_block.encoder.{new}.{last}"] = tensor
            case ["update_block", "recurrent_block", gru, gate]:
                theirs[f"module.update_block.gru.{gate}{gru[-1]}.{last}"] = tensor
            case ["mask_predictor", part, *_]:
                theirs[f"module.update_block.mask.{0 if part == 'convrelu' else 2}.{last}"] = tensor
            case _:
                theirs[f"module.{name}"] = tensor
    return theirs


def _in_an_encoder(rest: list[str]) -> list[str]:
    """`convnormrelu.0` is conv1 and `.1` norm1; in a block, `convnormrelu2.1` is norm2; the last `conv` is conv2."""
    *before, part, number = [*rest, ""] if rest == ["conv"] else rest
    if part == "downsample":
        return rest
    if part == "conv":
        return ["conv2"]
    kind = "conv" if number == "0" else "norm"
    return [*before, f"{kind}{part.removeprefix('convnormrelu') or 1}"]


def pictures(size: tuple[int, int] = SIZE, shift: tuple[int, int] = (3, -2)) -> list[NDArray[np.uint8]]:
    """Two textures of H x W x 3, the second moved by (dx, dy) pixels."""
    drawn = np.random.default_rng(17).integers(0, 256, (size[0] + 32, size[1] + 32, 3)).astype(np.uint8)
    smooth = cv2.normalize(cv2.GaussianBlur(drawn, (0, 0), 3), np.empty(0), 0, 255, cv2.NORM_MINMAX)
    corners = [(16, 16), (16 - shift[1], 16 - shift[0])]
    return [np.ascontiguousarray(smooth[y : y + size[0], x : x + size[1]]) for y, x in corners]


def write_raft(folder: Path) -> Path:
    """A folder as `cleanplate models convert` writes it."""
    folder.mkdir(parents=True)
    save_file(weights(shapes()), folder / "model.safetensors")
    write_config(folder)
    return folder


def _tensor(name: str, shape: tuple[int, ...], seed: int) -> NDArray[np.generic]:
    rng = np.random.default_rng([seed, crc32(name.encode())])
    if name.endswith("num_batches_tracked"):
        return np.array(1)
    if name.endswith("running_var"):
        return rng.uniform(0.5, 2, shape).astype(np.float32)
    deviation = 1.4 * np.prod(shape[1:]) ** -0.5 if len(shape) == 4 else 0.1
    deviation *= 0.2 if "flow_head.conv2" in name else 1  # small steps: large ones would lead anywhere, by rounding
    offset = 1.0 if len(shape) == 1 and name.endswith(".1.weight") else 0.0
    return (offset + deviation * rng.standard_normal(shape)).astype(np.float32)
