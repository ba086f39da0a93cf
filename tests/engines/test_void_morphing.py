"""Synthetic morphing, on which the morph check is calibrated: it does what it says, and nothing before it begins."""

from __future__ import annotations

import numpy as np
import pytest
from morphing import MORPHS, START, WARP, decoded, warped
from numpy.typing import NDArray

LENGTH, SIDE, RADIUS = 24, 96, 20
Picture = NDArray[np.uint8]
Mask = NDArray[np.bool_]


def drawn() -> tuple[list[Picture], list[Mask]]:
    """A disc whose colours say where on it a point is, over grey."""
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float64) - SIDE / 2
    mask = np.hypot(x, y) < RADIUS
    skin = np.stack([128 + 4 * x, 128 + 4 * y, 0 * x + 200], axis=2)
    picture = np.where(mask[..., None], skin, 90.0).clip(0, 255).astype(np.uint8)
    return [picture] * LENGTH, [mask] * LENGTH


@pytest.mark.parametrize("kind", MORPHS)
def test_a_morph_begins_on_its_frame_and_is_the_same_again_for_the_same_seed(kind: str) -> None:
    clip, masks = drawn()
    one, other = (MORPHS[kind](clip, masks, np.random.default_rng(3)) for _ in range(2))
    assert len(one) == LENGTH
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
    assert all(np.array_equal(one[n], clip[n]) for n in range(START))
    assert any(not np.array_equal(a, b) for a, b in zip(one, clip, strict=True))


@pytest.mark.parametrize("share", [WARP / 2, WARP, 2 * WARP])
def test_a_warp_displaces_by_its_share_of_the_things_size(share: float) -> None:
    """The disc's colours tell by how far; where they show the ground or are mixed with it they are left out."""
    clip, masks = drawn()
    size = np.sqrt(masks[0].sum())
    most = 0.0
    for picture, plain in zip(warped(clip, masks, np.random.default_rng(5), share), clip, strict=True):
        inner = masks[0] & (picture[..., 2] > 199)
        moved = (picture.astype(float) - plain)[inner][:, :2] / 4
        most = max(most, float(np.linalg.norm(moved, axis=1).max()) / size)
    assert 0.6 * share < most < 1.1 * share


def test_a_brief_warp_is_gone_at_the_end() -> None:
    clip, masks = drawn()
    for seed in range(5):
        bent = MORPHS["brief warp 10 %"](clip, masks, np.random.default_rng(seed))
        changed = [n for n in range(LENGTH) if not np.array_equal(bent[n], clip[n])]
        assert changed[0] >= START
        assert changed[-1] - changed[0] < 12
        assert changed[-1] < LENGTH - 1


def test_a_decoders_grain_has_the_strength_that_is_said() -> None:
    (flat,) = decoded([np.full((64, 64, 3), 128, np.uint8)], np.random.default_rng(1))
    assert float(flat.std()) == pytest.approx(1.5, abs=0.15)
    assert float(flat.mean()) == pytest.approx(128, abs=0.1)
