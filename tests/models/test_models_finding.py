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
from cleanplate.models.catalogue.small import vera_nano
from cleanplate.models.catalogue.verify import verify
from cleanplate.models.finding.finder import Finder, found, load, save
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


WORDS = torch.randn((1, 4, 6), generator=torch.Generator().manual_seed(4))


@settings(max_examples=20)
@given(st.integers(1, 3), st.integers(1, 40), st.integers(1, 40))
def test_clips_of_any_size_are_looked_at_whole(frames: int, rows: int, columns: int) -> None:
    said = found(finder(), video(frames, rows, columns), WORDS)
    assert said.shape == (frames, rows, columns)
    assert ((said >= 0) & (said <= 1)).all()


def test_edges_are_repeated_until_the_size_fits() -> None:
    clip = video(1, 13, 21)
    wider = functional.pad(clip, (0, 3, 0, 3), mode="replicate")
    assert wider.shape[2] % STEP == wider.shape[3] % STEP == 0
    assert finder().step == STEP
    torch.testing.assert_close(found(finder(), clip, WORDS), found(finder(), wider, WORDS)[:, :13, :21])


def test_frames_are_looked_at_each_by_itself_however_many_there_are() -> None:
    clip = video(19, 16, 24)
    said = found(finder(), clip, WORDS)
    alone = torch.cat([found(finder(), clip[:, frame : frame + 1], WORDS) for frame in range(19)])
    torch.testing.assert_close(said, alone, rtol=1e-4, atol=1e-5)


def test_words_count_and_what_follows_the_last_does_not() -> None:
    clip, padded = video(1, 16, 24), torch.cat((WORDS, torch.zeros(1, 5, 6)), dim=1)
    torch.testing.assert_close(found(finder(), clip, padded), found(finder(), clip, WORDS))
    nothing = found(finder(), clip, torch.zeros_like(WORDS))
    assert nothing.isfinite().all()
    assert not torch.allclose(nothing, found(finder(), clip, WORDS), atol=1e-4)
    assert not torch.allclose(found(finder(), clip, -WORDS), found(finder(), clip, WORDS), atol=1e-4)


def test_what_cannot_be_normalised_is_no_shape() -> None:
    for widths in ((12, 16), (8,), (0, 8)):
        with pytest.raises(ValueError, match="widths"):
            Shape(widths=widths)


def test_what_was_saved_is_loaded_and_nothing_else(tmp_path: Path) -> None:
    made, clip = finder(), video(1, 16, 24)
    save(made, tmp_path / "own")
    torch.testing.assert_close(found(load(tmp_path / "own"), clip, WORDS), found(made, clip, WORDS), rtol=0, atol=1e-2)
    tensors = load_file(tmp_path / "own" / WEIGHTS)
    del tensors["head.bias"]
    save_file(tensors, tmp_path / "own" / WEIGHTS)
    with pytest.raises(InputError, match=r"lack head\.bias"):
        load(tmp_path / "own")
    (tmp_path / "own" / "config.json").write_text(json.dumps({"format": "other"}))
    with pytest.raises(InputError, match="no finder of ours"):
        load(tmp_path / "own")


def test_the_packages_finder_is_whole_and_reads_the_models_words(tmp_path: Path) -> None:
    told = verify(FINDER, Silent())
    assert not told.findings
    assert str(FOLDER / FINDER / WEIGHTS) not in told.unstated
    assert finder_of(vera_nano()).shape == Shape()
    save(finder(), tmp_path / FINDER)
    with pytest.raises(InputError, match="words of 6 channels"):
        finder_of(vera_nano(), tmp_path)
    assert finder_of(vera_nano(text_dim=6), tmp_path).shape == SHAPE
