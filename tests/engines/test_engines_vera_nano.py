"""What vera-nano needs of its engine: words it knows, keys spread over an edit, outlines and grain of the plate."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

from cleanplate.edit.region import whole_frame
from cleanplate.edit.verify import verify
from cleanplate.engines.vera import engine as vera
from cleanplate.engines.vera.draw import Draughtsman, Drawn, Scenery
from cleanplate.engines.vera.finish import grain_of, levelled, sharpened
from cleanplate.engines.vera.schedule import Rhythm, schedule
from cleanplate.errors import UsageError
from cleanplate.media.clip import Clip
from cleanplate.models.catalogue.system import Limits, System
from cleanplate.models.catalogue.vocabulary import NANO
from cleanplate.models.codecs.pixel import PixelCodec
from cleanplate.models.codecs.protocol import fit
from cleanplate.models.sampling.settings import Sampling
from cleanplate.pipeline.add import add
from cleanplate.pipeline.edits import Add
from cleanplate.pipeline.make import Order
from drawn_clips import ground, write_plate, write_video
from drawn_models import drawn, drawn_video
from drawn_stock import pixels_system
from drawn_vera import TEXT_DIM, DrawnParts, write_weights
from plain_clips import info_of

GEOMETRY = {"dim": 32, "layers": 1, "heads": 2, "ffn_dim": 32, "text_dim": TEXT_DIM, "frequency_dim": 16, "waves": 2}


def small() -> System:
    limits = Limits(frames=8, pixels=8 * 16, rate=25, slowest=5)
    return pixels_system((4, 8, 8), **GEOMETRY).model_copy(update={"limits": limits})


@pytest.mark.parametrize(("frames", "windows", "keys"), [(12, 1, 12), (49, 1, 16), (75, 1, 16), (200, 4, None)])
def test_one_window_holds_an_edit_that_is_short_enough(frames: int, windows: int, keys: int | None) -> None:
    rhythm = Rhythm(16, 16, 1, slowest=4)
    made = schedule(whole_frame(1, 1, range(frames)), range(frames), info_of(frames, rate=20), rhythm)
    assert len(made) == windows
    assert [n for window in made for n in window.frames] == list(range(frames))
    if keys is not None:
        steps = {b - a for a, b in pairwise(made[0].keys)}
        assert len(made[0].keys) == keys
        assert max(steps) - min(steps) <= 1


@pytest.mark.parametrize("slowest", [None, 4])
@pytest.mark.parametrize("frames", [1, 16, 17, 48, 61, 62, 90, 200, 400])
def test_how_many_frames_are_drawn_is_known_before_there_is_a_clip(frames: int, slowest: float | None) -> None:
    """Of a clip at the model's rate."""
    rhythm = Rhythm(16, 16, 1, slowest)
    made = schedule(whole_frame(1, 1, range(frames)), range(frames), info_of(frames, rate=16), rhythm)
    assert rhythm.keys(frames) == len({key for window in made for key in window.keys})


@pytest.mark.parametrize("stride", [1, 4])
def test_latent_frames_come_in_whole_patches(stride: int) -> None:
    video = drawn_video(1, 3, 1 + 2 * stride, 16, 24)
    padded, size = fit(video, (stride, 8, 8), together=4)
    assert size.frames == 1 + 2 * stride
    assert 1 + (padded.shape[2] - 1) // stride == 4
    assert torch.equal(
        padded[:, :, size.frames :], video[:, :, -1:].expand(-1, -1, padded.shape[2] - size.frames, -1, -1)
    )


@pytest.mark.parametrize("frames", [3, 8])
def test_windows_of_any_length_are_drawn_and_begin_as_the_one_before_ended(frames: int) -> None:
    system = small()
    text = torch.randn((1, 5, TEXT_DIM), generator=torch.Generator().manual_seed(1))
    settings = Sampling(steps=2, guidance=1.0, solver="euler")
    draughtsman = Draughtsman(
        drawn(system.transformer), PixelCodec((1, 1, 1)), system, texts=(text, None), settings=settings, masked=True
    )
    region = torch.zeros((frames, 16, 24), dtype=torch.bool)
    region[:, 3:9, 5:14] = True
    head = Drawn(torch.full((3, 2, 16, 24), 0.3), torch.full((2, 16, 24), 0.6), torch.full((3, 2, 16, 24), 0.4))
    made = draughtsman.draw(Scenery(drawn_video(3, frames, 16, 24), region, head, 0))
    assert made.alpha_THW.shape == (frames, 16, 24)
    assert made.alpha_THW[~region].max() < 1e-6
    torch.testing.assert_close(made.alpha_THW[:2][region[:2]], head.alpha_THW[region[:2]], rtol=0, atol=2e-3)


