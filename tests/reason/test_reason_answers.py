"""From what a model writes to the document, on answers written by hand: every field, and all that can be wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asked_clip import ANSWERS, LENGTH, asked, asked_clip, asked_of, names, recorded, says, turned
from cleanplate.masks.grid import cell_box
from cleanplate.masks.reasoning import Grid, Kind, Reasoning, read_reasoning
from cleanplate.media.clip import Clip
from cleanplate.reason.asking.answer import answer_schema
from cleanplate.reason.asking.document import document, widened
from cleanplate.reason.asking.language import is_english
from cleanplate.reason.asking.reading import Unusable, read
from cleanplate.reason.asking.view import View


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clip]:
    opened, _ = asked_clip(tmp_path_factory.mktemp("asked"))
    with opened:
        yield opened


@pytest.fixture
def documents(clip: Clip) -> dict[str, Reasoning]:
    return {name: document(read(says(name)), asked(clip)) for name in names(usable=True)}


@pytest.mark.parametrize("name", names(usable=True))
def test_usable_answers_make_documents_that_read_back(clip: Clip, tmp_path: Path, name: str) -> None:
    made = document(read(says(name)), asked(clip))
    (tmp_path / "reasoning.json").write_text(made.to_json(), "utf-8")
    assert read_reasoning(tmp_path / "reasoning.json") == made
    assert made.grid == Grid(rows=8, columns=14)
    assert {thing.source for thing in made.affected} <= {"a model"}


@pytest.mark.parametrize("name", names(usable=False))
def test_unusable_answers_are_named_for_what_is_wrong(clip: Clip, name: str) -> None:
    with pytest.raises(Unusable) as caught:
        document(read(says(name)), asked(clip))
    for fault in recorded(name)["faults"]:
        assert any(fault in told for told in caught.value.faults), caught.value.faults
    assert len(caught.value.faults) <= 8


def test_answers_of_the_asked_form_satisfy_the_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(answer_schema())
    whole = [recorded(name)["says"] for name in ("shadow", "falls", "chain", "belongings", "all-kinds", "empty")]
    for answer in whole:
        jsonschema.validate(answer, answer_schema())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(recorded("other-kind")["says"], answer_schema())


def test_the_schema_is_what_strict_servers_take() -> None:
    """Every object closed, every property required, nothing that refers elsewhere."""
    text = json.dumps(answer_schema())
    assert "$ref" not in text
    assert '"default"' not in text

    def objects(node: object) -> Iterator[dict[str, object]]:
        if isinstance(node, dict):
            if node.get("type") == "object":
                yield node
            for value in node.values():
                yield from objects(value)
        elif isinstance(node, list):
            for value in node:
                yield from objects(value)

    found = [*objects(answer_schema())]
    assert len(found) >= 8
    for node in found:
        assert node["additionalProperties"] is False
        assert set(node["required"]) == set(node["properties"])  # type: ignore[call-overload]


def test_what_a_falling_thing_becomes(documents: dict[str, Reasoning]) -> None:
    (ball,) = documents["falls"].affected
    assert (ball.id, ball.name, ball.kind, ball.caused_by) == ("blue-ball", "blue ball", Kind.OBJECT, "box")
    assert (ball.onset, ball.end) == (2, 11)
    assert [(p.frame, p.cell) for p in ball.path] == [(2, (3, 5)), (5, (5, 5)), (7, (7, 5))]
    assert ball.rest_place == (7, 5)
    assert ball.size_cells == (1, 1)
    assert ball.will_move
    assert documents["falls"].scene_after == "A blue ball falls to the floor and lies there."


def test_causes_are_followed_to_objects_and_to_other_things(documents: dict[str, Reasoning]) -> None:
    assert [(t.id, t.caused_by) for t in documents["chain"].affected] == [
        ("blue-ball", "box"),
        ("green-cup", "blue-ball"),
    ]
    assert not documents["chain"].without({"blue ball"}).affected
    assert documents["all-kinds"].affected[2].caused_by == "box"


def test_belongings_keep_their_places(documents: dict[str, Reasoning]) -> None:
    label, string = documents["belongings"].removed_with
    assert (label.name, label.removed_with, label.confidence) == ("white label", "box", 0.9)
    assert string.removed_with == "box"
    assert [(at.frame, at.cells) for at in label.cells_by_time] == [(0, ((3, 1),)), (11, ((3, 7),))]


def test_only_some_kinds(documents: dict[str, Reasoning]) -> None:
    whole = documents["all-kinds"]
    assert [t.kind for t in whole.only({Kind.SHADOW, Kind.OTHER}).affected] == [Kind.SHADOW, Kind.OTHER]
    assert whole.only(set(Kind)) == whole


def test_every_way_of_writing_it_says_the_same(documents: dict[str, Reasoning]) -> None:
    for name in ("fenced", "prose", "thoughts"):
        assert documents[name] == documents["shadow"]
    (shadow,) = documents["spelled-otherwise"].affected
    assert (shadow.kind, shadow.caused_by, shadow.onset, shadow.size_cells) == (Kind.SHADOW, "box", 0, (1, 2))
    assert shadow.cells_on(3) == ((6, 1), (6, 2))


def test_cells_stay_on_the_frames_on_which_they_were_seen(documents: dict[str, Reasoning]) -> None:
    (shadow,) = documents["shadow"].affected
    assert [at.frame for at in shadow.cells_by_time] == [0, 4, 11]
    assert shadow.cells_on(3) == ((6, 1), (6, 2))
    assert shadow.cells_on(10) == ((6, 3), (6, 4))
    (unordered,) = documents["unordered"].affected
    assert [(at.frame, at.cells) for at in unordered.cells_by_time] == [(0, ((6, 1),)), (4, ((6, 4),)), (11, ((6, 7),))]


def test_onset_and_end_reach_to_the_neighbouring_shown_frames(clip: Clip) -> None:
    told = asked(clip)
    assert widened(4, 8, told) == (1, 10)
    assert widened(5, 7, told) == (5, 7)  # not shown: taken at its word
    assert widened(0, 11, told) == (0, 11)


@given(st.integers(0, 11), st.integers(0, 11), st.sets(st.integers(0, 11), min_size=1))
def test_widening_never_narrows_and_stays_in_the_clip(a: int, b: int, shown: set[int]) -> None:
    onset, end = min(a, b), max(a, b)
    told = asked_of(turned(0), sorted(shown))
    wide = widened(onset, end, told)
    assert 0 <= wide[0] <= onset <= end <= wide[1] < LENGTH
    assert not {*range(wide[0], onset)} & shown
    assert not {*range(end + 1, wide[1] + 1)} & shown


def test_gravity_is_of_unit_length_and_on_the_coded_grid(documents: dict[str, Reasoning]) -> None:
    assert documents["shadow"].gravity == (0.0, 1.0)
    assert documents["spelled-otherwise"].gravity == (0.0, 1.0)
    assert documents["tilted"].gravity == (1.0, 0.0)


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_shown_cells_lie_where_the_coded_ones_do(rotation: int) -> None:
    """A picture with one bright cell, turned upright, is bright in the shown cell that stands for it."""
    info = turned(rotation)
    view = View.of(info, 160)
    rows, columns = view.grid.rows, view.grid.columns
    for shown in ((0, 0), (0, columns - 1), (rows - 1, 0), (2, 3)):
        mask = np.zeros((info.height, info.width), np.bool_)
        y0, x0, y1, x1 = cell_box(view.cell(shown), view.coded, info.height, info.width)
        mask[y0 + 2 : y1 - 2, x0 + 2 : x1 - 2] = True
        ys, xs = np.nonzero(view.mask(mask))
        down, across = view.edges()
        place = (
            int(np.searchsorted(down, ys.mean(), "right")) - 1,
            int(np.searchsorted(across, xs.mean(), "right")) - 1,
        )
        assert place == shown
    assert view.direction(0.0, 1.0) == {0: (0.0, 1.0), 90: (1.0, 0.0), 180: (0.0, -1.0), 270: (-1.0, 0.0)}[rotation]
    assert view.size((2, 5)) == ((5, 2) if rotation % 180 else (2, 5))


@pytest.mark.parametrize(
    ("text", "english"),
    [
        ("", True),
        ("Two pillows rest on a bed.", True),
        ("A lime falls into the glass and the water splashes over its rim.", True),
        ("Une citron vert tombe dans le verre et de l'eau gicle par-dessus son bord blanc.", False),
        ("Ein Ball rollt über den Tisch und fällt auf den Boden vor dem Sofa hinunter.", False),
        ("Una pelota rueda por la mesa y cae al suelo delante del gran sofá amarillo.", False),
        ("一个球滚过桌子", False),
        ("Мяч катится по столу", False),
    ],
)
def test_english_is_told_from_other_languages(text: str, english: bool) -> None:
    assert is_english(text) is english


@given(st.text(max_size=200))
def test_any_text_is_read_or_named_unusable(text: str) -> None:
    with suppress(Unusable):
        read(text)


def test_the_recorded_answers_cover_every_field() -> None:
    text = "".join(path.read_text("utf-8") for path in ANSWERS.glob("*.json"))
    properties = answer_schema()["properties"]
    inner = properties["affected"]["items"]["properties"] | properties["belongings"]["items"]["properties"]
    for name in (*properties, *inner):
        assert f'"{name}"' in text
    assert len(names(usable=True)) >= 12
    assert len(names(usable=False)) >= 18
