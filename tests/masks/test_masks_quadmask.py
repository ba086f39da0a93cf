"""The quadmask file: exact labels, random access, its index, and what is refused."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleanplate import files
from cleanplate.errors import InputError
from cleanplate.masks.labels import LABELS, Labels
from cleanplate.masks.quadmask import AFFECTED, KEEP, OVERLAP, REMOVE, QuadMask, QuadMaskWriter, index_path

RATE = Fraction(12)


def random_labels(length: int, height: int, width: int, seed: int = 0) -> Any:
    rng = np.random.default_rng(seed)
    return rng.choice(np.array(LABELS, dtype=np.uint8), size=(length, height, width))


def written(path: Path, frames: Labels, **timing: Any) -> Any:
    with QuadMaskWriter(path, height=frames.shape[1], width=frames.shape[2], rate=RATE, **timing) as writer:
        for labels in frames:
            writer.write(labels)
    return QuadMask.open(path)


@settings(max_examples=12)
@given(st.integers(1, 5), st.integers(1, 70), st.integers(1, 70), st.integers(0, 99))
def test_every_label_comes_back(
    tmp_path_factory: pytest.TempPathFactory, length: int, height: int, width: int, seed: int
) -> None:
    frames = random_labels(length, height, width, seed)
    mask = written(tmp_path_factory.mktemp("q") / "quadmask.mkv", frames)
    assert (len(mask), mask.height, mask.width) == frames.shape
    assert all(np.array_equal(a, b) for a, b in zip(mask, frames, strict=True))


def test_frames_that_stay_the_same_come_back(tmp_path: Path) -> None:
    frames = random_labels(3, 40, 60)[[0, 0, 1, 1, 1, 0, 2, 2]]
    mask = written(tmp_path / "q.mkv", frames)
    assert all(np.array_equal(mask.at(n), frames[n]) for n in (7, 6, 5, 4, 3, 2, 1, 0))
    assert mask.summaries[2] == mask.summaries[4] != mask.summaries[5] == mask.summaries[0]


def test_random_access_in_any_order(tmp_path: Path) -> None:
    frames = random_labels(9, 40, 60)
    mask = written(tmp_path / "q.mkv", frames)
    for n in (5, 6, 2, 2, 8, 0, 1, 7):
        assert np.array_equal(mask.at(n), frames[n])
    mask.close()
    assert np.array_equal(mask.at(3), frames[3])
    with pytest.raises(IndexError):
        mask.at(9)


def test_boxes_changes_and_fractions(tmp_path: Path) -> None:
    frames = np.full((3, 20, 30), KEEP, dtype=np.uint8)
    frames[1, 4:6, 7:11] = REMOVE
    frames[1, 5, 10], frames[1, 19, 29] = OVERLAP, AFFECTED
    mask = written(tmp_path / "q.mkv", frames)
    assert mask.changed_frames == [1]
    assert mask.box_of_change(0) is None
    assert mask.box_of_change(1) == (4, 7, 20, 30)
    assert mask.summaries[1].counts == (7, 1, 1, 591)
    assert mask.fractions.sum(axis=1) == pytest.approx(1)
    assert mask.fraction(REMOVE, OVERLAP) == pytest.approx(8 / 1800)


def test_the_index_is_rebuilt_when_it_is_missing_or_of_another_file(tmp_path: Path) -> None:
    frames = random_labels(4, 24, 32)
    mask = written(tmp_path / "q.mkv", frames)
    index = index_path(mask.path)
    stale = index.read_text()
    index.unlink()
    assert QuadMask.open(mask.path).summaries == mask.summaries
    other = written(tmp_path / "other.mkv", random_labels(4, 24, 32, seed=1))
    index_path(other.path).write_text(stale)
    assert QuadMask.open(other.path).summaries == other.summaries
    index_path(other.path).write_text("{")
    assert QuadMask.open(other.path).summaries == other.summaries


def test_same_labels_same_bytes(tmp_path: Path) -> None:
    frames = random_labels(3, 48, 64)
    a, b = (written(tmp_path / name, frames).path for name in ("a.mkv", "b.mkv"))
    assert files.sha256(a) == files.sha256(b)
    assert json.loads(index_path(a).read_text()) == json.loads(index_path(b).read_text())


def test_the_plates_times_are_kept(tmp_path: Path) -> None:
    from cleanplate.media.ffv1 import read_ffv1

    mask = written(tmp_path / "q.mkv", random_labels(3, 16, 16), time_base=Fraction(1, 1000), pts=[0, 40, 1000])
    assert [time for time, _ in read_ffv1(mask.path)] == [0, 40, 1000]


def test_nothing_is_left_when_writing_fails(tmp_path: Path) -> None:
    good, bad = np.full((8, 8), KEEP, dtype=np.uint8), np.full((8, 8), 1, dtype=np.uint8)
    with pytest.raises(ValueError, match="labels"):
        written(tmp_path / "q.mkv", np.stack([good, bad]))
    assert list(tmp_path.iterdir()) == []


def test_frames_of_another_size_are_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(ValueError, match="8"),
        QuadMaskWriter(tmp_path / "q.mkv", height=8, width=8, rate=RATE) as writer,
    ):
        writer.write(np.full((8, 9), KEEP, dtype=np.uint8))


@pytest.mark.parametrize("content", [b"", b"not a video"])
def test_what_is_no_quadmask_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "q.mkv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"q\.mkv"):
        QuadMask.open(path)
    with pytest.raises(InputError, match="missing"):
        QuadMask.open(tmp_path / "missing.mkv")


def test_levels_that_are_no_labels_are_refused(tmp_path: Path) -> None:
    from cleanplate.masks.quadmask import GRAY8
    from cleanplate.media.ffv1 import Ffv1Writer
    from cleanplate.media.frame import ColourTags

    path = tmp_path / "gray.mkv"
    with Ffv1Writer(path, GRAY8, 16, 16, colour=ColourTags(), time_base=1 / RATE, rate=RATE) as writer:
        writer.write((np.full((16, 16), 100, dtype=np.uint8),), 0)
    with pytest.raises(InputError, match="no labels"):
        QuadMask.open(path)
