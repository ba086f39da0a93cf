"""Invariant 1, against an independent composite, over formats, sitings and odd sizes."""

from __future__ import annotations

import numpy as np
import pytest
from composite_reference import canvas, exact_composite, untouched
from hypothesis import given, settings
from hypothesis import strategies as st
from layer_samples import FORMATS, formats, random_patch, random_planes, seeds, sitings, sizes

from cleanplate.edit.composite import composite_planes
from cleanplate.edit.layer_format import layer_format, layer_scale
from cleanplate.edit.patch import ALPHA_PEAK, Patch
from cleanplate.media.formats import pixel_format
from cleanplate.media.frame import PixelFormat, Siting


def within(fmt: PixelFormat, exact: np.ndarray) -> float:
    """How far a sample may lie from the exact value: rounding, and float32 on the way or 16 bits (see `blend8`)."""
    if fmt.is_float:
        return float(np.finfo(fmt.dtype).eps * 4 * max(1.0, np.abs(exact).max()))
    return 0.5 + (1 / 30 if fmt.depth == 8 else 2**fmt.depth * 1e-6)


@settings(max_examples=150)
@given(formats, sitings, sizes, seeds, st.booleans())
def test_composite_matches_the_definition(
    fmt: PixelFormat, siting: Siting, size: tuple[int, int], seed: int, whole: bool
) -> None:
    rng = np.random.default_rng(seed)
    planes, patch = random_planes(fmt, *size, rng), random_patch(fmt, *size, rng, whole)
    result = composite_planes(planes, [patch], fmt, siting)
    _, codes = canvas(patch, *size)
    exact = exact_composite(planes, patch, fmt, siting, layer_scale(fmt))
    for n, expected in enumerate(exact):
        assert result[n].dtype == planes[n].dtype
        expected = expected if fmt.is_float else np.clip(expected, 0, fmt.peak)
        assert np.abs(result[n].astype(np.float64) - expected).max() <= within(fmt, expected)
        still = untouched(fmt, n, codes, siting)
        np.testing.assert_array_equal(result[n][still], planes[n][still])


@settings(max_examples=60)
@given(formats, sitings, sizes, seeds)
def test_full_alpha_shows_the_layer_and_nothing_of_the_plate(
    fmt: PixelFormat, siting: Siting, size: tuple[int, int], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    patch = random_patch(fmt, *size, rng, whole=True)
    patch.alpha[...] = ALPHA_PEAK
    first, second = (
        composite_planes(random_planes(fmt, *size, rng), [patch], fmt, siting)[: patch.colour.shape[2]] for _ in "ab"
    )
    for n, (a, b) in enumerate(zip(first, second, strict=True)):
        np.testing.assert_array_equal(a, b)
        if not fmt.is_subsampled(n):
            exact = patch.colour[..., n].astype(np.float64) / layer_scale(fmt)
            if not fmt.is_float:
                exact = np.clip(exact, 0, fmt.peak)
            assert np.abs(a - exact).max() <= (0 if fmt.is_float else 0.5)


@pytest.mark.parametrize("fmt", FORMATS, ids=lambda f: f.name)
def test_a_layer_of_the_plates_own_colour_changes_nothing(fmt: PixelFormat) -> None:
    """At full alpha and where chroma is not subsampled, or flat."""
    rng = np.random.default_rng(5)
    planes = random_planes(fmt, 12, 16, rng)
    planes = tuple(np.full_like(p, p[0, 0]) if fmt.is_subsampled(n) else p for n, p in enumerate(planes))
    layer, scale = layer_format(fmt), layer_scale(fmt)
    colour = np.stack([np.broadcast_to(p if p.shape == (12, 16) else p[0, 0], (12, 16)) for p in planes], -1)
    colour = (colour[..., : layer.components].astype(np.float64) * scale).astype(layer.dtype)
    patch = Patch(0, 0, colour, np.full((12, 16), ALPHA_PEAK, np.uint16))
    for a, b in zip(composite_planes(planes, [patch], fmt, None), planes, strict=True):
        np.testing.assert_array_equal(a, b)


def test_without_patches_the_planes_are_the_same_objects() -> None:
    fmt = pixel_format("yuva420p")
    planes = random_planes(fmt, 6, 6, np.random.default_rng(0))
    assert composite_planes(planes, [], fmt, None) is planes
    patch = random_patch(fmt, 6, 6, np.random.default_rng(1))
    assert composite_planes(planes, [patch], fmt, None)[3] is planes[3]


@pytest.mark.parametrize("siting", list(Siting))
def test_threads_and_bands_do_not_show(siting: Siting) -> None:
    fmt, rng = pixel_format("yuv420p"), np.random.default_rng(2)
    planes = random_planes(fmt, 301, 203, rng)
    patch = random_patch(fmt, 301, 203, rng, whole=True)
    for plane, threaded, part in zip(
        composite_planes(planes, [patch], fmt, siting),
        composite_planes(planes, [patch], fmt, siting, threads=3),
        composite_planes(planes, [Patch(0, 0, patch.colour[:250], patch.alpha[:250])], fmt, siting),
        strict=True,
    ):
        np.testing.assert_array_equal(plane, threaded)
        np.testing.assert_array_equal(plane[:120], part[:120])


@pytest.mark.parametrize("siting", list(Siting))
@pytest.mark.parametrize("name", ["yuv420p", "yuv422p10le", "p010le"])
def test_chroma_at_a_discs_edge_is_within_one_code(name: str, siting: Siting) -> None:
    """A radius-60 disc with an antialiased edge, saturated on saturated: where straight subsampling errs by 16."""
    fmt, size = pixel_format(name), 140
    y, x = np.mgrid[:size, :size]
    coverage = np.clip(60.5 - np.hypot(y - 69.7, x - 70.3), 0, 1)
    layer = layer_format(fmt)
    colour = np.zeros((size, size, 3), np.uint16)
    colour[...] = (layer.peak * 9 // 10, layer.peak // 10, layer.peak * 9 // 10)
    patch = Patch(0, 0, colour, np.rint(coverage * ALPHA_PEAK).astype(np.uint16))
    planes = tuple(
        np.full(fmt.plane_shape(n, size, size), fmt.peak * part // 10, fmt.dtype) for n, part in enumerate((2, 9, 1))
    )
    exact = exact_composite(planes, patch, fmt, siting, layer_scale(fmt))
    for plane, expected in zip(composite_planes(planes, [patch], fmt, siting), exact, strict=True):
        assert np.abs(plane - expected).max() < 1


def test_later_patches_lie_over_earlier_ones() -> None:
    fmt, rng = pixel_format("yuv420p"), np.random.default_rng(3)
    planes = random_planes(fmt, 20, 24, rng)
    a, b = random_patch(fmt, 20, 24, rng), random_patch(fmt, 20, 24, rng, whole=True)
    both = composite_planes(planes, [a, b], fmt, None)
    apart = composite_planes(composite_planes(planes, [a], fmt, None), [b], fmt, None)
    for one, two in zip(both, apart, strict=True):
        np.testing.assert_array_equal(one, two)


def test_a_patch_that_leaves_the_frame_is_refused() -> None:
    fmt = pixel_format("gray")
    planes = random_planes(fmt, 8, 8, np.random.default_rng(0))
    patch = Patch(4, 4, np.zeros((5, 2, 1), np.uint16), np.zeros((5, 2), np.uint16))
    with pytest.raises(ValueError, match="over 8 x 8"):
        composite_planes(planes, [patch], fmt, None)
