"""The curves against colour-science, and that every plate value comes back."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from cleanplate.media.curves import (
    TRANSFERS,
    curve_for,
    from_model,
    hlg_to_scene,
    nits_to_pq,
    pq_to_nits,
    scene_to_hlg,
    to_model,
)
from cleanplate.media.frame import ColourTags

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import colour
    from colour import models

SIGNAL = np.linspace(0, 1, 4096)
CAMERA_LOGS = {
    "slog3": models.log_decoding_SLog3,
    "logc4": models.log_decoding_ARRILogC4,
    "vlog": models.log_decoding_VLog,
    "log3g10": models.log_decoding_Log3G10,
    "acescct": models.log_decoding_ACEScct,
}


def test_pq_is_st_2084() -> None:
    np.testing.assert_allclose(pq_to_nits(SIGNAL), colour.models.eotf_ST2084(SIGNAL), rtol=1e-9, atol=1e-9)
    nits = np.geomspace(1e-4, 10000, 1000)
    np.testing.assert_allclose(nits_to_pq(nits), colour.models.eotf_inverse_ST2084(nits), rtol=1e-9)


def test_hlg_is_arib_std_b67() -> None:
    np.testing.assert_allclose(hlg_to_scene(SIGNAL), colour.models.oetf_inverse_BT2100_HLG(SIGNAL), atol=1e-9)
    light = np.linspace(0, 1, 1000)
    np.testing.assert_allclose(scene_to_hlg(light), colour.models.oetf_BT2100_HLG(light), atol=1e-9)


@pytest.mark.parametrize("name", CAMERA_LOGS)
def test_camera_logs_are_their_makers(name: str) -> None:
    np.testing.assert_allclose(TRANSFERS[name].to_linear(SIGNAL), CAMERA_LOGS[name](SIGNAL), rtol=1e-5, atol=1e-6)


def test_logc3_is_arris_at_800() -> None:
    expected = models.log_decoding_ARRILogC3(SIGNAL, firmware="SUP 3.x", method="Linear Scene Exposure Factor", EI=800)
    np.testing.assert_allclose(TRANSFERS["logc3"].to_linear(SIGNAL), expected, rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize("name", TRANSFERS)
def test_all_12_bit_codes_come_back(name: str) -> None:
    curve = curve_for(ColourTags(transfer=name))
    codes = np.arange(4096)
    signal = (codes / 4095).astype(np.float32)
    seen = to_model(signal, curve)
    back = from_model(seen, curve)
    np.testing.assert_array_equal(np.rint(back * 4095), codes)
    assert np.abs(back - signal).max() * 4095 < 0.01
    assert np.all(np.diff(seen.astype(np.float64)) > 0)
    assert seen[0] == pytest.approx(0, abs=1e-6)
    if name != "linear":
        assert seen[-1] == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("name", TRANSFERS)
def test_pictures_look_like_pictures(name: str) -> None:
    """Middle gray lands near sRGB's (0.46), and diffuse white well above it, with room for what is brighter."""
    signal = TRANSFERS[name].from_linear(np.array([0.18, 1.0])).astype(np.float32)
    gray, white = to_model(signal, curve_for(ColourTags(transfer=name)))
    assert 0.33 < gray < 0.5
    assert 0.75 < white <= 1


def test_every_finite_half_comes_back_within_its_last_bit() -> None:
    halves = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    halves = halves[np.isfinite(halves)]
    curve = curve_for(ColourTags(transfer="linear"))
    back = from_model(to_model(halves.astype(np.float32), curve), curve).astype(np.float16)
    np.testing.assert_array_equal(back, halves)


@given(
    values=hnp.arrays(np.float32, 30, elements=st.floats(-0.25, 1.25, width=32)),
    name=st.sampled_from(sorted(TRANSFERS)),
)
def test_values_outside_the_codes_come_back_too(values: NDArray[np.float32], name: str) -> None:
    """Overshoots of limited range are kept: half a 12-bit code is the most that they move."""
    curve = curve_for(ColourTags(transfer=name))
    back = from_model(to_model(values, curve), curve)
    assert np.abs(back - values).max() < 0.5 / 4095


def test_standard_video_is_left_alone() -> None:
    values = np.linspace(-0.1, 1.1, 50, dtype=np.float32)
    assert to_model(values, curve_for(ColourTags(transfer="bt709"))) is values
