"""The second pass of `void-nano`: when it runs, what noise it starts from, and that the first one is as it was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from cleanplate.engines.learned.size import WorkingSize
from cleanplate.engines.void.framing import Framing, finer, whole
from cleanplate.engines.void.lay.plate import Plate
from cleanplate.engines.void.morph.drift import Drift
from cleanplate.engines.void.morph.score import MorphScore
from cleanplate.engines.void.pictures import Pictures
from cleanplate.engines.void_nano import passes as passes_module
from cleanplate.engines.void_nano.answer import Answer
from cleanplate.engines.void_nano.asking import asked, noise_of
from cleanplate.engines.void_nano.clean import CleanPlate
from cleanplate.engines.void_nano.composed import composed
from cleanplate.engines.void_nano.laying import Laying
from cleanplate.engines.void_nano.moving import Moving
from cleanplate.engines.void_nano.outline import Outline
from cleanplate.engines.void_nano.passes import Passes
from cleanplate.engines.void_nano.settings import settings_of
from cleanplate.engines.void_nano.telling import tell
from cleanplate.engines.void_nano.warping import warped_noise
from cleanplate.engines.void_nano.window import Window
from cleanplate.errors import UsageError
from cleanplate.masks.quadmask import QuadMask
from cleanplate.media.clip import Clip
from cleanplate.models.moving.ask import ask_again
from cleanplate.models.moving.facts import ANSWERED, BRANCH
from cleanplate.models.sampling.flow import noised
from cleanplate.models.store import moving as store
from cleanplate.motion.flow import FlowField, Gray, make_flow
from cleanplate.pipeline.protocols import Scene
from cleanplate.progress import Silent
from drawn_nano import COLUMNS, FRAMES, ROWS, Fall, exact, fall, system, write_fall, write_nano
from interrupted import Interrupting

LENGTH = 8
"""Beats that the model is given: the last two are held."""


@dataclass(frozen=True)
class Shoot:
    """A plate with its clean plate, and a model of random weights."""

    scene: Scene
    quadmask: QuadMask
    clean: CleanPlate
    nano: Path
    drawn: Fall

    def outline(self, **settings: Any) -> Outline:
        return Outline.of(system(), self.quadmask, self.scene.clip.info, settings_of(settings))

    @property
    def plate(self) -> Plate:
        return Plate(self.scene.clip, self.quadmask, self.outline().framing)

    @property
    def window(self) -> Window:
        found = self.outline().window
        assert isinstance(found, Window)
        return found

    def passes(self, folder: Path, **settings: Any) -> Passes:
        folder.mkdir(exist_ok=True)
        outline, weights = self.outline(**settings), str(self.nano)
        return Passes(self.scene, self.plate, self.clean, outline, self.window, weights=weights, folder=folder, seed=0)


@pytest.fixture(scope="module")
def shoot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shoot]:
    folder, drawn = tmp_path_factory.mktemp("fall"), fall()
    write_fall(folder, drawn)
    with Clip.open(folder / "plate.mkv") as clip:
        quadmask, clean = QuadMask.open(folder / "quadmask.mkv"), CleanPlate(folder / "clean")
        scene = Scene(clip, quadmask)
        clean.make(scene, quadmask, [range(FRAMES)], 0, lambda advance=1: None)
        yield Shoot(scene, quadmask, clean, write_nano(folder / "nano", LENGTH), drawn)


@pytest.fixture(scope="module")
def always(shoot: Shoot, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run with a second pass."""
    folder = tmp_path_factory.mktemp("always")
    moving, verdict = shoot.passes(folder, pass2="always").run(Silent())
    assert (verdict.refine, verdict.why) == (True, "asked for: always")
    assert moving.moment(2).shift == pytest.approx(moving_by(shoot, folder / "answer2.npz").moment(2).shift)
    return folder


def moving_by(shoot: Shoot, path: Path) -> Moving:
    return Moving(shoot.plate, shoot.clean, Answer.load(path), shoot.window)


def morphing(value: float) -> MorphScore:
    drift = Drift(wave=0.5, pulse=1.5, pulse_close=1.0, turn=2.0, size=0.5, colour=0.1, pixels=60.0)
    return MorphScore("ball", value, (2, 3, 4), (value,) * 3, dict.fromkeys((2, 3, 4), drift), 1.0, None)


