"""Flow, camera motion, warping and tracks against motions that are known because the pictures were made with them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleanplate.errors import UsageError
from cleanplate.motion.camera import chain, estimate_homography, largest_shift
from cleanplate.motion.flow import consistency, flow_names, make_flow, register_flow, round_trip_error
from cleanplate.motion.membrane import complete
from cleanplate.motion.tracks import track_points
from cleanplate.motion.warp import (
    pixel_grid,
    resample,
    rescaled,
    scaling,
    send,
    send_grid,
    warp_homography,
)

SIZE = (240, 320)


def texture(seed: int = 0, size: tuple[int, int] = SIZE) -> np.ndarray:
    """Noise at several scales: something to follow everywhere."""
    rng = np.random.default_rng(seed)
    picture = sum(
        cv2.GaussianBlur(rng.normal(0, 1, size).astype(np.float32), (0, 0), sigma) * sigma for sigma in (1.2, 3.0, 8.0)
    )
    low, high = np.percentile(picture, (1, 99))
    return np.asarray(np.clip((picture - low) / (high - low) * 255, 0, 255), np.uint8)


def tilt(scale: float = 1.0) -> np.ndarray:
    """A camera motion with every degree of freedom in it."""
    return np.array(
        [
            [1 + 0.02 * scale, 0.015 * scale, 4.3 * scale],
            [-0.012 * scale, 1 - 0.01 * scale, -3.1 * scale],
            [2e-5 * scale, -3e-5 * scale, 1],
        ]
    )


def corner_error(found: np.ndarray, truth: np.ndarray) -> float:
    return largest_shift(np.linalg.inv(truth) @ found, *SIZE)


def test_flow_of_a_shift_is_the_shift() -> None:
    # A crop of one texture moved by whole pixels: no interpolation between the picture and the truth.
    big = texture(1, (280, 360))
    a, b = big[20:260, 20:340], big[17:257, 25:345]
    flow = make_flow("dis")(a, b)
    inner = flow[30:-30, 30:-30]
    assert np.allclose(np.median(inner, axis=(0, 1)), (-5, 3), atol=0.05)
    assert np.percentile(np.abs(inner - (-5, 3)), 95) < 0.2


def test_consistency_refuses_what_is_hidden() -> None:
    back = texture(2)
    a, b = back.copy(), back.copy()
    sprite = texture(3)[:60, :60]
    a[90:150, 60:120] = sprite
    b[90:150, 100:160] = sprite
    flow = make_flow()
    forward, backward = flow(a, b), flow(b, a)
    good = consistency(forward, backward)
    assert good[:70].mean() > 0.99
    # Columns 125..155 of `a` are background that `b` hides behind the sprite.
    assert good[95:145, 127:153].mean() < 0.5
    assert np.isinf(round_trip_error(np.full((*SIZE, 2), 1000, np.float32), backward)).all()


def test_flow_registry() -> None:
    with pytest.raises(UsageError, match="no optical flow named 'none'"):
        make_flow("none")
    register_flow("still", lambda: lambda a, b: np.zeros((*a.shape, 2), np.float32))
    assert "still" in flow_names()
    assert not make_flow("still")(texture(), texture()).any()


def test_flow_of_a_picture_smaller_than_a_patch_is_zero() -> None:
    assert not make_flow()(texture()[:8, :8], texture()[:8, :8]).any()


@pytest.mark.parametrize("strength", [0.0, 0.3, 1.0])
def test_homography_is_found_to_a_twentieth_of_a_pixel(strength: float) -> None:
    truth = tilt(strength)
    b = texture(4)
    a = warp_homography(b, truth, SIZE, kernel=cv2.INTER_CUBIC)
    motion = estimate_homography(a, b)
    assert corner_error(motion.matrix, truth) < (0.02 if strength == 0 else 0.15)
    assert motion.support > 0.9


def test_homography_ignores_a_large_mover() -> None:
    truth = tilt()
    b = texture(5)
    a = warp_homography(b, truth, SIZE, kernel=cv2.INTER_CUBIC)
    a[60:180, 40:160] = texture(6)[60:180, 40:160]
    b[60:180, 48:168] = texture(6)[60:180, 40:160]
    assert corner_error(estimate_homography(a, b).matrix, truth) < 0.25


def test_masked_places_have_no_say() -> None:
    b = texture(7)
    a = b.copy()
    a[:, :200] = np.roll(b, 6, axis=1)[:, :200]
    usable = np.zeros(SIZE, bool)
    usable[:, 210:] = True
    assert largest_shift(estimate_homography(a, b, usable_a=usable).matrix, *SIZE) < 0.1


def test_a_guess_reaches_far() -> None:
    truth = np.array([[1, 0, 90.4], [0, 1, -20.7], [0, 0, 1.0]])
    b = texture(8, (240, 480))
    a = warp_homography(b, truth, SIZE, kernel=cv2.INTER_CUBIC)
    guess = truth + np.array([[0, 0, 3.0], [0, 0, -2.0], [0, 0, 0]])
    assert corner_error(estimate_homography(a, b, guess=guess).matrix, truth) < 0.1


def test_a_blank_picture_has_no_motion() -> None:
    blank = np.full(SIZE, 90, np.uint8)
    motion = estimate_homography(blank, blank)
    assert np.array_equal(motion.matrix, np.eye(3))
    assert motion.support == 0


def test_chain_multiplies_in_order() -> None:
    first, second = tilt(0.5), tilt(-0.8)
    points = np.array([(3.0, 5.0), (200.0, 100.0)])
    assert np.allclose(send(chain([first, second])[2], points), send(second, send(first, points)))


@settings(max_examples=30)
@given(st.floats(0.25, 8), st.floats(0.25, 8), st.floats(-1, 1))
def test_rescaled_motion_commutes_with_scaling(sx: float, sy: float, strength: float) -> None:
    points = np.array([(0.0, 0.0), (100.0, 30.0), (250.0, 200.0)])
    up, motion = scaling(sx, sy), tilt(strength)
    assert np.allclose(send(rescaled(motion, sx, sy), send(up, points)), send(up, send(motion, points)), atol=1e-6)


def test_identity_grid_copies_exactly() -> None:
    picture = texture(9)
    box = (11, 17, 200, 300)
    assert np.array_equal(resample(picture, pixel_grid(box)), picture[11:200, 17:300])
    assert np.array_equal(send_grid(np.eye(3), pixel_grid(box)), pixel_grid(box))


def test_membrane_continues_a_plane_and_keeps_the_known() -> None:
    ys, xs = np.mgrid[:90, :120].astype(np.float32)
    plane = np.stack([0.3 * xs - 0.2 * ys, 5 + 0 * xs], axis=2)
    known = np.ones((90, 120), bool)
    known[30:60, 40:80] = False
    filled = complete(np.where(known[..., None], plane, 1e6).astype(np.float32), known)
    assert np.array_equal(filled[known], plane[known])
    assert np.abs(filled - plane).max() < 0.5
    assert not complete(plane[..., 0], np.zeros((90, 120), bool)).any()


def test_tracks_follow_and_report_the_lost() -> None:
    big = texture(10, (300, 400))
    pictures = [big[10 : 10 + 240, 20 + 2 * n : 20 + 2 * n + 320].copy() for n in range(8)]
    for picture in pictures[4:]:
        picture[100:160, 100:160] = 128
    points = np.array([(60.0, 60.0), (130.0, 130.0), (250.0, 200.0)])
    tracks = track_points(iter(pictures), points)
    assert np.allclose(tracks.positions[-1][[0, 2]], points[[0, 2]] - (14, 0), atol=0.1)
    assert tracks.visible[-1].tolist() == [True, False, True]


def test_a_still_camera_stays_still_behind_a_crowd() -> None:
    """More than half of the picture rides on things that move, each its own way."""
    a = texture(11)
    b = a.copy()
    crowd = [(0, 0, 5), (0, 160, -4), (120, 0, 7)]
    for n, (y, x, shift) in enumerate(crowd):
        patch = texture(20 + n)
        a[y : y + 115, x : x + 150] = patch[:115, 10:160]
        b[y : y + 115, x : x + 150] = patch[:115, 10 - shift : 160 - shift]
    assert np.array_equal(estimate_homography(a, b).matrix, np.eye(3))
