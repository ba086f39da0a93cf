"""Parts of `void-nano`: windows, answers of turned clips, ways between beats, edges, what is in its domain, `auto`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from cleanplate.engines.learned.size import WorkingSize
from cleanplate.engines.propagate.engine import PropagateEngine
from cleanplate.engines.void.framing import Framing, whole
from cleanplate.engines.void.lay.plate import Plate
from cleanplate.engines.void_nano.answer import Answer
from cleanplate.engines.void_nano.choice import AutoEngine
from cleanplate.engines.void_nano.clean import CleanPlate
from cleanplate.engines.void_nano.course import Moment, between, gone
from cleanplate.engines.void_nano.edges import guided, thing_key
from cleanplate.engines.void_nano.residual import missing, said
from cleanplate.engines.void_nano.settings import settings_of
from cleanplate.engines.void_nano.telling import tell
from cleanplate.engines.void_nano.window import TooLong, Window, window_of
from cleanplate.errors import UsageError
from cleanplate.files import sha256
from cleanplate.masks.codec import read_mask_file
from cleanplate.masks.labels import KEEP
from cleanplate.masks.quadmask import QuadMask
from cleanplate.media.clip import Clip
from cleanplate.models.catalogue import shipped
from cleanplate.models.catalogue.system import Limits
from cleanplate.models.moving.compose import compose
from cleanplate.models.moving.domain import Domain, known, thresholds
from cleanplate.models.moving.scene import answer
from cleanplate.pipeline.edits import Remove
from cleanplate.pipeline.fitting import Footage, Place
from cleanplate.pipeline.machine import Machine
from cleanplate.pipeline.protocols import Plan, Scene
from cleanplate.pipeline.registry import fits
from drawn_nano import COLUMNS, FRAMES, ROWS, fall, write_fall, write_nano
from drawn_removal import write_clip
from drawn_spans import even, summary

LIMITS = Limits(frames=24, pixels=64 * 112, rate=12)
Real = NDArray[np.float32]


def windows(affected: range, *, frames: int, rate: float, begun: int = 0) -> Window | TooLong | None:
    seen = [summary(removed=16 * (n >= begun), affected=9 * (n in affected)) for n in range(frames)]
    return window_of(seen, even(frames, rate), LIMITS)


def test_a_window_begins_where_anything_may_change() -> None:
    found = windows(range(5, 20), frames=60, rate=12, begun=2)
    assert isinstance(found, Window)
    assert (found.frames, found.length) == (tuple(range(2, 26)), 24)


def test_a_window_counts_beats_not_frames() -> None:
    found = windows(range(48), frames=48, rate=24)
    assert isinstance(found, Window)
    assert found.frames == tuple(range(0, 48, 2))
    assert found.last == 47


@pytest.mark.parametrize("frames", [5, 6, 48])
def test_a_window_ends_with_the_clip(frames: int) -> None:
    found = windows(range(frames), frames=frames, rate=24)
    assert isinstance(found, Window)
    assert found.last == frames - 1


def test_a_window_comes_later_where_the_object_stays_long() -> None:
    found = windows(range(60, 75), frames=90, rate=12)
    assert isinstance(found, Window)
    assert 60 - 8 <= found.frames[0] <= 60
    assert found.last >= 74


def test_what_fits_no_window_is_told() -> None:
    found = windows(range(10, 40), frames=90, rate=12)
    assert found == TooLong(10, 39, 2.0)
    assert windows(range(0), frames=90, rate=12) is None


@pytest.mark.parametrize("turns", range(4))
def test_shifts_of_a_turned_clip_point_to_the_same_place(turns: int) -> None:
    """A point of the coded picture, and the one it comes from, before and after turning."""
    rows, columns = 4, 6
    coded_at, coded_from = (1, 4), (3, 1)
    size = WorkingSize(*((columns, rows) if turns % 2 else (rows, columns)), turns)
    marks = np.zeros((2, rows, columns))
    marks[0][coded_at], marks[1][coded_from] = 1, 1
    at, source = (np.argwhere(size.upright(mark))[0] for mark in marks)
    shift = torch.zeros(1, 2, size.rows, size.columns)
    shift[0, :, at[0], at[1]] = torch.tensor([source[1] - at[1], source[0] - at[0]], dtype=torch.float32)
    said = answer(shift, torch.zeros(1, size.rows, size.columns), torch.zeros(1, 3, size.rows, size.columns))
    framing = Framing((0, 0, rows, columns), size, size.rows, size.columns)
    told = Answer.of(said, torch.ones(1, size.rows, size.columns, dtype=torch.bool), framing, 1, rigid=True)
    assert told.shift.shape == (1, rows, columns, 2)
    assert told.shift[0][coded_at].tolist() == [coded_from[1] - coded_at[1], coded_from[0] - coded_at[0]]


def thing(top: int, shift: tuple[float, float], size: tuple[int, int] = (32, 40)) -> Moment:
    """Six by six pixels at a row, with the shift everywhere."""
    seen = np.zeros(size, np.float32)
    seen[top : top + 6, 20:26] = 1
    field = np.broadcast_to(np.array(shift, np.float32), (*size, 2)).copy()
    return Moment(field, seen, np.zeros((*size, 3), np.float32))


@pytest.mark.parametrize("drift", [0.0, 2.0])
@pytest.mark.parametrize("time", [0.25, 0.5, 0.75])
def test_between_beats_a_thing_is_on_its_way(time: float, drift: float) -> None:
    """It falls four rows from beat to beat; the plate shows it at row 4, and drifting to the right."""
    a, b = thing(8, (-10.0, -4.0)), thing(12, (-10.0 + drift, -8.0))
    flow = np.broadcast_to(np.array((drift, 0.0), np.float32), (*a.seen.shape, 2)).copy()
    np.testing.assert_allclose(gone(a, b, flow)[10, 22], (0, 4), atol=0.05)
    found = between(a, b, (flow, -flow), time)
    rows = np.average(np.arange(32), weights=found.seen[:, 22])
    assert rows == pytest.approx(8 + 2.5 + 4 * time, abs=0.1)
    np.testing.assert_allclose(found.shift[int(rows), 22], (-10 + drift * time, -4 - 4 * time), atol=0.1)


def test_where_only_one_beat_shows_a_thing_that_one_serves() -> None:
    a, b = thing(8, (0.0, 0.0)), thing(12, (0.0, -8.0))
    hidden = replace(a, seen=np.zeros_like(a.seen))
    still = np.zeros((*a.seen.shape, 2), np.float32)
    assert between(hidden, b, (still, still), 0.25).seen.sum() == pytest.approx(36, abs=1)


def test_edges_are_those_of_the_guide() -> None:
    """The edge of a coarse cell, a ramp of two cells, lies three pixels beside that of the guide."""
    guide = np.zeros((64, 64), np.float32)
    guide[:, 30:] = 1
    coarse = np.broadcast_to(np.clip((np.arange(64) - 25) / 16, 0, 1), (64, 64)).astype(np.float32)
    found = guided(coarse, guide, 8)[32]
    steps = np.diff(found)
    assert steps.argmax() == 29
    assert steps[29] > 0.5 > 5 * np.delete(steps, 29).max()


def test_a_key_shows_what_is_there_but_is_not_removed() -> None:
    plate, clean = np.full((4, 8, 3), 100, np.float32), np.full((4, 8, 3), 100, np.float32)
    plate[:, 2:6] = 200
    gone_there = np.zeros((4, 8), bool)
    gone_there[:, 4:] = True
    assert thing_key(plate, clean, 255, gone_there)[0].tolist() == [0, 0, 1, 1, 0, 0, 0, 0]


def test_only_what_is_missing_is_added() -> None:
    """A picture that agrees with what is shown, but for a shadow and a trifle, gets the shadow alone."""
    shown = np.random.default_rng(0).random((12, 16, 3)).astype(np.float32)
    wanted, keeps = shown + np.float32(0.005), np.zeros((12, 16), bool)
    wanted[4:8, 4:12] -= np.float32(0.3)
    keeps[:, 10:] = True
    more = missing(wanted, shown, keeps)
    assert more[4:8, 4:10] == pytest.approx(-0.285, abs=1e-6)
    more[4:8, 4:10] = 0
    assert not more.any()


def test_what_the_model_says_is_what_it_learned_to_say() -> None:
    """On its grid, with NumPy, as in training."""
    random = np.random.default_rng(1)
    plate, clean, residual = (random.random((8, 12, 3)).astype(np.float32) for _ in range(3))
    shift = random.normal(0, 2, (8, 12, 2)).astype(np.float32)
    seen = random.random((8, 12)).astype(np.float32)
    channels = (torch.from_numpy(one).permute(2, 0, 1)[None] for one in (plate, clean, shift, residual))
    tensor_plate, tensor_clean, tensor_shift, tensor_residual = channels
    learned = compose(tensor_plate, tensor_clean, answer(tensor_shift, torch.from_numpy(seen)[None], tensor_residual))
    found = said(plate, clean, Moment(shift, seen, residual))
    np.testing.assert_allclose(found, learned[0].permute(1, 2, 0).numpy(), atol=0.05)  # OpenCV knows 32 places


def test_settings_are_read_as_a_user_writes_them() -> None:
    assert settings_of({"crop": "yes", "steps": 4}).crop is True
    with pytest.raises(UsageError, match="colour"):
        settings_of({"colour": 1})


def test_thresholds_are_kept_to_by_name() -> None:
    found = [Domain(kept=n / 100, mirrored=n / 50) for n in range(101)]
    most = thresholds(found)
    assert most == pytest.approx({"kept": 0.95, "mirrored": 1.9})
    assert Domain(0.9, 1.8).within(most)
    assert not Domain(0.9, 2.0).within(most)
    assert not Domain(0.0, 0.0).within(known({}))


def test_it_says_what_it_would_take() -> None:
    (fit,) = fits("void-nano", Footage(1080, 1920, 24), Place("cpu", 0, 8_000_000_000, 2))
    assert fit.fits
    assert fit.memory_bytes > 400_000_000


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clip"), 6, onset=1)


def planned(clip: Path) -> Plan:
    edit, machine = Remove(mask=clip / "quadmask.mkv"), Machine("", "", 1, 8_000_000_000, 8_000_000_000)
    with Clip.open(clip / "plate.mkv") as plate:
        quadmask, _ = read_mask_file(clip / "quadmask.mkv", plate.info, clip / "given.mkv")
        scene = Scene(plate, quadmask)
        found, plain = (engine.plan(edit, scene, machine, 0) for engine in (AutoEngine(), PropagateEngine()))
    assert isinstance(found, Plan)
    assert isinstance(plain, Plan)
    assert found.engine != "propagate" or replace(found, notes=plain.notes) == plain
    return found


@pytest.fixture
def brought(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The package brings weights along."""
    folder = write_nano(tmp_path / shipped.NANO)
    digest = sha256(folder / shipped.WEIGHTS)
    monkeypatch.setattr(shipped, "FOLDER", tmp_path)
    monkeypatch.setattr(shipped, "SHIPPED", {shipped.NANO: shipped.Shipped("small", digest, by_itself=True)})
    return folder


