"""Vera's layout: exact, whole or not there; the published spellings; the hub without a network."""

from __future__ import annotations

import json
import shutil
import sys
from fractions import Fraction
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from format_samples import FRAMES, VERA_RECORD, vera_frames

from cleanplate.errors import InputError, ResourceError
from cleanplate.worlds.formats.sources import FolderSource, HubSource, beside
from cleanplate.worlds.formats.vera_layout import VeraDataset, VeraWriter, over

RATE = Fraction(16)
ROLES = ("input", "edit_rgb", "edit_alpha", "composite", "mask")


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A training set of two samples."""
    writer = VeraWriter(tmp_path / "set", "synthetic-obj-add")
    for seed in (1, 0):
        writer.write(f"clip-{seed}", vera_frames(seed), RATE, VERA_RECORD)
    writer.write_lines()
    return tmp_path / "set"


def test_samples_come_back_exactly(made: Path) -> None:
    read = {sample.record.video_id: sample for sample in VeraDataset.of_folder(made)}
    for seed in (0, 1):
        sample = read[f"clip-{seed}"]
        assert (sample.record.instruction, sample.record.metadata) == ("Add a red ball.", {"seed": 7})
        assert sample.rate() == 16
        for wrote, got in zip(vera_frames(seed), sample.frames(), strict=True):
            for role in ROLES:
                np.testing.assert_array_equal(getattr(got, role), getattr(wrote, role))
            assert got.edit_rgb is not None
            assert got.edit_alpha is not None
            assert got.composite is not None
            assert np.abs(over(got.edit_rgb, got.edit_alpha, got.input) - got.composite).max() <= 0.5 + 1e-4


def test_lines_are_as_published(made: Path) -> None:
    line = json.loads((made / "synthetic-obj-add.jsonl").read_text().splitlines()[0])
    assert list(line)[:6] == [
        *("edit_instruction", "input_video_path", "edit_rgb_path", "edit_alpha_path", "mask_path", "composite_path")
    ]
    for name in (name for name in line if name.endswith("_path")):
        assert (made / line[name]).is_file()


def test_test_lines_are_as_published(tmp_path: Path) -> None:
    writer = VeraWriter(tmp_path, "obj-add", bench=True)
    writer.write("a", vera_frames(), RATE, {**VERA_RECORD, "source_caption": "A table.", "prompt_id": 3})
    line = json.loads(writer.write_lines().read_text())
    wanted = {"video_id", "input_path", "subject_type", "prompt_id", "prompt", "target_caption", "source_caption"}
    assert wanted | {"edit_type", "mask_path", "alpha_path"} <= set(line)
    (sample,) = VeraDataset.of_folder(tmp_path)
    assert (sample.record.instruction, sample.record.prompt_id) == ("Add a red ball.", 3)
    assert len(list(sample.frames())) == FRAMES


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """As the card shows the other spelling: flat names in MP4, `target_composite_path`, a folder up in a path."""
    writer = VeraWriter(tmp_path / "made", "s", lossy=True)
    folder = writer.write("a", vera_frames(), RATE, VERA_RECORD)
    target = tmp_path / "hub/vera-train-set/49-frames"
    (target / "videos").mkdir(parents=True)
    for clip in folder.glob("*.mp4"):
        shutil.copy(clip, target / "videos" / clip.name)
    paths = {end: f"videos/{folder.name}_{end}.mp4" for end in ("edit_rgb", "edit_alpha", "target_composite")}
    line = {f"{end}_path": place for end, place in paths.items()} | {
        "edit_instruction": "Add a ball.",
        "input_video_path": f"../49-frames/videos/{folder.name}_input.mp4",
        "mask_path": None,
        "new_field": 1,
    }
    (target / "set1-obj-add.jsonl").write_text(json.dumps(line) + "\n\n", encoding="utf-8")
    return tmp_path / "hub"


def test_published_spellings_are_read(published: Path) -> None:
    (sample,) = VeraDataset.of_folder(published)
    frames = list(sample.frames())
    assert len(frames) == FRAMES
    assert frames[0].mask is None
    for wrote, read in zip(vera_frames(), frames, strict=True):
        assert wrote.edit_alpha is not None
        assert read.edit_alpha is not None
        assert np.abs(read.edit_alpha.astype(int) - wrote.edit_alpha).max() <= 1
        assert read.composite is not None


def test_a_stop_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    def broken_off() -> Any:
        yield next(vera_frames())
        raise KeyboardInterrupt

    writer = VeraWriter(tmp_path, "s")
    with pytest.raises(KeyboardInterrupt):
        writer.write("a", broken_off(), RATE, VERA_RECORD)
    assert list((tmp_path / "s").iterdir()) == []
    writer.write("a", vera_frames(), RATE, VERA_RECORD)
    before = writer.write_lines().read_bytes()
    writer.write("a", broken_off(), RATE, VERA_RECORD)
    assert writer.write_lines().read_bytes() == before


def test_what_is_missing_is_named(made: Path) -> None:
    first, *_ = VeraDataset.of_folder(made)
    clip = first.path("edit_rgb")
    assert clip is not None
    clip.unlink()
    with pytest.raises(InputError, match=clip.name):
        list(first.frames())
    with pytest.raises(InputError, match="no JSON Lines"):
        list(VeraDataset.of_folder(made / "synthetic-obj-add"))
    (made / "synthetic-obj-add.jsonl").write_text('{"edit_instruction": "x"}\n')
    with pytest.raises(InputError, match=r"synthetic-obj-add\.jsonl:1.*input_video_path"):
        list(VeraDataset.of_folder(made))


def test_paths_stay_inside() -> None:
    assert beside("a/b.jsonl", "../c/./d.mp4") == "c/d.mp4"
    for place in ("../../c.mp4", "/etc/passwd"):
        with pytest.raises(InputError, match="leads out"):
            beside("a/b.jsonl", place)


class EntryNotFoundError(Exception):
    pass


class HfHubHTTPError(Exception):
    pass


@pytest.fixture
def hub(published: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A stand-in for huggingface_hub over a local folder; returns what was fetched."""
    fetched: list[str] = []

    def download(repository: str, name: str, *, repo_type: str, revision: str | None) -> str:
        assert (repository, repo_type, revision) == ("netflix/Vera-Layered-Video-Dataset", "dataset", "v1")
        fetched.append(name)
        if name.startswith("gone"):
            raise EntryNotFoundError
        if name.startswith("down"):
            raise HfHubHTTPError("503")
        return str(published / name)

    def listing(self: object, repository: str, *, repo_type: str, revision: str | None) -> list[str]:
        return FolderSource(published).names("")

    module = ModuleType("huggingface_hub")
    errors = SimpleNamespace(EntryNotFoundError=EntryNotFoundError, HfHubHTTPError=HfHubHTTPError)
    vars(module).update(hf_hub_download=download, HfApi=type("HfApi", (), {"list_repo_files": listing}), errors=errors)
    monkeypatch.setitem(sys.modules, "huggingface_hub", module)
    return fetched


def test_the_hub_is_read_file_by_file(hub: list[str]) -> None:
    source = HubSource(revision="v1")
    (sample,) = VeraDataset(source, only="obj-add")
    assert hub == ["vera-train-set/49-frames/set1-obj-add.jsonl"], "no clip before it is asked for"
    assert len(list(sample.frames())) == FRAMES
    assert len(hub) == 5
    with pytest.raises(InputError, match="no such file"):
        source.path("gone.mp4")
    with pytest.raises(ResourceError, match="503"):
        source.path("down.mp4")


def test_without_the_hubs_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(ResourceError, match=r"pip install 'cleanplate\[hub\]'"):
        list(VeraDataset(HubSource()))
