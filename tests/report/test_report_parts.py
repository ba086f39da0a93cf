"""The parts of the page that need no browser."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleanplate.edit.proof import Check, Difference, Proof, SetResult
from cleanplate.masks.labels import LABELS
from cleanplate.report import sections, words
from cleanplate.report.heat import Heat, draw_heat
from cleanplate.report.page import Page, render
from cleanplate.report.proxy import ProxyWriter
from cleanplate.report.sheet import LABEL_COLOURS, LONG_SIDE, Sheet, amplified, difference, label_picture, on_checker
from cleanplate.report.spans import Extent, shown_spans
from cleanplate.report.verdict import listed

PROOF = Proof(
    alpha_zero=SetResult(compared=1_000),
    outside_region=SetResult(compared=900),
    frames=3,
    touched=0.05,
    permitted=0.1,
    checks=tuple(Check(name=name, passed=True) for name in ("rotation", "times")),
)


@given(
    st.sets(st.integers(0, 2999), max_size=60).map(sorted),
    st.sampled_from([1.0, 23.976, 60.0]),
    st.floats(0.1, 3),
    st.floats(0.1, 5),
)
def test_spans_are_ordered_inside_and_hold_what_they_may(
    changed: list[int], rate: float, handle: float, join: float
) -> None:
    extent = Extent(handle=handle, join=join, span=20, total=30)
    spans = shown_spans(changed, 3000, rate, extent)
    assert all(0 <= start < stop <= 3000 for start, stop in spans)
    assert all(a[1] <= b[0] for a, b in pairwise(spans))
    assert all(stop - start <= round(20 * rate) for start, stop in spans)
    assert sum(stop - start for start, stop in spans) <= round(30 * rate)
    if changed:
        assert spans[0][0] <= changed[0] < spans[0][1]
    generous = shown_spans(changed, 3000, rate, Extent(handle=handle, join=join, span=1e5, total=1e6))
    covered = {n for start, stop in generous for n in range(start, stop)}
    assert set(changed) <= covered


def test_spans_of_a_clip_without_an_edit_are_its_head() -> None:
    assert shown_spans([], 100, 25.0) == ((0, 50),)
    assert shown_spans([], 1, 25.0) == ((0, 1),)
    assert shown_spans([0], 1, 25.0) == ((0, 1),)


@given(st.integers(1, 400), st.integers(1, 400), st.sampled_from([0, 90, 180, 270]))
def test_every_view_comes_back_from_the_sheet(height: int, width: int, rotation: int) -> None:
    sheet = Sheet.of(height, width, rotation=rotation)
    generator = np.random.default_rng(height * 401 + width)
    views = {
        name: generator.integers(0, 256, (height, width, 3), dtype=np.uint8) for name in ("before", "after", "layer")
    }
    drawn = sheet.draw(views)
    assert drawn.shape == (*sheet.size, 3)
    assert all(side % 32 == 0 for side in sheet.size)
    for name, view in views.items():
        x, y, w, h = sheet.boxes[name]
        np.testing.assert_array_equal(drawn[y : y + h, x : x + w], np.rot90(view, -rotation // 90))


@given(st.integers(1, 5000), st.integers(1, 5000), st.sampled_from([0, 90]))
def test_views_do_not_overlap_and_stay_on_the_sheet(height: int, width: int, rotation: int) -> None:
    sheet = Sheet.of(height, width, rotation=rotation)
    assert max(sheet.picture) <= LONG_SIDE
    boxes = list(sheet.boxes.values())
    for x, y, w, h in boxes:
        assert min(x, y) >= 4
        assert x + w + 4 <= sheet.size[1]
        assert y + h + 4 <= sheet.size[0]
    for i, (x, y, w, h) in enumerate(boxes):
        for u, v, p, q in boxes[i + 1 :]:
            assert x + w + 8 <= u or u + p + 8 <= x or y + h + 8 <= v or v + q + 8 <= y


def test_wide_samples_are_shown_square() -> None:
    assert Sheet.of(576, 720, Fraction(16, 15)).picture == (576, 768)
    assert Sheet.of(576, 720, Fraction(16, 15), rotation=90).picture == (768, 576)


def test_labels_are_drawn_in_the_colours_of_the_legend() -> None:
    style = (Path(sections.__file__).parent / "static/report.css").read_text(encoding="utf-8")
    for name, label in zip(("remove", "overlap", "affected"), LABELS[:3], strict=True):
        found = re.search(rf"--{name}: #([0-9a-f]{{6}})", style)
        assert found is not None
        assert tuple(bytes.fromhex(found.group(1))) == LABEL_COLOURS[label]
    picture = label_picture(np.array([LABELS], dtype=np.uint8))
    assert [tuple(colour) for colour in picture[0]] == [LABEL_COLOURS[label] for label in LABELS]


def test_a_layer_hides_the_checkerboard_by_its_alpha() -> None:
    alpha = np.array([[0.0, 1.0, 0.25]], dtype=np.float32)
    red = np.zeros((1, 3, 3), dtype=np.float32)
    red[..., 0] = 0.8 * alpha
    over = on_checker(red, alpha)[0]
    assert over[0].tolist() == [88, 88, 88]
    assert over[1].tolist() == [204, 0, 0]
    assert over[2].tolist() == [round(0.2 * 255 + 66), 66, 66]


def test_difference_is_the_largest_component_and_saturates() -> None:
    before = np.array([[[10, 20, 30], [0, 0, 0]]], dtype=np.uint8)
    after = np.array([[[11, 17, 30], [0, 200, 0]]], dtype=np.uint8)
    change = difference(before, after)
    assert change.tolist() == [[3, 200]]
    assert amplified(change).tolist() == [[24, 255]]


def test_heat_counts_how_often_and_how_much() -> None:
    heat = Heat(1, 3)
    touched = np.array([[1.0, 0.2, 0.0]], dtype=np.float32)
    heat.add(touched, np.array([[10, 4, 0]], dtype=np.uint8))
    heat.add(None, np.array([[0, 0, 6]], dtype=np.uint8))
    heat.add(np.array([[1.0, 0.0, 0.0]], dtype=np.float32), np.array([[20, 250, 0]], dtype=np.uint8))
    np.testing.assert_allclose(heat.often, [[2 / 3, 1 / 3, 0]])
    np.testing.assert_allclose(heat.much, [[15, 127, 6]], err_msg="a leak outside the edit has to show")


def test_heat_leaves_what_never_changed_grey() -> None:
    values = np.zeros((4, 4))
    values[1, 1] = 5.0
    drawn = draw_heat(values, np.full((4, 4, 3), 200, np.uint8))
    assert drawn.peak == 5.0
    grey = np.ptp(drawn.picture.astype(int), axis=2) == 0
    assert grey.sum() == 15
    assert not grey[1, 1]


def test_the_proxy_keeps_colours_and_is_the_same_every_time(tmp_path: Path) -> None:
    colours = np.array([[229, 72, 77], [63, 167, 160], [255, 255, 255], [0, 0, 0]], dtype=np.uint8)
    sheet = np.repeat(np.repeat(colours[None], 64, axis=0), 32, axis=1)
    paths = [tmp_path / name for name in ("a.mp4", "b.mp4")]
    for path in paths:
        with ProxyWriter(path, (64, 128), Fraction(24000, 1001)) as writer:
            for _ in range(20):
                writer.write(sheet)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    with av.open(str(paths[0])) as file:
        stream = file.streams.video[0]
        assert stream.average_rate == Fraction(24000, 1001)
        assert (stream.codec_context.colorspace, stream.codec_context.color_range) == (1, 1)
        frames = list(file.decode(stream))
    assert len(frames) == 20
    assert sum(frame.key_frame for frame in frames) >= 3
    shown = frames[13].to_ndarray(format="rgb24")[32, 16::32].astype(int)
    assert np.abs(shown - colours).max() <= 4


class _Text(HTMLParser):
    """The text of a document and its tags, as a browser would see them."""

    def __init__(self) -> None:
        super().__init__()
        self.text, self.tags = "", list[tuple[str, dict[str, str | None]]]()

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


@given(st.text())
def test_text_from_outside_stays_text(text: str) -> None:
    parser = _Text()
    parser.feed(words.element("p", words.safe(text), title=text))
    parser.close()
    assert [tag for tag, _ in parser.tags] == ["p"]
    assert parser.text == parser.tags[0][1]["title"]
    kept = [c for c in text if c.isprintable()]
    assert [c for c in parser.text if c.isprintable() and c != "\ufffd"] == [c for c in kept if c != "\ufffd"]


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_json_in_a_script_comes_back_and_cannot_leave_it(value: object) -> None:
    text = words.script_json(value)
    assert not set(text) & set("<>&\u2028\u2029")
    assert json.loads(text) == value


def test_a_sound_proof_is_said_calmly() -> None:
    assert "0</b> of 1,000 samples differ outside the edit" in sections.proof(PROOF)
    assert 'class="panel proof good"' in sections.proof(PROOF)
    assert sections.alarm(PROOF) == ""
    assert "Untouched outside the edit" in sections.badge(PROOF)
    assert [check.detail for check in listed(PROOF)] == [
        "0 of 1,000 samples differ",
        "0 of 900 samples differ; 10.0 % of the clip may change, 5.00 % does",
        "rotation, times",
    ]


def test_a_leak_is_said_loudly_with_its_place() -> None:
    where = Difference(frame=3, plane="Cb", y=7, x=9, source=12, composite=14)
    failed = PROOF.model_copy(update={"outside_region": SetResult(compared=900, differing=7, first=(where,))})
    for text in (sections.alarm(failed), sections.proof(failed)):
        assert "frame 3, plane Cb, row 7, column 9: 12 became 14" in text
    assert 'class="panel proof bad"' in sections.proof(failed)
    assert "<b>7</b> of 900" in sections.proof(failed)
    assert "Proof failed" in sections.badge(failed)


def test_a_failed_check_is_said_loudly_too() -> None:
    failed = PROOF.model_copy(update={"checks": (Check(name="times", passed=False, detail="frame 2 is late"),)})
    assert "times: frame 2 is late" in sections.alarm(failed)
    assert 'class="panel proof bad"' in sections.proof(failed)


def test_a_proof_that_proves_nothing_says_so() -> None:
    whole = PROOF.model_copy(update={"whole_frame": True, "outside_region": SetResult()})
    assert "permitted region is the whole frame" in sections.alarm(whole)
    assert 'class="panel proof bad"' in sections.proof(whole)
    assert listed(whole)[1].passed is None
    assert "Not verified" in sections.badge(None)
    assert "No proof was made" in sections.proof(None)


def test_the_page_fetches_nothing_and_is_the_same_every_time(page_of: Page) -> None:
    text = render(page_of)
    assert text == render(page_of)
    assert "default-src 'none'" in text
    assert "http://" not in text
    assert "https://" not in text
    assert not re.search(r"<[^>]+\sstyle=", text)
    assert not re.search(r"<[^>]+\son\w+=", text)


def _luminance(colour: str) -> float:
    """Relative luminance of WCAG 2.2."""
    values = np.array(list(bytes.fromhex(colour))) / 255
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("name", ["text", "dim", "accent", "good", "bad", "warn"])
def test_text_stands_out_from_its_ground(name: str) -> None:
    """WCAG 2.2 AA asks for 4.5:1."""
    style = (Path(sections.__file__).parent / "static/report.css").read_text(encoding="utf-8")
    colours = dict(re.findall(r"--([a-z-]+): #([0-9a-f]{6});", style))
    for ground in ("ground", "panel", "line"):
        ratio = (_luminance(colours[name]) + 0.05) / (_luminance(colours[ground]) + 0.05)
        assert ratio >= 4.5, ground
