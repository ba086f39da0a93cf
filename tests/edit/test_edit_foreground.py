"""The colours under a matte, against the picture that they were mixed into."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from cleanplate.edit.foreground import foreground

Real = NDArray[np.float32]


def clouds(seed: int) -> Real:
    random = np.random.default_rng(seed)
    soft = cv2.GaussianBlur(random.random((120, 160, 3)).astype(np.float32), (0, 0), 6)
    return np.asarray((soft - soft.min()) / (soft.max() - soft.min()), np.float32)


def blot(seed: int) -> Real:
    random = np.random.default_rng(seed)
    dots = (random.random((120, 160)) > 0.5).astype(np.float32)
    return np.asarray(np.clip(cv2.GaussianBlur(dots, (0, 0), 8) * 12 - 5.5, 0, 1), np.float32)


def mixed(thing: Real, ground: Real, alpha: Real) -> Real:
    return np.asarray(alpha[..., None] * thing + (1 - alpha[..., None]) * ground, np.float32)


def test_one_colour_over_one_other_comes_out() -> None:
    y, x = np.mgrid[:60, :80]
    alpha = np.clip((20 - np.hypot(x - 40, y - 30)) / 8, 0, 1).astype(np.float32)
    thing, ground = (np.full((60, 80, 3), colour, np.float32) for colour in ((0.8, 0.5, 0.4), (0.1, 0.7, 0.2)))
    found = foreground(mixed(thing, ground, alpha), alpha)
    soft = (alpha > 0) & (alpha < 1)
    assert np.abs(found - thing)[soft].mean() < 0.06 * np.abs(mixed(thing, ground, alpha) - thing)[soft].mean()


def test_where_the_matte_is_full_the_picture_is_the_thing() -> None:
    picture, alpha = clouds(0), blot(1)
    assert np.array_equal(foreground(picture, alpha)[alpha == 1], picture[alpha == 1])


def test_the_same_colour_everywhere_stays() -> None:
    flat = np.full((120, 160, 3), (0.3, 0.6, 0.9), np.float32)
    alpha = blot(2)
    np.testing.assert_allclose(foreground(flat, alpha)[alpha > 0.05], flat[alpha > 0.05], atol=0.01)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_it_is_as_good_as_multi_level_estimation(seed: int) -> None:
    """Germer et al., ICPR 2020, by PyMatting, weighted by what shows; its first import compiles for a minute."""
    matting = pytest.importorskip("pymatting")
    thing, ground, alpha = clouds(2 * seed), clouds(2 * seed + 1), blot(seed)
    picture = mixed(thing, ground, alpha)
    theirs = matting.estimate_foreground_ml(picture.astype(np.float64), alpha.astype(np.float64))
    ours, theirs = ((alpha[..., None] * np.abs(one - thing)).mean() for one in (foreground(picture, alpha), theirs))
    assert ours < 1.05 * theirs
