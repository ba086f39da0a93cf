"""What finds the things that words name: pictures of any size, words that count, whole or no weights."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from torch.nn import functional

from cleanplate.errors import InputError
from cleanplate.models.catalogue.shipped import FINDER, FOLDER, WEIGHTS
from cleanplate.models.catalogue.verify import verify
from cleanplate.models.finding.finder import Finder, completed, found, load, save
from cleanplate.models.finding.shape import Shape
from cleanplate.models.store.mixtures import finder_of
from cleanplate.progress import Silent

SHAPE = Shape(widths=(8, 16, 24), told=12, text_dim=6)
STEP = 8
"""Of which sides are multiples: patches of two, halved twice."""


def finder(seed: int = 0) -> Finder:
    torch.manual_seed(seed)
    return Finder(SHAPE).eval()


def video(frames: int, rows: int, columns: int) -> torch.Tensor:
    return torch.rand((3, frames, rows, columns), generator=torch.Generator().manual_seed(3)) * 2 - 1


NAMES = ("red ball", "blue box")


@settings(max_examples=20)
@given(st.integers(1, 3), st.integers(1, 40), st.integers(1, 40))
def test_clips_of_any_size_are_looked_at_whole(frames: int, rows: int, columns: int) -> None:
    said = found(finder(), video(frames, rows, columns), NAMES)
    assert said.shape == (frames, rows, columns)
    assert ((said >= 0) & (said <= 1)).all()


def test_edges_are_repeated_until_the_size_fits() -> None:
    clip = video(1, 13, 21)
    wider = functional.pad(clip, (0, 3, 0, 3), mode="replicate")
    assert wider.shape[2] % STEP == wider.shape[3] % STEP == 0
    assert SHAPE.step == STEP
    torch.testing.assert_close(found(finder(), clip, NAMES), found(finder(), wider, NAMES)[:, :13, :21])


def test_frames_are_looked_at_each_by_itself_however_many_there_are() -> None:
    clip = video(19, 16, 24)
    said = found(finder(), clip, NAMES)
    alone = torch.cat([found(finder(), clip[:, frame : frame + 1], NAMES) for frame in range(19)])
    torch.testing.assert_close(said, alone, rtol=1e-4, atol=1e-5)


def test_names_count() -> None:
    clip = video(1, 16, 24)
    said = [found(finder(), clip, names) for names in (NAMES, NAMES[:1], ("blue ball",), ())]
    for number, one in enumerate(said):
        assert one.isfinite().all()
        assert not any(torch.allclose(one, other, atol=1e-4) for other in said[:number])


def test_things_are_claimed_whole() -> None:
    """A striped thing of which more is claimed than not, one of which less is, and a claim beside them."""
    standing, named = torch.zeros((2, 12, 30)), torch.zeros((2, 12, 30))
    standing[:, 2:8, 2:12], standing[:, 2:8, 16:26] = 0.9, 0.8
    named[:, 2:8, 2:9], named[:, 2:8, 16:19], named[:, 10, 10] = 0.95, 0.95, 0.7
    made = completed(named, standing)
    assert (made[:, 2:8, 9:12] == 0.9).all()
    assert (made[:, 2:8, 2:9] == 0.95).all()
    assert (made[:, 2:8, 19:26] == 0).all()
    assert (made[:, 10, 10] == 0.7).all()
    assert torch.equal(completed(named[:1], standing[:1]), made[:1])


def test_what_follows_the_last_word_does_not_count() -> None:
    picture, words = video(1, 16, 24).transpose(0, 1), torch.randn(1, 4, 6)
    padded = torch.cat((words, torch.zeros(1, 5, 6)), dim=1)
    torch.testing.assert_close(finder()(picture, padded), finder()(picture, words))


def test_what_cannot_be_normalised_is_no_shape() -> None:
    for widths in ((12, 16), (8,), (0, 8)):
        with pytest.raises(ValueError, match="widths"):
            Shape(widths=widths)


def test_what_was_saved_is_loaded_and_nothing_else(tmp_path: Path) -> None:
    made, clip = finder(), video(1, 16, 24)
    save(made, tmp_path / "own")
    torch.testing.assert_close(found(load(tmp_path / "own"), clip, NAMES), found(made, clip, NAMES), rtol=0, atol=1e-2)
    tensors = load_file(tmp_path / "own" / WEIGHTS)
    del tensors["head.bias"]
    save_file(tensors, tmp_path / "own" / WEIGHTS)
    with pytest.raises(InputError, match=r"lack head\.bias"):
        load(tmp_path / "own")
    (tmp_path / "own" / "config.json").write_text(json.dumps({"format": "other"}))
    with pytest.raises(InputError, match="no finder of ours"):
        load(tmp_path / "own")


def test_the_packages_finder_is_whole_and_one_beside_the_weights_is_taken_first(tmp_path: Path) -> None:
    told = verify(FINDER, Silent())
    assert not told.findings
    assert str(FOLDER / FINDER / WEIGHTS) not in told.unstated
    assert finder_of().shape == finder_of(tmp_path).shape == Shape()
    save(finder(), tmp_path / FINDER)
    assert finder_of(tmp_path).shape == SHAPE
