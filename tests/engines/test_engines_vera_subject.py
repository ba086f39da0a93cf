"""What stays before another background where no mask says so: found by its name, told to who draws, and left alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from cleanplate.edit.patch import ALPHA_PEAK
from cleanplate.edit.verify import verify
from cleanplate.engines.vera import engine as vera
from cleanplate.engines.vera.draw import Draughtsman, Drawn, Scenery
from cleanplate.engines.vera.subject import drawn_behind
from cleanplate.models.catalogue.system import Limits, System
from cleanplate.models.codecs.pixel import PixelCodec
from cleanplate.models.sampling.settings import Sampling
from cleanplate.pipeline.add import replace_background
from cleanplate.pipeline.edits import ReplaceBackground
from cleanplate.pipeline.make import Order
from drawn_clips import ground, write_video
from drawn_models import drawn, drawn_video
from drawn_stock import pixels_system
from drawn_vera import TEXT_DIM, DrawnParts, RedFinder, write_weights

GEOMETRY = {"dim": 32, "layers": 1, "heads": 2, "ffn_dim": 32, "text_dim": TEXT_DIM, "frequency_dim": 16, "waves": 2}
ROWS, COLUMNS, FRAMES = 16, 24, 4
DISC = (30, 22, 8)
"""Middle and radius on the plate."""


def system() -> System:
    limits = Limits(frames=8, pixels=32 * 48, rate=25, slowest=5)
    return pixels_system((4, 8, 8), **GEOMETRY).model_copy(update={"limits": limits, "text": "words"})


def draughtsman() -> Draughtsman:
    text = torch.randn((1, 5, TEXT_DIM), generator=torch.Generator().manual_seed(1))
    settings, one = Sampling(steps=2, guidance=1.0, solver="euler"), system()
    model = drawn(one.transformer)
    return Draughtsman(model, PixelCodec((1, 1, 1)), one, texts=(text, None), settings=settings, masked=False)


def scenery(*, red: bool) -> Scenery:
    """A gray plate, with a red block or without."""
    video = 0.1 * drawn_video(3, FRAMES, ROWS, COLUMNS).clamp(-1, 1)
    if red:
        video[:, :, 4:10, 6:14] = torch.tensor([1.0, -1.0, -1.0])[:, None, None, None]
    return Scenery(video, torch.ones((FRAMES, ROWS, COLUMNS), dtype=torch.bool), None, 0)


def behind(given: Scenery, *names: str) -> Drawn:
    return drawn_behind(RedFinder().eval(), names or ("red ball",), draughtsman(), given)


def test_what_is_found_is_left_alone_and_the_rest_is_replaced() -> None:
    made = behind(scenery(red=True))
    block = torch.zeros((FRAMES, ROWS, COLUMNS), dtype=torch.bool)
    block[:, 4:10, 6:14] = True
    assert made.alpha_THW[block].max() < 1e-6
    assert made.alpha_THW[~block].min() > 0.99
    assert behind(scenery(red=True), "blue ball").alpha_THW[block].min() > 0.99


def test_who_draws_is_told_what_was_found() -> None:
    given, kept = scenery(red=True), torch.zeros((FRAMES, ROWS, COLUMNS))
    kept[:, 4:10, 6:14] = 1.0
    told, untold = draughtsman().draw(replace(given, kept_THW=kept)), draughtsman().draw(given)
    assert (told.edit_3THW - untold.edit_3THW).abs().max() > 1e-3
    torch.testing.assert_close(behind(given).edit_3THW, told.edit_3THW)


def test_where_nothing_is_found_nothing_is_spared() -> None:
    assert behind(scenery(red=False)).alpha_THW.min() > 0.99


def red_disc(frames: int = 6) -> Iterator[np.ndarray]:
    x, y, radius = DISC
    rows, columns = np.mgrid[:48, :64]
    for _ in range(frames):
        picture = ground((48, 64)).mean(axis=-1, keepdims=True).repeat(3, axis=-1).astype(np.uint8)
        picture[np.hypot(rows - y, columns - x) < radius] = (230, 20, 20)
        yield picture


def disc(shrunk: float) -> np.ndarray:
    rows, columns = np.mgrid[:48, :64]
    return np.asarray(np.hypot(rows - DISC[1], columns - DISC[0]) < DISC[2] - shrunk)


def shot(folder: Path, words: str, keep: Path | None = None) -> tuple[np.ndarray, list[str]]:
    """Alpha of the first frame, and what was said of what stays."""
    weights = str(write_weights(folder / "nano", system()))
    plate = write_video(folder / "plate.mkv", red_disc(), "ffv1", "yuv444p", {})
    edit = ReplaceBackground(instruction=words, keep_mask=keep)
    package = replace_background(plate, edit, folder / "shot", Order("vera-nano", weights, {"steps": 2}))
    proof = verify(package)
    assert proof.passed, proof.faults
    alpha = np.zeros((48, 64))
    with package.layer() as layer:
        for patch in next(iter(layer))[1]:
            y0, x0, y1, x1 = patch.box
            alpha[y0:y1, x0:x1] = patch.alpha
    return alpha / ALPHA_PEAK, [note for note in package.shot.notes if "What stays" in note]


@pytest.fixture(autouse=True)
def _drawn_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vera.VeraEngine.__init__, "__defaults__", (None, None, DrawnParts))


def test_a_change_of_background_spares_what_it_names(tmp_path: Path) -> None:
    alpha, said = shot(tmp_path, "Change the background to a desert. Keep the red ball intact.")
    assert alpha[disc(3)].mean() < 0.05 < 0.8 < alpha[~disc(-3)].mean()
    assert len(said) == 1
    found = re.fullmatch(
        r"What stays is found by its name: red ball \((.*)% of the picture\)\. A keep mask makes sure of it\.", said[0]
    )
    assert found is not None
    assert float(found[1]) == pytest.approx(100 * disc(0).mean(), rel=0.2)


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        ("Keep the blue ball intact.", "looked for by its name: blue ball. It is not found; without a keep mask"),
        ("", "looked for by itself, as nothing is named that stays. It is not found;"),
    ],
)
def test_what_is_not_found_is_said_before_it_is_drawn_over(kept: str, said: str, tmp_path: Path) -> None:
    alpha, notes = shot(tmp_path, f"Change the background to a desert. {kept}")
    assert alpha[disc(3)].mean() > 0.3
    assert len(notes) == 1
    assert said in notes[0]


def test_a_mask_is_taken_at_its_word_and_nothing_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DrawnParts, "finder", None)
    keep = np.zeros((48, 64), np.uint8)
    keep[:, :10] = 255
    path = tmp_path / "keep.png"
    cv2.imwrite(str(path), keep)
    alpha, said = shot(tmp_path, "Change the background to a desert. Keep the red ball intact.", path)
    assert alpha[:, :10].max() == 0
    assert alpha[disc(3)].mean() > 0.3
    assert not said


def test_models_that_read_otherwise_find_what_stays_themselves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DrawnParts, "finder", None)
    other = system().model_copy(update={"text": "minilm"})
    weights = str(write_weights(tmp_path / "nano", other))
    plate = write_video(tmp_path / "plate.mkv", red_disc(), "ffv1", "yuv444p", {})
    edit = ReplaceBackground(instruction="Change the background to a desert. Keep the red ball intact.")
    package = replace_background(plate, edit, tmp_path / "shot", Order("vera-nano", weights, {"steps": 2}))
    assert package.shot.engine.parameters["kept"] is None
