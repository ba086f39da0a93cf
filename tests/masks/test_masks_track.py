"""Tracks on disk: every mask comes back, and a broken file is refused."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cleanplate import files
from cleanplate.errors import InputError
from cleanplate.masks.track import Mask, Track, TrackWriter, mask_box


def written(path: Path, masks: Mask, confidence: float = 1.0, name: str = "cup") -> Track:
    length, height, width = masks.shape
    with TrackWriter(path, name=name, length=length, height=height, width=width) as writer:
        for index in reversed(range(length)):
            writer.write(index, masks[index], confidence)
    return Track(path)


@given(hnp.arrays(np.bool_, st.tuples(st.integers(1, 9), st.integers(1, 9))))
def test_the_box_is_the_smallest(mask: Mask) -> None:
    box = mask_box(mask)
    if box is None:
        assert not mask.any()
        return
    y0, x0, y1, x1 = box
    assert mask[y0:y1, x0:x1].sum() == mask.sum()
    assert mask[y0].any()
    assert mask[y1 - 1].any()
    assert mask[:, x0].any()
    assert mask[:, x1 - 1].any()


@settings(max_examples=25)
@given(hnp.arrays(np.bool_, st.tuples(st.integers(1, 4), st.integers(1, 20), st.integers(1, 20))))
def test_every_mask_comes_back(tmp_path_factory: pytest.TempPathFactory, masks: Mask) -> None:
    track = written(tmp_path_factory.mktemp("t") / "a.track", masks)
    assert (len(track), track.height, track.width) == masks.shape
    assert track.frames == [n for n, mask in enumerate(masks) if mask.any()]
    assert all(np.array_equal(a, b) for a, b in zip(track, masks, strict=True))
    assert [track.box(n) for n in range(len(track))] == [mask_box(mask) for mask in masks]


def test_confidence_names_the_lost_frames(tmp_path: Path) -> None:
    with TrackWriter(tmp_path / "a.track", name="ball", length=4, height=5, width=6) as writer:
        for index, confidence in enumerate((1.0, 0.49, 0.5, 0.2)):
            writer.write(index, np.ones((5, 6), dtype=np.bool_), confidence)
    track = Track(tmp_path / "a.track")
    assert track.name == "ball"
    assert track.lost == [1, 3]


def test_same_masks_same_bytes_and_nothing_half_written(tmp_path: Path) -> None:
    masks = np.random.default_rng(0).random((3, 20, 20)) > 0.5
    a, b = (written(tmp_path / name, masks).path for name in ("a.track", "b.track"))
    assert files.sha256(a) == files.sha256(b)
    with (
        pytest.raises(ValueError, match="mask is"),
        TrackWriter(tmp_path / "c.track", name="x", length=1, height=4, width=4) as writer,
    ):
        writer.write(0, masks[0])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.track", "b.track"]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 but no zip", b"{}"])
def test_a_broken_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.track"
    path.write_bytes(content)
    with pytest.raises(InputError, match="not a track"):
        Track(path)
    with pytest.raises(InputError, match=r"missing\.track"):
        Track(tmp_path / "missing.track")


def test_a_frame_is_written_once_and_inside(tmp_path: Path) -> None:
    with TrackWriter(tmp_path / "a.track", name="x", length=2, height=3, width=3) as writer:
        writer.write(0, np.ones((3, 3), dtype=np.bool_))
        for index in (0, 2, -1):
            with pytest.raises(ValueError, match="frame"):
                writer.write(index, np.ones((3, 3), dtype=np.bool_))
