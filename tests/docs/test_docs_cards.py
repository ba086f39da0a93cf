"""The model cards in the documentation are those of the weights; curves of runs are drawn as they are."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from model_cards import PAGE, part, refreshed
from training_curves import LEFT, RIGHT, WIDTH, curve_of, drawn, main

from cleanplate.errors import InputError
from cleanplate.models.catalogue import shipped
from cleanplate.train.loop import RECIPE
from drawn_moves import recipe

CARD: dict[str, Any] = {
    "command": "cleanplate train void --config nano --steps 3000 --seed 0 --out RUN",
    "version": "0.1.0",
    "seed": 0,
    "steps": 3000,
    "lessons": 24_000,
    "parameters": 6_544_640,
    "operations": 2_000_000_000,
    "recipe": {"pairs": {"count": 4000, "held": 42, "workers": 1}},
    "scores": {"step": 3000, "sampled PSNR": 21.5},
    "sha256": "0" * 64,
}


def test_the_page_has_the_cards_of_what_is_shipped() -> None:
    cards = {name: shipped.card_of(shipped.folder_of(name)) for name in (*shipped.SHIPPED, *shipped.PARTS)}
    text = PAGE.read_text(encoding="utf-8")
    assert text == refreshed(text, cards), "run `python bench/model_cards.py`"
    assert {shipped.NANO, shipped.VERA_NANO, shipped.CODEC, shipped.PLACER, shipped.FINDER} == set(
        re.findall(r"<!-- card: (\S+) -->", text)
    )


def test_a_card_is_told_in_full_and_in_its_place() -> None:
    text = refreshed(PAGE.read_text(encoding="utf-8"), {shipped.NANO: CARD})
    said = text.split("<!-- card: void-nano -->")[1].split("<!-- end -->")[0]
    for expected in (
        "`cleanplate train void",
        "6,544,640, 13.1 MB",
        "2.00 GFLOP",
        "1.4e+14 FLOP",
        "count 4,000, held 42",
    ):
        assert expected in said, expected
    assert "| PSNR | 21.500 |" in said
    assert "workers" not in said
    assert "went on from" not in said
    assert f"| went on from weights of SHA-256 | `{'1' * 64}` |" in part(CARD | {"start": "1" * 64})
    some = {"pairs": {"count": 40, "families": ["held", "tower"]}}
    assert "| pairs of worlds made | count 40, families held tower |" in part(CARD | {"recipe": some})
    assert "families" not in part(CARD | {"recipe": {"pairs": {"count": 40, "families": []}}})
    assert refreshed(text, {shipped.NANO: CARD}) == text
    assert "no weights" in part(None)
    codec = part(
        {name: value for name, value in CARD.items() if name not in {"lessons", "operations"}} | {"pictures": 57_600}
    )
    assert "| pictures | 57,600 |" in codec
    assert "FLOP" not in codec
    with pytest.raises(InputError, match="no place for other"):
        refreshed(text, {"other": CARD})


def write_run(folder: Path) -> Path:
    folder.mkdir()
    lines = [{"step": 10, "loss": 2.0}, {"step": 20, "sampled PSNR": 15.0}, {"step": 40, "sampled PSNR": 20.0}]
    (folder / "curves.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (folder / RECIPE).write_text(recipe().model_dump_json())
    return folder


def test_curves_are_over_what_was_learned_from(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run")
    assert curve_of([run], "sampled PSNR", "steps") == [(20, 15), (40, 20)]
    assert curve_of([run], "sampled PSNR", "lessons") == [(40, 15), (80, 20)]
    (first, _), (last, _) = curve_of([run], "sampled PSNR", "operations")
    assert last == 2 * first > 80
    with pytest.raises(InputError, match="sampled SSIM") as refused:
        curve_of([run], "sampled SSIM", "steps")
    assert "sampled PSNR" in str(refused.value.remedy)
    with pytest.raises(InputError, match="nothing was noted"):
        curve_of([run, tmp_path], "sampled PSNR", "steps")


def test_runs_that_go_on_are_one_curve(tmp_path: Path) -> None:
    first, between, last = (write_run(tmp_path / name) for name in ("first", "between", "last"))
    noted = [json.loads(line) for line in (between / "curves.jsonl").read_text().splitlines()]
    (between / "curves.jsonl").write_text("".join(json.dumps({"step": line["step"]}) + "\n" for line in noted))
    found = curve_of([first, between, last], "sampled PSNR", "lessons")
    assert found == [(40, 15), (80, 20), (200, 15), (240, 20)], "what notes no such figure was learned all the same"
    made = tmp_path / "curves.svg"
    main([f"a={first},{between},{last}", "--figure", "sampled PSNR", "--out", str(made)])
    (line,) = ElementTree.fromstring(made.read_text()).findall("{*}polyline")
    assert len(line.attrib["points"].split()) == 4


def test_a_picture_shows_every_run(tmp_path: Path) -> None:
    made = tmp_path / "curves.svg"
    main([f"a<b={write_run(tmp_path / 'run')}", "--figure", "sampled PSNR", "--over", "steps", "--out", str(made)])
    root = ElementTree.fromstring(made.read_text())
    (line,) = root.findall("{*}polyline")
    points = [tuple(map(float, pair.split(","))) for pair in line.attrib["points"].split()]
    assert points[-1][0] == pytest.approx(WIDTH - RIGHT)
    assert points[0][0] == pytest.approx(LEFT + (WIDTH - RIGHT - LEFT) / 2)
    assert points[0][1] > points[1][1], "what is better is higher"
    assert "a<b 20" in {text.text for text in root.findall("{*}text")}
    flat = drawn({"one": [(1, 3.0)]}, "x", "steps")
    assert "nan" not in flat
