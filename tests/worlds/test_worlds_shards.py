"""Shards: the same bytes for the same samples, whole or named, in order or shuffled by a seed."""

from __future__ import annotations

import json
import shutil
import tarfile
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from format_samples import VERA_RECORD, VOID_METADATA, vera_frames, void_frames
from typer.testing import CliRunner

from cleanplate.cli.main import app
from cleanplate.errors import InputError
from cleanplate.worlds.formats import shards
from cleanplate.worlds.formats.shards import INDEX, Shards, ShardSample, folder_samples, unpacked, write_shards
from cleanplate.worlds.formats.vera_layout import VeraWriter
from cleanplate.worlds.formats.void_layout import VoidSample, VoidWriter
from cleanplate.worlds.validate import validate


@pytest.fixture
def samples(tmp_path: Path) -> list[ShardSample]:
    """Seven small samples, not in order."""
    made = []
    for number in (3, 1, 0, 2, 6, 5, 4):
        folder = tmp_path / f"files/s{number}"
        folder.mkdir(parents=True)
        for name in ("b.bin", "a.bin"):
            (folder / name).write_bytes(f"{number} {name} ".encode() * (100 * number + 7))
        made.append(folder)
    return list(folder_samples(made))


def test_samples_come_back_in_order(samples: list[ShardSample], tmp_path: Path) -> None:
    write_shards(samples, tmp_path / "out", per_shard=3)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        *("000000.tar", "000001.tar", "000002.tar", INDEX)
    ]
    read = list(Shards.open(tmp_path / "out").samples())
    assert [key for key, _ in read] == [f"s{n}" for n in range(7)]
    wrote = {sample.key: {name: path.read_bytes() for name, path in sample.files.items()} for sample in samples}
    assert dict(read) == wrote


def test_bytes_depend_on_nothing_but_the_samples(samples: list[ShardSample], tmp_path: Path) -> None:
    write_shards(samples, tmp_path / "a", per_shard=3)
    for sample in samples:
        for path in sample.files.values():
            path.touch()
            path.chmod(0o600)
    write_shards(samples[::-1], tmp_path / "b", per_shard=3)
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()
    with tarfile.open(tmp_path / "a/000000.tar") as archive:
        members = archive.getmembers()
    assert [m.name for m in members] == [f"s{n}.{x}.bin" for n in range(3) for x in "ab"]
    assert {(m.mtime, m.uid, m.gid, m.uname, m.mode) for m in members} == {(0, 0, 0, "", 0o644)}


def test_shuffling_is_by_seed_and_epoch_and_complete(samples: list[ShardSample], tmp_path: Path) -> None:
    write_shards(samples, tmp_path, per_shard=2)
    opened = Shards.open(tmp_path)

    def order(**how: int) -> list[str]:
        return [key for key, _ in opened.samples(**how)]

    assert order(shuffle=1) == order(shuffle=1)
    assert len({tuple(order(shuffle=s, epoch=e)) for s in range(3) for e in range(3)}) == 9
    assert sorted(order(shuffle=5, epoch=2)) == order()


