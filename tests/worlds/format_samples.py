"""Small samples of both layouts, drawn with numpy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cleanplate.worlds.formats.metadata import Changed, VoidMetadata
from cleanplate.worlds.formats.vera_layout import VeraFrame
from cleanplate.worlds.formats.void_layout import VoidFrame

HEIGHT, WIDTH, FRAMES = 36, 50, 4
VOID_METADATA = VoidMetadata(
    scene="ab" * 32,
    family="tower",
    seed=7,
    removed=("ball",),
    changed=(Changed(name="box", onset=2, metres=0.25),),
    instruction="Remove the red ball.",
    caption="A box stands on a table.",
    rate=12,
    facts={"renderer": "tiny"},
)


def noise(seed: int, *shape: int, dtype: Any = np.uint8) -> NDArray[Any]:
    """Every code of the type, so that any loss shows."""
    rng = np.random.default_rng(seed)
    return rng.integers(0, np.iinfo(dtype).max, shape, dtype=dtype, endpoint=True)


def labels(seed: int) -> NDArray[np.uint8]:
    """Blocks of all four labels."""
    blocks = np.random.default_rng(seed).integers(0, 4, (HEIGHT // 4, WIDTH // 5))
    blocks.flat[:4] = range(4)
    drawn: NDArray[np.uint8] = np.array([0, 63, 127, 255], np.uint8)[np.kron(blocks, np.ones((4, 5), np.int64))]
    return drawn


def void_frames(seed: int = 0, *, more: bool = False, count: int = FRAMES) -> Iterator[VoidFrame]:
    """Noise, so that only an exact store gives it back."""
    for number in range(seed * 100, seed * 100 + count):
        rng = np.random.default_rng(number)
        yield VoidFrame(
            rgb_full=noise(number, HEIGHT, WIDTH, 3),
            rgb_removed=noise(number + 1, HEIGHT, WIDTH, 3),
            mask=labels(number),
            invisible=noise(number + 2, HEIGHT, WIDTH, 3) if more else None,
            depth=np.where(labels(number) == 255, np.inf, rng.uniform(0.1, 60, (HEIGHT, WIDTH))).astype(np.float32)
            if more
            else None,
            flow=rng.normal(0, 8, (HEIGHT, WIDTH, 2)).astype(np.float32) if more else None,
        )


def vera_frames(seed: int = 0, count: int = FRAMES) -> Iterator[VeraFrame]:
    """Noise as a layer over noise, with the composite that belongs to it."""
    for number in range(seed * 100, seed * 100 + count):
        below, edit = noise(number, HEIGHT, WIDTH, 3), noise(number + 1, HEIGHT, WIDTH, 3)
        alpha = noise(number + 2, HEIGHT, WIDTH)
        weight = alpha[..., None] / 255
        composite = np.rint(weight * edit + (1 - weight) * below).astype(np.uint8)
        mask = np.where(labels(number) == 255, 255, 0).astype(np.uint8)
        yield VeraFrame(input=below, edit_rgb=edit, edit_alpha=alpha, composite=composite, mask=mask)


VERA_RECORD = {
    "instruction": "Add a red ball.",
    "edit_type": "obj_add",
    "target_caption": "A ball.",
    "metadata": {"seed": 7},
}
