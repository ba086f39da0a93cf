"""The morph check's panel: what was measured is what is drawn and said."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleanplate.errors import PackageError
from cleanplate.report.morph import MorphFindings, morph_findings, morph_panel

THING: dict[str, Any] = {"thing": "ball", "score": 4.0, "frames": [3, 4, 5, 8], "curve": [1, 2, 4, 3], "lost": None}
FOUND: dict[str, Any] = {"threshold": 2.0, "things": [THING], "pass2": True, "why": "'ball' does not keep its shape"}


def read(**changed: Any) -> MorphFindings:
    found = morph_findings({"morph": FOUND | changed})
    assert found is not None
    return found


def test_without_a_check_there_is_no_panel() -> None:
    assert morph_findings({"spans": []}) is None
    assert morph_panel(None) == ""


def test_the_panel_says_what_was_found_and_what_it_led_to() -> None:
    panel = morph_panel(read())
    assert "A second pass was made: &#x27;ball&#x27; does not keep its shape." in panel
    assert "does not keep its shape: 4.00, where 2.00 is allowed" in panel
    assert '<li class="over">' in panel
    calm = morph_panel(read(things=[THING | {"score": 1.5, "lost": 9}], pass2=False, why="nothing morphs"))
    assert "No second pass was made: nothing morphs." in calm
    assert "keeps its shape: 1.50, where 2.00 is allowed; not found any more from frame 9" in calm
    assert '<li class="within">' in calm


def test_the_panel_says_what_drifts_and_where() -> None:
    panel = morph_panel(read(things=[THING | {"shows": "wave", "worst": 5}]))
    assert "where 2.00 is allowed; its surface wavers, most around frame 5" in panel
    assert "wavers" not in morph_panel(read(things=[THING | {"shows": "wave", "worst": 5, "score": 1.0}]))
    assert "allowed</small>" in morph_panel(read(things=[THING | {"shows": "of another version"}]))


def test_what_was_not_measured_is_said_and_not_drawn() -> None:
    panel = morph_panel(read(things=[THING | {"frames": [], "curve": [], "score": 0.0, "lost": 2}]))
    assert "could not be measured; not found any more from frame 2" in panel
    assert "<svg" not in panel
    assert "<ul" not in morph_panel(read(things=[]))


def test_the_curve_breaks_where_frames_are_missing() -> None:
    (path,) = re.findall(r'<path d="([^"]+)"', morph_panel(read()))
    assert re.findall("[ML]", path) == ["M", "L", "L", "M"]


@given(
    curve=st.lists(st.floats(0, 1e6), min_size=1, max_size=30),
    threshold=st.floats(1e-3, 1e6),
)
def test_curve_and_threshold_share_one_scale(curve: list[float], threshold: float) -> None:
    thing = THING | {"frames": list(range(len(curve))), "curve": curve}
    panel = morph_panel(read(things=[thing], threshold=threshold))
    (level,) = re.findall(r'y1="([^"]+)"', panel)
    (path,) = re.findall(r'<path d="([^"]+)"', panel)
    heights = [float(point.split(" ")[1]) for point in re.split("[ML]", path)[1:]]
    assert all(0 <= height <= 60 for height in (*heights, float(level)))
    for height, value in zip(heights, curve, strict=True):
        assert height < float(level) + 0.1 if value > threshold else height > float(level) - 0.1


def test_names_cannot_break_the_page() -> None:
    panel = morph_panel(read(things=[THING | {"thing": "<b onload='x'>"}], why="</p><script>"))
    assert "<b onload" not in panel
    assert "<script" not in panel


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"threshold": 0}, "morph.threshold"),
        ({"things": [THING | {"curve": [1]}]}, "morph.things.0"),
        ({"things": [THING | {"curve": [1, 2, 3, -1]}]}, "morph.things.0.curve.3"),
        ({"pass2": None}, "morph.pass2"),
    ],
)
def test_findings_that_cannot_be_read_are_named(changed: dict[str, Any], where: str) -> None:
    with pytest.raises(PackageError, match="cannot be read") as fault:
        read(**changed)
    assert where in str(fault.value)
