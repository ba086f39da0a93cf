"""The reasoning document: round trip, editing, keeping things, and errors that name the field."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleanplate.errors import InputError
from cleanplate.masks.reasoning import Grid, Reasoning, RemovedWith, Thing, read_reasoning


def thing(ident: str, caused_by: str = "duck", **fields: Any) -> dict[str, Any]:
    entry = {"id": ident, "name": f"the {ident}", "kind": "object", "caused_by": caused_by, "why": "It was hit."}
    return entry | {"onset": 2, "end": 9} | fields


def document(*things: dict[str, Any], **fields: Any) -> dict[str, Any]:
    entry: dict[str, Any] = {"frames": 10, "height": 80, "width": 140, "grid": {"rows": 8, "columns": 14}}
    return entry | {"removed": ["duck"], "affected": list(things)} | fields


def read(tmp_path: Path, content: dict[str, Any]) -> Reasoning:
    path = tmp_path / "reasoning.json"
    path.write_text(json.dumps(content))
    return read_reasoning(path)


def test_an_edited_file_is_read_back(tmp_path: Path) -> None:
    first = read(tmp_path, document(thing("ball", path=[{"frame": 3, "cell": [1, 2]}], rest_place=[7, 13])))
    edited = json.loads(first.to_json())
    edited["affected"][0]["onset"] = 4
    again = read(tmp_path, edited)
    assert again.affected[0].onset == 4
    assert again.affected[0].rest_place == (7, 13)
    assert again.affected[0].source == "person"
    assert Reasoning.model_validate_json(again.to_json()) == again


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (document(thing("ball", end=1)), "thing 'ball', end"),
        (document(thing("ball", end=10)), "thing 'ball', end: frame 10 of a clip of 10"),
        (document(thing("ball", caused_by="cat")), "thing 'ball', caused_by"),
        (document(thing("ball", caused_by="ball")), "thing 'ball', caused_by"),
        (document(thing("ball", rest_place=[8, 0])), r"thing 'ball', rest_place: cell \(8, 0\)"),
        (document(thing("ball", path=[{"frame": 1, "cell": [0, 14]}])), "thing 'ball', path"),
        (document(thing("ball", path=[{"frame": 4, "cell": [0, 0]}] * 2)), "thing 'ball', path: frames must rise"),
        (document(thing("ball", cells_by_time=[{"frame": 2, "cells": [[9, 9]]}])), "thing 'ball', cells_by_time"),
        (document(thing("ball", confidence=1.5)), r"affected\.0\.confidence"),
        (document(thing("ball", kind="ghost")), r"affected\.0\.kind"),
        (document(thing("ball", onsett=3)), r"affected\.0\.onsett"),
        (document(thing("ball", track="../../etc/passwd")), r"affected\.0\.track"),
        (document(thing("ball", size_cells=[0, 1])), r"affected\.0\.size_cells\.0"),
        (document(thing("ball"), thing("ball")), "affected: two things"),
        (document(thing("duck", caused_by="duck")), "affected: two things"),
        (document(gravity=[0, 2]), "gravity"),
        (document(version=2), "version"),
        (document(removed_with=[{"name": "hat", "why": "worn", "removed_with": "man"}]), "removed_with 'hat'"),
    ],
)
def test_errors_name_the_field(tmp_path: Path, content: dict[str, Any], named: str) -> None:
    with pytest.raises(InputError, match=named) as caught:
        read(tmp_path, content)
    assert "reasoning.json" in str(caught.value)
    assert "docs/reference/reasoning.md" in str(caught.value)


def test_a_file_that_is_no_json_or_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text("{ not json")
    with pytest.raises(InputError, match=r"r\.json"):
        read_reasoning(path)
    with pytest.raises(InputError, match="cannot read"):
        read_reasoning(tmp_path / "none.json")


def test_another_clip_is_refused_with_the_numbers(tmp_path: Path) -> None:
    reasoning = read(tmp_path, document())
    reasoning.require_fit(10, 80, 140, "r.json")
    with pytest.raises(InputError, match="10 frames of 140 x 80, the plate has 12 of 140 x 80"):
        reasoning.require_fit(12, 80, 140, "r.json")


def test_cells_hold_until_the_next_entry() -> None:
    entries = [{"frame": 2, "cells": [[0, 0]]}, {"frame": 5, "cells": [[1, 1], [1, 2]]}]
    one = Thing.model_validate(thing("ball", cells_by_time=entries, end=7))
    held = [one.cells_on(n) for n in range(10)]
    assert held[:2] == [(), ()]
    assert held[2:5] == [((0, 0),)] * 3
    assert held[5:8] == [((1, 1), (1, 2))] * 3
    assert held[8:] == [(), ()]


@st.composite
def chains(draw: st.DrawFn) -> Reasoning:
    """Documents in which each thing is caused by the object or by an earlier thing."""
    entries = []
    for n in range(draw(st.integers(0, 6))):
        cause = draw(st.sampled_from(["duck", *(f"t{k}" for k in range(n))]))
        entries.append(Thing.model_validate(thing(f"t{n}", caused_by=cause)))
    with_it = (RemovedWith(name="hat", why="worn", removed_with="duck"),)
    return Reasoning(
        frames=10, height=80, width=140, grid=Grid.of(80, 140), removed=("duck",), removed_with=with_it,
        affected=tuple(entries),
    )  # fmt: skip


@given(chains(), st.sets(st.sampled_from(["t0", "t1", "the t2", "hat", "nobody"])))
def test_keeping_a_thing_keeps_what_only_it_causes(reasoning: Reasoning, names: set[str]) -> None:
    kept = reasoning.without(names)
    left = {t.id for t in kept.affected}
    assert Reasoning.model_validate_json(kept.to_json()) == kept
    assert not left & names
    assert not {t.name for t in kept.affected} & names
    for entry in reasoning.affected:
        cause_left = entry.caused_by == "duck" or entry.caused_by in left
        assert (entry.id in left) == (cause_left and entry.id not in names and entry.name not in names)
    assert bool(kept.removed_with) == ("hat" not in names)
    assert kept.without(names) == kept
