"""Matte care: every promise of every function, on drawn and random mattes."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from layer_samples import random_alpha, seeds, sitings

from cleanplate.edit.matte import SPECK, chroma_safe, clean_alpha, feather_inside, refine_matte, to_codes
from cleanplate.edit.patch import ALPHA_PEAK
from cleanplate.media.formats import pixel_format
from cleanplate.media.frame import Siting
from cleanplate.media.siting import footprint_any, upsample


@settings(max_examples=50)
@given(seeds)
def test_cleaning(seed: int) -> None:
    alpha = random_alpha((40, 40), np.random.default_rng(seed))
    clean = clean_alpha(alpha)
    assert not clean[alpha < 4 * 257].any()
    assert not ((clean > 251 * 257) & (clean < ALPHA_PEAK)).any()
    kept = clean > 0
    _, _, stats, _ = cv2.connectedComponentsWithStats(kept.astype(np.uint8), connectivity=8)
    assert (stats[1:, cv2.CC_STAT_AREA] >= SPECK).all()
    between = kept & (alpha <= 251 * 257)
    np.testing.assert_array_equal(clean[between], alpha[between])
    np.testing.assert_array_equal(clean_alpha(clean), clean)


def test_a_piece_of_sixteen_pixels_stays_and_one_of_fifteen_goes() -> None:
    alpha = np.zeros((20, 20), np.uint16)
    alpha[2:6, 2:6] = alpha[10:14, 10:14] = ALPHA_PEAK
    alpha[13, 13] = 0
    clean = clean_alpha(alpha)
    assert np.count_nonzero(clean) == 16
    assert clean[2:6, 2:6].all()


@settings(max_examples=40)
@given(seeds, st.floats(0, 6))
def test_feathering_never_leaves_the_region(seed: int, radius: float) -> None:
    rng = np.random.default_rng(seed)
    alpha, region = random_alpha((30, 36), rng), random_alpha((30, 36), rng) > 0
    soft = feather_inside(alpha, region, radius)
    assert not soft[~region].any()
    assert (soft <= alpha).all()
    deep = cv2.distanceTransform(region.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE) > radius + 1
    if not region.all():
        np.testing.assert_array_equal(soft[deep], alpha[deep])


def test_the_ramp_is_linear_and_stops_at_no_frame_border() -> None:
    region = np.zeros((9, 30), bool)
    region[:, 10:] = True
    soft = feather_inside(np.full(region.shape, ALPHA_PEAK, np.uint16), region, 3)
    assert soft[4, 8:16].tolist() == [0, 0, 16384, 32768, 49151, 65535, 65535, 65535]
    assert (soft == soft[4]).all()
    assert soft[4, -1] == ALPHA_PEAK


@settings(max_examples=60)
@given(st.sampled_from(["yuv420p", "yuv422p", "yuv440p", "yuv411p"]), sitings, seeds)
def test_chroma_safe_keeps_displays_from_spreading_chroma(name: str, siting: Siting, seed: int) -> None:
    fmt, shape = pixel_format(name), (27, 31)
    alpha = random_alpha(shape, np.random.default_rng(seed))
    safe = chroma_safe(alpha, fmt, siting)
    assert ((safe == alpha) | (safe == 0)).all()
    changed = footprint_any(safe > 0, fmt, siting)
    shown = upsample(changed.astype(np.float32), fmt, siting, *shape) > 0
    assert (alpha[shown] > 0).all()


def test_chroma_safe_keeps_the_inside_and_all_of_444() -> None:
    alpha = np.zeros((40, 40), np.uint16)
    alpha[9:31, 9:31] = ALPHA_PEAK
    for siting in Siting:
        assert chroma_safe(alpha, pixel_format("yuv420p"), siting)[12:28, 12:28].all()
    np.testing.assert_array_equal(chroma_safe(alpha, pixel_format("yuv444p"), Siting.LEFT), alpha)


def test_refinement_moves_a_matte_to_the_pictures_edge() -> None:
    """A disc; the matte given is three pixels too large."""
    y, x = np.mgrid[:120, :120]
    distance = np.hypot(y - 60, x - 60)
    luma = np.where(distance < 30, 200, 60).astype(np.uint8)
    rough = to_codes((distance < 33).astype(np.float32))
    region = distance < 45
    fine = refine_matte(rough, luma, region, radius=8)
    truth = distance < 30
    wrong = np.abs(fine / ALPHA_PEAK - truth).sum()
    assert wrong < 0.05 * np.abs(rough / ALPHA_PEAK - truth).sum()
    assert not fine[~region].any()
    np.testing.assert_array_equal(refine_matte(rough, luma, distance < 20, radius=8)[distance >= 20], 0)


def test_alpha_that_is_not_finite_is_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        to_codes(np.array([[np.nan]], np.float32))
    assert to_codes(np.array([[-1, 0, 0.5, 1, 2]], np.float32)).tolist() == [[0, 0, 32768, 65535, 65535]]
