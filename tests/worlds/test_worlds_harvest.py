"""Layers from real footage, on a drawn clip whose truth is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cleanplate.edit.package import ShotPackage
from cleanplate.pipeline.edits import Remove
from cleanplate.pipeline.remove import remove
from cleanplate.worlds.harvest.layer import harvested
from cleanplate.worlds.harvest.matting import UNKNOWN, matted, trimap
from cleanplate.worlds.layered.alpha import over
from drawn_clips import FRAMES, HEIGHT, WIDTH, box_at, ground, picture, write_binary, write_video


@pytest.fixture(scope="module")
def shot(tmp_path_factory: pytest.TempPathFactory) -> ShotPackage:
    folder = tmp_path_factory.mktemp("harvest")
    plate = write_video(folder / "plate.mkv", map(picture, range(FRAMES)), "ffv1", "yuv444p", {})
    mask = write_binary(folder / "mask.mkv", range(FRAMES))
    return remove(plate, Remove(mask=mask), folder / "shot")


def test_a_removed_thing_becomes_the_layer_that_puts_it_back(shot: ShotPackage) -> None:
    clip = harvested(shot, "red box", height=HEIGHT)
    assert (clip.length, clip.subject) == (FRAMES, "red box")
    assert "red box" in clip.instruction
    frames = list(clip.frames())
    assert len(frames) == FRAMES
    for number, frame in enumerate(frames):
        assert frame.composite.shape == (HEIGHT, WIDTH, 3)
        assert np.abs(over(frame.edit, frame.alpha, frame.preserved).astype(int) - frame.composite).max() <= 1
        assert np.abs(frame.preserved.astype(int) - ground()).mean() < 3, "the clean plate"
        assert np.abs(frame.composite.astype(int) - picture(number)).mean() < 3, "the plate"
        y0, x0, y1, x1 = box_at(number)
        assert (frame.alpha[y0 + 2 : y1 - 2, x0 + 2 : x1 - 2] > 250).all()
        far = frame.alpha.copy()
        far[y0 - 4 : y1 + 4, max(0, x0 - 4) : x1 + 4] = 0
        assert not far.any()


def test_a_matte_finds_the_edge_inside_its_band() -> None:
    """A disc with a soft edge, marked by a mask that is two pixels too large."""
    y, x = np.mgrid[:64, :80]
    truth = np.clip(18.5 - np.hypot(y - 32, x - 40), 0, 1)
    shown = (truth[..., None] * (220, 60, 40) + (1 - truth[..., None]) * (40, 90, 160)).astype(np.uint8)
    loose = np.hypot(y - 32, x - 40) < 20.5
    thing = matted(shown, loose, 6, 3)
    alpha = thing.alpha
    assert np.abs(alpha - truth).mean() < 0.01
    assert np.abs(loose - truth).mean() > 5 * np.abs(alpha - truth).mean()
    rim = (alpha > 0.2) & (alpha < 0.95)
    assert np.abs(thing.colour[rim].astype(int) - (220, 60, 40)).mean() < 12, "its own colour, not that behind it"
    assert np.abs(shown[rim].astype(int) - (220, 60, 40)).mean() > 30


def test_a_trimap_is_sure_away_from_the_edge() -> None:
    mask = np.zeros((40, 40), bool)
    mask[10:30, 10:30] = True
    known = trimap(mask, 2, 3)
    assert set(np.unique(known)) == {0.0, UNKNOWN, 1.0}
    assert (known[12:28, 12:28] == 1).all()
    assert (known[:7] == 0).all()
    assert known[10, 20] == known[8, 20] == UNKNOWN


@pytest.mark.parametrize("mask", [np.zeros((20, 20), bool), np.pad(np.ones((1, 1), bool), 9), np.ones((20, 20), bool)])
def test_masks_without_an_edge_are_their_own_matte(mask: np.ndarray) -> None:
    alpha = matted(np.zeros((*mask.shape, 3), np.uint8), mask, 2, 2).alpha
    assert np.array_equal(alpha > 0.5, mask)


def test_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import sys

    from cleanplate.errors import ResourceError

    monkeypatch.setitem(sys.modules, "pymatting", None)
    with pytest.raises(ResourceError, match=r"cleanplate\[harvest\]"):
        matted(np.zeros((20, 20, 3), np.uint8), np.ones((20, 20), bool), 2, 2)
