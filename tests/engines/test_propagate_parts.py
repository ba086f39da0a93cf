"""The parts of `propagate`, each against an answer known beforehand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cleanplate.engines.propagate.agree import agreement
from cleanplate.engines.propagate.boxes import boxes_of
from cleanplate.engines.propagate.cleaner import Counts
from cleanplate.engines.propagate.exemplar import fill_texture
from cleanplate.engines.propagate.footage import CAST, FREE, HOLE, LIVE, shrink_roles
from cleanplate.engines.propagate.grain import make_grain, measure_grain
from cleanplate.engines.propagate.ledger import Ledger
from cleanplate.engines.propagate.matte import cast_alpha, hole_alpha
from cleanplate.engines.propagate.parallax import View, sweep
from cleanplate.engines.propagate.source import soft_trust
from cleanplate.engines.propagate.steady import Steady
from cleanplate.engines.propagate.survey import Survey
from cleanplate.engines.propagate.tone import match_tone


def scenery(height: int, width: int, seed: int) -> np.ndarray:
    """A picture with something at every scale, 40..215."""
    rng = np.random.default_rng(seed)
    layers = [cv2.GaussianBlur(rng.normal(0, 1, (height, width)), (0, 0), s) for s in (1.5, 4, 12)]
    picture = np.asarray(sum(layer / layer.std() for layer in layers), np.float32)
    return np.asarray(np.clip(128 + 30 * picture, 40, 215), np.float32)


masks = arrays(np.bool_, st.tuples(st.integers(3, 40), st.integers(3, 40)))


@settings(max_examples=30)
@given(masks, st.integers(2, 8), st.randoms(use_true_random=False))
def test_alpha_is_one_in_the_hole_and_zero_where_nothing_is_permitted(hole: Any, grow: int, random: Any) -> None:
    permitted = hole | (np.random.default_rng(random.getrandbits(32)).random(hole.shape) < 0.5)
    alpha = hole_alpha(hole, permitted, grow)
    assert (alpha[hole] == 1).all()
    assert not alpha[~permitted].any()
    if hole.any():
        away = cv2.distanceTransform((~hole).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        assert not alpha[away > grow + 2].any()


def test_a_shadow_is_filled_only_where_it_darkens() -> None:
    plate = np.full((120, 160, 3), 400, np.float32)
    fill = plate.copy()
    plate[30:90, 40:80] -= 60
    cast = np.zeros((120, 160), bool)
    cast[10:110, 10:150] = True
    alpha = cast_alpha(plate, fill, np.ones((120, 160), np.float32), cast, 6.0)
    assert (alpha[40:80, 50:70] == 1).all()
    assert not alpha[:, 110:].any()
    assert not alpha[~cast].any()


def test_two_against_one_and_missing_answers() -> None:
    answers = np.full((3, 20, 20, 1), 100, np.float32)
    answers[1] = 180
    trust = np.ones((3, 20, 20), np.float32)
    trust[:, :, 10:] = np.array([0, 1, 0])[:, None, None]
    weights = agreement(answers, trust, peak=255)
    mean = (weights[..., None] * answers).sum(axis=0) / weights.sum(axis=0)[..., None]
    assert np.allclose(mean[:, :10], 100)
    assert np.allclose(mean[:, 10:], 180)


def test_two_that_disagree_are_not_mixed() -> None:
    answers = np.stack([np.full((9, 9, 1), v, np.float32) for v in (60, 200)])
    trust = np.stack([np.full((9, 9), v, np.float32) for v in (0.6, 0.4)])
    weights = agreement(answers, trust, peak=255)
    assert weights[1].max() < 1e-6 * weights[0].min()


def test_tone_finds_gain_and_offset_and_ignores_what_moved() -> None:
    source = np.stack([scenery(90, 120, seed) for seed in range(3)], axis=2)
    gain, offset = np.array([1.10, 0.95, 1.0], np.float32), np.array([-3, 5, 0], np.float32)
    target = source * gain + offset
    target[10:30, 10:50] = 20
    both = np.ones((90, 120), bool)
    both[40:70, 40:90] = False
    tone = match_tone(target, source, both, peak=255)
    fixed = tone.gain * source + tone.offset
    assert np.abs(fixed - (source * gain + offset))[40:70, 40:90].max() < 0.7


def test_tone_without_anything_in_common_changes_nothing() -> None:
    picture = scenery(20, 20, 0)[..., None]
    tone = match_tone(picture, picture + 9, np.zeros((20, 20), bool), peak=255)
    assert tone.gain == 1
    assert not tone.offset.any()


@pytest.mark.parametrize("softness", [0.0, 0.7, 1.5])
def test_made_grain_has_the_strength_and_the_size_of_the_measured(softness: float) -> None:
    white = np.asarray(np.random.default_rng(3).normal(0, 6, (400, 400, 2)), np.float32)
    noise = np.asarray(cv2.GaussianBlur(white, (0, 0), softness) if softness else white, np.float32)
    many = np.full((400, 400), 1e9, np.float32)
    grain = measure_grain(noise, np.zeros_like(noise), many, np.ones((400, 400), bool))
    assert grain is not None
    made = make_grain(grain, 400, 400, np.random.default_rng(4))
    assert abs(made.std() / noise.std() - 1) < 0.06

    def step(picture: np.ndarray) -> float:
        return float(np.diff(picture, axis=1).std())

    assert abs(step(made) / step(noise) - 1) < 0.15


def test_two_copies_halve_what_the_difference_says() -> None:
    rng = np.random.default_rng(5)
    picture = 4 * scenery(300, 300, 6)[..., None]
    plate, first, second = (np.asarray(picture + rng.normal(0, 3, picture.shape), np.float32) for _ in range(3))
    everywhere = np.ones((300, 300), bool)
    alone = measure_grain(plate, np.asarray(picture, np.float32), np.full((300, 300), 1e9, np.float32), everywhere)
    shared = measure_grain(
        plate, np.asarray((first + second) / 2, np.float32), np.full((300, 300), 2, np.float32), everywhere
    )
    assert alone is not None
    assert shared is not None
    assert np.allclose(alone.total, shared.total, rtol=0.03)


def test_too_little_to_measure_grain_on() -> None:
    flat = np.zeros((40, 40, 1), np.float32)
    assert measure_grain(flat, flat, np.ones((40, 40), np.float32), np.zeros((40, 40), bool)) is None


def test_texture_continues_stripes_and_touches_nothing_else() -> None:
    ys, xs = np.mgrid[:140, :180]
    stripes = np.repeat((0.5 + 0.3 * np.sin(2 * np.pi * ys / 9))[..., None], 3, axis=2).astype(np.float32)
    hole = ((ys - 70) ** 2 + (xs - 90) ** 2) < 30**2
    damaged = np.where(hole[..., None], 0, stripes).astype(np.float32)
    filled = fill_texture(damaged, hole, seed=5)
    assert np.array_equal(filled[~hole], stripes[~hole])
    assert np.sqrt(np.mean((filled - stripes)[hole] ** 2)) < 0.05
    assert np.array_equal(filled, fill_texture(damaged, hole, seed=5))


def test_texture_with_nothing_to_copy_from_is_smooth() -> None:
    picture = np.full((12, 12, 3), 0.25, np.float32)
    hole = np.ones((12, 12), bool)
    hole[0, 0] = False
    assert np.allclose(fill_texture(picture, hole, seed=0), 0.25, atol=1e-5)
    assert not fill_texture(picture, np.ones((12, 12), bool), seed=0).any()


def test_boxes_hold_everything_and_do_not_overlap() -> None:
    wanted = np.zeros((400, 600), bool)
    wanted[50:90, 60:100] = True
    wanted[60:70, 120:130] = True
    wanted[300:340, 500:599] = True
    boxes = boxes_of(wanted)
    assert len(boxes) == 2
    for y0, x0, y1, x1 in boxes:
        wanted[y0:y1, x0:x1] = False
    assert not wanted.any()


@settings(max_examples=40)
@given(arrays(np.uint8, (24, 36), elements=st.sampled_from([FREE, LIVE, CAST, HOLE])))
def test_shrunk_roles_keep_the_strongest(roles: Any) -> None:
    small = shrink_roles(roles, (12, 12))
    assert np.array_equal(small, roles.reshape(12, 2, 12, 3).max(axis=(1, 3)))


def test_trust_keeps_away_from_what_is_hidden() -> None:
    hidden = np.zeros((80, 80), bool)
    hidden[30:50, 30:50] = True
    trust = soft_trust(hidden, np.zeros_like(hidden), rim=3)
    near = cv2.dilate(hidden.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    assert not trust[near].any()
    assert (trust[:18] == 255).all()


def test_depth_edge_inside_the_hole_is_found() -> None:
    """Two surfaces that move apart by some pixels a view: the hole's pixels go to the right one of them.

    A view in which the nearer one has moved over the farther one is known not to see what lies under it.
    """
    size = (160, 200)
    near = np.zeros(size, bool)
    near[:, 95:] = True
    hole = np.zeros(size, bool)
    hole[50:110, 60:140] = True
    pictures = [scenery(200, 280, seed) for seed in (1, 2)]
    views, truth, shifts = [], [], (-6, -3, 6, 8, 10)
    for shift in shifts:
        flow = np.zeros((*size, 2), np.float32)
        flow[near] = (shift, 0)
        edge = 95 + shift
        gray = pictures[0][20:180, 40:240].copy()
        gray[:, edge:] = pictures[1][20:180, 40 - shift : 240 - shift][:, edge:]
        truth.append(flow)
        hidden = np.roll(hole, 60 if shift > 0 else -60, axis=1)
        views.append(View(gray.astype(np.uint8), ~hidden, np.eye(3), np.where(hole[..., None], 0, flow), ~hole))
    target = pictures[0][20:180, 40:240].copy()
    target[:, 95:] = pictures[1][20:180, 40:240][:, 95:]
    target[hole] = 0
    depths = sweep(target.astype(np.uint8), views)
    inner = hole.copy()
    inner[:, 90:100] = False
    for depth, wanted, shift in zip(depths, truth, shifts, strict=True):
        assert (np.linalg.norm(depth.residual - wanted, axis=2)[inner] < 0.3).mean() > 0.97
        assert depth.blocked[60:100, 85:90].mean() > 0.7 if shift == -6 else shift < 0 or not depth.blocked[hole].any()
        assert not depth.blocked[:, :78].any()
        assert not depth.blocked[:, 97:].any()


def test_sweep_declines_with_one_view() -> None:
    gray = scenery(60, 60, 0).astype(np.uint8)
    flow = np.zeros((60, 60, 2), np.float32)
    assert sweep(gray, [View(gray, np.ones((60, 60), bool), np.eye(3), flow, np.ones((60, 60), bool))]) == []


def test_ledger_forgets_torn_lines_and_frames_to_be_made_again(tmp_path: Path) -> None:
    path = tmp_path / "frames.jsonl"
    ledger = Ledger(path, 0)
    for frame in range(4):
        ledger.note(frame, Counts(hole=10, never_seen=frame))
    with path.open("a") as stream:
        stream.write('{"frame": 4, "ho')
    again = Ledger(path, 2)
    again.note(2, Counts(hole=10, never_seen=5))
    summary = again.summary()
    assert summary["frames_filled"] == 3
    assert summary["never_seen"] == 0.2
    assert summary["never_seen_by_frame"] == {"0": 0.0, "1": 0.1, "2": 0.5}


def still_survey(grays: list[np.ndarray], roles: list[np.ndarray]) -> Survey:
    count = len(grays)
    path = np.repeat(np.eye(3)[None], count, axis=0)
    return Survey(0, np.stack(grays), np.stack(roles), path, np.zeros(count, np.int64), (1.0, 1.0))


def test_what_passes_through_is_not_the_scene() -> None:
    """A place always hidden, but for some frames on which a mover shows there."""
    scene = scenery(60, 80, 3).astype(np.uint8)
    grays, roles = [], []
    for n in range(20):
        gray, role = scene.copy(), np.full((60, 80), HOLE if n < 12 else FREE, np.uint8)
        role[:, 40:] = FREE
        if 3 <= n < 9:
            gray[20:40, 4 * n - 8 : 4 * n + 12] = 250
            role[20:40, 4 * n - 8 : 4 * n + 12] = FREE
        grays.append(gray)
        roles.append(role)
    survey = still_survey(grays, roles)
    assert not Steady(survey).at(5)[22:38, 14:30].any()
    assert Steady(survey).at(15)[5:55, 5:75].all()
    assert Steady(survey).at(5)[5:55, 45:75].all()
