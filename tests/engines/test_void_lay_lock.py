"""The colour lock: takes a codec's drift away and nothing else, whatever crosses the border, and does not flicker."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from cleanplate.engines.void.lay.lock import gap_field, raised
from drawn_laying import Story, codec

SIZE = (96, 144)
CODE = 1 / 255


def picture(seed: int = 0) -> np.ndarray:
    story = Story(height=SIZE[0], width=SIZE[1])
    return story.ground(seed)


def stays() -> np.ndarray:
    mask = np.ones(SIZE, np.bool_)
    mask[28:70, 40:110] = False
    return mask


def drift(phase: float = 0.0) -> np.ndarray:
    """Smooth, up to 8 codes, different in each channel."""
    ys, xs = np.mgrid[: SIZE[0], : SIZE[1]] / np.array(SIZE)[:, None, None]
    parts = [np.sin(2 * xs + phase), 0.6 + 0.8 * ys - xs, np.cos(3 * ys * xs + phase)]
    return np.asarray(np.dstack(parts) * 6 * CODE, np.float32)


def lock(drawn: np.ndarray, plate: np.ndarray, mask: np.ndarray | None = None) -> np.ndarray:
    return drawn + raised(gap_field(drawn, plate, stays() if mask is None else mask), SIZE)


def border() -> np.ndarray:
    """Pixels within 6 of the border, inside what changes."""
    inner = ~stays()
    return np.asarray(inner & (cv2.erode(inner.astype(np.uint8), np.ones((13, 13), np.uint8)) == 0))


def error(locked: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Colour shift that an eye sees: the mean over some pixels, codec noise averaged out."""
    return np.asarray(np.abs(cv2.blur(locked - truth, (9, 9))))


def test_without_drift_nothing_happens() -> None:
    truth = picture()
    np.testing.assert_allclose(lock(truth, truth), truth, atol=1e-6)


@pytest.mark.parametrize("strength", [0.0, 0.006])
def test_a_drift_goes_at_the_border_and_inside(strength: float) -> None:
    truth = picture()
    drawn = codec(strength, 0.4)(truth - drift(), 0)
    before, after = error(drawn, truth), error(lock(drawn, truth), truth)
    assert before[border()].max() > 5 * CODE
    assert after[border()].max() < (2.5 if strength else 1.2) * CODE
    assert after[~stays()].mean() < 0.6 * CODE


@pytest.mark.parametrize("crossing", ["shadow", "object"])
def test_what_crosses_the_border_is_outvoted(crossing: str) -> None:
    """The plate shows it, what was drawn does not, on pixels that are labelled keep."""
    truth = picture()
    plate = truth.copy()
    if crossing == "shadow":
        plate[60:84, 80:124] *= 0.7
    else:
        plate[20:44, 30:52] = (0.9, 0.1, 0.1)
    drawn = codec(0.006, 0.4)(truth - drift(), 0)
    after = error(lock(drawn, plate), truth)
    assert after[border()].max() < 2.5 * CODE


def test_a_still_scene_does_not_flicker() -> None:
    truth = picture()
    locks = [raised(gap_field(codec(0.006, 0.4)(truth - drift(), n), truth, stays()), SIZE) for n in range(6)]
    steps = np.abs(np.diff(np.stack(locks), axis=0))[:, ~stays()]
    assert steps.mean() < 0.25 * CODE
    assert steps.max() < 1.2 * CODE


def test_where_nothing_stays_nothing_is_known() -> None:
    truth = picture()
    np.testing.assert_array_equal(lock(truth - 0.1, truth, np.zeros(SIZE, np.bool_)), truth - 0.1)
