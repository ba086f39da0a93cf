"""The morph check on drawn clips: what moves smoothly stays under the threshold, what morphs does not."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from cleanplate.engines.void.morph.check import MorphCheck, Start, morph_scores, unnamed_scores
from cleanplate.engines.void.morph.drift import REACH, Drift, stretch
from cleanplate.engines.void.morph.evidence import CHANGES, EXPECTED, SPAN, WAVERS, evidence
from cleanplate.engines.void.morph.movers import moving
from cleanplate.engines.void.morph.palette import likelihood, palette
from cleanplate.engines.void.morph.score import EVEN, THRESHOLD, MorphScore, departures, either, loudest, pooled
from cleanplate.engines.void.morph.surface import Tracks, unbent, waved
from cleanplate.engines.void.morph.weights import CHANGES as CHANGES_WEIGHED
from cleanplate.engines.void.morph.weights import WAVERS as WAVERS_WEIGHED
from cleanplate.engines.void.morph.window import SIDE, Window, window_on

HEIGHT, WIDTH, LENGTH = 120, 200, 14
RADIUS = 20.0
Picture = NDArray[np.uint8]
Field = NDArray[np.float32]
Drawn = tuple[list[Picture], NDArray[np.bool_]]
Shape = Callable[[int, Field], Field]
"""Which point of the thing (in its radii) shows at each place relative to its middle (in pixels) on a frame."""


def texture(seed: int, height: int, width: int, grain: float) -> Picture:
    """Smooth coloured noise."""
    noise = np.random.default_rng(seed).standard_normal((height, width, 3)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), grain)
    return np.asarray(np.clip(128 + 45 * smooth / smooth.std(), 0, 255), np.uint8)


GROUND = texture(1, HEIGHT, WIDTH, 6.0)[..., :1] // 2 + np.full(3, 100, np.uint8)
SKIN = np.clip(texture(2, 256, 256, 9.0) * np.array([1.2, 0.7, 0.5]), 0, 255).astype(np.uint8)


def clip_of(shape: Shape, way: tuple[float, float] = (6.0, 1.5)) -> Drawn:
    """A disc over a still ground: its pictures, and its mask on the first."""
    pictures, first = [], np.zeros((HEIGHT, WIDTH), np.bool_)
    grid = np.stack(np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT)), axis=2).astype(np.float32)
    for frame in range(LENGTH):
        middle = np.array([50.0 + way[0] * frame, 55.0 + way[1] * frame], np.float32)
        inside = shape(frame, grid - middle)
        radius = np.linalg.norm(inside, axis=2)
        places = (128 + 60 * inside).astype(np.float32)
        look = cv2.remap(SKIN, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        alpha = np.clip((1 - radius) * RADIUS + 0.5, 0, 1)[..., None]
        pictures.append(np.rint(GROUND * (1 - alpha) + look * alpha).astype(np.uint8))
        first = first if frame else radius < 1
    return pictures, first


@cache
def score_of(shape: Shape) -> MorphScore:
    """Of a disc that goes its usual way."""
    return measured(clip_of(shape))


def measured(drawn: Drawn) -> MorphScore:
    """Of the only thing in it."""
    pictures, mask = drawn
    (score,) = morph_scores(pictures, [Start("disc", 0, mask)])
    return score


def sliding(frame: int, at: Field) -> Field:
    return np.asarray(at / RADIUS, np.float32)


def turning(frame: int, at: Field, rate: float = 0.25) -> Field:
    cos, sin = np.cos(rate * frame), np.sin(rate * frame)
    return np.asarray(at @ np.array([[cos, -sin], [sin, cos]]) / RADIUS, np.float32)


def growing(frame: int, at: Field) -> Field:
    return np.asarray(at / (0.75 * RADIUS * 1.03**frame), np.float32)


def bending(frame: int, at: Field) -> Field:
    """Ever more like a banana, evenly."""
    x, y = np.moveaxis(at / RADIUS, 2, 0)
    return np.stack([x, y + 0.02 * frame * (x**2 - 0.3)], axis=2).astype(np.float32)


def pumping(frame: int, at: Field) -> Field:
    return np.asarray(at / (RADIUS * (1 + 0.08 * np.sin(1.3 * frame))), np.float32)


def wobbling(frame: int, at: Field) -> Field:
    """Bumps that come and go from frame 4 on."""
    x, y = np.moveaxis(at / RADIUS, 2, 0)
    bump = 0.06 * np.stack([np.sin(3 * y + 1.1 * frame), np.cos(3 * x - 1.3 * frame)], axis=2)
    return (np.stack([x, y], axis=2) + (frame > 3) * bump).astype(np.float32)


def swapped(frame: int, at: Field) -> Field:
    """Suddenly a lying ellipse."""
    return np.asarray(at / ([1.5 * RADIUS, 0.6 * RADIUS] if frame > 6 else [RADIUS, RADIUS]), np.float32)


@pytest.mark.parametrize("shape", [sliding, turning, growing, bending])
def test_smooth_motion_is_no_morph(shape: Shape) -> None:
    score = score_of(shape)
    assert score.moved > 1
    assert score.lost is None
    assert not score.morphs, score.drifts


def test_bumps_that_come_and_go_are_found() -> None:
    score = score_of(wobbling)
    assert score.morphs, score.curve
    assert score.score > 5 * score_of(sliding).score


@settings(max_examples=4, derandomize=True)
@given(rate=st.floats(-0.2, 0.2), growth=st.floats(-0.02, 0.02), speed=st.floats(3, 8))
def test_any_similarity_is_no_morph(rate: float, growth: float, speed: float) -> None:
    def shape(frame: int, at: Field) -> Field:
        return turning(frame, np.asarray(at * np.exp(-growth * frame), np.float32), rate)

    assert not measured(clip_of(shape, (speed, 1.0))).morphs


def test_a_curve_stands_on_the_frames_that_have_enough_around_them() -> None:
    score = score_of(sliding)
    assert score.frames == tuple(range(REACH, LENGTH - REACH))
    assert score.worst in score.frames
    assert score.score == pytest.approx(pooled(score.curve))


def test_a_sudden_change_of_shape_shows_around_it() -> None:
    drifts = score_of(swapped).drifts
    assert abs(max(drifts, key=lambda frame: drifts[frame].size) - 6.5) <= REACH
    assert max(one.size for one in drifts.values()) > 3 * max(one.size for one in score_of(sliding).drifts.values())


def test_a_colour_that_changes_at_once_shows() -> None:
    pictures, mask = clip_of(sliding)
    changed = pictures[:7] + [np.ascontiguousarray(picture[..., ::-1]) for picture in pictures[7:]]
    plain, changes = measured((pictures, mask)), measured((changed, mask)).drifts
    assert max(one.colour for one in changes.values()) > 5 * max(one.colour for one in plain.drifts.values())


def test_a_thing_that_stays_where_it_is_never_counts() -> None:
    score = measured(clip_of(pumping, (0.0, 0.0)))
    assert score.moved < 0.1
    assert not score.morphs


def test_frames_at_the_edge_are_not_measured() -> None:
    """It has left whole after frame 7 or so; a thing cut by the edge changes its outline, and that is no morph."""
    score = measured(clip_of(sliding, (18.0, 0.0)))
    assert len(score.frames) < 4
    assert not score.morphs


def test_floats_are_measured_as_their_codes() -> None:
    pictures, mask = clip_of(turning)
    floats = [(picture / np.float32(255)).astype(np.float32) for picture in pictures]
    starts = [Start("disc", 0, mask)]
    assert morph_scores(floats[:11], starts) == morph_scores(pictures[:11], starts)


def test_a_plates_mask_is_brought_to_the_clips_size() -> None:
    pictures, mask = clip_of(sliding)
    large = mask.repeat(3, axis=0).repeat(3, axis=1)
    assert morph_scores(pictures, [Start("disc", 0, large)]) == (score_of(sliding),)


def test_things_start_when_they_are_seen() -> None:
    pictures, mask = clip_of(sliding)
    shifted = np.roll(mask, (3, 12), axis=(0, 1))
    early, late = morph_scores(pictures, [Start("early", 0, mask), Start("late", 2, shifted)])
    assert early.frames == tuple(range(REACH, LENGTH - REACH))
    assert late.frames == tuple(range(2 + REACH, LENGTH - REACH))


def test_the_document_is_json() -> None:
    document = json.loads(json.dumps(score_of(wobbling).document()))
    assert document["morphs"] is True
    assert document["shows"] in WAVERS
    assert document["threshold"] == THRESHOLD
    assert len(document["curve"]) == len(document["frames"]) <= len(document["drifts"])


def test_what_cannot_be_followed_is_refused() -> None:
    pictures, mask = clip_of(sliding)
    check = MorphCheck()
    with pytest.raises(ValueError, match="no frame"):
        check.follow("disc", mask)
    check.see(pictures[0])
    with pytest.raises(ValueError, match="empty"):
        check.follow("disc", np.zeros_like(mask))


def test_a_mover_is_found_beside_a_moving_camera() -> None:
    pictures, mask = clip_of(sliding, (4.0, 0.0))
    shaken = [np.roll(picture, (2 * frame, -frame), axis=(0, 1)) for frame, picture in enumerate(pictures[:2])]
    nowhere = np.zeros((HEIGHT, WIDTH), np.bool_)
    around = cv2.dilate(mask.astype(np.uint8), np.ones((31, 31), np.uint8)).astype(bool)
    (found,) = moving(shaken[0], shaken[1], around, nowhere)
    assert (found & mask).sum() / (found | mask).sum() > 0.5
    assert moving(shaken[0], shaken[1], around, mask) == ()
    assert moving(shaken[0], shaken[1], nowhere, nowhere) == ()


def test_what_has_no_track_is_followed_from_where_it_begins_to_move() -> None:
    pictures, _ = clip_of(pumping)
    region = np.zeros((HEIGHT, WIDTH), np.bool_)
    region[20:110, 15:] = True
    scores = unnamed_scores((picture, region) for picture in pictures)
    assert scores[0].thing == "thing 1"
    assert scores[0].drifts


@given(
    x=st.floats(0, 200), y=st.floats(0, 100), scale=st.floats(0.3, 4), dx=st.floats(-20, 20), other=st.floats(0.3, 4)
)
def test_windows_agree_on_where_a_point_lies(x: float, y: float, scale: float, dx: float, other: float) -> None:
    one, two = Window(x, y, scale), Window(x + dx, y - dx, other)
    point = np.array([x + 3, y - 7, 1.0])
    through = one.onto(two) @ np.append(one.matrix @ point, 1.0)
    np.testing.assert_allclose(through, two.matrix @ point, atol=1e-9)


def test_a_window_holds_the_thing_and_gives_it_back() -> None:
    _, mask = clip_of(sliding)
    window = window_on(mask)
    looked = window.look(mask.astype(np.float32))
    assert looked.shape == (SIDE, SIDE)
    back = window.laid_out(looked, HEIGHT, WIDTH)
    assert (back & mask).sum() / (back | mask).sum() > 0.95


def test_palettes_are_shares_and_tell_colours_apart() -> None:
    picture = np.zeros((8, 8, 3), np.uint8)
    picture[:, 4:] = 250, 10, 10
    left = np.arange(8)[None, :].repeat(8, axis=0) < 4
    one, other = palette(picture, left), palette(picture, ~left)
    assert one.sum() == pytest.approx(1)
    odds = likelihood(picture, one, other)
    assert (odds[left] > 0).all()
    assert (odds[~left] < 0).all()


STILL = Drift(wave=0.5, pulse=1.5, pulse_close=1.0, turn=2.0, size=0.5, colour=0.1, pixels=60.0)
BENT = replace(STILL, wave=5.0, pulse=15.0, pulse_close=10.0)
CHANGED = replace(STILL, size=60.0, colour=30.0)


def test_bending_all_the_time_counts_and_a_bounce_does_not() -> None:
    still = pooled(departures(dict.fromkeys(range(SPAN), STILL)).values())
    bounced = departures({frame: BENT if frame in (8, 9) else STILL for frame in range(SPAN)}).values()
    always = pooled(departures(dict.fromkeys(range(SPAN), BENT)).values())
    assert pooled(bounced) == pytest.approx(still)
    assert still < THRESHOLD < always


def test_what_changes_at_once_counts() -> None:
    still = pooled(departures(dict.fromkeys(range(SPAN), STILL)).values())
    swapped = {frame: CHANGED if 4 <= frame < 4 + 2 * REACH else STILL for frame in range(SPAN)}
    assert pooled(departures(swapped).values()) > 2 * still
    assert loudest(evidence(swapped)[8]) in ("size", "colour")


def test_the_loudest_measure_is_named() -> None:
    assert loudest(evidence(dict.fromkeys(range(SPAN), replace(STILL, wave=9.0)))[8]) == "wave"
    assert loudest(evidence(dict.fromkeys(range(SPAN), replace(STILL, pulse=40.0)))[8]) == "pulse"


def test_a_score_is_of_the_highest_frame() -> None:
    assert pooled(()) == EVEN < THRESHOLD
    assert pooled((1.0, 4.0, 2.0)) == 4.0


def test_either_of_two_odds_counts_and_waverings_the_sooner() -> None:
    assert either(3.0, -9.0) == pytest.approx(3.0, abs=1e-3)
    assert -9.0 < either(-9.0, 3.0) < 3.0


def test_a_curve_tells_the_part_that_morphs_from_the_part_that_does_not() -> None:
    bent = dict.fromkeys(range(20, 40), BENT)
    curve = departures(dict.fromkeys(range(60), STILL) | bent)
    assert set(curve) == set(range(60))
    assert max(curve[frame] for frame in (*range(10), *range(50, 60))) < THRESHOLD < curve[30]


def test_evidence_is_what_a_quarter_of_the_frames_around_fall_short_of() -> None:
    drifts = {frame: replace(STILL, wave=float(frame)) for frame in range(5)}
    found = evidence(drifts)
    assert set(found) == set(range(5))
    assert found[2].wavers[WAVERS.index("wave")] == pytest.approx(np.log(1.0 + 0.1))
    assert evidence({}) == {}
    assert evidence(dict.fromkeys((3, 4), STILL)) == {}, "two frames are too few"


def test_where_no_surface_can_be_followed_nothing_is_said() -> None:
    unknown = replace(STILL, wave=None, pulse=None, pulse_close=None, turn=None)
    assert departures(dict.fromkeys(range(6), unknown)) == {}
    partly = departures(dict.fromkeys(range(6), replace(STILL, wave=None, pulse=None, turn=None)))
    assert np.isfinite(list(partly.values())).all()
    assert partly


def test_the_tables_weigh_what_is_measured() -> None:
    assert list(WAVERS_WEIGHED) == [*WAVERS, *EXPECTED, "bias"]
    assert len(CHANGES_WEIGHED) == 2 * len(CHANGES) + len(EXPECTED) + 1
    for table in (WAVERS_WEIGHED, CHANGES_WEIGHED):
        assert all(spread > 0 for _, spread, _ in table.values())


@given(turn=st.floats(-3, 3), factor=st.floats(0.5, 2))
def test_a_turn_stretches_nothing_and_growth_all_the_same(turn: float, factor: float) -> None:
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    np.testing.assert_allclose(stretch(factor * rotation), np.log(factor) * np.eye(2), atol=1e-9)


TENSORS = np.repeat(np.eye(2)[None] / 2, 300, axis=0)


@given(parts=st.lists(st.floats(-0.3, 0.3), min_size=4, max_size=4), shift=st.floats(-9, 9))
def test_affine_motion_leaves_nothing(parts: list[float], shift: float) -> None:
    places = np.random.default_rng(3).uniform(0, 50, (300, 2))
    linear = np.array(parts).reshape(2, 2)
    matrix, rest = unbent((places - places.mean(axis=0)) @ linear.T + shift, places, TENSORS)
    np.testing.assert_allclose(matrix[:, :2], linear, atol=1e-6)
    assert np.abs(rest).max() < 1e-4


def test_a_tenth_that_moves_another_way_does_not_count() -> None:
    places = np.random.default_rng(4).uniform(0, 50, (300, 2))
    moves = np.ones((300, 2))
    moves[:24] += 8
    _, rest = unbent(moves, places, TENSORS)
    assert np.abs(rest[24:]).max() < 0.5
    assert waved(rest, places, TENSORS) < 0.1


def bent(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Moves like a banana's, of about a pixel, and nothing affine in them."""
    x, _ = ((places - places.mean(axis=0)) / 15).T
    return unbent(np.column_stack([0 * x, x**2]), places, TENSORS)[1]


