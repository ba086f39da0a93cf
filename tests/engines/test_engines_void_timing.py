"""When VOID sees what: lengths, mirrored tails, beats by time, and spans with their lead."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleanplate.engines.void.padding import is_padded, latents_of, mirrored, padded_length, played
from cleanplate.engines.void.timing import LEAD, Span, beats, spans, without_consequences
from cleanplate.masks.quadmask import FrameSummary
from drawn_spans import clip_info, even, summary

KEPT, THERE, DOES = summary(removed=0), summary(), summary(affected=9)


@pytest.mark.parametrize(
    ("frames", "length"),
    [
        *((n, 85) for n in (1, 46, 62, 85)),
        *((n, 93) for n in (86, 93)),
        (94, 101),
        (100, 101),
        (150, 157),
        (189, 189),
        (190, 197),
        (197, 197),
        (250, 253),
        (1000, 1005),
    ],
)
def test_lengths_are_the_published_ones_and_nothing_is_cut_off(frames: int, length: int) -> None:
    """Up to 197: the golden values of the published rule; beyond that it drops what is left, and this does not."""
    assert padded_length(frames) == length
    assert latents_of(length) % 2 == 0
    assert latents_of(85) == 22


@given(st.integers(1, 3000))
def test_a_length_is_the_least_that_is_borne(frames: int) -> None:
    length = padded_length(frames, 5)
    assert is_padded(length)
    assert frames <= length < frames + 8 or length == 5


def test_what_cannot_be_a_length_is_refused() -> None:
    for frames, shortest in ((0, 85), (10, 89), (10, 1)):
        with pytest.raises(ValueError, match="8 k"):
            padded_length(frames, shortest)
    with pytest.raises(ValueError, match="8 k"):
        latents_of(97)


@given(st.integers(1, 60), st.integers(5, 200))
def test_a_clip_is_mirrored_as_a_whole_again_and_again(frames: int, length: int) -> None:
    clip = np.arange(frames)
    while len(clip) < length:  # the published rule, as the specification words it
        clip = np.concatenate([clip, clip[::-1]])[:length]
    order = mirrored(frames, length)
    assert list(order) == clip[:length].tolist()
    drawn: list[int] = []

    def source() -> Iterator[int]:
        for number in range(frames):
            drawn.append(number)
            yield number

    assert list(played(order, source())) == list(order)
    assert drawn == list(range(min(frames, length)))


def test_46_frames_come_back_as_46() -> None:
    span = Span(tuple(range(46)), affected=5)
    assert span.length == 85
    assert span.order[: len(span.frames)] == span.frames
    assert span.order[46:48] == (45, 44)


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        (12, [0, 1, 2, 3, 4]),
        (24, [0, 2, 4, 6, 8]),
        (24000 / 1001, [0, 2, 4, 6, 8]),
        (25, [0, 2, 4, 6, 8]),
        (60, [0, 5, 10, 15, 20]),
        (30, [0, 2, 5, 7, 10]),
        (18, [0, 1, 3, 4, 6]),
        (10, [0, 1, 2, 3, 4]),
        (8, [0, 1, 2, 3, 4]),
    ],
)
def test_beats_are_a_twelfth_of_a_second_or_even_in_frames(rate: float, expected: list[int]) -> None:
    chosen = beats(even(121, rate), range(121))
    assert list(chosen[:5]) == expected
    assert chosen[-1] == 120
    assert len(set(chosen)) == len(chosen)


@given(st.lists(st.floats(0.004, 0.3), min_size=3, max_size=150))
def test_beats_of_a_varying_rate_are_near_their_times(gaps: list[float]) -> None:
    times = np.concatenate([[0], np.cumsum(gaps)])
    info = clip_info([*times], Fraction(24))
    chosen = beats(info, range(len(times)))
    if info.is_constant_rate:
        return
    at = times[list(chosen)]
    assert (chosen[0], chosen[-1]) == (0, len(times) - 1)
    for wanted in np.arange(0, times[-1] - 0.05, 1 / 12):
        assert np.abs(at - wanted).min() <= np.abs(times - wanted).min() + 2e-5


def test_a_span_leads_in_and_is_filled_with_what_the_plate_has() -> None:
    marks = [KEPT] * 40 + [THERE] * 5 + [DOES] * 30 + [KEPT] * 200
    (span,) = spans(marks, even(275, 12))
    assert span.affected == 45
    assert span.frames == tuple(range(37, 37 + 85))
    assert span.lead == LEAD
    assert span.order == tuple(range(85))


def test_the_lead_is_of_beats_at_any_rate() -> None:
    marks = [KEPT] * 100 + [DOES] * 300 + [KEPT] * 20
    (span,) = spans(marks, even(420, 30))
    assert span.lead >= LEAD
    assert 100 - 30 <= span.frames[0] <= 100 - 19
    assert span.frames[-1] >= 399


def test_room_is_filled_before_where_the_plate_ends() -> None:
    marks = [KEPT] * 100 + [THERE] * 10
    (span,) = spans(marks, even(110, 12))
    assert span.frames == tuple(range(25, 110))


def test_a_span_at_the_very_start_has_no_lead_and_says_so() -> None:
    (span,) = spans([DOES] * 10 + [KEPT] * 10, even(20, 12))
    assert (span.frames, span.lead) == (tuple(range(20)), 0)


def test_what_lies_far_apart_is_drawn_apart() -> None:
    marks = [THERE] * 5 + [KEPT] * 200 + [DOES] * 5 + [KEPT] * 40 + [DOES] * 5 + [KEPT] * 20
    first, second = spans(marks, even(len(marks), 12))
    assert first.affected is None
    assert first.frames[-1] < second.frames[0]
    assert set(range(205, 255)) <= set(second.frames)
    assert spans([KEPT] * 20, even(20, 12)) == ()


@given(
    st.lists(st.sampled_from([KEPT, KEPT, THERE, DOES]), min_size=1, max_size=150),
    st.sampled_from([8.0, 12.0, 15.0, 24.0, 30.0, 60.0]),
    st.sampled_from([5, 13, 21, 85]),
)
def test_spans_hold_every_change(marks: list[FrameSummary], rate: float, shortest: int) -> None:
    found = spans(marks, even(len(marks), rate), shortest)
    for number, mark in enumerate(marks):
        if mark.box is not None:
            assert any(span.frames[0] <= number <= span.frames[-1] for span in found)
    for span in found:
        assert list(span.frames) == sorted(set(span.frames))
        assert is_padded(span.length)
        if span.affected is not None and span.frames[0]:
            assert span.lead >= LEAD
            assert not any(marks[span.frames[0]].counts[1:3])


def test_on_the_first_frame_nothing_is_affected() -> None:
    labels = np.array([[0, 63, 127, 255]], np.uint8)
    cleared, count = without_consequences(labels)
    assert cleared.tolist() == [[0, 0, 255, 255]]
    assert count == 1


def test_a_quadmask_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="the quadmask has 4 frames, the plate 5"):
        spans([KEPT] * 4, even(5, 12))