def test_a_stopped_run_goes_on_after_the_last_whole_shard(
    samples: list[ShardSample], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_shards(samples, tmp_path / "whole", per_shard=2)
    true_add, added = shards._add, []

    def stop_at_the_fifth(archive: tarfile.TarFile, name: str, file: Path) -> None:
        added.append(name)
        if len(added) == 7:
            raise KeyboardInterrupt
        true_add(archive, name, file)

    monkeypatch.setattr(shards, "_add", stop_at_the_fifth)
    with pytest.raises(KeyboardInterrupt):
        write_shards(samples, tmp_path / "out", per_shard=2)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["000000.tar"]
    added.clear()
    added.extend(["there", "already"] * 5)
    write_shards(samples, tmp_path / "out", per_shard=2)
    assert len(added) == 10 + 10, "the first shard's four files are not written again"
    for path in (tmp_path / "whole").iterdir():
        assert path.read_bytes() == (tmp_path / "out" / path.name).read_bytes()


@pytest.mark.parametrize("indexed", [True, False])
@pytest.mark.parametrize("cut", ["in a file", "between two files"])
def test_a_half_written_shard_is_named(samples: list[ShardSample], tmp_path: Path, indexed: bool, cut: str) -> None:
    write_shards(samples, tmp_path / "out", per_shard=4)
    victim = tmp_path / "out/000001.tar"
    with tarfile.open(victim) as archive:
        third = archive.getmembers()[2]
    with victim.open("r+b") as file:
        file.truncate(third.offset if cut == "between two files" else third.offset_data + 700)
    if not indexed:
        (tmp_path / "out" / INDEX).unlink()
    with pytest.raises(InputError, match=r"000001\.tar: this shard is (half-written|damaged)"):
        Shards.open(tmp_path / "out")
    with pytest.raises(InputError, match=r"000001\.tar"):
        write_shards(samples, tmp_path / "out", per_shard=4)
    victim.unlink()
    write_shards(samples, tmp_path / "out", per_shard=4)
    assert len(Shards.open(tmp_path / "out")) == 7


def test_other_damage_is_named(samples: list[ShardSample], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="two samples have one key: s3"):
        write_shards([*samples, samples[0]], tmp_path / "out")
    write_shards(samples, tmp_path / "out", per_shard=4)
    with pytest.raises(InputError, match="other samples"):
        write_shards(samples[1:], tmp_path / "out", per_shard=4)
    (tmp_path / "out/000001.tar").unlink()
    with pytest.raises(InputError, match=r"000001\.tar: this shard is missing"):
        Shards.open(tmp_path / "out")
    (tmp_path / "out" / INDEX).write_text("{}")
    with pytest.raises(InputError, match="no index"):
        Shards.open(tmp_path / "out")
    shutil.rmtree(tmp_path / "out")
    (tmp_path / "out").mkdir()
    with pytest.raises(InputError, match="no shards"):
        Shards.open(tmp_path / "out")


@pytest.mark.parametrize("name", ["a.../../x", "a./x", "a.b/../../x", "../a.x", "a"])
def test_names_that_lead_out_are_refused(tmp_path: Path, name: str) -> None:
    with tarfile.open(tmp_path / "000000.tar", "w") as archive:
        archive.addfile(tarfile.TarInfo(name))
    with pytest.raises(InputError, match="lead out"):
        Shards.open(tmp_path)
    index = {"file": "000000.tar", "size": 10240, "sha256": "", "samples": [{"key": "a", "files": {"../x": [0, 1]}}]}
    (tmp_path / INDEX).write_text(json.dumps({"shards": [index]}))
    with pytest.raises(InputError, match="no index"):
        Shards.open(tmp_path)


def test_voids_samples_go_through_shards(tmp_path: Path) -> None:
    folder = VoidWriter(tmp_path / "data").write("tower-1", void_frames(more=True), VOID_METADATA)
    write_shards(folder_samples([folder]), tmp_path / "out")
    ((key, contents),) = Shards.open(tmp_path / "out").samples(shuffle=0)
    with unpacked(key, contents) as place:
        read = VoidSample(key, place)
        assert read.metadata() is not None
        for wrote, got in zip(void_frames(), read.frames(), strict=True):
            np.testing.assert_array_equal(got.rgb_full, wrote.rgb_full)
            np.testing.assert_array_equal(got.mask, wrote.mask)
    assert not place.exists()


def test_data_sets_of_both_layouts_are_packed(tmp_path: Path) -> None:
    for number in range(3):
        VoidWriter(tmp_path / "pairs").write(f"s{number}", void_frames(number), VOID_METADATA)
        VeraWriter(tmp_path / "layers", "obj-add").write(f"k{number}", vera_frames(), Fraction(16), VERA_RECORD)
    VeraWriter(tmp_path / "layers", "obj-add").write_lines()
    for kind, suffix in (("pairs", "rgb_full.mkv"), ("layers", "line.json")):
        out = tmp_path / f"{kind}-shards"
        done = CliRunner().invoke(app, ["worlds", "pack", str(tmp_path / kind), "--out", str(out), "--per-shard", "2"])
        assert (done.exit_code, "3 samples in 2 shards" in done.stdout) == (0, True)
        assert all(suffix in contents for _, contents in Shards.open(out).samples())
        assert validate(out).valid
        again = CliRunner().invoke(app, ["worlds", "pack", str(out), "--out", str(tmp_path / "more")])
        assert (again.exit_code, "these are shards already" in again.output) == (3, True)
    assert not (tmp_path / "more").exists()
