"""Every kind of damage is told, by file, and none hides another."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from format_samples import FRAMES, HEIGHT, VERA_RECORD, VOID_METADATA, WIDTH, noise, vera_frames, void_frames
from numpy.typing import NDArray

from cleanplate.errors import InputError
from cleanplate.worlds.findings import Fault, Layout
from cleanplate.worlds.formats.clips import Samples, clip_writer
from cleanplate.worlds.formats.shards import folder_samples, write_shards
from cleanplate.worlds.formats.vera_layout import VeraWriter
from cleanplate.worlds.formats.void_layout import LIST, VoidWriter
from cleanplate.worlds.validate import validate


@pytest.fixture
def void(tmp_path: Path) -> Path:
    """Six whole samples."""
    writer = VoidWriter(tmp_path / "void")
    for seed in range(6):
        writer.write(f"s{seed}", void_frames(seed), VOID_METADATA)
    writer.write_list()
    return tmp_path / "void"


@pytest.fixture
def vera(tmp_path: Path) -> Path:
    """Four whole samples."""
    writer = VeraWriter(tmp_path / "vera", "obj-add")
    for seed in range(4):
        writer.write(f"s{seed}", vera_frames(seed), Fraction(16), VERA_RECORD)
    writer.write_lines()
    return tmp_path / "vera"


def rewrite(path: Path, frames: Iterable[NDArray[np.uint8]], rate: int = 12) -> None:
    frames = list(frames)
    samples = Samples.RGB if frames[0].ndim == 3 else Samples.GRAY
    with clip_writer(path, samples, *frames[0].shape[:2], Fraction(rate)) as writer:  # type: ignore[call-arg]
        for frame in frames:
            writer.write(frame)


def found(folder: Path) -> list[tuple[str, Fault]]:
    return [(finding.file, finding.fault) for finding in validate(folder).findings]


@pytest.mark.parametrize("layout", ["void", "vera"])
@pytest.mark.parametrize("packed", [False, True])
def test_whole_data_is_valid(layout: str, packed: bool, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    folder: Path = request.getfixturevalue(layout)
    if packed:
        inside = folder.iterdir() if layout == "void" else (folder / "obj-add").iterdir()
        write_shards(folder_samples(sorted(p for p in inside if p.is_dir())), tmp_path / "out", per_shard=3)
        folder = tmp_path / "out"
    report = validate(folder)
    assert report.findings == ()
    assert report.valid
    assert report.layout == (Layout.SHARDS if packed else Layout(layout))
    assert (report.samples, report.clips) == ((6, 18) if layout == "void" else (4, 20))
    assert report.composites_checked == (0 if layout == "void" else 4)


def test_each_damage_to_voids_layout_is_named(void: Path) -> None:
    (void / "s0/rgb_removed.mkv").unlink()
    rewrite(void / "s1/mask.mkv", [f.mask for f in void_frames(1, count=FRAMES - 1)])
    odd = [f.mask for f in void_frames(2)]
    odd[2][3, 4] = 100
    rewrite(void / "s2/mask.mkv", odd)
    rewrite(void / "s3/rgb_removed.mkv", [noise(n, HEIGHT, WIDTH + 2, 3) for n in range(FRAMES)], rate=25)
    data = bytearray((void / "s4/rgb_full.mkv").read_bytes())
    data[len(data) // 2] ^= 255
    (void / "s4/rgb_full.mkv").write_bytes(data)
    (void / "s5/metadata.json").write_text('{"rate": -1}')
    (void / ".s6.partial").mkdir()
    rows = json.loads((void / LIST).read_text())
    (void / LIST).write_text(json.dumps([*rows, {"file_path": "gone/rgb_full.mkv"}]))
    report = validate(void)
    assert found(void) == [
        (".s6.partial", Fault.LEFT_OVER),
        ("s0/rgb_removed", Fault.MISSING),
        ("s1", Fault.LENGTH),
        ("s2/mask.mkv", Fault.LABELS),
        ("s3", Fault.SIZE),
        ("s3", Fault.RATE),
        ("s4/rgb_full.mkv", Fault.UNREADABLE),
        ("s5/metadata.json", Fault.RECORD),
        ("gone", Fault.MISSING),
    ]
    assert not report.valid
    told = {finding.fault: finding.what for finding in report.findings}
    assert told[Fault.LENGTH] == "mask: 3; rgb_full, rgb_removed: 4"
    assert told[Fault.SIZE] == "mask, rgb_full: 50x36; rgb_removed: 52x36"
    assert told[Fault.LABELS] == f"1 of {FRAMES * HEIGHT * WIDTH} samples, from frame 2 on"
    assert report.counts == {**dict.fromkeys((f.value for f in told), 1), Fault.MISSING.value: 2}


def test_each_damage_to_veras_layout_is_named(vera: Path) -> None:
    lines = [json.loads(line) for line in (vera / "obj-add.jsonl").read_text().splitlines()]
    (vera / lines[0]["edit_rgb_path"]).unlink()
    composite = vera / lines[1]["composite_path"]
    rewrite(composite, [noise(n, HEIGHT, WIDTH, 3) for n in range(FRAMES)], rate=16)
    mask = vera / lines[2]["mask_path"]
    rewrite(mask, [np.full((HEIGHT, WIDTH), 7, np.uint8)] * FRAMES, rate=16)
    texts = [json.dumps(line) for line in lines] + ["{half a li", '{"prompt": "x"}', '{"input_path": "../../x.mkv"}']
    (vera / "obj-add.jsonl").write_text("\n".join(texts))
    assert found(vera) == [
        (lines[0]["edit_rgb_path"], Fault.MISSING),
        (str(composite.relative_to(vera)), Fault.COMPOSITE),
        (str(mask.relative_to(vera)), Fault.LABELS),
        ("obj-add.jsonl:5", Fault.RECORD),
        ("obj-add.jsonl:6", Fault.RECORD),
        ("obj-add.jsonl", Fault.RECORD),
    ]


def test_a_composite_one_code_off_is_taken_and_two_are_not(tmp_path: Path) -> None:
    for off, valid in ((1, True), (2, False)):
        frames = []
        for frame in vera_frames():
            assert frame.edit_alpha is not None
            clear = np.zeros_like(frame.edit_alpha)
            moved = np.where(frame.input > 128, frame.input - off, frame.input + off)
            frames.append(type(frame)(frame.input, frame.edit_rgb, clear, moved))
        writer = VeraWriter(tmp_path / str(off), "s")
        writer.write("a", frames, Fraction(16), VERA_RECORD)
        writer.write_lines()
        assert validate(tmp_path / str(off)).valid is valid


def test_damaged_shards_are_named(void: Path, tmp_path: Path) -> None:
    (void / "s0/mask.mkv").unlink()
    write_shards(folder_samples(sorted(p for p in void.iterdir() if p.is_dir())), tmp_path / "out", per_shard=2)
    (tmp_path / "out/000001.tar").unlink()
    with (tmp_path / "out/000002.tar").open("r+b") as file:
        file.truncate(20_000)
    assert found(tmp_path / "out") == [
        ("000000.tar/s0/mask", Fault.MISSING),
        ("000002.tar", Fault.LEFT_OVER),
        ("000001.tar", Fault.MISSING),
    ]


def test_a_folder_without_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no data set"):
        validate(tmp_path)
    shutil.rmtree(tmp_path)
    with pytest.raises(InputError, match="no such folder"):
        validate(tmp_path)