def test_a_smooth_bend_is_measured_and_noise_averages_out() -> None:
    rng = np.random.default_rng(5)
    places = rng.uniform(0, 50, (300, 2))
    bend = bent(places)
    size = np.sqrt((bend**2).sum(axis=1).mean())
    assert 0.6 * size < waved(bend, places, TENSORS) < 1.05 * size
    noise = rng.standard_normal(bend.shape)
    assert waved(noise, places, TENSORS) < 0.35 * np.sqrt(2)
    assert waved(3 * bend, places, TENSORS) == pytest.approx(3 * waved(bend, places, TENSORS))


def test_motion_along_an_edge_does_not_count() -> None:
    places = np.random.default_rng(6).uniform(0, 50, (300, 2))
    upright, level = (np.repeat(np.diag(one)[None], 300, axis=0) for one in ((1.0, 0.0), (0.0, 1.0)))
    assert waved(bent(places), places, upright) < 1e-6
    assert waved(bent(places), places, level) > 0.2


def test_points_reach_as_far_as_they_are_followed() -> None:
    paths = np.zeros((9, 100, 2))
    reach = np.repeat([1, 4], 50)
    some = Tracks(paths, reach, TENSORS[:100])
    assert [one and one.paths.shape for one in map(some.within, (1, 2, 4))] == [(3, 100, 2), (5, 50, 2), (9, 50, 2)]
    assert Tracks(paths, reach * 0, TENSORS[:100]).within(1) is None
