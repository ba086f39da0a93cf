"""VOID's layout: exact, whole or not there, and tolerant of what others wrote."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from format_samples import FRAMES, HEIGHT, VOID_METADATA, WIDTH, labels, void_frames

from cleanplate.errors import InputError
from cleanplate.masks.labels import is_exact
from cleanplate.worlds.findings import Fault
from cleanplate.worlds.formats.clips import read_pictures
from cleanplate.worlds.formats.void_layout import LIST, VoidFrame, VoidSample, VoidWriter, read_list, scan
from cleanplate.worlds.validate import validate

DATA = Path(os.environ.get("CLEANPLATE_DATA", "../shared/data")) / "void"


def test_a_sample_comes_back_exactly(tmp_path: Path) -> None:
    folder = VoidWriter(tmp_path).write("tower-7", void_frames(more=True), VOID_METADATA)
    sample = VoidSample("tower-7", folder)
    for wrote, read in zip(void_frames(more=True), sample.frames(), strict=True):
        for name in ("rgb_full", "rgb_removed", "mask", "invisible"):
            np.testing.assert_array_equal(getattr(read, name), getattr(wrote, name))
        assert wrote.depth is not None
        assert read.depth is not None
        near = np.isfinite(wrote.depth)
        np.testing.assert_array_equal(np.isfinite(read.depth), near)
        assert np.abs(read.depth[near] - wrote.depth[near]).max() <= 0.000_51, "half a millimetre"
        assert wrote.flow is not None
        assert read.flow is not None
        assert np.abs(read.flow - wrote.flow).max() <= 1 / 128
    assert sample.metadata() == VOID_METADATA.model_copy(update={"frames": FRAMES})
    assert sample.rate() == 12


@pytest.mark.parametrize("lossy", [False, True])
def test_the_same_frames_give_the_same_bytes(tmp_path: Path, lossy: bool) -> None:
    a, b = (VoidWriter(tmp_path / x, lossy=lossy).write("s", void_frames(), VOID_METADATA) for x in "ab")
    for file in a.iterdir():
        assert file.read_bytes() == (b / file.name).read_bytes()


def test_lossy_bears_the_published_names_and_its_masks_stay_exact(tmp_path: Path) -> None:
    folder = VoidWriter(tmp_path, lossy=True).write("s", void_frames(), VOID_METADATA)
    assert {f.name for f in folder.iterdir()} == {"rgb_full.mp4", "rgb_removed.mp4", "mask.mp4", "metadata.json"}
    with av.open(str(folder / "rgb_full.mp4")) as file:
        stream = file.streams.video[0]
        assert stream.average_rate == 12
        assert (stream.codec_context.name, stream.frames) == ("h264", FRAMES)
    for wrote, read in zip(void_frames(), VoidSample("s", folder).frames(), strict=True):
        np.testing.assert_array_equal(read.mask, wrote.mask)
        assert read.rgb_full.shape == (HEIGHT, WIDTH, 3)


def broken_off(after: int) -> Iterator[VoidFrame]:
    for number, frame in enumerate(void_frames()):
        if number == after:
            raise KeyboardInterrupt
        yield frame


def test_a_stop_in_the_middle_leaves_nothing_and_the_next_run_goes_on(tmp_path: Path) -> None:
    writer = VoidWriter(tmp_path)
    writer.write("a", void_frames(1), VOID_METADATA)
    with pytest.raises(KeyboardInterrupt):
        writer.write("b", broken_off(2), VOID_METADATA)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    killed = tmp_path / ".b.partial"  # what a kill without warning leaves
    killed.mkdir()
    (killed / "rgb_full.mkv").write_bytes(b"half")
    assert [sample.name for sample in scan(tmp_path)] == ["a"]
    writer.write("a", broken_off(0), VOID_METADATA)  # there already: not drawn again
    writer.write("b", void_frames(2), VOID_METADATA)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_what_is_no_sample_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b/mine.txt").write_text("kept")
    with pytest.raises(InputError, match="something else"):
        VoidWriter(tmp_path).write("b", void_frames(), VOID_METADATA)
    assert (tmp_path / "b/mine.txt").read_text() == "kept"
    with pytest.raises(InputError, match="no name"):
        VoidWriter(tmp_path).write("../b", void_frames(), VOID_METADATA)


def test_the_list_is_as_published_and_names_what_is_there(tmp_path: Path) -> None:
    writer = VoidWriter(tmp_path)
    for name in ("b", "a"):
        writer.write(name, void_frames(), VOID_METADATA)
    (tmp_path / "a/warped_noise.npy").write_bytes(b"made later")
    rows = json.loads(writer.write_list().read_text())
    assert rows[0] == {
        "file_path": "a/rgb_full.mkv",
        "text": "A box stands on a table.",
        "type": "video_mask_tuple",
        "warped_noise_path": "a/warped_noise.npy",
    }
    read = read_list(tmp_path / LIST)
    assert [(s.name, s.folder, s.text) for s in read] == [(s.name, s.folder, s.text) for s in scan(tmp_path)]
    assert len(list(read[1].frames())) == FRAMES


def test_lists_by_others_may_name_the_folder(tmp_path: Path) -> None:
    VoidWriter(tmp_path).write("a", void_frames(), VOID_METADATA)
    (tmp_path / "l.json").write_text('[{"file_path": "a", "text": "x"}]')
    assert read_list(tmp_path / "l.json")[0].folder == tmp_path / "a"
    for broken in ("[1]", "{}", "[{]", '[{"text": "x"}]'):
        (tmp_path / "l.json").write_text(broken)
        with pytest.raises(InputError, match=r"list|file_path"):
            read_list(tmp_path / "l.json")


def test_the_published_prompt_tells_what_is_seen_afterwards(tmp_path: Path) -> None:
    folder = VoidWriter(tmp_path).write("a", void_frames(), VOID_METADATA)
    (folder / "prompt.json").write_text('{"bg": " An empty table. ", "more": 1}')
    assert VoidSample("a", folder).text == VOID_METADATA.caption, "the metadata knows better"
    (folder / "metadata.json").unlink()
    assert VoidSample("a", folder).text == "An empty table."
    assert VoidSample("a", folder, "listed").text == "listed"
    for broken in ("{", "[]", '{"fg": "x"}', '{"bg": 3}'):
        (folder / "prompt.json").write_text(broken)
        with pytest.raises(InputError, match=r"prompt\.json: this is no prompt"):
            _ = VoidSample("a", folder).text
        assert [(f.file, f.fault) for f in validate(tmp_path).findings] == [("a/prompt.json", Fault.RECORD)]


def lossy_mask(path: Path, frames: int = FRAMES) -> None:
    """A mask as a person's encoder makes it: 4:2:0 and quantised."""
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=12, options={"crf": "23"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number in range(frames):
            gray = np.repeat(labels(number)[..., None], 3, axis=2)
            file.mux(stream.encode(av.VideoFrame.from_ndarray(gray, format="rgb24")))
        file.mux(stream.encode(None))


def test_a_lossy_mask_is_snapped(tmp_path: Path) -> None:
    folder = VoidWriter(tmp_path, lossy=True).write("s", void_frames(), VOID_METADATA)
    lossy_mask(folder / "mask.mp4")
    assert any(not is_exact(levels) for levels in (p[..., 0] for p in read_pictures(folder / "mask.mp4")))
    for number, frame in enumerate(VoidSample("s", folder).frames()):
        assert is_exact(frame.mask)
        assert (frame.mask == labels(number)).mean() > 0.9


def test_clips_out_of_step_are_named(tmp_path: Path) -> None:
    folder = VoidWriter(tmp_path, lossy=True).write("s", void_frames(), VOID_METADATA)
    lossy_mask(folder / "mask.mp4", FRAMES - 1)
    with pytest.raises(InputError, match="mask ends after 3 frames"):
        list(VoidSample("s", folder).frames())
    (folder / "mask.mp4").unlink()
    with pytest.raises(InputError, match="mask is missing"):
        list(VoidSample("s", folder).frames())


@pytest.mark.real
@pytest.mark.skipif(not DATA.is_dir(), reason="no real footage")
@pytest.mark.parametrize("name", ["moving_ball", "ducky-float"])
def test_published_samples_are_found_and_their_masks_read(name: str) -> None:
    """They have no counterpart without the object, so only the mask's own reading is asked for."""
    sample = next(sample for sample in scan(DATA) if sample.name == name)
    mask = sample.path("mask")
    assert mask is not None
    first = next(iter(read_pictures(mask)))
    assert is_exact(first[..., 0])
    assert sample.text in ("A ball rolls off the table.", "A video of water with a floating object.")
    with pytest.raises(InputError, match="rgb_removed is missing"):
        next(sample.frames())
