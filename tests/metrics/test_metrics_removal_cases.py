"""Good and bad cases as a picture: which are chosen, and what it shows of them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import removal_cases
from removal_cases import main, shown
from removal_clips import Case, Planned

from cleanplate.errors import InputError
from cleanplate.masks.labels import combine
from cleanplate.worlds.moves import Moves
from cleanplate.worlds.things import Things

FRAMES, ROWS, COLUMNS = 3, 48, 80


def case(family: str, down: int = 20) -> Case:
    """A bright disc that has fallen."""
    ground = np.full((FRAMES, ROWS, COLUMNS, 3), 60, np.uint8)
    plate, truth = ground.copy(), ground.copy()
    held, fallen = (np.zeros((FRAMES, ROWS, COLUMNS), np.uint8) for _ in range(2))
    for frame in range(FRAMES):
        for picture, mask, y in ((plate, held, 12), (truth, fallen, 12 + down)):
            cv2.circle(mask[frame], (40, y), 6, 1, -1)
            picture[frame][mask[frame] > 0] = (230, 200, 40)
    labels = np.stack([combine(a > 0, b > 0) for a, b in zip(held, fallen, strict=True)])
    moves = Moves(
        plate, truth, ground, labels, fallen * np.uint8(255), np.zeros((*held.shape, 2), np.float16), held > 0
    )
    things = Things(("disc",), (1,), held.astype(np.int16), fallen.astype(np.int16), ground)
    return Case(Planned(family, (7,), (ROWS, COLUMNS)), moves, things)


def half(one: Case) -> np.ndarray:
    """The truth for one family, the plate for any other."""
    return one.moves.truth if one.planned.family == "known" else one.moves.plate


def test_the_first_of_each_family_by_its_error() -> None:
    found = shown([case("other"), case("known"), case("other"), case("still", down=0)], half)
    assert [one.case.planned.family for one in found] == ["known", "other"]
    assert found[0].error < 0.02
    assert found[1].error == pytest.approx(1, abs=0.02)


def test_it_writes_a_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(removal_cases, "cases", lambda planned, folder: iter([case("known"), case("other")]))
    monkeypatch.setattr(removal_cases, "ByEngine", lambda name, weights: half)
    main(["--out", str(tmp_path / "cases.png"), "--each", "3"])
    picture = cv2.imread(str(tmp_path / "cases.png"))
    assert picture is not None
    assert picture.shape[1] == 6 * 248 + 8
    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()] == [
        "known-000000000007-80x48",
        "other-000000000007-80x48",
    ]
    monkeypatch.setattr(removal_cases, "cases", lambda planned, folder: iter([case("still", down=0)]))
    with pytest.raises(InputError, match="nothing moves"):
        main(["--out", str(tmp_path / "none.png")])
    assert not (tmp_path / "none.png").exists()