def test_outlines_become_steep_and_levels_stay() -> None:
    y, x = np.mgrid[:96, :128].astype(np.float32)
    thing = np.clip((20 - np.hypot(x - 40, y - 48)) / 12 + 0.5, 0, 1)
    shadow = 0.3 * np.clip((15 - np.hypot(x - 95, y - 48)) / 12 + 0.5, 0, 1)
    soft = (thing + shadow).astype(np.float32)
    sharp = sharpened(soft, 8)
    assert sharp[48, 40] == 1
    assert sharp[48, 95] == pytest.approx(0.3, abs=1e-6)
    assert sharp.max() <= 1
    assert np.abs(np.diff(sharp, axis=1)).max() > 1.8 * np.abs(np.diff(soft, axis=1)).max()
    assert np.abs((sharp > 0.5) ^ (soft > 0.5)).mean() < 0.01
    assert np.array_equal(sharpened(np.full((20, 20), 0.4, np.float32), 8), np.full((20, 20), 0.4, np.float32))


def test_haze_goes_and_a_shadow_stays() -> None:
    given = np.array([0.0, 0.06, 0.3, 0.6, 0.95, 1.0], np.float32)
    np.testing.assert_allclose(levelled(given), [0, 0, 0.3, 0.6, 1, 1], atol=1e-6)
    rising = levelled(np.linspace(0, 1, 200, dtype=np.float32))
    assert (np.diff(rising) >= 0).all()


def test_grain_is_the_plates(tmp_path: Path) -> None:
    random, still = np.random.default_rng(0), np.full((96, 128, 3), 110.0)
    noisy = (np.clip(still + random.normal(0, 3, (96, 128, 1)), 0, 255).astype(np.uint8) for _ in range(4))
    measured = [
        grain_of(Clip.open(write_video(tmp_path / f"{name}.mkv", pictures, "ffv1", "yuv420p", {})))
        for name, pictures in (("noisy", noisy), ("clean", (ground((96, 128)) for _ in range(4))))
    ]
    assert measured[0] is not None
    assert measured[1] is not None
    assert measured[0].total[0] == pytest.approx(4 * 3 * 219 / 255, rel=0.2)
    assert measured[1].total[0] < 0.2
    assert grain_of(Clip.open(write_plate(tmp_path / "one.mp4", 1))) is None


@pytest.mark.parametrize(
    ("instruction", "background", "said"),
    [
        ("Add a dragon", False, "'dragon'"),
        ("Add something blue", False, "'something'"),
        ("Add it in the middle of the frame", False, "names nothing"),
        ("Change the background to a jungle", True, "'jungle'"),
        ("Change the background. Keep the red ball intact.", True, "names no place"),
    ],
)
def test_other_words_are_refused_with_the_list(instruction: str, background: bool, said: str) -> None:
    with pytest.raises(UsageError, match=said) as refused:
        NANO.require(instruction, "vera-nano", background=background)
    assert refused.value.remedy is not None
    assert "mushroom" in refused.value.remedy
    assert "a desert of rolling dunes" in refused.value.remedy


@pytest.mark.parametrize(
    ("instruction", "background"),
    [
        ("Add a red ball", False),
        ("Please put a blue paper boat on the left, moving slowly from left to right.", False),
        ("Change the background to a desert. Keep the heart intact.", True),
    ],
)
def test_short_instructions_are_understood(instruction: str, background: bool) -> None:
    NANO.require(instruction, "vera-nano", background=background)


def test_an_addition_ends_in_a_proven_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vera.VeraEngine.__init__, "__defaults__", (None, None, DrawnParts))
    weights = str(write_weights(tmp_path / "nano", small()))
    plate, order = write_plate(tmp_path / "plate.mp4", 10), Order("vera-nano", weights, {"steps": 2})
    with pytest.raises(UsageError, match="'whale'"):
        add(plate, Add(instruction="a whale"), tmp_path / "shot", order)
    package = add(plate, Add(instruction="a red ball", box=(8, 6, 41, 40)), tmp_path / "shot", order)
    proof = verify(package)
    assert proof.passed, proof.faults
    assert proof.touched > 0
    assert package.shot.engine.parameters["finished"]
    assert package.shot.measurements["windows"] == 1
    assert package.shot.measurements["frames_drawn"] == 8
    assert any("Research preview" in note for note in package.shot.notes)
