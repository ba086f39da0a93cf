"""What stays before another background where no mask says so: found by its name, told to who draws, and left alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor

from cleanplate.edit.patch import ALPHA_PEAK
from cleanplate.edit.verify import verify
from cleanplate.engines.vera import engine as vera
from cleanplate.engines.vera.draw import Draughtsman, Drawn, Scenery
from cleanplate.engines.vera.subject import drawn_behind, named
from cleanplate.models.catalogue.system import Limits, System
from cleanplate.models.catalogue.vocabulary import NANO
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
WORDS, ROWS, COLUMNS, FRAMES = torch.ones((1, 2, TEXT_DIM)), 16, 24, 4
DISC = (30, 22, 8)
"""Middle and radius on the plate."""


def system() -> System:
    limits = Limits(frames=8, pixels=32 * 48, rate=25, slowest=5)
    return pixels_system((4, 8, 8), **GEOMETRY).model_copy(update={"limits": limits})


def draughtsman() -> Draughtsman:
    text = torch.randn((1, 5, TEXT_DIM), generator=torch.Generator().manual_seed(1))
    settings, one = Sampling(steps=2, guidance=1.0, solver="euler"), system()
    model = drawn(one.transformer)
    return Draughtsman(model, PixelCodec((1, 1, 1)), one, texts=(text, None), settings=settings, masked=False)


def scenery(*, red: bool) -> Scenery:
    """A gray plate, with a red block or without."""
    video = 0.2 * drawn_video(3, FRAMES, ROWS, COLUMNS).clamp(-1, 1)
    if red:
        video[:, :, 4:10, 6:14] = torch.tensor([1.0, -1.0, -1.0])[:, None, None, None]
    return Scenery(video, torch.ones((FRAMES, ROWS, COLUMNS), dtype=torch.bool), None, 0)


def behind(given: Scenery, words: Tensor = WORDS) -> Drawn:
    return drawn_behind(RedFinder().eval(), words, draughtsman(), given)


def test_what_is_found_is_left_alone_and_the_rest_is_as_it_is_drawn() -> None:
    made = behind(scenery(red=True))
    block = torch.zeros((FRAMES, ROWS, COLUMNS), dtype=torch.bool)
    block[:, 4:10, 6:14] = True
    assert made.alpha_THW[block].max() < 1e-6
    assert made.alpha_THW[~block].mean() > 0.1


def test_who_draws_is_told_what_was_found() -> None:
    given, kept = scenery(red=True), torch.zeros((FRAMES, ROWS, COLUMNS))
    kept[:, 4:10, 6:14] = 1.0
    told, untold = draughtsman().draw(replace(given, kept_THW=kept)), draughtsman().draw(given)
    assert (told.edit_3THW - untold.edit_3THW).abs().max() > 1e-3
    torch.testing.assert_close(behind(given).edit_3THW, told.edit_3THW)


def test_where_nothing_is_found_nothing_is_spared() -> None:
    given = scenery(red=False)
    none = replace(given, kept_THW=torch.zeros((FRAMES, ROWS, COLUMNS)))
    torch.testing.assert_close(behind(given).alpha_THW, draughtsman().draw(none).alpha_THW, rtol=0, atol=1e-4)


def test_things_are_named_as_the_words_name_them() -> None:
    asked = "Change the background to a desert of rolling dunes. Keep the red ball, a Paper Boat and a blue box intact."
    assert named(asked, NANO) == "red ball, paper boat, blue box"
    assert NANO.names.every(asked, colours=False) == "ball, paper boat, box"
    assert named("Change the background to a desert of rolling dunes.", NANO) == ""
    assert named("Set it on the moon.", None) == "Set it on the moon."


def red_disc(frames: int = 6) -> Iterator[np.ndarray]:
    x, y, radius = DISC
    rows, columns = np.mgrid[:48, :64]
    for _ in range(frames):
        picture = ground((48, 64)).astype(np.uint8)
        picture[np.hypot(rows - y, columns - x) < radius] = (230, 20, 20)
        yield picture


def disc(shrunk: float) -> np.ndarray:
    rows, columns = np.mgrid[:48, :64]
    return np.asarray(np.hypot(rows - DISC[1], columns - DISC[0]) < DISC[2] - shrunk)


def shot(folder: Path, words: str, keep: Path | None = None) -> np.ndarray:
    """Alpha of the first frame."""
    weights = str(write_weights(folder / "nano", system()))
    plate = write_video(folder / "plate.mkv", red_disc(), "ffv1", "yuv444p", {})
    edit = ReplaceBackground(instruction=words, keep_mask=keep)
    package = replace_background(plate, edit, folder / "shot", Order("vera-nano", weights, {"steps": 2}))
    proof = verify(package)
    assert proof.passed, proof.faults
    named_things = [note for note in package.shot.notes if "What stays" in note]
    assert named_things == (
        ["What stays is found by its name: red ball. A keep mask makes sure of it."] * (keep is None)
    )
    alpha = np.zeros((48, 64))
    with package.layer() as layer:
        for patch in next(iter(layer))[1]:
            y0, x0, y1, x1 = patch.box
            alpha[y0:y1, x0:x1] = patch.alpha
    return alpha / ALPHA_PEAK


def test_a_change_of_background_spares_what_it_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vera.VeraEngine.__init__, "__defaults__", (None, None, DrawnParts))
    alpha = shot(tmp_path, "Change the background to a desert. Keep the red ball intact.")
    assert alpha[disc(3)].max() < 0.1 < 0.3 < alpha[~disc(-3)].mean()


def test_a_mask_is_taken_at_its_word_and_nothing_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vera.VeraEngine.__init__, "__defaults__", (None, None, DrawnParts))
    monkeypatch.setattr(DrawnParts, "finder", None)
    keep = np.zeros((48, 64), np.uint8)
    keep[:, :10] = 255
    path = tmp_path / "keep.png"
    cv2.imwrite(str(path), keep)
    alpha = shot(tmp_path, "Change the background to a desert. Keep the red ball intact.", path)
    assert alpha[:, :10].max() == 0
    assert alpha[disc(3)].mean() > 0.3
