"""Parts of the engine `vera` that need no model: sizes, keys and windows, what lies between, back to the plate."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cleanplate.edit.patch import ALPHA_PEAK
from cleanplate.edit.region import BoxRegion, whole_frame
from cleanplate.engines.learned.size import WorkingSize, working_size
from cleanplate.engines.vera.between import Between
from cleanplate.engines.vera.draw import Drawn
from cleanplate.engines.vera.edges import freed
from cleanplate.engines.vera.frames import Frames
from cleanplate.engines.vera.guided import guided_upsampling
from cleanplate.engines.vera.onto import Onto
from cleanplate.engines.vera.reel import Reel
from cleanplate.engines.vera.schedule import Rhythm, Window, keys_of, schedule
from cleanplate.engines.vera.settings import settings_of
from cleanplate.engines.vera.sheet import Sheet, blended
from cleanplate.errors import UsageError
from cleanplate.media.clip import Clip
from cleanplate.models.sampling.settings import Sampling
from cleanplate.models.sparse.economy import Economy
from drawn_clips import FRAMES, HEIGHT, WIDTH, write_plate
from drawn_vera import pixel_system
from plain_clips import info_of


@given(
    rows=st.integers(9, 3000),
    columns=st.integers(9, 4000),
    turns=st.sampled_from([0, 90, 180, 270]),
    aspect=st.sampled_from([Fraction(1), Fraction(4, 3), Fraction(8, 9)]),
)
def test_the_working_size_fits_and_keeps_the_aspect(rows: int, columns: int, turns: int, aspect: Fraction) -> None:
    info = info_of(1, (rows, columns), rotation=turns, sample_aspect=aspect)
    size = working_size(info, 832 * 480, (16, 16))
    assert np.prod(size.padded((16, 16))) <= 832 * 480
    assert size.coded[0] <= rows
    assert size.coded[1] <= max(1, round(columns * min(1.0, float(aspect))))
    shown = rows / (columns * float(aspect))
    shown = 1 / shown if turns % 180 else shown
    if min(size.rows, size.columns) > 30:
        assert size.rows / size.columns == pytest.approx(shown, rel=0.04)


def test_a_plate_of_wans_own_size_is_taken_as_it_is() -> None:
    assert working_size(info_of(1, (480, 832)), 832 * 480, (16, 16)) == WorkingSize(480, 832)


def test_turned_upright_and_back() -> None:
    picture = np.arange(24).reshape(2, 4, 3)
    for turns in range(4):
        size = WorkingSize(*((4, 2) if turns % 2 else (2, 4)), turns)
        assert size.upright(picture).shape[:2] == (size.rows, size.columns)
        assert np.array_equal(size.turned_back(size.upright(picture)), picture)


@given(
    frames=st.integers(1, 300),
    window=st.integers(0, 12),
    stride=st.sampled_from([1, 4]),
    rate=st.sampled_from([8.0, 12.0, 16.0, 25.0, 60.0]),
)
def test_windows_cover_every_frame_and_overlap_by_whole_latents(
    frames: int, window: int, stride: int, rate: float
) -> None:
    info, rhythm = info_of(frames), Rhythm(rate, 1 + window * stride, stride)
    windows = schedule(whole_frame(1, 1, range(frames)), range(frames), info, rhythm)
    assert [w.number for w in windows] == list(range(len(windows)))
    assert [n for w in windows for n in w.frames] == list(range(frames))
    assert all(len(w.keys) <= rhythm.window for w in windows)
    for before, after in pairwise(windows):
        assert after.head == rhythm.overlap
        assert before.keys[len(before.keys) - after.head :] == after.keys[: after.head]
        assert (after.head - 1) % stride == 0 or not after.head


def test_wans_windows_overlap_by_a_quarter() -> None:
    assert Rhythm(16, 49, 4).overlap == 13


def test_keys_keep_even_steps_and_end_with_the_last_frame() -> None:
    info = info_of(50, rate=30)
    assert keys_of(range(50), info, 2) == [*range(0, 50, 2), 49]
    assert keys_of(range(7, 12), info, 1) == list(range(7, 12))


def test_keys_of_a_varying_rate_go_by_time() -> None:
    info = info_of(6, rate=10, pts=np.array([0, 50, 200, 210, 400, 600]))
    assert keys_of(range(6), info, 2) == [0, 2, 4, 5]


def test_frames_on_which_nothing_may_change_are_not_drawn() -> None:
    class Twice:
        def box(self, frame: int) -> tuple[int, int, int, int] | None:
            return (0, 0, 1, 1) if frame < 5 or frame > 40 else None

    windows = schedule(Twice(), range(50), info_of(50), Rhythm(25, 9, 4))  # type: ignore[arg-type]
    assert [w.keys for w in windows] == [(0, 1, 2, 3, 4), tuple(range(41, 50)), *[w.keys for w in windows[2:]]]
    assert {n for w in windows for n in w.frames} == {*range(5), *range(41, 50)}


def sheet(level: float, alpha: float, size: tuple[int, int] = (6, 8)) -> Sheet:
    return Sheet(np.full((*size, 3), level, np.float32), np.full(size, alpha, np.float32))


def test_blending_counts_colours_as_they_cover() -> None:
    both = blended(sheet(0.2, 1.0), sheet(0.8, 0.0), 0.5)
    assert both.alpha == pytest.approx(0.5)
    assert both.colour == pytest.approx(0.2, abs=1e-3)
    assert blended(sheet(0.2, 0.5), sheet(0.8, 0.5), 0.25).colour == pytest.approx(0.35)


def disc(x: float, size: tuple[int, int] = (64, 96)) -> Sheet:
    """A textured disc at a place, on nothing."""
    y, u = np.mgrid[: size[0], : size[1]].astype(np.float32)
    alpha = np.clip(14.5 - np.hypot(u - x, y - 32), 0, 1).astype(np.float32)
    wave = 0.5 + 0.4 * np.sin((u - x) / 3) * np.cos(y / 4)
    return Sheet(np.repeat(wave[..., None], 3, 2).astype(np.float32), alpha)


def test_between_two_keys_a_thing_is_halfway_even_where_the_plate_stands_still() -> None:
    rng = np.random.default_rng(0)
    plate = cv2.GaussianBlur(rng.random((64, 96, 3)).astype(np.float32), (0, 0), 3)
    between = Between(disc(40), disc(46), (plate, plate))
    middle, truth = between.at(0.5), disc(43)
    assert np.abs(middle.alpha - truth.alpha).mean() < 0.01
    faded = 0.5 * disc(40).alpha + 0.5 * disc(46).alpha
    assert np.abs(middle.alpha - truth.alpha).sum() < 0.35 * np.abs(faded - truth.alpha).sum()


def drawn(frames: int, seed: int) -> Drawn:
    generator = torch.Generator().manual_seed(seed)
    edit, composite = (torch.rand((3, frames, 6, 8), generator=generator) for _ in range(2))
    return Drawn(edit, torch.rand((frames, 6, 8), generator=generator), composite)


def test_what_a_reel_gives_back_is_what_it_was_given(tmp_path: Path) -> None:
    reel, window, made = Reel(tmp_path), Window(3, (4, 5, 6, 7, 8), 0, 4), drawn(5, 0)
    assert not reel.has(window)
    reel.store(window, made)
    assert reel.has(window)
    assert reel.sheet(window, 2).alpha == pytest.approx(made.alpha_THW[2].numpy(), abs=1e-5)
    assert reel.sheet(window, 2).colour == pytest.approx(made.edit_3THW[:, 2].permute(1, 2, 0).numpy(), abs=1e-5)
    tail = reel.tail(window, 2)
    torch.testing.assert_close(tail.alpha_THW, made.alpha_THW[-2:], atol=1e-5, rtol=0)
    torch.testing.assert_close(tail.composite_3THW, made.composite_3THW[:, -2:], atol=3e-3, rtol=0)
    reel.drop(window)
    assert not reel.has(window)


def test_windows_are_drawn_once_in_order_and_let_go(tmp_path: Path) -> None:
    windows = tuple(Window(n, tuple(range(4 * n, 4 * n + 5)), int(n > 0), 4 * n + int(n > 0)) for n in range(3))
    asked: list[tuple[int, bool]] = []

    def draw(window: Window, head: Drawn | None) -> Drawn:
        asked.append((window.number, head is not None))
        return drawn(5, window.number)

    reel = Reel(tmp_path)
    frames = Frames(windows, reel, draw, None, info_of(13))  # type: ignore[arg-type]
    seen = [frames.at(n).alpha for n in range(13)]
    assert asked == [(0, False), (1, True), (2, True)]
    first, second = drawn(5, 0).alpha_THW[4].numpy(), drawn(5, 1).alpha_THW[0].numpy()
    assert seen[4] == pytest.approx((first + second) / 2, abs=1e-4)
    frames.let_go(6)
    assert [reel.has(window) for window in windows] == [False, True, True]
    again = Frames(windows, Reel(tmp_path), draw, None, info_of(13))  # type: ignore[arg-type]
    assert all(np.array_equal(again.at(n).alpha, seen[n]) for n in range(6, 13))
    assert len(asked) == 3


def test_a_guided_alpha_follows_the_plates_edge() -> None:
    large = np.zeros((96, 128), np.float32)
    large[:, 61:] = 1
    guide = 0.2 + 0.6 * large
    small, small_guide = (cv2.resize(image, (32, 24), interpolation=cv2.INTER_AREA) for image in (large, guide))
    guided = guided_upsampling(small, small_guide, guide)
    cubic = cv2.resize(small, (128, 96), interpolation=cv2.INTER_CUBIC)
    assert np.abs(guided - large).mean() < 0.3 * np.abs(cubic - large).mean()


def test_a_guide_puts_no_texture_into_a_flat_alpha() -> None:
    noise = np.random.default_rng(0).random((48, 64)).astype(np.float32)
    small = cv2.resize(noise, (16, 12), interpolation=cv2.INTER_AREA)
    for level in (0.0, 1.0):
        assert guided_upsampling(np.full((12, 16), level, np.float32), small, noise) == pytest.approx(level, abs=1e-6)


def test_soft_edges_are_freed_of_the_old_background() -> None:
    y, x = np.mgrid[:60, :80].astype(np.float32)
    share = np.clip((np.hypot(x - 40, y - 30) - 12) / 8, 0, 1).astype(np.float32)  # of the background
    subject, old, new = (np.asarray(c, np.float32) for c in ((0.8, 0.5, 0.4), (0.1, 0.7, 0.2), (0.2, 0.2, 0.6)))
    plate = share[..., None] * old + (1 - share[..., None]) * subject
    edit = np.broadcast_to(new, plate.shape).astype(np.float32)
    truth = share[..., None] * new + (1 - share[..., None]) * subject
    colour, alpha = freed(plate, edit, share)
    assert colour.min() >= 0
    assert colour.max() <= 1
    assert (alpha >= share - 1e-6).all()
    soft = (share > 0) & (share < 1)
    freed_error = np.abs(alpha[..., None] * colour + (1 - alpha[..., None]) * plate - truth)[soft].mean()
    plain_error = np.abs(share[..., None] * edit + (1 - share[..., None]) * plate - truth)[soft].mean()
    assert freed_error < 0.15 * plain_error
    assert np.array_equal(alpha[~soft], share[~soft])


def test_a_matte_without_soft_edges_is_left_alone() -> None:
    hard = np.zeros((8, 8), np.float32)
    hard[2:5] = 1
    colour = np.full((8, 8, 3), 0.3, np.float32)
    assert freed(colour, colour, hard)[0] is colour


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    return Clip.open(write_plate(tmp_path_factory.mktemp("onto") / "plate.mp4"))


def test_a_sheet_ends_at_the_permitted_region(clip: Clip) -> None:
    region = BoxRegion(HEIGHT, WIDTH, (5, 7, 31, 44), range(FRAMES))
    onto = Onto(clip.info, WorkingSize(24, 32), region)
    patch = onto.patch(clip.frame(1), sheet(0.5, 1.0, (24, 32)))
    assert patch is not None
    assert patch.box == (5, 7, 31, 44)
    assert (patch.alpha == ALPHA_PEAK).all()
    assert onto.patch(clip.frame(1), sheet(0.5, 0.01, (24, 32))) is None
    assert (
        Onto(clip.info, WorkingSize(24, 32), whole_frame(HEIGHT, WIDTH, range(2, 3))).patch(clip.frame(1), sheet(1, 1))
        is None
    )


def test_a_specks_alpha_goes_and_a_nearly_whole_one_is_whole(clip: Clip) -> None:
    alpha = np.zeros((HEIGHT, WIDTH), np.float32)
    alpha[10:30, 10:30] = 0.99
    alpha[40:42, 40:42] = 1
    onto = Onto(clip.info, WorkingSize(HEIGHT, WIDTH), whole_frame(HEIGHT, WIDTH, range(FRAMES)))
    patch = onto.patch(clip.frame(0), Sheet(np.zeros((HEIGHT, WIDTH, 3), np.float32), alpha))
    assert patch is not None
    assert (patch.alpha > 0).sum() == 400
    assert patch.alpha.max() == ALPHA_PEAK


def test_what_is_not_chosen_is_the_models_and_the_devices() -> None:
    system = pixel_system().model_copy(update={"sampling": Sampling(steps=9, guidance=1.0, shift=30.0)})
    chosen = settings_of({"guidance": 2, "sampling.economy.near": 3})
    settings = chosen.of(system, "cuda")
    assert (settings.sampling.steps, settings.sampling.shift, settings.sampling.guidance) == (9, 30.0, 2.0)
    assert settings.sampling_of(masked=True).economy == Economy(near=3)
    assert settings.running.dtype == "bfloat16"
    assert chosen.of(system, "cpu").running.dtype == "float32"
    assert settings_of({"running.dtype": "bfloat16"}).of(system, "cpu").running.dtype == "bfloat16"


def test_settings_go_by_name_and_nonsense_is_named() -> None:
    settings = settings_of({"steps": 7, "solver": "euler", "window": 9})
    assert (settings.sampling.steps, settings.sampling.solver, settings.window) == (7, "euler", 9)
    assert settings.sampling_of(masked=False).economy is None
    assert settings.sampling_of(masked=True).economy is not None
    for wrong in ({"steps": 0}, {"solver": "dpm"}, {"colour": "blue"}):
        with pytest.raises(UsageError, match=next(iter(wrong))):
            settings_of(wrong)
