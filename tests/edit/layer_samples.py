"""Made-up planes and patches for the tests of this room."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from cleanplate.edit.layer_format import layer_format
from cleanplate.edit.patch import ALPHA_PEAK, Patch
from cleanplate.media.formats import pixel_format
from cleanplate.media.frame import Family, PixelFormat, Siting

FLOATS = [
    PixelFormat("exr-half", Family.RGB, 16, is_float=True),
    PixelFormat("exr-float", Family.RGB, 32, is_float=True, has_alpha=True),
]
FORMATS = [
    pixel_format(name)
    for name in (
        "yuv420p", "yuvj420p", "nv12", "p010le", "yuv420p10le", "yuv422p", "yuv422p10le", "yuv444p12le", "yuv420p9le",
        "yuv420p16le", "yuv440p", "yuv411p", "yuv410p", "yuva420p", "gray", "gray16le", "gbrp", "gbrp12le", "gbrap",
    )
] + FLOATS  # fmt: skip


def random_planes(fmt: PixelFormat, height: int, width: int, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    shapes = [fmt.plane_shape(n, height, width) for n in range(fmt.components)]
    if fmt.is_float:
        return tuple(rng.normal(0.5, 1.0, shape).astype(fmt.dtype) for shape in shapes)
    return tuple(rng.integers(0, fmt.peak, shape, endpoint=True).astype(fmt.dtype) for shape in shapes)


def random_alpha(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Zeros, ones and everything between, in clumps and alone."""
    alpha = rng.integers(0, ALPHA_PEAK, shape, endpoint=True)
    kind = rng.integers(0, 4, (-(-shape[0] // 3), -(-shape[1] // 3))).repeat(3, 0).repeat(3, 1)[: shape[0], : shape[1]]
    alpha[kind == 0] = 0
    alpha[kind == 1] = ALPHA_PEAK
    alpha[rng.random(shape) < 0.05] = 1
    return alpha.astype(np.uint16)


def random_patch(fmt: PixelFormat, height: int, width: int, rng: np.random.Generator, whole: bool = False) -> Patch:
    y0, x0 = (0, 0) if whole else (int(rng.integers(0, height)), int(rng.integers(0, width)))
    y1 = height if whole else int(rng.integers(y0, height)) + 1
    x1 = width if whole else int(rng.integers(x0, width)) + 1
    layer = layer_format(fmt)
    shape = (y1 - y0, x1 - x0, layer.components)
    if fmt.is_float:
        colour = rng.normal(0.5, 1.0, shape).astype(layer.dtype)
    else:
        colour = rng.integers(0, layer.peak, shape, endpoint=True).astype(np.uint16)
    return Patch(y0, x0, colour, random_alpha(shape[:2], rng))


formats = st.sampled_from(FORMATS)
sitings = st.sampled_from(list(Siting))
sizes = st.tuples(st.integers(1, 21), st.integers(1, 21))
seeds = st.integers(0, 2**32 - 1)
