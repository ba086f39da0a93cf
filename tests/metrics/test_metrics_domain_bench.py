"""The bench of void-nano's domain: what it shows the engine, and how it reckons."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import cv2
import domain
import numpy as np
import pytest
from domain import Piece, area, footage, main, scored
from removal_clips import Case, Planned

from cleanplate.engines.void_nano.engine import NanoEngine
from cleanplate.masks.labels import KEEP
from cleanplate.models.catalogue import shipped
from cleanplate.models.catalogue.shipped import NANO
from cleanplate.worlds.formats.clips import Samples, clip_writer
from drawn_nano import Fall, fall, write_nano


def piece(drawn: Fall) -> Piece:
    return Piece(drawn.plate, drawn.labels)


@pytest.fixture(scope="module")
def nano(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_nano(tmp_path_factory.mktemp("nano") / "model")
    (folder / shipped.CARD).write_text(json.dumps({"domain": {"kept": 0.5, "mirrored": 1e-6}}), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("inside", "outside", "expected"), [([1, 2], [3, 4], 1), ([3, 4], [1, 2], 0), ([1, 3], [2, 3], 0.625)]
)
def test_the_area_is_how_often_a_world_scores_lower(inside: list[float], outside: list[float], expected: float) -> None:
    assert area(inside, outside) == expected


def test_a_score_is_the_measure_that_comes_nearest_to_its_threshold_or_goes_farthest_over_it(nano: Path) -> None:
    found = scored(NanoEngine(NANO, str(nano)), piece(fall()))
    assert found is not None
    assert found[0] > 1
    assert not found[1]
    (nano / shipped.CARD).write_text(json.dumps({"domain": {"kept": 2.0, "mirrored": 2.0}}), encoding="utf-8")
    found = scored(NanoEngine(NANO, str(nano)), piece(fall()))
    assert found is not None
    assert found[0] <= 1
    assert found[1]


def test_what_the_engine_is_not_asked_about_has_no_score(nano: Path) -> None:
    drawn = fall()
    nothing = Piece(drawn.plate, np.where(drawn.labels == KEEP, KEEP, 0).astype(np.uint8))
    assert scored(NanoEngine(NANO, str(nano)), nothing) is None


def test_footage_is_shown_at_twelve_pictures_a_second_under_quadmasks_by_turns(tmp_path: Path) -> None:
    with clip_writer(tmp_path / "a.mp4", Samples.RGB, 64, 96, Fraction(24)) as writer:
        for number in range(100):
            writer.write(np.full((64, 96, 3), 2 * number, np.uint8))
    masks = [
        Piece(np.zeros((24, 256, 448, 3), np.uint8), np.full((24, 256, 448), label, np.uint8)) for label in (0, 127)
    ]
    found = list(footage(tmp_path, masks))
    assert len(found) == 6
    assert {int(one.labels[0, 0, 0]) for one in found} == {0, 127}
    levels = [float(frame.mean()) for frame in found[0].plate]
    assert len(levels) == 24
    np.testing.assert_allclose(np.diff(levels), 4, atol=2)


def test_worlds_are_asked_for_at_the_size_of_the_footage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked = list[Planned]()

    def noted(planned: list[Planned], folder: Path) -> list[Case]:
        asked.extend(planned)
        return []

    monkeypatch.setattr(domain, "cases", noted)
    assert list(domain.worlds(3, tmp_path)) == []
    assert [one.size for one in asked] == 3 * [(256, 448)]
    with clip_writer(tmp_path / "a.mp4", Samples.RGB, 64, 96, Fraction(12)) as writer:
        for _ in range(24):
            writer.write(np.zeros((64, 96, 3), np.uint8))
    mask = Piece(np.zeros((24, 256, 448, 3), np.uint8), np.zeros((24, 256, 448), np.uint8))
    assert next(footage(tmp_path, [mask])).plate.shape == (24, 256, 448, 3)


def test_it_tells_what_it_found(
    nano: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    drawn = fall()
    small = [cv2.resize(frame, (448, 256)) for frame in drawn.plate]
    marks = [cv2.resize(frame, (448, 256), interpolation=cv2.INTER_NEAREST) for frame in drawn.labels]
    monkeypatch.setattr(domain, "worlds", lambda count, folder: iter([Piece(np.stack(small), np.stack(marks))]))
    with clip_writer(tmp_path / "a.mp4", Samples.RGB, 64, 96, Fraction(12)) as writer:
        for number in range(24):
            writer.write(np.full((64, 96, 3), 4 * number, np.uint8))
    told = tmp_path / "told.json"
    main(["--footage", str(tmp_path), "--weights", str(nano), "--json", str(told)])
    assert "footage, made quadmasks" in capsys.readouterr().out
    figures = json.loads(told.read_text(encoding="utf-8"))
    assert figures["footage, made quadmasks"]["asked"] == 1
    assert figures["footage, made quadmasks"]["area"] in (0.0, 0.5, 1.0)