@pytest.mark.parametrize(("threshold", "refined"), [(1.5, True), (2.5, False)])
def test_the_morph_check_decides(
    shoot: Shoot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, threshold: float, refined: bool
) -> None:
    monkeypatch.setattr(passes_module, "scores_of", lambda *given: (morphing(2.0),))
    moving, verdict = shoot.passes(tmp_path, pass2="auto", threshold=threshold).run(Silent())
    assert verdict.refine is refined
    assert "'ball'" in verdict.why or not refined
    assert (tmp_path / "answer2.npz").is_file() is refined
    delivered = moving_by(shoot, tmp_path / f"answer{1 + refined}.npz")
    np.testing.assert_array_equal(moving.moment(2).shift, delivered.moment(2).shift)
    figures = shoot.outline(threshold=threshold).figures(verdict)
    assert (figures["window"]["pass2"], figures["window"]["why"]) == (refined, verdict.why)
    assert (figures["morph"]["pass2"], figures["morph"]["threshold"]) == (refined, threshold)


def test_never_leaves_the_first_pass_as_it_is(
    shoot: Shoot, always: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passes_module, "scores_of", lambda *given: (morphing(9.0),))
    moving, verdict = shoot.passes(tmp_path, pass2="never").run(Silent())
    assert (verdict.refine, verdict.why) == (False, "asked for: never")
    assert verdict.things[0]["morphs"] is True
    assert not (tmp_path / "answer2.npz").exists()
    assert (tmp_path / "answer1.npz").read_bytes() == (always / "answer1.npz").read_bytes()
    found = asked(*store.model_of(str(shoot.nano), "cpu"), told(shoot), settings_of({}), 0)
    assert found is not None
    alone = Answer.of(found.said, found.question.reach.inside, shoot.plate.framing, FRAMES, rigid=found.question.rigid)
    course = Moving(shoot.plate, shoot.clean, alone, shoot.window)
    np.testing.assert_array_equal(moving.moment(3).seen, course.moment(3).seen)


def told(shoot: Shoot) -> Any:
    return tell(shoot.plate, shoot.clean, shoot.window)


