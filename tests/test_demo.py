"""The demo: one page with all three jobs, the truth beside each result, figures by `cleanplate.metrics`."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import run
from exhibits import Exhibit, Material, exhibits
from figures import Layered, Removed, Result
from page import Shown, render
from shots import pictures

from cleanplate.edit.package import SHOT
from cleanplate.masks.labels import KEEP
from cleanplate.metrics.mattes import overlap
from cleanplate.metrics.pictures import psnr
from cleanplate.models.catalogue.small import vera_nano
from cleanplate.models.catalogue.system import Limits
from cleanplate.worlds.layered.clip import LayeredClip, Task
from cleanplate.worlds.layered.synthetic import sample_synthetic
from drawn_nano import fall, write_nano
from drawn_vera import write_weights


def layered(task: Task) -> LayeredClip:
    return sample_synthetic(task, 580_001, height=64, width=112, length=8)


def of_layers(task: Task) -> Material:
    frames = list(layered(task).frames())
    alpha = np.asarray(np.stack([frame.alpha for frame in frames]) / 255, np.float32)
    truth = np.stack([frame.composite for frame in frames])
    answer = Layered(truth, alpha, layered(task).instruction, added=task is Task.ADD)
    return Material(np.stack([frame.source for frame in frames]), 16, answer)


def removal() -> Material:
    drawn = fall()
    return Material(drawn.plate, 12, Removed(drawn.truth, drawn.labels != KEEP), drawn.labels)


def small(engines: tuple[str, ...] = ("vera-nano",)) -> list[Exhibit]:
    add, other = (layered(task).instruction for task in Task)
    return [
        Exhibit("fall", "Remove", "It falls.", ("remove",), ("void-nano", "propagate"), removal),
        Exhibit("more", "Add", "It comes.", ("add", add), engines, lambda: of_layers(Task.ADD)),
        Exhibit(
            "place", "Background", "Elsewhere.", ("background", other), engines, lambda: of_layers(Task.BACKGROUND)
        ),
    ]


def test_the_demo_shows_all_three_jobs() -> None:
    shown = exhibits()
    assert {exhibit.words[0] for exhibit in shown} == {"remove", "add", "background"}
    assert {exhibit.engines[0] for exhibit in shown} == {"void-nano", "propagate", "vera-nano"}
    assert len({exhibit.name for exhibit in shown}) == len(shown)


def test_what_hangs_from_the_stand_falls_in_the_truth_alone() -> None:
    material = exhibits()[0].material()
    answer, every = material.answer, slice(3, None, 10)
    assert isinstance(answer, Removed)
    assert answer.fallen is not None
    assert material.mask is not None
    assert material.plate.shape == answer.truth.shape == (24, 256, 448, 3)
    assert ((material.mask != KEEP) >= answer.changes).all()
    masks = {name: getattr(answer.fallen, name)[every] for name in ("original", "altered")}
    part = Removed(answer.truth[every], answer.changes[every], replace(answer.fallen, **masks))
    plate = material.plate[every]
    nothing = part.figures(plate, Result.nothing(plate))
    right = part.figures(plate, Result.nothing(part.truth))
    assert nothing["E"] == pytest.approx(1, abs=0.1)
    assert right["E"] < 0.02
    assert right["lost"] == 0
    assert nothing["psnr"] < 20 < right["psnr"]


@pytest.mark.parametrize("task", list(Task))
def test_layers_are_judged_by_words_and_matte(task: Task) -> None:
    material = of_layers(task)
    answer, frames = material.answer, list(layered(task).frames())
    assert isinstance(answer, Layered)
    right = answer.figures(material.plate, Result(answer.truth, np.stack([f.edit for f in frames]), answer.alpha))
    nothing = answer.figures(material.plate, Result.nothing(material.plate))
    assert (right["words"], right["overlap"]) == (1, 1)
    assert nothing["words"] < 1
    empty = np.zeros_like(answer.alpha)
    expected = overlap(empty, answer.alpha) if task is Task.ADD else overlap(1 - empty, 1 - answer.alpha)
    assert nothing["overlap"] == expected < 0.7
    assert nothing.get("preserved", 1) == 1


def test_without_weights_the_page_says_so_beside_the_truth(tmp_path: Path) -> None:
    written = run.make(small(("an engine to come",))[1:], tmp_path).read_text(encoding="utf-8")
    assert written.count("<section ") == written.count("data:video/mp4;base64,") == 2
    assert written.count("no weights of an engine to come. So there is no result to show.") == 2
    assert written.count("<li>truth</li>") == written.count(f'<th scope="row">{run.NOTHING}</th>') == 2
    assert "research preview" in written
    assert re.findall(r'(?:src|href)="(?!data:)', written) == []


def test_figures_and_words_stand_on_the_page_escaped() -> None:
    frames = np.zeros((2, 8, 16, 3), np.uint8)
    one = Shown(
        name="one",
        title="A <title>",
        lead="Lead.",
        rate=12,
        views={"plate": frames, "mine": frames, "truth": frames},
        figures={"mine": {"E": 0.256, "lost": float("nan")}},
        notes=["<note>"],
        reports={"mine": Path("a shot/report.html")},
    )
    written = render([one], "foot")
    assert "A &lt;title&gt;" in written
    assert "&lt;note&gt;" in written
    assert "<td>0.26</td><td>–</td>" in written
    assert 'href="a%20shot/report.html"' in written


def test_a_stop_says_how_to_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped(*_: object) -> Path:
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "make", stopped)
    assert run.main(tmp_path) == 130
    assert "goes on from here" in capsys.readouterr().err


@pytest.mark.slow
def test_all_three_jobs_run_by_the_command_line_and_are_kept(tmp_path: Path) -> None:
    geometry = {"dim": 32, "layers": 1, "heads": 2, "ffn_dim": 32, "frequency_dim": 16, "waves": 2}
    limits = Limits(frames=8, pixels=32 * 48, rate=25, slowest=5)
    vera = write_weights(tmp_path / "vera", vera_nano((4, 2, 2), **geometry).model_copy(update={"limits": limits}))
    weights = {"void-nano": write_nano(tmp_path / "void"), "vera-nano": vera}
    page = run.make(small(), tmp_path / "out", weights)
    written = page.read_text(encoding="utf-8")
    assert re.findall(r'<section id="(\w+)"', written) == ["fall", "more", "place"]
    for address in re.findall(r'href="([^"]+)"', written):
        assert (page.parent / address).is_file()
    assert written.count("report.html") == 4
    assert written.count("Proof holds: 0 of") == 3
    assert "no weights" not in written
    made = pictures(page.parent / "fall.propagate.shot" / "composite.mkv")
    answer = removal().answer
    assert isinstance(answer, Removed)
    ours, true = (np.asarray(codes / 255, np.float32) for codes in (made, answer.truth))
    told = psnr(ours, true, answer.changes)
    assert f"<td>{told:.1f} dB</td>" in written
    shots = {path: path.stat().st_mtime_ns for path in page.parent.glob(f"*/{SHOT}")}
    assert len(shots) == 4
    run.make(small(), tmp_path / "out", weights)
    assert {path: path.stat().st_mtime_ns for path in page.parent.glob(f"*/{SHOT}")} == shots
