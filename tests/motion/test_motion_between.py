"""Frames between two pictures."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from cleanplate.motion.between import between, flows_between
from cleanplate.motion.flow import make_flow
from cleanplate.motion.warp import flow_warp

SIZE = (72, 96)


def texture() -> np.ndarray:
    noise = np.random.default_rng(3).random((SIZE[0], SIZE[1] + 40, 3)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 2.0)
    return np.asarray((smooth - smooth.min()) / np.ptp(smooth), np.float32)


def shifted(by: float) -> np.ndarray:
    matrix = np.array([[1, 0, 20 + by], [0, 1, 0]], np.float32)
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(texture(), matrix, SIZE[::-1], flags=flags), np.float32)


def gray(picture: np.ndarray) -> np.ndarray:
    return np.asarray(np.rint(np.clip(picture.mean(axis=2), 0, 1) * 255), np.uint8)


def flows(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    flow = make_flow()
    return flow(gray(a), gray(b)), flow(gray(b), gray(a))


def test_the_ends_are_the_pictures() -> None:
    a, b = shifted(0), shifted(5)
    np.testing.assert_allclose(between(a, b, flows(a, b), 0), a, atol=1e-5)
    np.testing.assert_allclose(between(a, b, flows(a, b), 1), b, atol=1e-5)


@pytest.mark.parametrize("time", [0.25, 0.5, 0.8])
def test_even_motion_is_followed(time: float) -> None:
    a, b, truth = shifted(0), shifted(6), shifted(6 * time)
    inner = np.s_[8:-8, 12:-12]
    made = np.sqrt(np.mean((between(a, b, flows(a, b), time) - truth)[inner] ** 2))
    plain = np.sqrt(np.mean(((1 - time) * a + time * b - truth)[inner] ** 2))
    assert made < 0.2 * plain


def test_a_mistaken_flow_does_little_harm() -> None:
    a = shifted(0)
    there, back = np.full((*SIZE, 2), 9, np.float32), np.full((*SIZE, 2), -3, np.float32)
    inner = np.s_[:, 20:-20]
    harm = np.abs(between(a, a, (there, back), 0.5) - a)[inner]
    assert harm.mean() < 0.02
    assert np.abs(flow_warp(a, (there / 4).astype(np.float32)) - a)[inner].mean() > 0.05


def test_flows_meet_at_the_same_time() -> None:
    there, back = np.full((4, 4, 2), 8, np.float32), np.full((4, 4, 2), -8, np.float32)
    to_a, to_b = flows_between(there, back, 0.25)
    np.testing.assert_allclose(to_a, -2)
    np.testing.assert_allclose(to_b, 6)