def test_the_second_pass_goes_on_from_the_first_under_noise_that_moves_with_it(
    shoot: Shoot, always: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the model is given is its first answer and, at that level, noise warped along what was drawn of it."""
    model, of = store.model_of(str(shoot.nano), "cpu")
    given: list[tuple[Tensor, float]] = []
    model.register_forward_pre_hook(lambda _, told: given.append((told[0][BRANCH].clone(), float(told[1]))))
    monkeypatch.setattr(store, "model_of", lambda name, device: (model, of))
    found = asked(model, of, told(shoot), settings_of({}), 0)
    assert found is not None
    given.clear()
    shoot.passes(tmp_path, pass2="always", **{"second.level": 0.6, "second.steps": 3}).run(Silent())
    assert [time for _, time in given] == pytest.approx([1000, 600, 400, 200])
    with Pictures(always / "drawn1.npy") as drawn:
        noise = warped_noise(drawn, shoot.plate.framing, LENGTH, make_flow(), 0)
    np.testing.assert_array_equal(given[1][0], noised(found.said.transpose(0, 1)[None], noise, 0.6))
    assert not np.array_equal(noise, noise_of(0, (ANSWERED, LENGTH, ROWS, COLUMNS))[None])


def test_a_level_of_one_forgets_the_first_answer(shoot: Shoot) -> None:
    model, of = store.model_of(str(shoot.nano), "cpu")
    found = asked(model, of, told(shoot), settings_of({}), 0)
    assert found is not None
    again = [ask_again(found.question, said, 1.0) for said in (found.said, torch.zeros_like(found.said))]
    assert torch.equal(again[0], again[1])
    assert torch.equal(again[0], found.said)


@pytest.mark.parametrize("at", [1, 4, FRAMES + 2])
def test_an_interrupted_run_goes_on_to_the_same_bytes(shoot: Shoot, always: Path, tmp_path: Path, at: int) -> None:
    """Behind the first answer, while pictures are put together, and behind the second answer."""
    with pytest.raises(KeyboardInterrupt):
        shoot.passes(tmp_path, pass2="always").run(Interrupting("Asking", ticks=at))
    shoot.passes(tmp_path, pass2="always").run(Silent())
    for name in ("answer1.npz", "answer2.npz", "drawn1.npy", "verdict.json"):
        assert (tmp_path / name).read_bytes() == (always / name).read_bytes(), name
    assert (always / "answer1.npz").read_bytes() != (always / "answer2.npz").read_bytes()


def test_where_nothing_is_asked_there_is_no_second_pass(
    shoot: Shoot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passes_module, "asked", lambda *given: None)
    moving, verdict = shoot.passes(tmp_path, pass2="always").run(Silent())
    assert not verdict.refine
    assert not moving.moment(2).seen.any()


def test_noise_moves_with_the_pictures_and_stays_white(tmp_path: Path) -> None:
    """Two pixels of the model's grid a beat, as the flow says on pictures three times as fine; the tail is held."""
    size = WorkingSize(20, 36)
    framing, shown = (
        Framing((0, 0, 60, 108), size, 24, 40),
        np.random.default_rng(0).random((4, 60, 108, 3), np.float32),
    )
    Pictures.write(tmp_path / "a.npy", iter(shown))

    def right(a: Gray, b: Gray) -> FlowField:
        return np.broadcast_to(np.array((6, 0), np.float32), (*a.shape, 2)).copy()

    with Pictures(tmp_path / "a.npy") as drawn:
        noise = warped_noise(drawn, framing, 6, right, 0)[0].numpy()
    assert noise.shape == (ANSWERED, 6, 24, 40)
    for beat in range(3):
        np.testing.assert_allclose(noise[:, beat + 1, :, 2:], noise[:, beat, :, :-2], atol=1e-5)
    for beat in (4, 5):
        np.testing.assert_array_equal(noise[:, beat], noise[:, 3])
    assert float(noise.std()) == pytest.approx(1, abs=0.03)


def test_what_is_checked_is_what_would_be_delivered(shoot: Shoot) -> None:
    """At the plate's size, which here is four times the grid's: the composite itself.

    A layer's white is 1023, and the plate's in its codes 1020: three quarters of a code of 255 at most.
    """
    plate, drawn = shoot.plate, shoot.drawn
    said = exact(drawn, LENGTH)
    answer = Answer.of(said, torch.ones(said[:, 0].shape, dtype=torch.bool), plate.framing, FRAMES, rigid=False)
    laying = Laying(plate, shoot.clean, Moving(plate, shoot.clean, answer, shoot.window), 1.0)
    fine = replace(plate, framing=finer(plate.framing, plate.info, 4))
    shown = list(composed(fine, laying, shoot.window))
    for (frame, patch), picture in zip(laying.patches(range(FRAMES)), shown, strict=True):
        wanted = drawn.plate[frame].astype(np.float32)
        assert patch is not None
        y0, x0, y1, x1 = patch.box
        laid = patch.colour[..., :3] / (plate.layer.peak / 255)
        wanted[y0:y1, x0:x1] = np.where(patch.alpha[..., None] > 0, laid, wanted[y0:y1, x0:x1])
        np.testing.assert_allclose(picture * 255, wanted, atol=0.75)


def test_a_finer_framing_is_of_the_same_part_and_no_finer_than_the_plate(shoot: Shoot) -> None:
    info = shoot.scene.clip.info
    small = whole(info, ROWS * COLUMNS, (8, 8))
    assert finer(small, info, 2).size == WorkingSize(2 * ROWS, 2 * COLUMNS)
    assert finer(small, info, 9).size == WorkingSize(info.height, info.width)
    assert finer(small, info, 2).box == small.box


def test_settings_of_the_second_pass_are_read_by_their_paths() -> None:
    assert settings_of({"second.level": "0.5", "pass2": "always"}).second.model_dump() == {"steps": 2, "level": 0.5}
    for wrong in ({"second.level": 0}, {"pass2": "sometimes"}, {"second.none": 1}):
        with pytest.raises(UsageError, match=r"second|pass2"):
            settings_of(wrong)