def test_without_weights_everything_is_as_it_was(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipped, "SHIPPED", {})
    assert planned(clip).engine == "propagate"


def test_weights_that_may_not_run_by_themselves_have_to_be_named(
    clip: Path, brought: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (brought / shipped.CARD).write_text('{"domain": {"kept": 2.0, "mirrored": 2.0}}', encoding="utf-8")
    row = replace(shipped.SHIPPED[shipped.NANO], by_itself=False)
    monkeypatch.setattr(shipped, "SHIPPED", {shipped.NANO: row})
    assert planned(clip).engine == "propagate"


@pytest.mark.parametrize(("most", "engine"), [(2.0, "void-nano"), (0.0, "propagate")])
def test_it_runs_by_itself_where_it_knows_the_clip(clip: Path, brought: Path, most: float, engine: str) -> None:
    (brought / shipped.CARD).write_text(f'{{"domain": {{"kept": {most}, "mirrored": {most}}}}}', encoding="utf-8")
    found = planned(clip)
    assert found.engine == engine
    assert ("Nothing dynamic is invented" in " ".join(found.notes)) is (engine == "propagate")


def test_the_clean_plate_is_told_as_if_all_of_the_frame_were_brought_down(tmp_path: Path) -> None:
    """Only the cells round what may change are computed."""
    folder = write_fall(tmp_path / "clip", fall())
    window = Window(tuple(range(FRAMES)), FRAMES, FRAMES - 1)
    with Clip.open(folder / "plate.mkv") as clip:
        quadmask = QuadMask.open(folder / "quadmask.mkv")
        plate, clean = Plate(clip, quadmask, whole(clip.info, ROWS * COLUMNS, (8, 8))), CleanPlate(tmp_path / "clean")
        clean.make(Scene(clip, quadmask), quadmask, [range(FRAMES)], 0, lambda advance=1: None)
        told = tell(plate, clean, window)
        for frame in clip.frames():
            codes = plate.codes_at(frame, plate.scale.box)
            clean.over(frame.index, codes, plate.scale.box)
            full = cv2.resize(plate.picture_of(codes), (COLUMNS, ROWS), interpolation=cv2.INTER_AREA)
            goes = told.labels[frame.index] != KEEP
            np.testing.assert_allclose(told.clean[frame.index][goes], full[goes] * 255, atol=0.6)
            assert (told.clean[frame.index][~goes] == told.plate[frame.index][~goes]).all()
